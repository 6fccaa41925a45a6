//! Tokens to tree.
//!
//! chumsky runs the grammar over the slice of tokens. Statements, operands and arguments are dispatched on their
//! first token, operators are one loop (`operators`), the rest are combinators; so there is no backtracking, and
//! it reads millions of lines a second. What a rule recognises goes into the arena of the [`Ast`], which travels as the
//! parser's state.
//!
//! Recovery has one rule, at statements, arms and members: report, skip to the end of the line at the depth of
//! the construct, go on. Blocks on the way are read as usual. The lexer has balanced all brackets, so that finds
//! every mistake and each only once (`recover`).

mod assign;
mod control;
mod error;
mod expr;
mod item;
mod lambda;
mod operators;
mod pattern;
mod recover;
mod report;
mod rule;
mod slips;
mod stmt;

use chumsky::Parser;

use crate::{ast::Ast, diagnostic::Diagnostic, lexer, source::SourceId, token::Tokens};

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
    let tokens = lexer::lex(text);
    let goes_on = tokens.by_indent && tokens.incomplete;
    let mut parsed = parse_tokens(source, text, tokens);
    if goes_on {
        // The lines of a block that is not closed yet need not be indented.
        parsed.incomplete = parse_tokens(source, text, lexer::lex_as_it_stands(text)).incomplete;
    }
    parsed
}

fn parse_tokens(source: SourceId, text: &str, mut tokens: Tokens) -> Parsed {
    let mut ast = Ast::default();
    ast.names = std::mem::take(&mut tokens.names);
    ast.bytes = std::mem::take(&mut tokens.bytes);
    let mut state = State::new(source, text, &tokens, ast);
    let root = stmt::file().parse_with_state(tokens.tokens.as_slice(), &mut state).into_output();
    state.ast.root = root.unwrap_or_default();
    let State { ast, failures, diagnostics: mut found, unfinished, .. } = state;

    let incomplete = found.len() == unfinished && report::is_incomplete(&tokens, &failures, unfinished > 0);
    report::extend(&mut found, &failures, &error::Context { source, text, tokens: &tokens });
    Parsed { ast, tokens, diagnostics: found, incomplete }
}
