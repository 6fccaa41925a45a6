//! Results as JUnit XML, for servers that show tests.
//!
//! The format is what Jenkins and GitLab read: `testsuites`, in it a `testsuite` for each file, in that a `testcase` for each test.

use std::{fmt::Write as _, fs, io::Write as _};

use co_vm::sched::picture::Xml;

use super::Outcome;
use crate::{cli::UsageError, terminal::plain_error};

pub struct File {
    name: String,
    file: fs::File,
}

impl File {
    /// Made before the tests run, so that a name that cannot be written to is known at once.
    pub fn create(name: &str) -> Result<File, UsageError> {
        let file = fs::File::create(name).map_err(|error| cannot_write(name, &error))?;
        Ok(File { name: name.to_string(), file })
    }

    pub fn write(&mut self, outcomes: &[Outcome]) -> Result<(), UsageError> {
        let written = self.file.write_all(document(outcomes).as_bytes());
        written.map_err(|error| cannot_write(&self.name, &error))
    }
}

fn cannot_write(name: &str, error: &std::io::Error) -> UsageError {
    UsageError(format!("cannot write {name}: {}", plain_error(error)))
}

fn document(outcomes: &[Outcome]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string does not fail.
    let _ = writeln!(out, "<testsuites name=\"co test\" {}>", counts(outcomes));
    for suite in outcomes.chunk_by(|a, b| a.file == b.file) {
        let file = Xml(&suite[0].file);
        let _ = writeln!(out, "  <testsuite name=\"{file}\" {}>", counts(suite));
        for outcome in suite {
            let name = Xml(&outcome.name);
            let seconds = outcome.took.as_secs_f64();
            let _ = write!(out, "    <testcase name=\"{name}\" classname=\"{file}\" time=\"{seconds:.3}\"");
            match &outcome.failure {
                None => out.push_str("/>\n"),
                Some(failure) => {
                    let first = failure.problem.lines().next().unwrap_or("");
                    let text = format!("{}\nRepeat it: {}", failure.problem, failure.command);
                    let _ = writeln!(
                        out,
                        ">\n      <failure message=\"{}\">{}</failure>",
                        Xml(first),
                        Xml(&text)
                    );
                    let _ = writeln!(
                        out,
                        "      <system-out>{}</system-out>\n    </testcase>",
                        Xml(&failure.output)
                    );
                }
            }
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn counts(outcomes: &[Outcome]) -> String {
    let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    let seconds: f64 = outcomes.iter().map(|outcome| outcome.took.as_secs_f64()).sum();
    format!("tests=\"{}\" failures=\"{failed}\" errors=\"0\" time=\"{seconds:.3}\"", outcomes.len())
}
