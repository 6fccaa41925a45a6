//! The tree holds the program: printed back it has the same tokens, but for newlines, `;` and optional commas.

mod print;

use co_lang::{
    ast,
    parser::{self, Parsed},
    source::SourceId,
    token::Kind,
};

/// Tokens with their values, without what only separates.
fn meaning(parsed: &Parsed) -> Vec<String> {
    let Parsed { ast, tokens, .. } = parsed;
    let mut out: Vec<String> = Vec::new();
    let mut separated = Vec::new();
    let kinds = tokens.tokens.iter();
    for (index, token) in kinds.enumerate() {
        match token.kind {
            Kind::BlockOpen => separated.push(true),
            Kind::LParen | Kind::LBracket | Kind::QBracket | Kind::MapOpen | Kind::InterpOpen => {
                separated.push(false)
            }
            Kind::LambdaOpen => separated.push(false),
            Kind::BlockClose
            | Kind::RParen
            | Kind::RBracket
            | Kind::MapClose
            | Kind::InterpClose
            | Kind::LambdaClose => drop(separated.pop()),
            _ => {}
        }
        let next = tokens.tokens.get(index + 1).map(|next| next.kind);
        let closes = matches!(next, Some(Kind::RParen | Kind::RBracket | Kind::MapClose | Kind::LambdaClose));
        let text = match token.kind {
            Kind::Newline | Kind::Semi => continue,
            Kind::Comma if closes || separated.last() == Some(&true) => continue,
            Kind::StrText if ast.name(token.symbol()).is_empty() => continue,
            // `catch _` and `..._` are `catch` and `...`.
            Kind::Ident
                if ast.name(token.symbol()) == "_"
                    && matches!(tokens.kind(index.wrapping_sub(1)), Kind::Catch | Kind::Ellipsis) =>
            {
                continue;
            }
            Kind::Ident | Kind::Str | Kind::StrText => {
                format!("{:?} {}", token.kind, ast.name(token.symbol()))
            }
            Kind::Int => tokens.ints[token.data as usize].to_string(),
            Kind::Float | Kind::Duration => format!("{:?}", tokens.floats[token.data as usize]),
            Kind::Bytes => format!("{:?}", ast.bytes[token.data as usize]),
            Kind::Spec => {
                let mut spec = tokens.specs[token.data as usize];
                spec.span = Default::default();
                format!("{spec:?}")
            }
            Kind::EmptyParams => {
                out.push("LambdaOpen".into());
                "LambdaClose".into()
            }
            kind => format!("{kind:?}"),
        };
        out.push(text);
    }
    out
}

/// The dump without positions.
fn shape(parsed: &Parsed, text: &str) -> Vec<String> {
    let dump = ast::dump(&parsed.ast, text);
    let line = |line: &str| match line.rsplit_once(' ') {
        Some((start, place)) if place.contains(':') && place.contains('-') => start.to_string(),
        _ => line.to_string(),
    };
    dump.lines().map(line).collect()
}

fn same(left: &[String], right: &[String], text: &str) {
    if let Some(at) = (0..left.len().max(right.len())).find(|at| left.get(*at) != right.get(*at)) {
        let around = |items: &[String]| {
            items[at.saturating_sub(5).min(items.len())..(at + 3).min(items.len())].join("\n  ")
        };
        panic!("before\n  {}\nafter\n  {}\nin\n{text}", around(left), around(right));
    }
}

fn round_trip(text: &str) {
    let first = parser::parse(SourceId(0), text);
    assert!(first.diagnostics.is_empty(), "{:?} in\n{text}", first.diagnostics);
    let printed = print::print(&first.ast, text);
    let second = parser::parse(SourceId(0), &printed);
    assert!(second.diagnostics.is_empty(), "{:?} in\n{printed}", second.diagnostics);
    same(&meaning(&first), &meaning(&second), text);
    same(&shape(&first, text), &shape(&second, &printed), text);
    assert_eq!(print::print(&second.ast, &printed), printed);
}

#[test]
fn everything_in_the_language() {
    round_trip(include_str!("everything.co"));
}

#[test]
fn generated_program() {
    round_trip(include_str!("../examples/front_end_unit.co"));
}

#[test]
fn the_suite_and_the_examples() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut folders = vec![format!("{root}/spec/tests"), format!("{root}/examples")];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path.display().to_string());
            } else if path.extension().is_some_and(|extension| extension == "co") {
                let text = std::fs::read_to_string(&path).unwrap();
                if parser::parse(SourceId(0), &text).diagnostics.is_empty() {
                    round_trip(&text);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 10, "only {count} programs found");
}
