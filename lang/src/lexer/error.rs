//! What the lexer reports, and how it is told.

use crate::{
    diagnostic::{Code, Diagnostic, Edit},
    source::{Location, SourceId, Span},
    token::Kind,
};

use super::MAX_NESTING;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LexError {
    pub kind: LexErrorKind,
    pub span: Span,
    /// A second place: the opening bracket or quote, or where the mistake was noticed.
    pub other: Option<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LexErrorKind {
    TooLarge,
    TooDeep,
    BadCharacter,
    BadNumber(&'static str),
    NumberTooLarge,
    BadEscape(&'static str),
    BadSpec,
    EmptyInterpolation,
    UnclosedString,
    UnclosedInterpolation,
    Unclosed,
    StrayClosing,
    WrongClosing,
    BraceOnNextLine,
    /// `x!`
    BangSuffix,
    /// `/* … */`
    BlockComment,
    /// `'outer:`
    Label,
    /// An operator of another language, one of the kinds that only logos sees.
    Foreign(Kind),
}

/// An error in the words of the language.
pub fn diagnostic(error: &LexError, source: SourceId, text: &str) -> Diagnostic {
    let LexError { kind, span, other } = *error;
    let found = text.get(span.range()).unwrap_or("");
    let new = |code, message: String, label: &str| Diagnostic::new(code, message, source, span, label);
    let replace =
        |span: Span, text: &str| vec![Edit { location: Location { source, span }, text: text.into() }];
    match kind {
        LexErrorKind::TooLarge => new(Code::TOO_DEEP, "the file is too large".into(), "")
            .note("a source file has at most 4 GiB"),
        LexErrorKind::TooDeep => new(Code::TOO_DEEP, "brackets are nested too deeply".into(), "one level too many")
            .note(format!("brackets, blocks and interpolations nest at most {MAX_NESTING} deep; what follows was not read")),
        LexErrorKind::BadCharacter => bad_character(found, new, replace, span, text),
        LexErrorKind::BangSuffix => {
            let diagnostic =
                new(Code::FOREIGN_OPERATOR, "`!` behind a value has no meaning".into(), "not an operator of Co");
            let rest = text.get(span.end as usize..).unwrap_or("").trim_start_matches([' ', '\t', '\r']);
            if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
                return diagnostic.help("to negate, write `not` in front of the whole: `not x is int`");
            }
            diagnostic
                .note("a member of nil throws by itself; `x?.name` gives nil instead")
                .fix("leave it out", replace(span, ""))
        }
        LexErrorKind::Label => new(Code::FOREIGN_STATEMENT, "loops have no labels".into(), "not Co")
            .help("put the loops into a function and `return` from it"),
        LexErrorKind::BlockComment => block_comment(found, new, replace, span, text),
        LexErrorKind::BadNumber(why) => new(Code::BAD_NUMBER, format!("`{found}` is not a number"), "here").note(why),
        LexErrorKind::NumberTooLarge => new(Code::NUMBER_TOO_LARGE, "the number is too large".into(), "does not fit")
            .note("an int goes from -9223372036854775808 to 9223372036854775807, a float up to about 1.8e308")
            .help("a number with a point, such as `1e20`, is a float"),
        LexErrorKind::BadEscape(why) => {
            let diagnostic = new(Code::BAD_ESCAPE, format!("`{found}` is not an escape"), "unknown escape").note(why);
            if found == "\\" || why.starts_with("the escapes") {
                let doubled = Span::new(span.start, span.start + 1);
                return diagnostic.fix("write a plain backslash", replace(doubled, "\\\\"));
            }
            diagnostic
        }
        LexErrorKind::BadSpec => {
            new(Code::BAD_SPEC, format!("`{}` is not a format", found.strip_prefix(':').unwrap_or(found)), "not a format")
                .note("a format is `[[fill]align][sign][0][width][.precision][type]`, for example `>8`, `+.2`, `08x`, `*^20`")
                .help("for a text that contains braces, such as JSON, use `'…'`, which does not interpolate")
        }
        LexErrorKind::EmptyInterpolation => {
            new(Code::EMPTY_INTERPOLATION, "an interpolation needs an expression".into(), "nothing to show")
                .help("write `\\{\\}` for two braces, or use `'…'`, which does not interpolate")
                .fix("write the braces as text", replace(span, "\\{\\}"))
        }
        LexErrorKind::UnclosedString => {
            let (quote, hint) = match found {
                "\"\"\"" => ("\"\"\"", "it goes on to the end of the file"),
                "'''" => ("'''", "it goes on to the end of the file"),
                "'" => ("'", "a text of several lines stands in `'''`"),
                _ => ("\"", "a text of several lines stands in `\"\"\"`"),
            };
            new(Code::UNCLOSED_STRING, "the string is not closed".into(), "starts here")
                .note(hint)
                .help(format!("add the closing `{quote}`"))
        }
        LexErrorKind::UnclosedInterpolation => {
            let diagnostic =
                new(Code::UNCLOSED_STRING, "the string is not closed on its line".into(), "the code in this brace goes on")
                    .help("close the brace with `}` and the string with `\"`; `\\{` is a brace as text");
            match other {
                Some(quote) => diagnostic.label(source, quote, "the string starts here"),
                None => diagnostic,
            }
        }
        LexErrorKind::Unclosed => {
            let diagnostic = new(Code::UNCLOSED_BRACKET, format!("`{found}` is not closed"), "opened here");
            let closing = closing_of(found);
            match other {
                Some(at) if at.start < text.len() as u32 => {
                    diagnostic.label(source, at, format!("expected `{closing}` before this"))
                }
                _ => diagnostic.note(format!("the file ends without its `{closing}`")),
            }
        }
        LexErrorKind::StrayClosing => {
            new(Code::STRAY_CLOSING, format!("`{found}` closes nothing"), "no bracket of this kind is open here")
                .fix(format!("remove the `{found}`"), replace(span, ""))
        }
        LexErrorKind::WrongClosing => {
            let open = other.and_then(|open| text.get(open.range())).unwrap_or("");
            let closing = closing_of(open);
            let message = format!("`{open}` is closed by `{found}`");
            let diagnostic = new(Code::STRAY_CLOSING, message, "this does not match")
                .fix(format!("write `{closing}`"), replace(span, closing));
            match other {
                Some(open) => diagnostic.label(source, open, "opened here"),
                None => diagnostic,
            }
        }
        LexErrorKind::BraceOnNextLine => {
            let diagnostic = new(Code::BLOCK_EXPECTED, "the `{` of a block stands on the line of its head".into(), "here")
                .note("the newline ends the statement, and a `{` at the start of a statement opens a map");
            let Some(brace) = other else { return diagnostic };
            let diagnostic = diagnostic.label(source, brace, "this `{`");
            let between = Span::new(span.start, brace.start);
            if text.get(between.range()).is_some_and(|between| between.trim().is_empty()) {
                return diagnostic.fix("move the `{` up", replace(between, " "));
            }
            diagnostic
        }
        LexErrorKind::Foreign(kind) => foreign(kind, new, replace, span, text),
    }
}

fn closing_of(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" | "?[" => "]",
        _ => "}",
    }
}

fn bad_character(
    found: &str,
    new: impl Fn(Code, String, &str) -> Diagnostic,
    replace: impl Fn(Span, &str) -> Vec<Edit>,
    span: Span,
    text: &str,
) -> Diagnostic {
    let rest = text.get(span.end as usize..).unwrap_or("");
    let line = rest.split('\n').next().unwrap_or("");
    if found.starts_with('?') {
        return question_mark(line, new, replace, span);
    }
    let first = found.chars().next().unwrap_or(' ');
    let shown = if first.is_control()
        || first.is_whitespace()
        || matches!(first, '\u{200b}'..='\u{200f}' | '\u{feff}')
    {
        format!("U+{:04X}", first as u32)
    } else {
        format!("`{found}`")
    };
    let diagnostic = new(Code::BAD_CHARACTER, format!("{shown} has no meaning here"), "unexpected character");
    match first {
        '\\' => diagnostic.help(
            "a line that ends in an operator or a comma, or that is in brackets, goes on without a sign",
        ),
        '@' => diagnostic.note("Co has no decorators"),
        '$' => diagnostic.note("names have no `$`, and in a string `{name}` is enough"),
        '`' if found.len() > 1 && found.ends_with('`') && !found.contains(['"', '\\', '\n']) => {
            let inside = found.trim_matches('`').replace("${", "{");
            diagnostic
                .note("a string stands in `\"…\"`, with `{interpolation}`, or in `'…'`")
                .fix("write a string", replace(span, &format!("\"{inside}\"")))
        }
        '`' => diagnostic.help("strings stand in `\"…\"` (with `{interpolation}`) or `'…'`"),
        '“' | '”' | '„' => {
            diagnostic.help("use the straight quote `\"`").fix("use a straight quote", replace(span, "\""))
        }
        '‘' | '’' => {
            diagnostic.help("use the straight quote `'`").fix("use a straight quote", replace(span, "'"))
        }
        '\u{a0}' | '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{3000}' => diagnostic
            .note("an invisible character, often from copying a text")
            .fix("use a blank", replace(span, " ")),
        _ => diagnostic,
    }
}

/// `?`, which other languages have for choices and for errors.
fn question_mark(
    line: &str,
    new: impl Fn(Code, String, &str) -> Diagnostic,
    replace: impl Fn(Span, &str) -> Vec<Edit>,
    span: Span,
) -> Diagnostic {
    let diagnostic = new(Code::BAD_CHARACTER, "`?` has no meaning here".into(), "unexpected character");
    let after = line.trim_start();
    if let Some(rest) = line.strip_prefix(':') {
        let elvis = Span::new(span.start, span.end + 1);
        let blank = if rest.starts_with(' ') { "" } else { " " };
        return if rest.trim_start().starts_with(|c: char| c.is_uppercase() || c.is_lowercase())
            && !rest.contains([',', ')'])
        {
            diagnostic
                .note("a value in place of nil is written `a ?? b`")
                .suggest("write `??`", replace(elvis, &format!("??{blank}")))
        } else {
            diagnostic.note("a parameter that may be left out has a default: `fn f(x = nil)`")
        };
    }
    if after.is_empty() || after.starts_with(['#', ')', ']', '}', ',', ';']) {
        return diagnostic.note("errors are thrown on by themselves").fix("leave it out", replace(span, ""));
    }
    if line.starts_with([' ', '\t']) && line.contains(':') {
        return diagnostic.help("a choice is written `if a { b } else { c }`");
    }
    diagnostic
        .note("`?` alone is no operator; errors are thrown on by themselves")
        .help("a choice is `if a { b } else { c }`, a default for nil is `a ?? b`, careful access is `x?.name` or `x?[i]`")
}

/// `/* … */`, with a `#` in front of each of its lines if nothing else stands on them.
fn block_comment(
    found: &str,
    new: impl Fn(Code, String, &str) -> Diagnostic,
    replace: impl Fn(Span, &str) -> Vec<Edit>,
    span: Span,
    text: &str,
) -> Diagnostic {
    let message = "a comment starts with `#` and goes to the end of the line";
    let diagnostic = new(Code::FOREIGN_STATEMENT, message.into(), "not a comment in Co");
    let behind = text.get(span.end as usize..).and_then(|rest| rest.split('\n').next()).unwrap_or("");
    let Some(inside) = found.strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/")) else {
        return diagnostic.help("write `#` on each line");
    };
    if !behind.trim().is_empty() {
        return diagnostic.help("write `#`, behind the code of the line");
    }
    let lines = inside
        .trim()
        .lines()
        .map(|line| format!("# {}", line.trim().trim_start_matches('*').trim()).trim_end().to_string());
    let written = lines.collect::<Vec<_>>().join("\n");
    diagnostic.fix("write `#` on each line", replace(span, if written.is_empty() { "#" } else { &written }))
}

fn foreign(
    kind: Kind,
    new: impl Fn(Code, String, &str) -> Diagnostic,
    replace: impl Fn(Span, &str) -> Vec<Edit>,
    span: Span,
    text: &str,
) -> Diagnostic {
    let plain = |word: &str| {
        new(
            Code::FOREIGN_OPERATOR,
            format!("`{}` is written `{word}` in Co", kind.text()),
            "not an operator of Co",
        )
    };
    let spaced = |word: &str| {
        let bytes = text.as_bytes();
        let glued = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii_whitespace());
        let before = if span.start > 0 && glued(bytes.get(span.start as usize - 1)) { " " } else { "" };
        let after = if glued(bytes.get(span.end as usize)) { " " } else { "" };
        format!("{before}{word}{after}")
    };
    let assigns =
        text.get(span.end as usize..).is_some_and(|rest| rest.starts_with('=') && !rest.starts_with("=="));
    if assigns && matches!(kind, Kind::AmpAmp | Kind::PipePipe) {
        let (sign, word) = if kind == Kind::AmpAmp { ("&&=", "and") } else { ("||=", "or") };
        return new(
            Code::FOREIGN_OPERATOR,
            format!("`{sign}` is not an operator of Co"),
            "not an operator of Co",
        )
        .help(format!("write `x = x {word} y`; `x ??= y` assigns if `x` is nil"));
    }
    match kind {
        Kind::AmpAmp => plain("and").fix("write `and`", replace(span, &spaced("and"))),
        Kind::PipePipe => plain("or").fix("write `or`", replace(span, &spaced("or"))),
        Kind::EqEqEq => plain("==")
            .note("`==` never converts; `same(a, b)` tells whether both are the same object")
            .fix("write `==`", replace(span, "==")),
        Kind::BangEqEq => plain("!=").fix("write `!=`", replace(span, "!=")),
        Kind::Bang if text.get(span.end as usize..).is_some_and(|rest| rest.starts_with(['(', '['])) => {
            let diagnostic = new(Code::FOREIGN_OPERATOR, "there are no macros".into(), "not needed");
            if text.get(span.end as usize..).is_some_and(|rest| rest.starts_with('[')) {
                return diagnostic.help("a list is written `[1, 2]`");
            }
            diagnostic.fix("leave the `!` out", replace(span, ""))
        }
        Kind::Bang => plain("not")
            .fix("write `not`", replace(span, &"not ".repeat(span.end.saturating_sub(span.start) as usize))),
        Kind::PlusPlus => {
            new(Code::FOREIGN_OPERATOR, "`++` is not an operator of Co".into(), "not an operator")
                .help("write `x += 1` to count up")
        }
        _ => new(
            Code::FOREIGN_OPERATOR,
            format!("`{}` is not an operator of Co", kind.text()),
            "not an operator of Co",
        ),
    }
}
