//! W0203: expression statements whose value is dropped and that do nothing else.

use super::walk::{Use, Walk};
use crate::{
    ast::{BinaryOp, ExprId, ExprKind, StmtId, StmtKind, UnaryOp},
    diagnostic::{Code, Diagnostic, Edit},
    resolve::{FileRole, Res},
    source::{Location, Span},
};

/// The statements of a file. The last one may be there for its value, as in `co -e '6 * 7'`; at the REPL each may.
pub(super) fn top_level(walk: &mut Walk<'_>, stmts: &[StmtId]) {
    if walk.file.role != FileRole::Repl {
        block(walk, stmts, Use::Value);
    }
}

pub(super) fn block(walk: &mut Walk<'_>, stmts: &[StmtId], used: Use) {
    let last = stmts.len().saturating_sub(1);
    for (at, stmt) in stmts.iter().enumerate() {
        let StmtKind::Expr(expr) = walk.file.ast[*stmt].kind else { continue };
        if at == last && used == Use::Value {
            continue;
        }
        // At the end of a block, `nil` or a name only says what the block stands for, used or not.
        let computes = matches!(
            walk.file.ast[expr].kind,
            ExprKind::Binary(..) | ExprKind::Unary(..) | ExprKind::Is { .. }
        );
        if at == last && !computes {
            continue;
        }
        if does_nothing(walk, expr, used == Use::Tried) && !names_nothing(walk, expr) {
            let before = at.checked_sub(1).map(|before| stmts[before]);
            let warning = warning(walk, expr, before);
            walk.diagnostics.push(warning);
        }
    }
}

/// Nothing happens but that a value is made. What may throw counts as doing something where that is `tried`.
fn does_nothing(walk: &Walk<'_>, id: ExprId, tried: bool) -> bool {
    let ast = walk.file.ast;
    match ast[id].kind {
        ExprKind::Nil
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Duration(_)
        | ExprKind::Str(_)
        | ExprKind::Bytes(_) => true,
        ExprKind::Name(_) | ExprKind::Is { .. } | ExprKind::Range { .. } => !tried,
        ExprKind::Lambda(function) => ast[function].form == crate::ast::FnForm::Lambda,
        ExprKind::Paren(inner) => does_nothing(walk, inner, tried),
        ExprKind::Unary(..) => !tried,
        // The right side may be `return`, `throw` or a call.
        ExprKind::Binary(BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce, _, right) => {
            does_nothing(walk, right, tried)
        }
        ExprKind::Binary(..) => !tried,
        ExprKind::List(items) => ast.list(items).iter().all(|item| does_nothing(walk, *item, tried)),
        ExprKind::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

/// A name in it is not defined: that is reported, and what the statement would do is not known.
fn names_nothing(walk: &Walk<'_>, id: ExprId) -> bool {
    let ast = walk.file.ast;
    let start = ast[id].span.start;
    // Parts of an expression are made before it.
    let parts = (0..=id.0).rev().map(ExprId).take_while(|part| ast[*part].span.start >= start);
    parts.into_iter().any(|part| {
        matches!(ast[part].kind, ExprKind::Name(_))
            && walk.file.resolution.names[part.index()] == Some(Res::Unresolved)
    })
}

fn warning(walk: &Walk<'_>, id: ExprId, before: Option<StmtId>) -> Diagnostic {
    let ast = walk.file.ast;
    let expr = ast[id];
    let (what, label) = match expr.kind {
        ExprKind::Binary(BinaryOp::Eq, ..) => ("comparison is not used", "compares, and drops the answer"),
        ExprKind::Binary(BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge, ..) => {
            ("comparison is not used", "compares, and drops the answer")
        }
        ExprKind::Lambda(_) => ("function is not used", "made, and dropped"),
        _ => ("statement has no effect", "this value is not used"),
    };
    let warning = Diagnostic::new(Code::NO_EFFECT, what, walk.file.source, expr.span, label);
    if let Some((before, joined)) = before.and_then(|before| continued(walk, id, before)) {
        let end = ast[before].span.after();
        let warning = warning.label(walk.file.source, ast[before].span, "this statement ends with its line");
        let Some(joined) = joined else {
            return warning.help("an operator that continues on the next line stands at the end of its line");
        };
        let edit = |span, text: &str| Edit {
            location: Location { source: walk.file.source, span },
            text: text.into(),
        };
        return warning
            .suggest("move the operator up", vec![edit(end, joined.text), edit(joined.removed, "")]);
    }
    match expr.kind {
        // `ch <- 1`, `x <- ch`: smaller than minus something.
        ExprKind::Binary(BinaryOp::Lt, left, right)
            if matches!(ast[right].kind, ExprKind::Unary(UnaryOp::Neg, _))
                && walk
                    .file
                    .text
                    .get(ast[left].span.end as usize..ast[right].span.start as usize + 1)
                    .is_some_and(|signs| signs.contains("<-")) =>
        {
            warning
                .help("to send to a channel: `await ch.send(1)`; to receive from it: `x = await ch.recv()`")
        }
        ExprKind::Binary(BinaryOp::Eq, left, _) if is_place(walk, left) => {
            warning.help("to assign, write `=` instead of `==`")
        }
        ExprKind::Str(_) | ExprKind::Interpolation(_) => {
            warning.help("a comment starts with `#`, a doc comment with `##`")
        }
        ExprKind::Lambda(_) => warning.help("to run it, call it: `(|| …)()`"),
        ExprKind::Name(_) => warning.help("to call a function, write `()` behind its name"),
        _ => warning,
    }
}

struct Joined {
    /// What comes to the end of the line before.
    text: &'static str,
    removed: Span,
}

/// The statement stands on the line after one that it may have been meant to continue: with the change, if one is certain.
fn continued(walk: &Walk<'_>, id: ExprId, before: StmtId) -> Option<(StmtId, Option<Joined>)> {
    let ast = walk.file.ast;
    let previous = ast[before];
    if !matches!(previous.kind, StmtKind::Expr(_) | StmtKind::Let { .. } | StmtKind::Assign(_)) {
        return None;
    }
    let start = ast[id].span.start;
    let gap = walk.file.text.get(previous.span.end as usize..start as usize)?;
    if !gap.contains('\n') {
        return None;
    }
    let bracket = |text| Some(Joined { text, removed: Span::new(start, start + 1) });
    // A chain that starts with `-`: the sign belongs to its first operand.
    let mut first = id;
    while let ExprKind::Binary(_, left, _) = ast[first].kind {
        first = left;
    }
    match ast[first].kind {
        ExprKind::Unary(UnaryOp::Neg, operand) => {
            Some((before, Some(Joined { text: " -", removed: Span::new(start, ast[operand].span.start) })))
        }
        ExprKind::List(_) => Some((before, bracket("["))),
        ExprKind::Paren(_) => Some((before, bracket("("))),
        ExprKind::Lambda(_) => Some((before, None)),
        _ => None,
    }
}

fn is_place(walk: &Walk<'_>, id: ExprId) -> bool {
    matches!(walk.file.ast[id].kind, ExprKind::Name(_) | ExprKind::Field { .. } | ExprKind::Index { .. })
}
