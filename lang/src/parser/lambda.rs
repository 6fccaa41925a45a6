//! Lambdas, parameters of all functions, and blocks that are functions of their own.

use chumsky::{IterParser, Parser};

use crate::{
    ast::{BlockId, ExprId, ExprKind, FnForm, FnId, Function, List, Param, PatId},
    diagnostic::{Code, Diagnostic, Edit},
    source::{Location, Span},
    token::{BlockKind, Kind},
};

use super::{
    error::Want,
    expr::Parts,
    rule::{In, Rule, State, at, eat, expect, ident, kind, reject, rule, since, tok},
};

/// `|params| body`, `|| body`, `async |params| body`.
pub fn lambda<'t>(parts: &Parts<'t>) -> Rule<'t, ExprId> {
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
pub fn block_function<'t>(block: Rule<'t, BlockId>, form: FnForm) -> Rule<'t, FnId> {
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

pub fn async_block<'t>(block: Rule<'t, BlockId>) -> Rule<'t, ExprId> {
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
