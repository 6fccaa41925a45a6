//! Standard input as lines, without a thread: what is not asked for is not read, so a read that is cancelled loses nothing.

use std::{
    cell::RefCell,
    io,
    os::fd::AsFd,
    rc::Rc,
    task::{Context, Poll},
};

use rustix::event::{PollFd, PollFlags, poll};
use smol::Async;

pub type SharedInput = Rc<RefCell<Input>>;

#[derive(Default)]
pub struct Input {
    pending: Vec<u8>,
    ended: bool,
    watcher: Watcher,
    /// The editor reads the terminal now.
    pub is_lent: bool,
}

/// How to find out when there is something to read.
#[derive(Default)]
enum Watcher {
    #[default]
    Unknown,
    Reactor(Async<io::Stdin>),
    /// A file can always be read.
    Always,
}

/// What is there.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Without its line break.
    Line(String),
    /// More has to be read.
    Nothing,
    End,
}

impl Input {
    /// The next line that has been read.
    pub fn take(&mut self) -> Next {
        if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
            let mut line: Vec<u8> = self.pending.drain(..=end).collect();
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Next::Line(String::from_utf8_lossy(&line).into_owned());
        }
        if !self.ended {
            return Next::Nothing;
        }
        match self.pending.is_empty() {
            true => Next::End,
            false => {
                let line = std::mem::take(&mut self.pending);
                Next::Line(String::from_utf8_lossy(&line).into_owned())
            }
        }
    }

    /// The lines that have been read, without taking them.
    pub fn peek(&self) -> impl Iterator<Item = &[u8]> {
        self.pending.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"))
    }

    /// Something can be read, or the end was found, at this moment.
    pub fn is_readable_now(&mut self) -> bool {
        if self.ended || self.pending.contains(&b'\n') {
            return true;
        }
        let stdin = io::stdin();
        let mut fds = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
        let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
        matches!(poll(&mut fds, Some(&now)), Ok(count) if count > 0)
    }

    pub fn poll_readable(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.ended || self.pending.contains(&b'\n') {
            return Poll::Ready(());
        }
        if matches!(self.watcher, Watcher::Unknown) {
            // Files cannot be watched, and need not be.
            self.watcher = Async::new_nonblocking(io::stdin()).map_or(Watcher::Always, Watcher::Reactor);
        }
        match &self.watcher {
            Watcher::Reactor(stdin) => stdin.poll_readable(context).map(|_| ()),
            _ => Poll::Ready(()),
        }
    }

    /// Reads what there is; waits if there is nothing. On a terminal the end (Ctrl-D) holds for one read only.
    pub fn read(&mut self) -> io::Result<()> {
        let mut chunk = [0; 64 * 1024];
        match rustix::io::read(io::stdin(), &mut chunk) {
            Ok(0) => self.ended = true,
            Ok(count) => self.pending.extend_from_slice(&chunk[..count]),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// A line for a program that has called `input()`, `None` at the end.
    pub fn poll_line(
        &mut self,
        context: &mut Context<'_>,
        is_terminal: bool,
    ) -> Poll<io::Result<Option<String>>> {
        if self.is_lent {
            // It is asked again when the prompt is gone.
            return Poll::Pending;
        }
        loop {
            match self.take() {
                Next::Line(line) => return Poll::Ready(Ok(Some(line))),
                Next::End => {
                    self.ended = !is_terminal;
                    return Poll::Ready(Ok(None));
                }
                Next::Nothing => {}
            }
            if self.poll_readable(context).is_pending() {
                return Poll::Pending;
            }
            if let Err(error) = self.read() {
                return Poll::Ready(Err(error));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_one_by_one_and_the_last_needs_no_break() {
        let mut input = Input { pending: b"one\r\ntwo\nthr".to_vec(), ..Input::default() };
        assert_eq!(input.peek().count(), 2);
        assert_eq!(input.take(), Next::Line("one".into()));
        assert_eq!(input.take(), Next::Line("two".into()));
        assert_eq!(input.take(), Next::Nothing);
        input.ended = true;
        assert_eq!(input.take(), Next::Line("thr".into()));
        assert_eq!(input.take(), Next::End);
    }
}
