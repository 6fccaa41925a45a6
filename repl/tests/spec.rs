//! Runs every program of `spec/tests` and compares it with the expectations in its comments (spec/README.md).
//!
//! Each program is a test of its own, named after its path: `cargo test --test spec lexical::` runs a folder.
//! `CO_TEST_BIN` names another `co` to test, `CO_TEST_SECONDS` how long a program may take.

mod support;

use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

fn main() -> ExitCode {
    let folder = support::root().join("spec/tests");
    let mut files = Vec::new();
    programs(&folder, &mut files);
    files.sort();
    let tests = files.into_iter().map(|path| {
        let name = path.strip_prefix(&folder).unwrap_or(&path).with_extension("");
        let name = name.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("::");
        Trial::test(name, move || test(&path))
    });
    libtest_mimic::run(&Arguments::from_args(), tests.collect()).exit_code()
}

/// All `.co` files but those in folders that start with `_`: these are there to be imported.
fn programs(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('_'));
        if path.is_dir() && !hidden {
            programs(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "co") {
            files.push(path);
        }
    }
}

/// What the comments of a program say about its run.
#[derive(Debug, Default)]
struct Expected {
    stdout: String,
    /// Codes with their lines.
    errors: BTreeSet<(String, u64)>,
    warnings: BTreeSet<(String, u64)>,
    stderr: Vec<String>,
    exit: Option<i32>,
    args: Vec<String>,
    stdin: String,
    /// Under GC stress, every so many allocations collect instead of each.
    stress: Option<String>,
}

impl Expected {
    fn read(text: &str) -> Result<Expected, String> {
        let mut expected = Expected::default();
        for (number, line) in (1..).zip(text.lines()) {
            let Some((kind, value)) = expectation(line) else { continue };
            let shown = || format!("line {number}: {line}");
            match kind {
                "expect" => expected.stdout += &format!("{value}\n"),
                "expect error" => _ = expected.errors.insert((value.trim().to_string(), number)),
                "expect warning" => _ = expected.warnings.insert((value.trim().to_string(), number)),
                "expect stderr" => expected.stderr.push(value.to_string()),
                "expect exit" => expected.exit = Some(value.trim().parse().map_err(|_| shown())?),
                "args" => expected.args = value.split_whitespace().map(str::to_string).collect(),
                "stdin" => expected.stdin += &format!("{value}\n"),
                "gc-stress" => expected.stress = Some(value.trim().to_string()),
                _ => return Err(format!("no such expectation, {}", shown())),
            }
        }
        Ok(expected)
    }

    /// Whether a status is right.
    fn allows(&self, status: i32) -> bool {
        match self.exit {
            Some(exit) => status == exit,
            None if self.errors.is_empty() => status == 0,
            None => status == 1 || status == 2,
        }
    }
}

/// `# expect error: E0404` in `xs[9]  # expect error: E0404` is `("expect error", "E0404")`.
fn expectation(line: &str) -> Option<(&str, &str)> {
    let at_start = ["# args:", "# stdin:", "# gc-stress:"].into_iter().any(|start| line.starts_with(start));
    let start = if at_start { 0 } else { line.find("# expect")? };
    let (kind, value) = line[start + 2..].split_once(':')?;
    Some((kind, value.strip_prefix(' ').unwrap_or(value)))
}

/// What a run has told on stderr.
#[derive(Debug, Default)]
struct Reported {
    errors: BTreeSet<(String, u64)>,
    warnings: BTreeSet<(String, u64)>,
}

impl Reported {
    fn read(stderr: &str) -> Reported {
        let mut reported = Reported::default();
        for line in stderr.lines().filter(|line| line.starts_with('{')) {
            let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
            let Some(code) = message["code"].as_str() else { continue };
            let line = message["labels"][0]["start_line"].as_u64().unwrap_or(0);
            let set = match message["severity"].as_str() {
                Some("warning") => &mut reported.warnings,
                _ => &mut reported.errors,
            };
            set.insert((code.to_string(), line));
        }
        reported
    }
}

fn test(path: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let expected = Expected::read(&text)?;
    let root = support::root();
    let mut command = support::co();
    command.args(["run", "--virtual-time", "--message-format=json"]);
    command.arg(path.strip_prefix(&root).unwrap_or(path)).args(&expected.args);
    if let Some(every) = &expected.stress {
        command.env("CO_GC_STRESS", every);
    }
    let output = support::finish(&mut command, &expected.stdin);
    let wrong = problems(&expected, &output);
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("{}\n{wrong}", path.strip_prefix(&root).unwrap_or(path).display()).into())
}

fn problems(expected: &Expected, output: &support::Output) -> String {
    let mut wrong = String::new();
    if output.timed_out {
        return "it did not end in time\n".to_string();
    }
    let reported = Reported::read(&output.stderr);
    wrong += &support::difference(&expected.stdout, &output.stdout);
    match output.status {
        Some(status) if expected.allows(status) => {}
        Some(status) => {
            let wanted = match expected.exit {
                Some(exit) => exit.to_string(),
                None if expected.errors.is_empty() => "0".to_string(),
                None => "1 or 2".to_string(),
            };
            let _ = writeln!(wrong, "exit status {status} instead of {wanted}");
        }
        None => wrong.push_str("it was ended by a signal\n"),
    }
    for (code, line) in expected.errors.difference(&reported.errors) {
        let _ = writeln!(wrong, "line {line}: error {code} is missing");
    }
    // An error of the run ends it; what the checker finds must all be expected.
    if output.status == Some(2) && expected.exit != Some(2) {
        for (code, line) in reported.errors.difference(&expected.errors) {
            let _ = writeln!(wrong, "line {line}: error {code} is not expected");
        }
    }
    for (code, line) in expected.warnings.difference(&reported.warnings) {
        let _ = writeln!(wrong, "line {line}: warning {code} is missing");
    }
    for (code, line) in reported.warnings.difference(&expected.warnings) {
        let _ = writeln!(wrong, "line {line}: warning {code} is not expected");
    }
    for text in &expected.stderr {
        if !output.stderr.contains(text) {
            let _ = writeln!(wrong, "stderr does not contain: {text}");
        }
    }
    if !wrong.is_empty() && !output.stderr.is_empty() {
        let _ = writeln!(wrong, "--- stderr\n{}", output.stderr.trim_end());
    }
    wrong
}
