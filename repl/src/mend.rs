//! `co check --fix`: carries out what the reports propose where that is certain, and says what it did.

use std::{fs, path::PathBuf};

use co_lang::{
    diagnostic::{
        fix::mend,
        render::{self, Format},
    },
    modules::{Program, Report},
    resolve::Prelude,
};

use crate::{
    cli::{Input, UsageError},
    files, terminal,
};

/// One fix may bring to light what another mends: an `await` in a function that must then be `async`. Nothing takes this many goes.
const MAX_GOES: usize = 20;

/// Mends a program's files until nothing more is certain. Gives the program as it is then, and adds a line for each thing done.
pub fn mended(
    input: &Input,
    prelude: &Prelude,
    format: Format,
    out: &mut String,
) -> Result<(Program, Report), UsageError> {
    for _ in 0..MAX_GOES {
        let (program, report) = files::load(input, prelude)?;
        let path_of = |id| program.sources.get(id).path.clone();
        let mended = mend(&report.diagnostics, &program.sources, |id| path_of(id).is_some());
        if mended.files.is_empty() {
            return Ok((program, report));
        }
        for (id, text) in &mended.files {
            let Some(path) = path_of(*id) else { continue };
            write(&path, text)?;
        }
        out.push_str(&render::render_done(&mended.done, &program.sources, format));
    }
    files::load(input, prelude)
}

fn write(path: &PathBuf, text: &str) -> Result<(), UsageError> {
    fs::write(path, text).map_err(|error| {
        UsageError(format!("cannot write {}: {}", path.display(), terminal::plain_error(&error)))
    })
}
