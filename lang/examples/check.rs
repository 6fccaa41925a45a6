//! What the passes behind the parser make of a file: `check FILE…` prints its diagnostics, `check bench FILE` how long
//! resolving and checking take. Knows the prelude's names only, not the standard modules.

use std::time::{Duration, Instant};

use co_lang::{
    check::{self, File, Knowledge},
    diagnostic::render::{Format, Options, render},
    parser,
    resolve::{self, FileRole, ImportExports, Outer, Prelude, Returns, Signature},
    source::{Source, SourceMap},
};

const PRELUDE: &str = "print eprint input assert error str int float type same set sleep all race any settled completed \
                       timeout shield channel mutex semaphore event barrier watch tasks exit args ord chr";

fn prelude() -> Prelude {
    let signature = |name: &str| Signature {
        name: name.into(),
        usage: String::new(),
        doc: String::new(),
        returns: match name {
            "sleep" | "input" | "all" | "race" | "any" | "settled" | "timeout" | "shield" => {
                Returns::Awaitable
            }
            "completed" => Returns::AsyncSource,
            "channel" => Returns::Channel,
            _ => Returns::Unknown,
        },
        min_args: 0,
        max_args: None,
    };
    Prelude {
        names: PRELUDE.split_whitespace().map(signature).collect(),
        modules: Vec::new(),
        methods: Vec::new(),
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let bench = args.first().is_some_and(|arg| arg == "bench");
    for path in args.iter().skip(bench as usize) {
        match std::fs::read_to_string(path) {
            Ok(text) => run(path, &text, bench),
            Err(error) => eprintln!("{path}: {error}"),
        }
    }
}

fn run(path: &str, text: &str, bench: bool) {
    let (prelude, outer, imports) = (prelude(), Outer::default(), ImportExports::default());
    let mut sources = SourceMap::default();
    let source = sources.add(Source::new(path, None, text));
    let mut least = [Duration::MAX; 3];
    let mut diagnostics = Vec::new();
    for _ in 0..if bench { 7 } else { 1 } {
        let start = Instant::now();
        let parsed = parser::parse(source, text);
        let parse = start.elapsed();
        let start = Instant::now();
        let (resolution, found) =
            resolve::resolve(source, &parsed.ast, &prelude, FileRole::Script, &outer, &imports);
        let resolve = start.elapsed();
        let start = Instant::now();
        let file = File {
            source,
            text,
            ast: &parsed.ast,
            resolution: &resolution,
            role: FileRole::Script,
            module: None,
        };
        let checked = check::check(file, &prelude, &[], &mut Knowledge::default());
        let check = start.elapsed();
        for (least, time) in least.iter_mut().zip([parse, resolve, check]) {
            *least = time.min(*least);
        }
        diagnostics = [parsed.diagnostics, found, checked].concat();
    }
    let start = Instant::now();
    let shown = render(&diagnostics, &sources, Options { color: false, width: 80, format: Format::Human });
    let render = start.elapsed();
    if bench {
        let [parse, resolve, check] = least.map(|time| time.as_secs_f64() * 1000.0);
        let found = diagnostics.len();
        let render = render.as_secs_f64() * 1000.0;
        println!(
            "parse {parse:.1} ms, resolve {resolve:.1} ms, check {check:.1} ms, render {found} in {render:.1} ms"
        );
    } else {
        print!("{shown}");
    }
}
