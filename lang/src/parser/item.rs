//! Declarations: `fn`, `struct`, `import`, `test`.

use chumsky::{IterParser, Parser};

use crate::{
    ast::{
        ExprKind, FnForm, FnId, Function, Ident, Import, ImportId, ImportItem, ImportSource, List, StmtKind,
        Struct, StructField,
    },
    diagnostic::{Code, Diagnostic},
    source::Span,
    token::{BlockKind, Kind, Token},
};

use super::{
    control::separated_block,
    error::{Reject, Want, Why},
    expr::Parts,
    lambda::{annotations_before, param_name, params, report_annotations, skip_annotation},
    rule::{In, Rule, State, at, eat, expect, ident, kind, name, refuse, reject, rule, since, tok},
};

/// `async fn name(…) { … }`.
pub fn function<'t>(parts: &Parts<'t>, form: FnForm) -> Rule<'t, FnId> {
    let params = params(parts.expr.clone(), param_name());
    let block = parts.block.clone();
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        let types = annotations_before(inp);
        let is_async = eat(inp, Kind::Async);
        expect(inp, Kind::Fn)?;
        if kind(inp) == Some(Kind::LParen) {
            return Err(refuse(inp, Why::FnName));
        }
        let name = ident(inp)?;
        expect(inp, Kind::LParen)?;
        let params = inp.parse(&params)?;
        expect(inp, Kind::RParen)?;
        let head = since(inp, start);
        if kind(inp) == Some(Kind::ThinArrow) || kind(inp) == Some(Kind::Colon) && has_block(inp) {
            skip_annotation(inp);
        }
        report_annotations(inp, types);
        let open = at(inp);
        let block = inp.parse(&block)?;
        let (span, body_span) = (since(inp, start), since(inp, open));
        let state = inp.state();
        let body = state.expr(ExprKind::Block(block), body_span);
        Ok(state.ast.add(Function { form, name: Some(name), is_async, params, body, span, head }))
    })
    .boxed()
}

/// Whether a `{` stands on the line of a head that goes on with `:`, so that a type stands between.
#[cold]
fn has_block(inp: &mut In<'_, '_>) -> bool {
    let mut index = at(inp) + 1;
    while let Some(token) = inp.state().token(index) {
        match token.kind {
            Kind::BlockOpen => return index > at(inp) + 1,
            Kind::Newline | Kind::Semi | Kind::Return => return false,
            _ => index += 1,
        }
    }
    false
}

/// A field or method of a struct.
#[derive(Clone, Copy)]
enum Member {
    Field(StructField),
    Method(FnId),
}

/// The members of a struct with their braces.
pub fn members<'t>(parts: &Parts<'t>) -> Rule<'t, (List<StructField>, List<FnId>)> {
    let method = function(parts, FnForm::Method);
    let expr = parts.expr.clone();
    let member = rule(move |inp: &mut In<'t, '_>| {
        if matches!(kind(inp), Some(Kind::Fn | Kind::Async)) {
            return inp.parse(&method).map(Member::Method);
        }
        let name = ident(inp)?;
        if kind(inp) == Some(Kind::Colon) {
            skip_annotation(inp);
        }
        let default = if eat(inp, Kind::Assign) { Some(inp.parse(&expr)?) } else { None };
        Ok(Member::Field(StructField { name, default }))
    });
    separated_block(member.boxed(), Want::Member, parts, |state, members: Vec<Member>| {
        let fields = members.iter().filter_map(|member| match member {
            Member::Field(field) => Some(*field),
            Member::Method(_) => None,
        });
        let fields = state.ast.add_list(fields);
        let methods = members.iter().filter_map(|member| match member {
            Member::Method(method) => Some(*method),
            Member::Field(_) => None,
        });
        (fields, state.ast.add_list(methods))
    })
}

pub fn structure<'t>(parts: &Parts<'t>) -> Rule<'t, StmtKind> {
    let members = members(parts);
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        inp.skip();
        let name = ident(inp)?;
        let types = annotations_before(inp);
        if !inp.peek().is_some_and(|token| token.opens(BlockKind::Members)) {
            return Err(reject(inp, Want::Block));
        }
        let (fields, methods) = inp.parse(&members)?;
        report_annotations(inp, types);
        let span = since(inp, start);
        Ok(StmtKind::Struct(inp.state().ast.add(Struct { name, fields, methods, span })))
    })
    .boxed()
}

/// `test "name" { … }`.
pub fn test<'t>(parts: &Parts<'t>) -> Rule<'t, StmtKind> {
    let block = parts.block.clone();
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        if inp.state().blocks > 0 {
            misplaced(inp.state(), start, "`test` stands at the top level of a file");
        }
        inp.skip();
        let title = plain_string(inp, Want::Str)?;
        let head = since(inp, start);
        let open = at(inp);
        let block = inp.parse(&block)?;
        let (span, body_span) = (since(inp, start), since(inp, open));
        let state = inp.state();
        let body = state.expr(ExprKind::Block(block), body_span);
        let params = List::EMPTY;
        let body = state.ast.add(Function {
            form: FnForm::Test,
            name: None,
            is_async: true,
            params,
            body,
            span,
            head,
        });
        Ok(StmtKind::Test { name: title.symbol(), body })
    })
    .boxed()
}

fn plain_string(inp: &mut In<'_, '_>, want: Want) -> Result<Token, Reject> {
    match inp.peek() {
        Some(token) if token.kind == Kind::Str => {
            inp.skip();
            Ok(token)
        }
        Some(token) if token.kind == Kind::StrOpen => Err(refuse(inp, Why::PlainString)),
        _ => Err(reject(inp, want)),
    }
}

#[cold]
fn misplaced(state: &mut State<'_>, index: usize, message: &str) {
    let span = state.tokens.spans[index];
    let diagnostic =
        Diagnostic::new(Code::MISPLACED_STATEMENT, message, state.source, span, "inside a block");
    state.report(diagnostic.help("move it out of the block"));
}

/// What follows the path of an import.
enum Binding {
    Implied,
    As(Ident),
    Items(Vec<ImportItem>),
}

pub fn import<'t>() -> Rule<'t, StmtKind> {
    let item = name()
        .then(tok(Kind::As).ignore_then(name()).or_not())
        .map(|(name, binding)| ImportItem { name, binding: binding.unwrap_or(name) });
    let items = item
        .separated_by(tok(Kind::Comma))
        .allow_trailing()
        .at_least(1)
        .collect::<Vec<_>>()
        .delimited_by(tok(Kind::MapOpen), tok(Kind::MapClose))
        .boxed();
    rule(move |inp: &mut In<'t, '_>| {
        let start = at(inp);
        if inp.state().blocks > 0 {
            misplaced(inp.state(), start, "`import` stands at the top level of a file");
        }
        inp.skip();
        let place = at(inp);
        let path = match inp.peek() {
            Some(token) if token.kind == Kind::Ident => {
                inp.skip();
                token
            }
            _ => plain_string(inp, Want::Module)?,
        };
        let binding = match kind(inp) {
            Some(Kind::As) => {
                inp.skip();
                Binding::As(ident(inp)?)
            }
            Some(Kind::Dot) => {
                inp.skip();
                Binding::Items(inp.parse(&items)?)
            }
            _ => Binding::Implied,
        };
        let id = add_import(inp.state(), path, place, binding);
        Ok(StmtKind::Import(id))
    })
    .boxed()
}

fn add_import(state: &mut State<'_>, path: Token, index: usize, binding: Binding) -> ImportId {
    let source_span = state.tokens.spans[index];
    let symbol = path.symbol();
    let (source, implied) = if path.kind == Kind::Ident {
        (ImportSource::Standard(symbol), Ident { name: symbol, span: source_span })
    } else {
        let name = implied_name(state, symbol, source_span, matches!(binding, Binding::Implied));
        (ImportSource::File(symbol), name)
    };
    let (binding, items) = match binding {
        Binding::Implied => (implied, None),
        Binding::As(name) => (name, None),
        Binding::Items(items) => (implied, Some(state.ast.add_list(items))),
    };
    state.ast.add(Import { source, source_span, binding, items })
}

/// The name that a path gives its module: that of the file without `.co`.
fn implied_name(state: &mut State<'_>, path: crate::ast::Symbol, span: Span, needed: bool) -> Ident {
    let text = state.ast.name(path);
    let file = text.rsplit(['/', '\\']).next().unwrap_or(text);
    let stem = file.strip_suffix(".co").unwrap_or(file).to_string();
    if needed && !is_name(&stem) {
        let message = format!("`{stem}` is no name, so the import needs one");
        let diagnostic = Diagnostic::new(Code::IMPORT_NAME, message, state.source, span, "names no variable")
            .help("add `as` and a name");
        state.report(diagnostic);
    }
    Ident { name: state.ast.names.intern(&stem), span }
}

fn is_name(text: &str) -> bool {
    use logos::Logos;
    let mut lexer = Kind::lexer(text);
    lexer.next() == Some(Ok(Kind::Ident)) && lexer.remainder().is_empty()
}
