//! W0204: a method call that binds tighter than the operator in front of it, where the other reading was meant.

use super::walk::Walk;
use crate::{
    ast::{Arg, ExprId, ExprKind, List},
    diagnostic::{Code, Diagnostic, Edit},
    source::{Location, Span},
};

/// Methods of ranges whose result is no bound of a range, with how many arguments they take.
const OF_RANGES: &[(&str, usize)] =
    &[("rev", 0), ("step", 1), ("to_list", 0), ("map", 1), ("filter", 1), ("each", 1), ("enumerate", 0)];

/// `0..n.rev()`: a call on an int literal or a name at the end of a range.
pub(super) fn range(walk: &mut Walk<'_>, id: ExprId, start: Option<ExprId>, end: ExprId) {
    let ast = walk.file.ast;
    let Some(call) = method_call(walk, end) else { return };
    let literal = matches!(ast[call.object].kind, ExprKind::Int(_));
    if !literal && !matches!(ast[call.object].kind, ExprKind::Name(_)) {
        return;
    }
    if !OF_RANGES.contains(&(call.name, call.args)) {
        return;
    }
    let bound = ast[call.object].span;
    let what =
        format!("`.{}` is called on `{}`, not on the range", call.name, &walk.file.text[bound.range()]);
    let warning = Diagnostic::new(
        Code::LOOSE_OPERATOR,
        what,
        walk.file.source,
        ast[end].span,
        "this is one operand of `..`",
    );
    let from = start.map_or(ast[id].span.start, |start| ast[start].span.start);
    let warning = put_in_parentheses(warning, walk, Span::new(from, bound.end));
    walk.diagnostics.push(warning);
}

/// `-2.abs()`: the sign is applied last. Only a literal looks as if it had the sign in it.
pub(super) fn negative(walk: &mut Walk<'_>, id: ExprId, operand: ExprId) {
    let ast = walk.file.ast;
    let Some(call) = method_call(walk, operand) else { return };
    if !matches!(ast[call.object].kind, ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Duration(_)) {
        return;
    }
    let number = ast[call.object].span;
    let text = &walk.file.text[number.range()];
    let what = format!("`.{}` is called on `{text}`, the `-` comes after it", call.name);
    let warning = Diagnostic::new(
        Code::LOOSE_OPERATOR,
        what,
        walk.file.source,
        ast[id].span,
        "the sign belongs to the result",
    );
    let warning = put_in_parentheses(warning, walk, Span::new(ast[id].span.start, number.end));
    walk.diagnostics.push(warning);
}

fn put_in_parentheses(warning: Diagnostic, walk: &Walk<'_>, span: Span) -> Diagnostic {
    let edit =
        |span, text: &str| Edit { location: Location { source: walk.file.source, span }, text: text.into() };
    let text = &walk.file.text[span.range()];
    warning.suggest(
        format!("to call it on all of it, write `({text})`"),
        vec![edit(span.before(), "("), edit(span.after(), ")")],
    )
}

struct MethodCall<'a> {
    object: ExprId,
    name: &'a str,
    args: usize,
}

/// The first call of a chain such as `2.abs().str()`.
fn method_call<'a>(walk: &Walk<'a>, mut id: ExprId) -> Option<MethodCall<'a>> {
    let ast = walk.file.ast;
    let mut first = None;
    loop {
        let args: List<Arg>;
        let callee;
        match ast[id].kind {
            ExprKind::Call(to, with) => (callee, args) = (to, with),
            _ => return first,
        }
        let ExprKind::Field { object, name, .. } = ast[callee].kind else { return first };
        first = Some(MethodCall { object, name: ast.name(name), args: args.len as usize });
        id = object;
    }
}
