//! Operators: one loop by binding powers (Pratt, "Top down operator precedence", 1973).
//!
//! Chains that bind their left side first take no depth: `a + b + …` and `x.f().g()…` of any length are read in a loop.

use crate::{
    ast::{BinaryOp, ExprId, ExprKind, UnaryOp},
    diagnostic::{Code, Diagnostic, Edit},
    source::{Location, Span},
    token::{BlockKind, Kind},
};

use super::{
    error::{Reject, Want, Why},
    expr::Operands,
    rule::{In, at, deeper, eat, expect, ident, kind, refuse, reject, second},
};

/// An infix operator.
#[derive(Clone, Copy)]
enum Infix {
    Binary(BinaryOp),
    Is { negated: bool },
    Range { inclusive: bool },
}

/// Powers of the operators, loosest first: an operand takes what binds at least as tightly as asked.
mod power {
    pub const ANY: u8 = 0;
    pub const OR: u8 = 2;
    pub const AND: u8 = 4;
    pub const NOT: u8 = 6;
    pub const COMPARE: u8 = 8;
    pub const COALESCE: u8 = 10;
    pub const RANGE: u8 = 12;
    pub const BIT_OR: u8 = 14;
    pub const BIT_XOR: u8 = 16;
    pub const BIT_AND: u8 = 18;
    pub const SHIFT: u8 = 20;
    pub const SUM: u8 = 22;
    pub const PRODUCT: u8 = 24;
    pub const SIGN: u8 = 26;
    pub const POWER: u8 = 28;
    pub const AWAIT: u8 = 30;
}

/// The power of an operator and of its right operand.
#[inline]
fn infix(kind: Kind) -> Option<(u8, u8, Infix)> {
    use BinaryOp as Op;
    use Kind as K;
    let left = |power: u8, op| Some((power, power + 1, Infix::Binary(op)));
    match kind {
        K::Or => left(power::OR, Op::Or),
        K::And => left(power::AND, Op::And),
        K::Eq => left(power::COMPARE, Op::Eq),
        K::Ne => left(power::COMPARE, Op::Ne),
        K::Lt => left(power::COMPARE, Op::Lt),
        K::Le => left(power::COMPARE, Op::Le),
        K::Gt => left(power::COMPARE, Op::Gt),
        K::Ge => left(power::COMPARE, Op::Ge),
        K::In => left(power::COMPARE, Op::In),
        K::NotIn => left(power::COMPARE, Op::NotIn),
        K::Is => Some((power::COMPARE, power::COMPARE, Infix::Is { negated: false })),
        K::IsNot => Some((power::COMPARE, power::COMPARE, Infix::Is { negated: true })),
        K::Coalesce => Some((power::COALESCE, power::COALESCE, Infix::Binary(Op::Coalesce))),
        K::DotDot => Some((power::RANGE, power::RANGE + 1, Infix::Range { inclusive: false })),
        K::DotDotEq => Some((power::RANGE, power::RANGE + 1, Infix::Range { inclusive: true })),
        K::Pipe => left(power::BIT_OR, Op::BitOr),
        K::Caret => left(power::BIT_XOR, Op::BitXor),
        K::Amp => left(power::BIT_AND, Op::BitAnd),
        K::Shl => left(power::SHIFT, Op::Shl),
        K::Shr => left(power::SHIFT, Op::Shr),
        K::Plus => left(power::SUM, Op::Add),
        K::Minus => left(power::SUM, Op::Sub),
        K::Star => left(power::PRODUCT, Op::Mul),
        K::Slash => left(power::PRODUCT, Op::Div),
        K::SlashSlash => left(power::PRODUCT, Op::FloorDiv),
        K::Percent => left(power::PRODUCT, Op::Rem),
        K::StarStar => Some((power::POWER, power::POWER, Infix::Binary(Op::Pow))),
        _ => None,
    }
}

/// A whole expression.
pub fn expression<'t>(inp: &mut In<'t, '_>, operands: &Operands<'t>) -> Result<ExprId, Reject> {
    deeper(inp, |inp| Ok(binary(inp, power::ANY, operands)?.0))
}

/// An expression whose operators have at least a power, and whether nothing can follow it: lambdas and jumps reach
/// as far as they can.
fn binary<'t>(inp: &mut In<'t, '_>, least: u8, operands: &Operands<'t>) -> Result<(ExprId, bool), Reject> {
    let (mut left, ended) = operand(inp, least, operands)?;
    if ended {
        return Ok((left, true));
    }
    while let Some(kind) = kind(inp) {
        let Some((power, right_power, op)) = infix(kind) else { break };
        if power < least {
            break;
        }
        let op_index = at(inp);
        inp.skip();
        match op {
            Infix::Is { negated } => {
                let ty = type_path(inp)?;
                let end = at(inp);
                left = inp.state().expr_from(left, ExprKind::Is { value: left, ty, negated }, end);
            }
            Infix::Range { inclusive } if !starts_operand(inp) => {
                left = without_end(inp, Some(left), inclusive)?;
            }
            _ => {
                let (right, ended) = deeper(inp, |inp| binary(inp, right_power, operands))?;
                let state = inp.state();
                let kind = match op {
                    Infix::Range { inclusive } => {
                        ExprKind::Range { start: Some(left), end: Some(right), inclusive }
                    }
                    Infix::Binary(op) => ExprKind::Binary(op, left, right),
                    Infix::Is { .. } => ExprKind::Error,
                };
                let span = state.ast[left].span.to(state.ast[right].span);
                left = state.expr(kind, span);
                if ended {
                    return Ok((left, true));
                }
            }
        }
        if matches!(power, power::COMPARE | power::RANGE) {
            refuse_chain(inp, power, op_index, left);
        }
    }
    Ok((left, false))
}

fn starts_operand(inp: &mut In<'_, '_>) -> bool {
    kind(inp).is_some_and(Kind::starts_expr)
}

/// `1..` before the `]` of an index.
fn without_end(inp: &mut In<'_, '_>, start: Option<ExprId>, inclusive: bool) -> Result<ExprId, Reject> {
    let closes_index = inp.peek().is_some_and(|token| token.kind == Kind::RBracket && token.data == 1);
    if inclusive || !closes_index {
        return Err(refuse(inp, Why::OpenRange));
    }
    let end = at(inp);
    let state = inp.state();
    let range = ExprKind::Range { start, end: None, inclusive };
    let id = match start {
        Some(first) => state.expr_from(first, range, end),
        None => {
            let span = state.span(end - 1, end);
            state.expr(range, span)
        }
    };
    state.open_range = Some(id);
    Ok(id)
}

/// `..3` behind the `[` of an index.
fn without_start<'t>(
    inp: &mut In<'t, '_>,
    inclusive: bool,
    operands: &Operands<'t>,
) -> Result<ExprId, Reject> {
    let dots = at(inp);
    let before = dots.checked_sub(1).and_then(|index| inp.state().token(index));
    let opens_index = before.is_some_and(|token| match token.kind {
        Kind::LBracket => token.data == 1,
        kind => kind == Kind::QBracket,
    });
    if !opens_index {
        return Err(refuse(inp, Why::OpenRange));
    }
    inp.skip();
    if !starts_operand(inp) {
        return without_end(inp, None, inclusive);
    }
    let (end, _) = deeper(inp, |inp| binary(inp, power::RANGE + 1, operands))?;
    let state = inp.state();
    let span = state.tokens.spans[dots].to(state.ast[end].span);
    let id = state.expr(ExprKind::Range { start: None, end: Some(end), inclusive }, span);
    state.open_range = Some(id);
    Ok(id)
}

/// `a < b < c`: reported, and read as `(a < b) < c`.
#[inline]
fn refuse_chain(inp: &mut In<'_, '_>, power: u8, first: usize, left: ExprId) {
    let Some(next) = kind(inp) else { return };
    if infix(next).is_some_and(|(other, ..)| other == power) {
        report_chain(inp, power, first, left);
    }
}

#[cold]
fn report_chain(inp: &mut In<'_, '_>, power: u8, first: usize, left: ExprId) {
    let second = at(inp);
    let state = inp.state();
    let (source, text) = (state.source, state.text);
    let (first, second) = (state.tokens.spans[first], state.tokens.spans[second]);
    let what = if power == power::COMPARE { "comparisons" } else { "ranges" };
    let mut diagnostic =
        Diagnostic::new(Code::CHAINED, format!("{what} cannot be chained"), source, second, "the second one")
            .label(source, first, "the first one");
    if power == power::COMPARE {
        diagnostic = diagnostic.note("`a < b < c` would compare a bool with `c`");
        if let ExprKind::Binary(_, _, middle) = state.ast[left].kind
            && matches!(state.ast[middle].kind, ExprKind::Name(_) | ExprKind::Int(_) | ExprKind::Float(_))
        {
            let middle = state.ast[middle].span;
            let again = text.get(middle.range()).unwrap_or("");
            let place = Location { source, span: middle.after() };
            let edits = vec![Edit { location: place, text: format!(" and {again}") }];
            diagnostic = diagnostic.fix("compare twice", edits);
        } else {
            diagnostic = diagnostic.help("write `a < b and b < c`");
        }
    }
    state.report(diagnostic);
}

/// A prefix operator with its operand, or an operand with what follows it directly.
fn operand<'t>(inp: &mut In<'t, '_>, least: u8, operands: &Operands<'t>) -> Result<(ExprId, bool), Reject> {
    let start = at(inp);
    let Some(token) = inp.peek() else { return Err(reject(inp, Want::Expression)) };
    let (power, op) = match token.kind {
        Kind::Not => {
            if least > power::NOT {
                needs_parentheses(inp, start, "`not`");
            }
            (power::NOT, Some(UnaryOp::Not))
        }
        Kind::Minus => {
            if let Some(smallest) = smallest_int(inp, start) {
                return Ok((smallest, false));
            }
            (power::SIGN, Some(UnaryOp::Neg))
        }
        Kind::Tilde => (power::SIGN, Some(UnaryOp::BitNot)),
        Kind::Await => (power::AWAIT, None),
        Kind::Spawn => {
            if let Some(index) = block_behind(inp, start) {
                inp.skip();
                let function = inp.parse(&operands.spawn_block)?;
                let end = at(inp);
                let state = inp.state();
                let (inner, outer) = (state.span(index, end), state.span(start, end));
                let block = state.expr(ExprKind::Lambda(function), inner);
                return Ok((state.expr(ExprKind::Spawn(block), outer), false));
            }
            (power::AWAIT, None)
        }
        Kind::Throw | Kind::Return | Kind::Break | Kind::Continue | Kind::Yield => {
            if !takes_loose(least) {
                needs_parentheses(inp, start, "a jump");
            }
            return Ok((inp.parse(&operands.jump)?, true));
        }
        Kind::DotDot | Kind::DotDotEq => {
            return Ok((without_start(inp, token.kind == Kind::DotDotEq, operands)?, false));
        }
        Kind::LambdaOpen | Kind::EmptyParams => return lambda(inp, start, least, operands),
        Kind::Async if matches!(second(inp), Some(Kind::LambdaOpen | Kind::EmptyParams)) => {
            return lambda(inp, start, least, operands);
        }
        _ => return Ok((postfix(inp, operands)?, false)),
    };
    inp.skip();
    // A `-` in front of a power takes the whole power, in front of anything looser only its operand.
    let (value, ended) = deeper(inp, |inp| binary(inp, power, operands))?;
    let state = inp.state();
    let kind = match (op, token.kind) {
        (Some(op), _) => ExprKind::Unary(op, value),
        (None, Kind::Await) => ExprKind::Await(value),
        (None, _) => ExprKind::Spawn(value),
    };
    let span = state.tokens.spans[start].to(state.ast[value].span);
    Ok((state.expr(kind, span), ended))
}

fn lambda<'t>(
    inp: &mut In<'t, '_>,
    start: usize,
    least: u8,
    operands: &Operands<'t>,
) -> Result<(ExprId, bool), Reject> {
    if !takes_loose(least) {
        needs_parentheses(inp, start, "a lambda");
    }
    Ok((inp.parse(&operands.lambda)?, true))
}

/// Whether an operand may be a jump or lambda: a whole expression, or the right side of `or and ??` or a comparison.
fn takes_loose(least: u8) -> bool {
    matches!(least, power::ANY | power::COALESCE)
        || matches!(least.wrapping_sub(1), power::OR | power::AND | power::COMPARE)
}

#[cold]
fn needs_parentheses(inp: &mut In<'_, '_>, index: usize, what: &str) {
    let state = inp.state();
    let span = state.tokens.spans[index];
    let message = format!("{what} needs parentheses here");
    state.report(Diagnostic::new(
        Code::NEEDS_PARENTHESES,
        message,
        state.source,
        span,
        "binds more loosely than the operator before it",
    ));
}

/// The index of the block's `{` behind a `spawn`.
fn block_behind(inp: &mut In<'_, '_>, start: usize) -> Option<usize> {
    let next = inp.state().token(start + 1)?;
    next.opens(BlockKind::Statements).then_some(start + 1)
}

/// `-9223372036854775808`, whose digits alone are no int.
#[inline]
fn smallest_int(inp: &mut In<'_, '_>, start: usize) -> Option<ExprId> {
    let state = inp.state();
    let number = state.token(start + 1).filter(|token| token.kind == Kind::Int)?;
    if state.tokens.ints[number.data as usize] <= i64::MAX as u64 {
        return None;
    }
    let binds_tighter = |kind: Kind| {
        matches!(
            kind,
            Kind::StarStar | Kind::Dot | Kind::QDot | Kind::LParen | Kind::LBracket | Kind::QBracket
        )
    };
    if state.token(start + 2).is_some_and(|next| binds_tighter(next.kind)) {
        return None;
    }
    let span = state.span(start, start + 2);
    let value = state.expr(ExprKind::Int(i64::MIN), span);
    inp.skip();
    inp.skip();
    Some(value)
}

/// An operand and its calls, indexes and fields.
fn postfix<'t>(inp: &mut In<'t, '_>, operands: &Operands<'t>) -> Result<ExprId, Reject> {
    let mut value = super::expr::atom(inp, operands)?;
    while let Some(next) = kind(inp) {
        let kind = match next {
            Kind::LParen => ExprKind::Call(value, inp.parse(&operands.args)?),
            Kind::LBracket | Kind::QBracket => {
                inp.skip();
                let index = expression(inp, operands)?;
                // A range without a start or an end is the whole index, not a part of it.
                if inp.state().open_range.take().is_some_and(|range| range != index) {
                    return Err(refuse(inp, Why::OpenRange));
                }
                expect(inp, Kind::RBracket)?;
                ExprKind::Index { object: value, index, optional: next == Kind::QBracket }
            }
            Kind::Dot | Kind::QDot => {
                inp.skip();
                if eat(inp, Kind::Await) {
                    value = suffix_await(inp, value);
                    continue;
                }
                let name = ident(inp)?.name;
                ExprKind::Field { object: value, name, optional: next == Kind::QDot }
            }
            _ => break,
        };
        let end = at(inp);
        value = inp.state().expr_from(value, kind, end);
    }
    Ok(value)
}

/// `x.await`: reported, and read as `await x`.
#[cold]
fn suffix_await(inp: &mut In<'_, '_>, value: ExprId) -> ExprId {
    let end = at(inp);
    let state = inp.state();
    let word = state.span(end - 2, end);
    let whole = state.ast[value].span;
    let edit = |span: Span, text: &str| Edit {
        location: Location { source: state.source, span },
        text: text.into(),
    };
    let edits = vec![edit(whole.before(), "await "), edit(word, "")];
    let diagnostic = Diagnostic::new(
        Code::MISPLACED_ASYNC,
        "`await` stands in front of what it waits for",
        state.source,
        word,
        "not a suffix",
    )
    .fix("write `await` in front", edits);
    state.report(diagnostic);
    state.expr_from(value, ExprKind::Await(value), end)
}

/// A type behind `is`: `nil`, a name or a dotted name.
pub fn type_path(inp: &mut In<'_, '_>) -> Result<ExprId, Reject> {
    let start = at(inp);
    if eat(inp, Kind::Nil) {
        let state = inp.state();
        let span = state.tokens.spans[start];
        return Ok(state.expr(ExprKind::Nil, span));
    }
    if kind(inp) != Some(Kind::Ident) {
        return Err(reject(inp, Want::Type));
    }
    path(inp)
}

/// `a.b.c`, of which the first name is the next token.
pub fn path(inp: &mut In<'_, '_>) -> Result<ExprId, Reject> {
    let first = ident(inp)?;
    let mut value = inp.state().expr(ExprKind::Name(first.name), first.span);
    while eat(inp, Kind::Dot) {
        let name = ident(inp)?.name;
        let end = at(inp);
        value = inp.state().expr_from(value, ExprKind::Field { object: value, name, optional: false }, end);
    }
    Ok(value)
}
