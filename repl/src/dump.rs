//! `co dump`: what a stage of the way from text to bytecode makes of a program.

use co_lang::{
    ast,
    diagnostic::{
        Diagnostic,
        render::{Format, render},
    },
    lexer, parser,
    source::{Source, SourceMap},
    token,
};
use co_vm::{
    engine::{Engine, Options},
    host::event_loop::ProcessHost,
};

use crate::{
    NOT_RUN,
    cli::{Input, Stage, UsageError},
    files, run,
    terminal::{self, Stream},
};

pub fn dump(stage: Stage, input: &Input) -> Result<u8, UsageError> {
    if stage == Stage::Bytecode {
        return bytecode(input);
    }
    let (name, text) = files::read(input)?;
    let mut sources = SourceMap::default();
    let id = sources.add(Source::new(name, None, text.as_str()));
    // What could be read is shown in any case.
    let parsed = parser::parse(id, &text);
    show(&parsed.diagnostics, &sources);
    let status = if run::has_errors(&parsed.diagnostics) { NOT_RUN } else { 0 };
    let dump = match stage {
        Stage::Tokens => token::dump(&lexer::lex(&text), &text),
        Stage::Ast | Stage::Bytecode => ast::dump(&parsed.ast, &text),
    };
    Ok(terminal::print(&dump, status))
}

fn bytecode(input: &Input) -> Result<u8, UsageError> {
    let mut engine = Engine::new(Box::new(ProcessHost::new()), Options::default());
    let (program, found) = files::load(input, engine.prelude())?;
    show(&found.diagnostics, &program.sources);
    if run::has_errors(&found.diagnostics) {
        return Ok(NOT_RUN);
    }
    if let Err(diagnostics) = engine.load(&program) {
        show(&diagnostics, engine.sources());
        return Ok(NOT_RUN);
    }
    Ok(terminal::print(&engine.disassemble(), 0))
}

fn show(diagnostics: &[Diagnostic], sources: &SourceMap) {
    if !diagnostics.is_empty() {
        terminal::tell(&render(diagnostics, sources, Stream::Err.rendering(Format::Human)));
    }
}
