//! Assignments, and bodies that may be one.
//!
//! What stands left of `=` is read as an expression first and turned into a target when the sign is seen: reading
//! it twice would cost every statement.

use chumsky::Parser;

use crate::{
    ast::{Assign, AssignId, BinaryOp, BlockId, ExprId, ExprKind, List, Target, TargetItem},
    diagnostic::{Code, Diagnostic},
    source::Span,
    token::{BlockKind, Kind},
};

use super::{
    error::Reject,
    rule::{In, Rule, State, at, kind, rule, since},
};

/// A block, expression or assignment.
pub fn body<'t>(expr: Rule<'t, ExprId>, block: Rule<'t, BlockId>) -> Rule<'t, ExprId> {
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        if inp.peek().is_some_and(|token| token.opens(BlockKind::Statements)) {
            let block = inp.parse(&block)?;
            let span = since(inp, start);
            return Ok(inp.state().expr(ExprKind::Block(block), span));
        }
        let value = inp.parse(&expr)?;
        let Some(op) = assign_op(inp) else { return Ok(value) };
        let assign = assignment(inp, value, op, &expr)?;
        let span = since(inp, start);
        Ok(inp.state().expr(ExprKind::Assign(assign), span))
    })
    .boxed()
}

/// The assignment sign that comes next, with its operator.
#[inline]
pub fn assign_op(inp: &mut In<'_, '_>) -> Option<Option<BinaryOp>> {
    Some(match kind(inp)? {
        Kind::Assign => None,
        Kind::AddAssign => Some(BinaryOp::Add),
        Kind::SubAssign => Some(BinaryOp::Sub),
        Kind::MulAssign => Some(BinaryOp::Mul),
        Kind::DivAssign => Some(BinaryOp::Div),
        Kind::FloorDivAssign => Some(BinaryOp::FloorDiv),
        Kind::RemAssign => Some(BinaryOp::Rem),
        Kind::PowAssign => Some(BinaryOp::Pow),
        Kind::CoalesceAssign => Some(BinaryOp::Coalesce),
        _ => return None,
    })
}

/// The rest of an assignment, from its sign on.
pub fn assignment<'t>(
    inp: &mut In<'t, '_>,
    target: ExprId,
    op: Option<BinaryOp>,
    expr: &Rule<'t, ExprId>,
) -> Result<AssignId, Reject> {
    let index = at(inp);
    inp.skip();
    let value = inp.parse(expr)?;
    let state = inp.state();
    let op_span = state.tokens.spans[index];
    let mut target = as_target(state, target);
    if op.is_some() && matches!(target, Target::List(_) | Target::Discard) {
        let message = "an operator and `=` need one place that has a value";
        let diagnostic =
            Diagnostic::new(Code::NOT_ASSIGNABLE, message, state.source, op_span, "changes one place");
        state.report(diagnostic);
        target = Target::Error;
    }
    Ok(state.ast.add(Assign { target, op, value, op_span }))
}

/// Reads an expression as what is assigned to.
fn as_target(state: &mut State<'_>, id: ExprId) -> Target {
    let expr = state.ast[id];
    let why = match expr.kind {
        ExprKind::Name(name) if state.ast.name(name) == "_" => return Target::Discard,
        ExprKind::Name(_)
        | ExprKind::Field { optional: false, .. }
        | ExprKind::Index { optional: false, .. } => return Target::Place(id),
        ExprKind::List(items) => return list_target(state, items),
        ExprKind::Error => return Target::Error,
        ExprKind::Field { .. } | ExprKind::Index { .. } => {
            "careful access with `?` gives a value, not a place"
        }
        ExprKind::Map(_) => "only lists are taken apart by `=`; `let {a, b} = m` declares new names",
        ExprKind::Paren(_) => "leave the parentheses out",
        ExprKind::Call(..) => "the result of a call is a value, not a place",
        _ => "left of `=` stands a variable, `x.name`, `x[i]`, or a list of these",
    };
    let diagnostic = Diagnostic::new(
        Code::NOT_ASSIGNABLE,
        "this cannot be assigned to",
        state.source,
        expr.span,
        "not a place",
    );
    state.report(diagnostic.note(why));
    Target::Error
}

fn list_target(state: &mut State<'_>, items: List<ExprId>) -> Target {
    let ids = state.ast.list(items).to_vec();
    let mut targets = Vec::with_capacity(ids.len());
    let mut first_rest: Option<Span> = None;
    for id in ids {
        let expr = state.ast[id];
        let (rest, inner) = match expr.kind {
            ExprKind::Spread(inner) => (true, inner),
            _ => (false, id),
        };
        if rest {
            if let Some(first) = first_rest {
                several_rests(state, first, expr.span);
            }
            first_rest = first_rest.or(Some(expr.span));
        }
        let target = as_target(state, inner);
        targets.push(TargetItem { target, rest, span: expr.span });
    }
    Target::List(state.ast.add_list(targets))
}

#[cold]
pub fn several_rests(state: &mut State<'_>, first: Span, second: Span) {
    let message = "a list has only one rest";
    let diagnostic = Diagnostic::new(Code::SEVERAL_RESTS, message, state.source, second, "the second rest")
        .label(state.source, first, "the first one");
    state.report(diagnostic);
}
