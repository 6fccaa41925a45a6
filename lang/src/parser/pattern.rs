//! Patterns: of `match`, `select`, `let`, `var`, `for` and the parameters of lambdas.

use chumsky::{IterParser, Parser, recursive::recursive};

use crate::{
    ast::{ExprId, ExprKind, Ident, Pat, PatEntry, PatId, PatKind, UnaryOp},
    token::Kind,
};

use super::{
    assign::several_rests,
    error::{Reject, Want, Why},
    operators::{path, type_path},
    rule::{In, Rule, State, at, eat, expect, ident, kind, refuse, reject, rule, second, since, tok},
};

/// A name as a pattern: `_` binds nothing.
pub fn bind(state: &mut State<'_>, name: Ident) -> PatId {
    let kind = if state.ast.name(name.name) == "_" { PatKind::Wildcard } else { PatKind::Bind(name.name) };
    state.ast.add(Pat { kind, span: name.span })
}

fn add(inp: &mut In<'_, '_>, kind: PatKind, start: usize) -> PatId {
    let span = since(inp, start);
    inp.state().ast.add(Pat { kind, span })
}

/// Alternatives with `|` between them.
pub fn pattern<'t>() -> Rule<'t, PatId> {
    recursive(|pattern| {
        let pattern = pattern.boxed();
        let simple = Simple { list: list(pattern.clone()), entries: entries(pattern.clone()), pattern };
        rule(move |inp: &mut In<'t, '_>| {
            let start = at(inp);
            let first = simple.parse(inp)?;
            if kind(inp) != Some(Kind::Pipe) {
                return Ok(first);
            }
            let mut alternatives = vec![first];
            while eat(inp, Kind::Pipe) {
                alternatives.push(simple.parse(inp)?);
            }
            let alternatives = inp.state().ast.add_list(alternatives);
            Ok(add(inp, PatKind::Or(alternatives), start))
        })
        .boxed()
    })
    .boxed()
}

struct Simple<'t> {
    list: Rule<'t, Vec<PatId>>,
    entries: Rule<'t, Vec<PatEntry>>,
    pattern: Rule<'t, PatId>,
}

impl<'t> Simple<'t> {
    fn parse(&self, inp: &mut In<'t, '_>) -> Result<PatId, Reject> {
        let start = at(inp);
        match kind(inp) {
            Some(Kind::Ident) => self.named(inp, start),
            Some(Kind::LBracket) => {
                let items = inp.parse(&self.list)?;
                check_rests(inp.state(), &items);
                let items = inp.state().ast.add_list(items);
                Ok(add(inp, PatKind::List(items), start))
            }
            Some(Kind::MapOpen) => {
                let entries = inp.parse(&self.entries)?;
                let entries = inp.state().ast.add_list(entries);
                Ok(add(inp, PatKind::Map(entries), start))
            }
            Some(Kind::Is) => {
                inp.skip();
                let ty = type_path(inp)?;
                Ok(add(inp, PatKind::Is(ty), start))
            }
            Some(Kind::LParen) => {
                inp.skip();
                let inner = inp.parse(&self.pattern)?;
                expect(inp, Kind::RParen)?;
                Ok(add(inp, PatKind::Paren(inner), start))
            }
            Some(Kind::StrOpen) => Err(refuse(inp, Why::PlainString)),
            _ => {
                let value = literal(inp)?;
                let kind = match kind(inp) {
                    Some(dots @ (Kind::DotDot | Kind::DotDotEq)) => {
                        inp.skip();
                        let end = literal(inp)?;
                        PatKind::Range { start: value, end, inclusive: dots == Kind::DotDotEq }
                    }
                    _ => PatKind::Value(value),
                };
                Ok(add(inp, kind, start))
            }
        }
    }

    /// `name`, `a.b`, `Point {x, y}`.
    fn named(&self, inp: &mut In<'t, '_>, start: usize) -> Result<PatId, Reject> {
        if !matches!(second(inp), Some(Kind::Dot | Kind::MapOpen)) {
            let name = ident(inp)?;
            return Ok(bind(inp.state(), name));
        }
        let path = path(inp)?;
        if kind(inp) != Some(Kind::MapOpen) {
            return Ok(add(inp, PatKind::Value(path), start));
        }
        let fields = inp.parse(&self.entries)?;
        let fields = inp.state().ast.add_list(fields);
        Ok(add(inp, PatKind::Struct { path, fields }, start))
    }
}

/// A literal, numbers also with a minus.
fn literal(inp: &mut In<'_, '_>) -> Result<ExprId, Reject> {
    let start = at(inp);
    let negative = eat(inp, Kind::Minus);
    let Some(token) = inp.peek() else { return Err(reject(inp, Want::Pattern)) };
    let index = at(inp);
    let float = |inp: &mut In<'_, '_>| inp.state().tokens.floats[token.data as usize];
    let value = match token.kind {
        Kind::Int => {
            let value = inp.state().tokens.ints[token.data as usize];
            match i64::try_from(value) {
                Ok(value) => ExprKind::Int(value),
                Err(_) if negative => {
                    inp.skip();
                    let span = since(inp, start);
                    return Ok(inp.state().expr(ExprKind::Int(i64::MIN), span));
                }
                Err(_) => return Err(refuse(inp, Why::TooLarge)),
            }
        }
        Kind::Float => ExprKind::Float(float(inp)),
        Kind::Duration => ExprKind::Duration(float(inp)),
        _ if negative => return Err(reject(inp, Want::Number)),
        Kind::Str => ExprKind::Str(token.symbol()),
        Kind::Bytes => ExprKind::Bytes(token.data),
        Kind::Nil => ExprKind::Nil,
        Kind::True => ExprKind::Bool(true),
        Kind::False => ExprKind::Bool(false),
        Kind::StrOpen => return Err(refuse(inp, Why::PlainString)),
        _ => return Err(reject(inp, Want::Pattern)),
    };
    inp.skip();
    let span = inp.state().tokens.spans[index];
    let value = inp.state().expr(value, span);
    if !negative {
        return Ok(value);
    }
    let span = since(inp, start);
    Ok(inp.state().expr(ExprKind::Unary(UnaryOp::Neg, value), span))
}

/// `[a, ...rest, b]`.
fn list<'t>(pattern: Rule<'t, PatId>) -> Rule<'t, Vec<PatId>> {
    let item = rule(move |inp: &mut In<'t, '_>| {
        if kind(inp) != Some(Kind::Ellipsis) {
            return inp.parse(&pattern);
        }
        let start = at(inp);
        inp.skip();
        let name = match kind(inp) {
            Some(Kind::Ident) => Some(ident(inp)?.name),
            _ => None,
        };
        let name = name.filter(|name| inp.state().ast.name(*name) != "_");
        Ok(add(inp, PatKind::Rest(name), start))
    });
    item.separated_by(tok(Kind::Comma))
        .allow_trailing()
        .collect()
        .delimited_by(tok(Kind::LBracket), tok(Kind::RBracket))
        .boxed()
}

fn check_rests(state: &mut State<'_>, items: &[PatId]) {
    let mut rests = items.iter().map(|id| state.ast[*id]).filter(|pat| matches!(pat.kind, PatKind::Rest(_)));
    let (first, second) = (rests.next(), rests.next());
    if let (Some(first), Some(second)) = (first, second) {
        several_rests(state, first.span, second.span);
    }
}

/// `{key: pattern, name}`.
fn entries<'t>(pattern: Rule<'t, PatId>) -> Rule<'t, Vec<PatEntry>> {
    let entry = rule(move |inp: &mut In<'t, '_>| {
        let index = at(inp);
        let quoted = match kind(inp) {
            Some(Kind::Ident) => false,
            Some(Kind::Str) => true,
            Some(Kind::StrOpen) => return Err(refuse(inp, Why::PlainString)),
            Some(Kind::Ellipsis) => return Err(refuse(inp, Why::MapRest)),
            _ => return Err(reject(inp, Want::Key)),
        };
        inp.skip();
        let key = inp.state().ident(index);
        if eat(inp, Kind::Colon) {
            let pattern = inp.parse(&pattern)?;
            return Ok(PatEntry { key, pattern });
        }
        if quoted {
            return Err(reject(inp, Want::Colon));
        }
        if !matches!(kind(inp), Some(Kind::Comma | Kind::MapClose)) {
            return Err(reject(inp, Want::Colon).or(Want::Comma).or(Want::MapClose));
        }
        let pattern = bind(inp.state(), key);
        Ok(PatEntry { key, pattern })
    });
    entry
        .separated_by(tok(Kind::Comma))
        .allow_trailing()
        .collect()
        .delimited_by(tok(Kind::MapOpen), tok(Kind::MapClose))
        .boxed()
}
