//! Runs every program of `examples` and compares what it prints with `snapshots/`.
//!
//! `INSTA_UPDATE=always cargo test --test examples` accepts the output as it is now.

mod support;

use std::{fs, path::Path, process::ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let folder = support::root().join("examples");
    let entries = fs::read_dir(&folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut tests: Vec<Trial> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "co"))
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            Trial::test(name.clone(), move || test(&name, &path))
        })
        .collect();
    tests.sort_by(|a, b| a.name().cmp(b.name()));
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}

fn test(name: &str, path: &Path) -> Result<(), Failed> {
    let output = support::finish(support::co().args(["run", "--virtual-time"]).arg(path), "");
    if output.status != Some(0) || !output.stderr.is_empty() {
        return Err(format!("status {:?}, stderr:\n{}", output.status, output.stderr).into());
    }
    // The source is on the disk, what counts here is the output.
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(name, output.stdout) });
    Ok(())
}
