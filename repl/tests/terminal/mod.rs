//! `co` in a pseudo-terminal, and the screen that a person would see. Nothing here sleeps: a test waits for what is to be seen.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::{
    io::{Read, Write},
    process::Child,
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use pty_process::{
    Size,
    blocking::{Command, Pty, open},
};
use rustix::process::{Pid, Signal, kill_process};

/// A test that waits so long has failed.
const LIMIT: Duration = Duration::from_secs(60);

/// Between two tries of what may have to be tried again.
const MOMENT: Duration = Duration::from_millis(500);

pub const CTRL_C: &str = "\x03";
pub const CTRL_D: &str = "\x04";
pub const ENTER: &str = "\r";
pub const TAB: &str = "\t";
pub const UP: &str = "\x1b[A";

struct Shown {
    screen: vt100::Parser,
    bytes: usize,
    ended: bool,
}

pub struct Terminal {
    pty: Arc<Pty>,
    child: Child,
    shown: Arc<(Mutex<Shown>, Condvar)>,
}

pub struct Start {
    pub args: Vec<String>,
    pub rows: u16,
    pub columns: u16,
    pub env: Vec<(String, String)>,
}

impl Default for Start {
    fn default() -> Start {
        Start { args: Vec::new(), rows: 24, columns: 80, env: Vec::new() }
    }
}

impl Start {
    pub fn args(mut self, args: &[&str]) -> Start {
        self.args = args.iter().map(|arg| arg.to_string()).collect();
        self
    }

    pub fn size(mut self, rows: u16, columns: u16) -> Start {
        (self.rows, self.columns) = (rows, columns);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Start {
        self.env.push((name.to_string(), value.to_string()));
        self
    }

    pub fn run(self) -> Terminal {
        let (pty, pts) = open().expect("there are pseudo-terminals");
        pty.resize(Size::new(self.rows, self.columns)).expect("they have a size");
        let program = std::env::var("CO_TEST_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_co").to_string());
        let mut command = Command::new(program)
            .args(&self.args)
            .env("TERM", "xterm-256color")
            .env("CO_HISTORY", "")
            .env("INPUTRC", "/dev/null")
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command = command.env_remove(name);
        }
        let child = command.envs(self.env).spawn(pts).expect("the program starts");
        let screen = vt100::Parser::new(self.rows, self.columns, 1000);
        let shown = Arc::new((Mutex::new(Shown { screen, bytes: 0, ended: false }), Condvar::new()));
        let pty = Arc::new(pty);
        let (reader, own) = (pty.clone(), shown.clone());
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            loop {
                let count = (&*reader).read(&mut chunk).unwrap_or(0);
                // A test that fails while it looks ends here, too.
                let Ok(mut shown) = own.0.lock() else { return };
                shown.screen.process(&chunk[..count]);
                shown.bytes += count;
                shown.ended = count == 0;
                own.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Terminal { pty, child, shown }
    }
}

impl Terminal {
    /// Starts a session and waits for its prompt.
    pub fn session() -> Terminal {
        let terminal = Start::default().run();
        terminal.prompt();
        terminal
    }

    pub fn send(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    pub fn send_bytes(&self, keys: &[u8]) -> bool {
        (&*self.pty).write_all(keys).is_ok()
    }

    pub fn resize(&self, rows: u16, columns: u16) {
        self.pty.resize(Size::new(rows, columns)).expect("it can be resized");
        self.shown.0.lock().expect("no test panics in here").screen.screen_mut().set_size(rows, columns);
    }

    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.child.id() as i32).expect("a process has an id");
        let _ = kill_process(id, signal);
    }

    /// Waits until the screen is as wanted, and gives its text.
    #[track_caller]
    pub fn wait(&self, what: &str, mut wanted: impl FnMut(&vt100::Screen) -> bool) -> String {
        let end = Instant::now() + LIMIT;
        let mut shown = self.shown.0.lock().expect("no test panics in here");
        loop {
            let screen = shown.screen.screen();
            if wanted(screen) {
                return screen.contents();
            }
            let left = end.saturating_duration_since(Instant::now());
            let text = screen.contents();
            assert!(!left.is_zero() && !shown.ended, "waiting for {what}, the screen shows:\n{text}");
            shown = self.shown.1.wait_timeout(shown, left).expect("no test panics in here").0;
        }
    }

    /// Whether the screen is as wanted within a moment.
    pub fn soon(&self, wanted: impl Fn(&vt100::Screen) -> bool) -> bool {
        let end = Instant::now() + MOMENT;
        let mut shown = self.shown.0.lock().expect("no test panics in here");
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if wanted(shown.screen.screen()) || left.is_zero() {
                return wanted(shown.screen.screen());
            }
            shown = self.shown.1.wait_timeout(shown, left).expect("no test panics in here").0;
        }
    }

    #[track_caller]
    pub fn expect(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contents().contains(text))
    }

    /// Waits for a prompt with nothing behind it.
    #[track_caller]
    pub fn prompt(&self) -> String {
        self.wait("a prompt", |screen| at_cursor(screen) == ">" && screen.cursor_position().1 == 2)
    }

    /// Waits for the prompt, types, and waits until that is to be seen.
    #[track_caller]
    pub fn types(&self, text: &str) {
        self.prompt();
        self.send(text);
        let squeezed = squeeze(text);
        self.wait(text, |screen| {
            let (row, column) = screen.cursor_position();
            squeeze(&screen.contents_between(0, 0, row, column)).ends_with(&format!(">{squeezed}"))
        });
    }

    /// Ctrl-C at the prompt, and waits for the next one.
    #[track_caller]
    pub fn clear(&self) {
        let row = |screen: &vt100::Screen| screen.cursor_position().0;
        let before = row(self.shown.0.lock().expect("no test panics in here").screen.screen());
        self.send(CTRL_C);
        self.wait("the next prompt", |screen| row(screen) > before && at_cursor(screen) == ">");
    }

    /// Types a line and evaluates it.
    #[track_caller]
    pub fn line(&self, text: &str) {
        self.types(text);
        self.send(ENTER);
    }

    /// Evaluates a line and waits for the next prompt; gives the screen.
    #[track_caller]
    pub fn evaluate(&self, text: &str) -> String {
        self.line(text);
        self.prompt()
    }

    pub fn contents(&self) -> String {
        self.shown.0.lock().expect("no test panics in here").screen.screen().contents()
    }

    pub fn has_ended(&self) -> bool {
        self.shown.0.lock().expect("no test panics in here").ended
    }

    pub fn bytes(&self) -> usize {
        self.shown.0.lock().expect("no test panics in here").bytes
    }

    /// Waits for the end of the process.
    #[track_caller]
    pub fn status(&mut self) -> Option<i32> {
        let end = Instant::now() + LIMIT;
        // The terminal is closed when the process has ended.
        let mut shown = self.shown.0.lock().expect("no test panics in here");
        while !shown.ended {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "it does not end:\n{}", shown.screen.screen().contents());
            shown = self.shown.1.wait_timeout(shown, left).expect("no test panics in here").0;
        }
        drop(shown);
        self.child.wait().expect("it has ended").code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The text of the cursor's row.
pub fn at_cursor(screen: &vt100::Screen) -> String {
    let (row, _) = screen.cursor_position();
    let (_, columns) = screen.size();
    screen.rows(0, columns).nth(row as usize).unwrap_or_default().trim_end().to_string()
}

/// Without what depends on where lines break.
fn squeeze(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace()).collect()
}
