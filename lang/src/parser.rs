//! Tokens to tree.
//!
//! chumsky runs the grammar over the slice of tokens. Statements, operands and arguments are dispatched on their
//! first token, operators are one loop ([`operators`]), the rest are combinators; so there is no backtracking, and
//! it reads millions of lines a second. What a rule recognises goes into the arena of the [`Ast`], which travels as the
//! parser's state.
//!
//! Recovery has one rule, at statements, arms and members: report, skip to the end of the line at the depth of
//! the construct, go on. Blocks on the way are read as usual. The lexer has balanced all brackets, so that finds
//! every mistake and each only once ([`recover`]).

mod error;
mod expr;
mod item;
mod operators;
mod pattern;
mod recover;
mod rule;
mod slips;
mod stmt;

use chumsky::Parser;

use crate::{
    ast::Ast,
    diagnostic::Diagnostic,
    lexer::{self, LexError, LexErrorKind},
    source::{SourceId, Span},
    token::{Kind, Tokens},
};

use error::Failure;
use rule::State;

/// What the parser makes of a text.
#[derive(Debug)]
pub struct Parsed {
    pub ast: Ast,
    /// The names and byte strings are in the tree.
    pub tokens: Tokens,
    /// In the order of their places, at most one for one mistake.
    pub diagnostics: Vec<Diagnostic>,
    /// The text is the beginning of something: it ends inside a bracket or a string of several lines, or behind an
    /// operator, and is not wrong before that.
    pub incomplete: bool,
}

/// Never fails: what cannot be read becomes `Error` nodes and diagnostics.
pub fn parse(source: SourceId, text: &str) -> Parsed {
    let mut tokens = lexer::lex(text);
    let mut ast = Ast::default();
    ast.names = std::mem::take(&mut tokens.names);
    ast.bytes = std::mem::take(&mut tokens.bytes);
    let mut state = State::new(source, text, &tokens, ast);
    let root = stmt::file().parse_with_state(tokens.tokens.as_slice(), &mut state).into_output();
    state.ast.root = root.unwrap_or_default();
    let State { ast, failures, diagnostics: mut found, .. } = state;

    let incomplete = found.is_empty() && is_incomplete(&tokens, &failures);
    let context = error::Context { source, text, tokens: &tokens };
    found.extend(
        failures
            .iter()
            .filter(|failure| !is_consequence(&tokens, failure))
            .map(|failure| context.diagnostic(failure)),
    );
    let told = tokens.errors.iter().filter(|error| !is_explained(&tokens, &failures, error));
    found.extend(told.map(|error| lexer::diagnostic(error, source, text)));
    found.sort_by_key(|diagnostic| diagnostic.primary());
    found.dedup_by_key(|diagnostic| diagnostic.primary().span.start);
    Parsed { ast, tokens, diagnostics: found, incomplete }
}

/// Whether a failure only follows from what the lexer has reported on the same lines.
fn is_consequence(tokens: &Tokens, failure: &Failure) -> bool {
    let place = |index: usize| tokens.spans.get(index).copied();
    let start = place(failure.start).map_or(0, |span| span.start);
    let mut line_end = failure.reject.at as usize;
    while !matches!(tokens.kind(line_end), Kind::Newline | Kind::Semi) {
        line_end += 1;
    }
    let end = place(line_end).map_or(u32::MAX, |span| span.end);
    tokens.errors.iter().any(|error| {
        let disturbs = !matches!(
            error.kind,
            LexErrorKind::BadEscape(_)
                | LexErrorKind::BadSpec
                | LexErrorKind::NumberTooLarge
                | LexErrorKind::EmptyInterpolation
        );
        // A block that is not closed is a mistake behind the head.
        let block = error.kind == LexErrorKind::Unclosed && opens_block(tokens, error.span);
        disturbs && !block && (start..end).contains(&error.span.start)
    })
}

fn opens_block(tokens: &Tokens, span: Span) -> bool {
    let index = tokens.spans.partition_point(|other| other.start < span.start);
    let here = tokens.spans[index..].iter().take_while(|other| other.start == span.start);
    here.enumerate().any(|(offset, _)| tokens.kind(index + offset) == Kind::BlockOpen)
}

/// Whether a bad format only follows from what the parser has found before it on its line: `"{a b: {c}"`.
fn is_explained(tokens: &Tokens, failures: &[Failure], error: &LexError) -> bool {
    error.kind == LexErrorKind::BadSpec
        && failures.iter().any(|failure| {
            let at = failure.reject.at as usize;
            let place = tokens.spans.get(at).map_or(u32::MAX, |span| span.start);
            place <= error.span.start
                && (at..)
                    .take_while(|index| tokens.kind(*index) != Kind::Newline)
                    .any(|index| tokens.spans.get(index) == Some(&error.span))
        })
}

/// Whether only more text could make the program right.
fn is_incomplete(tokens: &Tokens, failures: &[Failure]) -> bool {
    let at_end = |failure: &Failure| {
        let added = |span: &Span| span.start == span.end;
        tokens.spans.get(failure.reject.at as usize).is_none_or(added)
    };
    let dangling =
        tokens.tokens.last().is_some_and(|last| !last.kind.ends_statement() && last.kind != Kind::Semi);
    let missing = tokens.incomplete || dangling && tokens.errors.is_empty() && !failures.is_empty();
    missing && failures.iter().all(at_end)
}
