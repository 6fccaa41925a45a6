//! Hundreds of mistakes in one file are all found, each once.

use co_lang::{
    parser,
    source::{Source, SourceId},
};

/// Ways to spoil a line; `None` if it does not apply.
type Spoil = fn(&str) -> Option<String>;

fn without_last(line: &str, what: char) -> Option<String> {
    let at = line.rfind(what)?;
    Some(format!("{}{}", &line[..at], &line[at + what.len_utf8()..]))
}

fn replaced(line: &str, from: &str, to: &str) -> Option<String> {
    line.contains(from).then(|| line.replacen(from, to, 1))
}

const SPOILS: &[(&str, Spoil)] = &[
    ("`)` missing", |line| without_last(line, ')')),
    ("`]` missing", |line| without_last(line, ']')),
    ("`}` missing", |line| (line.trim() == "}").then(String::new)),
    ("`(` missing", |line| replaced(line, "(", "")),
    ("`)` too many", |line| line.contains(')').then(|| format!("{line})"))),
    ("`}` too many", |line| (line.trim() == "}").then(|| format!("{line}\n{line}"))),
    ("`]` too many", |line| line.contains(']').then(|| format!("{line}]"))),
    ("wrong closing", |line| replaced(line, ")", "]")),
    ("operand missing", |line| replaced(line, " + ", " + * ")),
    ("operand missing behind `=`", |line| replaced(line, " = ", " = = ")),
    ("keyword as a name", |line| replaced(line, "let ", "let while ")),
    ("quote missing", |line| without_last(line, '"')),
    ("brace in a string missing", |line| {
        (line.contains("\"") && line.contains("{id}")).then(|| line.replacen("{id}", "{id", 1))
    }),
    ("foreign operator", |line| replaced(line, " and ", " && ")),
    ("foreign word", |line| line.trim_start().starts_with("fn ").then(|| line.replacen("fn ", "def ", 1))),
    ("colon block", |line| {
        line.strip_suffix(" {").filter(|head| head.contains("if ")).map(|head| format!("{head}: {{"))
    }),
    ("two statements", |line| line.contains("+= ").then(|| format!("{line} other"))),
    ("comma missing", |line| {
        line.contains('(')
            .then(|| line.replacen(", ", " ", 1))
            .filter(|new| new != line && !line.contains("{x"))
    }),
    ("bad number", |line| replaced(line, "> 10 ", "> 10px ")),
    ("bad character", |line| replaced(line, "= ", "= $")),
    ("bad escape", |line| replaced(line, "\"a", "\"\\qa")),
    ("arrow missing", |line| replaced(line, " => ", " ")),
    ("name missing", |line| replaced(line, "let names = ", "let = ")),
    ("chained comparison", |line| replaced(line, " > 10 ", " > 10 > 2 ")),
];

/// Deterministic choices.
struct Choice(u64);

impl Choice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit
    }
}

/// The program's items: runs of lines from one that starts at the left to the next such.
fn items() -> Vec<Vec<&'static str>> {
    let mut items: Vec<Vec<&str>> = Vec::new();
    for line in include_str!("../examples/front_end_unit.co").lines() {
        let starts = !line.starts_with([' ', '}']);
        match items.last_mut() {
            Some(item) if !starts => item.push(line),
            _ => items.push(vec![line]),
        }
    }
    items
}

#[test]
fn each_is_found_once() {
    (1..=3).for_each(inject);
}

fn inject(seed: u64) {
    let items = items();
    let mut choice = Choice(seed);
    let mut text = String::new();
    let mut injected: Vec<(u32, u32, &str, String)> = Vec::new();
    let mut line = 1u32;
    for unit in 0..400 {
        for item in &items {
            let mut lines: Vec<String> =
                item.iter().map(|line| line.replace("NN", &unit.to_string())).collect();
            let (what, spoil) = SPOILS[choice.below(SPOILS.len())];
            let fitting: Vec<usize> = (0..lines.len())
                .filter(|at| !lines[*at].starts_with('#') && spoil(&lines[*at]).is_some())
                .collect();
            if !fitting.is_empty() {
                let at = fitting[choice.below(fitting.len())];
                let spoilt = spoil(&lines[at]).unwrap();
                let length = lines.len() + spoilt.matches('\n').count();
                injected.push((line, line + length as u32, what, format!("{} => {spoilt}", lines[at])));
                lines[at] = spoilt;
            }
            for new in &lines {
                text.push_str(new);
                text.push('\n');
                line += new.matches('\n').count() as u32 + 1;
            }
        }
    }
    let parsed = parser::parse(SourceId(0), &text);
    let source = Source::new("", None, text.as_str());
    let mut found: Vec<(u32, String)> = parsed
        .diagnostics
        .iter()
        .map(|diagnostic| {
            (
                source.line_column(diagnostic.primary().span.start).0,
                format!("{} {}", diagnostic.code, diagnostic.message),
            )
        })
        .collect();
    found.sort();
    let mut wrong = Vec::new();
    for (start, end, what, change) in &injected {
        let here: Vec<_> = found.iter().filter(|(line, _)| (*start..*end).contains(line)).collect();
        if here.len() != 1 {
            wrong.push(format!("{what}: {change} at {start}: {here:?}"));
        }
    }
    assert!(injected.len() > 1000, "only {} mistakes", injected.len());
    assert!(
        wrong.is_empty() && found.len() == injected.len(),
        "{} of {} not found once, {} reports:\n{}",
        wrong.len(),
        injected.len(),
        found.len(),
        wrong.join("\n")
    );
}
