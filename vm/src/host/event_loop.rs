//! The driver that `co` uses: the engine's timers and operations on smol's reactor, Ctrl-C, and the process's own streams.

use std::{
    io::{self, Read, Write},
    sync::{Arc, Mutex},
    task::Poll,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use smol::future::FutureExt;

use super::{Host, Operation, Reply};
use crate::engine::{Engine, Exit, Progress};

/// Output is handed to the system when so much has gathered, when every task waits, and at the end.
const BUFFER: usize = 64 * 1024;

/// The process's standard streams and clocks.
pub struct ProcessHost {
    out: Vec<u8>,
    /// Lines appear at once on a terminal.
    line_buffered: bool,
    /// A write has failed; so does every later one, also where nobody looked at the first.
    failed: Option<io::ErrorKind>,
    started: Instant,
    input: Arc<Mutex<Input>>,
}

/// What was read from standard input and not asked for yet. It outlives a read that was cancelled, so no line is lost.
#[derive(Default)]
struct Input {
    pending: Vec<u8>,
    ended: bool,
}

impl ProcessHost {
    pub fn new() -> ProcessHost {
        use std::io::IsTerminal;
        ProcessHost {
            out: Vec::new(),
            line_buffered: io::stdout().is_terminal(),
            failed: None,
            started: Instant::now(),
            input: Arc::default(),
        }
    }
}

impl Default for ProcessHost {
    fn default() -> Self {
        Self::new()
    }
}

impl Host for ProcessHost {
    fn write_out(&mut self, data: &[u8]) -> io::Result<()> {
        if let Some(kind) = self.failed {
            return Err(kind.into());
        }
        self.out.extend_from_slice(data);
        if self.out.len() >= BUFFER || (self.line_buffered && data.contains(&b'\n')) {
            return self.flush_out();
        }
        Ok(())
    }

    fn flush_out(&mut self) -> io::Result<()> {
        if let Some(kind) = self.failed {
            return Err(kind.into());
        }
        let mut stdout = io::stdout().lock();
        let result = stdout.write_all(&self.out).and_then(|()| stdout.flush());
        self.out.clear();
        if let Err(error) = &result {
            self.failed = Some(error.kind());
            // A reader that has gone away knows. Of a full disk the user has to hear.
            if error.kind() != io::ErrorKind::BrokenPipe {
                let _ = writeln!(io::stderr().lock(), "co: cannot write to standard output: {error}");
            }
        }
        result
    }

    fn write_err(&mut self, data: &[u8]) {
        // What was printed before comes first on a terminal that shows both.
        let _ = self.flush_out();
        let _ = io::stderr().lock().write_all(data);
    }

    fn monotonic_ns(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }

    fn unix_seconds(&self) -> f64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
    }

    fn hash_seed(&self) -> u64 {
        random_u64()
    }

    fn random_seed(&mut self) -> u64 {
        random_u64()
    }

    fn read_line(&mut self) -> Operation {
        let input = self.input.clone();
        Box::pin(smol::unblock(move || {
            let mut input = input.lock().map_err(|_| io::Error::other("standard input is in use"))?;
            input.line().map(Reply::Line)
        }))
    }
}

/// Standard library's hasher keys are random for each process.
fn random_u64() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

impl Input {
    fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.pending.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
            if self.ended {
                if self.pending.is_empty() {
                    return Ok(None);
                }
                let line = std::mem::take(&mut self.pending);
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
            let mut chunk = [0; 4096];
            match io::stdin().lock().read(&mut chunk) {
                Ok(0) => self.ended = true,
                Ok(count) => self.pending.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Runs a started engine to its end. `on_reports` is called whenever there is something to tell, and takes it; `wake` resolves when the interrupt
/// word was set from outside (Ctrl-C).
pub fn run(
    engine: &mut Engine,
    mut on_reports: impl FnMut(&mut Engine),
    mut wake: impl FnMut() -> WakeFuture,
) -> Exit {
    engine.tell_at_once();
    loop {
        match engine.run_until_idle() {
            Progress::Done(exit) => {
                on_reports(engine);
                return exit;
            }
            Progress::Idle { next_deadline_ns, .. } => {
                on_reports(engine);
                smol::block_on(moves(engine, next_deadline_ns).or(wake()));
            }
        }
    }
}

/// Waits until the deadline or until an operation of an idle engine moves, at most for a moment.
pub fn pause(engine: &mut Engine, next_deadline_ns: Option<u64>) {
    let moment = async {
        smol::Timer::after(MOMENT).await;
    };
    smol::block_on(moves(engine, next_deadline_ns).or(moment));
}

/// After this time [`pause`] returns in any case, so that its caller can look at something else.
const MOMENT: Duration = Duration::from_millis(100);

/// Resolves at the deadline, or when an operation has ended.
async fn moves(engine: &mut Engine, next_deadline_ns: Option<u64>) {
    let now = engine.vm().host.monotonic_ns();
    let pause = next_deadline_ns.map(|deadline| Duration::from_nanos(deadline.saturating_sub(now)));
    let operations =
        std::future::poll_fn(
            |context| {
                if engine.poll_operations(context) { Poll::Ready(()) } else { Poll::Pending }
            },
        );
    let timer = async {
        match pause {
            Some(pause) => {
                smol::Timer::after(pause).await;
            }
            None => std::future::pending().await,
        }
    };
    operations.or(timer).await;
}

/// Resolves when the driver should look at the engine again.
pub type WakeFuture = std::pin::Pin<Box<dyn std::future::Future<Output = ()>>>;
