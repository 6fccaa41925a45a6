//! `if`, `match`, `select`, `try`, and blocks of arms or members.

use chumsky::Parser;

use crate::{
    ast::{BlockId, Catch, ExprId, ExprKind, If, List, MatchArm, SelectArm, SelectHead, Try},
    diagnostic::{Code, Diagnostic},
    token::{BlockKind, Kind},
};

use super::{
    error::{Reject, Want, Why},
    expr::Parts,
    recover::recover,
    rule::{In, Rule, State, at, eat, expect, ident, kind, reject, rule, since},
};

/// `if … else if … else …`, a ladder of any length in a loop.
pub fn if_expr<'t>(expr: Rule<'t, ExprId>, block: Rule<'t, BlockId>) -> Rule<'t, ExprId> {
    rule(move |inp: &mut In<'t, '_>| {
        let mut steps: Vec<(usize, ExprId, BlockId)> = Vec::new();
        let mut otherwise = None;
        loop {
            let start = at(inp);
            inp.skip();
            let condition = inp.parse(&expr)?;
            steps.push((start, condition, inp.parse(&block)?));
            if !eat(inp, Kind::Else) {
                break;
            }
            if kind(inp) == Some(Kind::If) {
                continue;
            }
            let start = at(inp);
            let last = inp.parse(&block)?;
            let span = since(inp, start);
            otherwise = Some(inp.state().expr(ExprKind::Block(last), span));
            break;
        }
        let end = at(inp);
        let state = inp.state();
        for (start, condition, then) in steps.into_iter().rev() {
            let id = state.ast.add(If { condition, then, otherwise });
            let span = state.span(start, end);
            otherwise = Some(state.expr(ExprKind::If(id), span));
        }
        otherwise.ok_or_else(|| Reject::expected(end, Want::Expression))
    })
    .boxed()
}

pub fn match_expr<'t>(expr: Rule<'t, ExprId>, parts: &Parts<'t>) -> Rule<'t, ExprId> {
    let arms = match_arms(parts);
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        inp.skip();
        let subject = inp.parse(&expr)?;
        if !inp.peek().is_some_and(|token| token.opens(BlockKind::MatchArms)) {
            return Err(reject(inp, Want::Block));
        }
        let arms = inp.parse(&arms)?;
        let span = since(inp, start);
        Ok(inp.state().expr(ExprKind::Match { subject, arms }, span))
    })
    .boxed()
}

/// The arms of a `match` with their braces.
pub fn match_arms<'t>(parts: &Parts<'t>) -> Rule<'t, List<MatchArm>> {
    let Parts { expr, pattern, body, .. } = parts.clone();
    let arm = rule(move |inp: &mut In<'t, '_>| {
        let pattern = inp.parse(&pattern)?;
        let guard = if eat(inp, Kind::If) { Some(inp.parse(&expr)?) } else { None };
        if kind(inp) != Some(Kind::Arrow) {
            let wanted = reject(inp, Want::Arrow);
            return Err(if guard.is_none() { wanted.or(Want::Guard) } else { wanted });
        }
        inp.skip();
        let body = inp.parse(&body)?;
        Ok(MatchArm { pattern, guard, body })
    });
    separated_block(arm.boxed(), Want::Arm, parts, |state, arms| state.ast.add_list(arms))
}

/// The arms of a `select` with their braces.
pub fn select_arms<'t>(parts: &Parts<'t>) -> Rule<'t, List<SelectArm>> {
    let Parts { expr, pattern, body, .. } = parts.clone();
    let arm = rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        let head = if eat(inp, Kind::Else) {
            SelectHead::Else
        } else {
            let pattern = if has_pattern(inp) {
                let pattern = inp.parse(&pattern)?;
                expect(inp, Kind::Assign)?;
                Some(pattern)
            } else {
                None
            };
            SelectHead::Wait { pattern, source: inp.parse(&expr)? }
        };
        expect(inp, Kind::Arrow)?;
        let body = inp.parse(&body)?;
        let span = since(inp, start);
        Ok(SelectArm { head, body, span })
    });
    separated_block(arm.boxed(), Want::Arm, parts, |state, arms| state.ast.add_list(arms))
}

/// Whether the arm of a `select` begins with `pattern =`: an `=` outside brackets comes before its `=>`.
fn has_pattern(inp: &mut In<'_, '_>) -> bool {
    let mut index = at(inp);
    let state = inp.state();
    let mut depth = 0u32;
    while let Some(token) = state.token(index) {
        match token.kind {
            Kind::Assign if depth == 0 => return true,
            Kind::Arrow | Kind::Newline | Kind::Comma | Kind::Semi | Kind::BlockOpen | Kind::BlockClose
                if depth == 0 =>
            {
                return false;
            }
            Kind::LParen
            | Kind::LBracket
            | Kind::QBracket
            | Kind::MapOpen
            | Kind::BlockOpen
            | Kind::InterpOpen => {
                depth += 1;
            }
            Kind::RParen | Kind::RBracket | Kind::MapClose | Kind::BlockClose | Kind::InterpClose => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        index += 1;
    }
    false
}

/// `{ item, item … }` with newlines, commas or `;` between the items; each recovers on its own.
pub fn separated_block<'t, T: 't, O: 't>(
    item: Rule<'t, T>,
    what: Want,
    parts: &Parts<'t>,
    finish: impl Fn(&mut State<'t>, Vec<T>) -> O + 't,
) -> Rule<'t, O> {
    let any_block = parts.any_block.clone();
    rule(move |inp: &mut In<'t, '_>| {
        expect(inp, Kind::BlockOpen)?;
        let mut items = Vec::new();
        loop {
            while matches!(kind(inp), Some(Kind::Newline | Kind::Comma | Kind::Semi)) {
                inp.skip();
            }
            if matches!(kind(inp), None | Some(Kind::BlockClose)) {
                break;
            }
            let before = inp.save();
            match separated_item(inp, &item, what) {
                Ok(item) => items.push(item),
                Err(reason) => recover(inp, before, reason, true, &any_block),
            }
        }
        expect(inp, Kind::BlockClose)?;
        Ok(finish(inp.state(), items))
    })
    .boxed()
}

fn separated_item<'t, T>(inp: &mut In<'t, '_>, item: &Rule<'t, T>, what: Want) -> Result<T, Reject> {
    let start = at(inp);
    let found = inp.parse(item).map_err(|reason| {
        let nothing_read = reason.at as usize == start && reason.why == Why::Expected;
        if nothing_read { reason.or(what) } else { reason }
    })?;
    let after_block = |inp: &mut In<'t, '_>| {
        let last = at(inp).wrapping_sub(1);
        inp.state().token(last).is_some_and(|token| token.kind == Kind::BlockClose)
    };
    match kind(inp) {
        None | Some(Kind::Newline | Kind::Comma | Kind::Semi | Kind::BlockClose) => Ok(found),
        _ if after_block(inp) => Ok(found),
        _ => Err(reject(inp, Want::Comma).or(Want::End)),
    }
}

pub fn select_expr<'t>(parts: &Parts<'t>) -> Rule<'t, ExprId> {
    let arms = select_arms(parts);
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        inp.skip();
        if !inp.peek().is_some_and(|token| token.opens(BlockKind::SelectArms)) {
            return Err(reject(inp, Want::Block));
        }
        let arms = inp.parse(&arms)?;
        let span = since(inp, start);
        Ok(inp.state().expr(ExprKind::Select(arms), span))
    })
    .boxed()
}

pub fn try_expr<'t>(expr: Rule<'t, ExprId>, block: Rule<'t, BlockId>) -> Rule<'t, ExprId> {
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        inp.skip();
        let body = inp.parse(&block)?;
        let mut catches = Vec::new();
        loop {
            let start = at(inp);
            if !eat(inp, Kind::Catch) {
                break;
            }
            if pattern_follows(inp) {
                // Behind the brace, so that recovery does not read it as a block.
                return Err(Reject::because(at(inp) + 1, Why::CatchPattern));
            }
            let name = if kind(inp) == Some(Kind::Ident) { Some(ident(inp)?) } else { None };
            let name = name.filter(|name| inp.state().ast.name(name.name) != "_");
            let guard = if eat(inp, Kind::If) { Some(inp.parse(&expr)?) } else { None };
            let body = inp.parse(&block)?;
            let span = since(inp, start);
            catches.push(Catch { name, guard, body, span });
        }
        let finally = if eat(inp, Kind::Finally) { Some(inp.parse(&block)?) } else { None };
        let span = since(inp, start);
        // A word that follows is reported itself: `except`, `rescue`.
        let is_followed = kind(inp) == Some(Kind::Ident);
        let end = at(inp);
        let state = inp.state();
        if catches.is_empty() && finally.is_none() && !is_followed {
            let word = state.tokens.spans[start];
            let message = "this `try` has neither `catch` nor `finally`";
            let diagnostic = Diagnostic::new(Code::BARE_TRY, message, state.source, word, "does nothing");
            state.report(diagnostic.help("add `catch e { … }` or `finally { … }`"));
            state.unfinished += usize::from(state.only_added_follows(end));
        }
        let catches = state.ast.add_list(catches);
        let id = state.ast.add(Try { body, catches, finally });
        Ok(state.expr(ExprKind::Try(id), span))
    })
    .boxed()
}

/// `{kind, data}` with another brace behind it, where a `catch` has its name.
fn pattern_follows(inp: &mut In<'_, '_>) -> bool {
    let start = at(inp);
    let tokens = inp.state().tokens;
    if tokens.kind(start) != Kind::BlockOpen {
        return false;
    }
    let names = |index: &usize| matches!(tokens.kind(*index), Kind::Ident | Kind::Comma | Kind::Colon);
    let end = start + 1 + (start + 1..).take_while(names).count();
    tokens.kind(end) == Kind::BlockClose && matches!(tokens.kind(end + 1), Kind::BlockOpen | Kind::MapOpen)
}
