//! Runs every program of `examples` and compares what it prints with `snapshots/`. One whose name ends in `_deadlock` must end in a report
//! of just that, which is compared, too.
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
    // Called as a user in the workspace's folder would, because reports show the name.
    let path = path.strip_prefix(support::root()).unwrap_or(path);
    let output = support::finish(support::co().args(["run", "--virtual-time"]).arg(path), "");
    let is_deadlock = name.ends_with("_deadlock");
    let is_right = match is_deadlock {
        true => output.status == Some(3) && output.stderr.starts_with("[E0413]"),
        false => output.status == Some(0) && output.stderr.is_empty(),
    };
    if !is_right {
        return Err(format!("status {:?}, stderr:\n{}", output.status, output.stderr).into());
    }
    // The source is on the disk, what counts here is the output.
    let shown = output.stdout + if is_deadlock { &output.stderr } else { "" };
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(name, shown) });
    Ok(())
}
