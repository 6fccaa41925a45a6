//! What a run looked like, for people: a Chrome trace, a timeline in the terminal or as a picture.
//!
//! The files are made before the program runs, so that a name that cannot be written to is known at once.

use std::{
    fs::File,
    io::{self, Write},
};

use co_vm::{
    engine::Engine,
    sched::{
        history::{History, Recorder},
        picture, timeline, trace,
    },
};

use crate::{
    cli::{Timeline, UsageError},
    terminal::{self, Stream, plain_error},
};

/// What is to be written once the program is over.
pub struct Recording {
    recorder: Recorder,
    trace: Option<Target>,
    picture: Option<Target>,
    in_terminal: bool,
    title: String,
}

pub struct Target {
    name: String,
    file: File,
}

impl Target {
    pub fn create(name: String) -> Result<Target, UsageError> {
        match File::create(&name) {
            Ok(file) => Ok(Target { name, file }),
            Err(error) => Err(UsageError(format!("cannot write {name}: {}", plain_error(&error)))),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// `false` after telling why not.
    pub fn write(mut self, text: &str) -> bool {
        let written: io::Result<()> = self.file.write_all(text.as_bytes());
        if let Err(error) = &written {
            terminal::complain(&format!("cannot write {}: {}", self.name, plain_error(error)));
        }
        written.is_ok()
    }
}

impl Recording {
    /// Begins to record if anything is asked for.
    pub fn begin(
        engine: &mut Engine,
        title: String,
        trace: Option<String>,
        timeline: Option<Timeline>,
    ) -> Result<Option<Recording>, UsageError> {
        if trace.is_none() && timeline.is_none() {
            return Ok(None);
        }
        let in_terminal = timeline == Some(Timeline::Terminal);
        let picture = match timeline {
            Some(Timeline::Svg(name)) => Some(Target::create(name)?),
            Some(Timeline::Terminal) | None => None,
        };
        let trace = trace.map(Target::create).transpose()?;
        Ok(Some(Recording { recorder: engine.record(), trace, picture, in_terminal, title }))
    }

    /// Writes everything. `false` if something could not be written.
    pub fn finish(self, engine: &Engine) -> bool {
        let history = History::of(&self.recorder.take());
        let mut written = true;
        if let Some(target) = self.trace {
            written &= target.write(&trace::chrome(&history, engine.sources()));
        }
        if let Some(target) = self.picture {
            written &= target.write(&picture::svg(&history, &self.title, engine.sources()));
        }
        if self.in_terminal {
            terminal::tell(&timeline::text(&history, engine.sources(), Stream::Err.width()));
        }
        written
    }
}
