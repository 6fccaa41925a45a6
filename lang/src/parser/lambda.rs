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
    rule::{In, Rule, State, at, eat, expect, ident, kind, reject, rule, second, since, tok},
};

/// `|params| body`, `|| body`, `async |params| body`.
pub fn lambda<'t>(parts: &Parts<'t>) -> Rule<'t, ExprId> {
    let body = parts.body.clone();
    let params = params(parts.expr.clone(), parts.pattern.clone());
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        let types = annotations_before(inp);
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
        if kind(inp) == Some(Kind::ThinArrow) && second(inp) == Some(Kind::Ident) {
            skip_annotation(inp);
        }
        report_annotations(inp, types);
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

/// `: type` behind a name, or `-> type` behind parameters: skipped, and told by [`report_annotations`].
#[cold]
pub fn skip_annotation(inp: &mut In<'_, '_>) {
    let start = at(inp);
    inp.skip();
    let mut depth = 0u32;
    while let Some(next) = kind(inp) {
        match next {
            Kind::Newline | Kind::BlockOpen | Kind::BlockClose | Kind::Semi | Kind::LambdaClose => break,
            Kind::LBracket | Kind::QBracket | Kind::LParen | Kind::MapOpen | Kind::Lt => depth += 1,
            Kind::RBracket | Kind::RParen | Kind::MapClose | Kind::Gt if depth > 0 => depth -= 1,
            Kind::Shr if depth > 1 => depth -= 2,
            _ if depth > 0 => {}
            Kind::Ident | Kind::Dot | Kind::Nil | Kind::Fn | Kind::Amp | Kind::Star | Kind::Str => {}
            // `int | nil`, `(int) => str`
            Kind::Pipe | Kind::ThinArrow | Kind::Arrow => {}
            _ => break,
        }
        inp.skip();
    }
    let span = since(inp, start);
    inp.state().annotations.push(span);
}

/// How many annotations were skipped before a head or declaration, for [`report_annotations`].
pub fn annotations_before(inp: &mut In<'_, '_>) -> usize {
    inp.state().annotations.len()
}

/// Tells of the types that one head, declaration or struct has, as one mistake.
#[inline]
pub fn report_annotations(inp: &mut In<'_, '_>, before: usize) {
    if inp.state().annotations.len() > before {
        tell_annotations(inp.state(), before);
    }
}

#[cold]
fn tell_annotations(state: &mut State<'_>, before: usize) {
    let spans = state.annotations.split_off(before);
    let Some((first, further)) = spans.split_first() else { return };
    let text = state.text;
    let arrow = |span: &Span| text.get(span.range()).is_some_and(|text| text.starts_with("->"));
    let source = state.source;
    let cut = |span: &Span| {
        // `) -> int {` keeps one blank.
        let start = text.get(..span.start as usize).map_or(0, |before| before.trim_end().len()) as u32;
        let span = if arrow(span) { Span::new(start, span.end) } else { *span };
        Edit { location: Location { source, span }, text: String::new() }
    };
    let (code, message) = if arrow(first) && further.is_empty() {
        (Code::FOREIGN_OPERATOR, "functions declare no result type")
    } else {
        (Code::TYPE_ANNOTATION, "names have no declared type")
    };
    let mut diagnostic = Diagnostic::new(code, message, source, *first, "not needed");
    for span in further {
        diagnostic = diagnostic.label(source, *span, "nor this");
    }
    let title = if further.is_empty() { "leave the type out" } else { "leave the types out" };
    state.report(diagnostic.fix(title, spans.iter().map(cut).collect()));
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
