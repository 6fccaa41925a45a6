//! Runs the session until something happens: the evaluation ends, the editor or a signal has something to say, input can be read.

use std::{future::pending, io, task::Poll, thread, time::Duration};

use co_vm::engine::{
    Exit,
    session::{Evaluated, SessionProgress},
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use smol::{
    Timer,
    channel::{Receiver, Sender, unbounded},
    future::FutureExt,
};

use super::{context::Question, input::SharedInput, screen::SharedScreen, session::Session};

/// What other threads tell the main one.
pub enum Message {
    /// The editor has read this.
    Line(String),
    /// Ctrl-C at the prompt.
    Interrupted,
    /// Ctrl-D at an empty prompt.
    Eof,
    /// The editor cannot go on.
    Broken(String),
    /// The editor wants to know something about a value or name.
    Question(Question, std::sync::mpsc::Sender<String>),
    /// The process was told to end.
    Terminate,
    /// Ctrl-C while something runs: the machine knows already.
    Wake,
}

pub enum Event {
    Message(Message),
    Evaluated(Evaluated),
    Exit(Exit),
    /// Standard input can be read, or has ended.
    Readable,
    /// Every task waits.
    Idle,
}

/// What to wait for besides the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    Message,
    /// Return when there is nothing to run.
    Idle,
    /// Return when nothing will run any more by itself.
    Settled,
    Readable,
}

/// Sends messages to the main thread, so that it looks at them soon.
#[derive(Clone)]
pub struct Mailbox {
    sender: Sender<Message>,
    interrupter: co_vm::engine::Interrupter,
}

impl Mailbox {
    pub fn send(&self, message: Message) {
        // Nobody listens any more when the session is over.
        let _ = self.sender.try_send(message);
        self.interrupter.yield_now();
    }
}

pub struct Driver {
    pub mailbox: Mailbox,
    messages: Receiver<Message>,
    input: SharedInput,
}

impl Driver {
    pub fn new(session: &Session, input: SharedInput) -> Driver {
        let (sender, messages) = unbounded();
        let mailbox = Mailbox { sender, interrupter: session.engine.interrupter() };
        Driver { mailbox, messages, input }
    }

    /// Takes over Ctrl-C and the signals that end a process.
    pub fn listen(&self) -> io::Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let mailbox = self.mailbox.clone();
        thread::Builder::new().name("signals".to_string()).spawn(move || {
            for signal in signals.forever() {
                match signal {
                    SIGINT => {
                        mailbox.interrupter.cancel();
                        mailbox.send(Message::Wake);
                    }
                    _ => mailbox.send(Message::Terminate),
                }
            }
        })?;
        Ok(())
    }

    /// The next event. Reports are shown on the screen as they come.
    pub fn next(&self, session: &mut Session, screen: &SharedScreen, until: Until) -> Event {
        loop {
            if let Ok(message) = self.messages.try_recv() {
                return Event::Message(message);
            }
            if until == Until::Readable && self.input.borrow_mut().is_readable_now() {
                return Event::Readable;
            }
            let progress = session.engine.run_session();
            let reports = session.take_reports(screen.borrow().err_look());
            screen.borrow_mut().tell(&reports);
            match progress {
                SessionProgress::Evaluated(evaluated) => return Event::Evaluated(evaluated),
                SessionProgress::Exit(exit) => return Event::Exit(exit),
                SessionProgress::Busy => {}
                SessionProgress::Idle { .. } if until == Until::Idle => return Event::Idle,
                SessionProgress::Idle { .. } if until == Until::Settled && !session.engine.has_work() => {
                    return Event::Idle;
                }
                SessionProgress::Idle { next_deadline_ns } => {
                    if let Some(event) = self.wait(session, next_deadline_ns, until) {
                        return event;
                    }
                }
            }
        }
    }

    /// Waits until there is something to run, which gives `None`, or to tell.
    fn wait(&self, session: &mut Session, next_deadline_ns: Option<u64>, until: Until) -> Option<Event> {
        let now = session.engine.vm().host.monotonic_ns();
        let pause = next_deadline_ns.map(|deadline| Duration::from_nanos(deadline.saturating_sub(now)));
        let operations = std::future::poll_fn(|context| match session.engine.poll_operations(context) {
            true => Poll::Ready(None),
            false => Poll::Pending,
        });
        let timer = async {
            match pause {
                Some(pause) => Timer::after(pause).await,
                None => pending().await,
            };
            None
        };
        let message = async { self.messages.recv().await.ok().map(Event::Message) };
        let readable = std::future::poll_fn(|context| match until {
            Until::Readable => self.input.borrow_mut().poll_readable(context).map(|()| Some(Event::Readable)),
            _ => Poll::Pending,
        });
        smol::block_on(operations.or(timer).or(message).or(readable))
    }
}
