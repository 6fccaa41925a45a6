//! What may come next: completion and hints, from the tokens in front of the cursor.
//!
//! Names of the language and its builtins are known here; what the session knows is asked of the machine ([`Question`]).

use std::{collections::BTreeSet, fs, path::Path};

use co_lang::{
    lexer,
    resolve::BuiltinType,
    token::{Kind, Token, Tokens},
};
use co_vm::{builtins, inspect};

use super::{
    commands::{self, Argument},
    context::Question,
};

/// Asks the machine. No answer in time is an empty one.
pub type Ask<'a> = &'a dyn Fn(Question) -> Vec<String>;

/// More than that is not offered.
const MOST: usize = 400;

const KEYWORDS: [&str; 34] = [
    "and", "as", "async", "await", "break", "catch", "continue", "defer", "else", "false", "finally", "fn",
    "for", "if", "import", "in", "is", "let", "match", "nil", "not", "or", "return", "scope", "select",
    "spawn", "struct", "test", "throw", "true", "try", "var", "while", "yield",
];

/// Where the word begins that is being typed, and what it may become.
pub fn complete(text: &str, cursor: usize, ask: Ask) -> (usize, Vec<String>) {
    let Some(before) = text.get(..cursor) else { return (cursor, Vec::new()) };
    if let Some(line) = before.strip_prefix(':') {
        return complete_command(line, before.len(), ask);
    }
    complete_code(before, ask)
}

fn complete_command(line: &str, cursor: usize, ask: Ask) -> (usize, Vec<String>) {
    let Some((name, rest)) = line.split_once(char::is_whitespace) else {
        let names = commands::COMMANDS.iter().map(|command| format!(":{}", command.name));
        return (0, starting(names, &format!(":{line}")));
    };
    let argument = commands::find(name).map_or(Argument::Nothing, |command| command.argument);
    let start = cursor - rest.trim_start().len();
    let word = rest.trim_start();
    match argument {
        Argument::Nothing => (cursor, Vec::new()),
        Argument::Code => {
            let (at, found) = complete_code(word, ask);
            (start + at, found)
        }
        Argument::Name => {
            let entries = inspect::entries().into_iter().map(|entry| match entry.owner {
                "" => entry.builtin.name.to_string(),
                owner => format!("{owner}.{}", entry.builtin.name),
            });
            let modules = builtins::modules().iter().map(|(name, _)| name.to_string());
            (start, starting(entries.chain(modules).chain(ask(Question::Names)), word))
        }
        Argument::File => complete_path(word, start, false),
        Argument::Task => (start, starting(ask(Question::Tasks), word)),
        Argument::ErrorCode => {
            let codes = co_lang::diagnostic::catalogue::all().map(|page| page.code.text().to_string());
            (start, starting(codes, &word.to_uppercase()))
        }
        Argument::Clock => (start, starting(["virtual", "real"].map(str::to_string), word)),
    }
}

fn complete_code(before: &str, ask: Ask) -> (usize, Vec<String>) {
    if let Some(path) = import_path(before) {
        return complete_path(path, before.len() - path.len(), true);
    }
    let tokens = lexer::lex(before);
    let mut seen = written(&tokens);
    let (mut start, mut word) = (before.len(), "");
    if let Some((token, end)) = seen.last()
        && *end == before.len()
        && (token.kind == Kind::Ident || token.kind.is_keyword())
    {
        let name = before[..*end].rfind(|char: char| !(char.is_alphanumeric() || char == '_'));
        start = name.map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        word = &before[start..];
        seen.pop();
    } else if before.ends_with(|char: char| char.is_alphanumeric() || char == '_') {
        // In the middle of a string, a number or a comment.
        return (start, Vec::new());
    }
    let candidates: Vec<String> = match seen.last().map(|(token, _)| token.kind) {
        Some(Kind::Dot | Kind::QDot) => members(before, &seen, ask),
        Some(Kind::Import) => builtins::modules().iter().map(|(name, _)| name.to_string()).collect(),
        _ if word.is_empty()
            && !seen.is_empty()
            && !before.ends_with([' ', '(', '[', '{', ',', '\n', '|']) =>
        {
            Vec::new()
        }
        _ => {
            let keywords = KEYWORDS.iter().map(|word| word.to_string());
            let prelude = builtins::prelude().iter().map(|builtin| builtin.name.to_string());
            let types = BuiltinType::ALL.iter().map(|(name, _)| name.to_string());
            keywords.chain(prelude).chain(types).chain(ask(Question::Names)).collect()
        }
    };
    (start, starting(candidates, word))
}

/// The tokens that were really written, with their ends.
fn written(tokens: &Tokens) -> Vec<(Token, usize)> {
    let both = tokens.tokens.iter().zip(&tokens.spans);
    both.filter(|(_, span)| span.start < span.end).map(|(token, span)| (*token, span.end as usize)).collect()
}

/// The names of a path `a.b.c` that ends before token `end`; empty if it is something else.
fn path(text: &str, seen: &[(Token, usize)], end: usize) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = end;
    loop {
        let Some((token, stop)) = at.checked_sub(1).and_then(|at| seen.get(at)) else { return Vec::new() };
        if !(token.kind == Kind::Ident || (token.kind.is_keyword() && at < end)) {
            return Vec::new();
        }
        let from = text[..*stop].rfind(|char: char| !(char.is_alphanumeric() || char == '_'));
        let from = from.map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
        names.push(text[from..*stop].to_string());
        match at.checked_sub(2).and_then(|at| seen.get(at)).map(|(token, _)| token.kind) {
            Some(Kind::Dot | Kind::QDot) => at -= 2,
            _ => {
                names.reverse();
                return names;
            }
        }
    }
}

/// What may stand behind the point that is the last token.
fn members(text: &str, seen: &[(Token, usize)], ask: Ask) -> Vec<String> {
    let point = seen.len() - 1;
    let of = |owners: &[&str]| -> Vec<String> {
        let entries = inspect::entries().into_iter().filter(|entry| entry.is_method);
        entries
            .filter(|entry| owners.is_empty() || owners.contains(&entry.owner))
            .map(|entry| entry.builtin.name.to_string())
            .collect()
    };
    match point.checked_sub(1).map(|at| seen[at].0.kind) {
        Some(Kind::Str | Kind::StrClose) => return of(&["str"]),
        Some(Kind::Bytes) => return of(&["bytes"]),
        Some(Kind::Int) => return of(&["int"]),
        Some(Kind::Float | Kind::Duration) => return of(&["float"]),
        Some(Kind::MapClose) => return of(&["map"]),
        _ => {}
    }
    let path = path(text, seen, point);
    let found = if path.is_empty() { Vec::new() } else { ask(Question::Members(path)) };
    // Of what is not known, everything is possible.
    if found.is_empty() { of(&[]) } else { found }
}

/// Each once, in the order of the alphabet.
fn starting(names: impl IntoIterator<Item = String>, word: &str) -> Vec<String> {
    let is_hidden = |name: &String| name.starts_with("__") && !word.starts_with("__");
    let found: BTreeSet<String> =
        names.into_iter().filter(|name| name.starts_with(word) && name != word && !is_hidden(name)).collect();
    found.into_iter().take(MOST).collect()
}

// ---- files

/// The part of an import's path that has been typed.
fn import_path(before: &str) -> Option<&str> {
    let statement = before.rsplit(['\n', ';']).next()?.trim_start();
    let rest = statement.strip_prefix("import")?.trim_start();
    let quote = rest.chars().next().filter(|char| matches!(char, '"' | '\''))?;
    let path = &rest[1..];
    (!path.contains(quote)).then_some(path)
}

fn complete_path(typed: &str, start: usize, only_scripts: bool) -> (usize, Vec<String>) {
    let (folder, word) = match typed.rfind('/') {
        Some(at) => typed.split_at(at + 1),
        None => ("", typed),
    };
    if only_scripts && folder.is_empty() {
        return (start, starting(["./".to_string(), "../".to_string()], word));
    }
    let Ok(entries) = fs::read_dir(if folder.is_empty() { Path::new(".") } else { Path::new(folder) }) else {
        return (start, Vec::new());
    };
    let names = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let is_hidden = name.starts_with('.') && !word.starts_with('.');
        let is_folder = entry.path().is_dir();
        let is_wanted = is_folder || !only_scripts || name.ends_with(".co");
        (is_wanted && !is_hidden).then(|| if is_folder { format!("{name}/") } else { name })
    });
    (start + folder.len(), starting(names, word))
}

// ---- hints

/// The parameters of the call that is being typed, from the next one on.
pub fn hint(text: &str, ask: Ask) -> Option<String> {
    if let Some(line) = text.strip_prefix(':') {
        let command = commands::find(line.trim_end())?;
        let usage = command.usage.strip_prefix(command.name)?.trim_start();
        let blank = if line.ends_with(' ') { "" } else { " " };
        return (!usage.is_empty()).then(|| format!("{blank}{usage}"));
    }
    let tokens = lexer::lex(text);
    let seen = written(&tokens);
    // Open brackets: the token in front of them, and commas so far.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (at, (token, _)) in seen.iter().enumerate() {
        match token.kind {
            Kind::LParen
            | Kind::LBracket
            | Kind::QBracket
            | Kind::BlockOpen
            | Kind::MapOpen
            | Kind::InterpOpen => {
                open.push((at, 0));
            }
            Kind::RParen | Kind::RBracket | Kind::BlockClose | Kind::MapClose | Kind::InterpClose => {
                open.pop();
            }
            Kind::Comma => {
                if let Some((_, commas)) = open.last_mut() {
                    *commas += 1;
                }
            }
            _ => {}
        }
    }
    let (paren, commas) = *open.last()?;
    if seen[paren].0.kind != Kind::LParen {
        return None;
    }
    let path = path(text, &seen, paren);
    let signature = match ask(Question::Signature(path.clone())).into_iter().next() {
        Some(signature) if !path.is_empty() => signature,
        _ => method_usage(text, &seen, paren)?,
    };
    let params = signature.split_once('(')?.1.strip_suffix(')')?;
    let params: Vec<&str> = params.split(", ").filter(|param| !param.is_empty()).collect();
    // Right behind a bracket or comma the next parameter is due, else it is being typed.
    let is_due = matches!(seen.last()?.0.kind, Kind::LParen | Kind::Comma);
    if matches!(seen.last()?.0.kind, Kind::Dot | Kind::QDot) {
        return None;
    }
    let next = if is_due { commas } else { commas + 1 };
    let rest = match params.first() {
        Some(first) if first.starts_with("...") => &params[..],
        _ => params.get(next..).unwrap_or_default(),
    };
    let blank = if text.ends_with(',') { " " } else { "" };
    let comma = if is_due || rest.is_empty() { "" } else { ", " };
    Some(format!("{blank}{comma}{})", rest.join(", ")))
}

/// How a method is called of which only the name is known.
fn method_usage(text: &str, seen: &[(Token, usize)], paren: usize) -> Option<String> {
    let (name, point) = (paren.checked_sub(1)?, paren.checked_sub(2)?);
    if !matches!(seen[point].0.kind, Kind::Dot | Kind::QDot) {
        return None;
    }
    let stop = seen[name].1;
    let start = seen[point].1;
    let name = text.get(start..stop)?.trim();
    let usages: BTreeSet<&str> = inspect::entries()
        .iter()
        .filter(|entry| entry.is_method && entry.builtin.name == name)
        .map(|entry| entry.builtin.usage)
        .collect();
    (usages.len() == 1).then(|| usages.first().map(|usage| usage.to_string())).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(question: Question) -> Vec<String> {
        let lines: &[&str] = match question {
            Question::Names => &["account", "accounts", "fetch"],
            Question::Members(path) if path == ["account"] => &["owner", "balance", "deposit"],
            Question::Members(path) if path == ["account", "owner"] => &["upper"],
            Question::Signature(path) if path == ["fetch"] => &["fetch(page, tries = …)"],
            Question::Signature(path) if path == ["print"] => &["print(...values, sep = \" \")"],
            Question::Tasks => &["2", "3"],
            _ => &[],
        };
        lines.iter().map(|line| line.to_string()).collect()
    }

    fn completed(text: &str) -> (usize, Vec<String>) {
        complete(text, text.len(), &ask)
    }

    fn words(text: &str) -> Vec<String> {
        completed(text).1
    }

    #[test]
    fn names_keywords_and_builtins() {
        assert_eq!(completed("1 + acc"), (4, vec!["account".into(), "accounts".into()]));
        assert_eq!(words("awa"), ["await"]);
        assert_eq!(words("await sle"), ["sleep"]);
        assert_eq!(words("x is dura"), [""; 0]);
        assert_eq!(words("import ma"), ["math"]);
        assert!(words("").contains(&"fetch".to_string()));
    }

    #[test]
    fn fields_and_methods() {
        assert_eq!(completed("account.").1, ["balance", "deposit", "owner"]);
        assert_eq!(completed("print(account.ba"), (14, vec!["balance".into()]));
        assert_eq!(words("account.owner.up"), ["upper"]);
        assert_eq!(words("\"a\".upp"), ["upper"]);
        assert!(words("{a: 1}.key").contains(&"keys".to_string()));
        assert!(words("f(1).pus").contains(&"push".to_string()));
    }

    #[test]
    fn nothing_inside_strings_numbers_and_comments() {
        for text in ["\"acc", "'fet", "# fet", "12", "let x = 0xf"] {
            assert_eq!(words(text), [""; 0], "{text}");
        }
        assert_eq!(words("\"{acc"), ["account", "accounts"]);
    }

    #[test]
    fn commands_and_their_arguments() {
        assert_eq!(words(":he"), [":help"]);
        assert_eq!(completed(":why "), (5, vec!["2".into(), "3".into()]));
        assert_eq!(words(":clock v"), ["virtual"]);
        assert_eq!(words(":doc list.pus"), ["list.push"]);
        assert_eq!(completed(":time fet"), (6, vec!["fetch".into()]));
        assert_eq!(words(":explain e0301"), [""; 0]);
        assert!(words(":explain e030").contains(&"E0301".to_string()));
    }

    #[test]
    fn paths_of_imports() {
        assert_eq!(words("import \""), ["../", "./"]);
        let (start, found) = completed("import \"./sr");
        assert_eq!((start, found), (10, vec!["src/".to_string()]));
    }

    #[test]
    fn hints_name_the_parameters_that_are_left() {
        let hint = |text: &str| hint(text, &ask).unwrap_or_default();
        assert_eq!(hint("fetch("), "page, tries = …)");
        assert_eq!(hint("fetch(1"), ", tries = …)");
        assert_eq!(hint("fetch(1,"), " tries = …)");
        assert_eq!(hint("fetch(1, 2"), ")");
        assert_eq!(hint("await fetch([1, 2], "), "tries = …)");
        assert_eq!(hint("print("), "...values, sep = \" \")");
        assert_eq!(hint("[1].for_nothing("), "");
        assert_eq!(hint("fetch(1)"), "");
        assert_eq!(hint(":why"), " TASK");
    }

    #[test]
    fn any_text_is_looked_at_without_a_panic() {
        let parts = [
            "a", ".", "(", "\"", "{", "}", "é", "import ", ":", " ", ",", "?", "[", "=>", "\n", "'", "#", "1",
        ];
        let mut state = 7u64;
        for _ in 0..3000 {
            let mut text = String::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                text.push_str(parts[(state >> 33) as usize % parts.len()]);
            }
            for (cursor, _) in text.char_indices() {
                complete(&text, cursor, &ask);
            }
            hint(&text, &ask);
        }
    }
}
