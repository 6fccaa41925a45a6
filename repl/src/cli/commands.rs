//! The one list of commands and flags. Parsing, help and hints are made from it; a test compares the README's table with it.

use std::fmt::Write;

use crate::terminal;

/// What the parser makes of a command's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandId {
    Run,
    Test,
    Repl,
    Check,
    Dump,
    Explain,
    Help,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagId {
    Code,
    VirtualTime,
    RealTime,
    MessageFormat,
    Stage,
    Trace,
    Timeline,
    WarnBlocking,
    Profile,
    Filter,
    Schedules,
    Seed,
    CancelEverywhere,
    CancelAt,
    TimeLimit,
    Junit,
    Fix,
    First,
    Vi,
    Help,
    Version,
}

/// What stands on the line besides flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operands {
    /// A file and whatever follows it, which is the script's.
    Script,
    Files,
    /// Files and folders; none is the working directory.
    Paths,
    File,
    Nothing,
    /// One that may be left out.
    Word,
    /// Any number.
    Words,
}

pub struct Command {
    pub id: CommandId,
    pub name: &'static str,
    /// Behind `co `.
    pub usage: &'static [&'static str],
    /// A few words, for lists.
    pub summary: &'static str,
    /// What `--help` tells beyond the summary.
    pub details: &'static str,
    pub operands: Operands,
    pub flags: &'static [Flag],
    /// Command lines behind `co `, and what they do.
    pub examples: &'static [(&'static str, &'static str)],
}

pub struct Flag {
    pub id: FlagId,
    pub short: Option<char>,
    pub long: Option<&'static str>,
    /// The value's name; without one it is a switch.
    pub value: Option<&'static str>,
    /// The value may be left out, so it is written behind `=` only.
    pub optional: bool,
    pub help: &'static str,
}

const CODE: Flag = Flag {
    id: FlagId::Code,
    short: Some('e'),
    long: None,
    value: Some("CODE"),
    optional: false,
    help: "take the program from the command line; what follows goes to `args`",
};
const PIECE: Flag = Flag { help: "take the program from the command line", ..CODE };
const VIRTUAL_TIME: Flag = Flag {
    id: FlagId::VirtualTime,
    short: None,
    long: Some("virtual-time"),
    value: None,
    optional: false,
    help: "let the clock jump to the next timer whenever every task waits, so that sleeping takes no time",
};
const MESSAGE_FORMAT: Flag = Flag {
    id: FlagId::MessageFormat,
    short: None,
    long: Some("message-format"),
    value: Some("FORMAT"),
    optional: false,
    help: "how messages look: human (with the source), short (a line each) or json (an object a line)",
};
const STAGE: Flag = Flag {
    id: FlagId::Stage,
    short: None,
    long: Some("stage"),
    value: Some("STAGE"),
    optional: false,
    help: "tokens, ast (the syntax tree) or bytecode (what the machine runs)",
};
const TRACE: Flag = valued(
    FlagId::Trace,
    "trace",
    "FILE",
    "write what every task did and when to FILE, as a Chrome trace; open it at ui.perfetto.dev",
);
const TIMELINE: Flag = Flag {
    optional: true,
    ..valued(
        FlagId::Timeline,
        "timeline",
        "FILE.svg",
        "draw the run when it is over, a row for each task: to standard error, or as a picture to FILE.svg",
    )
};
const WARN_BLOCKING: Flag = Flag {
    optional: true,
    ..valued(
        FlagId::WarnBlocking,
        "warn-blocking",
        "STEPS",
        "name tasks that turn STEPS loops and call STEPS functions without an `await` (100000 if not said)",
    )
};
const PROFILE: Flag = Flag {
    optional: true,
    ..valued(
        FlagId::Profile,
        "profile",
        "FILE",
        "tell where the time went when the run is over, by functions, lines and tasks; stacks for a flame graph go to FILE (co-profile.folded if not said)",
    )
};
const FILTER: Flag = valued(
    FlagId::Filter,
    "filter",
    "TEXT",
    "run the tests with TEXT in their names only; may be given several times",
);
const SCHEDULES: Flag = valued(
    FlagId::Schedules,
    "schedules",
    "N",
    "run each test N times, with ready tasks and equal deadlines in orders by chance",
);
const SEED: Flag = valued(
    FlagId::Seed,
    "seed",
    "S",
    "the first of these orders is number S; without --schedules the only one",
);
const CANCEL_EVERYWHERE: Flag = switch(
    FlagId::CancelEverywhere,
    "cancel-everywhere",
    "run each test again and again, cancelled at its first, second, … last wait, and see that it cleans up",
);
const CANCEL_AT: Flag = valued(FlagId::CancelAt, "cancel-at", "K", "cancel each test at its K-th wait");
const TIME_LIMIT: Flag = valued(
    FlagId::TimeLimit,
    "time-limit",
    "SECONDS",
    "how long a test may take on the wall clock before it fails (60 if not said)",
);
const FIX: Flag = switch(
    FlagId::Fix,
    "fix",
    "change the files where it is certain what is meant, such as a missing `await`, and say what was changed",
);
const JUNIT: Flag = valued(FlagId::Junit, "junit", "FILE", "write the results to FILE as JUnit XML");
const REAL_TIME: Flag = switch(
    FlagId::RealTime,
    "real-time",
    "let the tests wait for their timers; without it the clock is virtual",
);
pub const HELP: Flag = Flag { short: Some('h'), ..switch(FlagId::Help, "help", "print this help") };
pub const VERSION: Flag =
    Flag { short: Some('V'), ..switch(FlagId::Version, "version", "print the version") };

pub const FIRST: Flag = Flag {
    id: FlagId::First,
    short: Some('i'),
    long: None,
    value: Some("FILE"),
    optional: false,
    help: "run a file first, and keep its names",
};
const VI: Flag =
    switch(FlagId::Vi, "vi", "edit lines as vi does (also by `set editing-mode vi` in ~/.inputrc)");
const fn switch(id: FlagId, long: &'static str, help: &'static str) -> Flag {
    Flag { id, short: None, long: Some(long), value: None, optional: false, help }
}

const fn valued(id: FlagId, long: &'static str, value: &'static str, help: &'static str) -> Flag {
    Flag { value: Some(value), ..switch(id, long, help) }
}

pub static COMMANDS: [Command; 7] = [
    Command {
        id: CommandId::Run,
        name: "run",
        usage: &["run [FLAGS] FILE [args…]", "FILE [args…]", "-e CODE [args…]", "- [args…]"],
        summary: "run a script; `co FILE` is the same, `-` reads the script from standard input",
        details: "The script is checked first: with an error nothing runs, warnings are shown and it runs. Everything after \
                  FILE goes to `args`, also what looks like a flag. Ctrl-C cancels the program, so that `finally` and \
                  `defer` run; a second one ends it at once.\n\n\
                  Exit status: 0; 1 after an uncaught error; 2 if nothing was run; 3 after a deadlock; n after exit(n); 130 \
                  after Ctrl-C; 141 if the reader of the output has gone away.",
        operands: Operands::Script,
        flags: &[CODE, VIRTUAL_TIME, TIMELINE, TRACE, WARN_BLOCKING, PROFILE, MESSAGE_FORMAT, HELP],
        examples: &[
            ("kitchen.co", "run a script"),
            ("run --virtual-time kitchen.co", "run it without waiting for its timers"),
            ("run --timeline kitchen.co", "see what its tasks did when"),
            ("greet.co Ada --loud", "`args` is [\"Ada\", \"--loud\"]"),
            ("-e 'print(1 + 2)'", "run a line of code"),
        ],
    },
    Command {
        id: CommandId::Repl,
        name: "repl",
        usage: &["repl [FLAGS]", ""],
        summary: "evaluate what is typed, while tasks run behind the prompt; `co` alone is the same",
        details: "Statements may span lines: the prompt waits until they are complete. `_` is the last value, `await` and \
                  `spawn` may stand anywhere, and tasks go on while you type. `:help` lists the commands of the prompt: \
                  among them `:tasks`, `:why TASK` and `:doc NAME`. Ctrl-C cancels what is being evaluated, Ctrl-D leaves.\n\n\
                  If standard input is no terminal, statements are read from there and results are printed without prompts \
                  and colours; the exit status is 1 if the last statement failed.",
        operands: Operands::Nothing,
        flags: &[FIRST, VIRTUAL_TIME, VI, HELP],
        examples: &[("", "start a session"), ("-i util.co", "run a file first, and go on with its names")],
    },
    Command {
        id: CommandId::Test,
        name: "test",
        usage: &["test [FLAGS] [PATH…]"],
        summary: "run the `test` blocks and doc examples of files and folders",
        details: "A PATH is a file, a folder with all the .co files below it, or FILE:LINE for the one test there; without \
                  one it is the working directory. Each test runs in a program of its own: first the file's top \
                  level, then the test, under the virtual clock. What it prints is shown only if it fails. It fails \
                  with an uncaught error, also of a task that it left behind, after a deadlock, if a coroutine was \
                  never awaited, and by exit(n).\n\n\
                  An order by chance is decided by its number alone, so a failure can be repeated: the line to do so \
                  is printed.\n\n\
                  Exit status: 0 if all tests passed; 1 if one failed; 2 if something could not be run.",
        operands: Operands::Paths,
        flags: &[
            FILTER,
            SCHEDULES,
            SEED,
            CANCEL_EVERYWHERE,
            CANCEL_AT,
            TIME_LIMIT,
            REAL_TIME,
            JUNIT,
            MESSAGE_FORMAT,
            HELP,
        ],
        examples: &[
            ("test", "run all tests below the working directory"),
            ("test bank.co --filter transfer", "run those with `transfer` in their names"),
            ("test --schedules 100", "look for mistakes that show in some orders only"),
            ("test --cancel-everywhere", "look for clean-up that is missing"),
        ],
    },
    Command {
        id: CommandId::Check,
        name: "check",
        usage: &["check [FLAGS] FILE…"],
        summary: "report errors and warnings without running anything",
        details: "Files that are imported are checked, too. The messages go to standard output. Exit status: 0 if there is \
                  no error, else 2.",
        operands: Operands::Files,
        flags: &[MESSAGE_FORMAT, FIX, HELP],
        examples: &[
            ("check main.co", "look for mistakes"),
            ("check --fix main.co", "mend what can be mended with certainty, and report the rest"),
            ("check --message-format=short *.co", "a line for each, as editors and grep want it"),
        ],
    },
    Command {
        id: CommandId::Dump,
        name: "dump",
        usage: &["dump --stage=STAGE FILE", "dump --stage=STAGE -e CODE"],
        summary: "print what a stage of the way from text to machine code makes of a file",
        details: "",
        operands: Operands::File,
        flags: &[STAGE, PIECE, HELP],
        examples: &[
            ("dump --stage=bytecode main.co", "the listing of a file's functions"),
            ("dump --stage=ast -e '1 + 2 * 3'", "the syntax tree of a line"),
        ],
    },
    Command {
        id: CommandId::Explain,
        name: "explain",
        usage: &["explain [CODE…]"],
        summary: "explain an error's code, with a wrong and a right program; without a code, list them all",
        details: "",
        operands: Operands::Words,
        flags: &[HELP],
        examples: &[("explain E0301", "why `await` stands in async functions only")],
    },
    Command {
        id: CommandId::Help,
        name: "help",
        usage: &["help [COMMAND]"],
        summary: "tell more about a command",
        details: "",
        operands: Operands::Word,
        flags: &[HELP],
        examples: &[],
    },
];

/// The commands that make a whole line when nothing but a flag is given.
pub const ROOT_FLAGS: [Flag; 2] = [HELP, VERSION];

pub fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

pub fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name)
}

/// What `co --help` prints.
pub fn overview(width: usize) -> String {
    let mut out =
        String::from("Co, a small language for programs that wait for many things at once.\n\nUsage:\n");
    for usage in [""].iter().chain(run_command().usage.iter().skip(1)).chain(&["COMMAND …"]) {
        let _ = writeln!(out, "{}", format!("  co {usage}").trim_end());
    }
    out.push_str("\nCommands:\n");
    let rows: Vec<_> = COMMANDS.iter().map(|command| (command.name.to_string(), command.summary)).collect();
    columns(&rows, width, &mut out);
    out.push_str("\nFlags:\n");
    let flags =
        run_command().flags.iter().filter(|flag| flag.id != FlagId::Help).chain([&FIRST]).chain(&ROOT_FLAGS);
    columns(&flags.map(flag_row).collect::<Vec<_>>(), width, &mut out);
    examples(run_command(), width, &mut out);
    out.push_str("\n`co help COMMAND` tells more about a command.\n");
    out
}

/// What `co COMMAND --help` prints.
pub fn help(command: &Command, width: usize) -> String {
    let mut out = String::new();
    terminal::fill(&sentence(command.summary), width, 0, &mut out);
    out.push_str("\nUsage:\n");
    for usage in command.usage {
        let _ = writeln!(out, "{}", format!("  co {usage}").trim_end());
    }
    out.push_str("\nFlags:\n");
    columns(&command.flags.iter().map(flag_row).collect::<Vec<_>>(), width, &mut out);
    examples(command, width, &mut out);
    for paragraph in command.details.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        out.push('\n');
        terminal::fill(paragraph, width, 0, &mut out);
    }
    out
}

fn run_command() -> &'static Command {
    &COMMANDS[0]
}

/// The flag as it is written: `--message-format`, `-e`.
pub fn flag_name(flag: &Flag) -> String {
    match (flag.long, flag.short) {
        (Some(long), _) => format!("--{long}"),
        (None, Some(short)) => format!("-{short}"),
        (None, None) => String::new(),
    }
}

fn flag_row(flag: &Flag) -> (String, &'static str) {
    let mut name = match (flag.short, flag.long) {
        (Some(short), Some(long)) => format!("-{short}, --{long}"),
        _ => flag_name(flag),
    };
    if let Some(value) = flag.value {
        let _ = match (flag.long, flag.optional) {
            (Some(_), true) => write!(name, "[={value}]"),
            (Some(_), false) => write!(name, "={value}"),
            (None, _) => write!(name, " {value}"),
        };
    }
    (name, flag.help)
}

fn examples(command: &Command, width: usize, out: &mut String) {
    if command.examples.is_empty() {
        return;
    }
    out.push_str("\nExamples:\n");
    let rows: Vec<_> = command
        .examples
        .iter()
        .map(|(line, what)| (format!("co {line}").trim_end().to_string(), *what))
        .collect();
    columns(&rows, width, out);
}

fn columns(rows: &[(String, &str)], width: usize, out: &mut String) {
    let left = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, text) in rows {
        let padding = left - name.chars().count();
        let _ = write!(out, "  {name}{:padding$}  ", "");
        let mut filled = String::new();
        terminal::fill(text, width, left + 4, &mut filled);
        out.push_str(filled.trim_start());
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map_or_else(String::new, |first| first.to_uppercase().collect());
    format!("{first}{}.", chars.as_str())
}
