//! What the session does with a text: evaluate it, or carry out the command that it is. The same with and without a terminal.

use std::{fs, path::Path, time::Instant};

use co_lang::diagnostic::nearest::nearest;
use co_vm::{engine::session::Evaluated, sched};

use super::{
    commands::{self, COMMANDS, Command, Id},
    context, doc,
    driver::{Driver, Event, Message, Until},
    save,
    screen::SharedScreen,
    session::{self, Answer, Origin, Prepared, Session},
    tasks,
};
use crate::{cli::UsageError, explain, terminal};

/// The exit status of a process that was told to end.
pub const TERMINATED: u8 = 143;
const INTERRUPTED: u8 = 130;
const DEADLOCK: u8 = 3;

/// Whether the session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Go,
    /// `:quit`.
    Quit,
    /// The process ends now, with this status.
    Exit(u8),
}

pub struct Shell {
    pub session: Session,
    pub driver: Driver,
    pub screen: SharedScreen,
    /// What to propose as the next input.
    pub offer: Option<String>,
    /// The last text has failed.
    pub failed: bool,
}

impl Shell {
    /// Carries out a text, which is complete.
    pub fn run(&mut self, text: &str) -> Flow {
        self.failed = false;
        self.offer = None;
        match text.trim_start().strip_prefix(':') {
            Some(line) => self.command(line.trim()),
            None => self.evaluate(text, None),
        }
    }

    pub fn print(&self, text: &str) {
        self.screen.borrow_mut().print(text);
    }

    pub fn tell(&self, text: &str) {
        self.screen.borrow_mut().tell(text);
    }

    fn complain(&mut self, line: &str) -> Flow {
        self.tell(&format!("{line}\n"));
        self.failed = true;
        Flow::Go
    }

    /// Evaluates a text and shows what comes of it.
    fn evaluate(&mut self, text: &str, file: Option<&str>) -> Flow {
        let evaluated = match self.evaluated(text, file) {
            Ok(evaluated) => evaluated,
            Err(flow) => return flow,
        };
        let look = self.screen.borrow().out_look();
        let answer = self.session.answer(evaluated, look);
        // The value of a file's last line is of no interest.
        let answer = if file.is_some() { Answer { out: String::new(), ..answer } } else { answer };
        self.give(answer);
        if !self.failed {
            self.session.note_success(text, file);
        }
        Flow::Go
    }

    fn give(&mut self, answer: Answer) {
        self.print(&answer.out);
        self.tell(&answer.err);
        self.failed = answer.failed;
        self.offer = answer.offer;
    }

    /// Evaluates a text to its end. `Err` if there is nothing to evaluate, which was told, or the session ends.
    fn evaluated(&mut self, text: &str, file: Option<&str>) -> Result<Evaluated, Flow> {
        let look = self.screen.borrow().err_look();
        match self.session.prepare(text, file, look) {
            Prepared::Wrong(wrong) => {
                self.tell(&wrong.report);
                self.offer = wrong.offer;
                self.failed = true;
                Err(Flow::Go)
            }
            Prepared::Line(ready) => {
                self.tell(&ready.warnings);
                self.session.evaluate(ready);
                self.finish()
            }
        }
    }

    fn finish(&mut self) -> Result<Evaluated, Flow> {
        loop {
            match self.driver.next(&mut self.session, &self.screen, Until::Message) {
                Event::Evaluated(evaluated) => return Ok(evaluated),
                Event::Exit(exit) => return Err(Flow::Exit(exit.status)),
                Event::Message(Message::Terminate) => return Err(Flow::Exit(TERMINATED)),
                Event::Message(_) | Event::Readable | Event::Idle => {}
            }
        }
    }

    // ---- commands

    fn command(&mut self, line: &str) -> Flow {
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let Some(command) = commands::find(name) else {
            let near = nearest(name, COMMANDS.iter().map(|command| command.name));
            let near = near
                .map_or_else(|| "`:help` lists them".to_string(), |near| format!("did you mean `:{near}`?"));
            return self.complain(&format!("there is no command `:{name}`; {near}"));
        };
        if command.needs && rest.is_empty() {
            return self.complain(&format!("this is how it is used: `:{}`", command.usage));
        }
        self.carry_out(command, rest)
    }

    fn carry_out(&mut self, command: &Command, rest: &str) -> Flow {
        let look = self.screen.borrow().out_look();
        let width = look.width;
        match command.id {
            Id::Help => self.print(&commands::help(width)),
            Id::Tasks => {
                let text = tasks::tree(&mut self.session, width);
                self.print(&text);
            }
            Id::Why => {
                return self.about_task(rest, |shell, task| {
                    let text = tasks::why(&mut shell.session, task, width);
                    shell.print(&text);
                });
            }
            Id::Cancel => return self.about_task(rest, |shell, task| shell.session.engine.cancel_task(task)),
            Id::Time => return self.time(rest),
            Id::Bytecode => return self.bytecode(rest),
            Id::Ast => {
                let look = self.screen.borrow().err_look();
                match self.session.tree(rest, look) {
                    Ok(tree) => self.print(&tree),
                    Err(report) => {
                        self.tell(&report);
                        self.failed = true;
                    }
                }
            }
            Id::Type => return self.kind(rest),
            Id::Doc => {
                let path: Vec<String> = rest.split('.').map(str::to_string).collect();
                let value = context::resolve(&mut self.session, &path);
                match doc::page(self.session.engine.vm(), rest, value, width) {
                    Ok(page) => self.print(&page),
                    Err(line) => return self.complain(&line),
                }
            }
            Id::Load => return self.load(rest),
            Id::Save => return self.save(rest),
            Id::Reload => return self.reload(),
            Id::Reset => return self.reset(),
            Id::Clock => return self.clock(rest),
            Id::Advance => return self.advance(rest),
            Id::Explain => match explain::page((!rest.is_empty()).then_some(rest), look) {
                Ok(page) => self.print(&page.replace("`co explain", "`:explain")),
                Err(UsageError(line)) => return self.complain(&line.replace("`co explain`", "`:explain`")),
            },
            Id::Quit => return Flow::Quit,
        }
        Flow::Go
    }

    fn about_task(&mut self, text: &str, act: impl FnOnce(&mut Shell, tasks::TaskRef)) -> Flow {
        match tasks::find(&mut self.session, text) {
            Ok(task) => {
                act(self, task);
                Flow::Go
            }
            Err(line) => self.complain(&line),
        }
    }

    fn time(&mut self, text: &str) -> Flow {
        let before = self.session.engine.vm().heap.stats().allocated_bytes;
        self.session.engine.count_all_steps(true);
        let start = Instant::now();
        let clock = self.session.engine.is_virtual_time().then(|| sched::now_ns(self.session.engine.vm()));
        let flow = self.evaluate(text, None);
        let time = start.elapsed();
        let steps = self.session.engine.vm().all_steps;
        self.session.engine.count_all_steps(false);
        let bytes = self.session.engine.vm().heap.stats().allocated_bytes.saturating_sub(before);
        if !self.failed {
            let passed = clock.map_or(String::new(), |from| {
                let ns = sched::now_ns(self.session.engine.vm()).saturating_sub(from);
                format!(", {} of virtual time", tasks::duration(ns))
            });
            let steps = if steps == 1 { "1 step".to_string() } else { format!("{steps} steps") };
            let time = tasks::duration(time.as_nanos() as u64);
            self.print(&format!("{steps}, {time}{passed}, {} allocated\n", tasks::bytes(bytes)));
        }
        flow
    }

    fn bytecode(&mut self, text: &str) -> Flow {
        let look = self.screen.borrow().err_look();
        match self.session.prepare(text, None, look) {
            Prepared::Wrong(wrong) => {
                self.tell(&wrong.report);
                self.failed = true;
            }
            Prepared::Line(ready) => {
                let listing = self.session.engine.disassemble_line(&ready.line);
                self.print(&listing);
            }
        }
        Flow::Go
    }

    fn kind(&mut self, text: &str) -> Flow {
        match self.evaluated(text, None) {
            Ok(Evaluated::Value(value)) => {
                if !value.is_nil() {
                    self.session.engine.set_last_value(value);
                }
                let text = co_vm::inspect::type_text(self.session.engine.vm(), value);
                self.print(&format!("{text}\n"));
                Flow::Go
            }
            Ok(other) => {
                let look = self.screen.borrow().err_look();
                let answer = self.session.answer(other, look);
                self.give(answer);
                Flow::Go
            }
            Err(flow) => flow,
        }
    }

    /// Runs a file; its names stay.
    pub fn load(&mut self, file: &str) -> Flow {
        match session::read(file) {
            Ok(text) => self.evaluate(&text, Some(file)),
            Err(line) => self.complain(&line),
        }
    }

    fn save(&mut self, file: &str) -> Flow {
        let text = save::script(&self.session.worked);
        match fs::write(Path::new(file), text) {
            Ok(()) => {
                let count = self.session.worked.len();
                self.print(&format!("{count} {} written\n", if count == 1 { "entry" } else { "entries" }));
                Flow::Go
            }
            Err(error) => self.complain(&format!("cannot write {file}: {}", terminal::plain_error(&error))),
        }
    }

    fn reload(&mut self) -> Flow {
        if self.session.origins.is_empty() {
            return self.complain("nothing was loaded or imported from a file so far");
        }
        self.session.forget_files();
        let kept = self.session.worked.len();
        for origin in self.session.origins.clone() {
            let flow = match &origin {
                Origin::File(file) => self.load(file),
                Origin::Import(statement) => self.evaluate(statement, None),
            };
            if flow != Flow::Go || self.failed {
                return flow;
            }
        }
        // They are there already.
        self.session.worked.truncate(kept);
        Flow::Go
    }

    fn reset(&mut self) -> Flow {
        self.session.engine.cancel_session("the session is reset");
        let flow = self.settle();
        self.session.engine.reset_session();
        self.session.worked.clear();
        self.session.origins.clear();
        flow
    }

    /// Lets everything run that can, for clean-up: until nothing is left, nothing moves, or Ctrl-C.
    pub fn settle(&mut self) -> Flow {
        loop {
            if self.session.engine.live_tasks() == 0 {
                return Flow::Go;
            }
            match self.driver.next(&mut self.session, &self.screen, Until::Settled) {
                Event::Idle | Event::Message(Message::Wake | Message::Interrupted) => return Flow::Go,
                Event::Message(Message::Terminate) => return Flow::Exit(TERMINATED),
                Event::Exit(exit) => return Flow::Exit(exit.status),
                _ => {}
            }
        }
    }

    /// At the end of the input: waits for the tasks that are not detached, as a script does. What waits for ever is reported.
    pub fn finish_tasks(&mut self) -> Flow {
        self.session.engine.cancel_detached("the session has ended");
        loop {
            if self.session.engine.live_tasks() == 0 {
                return Flow::Go;
            }
            match self.driver.next(&mut self.session, &self.screen, Until::Settled) {
                Event::Idle if self.session.engine.live_tasks() == 0 => return Flow::Go,
                Event::Idle => {
                    self.session.engine.report_standstill();
                    let look = self.screen.borrow().err_look();
                    let report = self.session.take_reports(look);
                    self.tell(&report);
                    self.session.engine.cancel_session("deadlock");
                    self.settle();
                    return Flow::Exit(DEADLOCK);
                }
                Event::Message(Message::Wake) => {
                    self.session.engine.cancel_session("interrupted (Ctrl-C)");
                    self.settle();
                    return Flow::Exit(INTERRUPTED);
                }
                Event::Message(Message::Terminate) => return Flow::Exit(TERMINATED),
                Event::Exit(exit) => return Flow::Exit(exit.status),
                _ => {}
            }
        }
    }

    fn clock(&mut self, which: &str) -> Flow {
        match which {
            "virtual" => self.session.engine.set_virtual_time(true),
            "real" => self.session.engine.set_virtual_time(false),
            "" => {}
            _ => return self.complain("the clock is `virtual` or `real`"),
        }
        let name = if self.session.engine.is_virtual_time() { "virtual" } else { "real" };
        let now = sched::now_ns(self.session.engine.vm());
        let how = match name {
            "virtual" => {
                ": time jumps while something is evaluated, and behind the prompt moves by `:advance`"
            }
            _ => "",
        };
        self.print(&format!("the clock is {name}, at {}{how}\n", tasks::duration(now)));
        Flow::Go
    }

    fn advance(&mut self, text: &str) -> Flow {
        if !self.session.engine.is_virtual_time() {
            return self.complain("real time cannot be advanced; `:clock virtual` comes first");
        }
        let value = match self.evaluated(text, None) {
            Ok(Evaluated::Value(value)) => value,
            Ok(other) => {
                let look = self.screen.borrow().err_look();
                let answer = self.session.answer(other, look);
                self.give(answer);
                return Flow::Go;
            }
            Err(flow) => return flow,
        };
        let seconds = value.as_int().map(|int| int as f64).or(value.as_float());
        let Some(seconds) = seconds.filter(|seconds| *seconds >= 0.0 && seconds.is_finite()) else {
            return self.complain("`:advance` takes a duration, as in `:advance 5s`");
        };
        self.session.engine.advance((seconds * 1e9).round() as u64);
        while self.session.engine.is_advancing() {
            match self.driver.next(&mut self.session, &self.screen, Until::Idle) {
                Event::Exit(exit) => return Flow::Exit(exit.status),
                Event::Message(Message::Terminate) => return Flow::Exit(TERMINATED),
                Event::Message(Message::Wake) => {
                    self.session.engine.stop_advancing();
                    return self.complain("interrupted");
                }
                _ => {}
            }
        }
        Flow::Go
    }
}
