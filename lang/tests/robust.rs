//! No text makes the front end panic, hang or overflow the native stack, and it always gives the same answer.

use std::time::{Duration, Instant};

use co_lang::{
    ast, lexer,
    parser::{self, Parsed},
    source::{Source, SourceId},
    token::{self, Kind},
};
use proptest::prelude::*;

const DEEP: usize = 100_000;

fn parse(text: &str) -> Parsed {
    parser::parse(SourceId(0), text)
}

/// Reads a text and checks what must hold of any result.
fn check(text: &str) -> Parsed {
    let parsed = parse(text);
    check_tokens(text, &parsed.tokens);
    check_tree(text, &parsed);
    let again = parse(text);
    assert_eq!(format!("{:?}", parsed.diagnostics), format!("{:?}", again.diagnostics));
    assert_eq!(parsed.incomplete, again.incomplete);
    assert_eq!(ast::dump(&parsed.ast, text), ast::dump(&again.ast, text));
    parsed
}

/// Spans ascend and lie on characters, brackets balance.
fn check_tokens(text: &str, tokens: &token::Tokens) {
    assert_eq!(tokens.tokens.len(), tokens.spans.len());
    let mut open = Vec::new();
    let mut end = 0;
    for (token, span) in tokens.tokens.iter().zip(&tokens.spans) {
        assert!(end <= span.start || span.start == span.end, "{token:?} {span:?} behind {end}");
        assert!(span.start <= span.end && text.get(span.range()).is_some(), "{token:?} {span:?}");
        end = span.end.max(end);
        let closes = match token.kind {
            Kind::LParen => Some(Kind::RParen),
            Kind::LBracket | Kind::QBracket => Some(Kind::RBracket),
            Kind::MapOpen => Some(Kind::MapClose),
            Kind::BlockOpen => Some(Kind::BlockClose),
            Kind::InterpOpen => Some(Kind::InterpClose),
            Kind::StrOpen => Some(Kind::StrClose),
            _ => None,
        };
        open.extend(closes);
        if matches!(
            token.kind,
            Kind::RParen
                | Kind::RBracket
                | Kind::MapClose
                | Kind::BlockClose
                | Kind::InterpClose
                | Kind::StrClose
        ) {
            assert_eq!(open.pop(), Some(token.kind), "in {text:?}");
        }
    }
    assert!(open.is_empty(), "{open:?} in {text:?}");
    for comment in &tokens.comments {
        assert!(text[comment.span.range()].starts_with('#'));
    }
}

/// Spans of nodes and labels lie on characters; children lie inside their text.
fn check_tree(text: &str, parsed: &Parsed) {
    for expr in &parsed.ast.exprs {
        assert!(text.get(expr.span.range()).is_some(), "{expr:?}");
    }
    for stmt in &parsed.ast.stmts {
        assert!(text.get(stmt.span.range()).is_some(), "{stmt:?}");
    }
    for pat in &parsed.ast.pats {
        assert!(text.get(pat.span.range()).is_some(), "{pat:?}");
    }
    for diagnostic in &parsed.diagnostics {
        for label in &diagnostic.labels {
            assert!(text.get(label.location.span.range()).is_some(), "{diagnostic:?}");
        }
        for edit in diagnostic.fixes.iter().flat_map(|fix| &fix.edits) {
            assert!(text.get(edit.location.span.range()).is_some(), "{diagnostic:?}");
        }
    }
}

/// Reads a deep text on a small stack and in little time; gives the codes of its errors.
fn deep(text: String) -> Vec<&'static str> {
    let start = Instant::now();
    let work = move || {
        let parsed = parse(&text);
        let dumped = ast::dump(&parsed.ast, &text);
        drop(dumped);
        drop(token::dump(&parsed.tokens, &text));
        parsed.diagnostics.iter().map(|diagnostic| diagnostic.code.text()).collect::<Vec<_>>()
    };
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(work).unwrap();
    let codes = thread.join().unwrap();
    assert!(start.elapsed() < Duration::from_secs(20));
    codes
}

#[test]
fn long_chains_work() {
    for text in [
        format!("let a = 1{}\n", " + 1".repeat(DEEP)),
        format!("let a = x{}\n", ".f()".repeat(DEEP)),
        format!("let a = x{}\n", "[1]".repeat(DEEP)),
        format!("let a = x{}\n", "?.y".repeat(DEEP)),
        format!("let a = x{}\n", "\n    .f()".repeat(DEEP)),
        format!("if x {{ 1 }}{}\n", " else if x { 1 }".repeat(DEEP)),
        format!("let a = [{}]\n", "1, ".repeat(DEEP)),
        format!("let a = {{{}}}\n", "b: 1, ".repeat(DEEP)),
        format!("f({})\n", "a, ".repeat(DEEP)),
        format!("let a = \"{}\"\n", "{x}".repeat(DEEP)),
        format!("match x {{ {} }}\n", "1 => 2, ".repeat(DEEP)),
        format!("match x {{ {} => 1 }}\n", "1 | ".repeat(DEEP) + "2"),
        format!("try {{ 1 }} {}\n", "catch e if x { 1 } ".repeat(DEEP)),
        format!("let a = 1{}\n", " and 1".repeat(DEEP)),
        "f()\n".repeat(DEEP),
        "f();".repeat(DEEP),
        "\n".repeat(DEEP),
        "# c\n".repeat(DEEP),
        format!("let a = \"{}\"\n", "a".repeat(DEEP)),
        format!("let {} = 1\n", "a".repeat(DEEP)),
        format!("let a = \"\"\"\n{}\"\"\"\n", "    a\n".repeat(DEEP)),
    ] {
        assert_eq!(deep(text.clone()), [""; 0], "{}", &text[..40]);
    }
}

/// Nothing in finding and telling mistakes takes time that grows with their square.
#[test]
fn many_mistakes_take_little_time() {
    for line in [
        "1 2\n",
        "1 2; ",
        "1 2 $; ",
        "$ 1 2\n",
        "let a = \"{b c: zz}\"\n",
        "\"{b: zz}\";",
        "(\n",
        "f(1 2)\n",
        "x)\n",
        "}\n",
        "{\n",
        "if x {\n",
        "\"abc\n",
        "\"abc {\n",
        "def f(x) {\n}\n",
        "let mut x = 1\n",
        "let let let ",
        "x => ",
        "f((1, 2), ",
        "(a, b) => ",
        "match x { 1 2, ",
        "'\\q'\n",
        "\u{201c}",
        "if x {\ny)\n}\n",
        "&& ",
        "a < b < c\n",
        "fn\n\n\n",
        "{ # c\n",
    ] {
        let start = Instant::now();
        let around = [("", ""), ("match x {\n", "}\n"), ("fn f() {\n", "}\n"), ("f(", ")")];
        for (before, behind) in around {
            let text = format!("{before}{}{behind}", line.repeat(30_000));
            assert!(!parse(&text).diagnostics.is_empty(), "{line}");
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{:?} for {line}", start.elapsed());
    }
}

#[test]
fn deep_nesting_is_an_error() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a: ", "}"),
        ("f(", ")"),
        ("x[", "]"),
        ("\"{", "}\""),
        ("|x| { ", " }"),
        ("if x { ", " }"),
        ("match x { 1 => ", " }"),
        ("match x { [", "] => 1 }"),
        ("async { ", " }"),
        ("try { ", " } catch e { 1 }"),
        ("- ", ""),
        ("~", ""),
        ("not ", ""),
        ("await ", ""),
        ("spawn ", ""),
        ("throw ", ""),
        ("return ", ""),
        ("|x| ", ""),
        ("|| ", ""),
        ("1 ?? ", ""),
        ("2 ** ", ""),
        ("f(|| ", ")"),
        ("{[", "]: 1}"),
        ("[...", "]"),
        ("fn f() { ", " }"),
        ("struct P { fn f() { ", " } }"),
        ("while x { ", " }"),
        ("await scope { ", " }"),
        ("await select { x => ", " }"),
        ("\"\"\"{", "}\"\"\""),
    ] {
        for text in [
            format!("{}1{}\n", open.repeat(DEEP), close.repeat(DEEP)),
            format!("let a = {}1{}\n", open.repeat(DEEP), close.repeat(DEEP)),
            format!("let a = {}", open.repeat(DEEP)),
            format!("{}\n", close.repeat(DEEP)),
            format!("{} b c\n", open.repeat(400)),
        ] {
            let codes = deep(text.clone());
            assert!(
                !codes.is_empty() || close.is_empty() && text.len() < 50,
                "{}",
                &text[..text.len().min(40)]
            );
            assert!(
                codes.len() < 1000 || text.starts_with(close),
                "{} errors in {}",
                codes.len(),
                &text[..40]
            );
        }
    }
}

#[test]
fn moderate_nesting_works() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("f(", ")"),
        ("|x| { ", " }"),
        ("if x { ", " }"),
        ("- ", ""),
        ("not ", ""),
        ("\"{", "}\""),
    ] {
        let text = format!("{}1{}\n", open.repeat(250), close.repeat(250));
        assert_eq!(deep(text), [""; 0], "{open}");
    }
}

#[test]
fn odd_texts() {
    for text in [
        "",
        "\0",
        "\u{feff}",
        "\u{feff}let a = 1\r\nlet b = 2\r\n",
        "a\r\rb",
        "\"",
        "\"\\",
        "\"\\u",
        "\"\\u{",
        "\"\\é\"",
        "'\\",
        "'''",
        "'''\\",
        "\"\"\"{",
        "\"\"\"{\"",
        "\"{x:",
        "\"{x:}>",
        "\"{x:é>}\"",
        "\"{x:\n",
        "\"\"\"{x:\n}\"\"\"",
        "\"{\n}\"",
        "b\"\\",
        "{",
        "}",
        "{}",
        "{{}",
        "|",
        "||",
        "|||",
        "||||",
        "|x||y| x",
        "if",
        "if {",
        "if x {",
        "fn",
        "fn (",
        "let",
        "let [",
        "struct",
        "struct {",
        "struct P { fn",
        "struct P { async",
        "match",
        "match x {",
        "match x { 1 if",
        "select {",
        "await select { else",
        "import",
        "import math.{",
        "import \"\"",
        "test",
        "not in",
        "is not",
        ". . .",
        "...",
        "..",
        "= = =",
        "😀",
        "let 😀 = 1",
        "1é",
        "x.await.await",
        "-9223372036854775808",
        "x?[..]",
        "x[..=]",
        "xs[..3..4]",
        "else",
        "#",
        "##",
        "#!/usr/bin/env co",
    ] {
        check(text);
        check(&format!("{text}\n"));
        check(&format!("let a = {text}\nlet b = 1\n"));
        check(&format!("fn f() {{\n    {text}\n}}\n"));
        check(&format!("\"{{{text}}}\""));
    }
}

#[test]
fn names_of_other_scripts() {
    let parsed = check("let größe = 1\nlet π = 3.14\nlet 名前 = größe + π\n");
    assert!(parsed.diagnostics.is_empty());
}

/// Words that make random programs look like programs.
const WORDS: &[&str] = &[
    "and",
    "as",
    "async",
    "await",
    "break",
    "catch",
    "continue",
    "defer",
    "else",
    "false",
    "finally",
    "fn",
    "for",
    "if",
    "import",
    "in",
    "is",
    "let",
    "match",
    "nil",
    "not",
    "or",
    "return",
    "scope",
    "select",
    "spawn",
    "struct",
    "test",
    "throw",
    "true",
    "try",
    "var",
    "while",
    "yield",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "?[",
    ",",
    ";",
    ":",
    ".",
    "?.",
    "...",
    "..",
    "..=",
    "=>",
    "=",
    "+=",
    "??=",
    "==",
    "!=",
    "<",
    "??",
    "|",
    "||",
    "^",
    "&",
    "<<",
    "+",
    "-",
    "*",
    "/",
    "//",
    "**",
    "~",
    "\n",
    "\n    ",
    "\n\n",
    " ",
    "x",
    "y",
    "self",
    "_",
    "f(x)",
    "1",
    "2.5",
    "3s",
    "0xff",
    "12px",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "b\"",
    "\"a\"",
    "\"{x}\"",
    "\"{x:>8}\"",
    "\"{",
    "}\"",
    "\\",
    "\\n",
    "\\u{",
    "#",
    "## doc\n",
    "&&",
    "!",
    "===",
    "++",
    "->",
    "$",
    "é",
    "\u{a0}",
    "\r\n",
    "def",
    "elif",
    "|x| x",
    "|x| {",
    "match x {",
    "1 => 2",
    "if x {",
    "} else {",
    "struct P {",
    "fn f(a, b = 1) {",
    "await select {",
    "import math.{",
    "catch e {",
    "-9223372036854775808",
    "9223372036854775808",
];

fn soup() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        10 => prop::sample::select(WORDS).prop_map(str::to_string),
        1 => any::<char>().prop_map(String::from),
    ];
    (prop::collection::vec(word, 0..60), prop::sample::select(&["", " "][..]))
        .prop_map(|(words, glue)| words.join(glue))
}

/// A right program with something cut out, doubled or put in.
fn mutated() -> impl Strategy<Value = String> {
    let program = include_str!("../examples/front_end_unit.co");
    let change = (0..program.len(), 0..20usize, prop::option::of(prop::sample::select(WORDS)));
    prop::collection::vec(change, 1..4).prop_map(move |changes| {
        let mut text = program.to_string();
        for (at, length, put) in changes {
            let boundary = |mut at: usize| {
                at = at.min(text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let (start, end) = (boundary(at), boundary(at + length));
            text.replace_range(start..end, put.unwrap_or(""));
        }
        text
    })
}

/// Texts that random search has found once.
#[test]
fn found_before() {
    for text in ["x\n``as", "x## doc\n``as", "f(\n`a` `b`\n)\n`c`"] {
        check(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn soup_of_words(text in soup()) {
        check(&text);
    }

    #[test]
    fn any_text(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn mutated_programs(text in mutated()) {
        check(&text);
    }

    /// Every beginning of a right program is either incomplete or wrong in a way that says so.
    #[test]
    fn beginnings(length in 0..include_str!("../examples/front_end_unit.co").len()) {
        let program = include_str!("../examples/front_end_unit.co");
        if program.is_char_boundary(length) {
            check(&program[..length]);
        }
    }
}

/// `CO_FUZZ_MINUTES=10 cargo test --release -p co-lang --test robust -- --ignored` reads random texts for so long.
#[test]
#[ignore = "takes as long as it is told to"]
fn for_some_minutes() {
    let minutes: u64 =
        std::env::var("CO_FUZZ_MINUTES").ok().and_then(|minutes| minutes.parse().ok()).unwrap_or(1);
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let texts = prop_oneof![soup(), mutated(), any::<String>()];
    let count = std::cell::Cell::new(0u64);
    let config = ProptestConfig {
        cases: 10_000,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Random,
        ..Default::default()
    };
    while Instant::now() < end {
        // A runner that has had its cases has nothing more to give.
        let mut runner = proptest::test_runner::TestRunner::new(config.clone());
        let ran = runner.run(&texts, |text| {
            check(&text);
            count.set(count.get() + 1);
            Ok(())
        });
        ran.unwrap_or_else(|error| panic!("{error}"));
    }
    println!("{} texts", count.get());
}

#[test]
fn incomplete_texts_are_told_from_wrong_ones() {
    for text in [
        "f(",
        "f(1,",
        "[1, 2",
        "{a: 1",
        "if x {",
        "fn f() {\n    1\n",
        "let a =",
        "let a = 1 +",
        "a and",
        "x = f(|y| {",
        "\"\"\"",
        "\"\"\"abc\n",
        "'''abc\n",
        "match x {\n    1 => 2\n",
        "struct P {\n    x\n",
        "let",
        "x.",
        "|x|",
        "await",
        "import",
        "if x {\n    f(1 +\n",
        "print(\"\"\"a {x",
        "for x in",
        "async",
        "return {",
        "x ??",
        "try {",
        "try { 1 }",
        "fn f() {\n    try {\n        1",
        "fn f() {\n    try {\n        try {\n    1 }",
        // Nobody indents at a prompt.
        "fn f() {\na()",
        "async fn f(n) {\nawait sleep(n)\nprint(1)",
        "fn f() {\nif x {\na()\n}",
        "xs.each(|x| {\na()\nb()",
        "struct P {\nx\nfn f(self) {\nself.x",
        "match x {\n1 => 2\n_ => {\na()",
    ] {
        assert!(parse(text).incomplete, "{text}");
        assert!(parse(&format!("{text}\n")).incomplete, "{text}");
    }
    for text in [
        "",
        "1",
        "f(1)",
        "let a = 1",
        "let = ",
        "f(1 2",
        ")",
        "if x { 1 }",
        "\"abc",
        "\"abc {x",
        "let a = 1 2",
        "return",
        "let a = $ +",
        "if x {\n    let = 3\n",
        "}",
        "fn f()",
        "var x",
        "try { 1 } finally { 2 }",
        "try { 1 }\n2",
        "fn f() { try { 1 }; 2 }",
        "fn f() {\na())\nb()",
        "fn f() {\nlet = 1\nb()",
        "}\nfn f() {\nb()",
    ] {
        assert!(!parse(text).incomplete, "{text}");
    }
}

/// Typed line by line at a prompt, without its indentation, a right program is never wrong inside a block.
#[test]
fn a_right_program_that_is_being_typed_is_never_wrong() {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");
    let mut open = 0;
    for entry in std::fs::read_dir(examples).expect("examples").flatten() {
        let whole = std::fs::read_to_string(entry.path()).unwrap_or_default();
        if entry.path().extension().is_none_or(|extension| extension != "co") || whole.contains("\"\"\"") {
            continue;
        }
        let mut text = String::new();
        for line in whole.lines() {
            text.push_str(line.trim_start());
            text.push('\n');
            let parsed = parse(&text);
            assert!(
                parsed.incomplete || parsed.diagnostics.is_empty(),
                "{}:\n{text}",
                entry.path().display()
            );
            open += u32::from(parsed.incomplete);
        }
    }
    assert!(open > 300, "{open}");
}

#[test]
fn the_whole_suite_of_the_language_is_read() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut folders = vec![format!("{root}/spec/tests"), format!("{root}/examples")];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path.display().to_string());
            } else if path.extension().is_some_and(|extension| extension == "co") {
                let text = std::fs::read_to_string(&path).unwrap();
                check(&text);
                count += 1;
            }
        }
    }
    assert!(count > 10, "only {count} programs found");
}

#[test]
fn dumps() {
    let text = "let a = [1, -2.5]  # c\nfn f(x, ...ys) { \"{x:>8} {ys}\" }\nmatch a {\n    [1, ...] | {b: _} => nil\n}\n";
    let tokens = lexer::lex(text);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("dump_tokens", token::dump(&tokens, text));
        insta::assert_snapshot!("dump_ast", ast::dump(&parse(text).ast, text));
    });
    let _ = Source::new("", None, text);
}
