//! Programs of the suite, damaged at random, from text to bytecode: no stage panics, and what compiles is sound (debug builds
//! verify everything they compile).
//!
//! `CO_FUZZ_MINUTES=10 cargo test -p co-vm --test pipeline -- --ignored --nocapture` goes on for so long.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use co_lang::{
    diagnostic::Severity,
    modules::{Entry, LoadError, SourceLoader, load_program},
};
use co_vm::{
    engine::{Engine, Options},
    host::{Host, Operation},
};

/// A world in which nothing can be seen.
struct Nowhere;

impl Host for Nowhere {
    fn write_out(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn flush_out(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn write_err(&mut self, _: &[u8]) {}
    fn monotonic_ns(&self) -> u64 {
        0
    }
    fn unix_seconds(&self) -> f64 {
        0.0
    }
    fn hash_seed(&self) -> u64 {
        1
    }
    fn random_seed(&mut self) -> u64 {
        1
    }
    fn read_line(&mut self) -> Operation {
        Box::pin(std::future::pending())
    }
}

struct NoFiles;

impl SourceLoader for NoFiles {
    fn resolve(&self, _: Option<&Path>, _: &str) -> Result<PathBuf, LoadError> {
        Err(LoadError { message: "no such file".to_string() })
    }
    fn load(&self, _: &Path) -> Result<String, LoadError> {
        Err(LoadError { message: "no such file".to_string() })
    }
}

/// Whether the text got as far as bytecode.
fn compiles(text: &str) -> bool {
    let mut engine = Engine::new(Box::new(Nowhere), Options::default());
    let Ok((program, report)) = load_program(Entry::Text { name: "fuzz", text }, &NoFiles, engine.prelude())
    else {
        return false;
    };
    let wrong = report.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    !wrong && engine.load(&program).is_ok()
}

fn suite() -> Vec<String> {
    fn walk(folder: &Path, texts: &mut Vec<String>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, texts);
            } else if path.extension().is_some_and(|extension| extension == "co") {
                texts.extend(fs::read_to_string(&path).ok().filter(|text| text.len() < 20_000));
            }
        }
    }
    let mut texts = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    walk(&root.join("spec/tests"), &mut texts);
    walk(&root.join("examples"), &mut texts);
    texts.sort();
    assert!(texts.len() > 100, "the suite was not found");
    texts
}

/// xorshift64*, enough to damage programs.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit.max(1)
    }
}

/// The words that a program is made of, blanks and line breaks included.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, char) in text.char_indices() {
        let class = if char.is_alphanumeric() || char == '_' {
            0
        } else if char == ' ' {
            1
        } else {
            2
        };
        if last.is_some_and(|last| last != class || class == 2) {
            words.push(&text[start..at]);
            start = at;
        }
        last = Some(class);
    }
    words.push(&text[start..]);
    words
}

fn damaged(texts: &[String], dice: &mut Dice) -> String {
    let text = &texts[dice.below(texts.len())];
    let other = words(&texts[dice.below(texts.len())]);
    let mut words: Vec<&str> = words(text);
    for _ in 0..1 + dice.below(4) {
        let at = dice.below(words.len());
        match dice.below(5) {
            0 => drop(words.remove(at)),
            1 => words.insert(at, words[at]),
            2 => words[at] = other[dice.below(other.len())],
            3 => words.insert(at, other[dice.below(other.len())]),
            _ => {
                let with = dice.below(words.len());
                words.swap(at, with);
            }
        }
        if words.is_empty() {
            break;
        }
    }
    words.concat()
}

fn run(count: impl Fn(u64) -> bool, seed: u64) -> (u64, u64) {
    let texts = suite();
    let mut dice = Dice(seed);
    let (mut tried, mut compiled) = (0, 0);
    while count(tried) {
        let text = damaged(&texts, &mut dice);
        let result = std::panic::catch_unwind(|| compiles(&text));
        match result {
            Ok(done) => compiled += u64::from(done),
            Err(_) => panic!("this text makes a stage panic:\n{text}"),
        }
        tried += 1;
    }
    (tried, compiled)
}

#[test]
fn damaged_programs() {
    let (tried, compiled) = run(|tried| tried < 3_000, 0x9e37_79b9_7f4a_7c15);
    assert!(compiled * 20 > tried, "only {compiled} of {tried} texts reached the compiler");
}

#[test]
#[ignore = "takes as long as it is told to"]
fn for_some_minutes() {
    let minutes: u64 =
        std::env::var("CO_FUZZ_MINUTES").ok().and_then(|minutes| minutes.parse().ok()).unwrap_or(1);
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let seed = end.elapsed().as_nanos() as u64 ^ u64::from(std::process::id()) << 20 | 1;
    let (tried, compiled) = run(|_| Instant::now() < end, seed);
    println!("{tried} texts, {compiled} of them compiled");
}
