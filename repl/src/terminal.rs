//! The process's streams as people see them: colours, width, and writing that never panics.

use std::io::{self, IsTerminal, Write};

use co_lang::diagnostic::render::{Format, Options};

/// Assumed where there is no terminal to ask.
const WIDTH: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

impl Stream {
    fn is_terminal(self) -> bool {
        match self {
            Stream::Out => io::stdout().is_terminal(),
            Stream::Err => io::stderr().is_terminal(),
        }
    }

    /// By <https://no-color.org> and <https://bixense.com/clicolors>: `NO_COLOR` forbids, `CLICOLOR_FORCE` wants,
    /// otherwise a terminal that can gets colours.
    pub fn has_color(self) -> bool {
        if anstyle_query::no_color() {
            return false;
        }
        let wanted = anstyle_query::clicolor() != Some(false) && anstyle_query::term_supports_ansi_color();
        let forced =
            anstyle_query::clicolor_force() && std::env::var_os("CLICOLOR_FORCE") != Some("0".into());
        forced || (wanted && self.is_terminal())
    }

    pub fn width(self) -> usize {
        let size = match self {
            Stream::Out => terminal_size::terminal_size_of(io::stdout()),
            Stream::Err => terminal_size::terminal_size_of(io::stderr()),
        };
        let told = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        size.map(|(width, _)| usize::from(width.0)).or_else(told).unwrap_or(WIDTH)
    }

    /// How reports look on this stream.
    pub fn rendering(self, format: Format) -> Options {
        match format {
            Format::Human => Options { color: self.has_color(), width: self.width(), format },
            Format::Short | Format::Json => Options { color: false, width: WIDTH, format },
        }
    }
}

/// Writes a command's result to standard output. Gives the exit status: 141 if nobody reads it any more.
pub fn print(text: &str, status: u8) -> u8 {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => status,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 141,
        Err(error) => {
            complain(&format!("cannot write to standard output: {}", plain_error(&error)));
            1
        }
    }
}

/// Writes to standard error. There is nobody left to tell if that fails.
pub fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// One line about what was wrong with the command line or a file.
pub fn complain(line: &str) {
    tell(&format!("co: {line}\n"));
}

/// A system's error without its number.
pub fn plain_error(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// Breaks a paragraph at blanks, with every line but the first indented.
pub fn fill(text: &str, width: usize, indent: usize, out: &mut String) {
    let indent = " ".repeat(indent);
    let options =
        textwrap::Options::new(width.clamp(40, 100)).subsequent_indent(&indent).initial_indent(&indent);
    out.push_str(&textwrap::fill(text, options.break_words(false)));
    out.push('\n');
}
