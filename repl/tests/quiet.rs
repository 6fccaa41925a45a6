//! The programs of the repository give no diagnostic: the examples and the benches by `co check`, and of the library that is written in Co
//! nothing about `await` (its names beside those of the language are not known to `co check`).

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

fn programs(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(support::root().join(folder)).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let found: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "co")).collect();
    assert!(!found.is_empty(), "{folder} has programs");
    found
}

fn check(path: &Path) -> support::Output {
    support::finish(support::co().args(["check", "--message-format=short"]).arg(path), "")
}

#[test]
fn examples_and_benches_give_nothing() {
    for path in ["examples", "vm/benches/programs"].into_iter().flat_map(programs) {
        let output = check(&path);
        assert_eq!(output.status, Some(0), "{}: {}", path.display(), output.stderr);
        assert!(!output.stderr.contains(": W"), "{}: {}", path.display(), output.stderr);
    }
}

#[test]
fn the_library_gives_nothing_about_await() {
    for path in programs("vm/src/library") {
        let output = check(&path);
        let shown = output.stdout + &output.stderr;
        let is_about_await = |line: &&str| line.contains(": E03") || line.contains(": W03");
        let found: Vec<&str> = shown.lines().filter(is_about_await).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
