//! Running `co` as a process, with a limit on its time.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// The workspace's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace exists")
}

/// The program under test: the one that was built with the tests, or that of `CO_TEST_BIN`.
pub fn co() -> Command {
    let built = env!("CARGO_BIN_EXE_co");
    let mut command = Command::new(std::env::var_os("CO_TEST_BIN").unwrap_or_else(|| built.into()));
    command.current_dir(root());
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

/// How long a program may take: more under GC stress, where `CO_TEST_SECONDS` says so.
fn limit() -> Duration {
    let seconds = std::env::var("CO_TEST_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(60))
}

#[derive(Debug)]
pub struct Output {
    /// `None` if it was ended by a signal, or took too long.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub timed_out: bool,
}

/// Runs a command to its end, or ends it.
pub fn finish(command: &mut Command, stdin: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("stdin is piped");
    let text = stdin.to_string();
    // A program that does not read its input must not stop the test.
    thread::spawn(move || input.write_all(text.as_bytes()));
    wait(child)
}

fn wait(mut child: Child) -> Output {
    let stdout = collect(child.stdout.take().expect("stdout is piped"));
    let stderr = collect(child.stderr.take().expect("stderr is piped"));
    // Both streams end when the process does.
    let (Ok(stdout), Ok(stderr)) = (stdout.recv_timeout(limit()), stderr.recv_timeout(limit())) else {
        child.kill().expect("it still runs");
        child.wait().expect("it was ended");
        return Output { status: None, stdout: String::new(), stderr: String::new(), timed_out: true };
    };
    let status: ExitStatus = child.wait().expect("it ends");
    Output { status: status.code(), stdout, stderr, timed_out: false }
}

fn collect(mut stream: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

/// What differs, line by line; empty if nothing does.
pub fn difference(expected: &str, found: &str) -> String {
    if expected == found {
        return String::new();
    }
    similar::TextDiff::from_lines(expected, found)
        .unified_diff()
        .header("expected", "found")
        .missing_newline_hint(true)
        .to_string()
}
