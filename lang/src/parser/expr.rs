//! Expressions but for operators: operands, calls, literals, lambdas, control structures.

use chumsky::{IterParser, Parser};

use crate::{
    ast::{
        Arg, Assign, AssignId, BinaryOp, BlockId, Catch, ExprId, ExprKind, FnForm, FnId, Function, If, List,
        MapEntry, MatchArm, Param, PatId, Segment, SelectArm, SelectHead, Target, TargetItem, Try,
    },
    diagnostic::{Code, Diagnostic, Edit},
    source::{Location, Span},
    token::{BlockKind, Kind},
};

use super::{
    error::{Reject, Want, Why},
    recover::recover,
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
            if_: if_expr(expr.clone(), block.clone()),
            match_: match_expr(expr.clone(), parts),
            try_: try_expr(expr.clone(), block.clone()),
            async_block: async_block(block.clone()),
            scope: tok(Kind::Scope)
                .ignore_then(block.clone())
                .map_with(|block, e| {
                    let span = span(e);
                    e.state().expr(ExprKind::Scope(block), span)
                })
                .boxed(),
            select: select_expr(parts),
            lambda: lambda(parts),
            jump: jump(expr.clone()),
            args: args(expr.clone()),
            spawn_block: block_function(block.clone(), FnForm::SpawnBlock),
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

/// `|params| body`, `|| body`, `async |params| body`.
fn lambda<'t>(parts: &Parts<'t>) -> Rule<'t, ExprId> {
    let body = parts.body.clone();
    let params = params(parts.expr.clone(), parts.pattern.clone());
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        let is_async = eat(inp, Kind::Async);
        let params = if eat(inp, Kind::EmptyParams) {
            List::EMPTY
        } else {
            expect(inp, Kind::LambdaOpen)?;
            let params = inp.parse(&params)?;
            expect(inp, Kind::LambdaClose)?;
            params
        };
        let head = since(inp, start);
        let body = inp.parse(&body)?;
        let span = since(inp, start);
        let state = inp.state();
        let function =
            state.ast.add(Function { form: FnForm::Lambda, name: None, is_async, params, body, span, head });
        Ok(state.expr(ExprKind::Lambda(function), span))
    })
    .boxed()
}

/// The parameter of a `fn`: a name.
pub fn param_name<'t>() -> Rule<'t, PatId> {
    rule(|inp: &mut In<'t, '_>| {
        if !matches!(kind(inp), Some(Kind::Ident)) {
            return Err(reject(inp, Want::Param));
        }
        let name = ident(inp)?;
        Ok(super::pattern::bind(inp.state(), name))
    })
    .boxed()
}

/// `a, b = 1, ...rest` between the brackets or bars.
pub fn params<'t>(expr: Rule<'t, ExprId>, pattern: Rule<'t, PatId>) -> Rule<'t, List<Param>> {
    let param = rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        let rest = eat(inp, Kind::Ellipsis);
        let pattern = if rest {
            let name = ident(inp)?;
            super::pattern::bind(inp.state(), name)
        } else {
            inp.parse(&pattern)?
        };
        if kind(inp) == Some(Kind::Colon) {
            skip_annotation(inp);
        }
        let default = if eat(inp, Kind::Assign) { Some(inp.parse(&expr)?) } else { None };
        let span = since(inp, start);
        Ok(Param { pattern, default, rest, span })
    });
    param
        .separated_by(tok(Kind::Comma))
        .allow_trailing()
        .collect::<Vec<_>>()
        .map_with(|params, e| {
            check_param_order(e.state(), &params);
            e.state().ast.add_list(params)
        })
        .boxed()
}

fn check_param_order(state: &mut State<'_>, params: &[Param]) {
    let mut default: Option<Span> = None;
    for (index, param) in params.iter().enumerate() {
        let (message, other, place) = if param.rest && index + 1 < params.len() {
            ("a rest parameter is the last one", None, "takes everything that is left")
        } else if param.rest && param.default.is_some() {
            ("a rest parameter has no default", None, "is an empty list without arguments")
        } else if let (Some(earlier), None, false) = (default, param.default, param.rest) {
            ("a parameter without a default follows one with a default", Some(earlier), "needs an argument")
        } else {
            default = default.or(param.default.map(|_| param.span));
            continue;
        };
        let mut diagnostic = Diagnostic::new(Code::PARAMETER_ORDER, message, state.source, param.span, place);
        if let Some(other) = other {
            diagnostic = diagnostic.label(state.source, other, "may be left out");
        }
        return state.report(diagnostic);
    }
}

/// `: type` behind a name: reported and skipped.
#[cold]
pub fn skip_annotation(inp: &mut In<'_, '_>) {
    let start = at(inp);
    inp.skip();
    let mut depth = 0u32;
    while let Some(next) = kind(inp) {
        match next {
            Kind::LBracket if at(inp) > start + 1 => depth += 1,
            Kind::RBracket if depth > 0 => depth -= 1,
            Kind::Ident | Kind::Dot | Kind::Nil | Kind::Fn => {}
            Kind::Comma | Kind::Pipe if depth > 0 => {}
            _ => break,
        }
        inp.skip();
    }
    let span = since(inp, start);
    let state = inp.state();
    let edits = vec![Edit { location: Location { source: state.source, span }, text: String::new() }];
    let diagnostic = Diagnostic::new(
        Code::TYPE_ANNOTATION,
        "names have no declared type",
        state.source,
        span,
        "not needed",
    )
    .fix("leave the type out", edits);
    state.report(diagnostic);
}

/// A block as a function of its own: `async { … }` and `spawn { … }`.
fn block_function<'t>(block: Rule<'t, BlockId>, form: FnForm) -> Rule<'t, FnId> {
    rule(move |inp: &mut In<'t, '_>| {
        // The word before the `{` belongs to the function's head.
        let word = at(inp).saturating_sub(1);
        let start = at(inp);
        let block = inp.parse(&block)?;
        let end = at(inp);
        let state = inp.state();
        let (head, whole, inner) =
            (state.span(word, word + 1), state.span(word, end), state.span(start, end));
        let body = state.expr(ExprKind::Block(block), inner);
        let params = List::EMPTY;
        Ok(state.ast.add(Function { form, name: None, is_async: true, params, body, span: whole, head }))
    })
    .boxed()
}

fn async_block<'t>(block: Rule<'t, BlockId>) -> Rule<'t, ExprId> {
    let function = block_function(block, FnForm::AsyncBlock);
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        inp.skip();
        if !inp.peek().is_some_and(|token| token.opens(BlockKind::Statements)) {
            return Err(reject(inp, Want::AsyncTail));
        }
        let function = inp.parse(&function)?;
        let span = since(inp, start);
        Ok(inp.state().expr(ExprKind::Lambda(function), span))
    })
    .boxed()
}

/// `if … else if … else …`, a ladder of any length in a loop.
fn if_expr<'t>(expr: Rule<'t, ExprId>, block: Rule<'t, BlockId>) -> Rule<'t, ExprId> {
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

fn match_expr<'t>(expr: Rule<'t, ExprId>, parts: &Parts<'t>) -> Rule<'t, ExprId> {
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

fn select_expr<'t>(parts: &Parts<'t>) -> Rule<'t, ExprId> {
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

fn try_expr<'t>(expr: Rule<'t, ExprId>, block: Rule<'t, BlockId>) -> Rule<'t, ExprId> {
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
            let name = if kind(inp) == Some(Kind::Ident) { Some(ident(inp)?) } else { None };
            let name = name.filter(|name| inp.state().ast.name(name.name) != "_");
            let guard = if eat(inp, Kind::If) { Some(inp.parse(&expr)?) } else { None };
            let body = inp.parse(&block)?;
            let span = since(inp, start);
            catches.push(Catch { name, guard, body, span });
        }
        let finally = if eat(inp, Kind::Finally) { Some(inp.parse(&block)?) } else { None };
        let span = since(inp, start);
        let state = inp.state();
        if catches.is_empty() && finally.is_none() {
            let word = state.tokens.spans[start];
            let message = "this `try` has neither `catch` nor `finally`";
            let diagnostic = Diagnostic::new(Code::BARE_TRY, message, state.source, word, "does nothing");
            state.report(diagnostic.help("add `catch e { … }` or `finally { … }`"));
        }
        let catches = state.ast.add_list(catches);
        let id = state.ast.add(Try { body, catches, finally });
        Ok(state.expr(ExprKind::Try(id), span))
    })
    .boxed()
}

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
