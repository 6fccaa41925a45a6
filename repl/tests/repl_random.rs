//! Whatever is typed and whatever signals come, a session does not panic and goes on.
#![cfg(unix)]

mod terminal;

use rustix::process::Signal;
use terminal::{CTRL_C, Start, Terminal, at_cursor};

struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % bound
    }
}

/// Presses Ctrl-C and asks for a sum until there is an answer: what was typed ahead may come in between. Nothing is asked of a session
/// that was told to end.
fn answers(terminal: &Terminal) {
    terminal.resize(20, 60);
    const TEXT: &str = "[\"still\"] + [\"here\"]";
    for turn in 0..90 {
        if terminal.has_ended() {
            return;
        }
        // What is typed right behind a Ctrl-C may be dropped with it, so there are two tries for one.
        if turn % 3 == 0 {
            terminal.send_bytes(CTRL_C.as_bytes());
            terminal.soon(|screen| at_cursor(screen) == ">");
            continue;
        }
        terminal.send_bytes(TEXT.as_bytes());
        if terminal.soon(|screen| at_cursor(screen).ends_with(TEXT)) {
            terminal.send_bytes(b"\r");
            if terminal.soon(|screen| screen.contents().contains("\n[\"still\", \"here\"]")) {
                return;
            }
        }
    }
    panic!("the session hangs:\n{}", terminal.contents());
}

fn survives(what: &str, seed: u64, mut act: impl FnMut(&Terminal, &mut Chance)) {
    let terminal = Start::default().size(20, 60).run();
    terminal.prompt();
    let mut chance = Chance(seed);
    for _ in 0..40 {
        act(&terminal, &mut chance);
    }
    answers(&terminal);
    let screen = terminal.contents();
    assert!(!screen.contains("panicked"), "{what}, seed {seed}:\n{screen}");
}

fn signal(terminal: &Terminal, chance: &mut Chance) {
    match chance.below(6) {
        0 => terminal.signal(Signal::INT),
        1 => terminal.resize(5 + chance.below(30) as u16, 10 + chance.below(100) as u16),
        2 => terminal.signal(Signal::CONT),
        3 => terminal.signal(Signal::PIPE),
        _ => {}
    }
}

#[test]
fn random_bytes_and_signals() {
    for seed in 1..=6 {
        survives("bytes", seed, |terminal, chance| {
            let keys: Vec<u8> = (0..20).map(|_| chance.below(256) as u8).collect();
            // Ctrl-D would leave, Ctrl-S stop the output, Ctrl-Z and Ctrl-\ stop and kill the process, as they should.
            let keys: Vec<u8> =
                keys.into_iter().filter(|key| ![0x04, 0x13, 0x1a, 0x1c].contains(key)).collect();
            terminal.send_bytes(&keys);
            signal(terminal, chance);
        });
    }
}

#[test]
fn random_lines_and_signals() {
    let lines = [
        "let x = [1, 2, 3]",
        "x.map(|v| v * 2)",
        "async fn f() { await sleep(1ms); print(\"f\") }",
        "let t = spawn f()",
        "await f()",
        "f()",
        ":tasks",
        ":why 2",
        ":cancel 3",
        ":clock virtual",
        ":advance 10ms",
        ":clock real",
        "while true {}",
        "await sleep(1h)",
        "await channel().recv()",
        "spawn { while true { await sleep(1ms); print(\"tick\") } }",
        "struct P { x = 1 }",
        "P()",
        "1 / 0",
        "fn g() { g() }; g()",
        "(0..100000).to_list()",
        "import json",
        "json.parse(\"[1]\")",
        ":type x",
        ":doc push",
        ":reset",
        "if true {",
        "}",
        "try { await sleep(1s) } finally { print(\"clean\") }",
        "_",
    ];
    for seed in 1..=6 {
        survives("lines", seed, |terminal, chance| {
            terminal.send_bytes(lines[chance.below(lines.len())].as_bytes());
            terminal.send_bytes(b"\r");
            signal(terminal, chance);
        });
    }
}
