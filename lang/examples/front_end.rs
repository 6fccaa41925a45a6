//! Reads Co files and prints what the front end says: `front_end FILE…`, or `front_end tokens|ast FILE`, or
//! `front_end bench [LINES]` for its speed on a generated program.

use std::time::Instant;

use co_lang::{
    ast, lexer, parser,
    source::{Source, SourceId},
    token,
};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("bench") => {
            let lines = args.get(1).and_then(|n| n.parse().ok()).unwrap_or(100_000);
            bench(&generate(lines));
        }
        Some("generate") => {
            print!("{}", generate(args.get(1).and_then(|n| n.parse().ok()).unwrap_or(100_000)))
        }
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

fn bench(text: &str) {
    let lines = text.lines().count() as f64;
    let best = |work: &dyn Fn()| {
        let runs = (0..7).map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        });
        runs.fold(f64::INFINITY, f64::min)
    };
    let lex = best(&|| {
        std::hint::black_box(lexer::lex(text));
    });
    let both = best(&|| {
        std::hint::black_box(parser::parse(SourceId(0), text));
    });
    let tokens = lexer::lex(text).tokens.len();
    println!("{lines} lines, {} bytes, {tokens} tokens", text.len());
    println!("lex          {:>6.1} ms  {:>5.2} M lines/s", lex * 1e3, lines / lex / 1e6);
    println!("parse        {:>6.1} ms  {:>5.2} M lines/s", (both - lex) * 1e3, lines / (both - lex) / 1e6);
    println!("lex + parse  {:>6.1} ms  {:>5.2} M lines/s", both * 1e3, lines / both / 1e6);
}

/// A program of about so many lines that uses most of the language; `benches/front_end.lua` makes the same in Lua.
fn generate(lines: usize) -> String {
    let unit = include_str!("front_end_unit.co");
    let per_unit = unit.lines().count();
    let mut out = String::with_capacity(unit.len() * (lines / per_unit + 1));
    for index in 0..lines.div_ceil(per_unit) {
        out.push_str(&unit.replace("NN", &index.to_string()));
    }
    out
}
