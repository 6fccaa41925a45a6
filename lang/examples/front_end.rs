//! Reads Co files and prints what the front end says: `front_end FILE…`, or `front_end tokens|ast FILE`, or
//! `front_end bench [LINES]` for its speed on a generated program.

use std::time::Instant;

use co_lang::{
    ast, lexer, parser,
    source::{Source, SourceId},
    token,
};

/// A piece of a program that uses most of the language, and the same in Lua. `NN` stands for a number.
const UNIT: &str = include_str!("front_end_unit.co");
const LUA_UNIT: &str = include_str!("front_end_unit.lua");

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let lines = args.get(1).and_then(|lines| lines.parse().ok()).unwrap_or(100_000);
    match args.first().map(String::as_str) {
        Some("bench") => bench(&generate(UNIT, lines), &generate(LUA_UNIT, lines)),
        Some("generate") => print!("{}", generate(UNIT, lines)),
        Some(stage @ ("tokens" | "ast")) => {
            let text = read(&args[1]);
            if stage == "tokens" {
                print!("{}", token::dump(&lexer::lex(&text), &text));
            } else {
                print!("{}", ast::dump(&parser::parse(SourceId(0), &text).ast, &text));
            }
        }
        _ => args.iter().for_each(|path| check(path)),
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| {
        eprintln!("{path}: {error}");
        std::process::exit(2);
    })
}

fn check(path: &str) {
    let text = read(path);
    let parsed = parser::parse(SourceId(0), &text);
    let source = Source::new(path, None, text.as_str());
    for diagnostic in &parsed.diagnostics {
        let span = diagnostic.primary().span;
        let (line, column) = source.line_column(span.start);
        println!(
            "{path}:{line}:{column}: {}: {} [{}]",
            diagnostic.code,
            diagnostic.message,
            source.line_text(line).trim()
        );
    }
}

/// Lexer, lexer with parser, and `luac5.4 -p` on the same program in Lua (with the start of its process) take turns; the
/// least of several runs counts, as what else the machine does only adds.
fn bench(text: &str, lua: &str) {
    let path = std::env::temp_dir().join(format!("co-front-end-{}.lua", std::process::id()));
    let luac = || std::process::Command::new("luac5.4").arg("-p").arg(&path).status();
    let has_luac = std::fs::write(&path, lua).is_ok() && luac().is_ok_and(|status| status.success());
    let (mut lex, mut both, mut other) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
    for _ in 0..15 {
        lex = lex.min(timed(|| drop(std::hint::black_box(lexer::lex(text)))));
        both = both.min(timed(|| drop(std::hint::black_box(parser::parse(SourceId(0), text)))));
        if has_luac {
            other = other.min(timed(|| drop(luac())));
        }
    }
    // The file is of no use to anybody else.
    let _ = std::fs::remove_file(&path);
    let tokens = lexer::lex(text).tokens.len();
    println!("{} lines, {} bytes, {tokens} tokens", text.lines().count(), text.len());
    let rows = [
        ("lex", lex, text),
        ("parse", both - lex, text),
        ("lex + parse", both, text),
        ("luac5.4 -p", other, lua),
    ];
    for (what, time, text) in rows {
        let rate = text.lines().count() as f64 / time / 1e6;
        println!("{what:<12} {:>6.1} ms  {rate:>5.2} M lines/s", time * 1e3);
    }
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn generate(unit: &str, lines: usize) -> String {
    let per_unit = unit.lines().count();
    let mut out = String::with_capacity((unit.len() + 8) * (lines / per_unit + 1));
    for index in 0..lines.div_ceil(per_unit) {
        out.push_str(&unit.replace("NN", &index.to_string()));
    }
    out
}
