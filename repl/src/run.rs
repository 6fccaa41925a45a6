//! `co run`: load, check, run, and tell on stderr what went wrong.

use co_lang::diagnostic::{
    Diagnostic, Severity,
    render::{Format, render},
};
use co_lang::source::SourceMap;
use co_vm::{
    engine::{Engine, Options},
    host::event_loop::{self, ProcessHost},
    profile::Sampling,
};

use crate::{
    NOT_RUN,
    cli::{Run, UsageError},
    explain, files,
    profiling::Profiling,
    recording::Recording,
    report,
    signals::Interrupts,
    terminal::{self, Stream, plain_error},
};

/// Runs a program to its end and gives the exit status.
pub fn run(run: Run) -> Result<u8, UsageError> {
    let Run { input, args, virtual_time, format, trace, timeline, warn_blocking, profile } = run;
    let sampling = profile.is_some().then_some(Sampling::Ticks);
    let stress = stress();
    let options =
        Options { virtual_time, args, warn_blocking, stress, profile: sampling, ..Options::default() };
    let mut engine = Engine::new(Box::new(ProcessHost::new()), options);
    let (program, found) = files::load(&input, engine.prelude())?;
    show(&found.diagnostics, &program.sources, format);
    if has_errors(&found.diagnostics) {
        if format == Format::Human {
            terminal::tell(&explain::hint(&found.diagnostics));
        }
        return Ok(NOT_RUN);
    }
    if let Err(diagnostics) = engine.load(&program) {
        show(&diagnostics, engine.sources(), format);
        return Ok(NOT_RUN);
    }
    let interrupts = Interrupts::listen(&engine.interrupter())
        .map_err(|error| UsageError(format!("cannot listen to signals: {}", plain_error(&error))))?;
    let recording = Recording::begin(&mut engine, input.to_string(), trace, timeline)?;
    let profiling = profile.map(|file| Profiling::begin(&engine, file)).transpose()?;
    engine.start();
    let tell = |engine: &mut Engine| {
        for told in engine.take_reports() {
            terminal::tell(&report::rendered(&told, engine.sources(), Stream::Err.rendering(format)));
        }
    };
    let exit = event_loop::run(&mut engine, tell, || interrupts.next());
    let written = recording.is_none_or(|recording| recording.finish(&engine))
        & profiling.is_none_or(|profiling| profiling.finish(&engine));
    // The process ends; taking the heap apart would be work for nothing.
    std::mem::forget(engine);
    Ok(if written { exit.status } else { exit.status.max(1) })
}

/// Shows the checker's findings on stderr, if there are any.
pub fn show(diagnostics: &[Diagnostic], sources: &SourceMap, format: Format) {
    if !diagnostics.is_empty() {
        terminal::tell(&render(diagnostics, sources, Stream::Err.rendering(format)));
    }
}

pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// A build for tests under GC stress is told by the environment how often to collect; others do not look.
pub fn stress() -> u32 {
    if !cfg!(feature = "gc-stress") {
        return 0;
    }
    std::env::var("CO_GC_STRESS").ok().and_then(|every| every.parse().ok()).unwrap_or(0)
}
