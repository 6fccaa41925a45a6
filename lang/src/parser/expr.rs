//! Operands: literals, lists, maps, arguments, jumps.

use chumsky::{IterParser, Parser};

use crate::{
    ast::{Arg, BlockId, ExprId, ExprKind, FnForm, FnId, List, MapEntry, PatId, Segment},
    diagnostic::{Code, Diagnostic},
    token::Kind,
};

use super::{
    control,
    error::{Reject, Want},
    lambda,
    rule::{In, Rule, State, at, eat, expect, ident, kind, reject, rule, second, since, span, tok},
};

/// The rules that [`operators`] and [`atom`] choose from.
pub struct Operands<'t> {
    interpolation: Rule<'t, ExprId>,
    paren: Rule<'t, ExprId>,
    list: Rule<'t, ExprId>,
    map: Rule<'t, ExprId>,
    if_: Rule<'t, ExprId>,
    match_: Rule<'t, ExprId>,
    try_: Rule<'t, ExprId>,
    async_block: Rule<'t, ExprId>,
    scope: Rule<'t, ExprId>,
    select: Rule<'t, ExprId>,
    pub lambda: Rule<'t, ExprId>,
    pub jump: Rule<'t, ExprId>,
    pub args: Rule<'t, List<Arg>>,
    pub spawn_block: Rule<'t, FnId>,
}

/// What expressions are made of.
#[derive(Clone)]
pub struct Parts<'t> {
    pub expr: Rule<'t, ExprId>,
    pub block: Rule<'t, BlockId>,
    pub pattern: Rule<'t, PatId>,
    /// A block, expression or assignment: after `|…|`, `=>` and `defer`.
    pub body: Rule<'t, ExprId>,
    /// Reads any block behind a mistake.
    pub any_block: Rule<'t, ()>,
}

impl<'t> Operands<'t> {
    pub fn new(parts: &Parts<'t>) -> Operands<'t> {
        let Parts { expr, block, .. } = parts;
        Operands {
            interpolation: interpolation(expr.clone()),
            paren: paren(expr.clone()),
            list: list(expr.clone()),
            map: map(expr.clone()),
            if_: control::if_expr(expr.clone(), block.clone()),
            match_: control::match_expr(expr.clone(), parts),
            try_: control::try_expr(expr.clone(), block.clone()),
            async_block: lambda::async_block(block.clone()),
            scope: tok(Kind::Scope)
                .ignore_then(block.clone())
                .map_with(|block, e| {
                    let span = span(e);
                    e.state().expr(ExprKind::Scope(block), span)
                })
                .boxed(),
            select: control::select_expr(parts),
            lambda: lambda::lambda(parts),
            jump: jump(expr.clone()),
            args: args(expr.clone()),
            spawn_block: lambda::block_function(block.clone(), FnForm::SpawnBlock),
        }
    }

    /// The control structures that are statements of their own when one starts with them.
    pub fn control(&self, kind: Kind) -> Option<&Rule<'t, ExprId>> {
        match kind {
            Kind::If => Some(&self.if_),
            Kind::Match => Some(&self.match_),
            Kind::Try => Some(&self.try_),
            _ => None,
        }
    }
}

/// An operand without its calls and fields.
pub fn atom<'t>(inp: &mut In<'t, '_>, operands: &Operands<'t>) -> Result<ExprId, Reject> {
    let Some(token) = inp.peek() else { return Err(reject(inp, Want::Expression)) };
    let literal = match token.kind {
        Kind::Ident => ExprKind::Name(token.symbol()),
        Kind::Str => ExprKind::Str(token.symbol()),
        Kind::Int => return int(inp, token.data),
        Kind::Float => ExprKind::Float(inp.state().tokens.floats[token.data as usize]),
        Kind::Duration => ExprKind::Duration(inp.state().tokens.floats[token.data as usize]),
        Kind::Bytes => ExprKind::Bytes(token.data),
        Kind::Nil => ExprKind::Nil,
        Kind::True => ExprKind::Bool(true),
        Kind::False => ExprKind::Bool(false),
        Kind::StrOpen => return inp.parse(&operands.interpolation),
        Kind::LParen => return inp.parse(&operands.paren),
        Kind::LBracket => return inp.parse(&operands.list),
        Kind::MapOpen => return inp.parse(&operands.map),
        Kind::If => return inp.parse(&operands.if_),
        Kind::Match => return inp.parse(&operands.match_),
        Kind::Try => return inp.parse(&operands.try_),
        Kind::Async => return inp.parse(&operands.async_block),
        Kind::Scope => return inp.parse(&operands.scope),
        Kind::Select => return inp.parse(&operands.select),
        _ => return Err(reject(inp, Want::Expression)),
    };
    let index = at(inp);
    inp.skip();
    let state = inp.state();
    let span = state.tokens.spans[index];
    Ok(state.expr(literal, span))
}

fn int(inp: &mut In<'_, '_>, index: u32) -> Result<ExprId, Reject> {
    let here = at(inp);
    inp.skip();
    let state = inp.state();
    let span = state.tokens.spans[here];
    let value = i64::try_from(state.tokens.ints[index as usize]).unwrap_or_else(|_| {
        let message = "the number is too large";
        let diagnostic = Diagnostic::new(Code::NUMBER_TOO_LARGE, message, state.source, span, "does not fit")
            .note("an int goes from -9223372036854775808 to 9223372036854775807")
            .help("with a point it is a float");
        state.report(diagnostic);
        i64::MAX
    });
    Ok(state.expr(ExprKind::Int(value), span))
}

fn interpolation<'t>(expr: Rule<'t, ExprId>) -> Rule<'t, ExprId> {
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        inp.skip();
        let mut segments = Vec::new();
        loop {
            let Some(token) = inp.peek() else { return Err(reject(inp, Want::Expression)) };
            inp.skip();
            match token.kind {
                // Nothing may be left of a text when the indentation of a `"""` is taken away.
                Kind::StrText if inp.state().ast.name(token.symbol()).is_empty() => {}
                Kind::StrText => segments.push(Segment::Text(token.symbol())),
                Kind::InterpOpen if kind(inp) == Some(Kind::InterpClose) => {
                    // `{}`, which the lexer has reported.
                    let index = at(inp);
                    inp.skip();
                    let state = inp.state();
                    let span = state.span(index - 1, index + 1);
                    let value = state.expr(ExprKind::Error, span);
                    segments.push(Segment::Expr { value, spec: None });
                }
                Kind::InterpOpen => {
                    let value = inp.parse(&expr)?;
                    let spec = match inp.peek() {
                        Some(spec) if spec.kind == Kind::Spec => {
                            inp.skip();
                            inp.state().tokens.specs.get(spec.data as usize).copied()
                        }
                        _ => None,
                    };
                    expect(inp, Kind::InterpClose)?;
                    segments.push(Segment::Expr { value, spec });
                }
                _ => break,
            }
        }
        let span = since(inp, start);
        let state = inp.state();
        let segments = state.ast.add_list(segments);
        Ok(state.expr(ExprKind::Interpolation(segments), span))
    })
    .boxed()
}

fn paren<'t>(expr: Rule<'t, ExprId>) -> Rule<'t, ExprId> {
    expr.delimited_by(tok(Kind::LParen), tok(Kind::RParen))
        .map_with(|inner, e| {
            let span = span(e);
            e.state().expr(ExprKind::Paren(inner), span)
        })
        .boxed()
}

/// `...xs` or a plain item.
fn item<'t>(expr: Rule<'t, ExprId>) -> Rule<'t, ExprId> {
    rule(move |inp: &mut In<'t, '_>| {
        if kind(inp) != Some(Kind::Ellipsis) {
            return inp.parse(&expr);
        }
        let start = at(inp);
        inp.skip();
        let inner = inp.parse(&expr)?;
        let span = since(inp, start);
        Ok(inp.state().expr(ExprKind::Spread(inner), span))
    })
    .boxed()
}

fn list<'t>(expr: Rule<'t, ExprId>) -> Rule<'t, ExprId> {
    item(expr)
        .separated_by(tok(Kind::Comma))
        .allow_trailing()
        .collect::<Vec<_>>()
        .delimited_by(tok(Kind::LBracket), tok(Kind::RBracket))
        .map_with(|items, e| {
            let span = span(e);
            let items = e.state().ast.add_list(items);
            e.state().expr(ExprKind::List(items), span)
        })
        .boxed()
}

fn map<'t>(expr: Rule<'t, ExprId>) -> Rule<'t, ExprId> {
    let entry = rule(move |inp: &mut In<'t, '_>| {
        let Some(token) = inp.peek() else { return Err(reject(inp, Want::Key)) };
        let index = at(inp);
        match token.kind {
            Kind::Ident | Kind::Str => {
                inp.skip();
                let key = inp.state().ident(index);
                if eat(inp, Kind::Colon) {
                    return Ok(MapEntry::Named(key, inp.parse(&expr)?));
                }
                if token.kind == Kind::Str {
                    return Err(reject(inp, Want::Colon));
                }
                if !matches!(kind(inp), Some(Kind::Comma | Kind::MapClose)) {
                    return Err(reject(inp, Want::Colon).or(Want::Comma).or(Want::MapClose));
                }
                let value = inp.state().expr(ExprKind::Name(key.name), key.span);
                Ok(MapEntry::Short(key, value))
            }
            Kind::LBracket => {
                inp.skip();
                let key = inp.parse(&expr)?;
                expect(inp, Kind::RBracket)?;
                expect(inp, Kind::Colon)?;
                Ok(MapEntry::Computed(key, inp.parse(&expr)?))
            }
            Kind::Ellipsis => {
                inp.skip();
                Ok(MapEntry::Spread(inp.parse(&expr)?))
            }
            _ => Err(reject(inp, Want::Key)),
        }
    });
    entry
        .separated_by(tok(Kind::Comma))
        .allow_trailing()
        .collect::<Vec<_>>()
        .delimited_by(tok(Kind::MapOpen), tok(Kind::MapClose))
        .map_with(|entries, e| {
            let span = span(e);
            let entries = e.state().ast.add_list(entries);
            e.state().expr(ExprKind::Map(entries), span)
        })
        .boxed()
}

fn args<'t>(expr: Rule<'t, ExprId>) -> Rule<'t, List<Arg>> {
    let arg = rule(move |inp: &mut In<'t, '_>| match kind(inp) {
        Some(Kind::Ident) if second(inp) == Some(Kind::Colon) => {
            let name = ident(inp)?;
            inp.skip();
            Ok(Arg::Named(name, inp.parse(&expr)?))
        }
        Some(Kind::Ellipsis) => {
            inp.skip();
            Ok(Arg::Spread(inp.parse(&expr)?))
        }
        _ => inp.parse(&expr).map(Arg::Plain),
    });
    arg.separated_by(tok(Kind::Comma))
        .allow_trailing()
        .collect::<Vec<_>>()
        .delimited_by(tok(Kind::LParen), tok(Kind::RParen))
        .map_with(|args, e| {
            let named = |arg: &Arg| matches!(arg, Arg::Named(..));
            if let Some(first) = args.iter().position(named) {
                check_argument_order(e.state(), &args, first);
            }
            e.state().ast.add_list(args)
        })
        .boxed()
}

fn check_argument_order(state: &mut State<'_>, args: &[Arg], first: usize) {
    let behind = &args[first..];
    let Some(Arg::Named(name, _)) = behind.first() else { return };
    let Some(late) = behind.iter().find(|arg| !matches!(arg, Arg::Named(..))) else { return };
    let span = state.ast[late.value()].span;
    let message = "positional arguments come before named ones";
    let diagnostic = Diagnostic::new(Code::ARGUMENT_ORDER, message, state.source, span, "positional").label(
        state.source,
        name.span,
        "named",
    );
    state.report(diagnostic);
}

fn jump<'t>(expr: Rule<'t, ExprId>) -> Rule<'t, ExprId> {
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        let word = kind(inp);
        inp.skip();
        let jump = match word {
            Some(Kind::Throw) => ExprKind::Throw(inp.parse(&expr)?),
            Some(Kind::Break) => ExprKind::Break,
            Some(Kind::Continue) => ExprKind::Continue,
            _ => {
                let value = match kind(inp) {
                    Some(next) if next.starts_expr() => Some(inp.parse(&expr)?),
                    _ => None,
                };
                if word == Some(Kind::Return) { ExprKind::Return(value) } else { ExprKind::Yield(value) }
            }
        };
        let span = since(inp, start);
        Ok(inp.state().expr(jump, span))
    })
    .boxed()
}
