//! A generated program of 100,000 lines that uses most of the language, in each language that has a unit to repeat: `co check`
//! and its peers read it, `co` and its peers also make code of it and run it (which only declares functions).

use super::programs;
use std::{fs, path::PathBuf};

const LINES: usize = 100_000;

/// The generated file for an extension; written when it is not there.
pub fn file(extension: &str) -> Option<PathBuf> {
    let path = programs::output_folder().join(format!("front_end.{extension}"));
    if path.exists() {
        return Some(path);
    }
    let folder = programs::folder();
    let unit = match extension {
        "co" | "lua" => folder.join("../../lang/examples").join(format!("front_end_unit.{extension}")),
        _ => folder.join("programs").join(format!("front_end_unit.{extension}")),
    };
    let unit = fs::read_to_string(unit).ok()?;
    // The units of the front end's own bench end with calls; here nothing but declarations runs.
    let unit: String =
        unit.lines().filter(|line| !line.contains("accountNN")).flat_map(|line| [line, "\n"]).collect();
    let per_unit = unit.lines().count();
    let text: String =
        (0..LINES.div_ceil(per_unit)).map(|index| unit.replace("NN", &index.to_string())).collect();
    fs::create_dir_all(path.parent()?).ok()?;
    fs::write(&path, text).ok()?;
    Some(path)
}
