//! Running programs inside of a test: virtual time, output in a string.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{cell::RefCell, io, path::Path, path::PathBuf, rc::Rc};

use co_lang::{
    diagnostic::Severity,
    modules::{Entry, LoadError, SourceLoader, load_program},
};
use co_vm::{
    engine::{Engine, Options, Progress},
    host::{Host, Operation, Reply},
    report::Report,
    sched::history::Events,
};

struct Memory {
    out: Rc<RefCell<Vec<u8>>>,
}

impl Host for Memory {
    fn write_out(&mut self, data: &[u8]) -> io::Result<()> {
        self.out.borrow_mut().extend_from_slice(data);
        Ok(())
    }
    fn flush_out(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn write_err(&mut self, data: &[u8]) {
        self.out.borrow_mut().extend_from_slice(data);
    }
    fn monotonic_ns(&self) -> u64 {
        0
    }
    fn unix_seconds(&self) -> f64 {
        0.0
    }
    fn hash_seed(&self) -> u64 {
        1
    }
    fn random_seed(&mut self) -> u64 {
        0
    }
    fn read_line(&mut self) -> Operation {
        Box::pin(async { Ok(Reply::Line(None)) })
    }
}

struct NoFiles;

impl SourceLoader for NoFiles {
    fn resolve(&self, _: Option<&Path>, _: &str) -> Result<PathBuf, LoadError> {
        Err(LoadError { message: "there are no files".to_string() })
    }
    fn load(&self, _: &Path) -> Result<String, LoadError> {
        Err(LoadError { message: "there are no files".to_string() })
    }
}

/// What came of a run.
pub struct Ran {
    pub out: String,
    pub status: u8,
    pub reports: Vec<Report>,
    pub suspensions: u64,
    /// Tasks that had not ended at the end.
    pub left: usize,
    pub events: Events,
    pub engine: Engine,
}

/// Runs a program under the virtual clock to its end.
pub fn run(text: &str) -> Ran {
    run_with(text, Options::default(), false)
}

pub fn run_with(text: &str, options: Options, record: bool) -> Ran {
    let out = Rc::new(RefCell::new(Vec::new()));
    let options = Options { virtual_time: true, ..options };
    let mut engine = Engine::new(Box::new(Memory { out: out.clone() }), options);
    let (program, found) =
        match load_program(Entry::Text { name: "test.co", text }, &NoFiles, engine.prelude()) {
            Ok(loaded) => loaded,
            Err(error) => panic!("{}", error.message),
        };
    let errors: Vec<_> =
        found.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{text}");
    if let Err(errors) = engine.load(&program) {
        panic!("{errors:#?}");
    }
    let recorder = record.then(|| engine.record());
    engine.start();
    let status = match engine.run_until_idle() {
        Progress::Done(exit) => exit.status,
        Progress::Idle { .. } => panic!("the program waits for the world:\n{text}"),
    };
    let reports = engine.take_reports();
    let out = String::from_utf8(out.take()).unwrap_or_default();
    let events = recorder.map_or(Vec::new(), |recorder| recorder.take());
    Ran { out, status, reports, suspensions: engine.suspensions(), left: engine.live_tasks(), events, engine }
}
