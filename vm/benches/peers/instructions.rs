//! Instruction counts under callgrind, as a guard against slips that noise would hide: a handful of programs, each made small,
//! counted and compared with the stored counts in `benches/instructions.txt`.

use crate::programs;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// More than this over the stored count is a slip; as much below asks for new counts to be stored.
const TOLERANCE: f64 = 0.03;
const TRIES: usize = 4;

/// Small programs in `benches/counted`, each a hot path: some ten million instructions.
fn counted() -> BTreeMap<String, PathBuf> {
    let folder = programs::folder().join("counted");
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "co"))
        .filter_map(|path| Some((path.file_stem()?.to_str()?.to_string(), path)))
        .collect()
}

/// The exit status: 1 if a program slipped.
pub fn run(co: &Path, words: &[String], save: bool) -> i32 {
    let store = programs::folder().join("instructions.txt");
    let mut stored = read(&store);
    let mut slipped = false;
    for (name, file) in counted() {
        if !words.is_empty() && !words.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let good_enough = stored.get(&name).filter(|_| !save).map(|before| allowed(*before));
        let count = match least(co, &file, good_enough) {
            Ok(count) => count,
            Err(error) => {
                eprintln!("{name}: {error}");
                return 2;
            }
        };
        let verdict = match stored.get(&name) {
            None => "new".to_string(),
            Some(before) => {
                let change = count as f64 / *before as f64 - 1.0;
                slipped |= change > TOLERANCE;
                let word = if change > TOLERANCE {
                    "SLIPPED"
                } else if change < -TOLERANCE {
                    "better, store it"
                } else {
                    "ok"
                };
                format!("{:+.1}%  {word}", change * 100.0)
            }
        };
        println!("{name:<16}{count:>14}  {verdict}");
        stored.insert(name, count);
    }
    if save {
        let lines: String = stored.iter().map(|(name, count)| format!("{name} {count}\n")).collect();
        if let Err(error) = fs::write(&store, lines) {
            eprintln!("{}: {error}", store.display());
            return 2;
        }
        return 0;
    }
    i32::from(slipped)
}

fn allowed(before: u64) -> u64 {
    (before as f64 * (1.0 + TOLERANCE)) as u64
}

/// The allocator's moods and the seeds of maps make counts differ a little, so what is too much is counted again.
fn least(co: &Path, file: &Path, good_enough: Option<u64>) -> Result<u64, String> {
    let mut least = u64::MAX;
    for _ in 0..TRIES {
        least = least.min(count(co, file)?);
        if good_enough.is_some_and(|limit| least <= limit) {
            break;
        }
    }
    Ok(least)
}

fn read(path: &Path) -> BTreeMap<String, u64> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let (name, count) = line.split_once(' ')?;
            Some((name.to_string(), count.trim().parse().ok()?))
        })
        .collect()
}

fn count(co: &Path, file: &Path) -> Result<u64, String> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(co)
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(said.into_owned());
    }
    let count = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    count.ok_or_else(|| format!("no count in what valgrind said: {said}"))
}
