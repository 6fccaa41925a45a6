//! Being interrupted, and losing the reader of the output.
#![cfg(unix)]

mod support;

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStderr, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use support::co;

/// A program that runs, and tells on stderr how far it is.
struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    fn start(program: &str) -> Running {
        let mut child = co()
            .args(["-e", program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        Running { child, stderr }
    }

    /// Waits until the program says something.
    #[track_caller]
    fn expect(&mut self, text: &str) {
        let mut line = String::new();
        self.stderr.read_line(&mut line).expect("stderr can be read");
        assert_eq!(line.trim_end(), text);
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.child.id() as i32).expect("a process has an id");
        kill_process(id, signal).expect("it still runs");
    }

    /// Status, what it still wrote to stdout and to stderr.
    fn end(mut self) -> (Option<i32>, String, String) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let mut out = self.child.stdout.take().expect("stdout is piped");
        out.read_to_string(&mut stdout).expect("stdout can be read");
        self.stderr.read_to_string(&mut stderr).expect("stderr can be read");
        (self.child.wait().expect("it ends").code(), stdout, stderr)
    }
}

const INTERRUPTED: Option<i32> = Some(130);

#[test]
fn an_endless_loop_is_stopped_and_cleans_up() {
    for body in ["while true {}", "fn f() { nil }\nwhile true { f() }", "for i in 0..9223372036854775807 {}"]
    {
        let mut running = Running::start(&format!(
            "defer print(\"cleaned up\")\neprint(\"ready\")\n{body}\nprint(\"never\")"
        ));
        running.expect("ready");
        running.signal(Signal::INT);
        assert_eq!(running.end(), (INTERRUPTED, "cleaned up\n".into(), String::new()), "{body}");
    }
}

#[test]
fn a_sleep_is_stopped_and_all_tasks_clean_up() {
    let program = r#"
        async fn work(name) {
            try {
                eprint(name)
                await sleep(1h)
            } catch e {
                print("a cancellation is not caught")
            } finally {
                await sleep(1ms)
                print("{name} cleaned up")
            }
        }
        let first = spawn work("first")
        let second = spawn work("second")
        await first
        print("never")
    "#;
    for signal in [Signal::INT, Signal::TERM] {
        let mut running = Running::start(program);
        running.expect("first");
        running.expect("second");
        running.signal(signal);
        assert_eq!(
            running.end(),
            (INTERRUPTED, "first cleaned up\nsecond cleaned up\n".into(), String::new())
        );
    }
}

#[test]
fn a_read_of_standard_input_is_stopped() {
    let mut running =
        Running::start("defer print(\"cleaned up\")\neprint(\"ready\")\nawait input()\nprint(\"never\")");
    running.expect("ready");
    running.signal(Signal::INT);
    assert_eq!(running.end(), (INTERRUPTED, "cleaned up\n".into(), String::new()));
}

#[test]
fn the_second_signal_ends_the_program_at_once() {
    let program = "try {\n eprint(\"ready\")\n await sleep(1h)\n} finally {\n eprint(\"cleaning\")\n await sleep(1h)\n print(\"never\")\n}";
    let mut running = Running::start(program);
    running.expect("ready");
    running.signal(Signal::INT);
    running.expect("cleaning");
    running.signal(Signal::INT);
    assert_eq!(running.end(), (INTERRUPTED, String::new(), String::new()));
}

#[test]
fn a_program_that_has_what_it_needs_ends_normally_without_a_signal() {
    let mut running = Running::start("eprint(\"ready\")\nlet line = await input()\nprint(\"got\", line)");
    running.expect("ready");
    drop(running.child.stdin.take());
    assert_eq!(running.end(), (Some(0), "got nil\n".into(), String::new()));
}

/// One end of a pipe whose other end is closed.
fn nobody() -> Stdio {
    let (_, writer) = std::io::pipe().expect("a pipe can be made");
    writer.into()
}

/// Runs a program whose output nobody reads.
fn unread(args: &[&str]) -> (Option<i32>, String) {
    let output = co().args(args).stdin(Stdio::null()).stdout(nobody()).output().expect("it starts");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_closed_output_ends_a_program_quietly() {
    assert_eq!(unread(&["-e", "while true { print(\"y\") }"]), (Some(141), String::new()));
    assert_eq!(unread(&["-e", "while true { print(\"y\"); await sleep(1ms) }"]), (Some(141), String::new()));
    assert_eq!(unread(&["-e", "print(\"y\")"]), (Some(141), String::new()));
    // Who prints nothing needs no reader.
    assert_eq!(unread(&["-e", "nil"]), (Some(0), String::new()));
}

#[test]
fn a_closed_output_ends_the_other_commands_quietly() {
    for args in
        [&["--help"] as &[&str], &["explain"], &["explain", "E0301"], &["dump", "--stage=tokens", "-e", "1"]]
    {
        assert_eq!(unread(args), (Some(141), String::new()), "{args:?}");
    }
}

#[test]
fn a_closed_error_stream_does_not_matter() {
    for (program, status) in
        [("eprint(1)\nprint(2)", 0), ("print(2)\nthrow 1", 1), ("print(2)\n1 + 1\nnil", 0)]
    {
        let output =
            co().args(["-e", program]).stdin(Stdio::null()).stderr(nobody()).output().expect("it starts");
        assert_eq!(
            (output.status.code(), output.stdout.as_slice()),
            (Some(status), b"2\n" as &[u8]),
            "{program}"
        );
    }
}

#[test]
fn a_full_disk_is_told() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    // Not every system has it.
    let Ok(full) = full else { return };
    let output = co().args(["-e", "print(1)"]).stdin(Stdio::null()).stdout(full).output().expect("it starts");
    assert_eq!(output.status.code(), Some(141));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("co: cannot write to standard output: "));
}
