//! A line being typed in colours: the tokens of the language's own lexer, and the bracket that belongs to the one at the cursor.

use co_lang::{
    lexer,
    token::{Kind, Tokens},
};

/// Longer texts are shown without colours: painting goes with every key.
const LONGEST: usize = 20_000;

const KEYWORD: &str = "\x1b[35m";
const AWAIT: &str = "\x1b[1;35m";
const TEXT: &str = "\x1b[32m";
const NUMBER: &str = "\x1b[36m";
const COMMENT: &str = "\x1b[2m";
const COMMAND: &str = "\x1b[1;34m";
const MATCH: &str = "\x1b[1;4m";
const END: &str = "\x1b[0m";

/// The text with colours, as wide as before. `cursor`: a byte offset; `None` draws no brackets.
pub fn paint(text: &str, cursor: Option<usize>) -> String {
    if text.len() > LONGEST {
        return text.to_string();
    }
    if text.starts_with(':') {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return format!("{COMMAND}{}{END}{}", &text[..end], &text[end..]);
    }
    let tokens = lexer::lex(text);
    let mut spans: Vec<(usize, usize, &str)> = Vec::new();
    for (token, span) in tokens.tokens.iter().zip(&tokens.spans) {
        if let Some(color) = color(token.kind) {
            spans.push((span.start as usize, span.end as usize, color));
        }
    }
    for comment in &tokens.comments {
        spans.push((comment.span.start as usize, comment.span.end as usize, COMMENT));
    }
    if let Some((one, other)) = cursor.and_then(|cursor| brackets(&tokens, cursor)) {
        spans.retain(|(start, _, _)| *start != one && *start != other);
        spans.extend([one, other].map(|at| (at, at + 1, MATCH)));
    }
    spans.sort_unstable();
    let mut out = String::with_capacity(text.len() * 2);
    let mut done = 0;
    for (start, end, color) in spans {
        // What the lexer has put right may lie in each other.
        let (Some(before), Some(inside)) = (text.get(done..start), text.get(start..end)) else { continue };
        if inside.is_empty() {
            continue;
        }
        out.push_str(before);
        out.push_str(color);
        out.push_str(inside);
        out.push_str(END);
        done = end;
    }
    out.push_str(&text[done..]);
    out
}

fn color(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Await | Kind::Spawn | Kind::Async => AWAIT,
        Kind::Nil | Kind::True | Kind::False => NUMBER,
        Kind::NotIn | Kind::IsNot => KEYWORD,
        kind if kind.is_keyword() => KEYWORD,
        Kind::Int | Kind::Float | Kind::Duration => NUMBER,
        Kind::Str | Kind::Bytes | Kind::StrOpen | Kind::StrText | Kind::StrClose | Kind::Spec => TEXT,
        _ => return None,
    })
}

/// The bracket at the cursor, or else the one before it, and its partner.
fn brackets(tokens: &Tokens, cursor: usize) -> Option<(usize, usize)> {
    let mut open: Vec<usize> = Vec::new();
    let mut before = None;
    for (token, span) in tokens.tokens.iter().zip(&tokens.spans) {
        match token.kind {
            Kind::LParen
            | Kind::LBracket
            | Kind::QBracket
            | Kind::BlockOpen
            | Kind::MapOpen
            | Kind::InterpOpen => {
                // The bracket of `?[` is its second character.
                open.push(span.end as usize - 1);
            }
            Kind::RParen | Kind::RBracket | Kind::BlockClose | Kind::MapClose | Kind::InterpClose => {
                let (Some(start), end) = (open.pop(), span.start as usize) else { continue };
                if span.start == span.end {
                    // The lexer has added it.
                    continue;
                }
                if start == cursor || end == cursor {
                    return Some((start, end));
                }
                if start + 1 == cursor || end + 1 == cursor {
                    before = Some((start, end));
                }
            }
            _ => {}
        }
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(painted: &str) -> String {
        let mut out = String::new();
        let mut chars = painted.chars();
        while let Some(char) = chars.next() {
            if char == '\x1b' {
                chars.by_ref().find(|char| *char == 'm');
            } else {
                out.push(char);
            }
        }
        out
    }

    #[test]
    fn words_strings_and_numbers_have_colours() {
        let painted = paint("let x = \"a {y + 1}\" # c", None);
        assert_eq!(
            painted,
            "\x1b[35mlet\x1b[0m x = \x1b[32m\"\x1b[0m\x1b[32ma \x1b[0m{y + \x1b[36m1\x1b[0m}\x1b[32m\"\x1b[0m \x1b[2m# c\x1b[0m"
        );
        assert_eq!(paint(":help me", None), "\x1b[1;34m:help\x1b[0m me");
    }

    #[test]
    fn the_partner_of_the_bracket_at_the_cursor_is_marked() {
        let text = "f([1, \")\"])";
        let marked = |cursor| paint(text, Some(cursor)).matches(MATCH).count();
        assert_eq!(marked(1), 2);
        assert_eq!(marked(text.len()), 2);
        assert_eq!(marked(7), 0);
        let tokens = lexer::lex(text);
        assert_eq!(brackets(&tokens, text.len()), Some((1, text.len() - 1)));
        assert_eq!(brackets(&tokens, 2), Some((2, text.len() - 2)));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "[^\\x1b]{0,80}", cursor in 0usize..90) {
            prop_assert_eq!(plain(&paint(&text, Some(cursor))), text);
        }

        #[test]
        fn nothing_is_lost_of_what_looks_like_code(text in "[a-z0-9{}()\\[\\]\"'|?.:# \n]{0,60}", cursor in 0usize..60) {
            prop_assert_eq!(plain(&paint(&text, Some(cursor))), text);
        }
    }
}
