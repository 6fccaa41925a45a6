//! What all rules share: the parser's state, its types, and small rules.

use chumsky::{
    Boxed, Parser,
    extra::Full,
    input::{Checkpoint, Cursor, InputRef, MapExtra},
    inspector::Inspector,
    primitive::custom,
};

use crate::{
    ast::{Ast, Expr, ExprId, ExprKind, Ident},
    diagnostic::Diagnostic,
    source::{SourceId, Span},
    token::{Kind, Token, Tokens},
};

use super::error::{Failure, Reject, Want, Why};

pub type Input<'t> = &'t [Token];
pub type Extra<'t> = Full<Reject, State<'t>, ()>;
pub type Rule<'t, O> = Boxed<'t, 't, Input<'t>, O, Extra<'t>>;
pub type In<'t, 'p> = InputRef<'t, 'p, Input<'t>, Extra<'t>>;
pub type With<'t, 'b> = MapExtra<'t, 'b, Input<'t>, Extra<'t>>;

/// How deep expressions may nest in each other, brackets or not.
const MAX_DEPTH: u32 = 2_000;

/// What travels with the parser. Nothing is ever taken back: no rule is tried twice.
pub struct State<'t> {
    pub source: SourceId,
    pub text: &'t str,
    pub tokens: &'t Tokens,
    pub ast: Ast,
    /// Statements, arms and members that could not be read.
    pub failures: Vec<Failure>,
    /// Mistakes that did not stop a rule.
    pub diagnostics: Vec<Diagnostic>,
    /// How many of them are none if the text goes on.
    pub unfinished: usize,
    /// Declared types of a head that is still being read.
    pub annotations: Vec<Span>,
    depth: u32,
    /// How many blocks are open.
    pub blocks: u32,
    /// The last range without an end that was read; an index takes it.
    pub open_range: Option<ExprId>,
}

impl<'t> State<'t> {
    pub fn new(source: SourceId, text: &'t str, tokens: &'t Tokens, mut ast: Ast) -> State<'t> {
        let count = tokens.tokens.len();
        ast.exprs.reserve(count / 2);
        ast.stmts.reserve(count / 8);
        State {
            source,
            text,
            tokens,
            ast,
            failures: Vec::new(),
            diagnostics: Vec::new(),
            unfinished: 0,
            annotations: Vec::new(),
            depth: 0,
            blocks: 0,
            open_range: None,
        }
    }

    /// From there on, no token stands in the text: the lexer has closed what was open at its end.
    pub fn only_added_follows(&self, index: usize) -> bool {
        self.tokens.spans.iter().skip(index).all(|span| span.start == span.end)
    }

    pub fn token(&self, index: usize) -> Option<Token> {
        self.tokens.tokens.get(index).copied()
    }

    /// The bytes of the tokens from `start` up to `end`.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let spans = &self.tokens.spans;
        let first = spans.get(start).map_or(self.text.len() as u32, |span| span.start);
        let last = if end > start { spans.get(end - 1).map_or(first, |span| span.end) } else { first };
        Span::new(first, last.max(first))
    }

    pub fn expr(&mut self, kind: ExprKind, span: Span) -> ExprId {
        self.ast.add(Expr { kind, span })
    }

    /// An expression that spans from the start of another one to the end of a token.
    pub fn expr_from(&mut self, first: ExprId, kind: ExprKind, end: usize) -> ExprId {
        let start = self.ast[first].span.start;
        let end = self.tokens.spans.get(end.wrapping_sub(1)).map_or(start, |span| span.end);
        self.expr(kind, Span::new(start, end.max(start)))
    }

    pub fn ident(&self, index: usize) -> Ident {
        let token = self.tokens.tokens[index];
        Ident { name: token.symbol(), span: self.tokens.spans[index] }
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

impl<'t> Inspector<'t, Input<'t>> for State<'t> {
    type Checkpoint = ();
    #[inline(always)]
    fn on_token(&mut self, _: &Token) {}
    #[inline(always)]
    fn on_save<'parse>(&self, _: &Cursor<'t, 'parse, Input<'t>>) {}
    #[inline(always)]
    fn on_rewind<'parse>(&mut self, _: &Checkpoint<'t, 'parse, Input<'t>, ()>) {}
}

/// The index of the next token.
#[inline(always)]
pub fn at(inp: &In<'_, '_>) -> usize {
    *inp.cursor().inner()
}

#[inline(always)]
pub fn kind(inp: &mut In<'_, '_>) -> Option<Kind> {
    inp.peek().map(|token| token.kind)
}

/// The kind of the token behind the next one.
#[inline(always)]
pub fn second(inp: &mut In<'_, '_>) -> Option<Kind> {
    let index = at(inp) + 1;
    inp.state().token(index).map(|token| token.kind)
}

/// Takes the next token if it is of a kind.
#[inline(always)]
pub fn eat(inp: &mut In<'_, '_>, wanted: Kind) -> bool {
    let found = kind(inp) == Some(wanted);
    if found {
        inp.skip();
    }
    found
}

#[inline(always)]
pub fn expect(inp: &mut In<'_, '_>, wanted: Kind) -> Result<(), Reject> {
    if eat(inp, wanted) { Ok(()) } else { Err(reject(inp, Want::of(wanted))) }
}

/// The span of the tokens from an index up to here.
pub fn since(inp: &mut In<'_, '_>, start: usize) -> Span {
    let end = at(inp);
    inp.state().span(start, end)
}

/// The same in a combinator's `map_with`.
pub fn span(extra: &mut With<'_, '_>) -> Span {
    let range = extra.span();
    extra.state().span(range.start, range.end)
}

#[cold]
pub fn reject(inp: &mut In<'_, '_>, want: Want) -> Reject {
    Reject::expected(at(inp), want)
}

#[cold]
pub fn refuse(inp: &mut In<'_, '_>, why: Why) -> Reject {
    Reject::because(at(inp), why)
}

/// Fails with the furthest of a reason and what chumsky remembers of alternatives further on.
#[cold]
fn fail<'t, T>(inp: &mut In<'t, '_>, reason: Reject) -> Result<T, Reject> {
    // The only way to take chumsky's memory is a rule that fails.
    let nothing = custom::<_, Input<'t>, (), Extra<'t>>(move |_| Err(reason));
    match inp.check(nothing) {
        Err(remembered) => Err(remembered.furthest(reason)),
        Ok(()) => Err(reason),
    }
}

/// A rule written by hand. Its failure is the furthest one inside it.
pub fn rule<'t, O>(
    go: impl Fn(&mut In<'t, '_>) -> Result<O, Reject>,
) -> impl Parser<'t, Input<'t>, O, Extra<'t>> {
    custom(move |inp: &mut In<'t, '_>| match go(inp) {
        Ok(output) => Ok(output),
        Err(reason) => fail(inp, reason),
    })
}

/// One token of a kind, without its data.
pub fn tok<'t>(wanted: Kind) -> impl Parser<'t, Input<'t>, (), Extra<'t>> + Copy {
    custom(move |inp: &mut In<'t, '_>| expect(inp, wanted))
}

/// A name where it is written.
pub fn name<'t>() -> impl Parser<'t, Input<'t>, Ident, Extra<'t>> + Copy {
    custom(|inp: &mut In<'t, '_>| ident(inp))
}

#[inline(always)]
pub fn ident(inp: &mut In<'_, '_>) -> Result<Ident, Reject> {
    let index = at(inp);
    if kind(inp) != Some(Kind::Ident) {
        return Err(reject(inp, Want::Name));
    }
    inp.skip();
    Ok(inp.state().ident(index))
}

/// Goes one level down: bounds the depth, and gives the native stack room for it.
#[inline(always)]
pub fn deeper<'t, 'p, T>(
    inp: &mut In<'t, 'p>,
    go: impl FnOnce(&mut In<'t, 'p>) -> Result<T, Reject>,
) -> Result<T, Reject> {
    if inp.state().depth >= MAX_DEPTH {
        return Err(refuse(inp, Why::TooDeep));
    }
    inp.state().depth += 1;
    let result = stacker::maybe_grow(96 * 1024, 1024 * 1024, || go(inp));
    inp.state().depth -= 1;
    result
}
