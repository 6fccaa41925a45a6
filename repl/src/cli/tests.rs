//! Command lines and what is made of them.

use std::ffi::OsString;

use super::*;

fn read(line: &str) -> Result<Invocation, UsageError> {
    parse(line.split_whitespace().map(OsString::from))
}

fn run(line: &str) -> Run {
    match read(line) {
        Ok(Invocation::Run(run)) => run,
        other => panic!("{line}: {other:?}"),
    }
}

fn complaint(line: &str) -> String {
    match read(line) {
        Err(UsageError(text)) => text,
        Ok(other) => panic!("{line}: {other:?}"),
    }
}

#[test]
fn what_follows_the_file_is_the_scripts() {
    for line in
        ["main.co -5 --help run -- x", "run main.co -5 --help run -- x", "-- main.co -5 --help run -- x"]
    {
        let run = run(line);
        assert_eq!(run.input, Input::File("main.co".into()), "{line}");
        assert_eq!(run.args, ["-5", "--help", "run", "--", "x"], "{line}");
        assert!(!run.virtual_time);
    }
    assert_eq!(run("-- -odd.co -").args, ["-"]);
}

#[test]
fn what_follows_the_code_is_the_scripts() {
    for line in ["-e nil -e x --help", "run -e nil -e x --help", "-enil -e x --help"] {
        let run = run(line);
        assert_eq!(run.input, Input::Code("nil".into()), "{line}");
        assert_eq!(run.args, ["-e", "x", "--help"], "{line}");
    }
}

#[test]
fn a_lone_dash_is_standard_input() {
    let run = run("- a -b");
    assert_eq!(run.input, Input::Stdin);
    assert_eq!(run.args, ["a", "-b"]);
}

#[test]
fn flags_stand_before_the_file() {
    for line in ["run --virtual-time --message-format=json x.co", "--virtual-time --message-format json x.co"]
    {
        let run = run(line);
        assert!(run.virtual_time, "{line}");
        assert_eq!(run.format, Format::Json, "{line}");
    }
    assert_eq!(run("x.co --virtual-time").args, ["--virtual-time"]);
}

#[test]
fn other_commands_take_flags_anywhere() {
    let check =
        Invocation::Check { files: vec!["a.co".into(), "b.co".into()], fix: false, format: Format::Short };
    assert_eq!(read("check a.co --message-format=short b.co"), Ok(check));
    let dump = Invocation::Dump { stage: Stage::Ast, input: Input::File("a.co".into()) };
    assert_eq!(read("dump a.co --stage ast"), Ok(dump));
    assert_eq!(read("explain e0301"), Ok(Invocation::Explain(vec!["e0301".into()])));
    assert_eq!(read("explain E0301 E0302"), Ok(Invocation::Explain(vec!["E0301".into(), "E0302".into()])));
    assert_eq!(read("explain"), Ok(Invocation::Explain(vec![])));
}

#[test]
fn help_is_about_the_command_that_was_named() {
    assert_eq!(read("--help"), Ok(Invocation::Help(None)));
    assert_eq!(read("-h"), Ok(Invocation::Help(None)));
    assert_eq!(read("help"), Ok(Invocation::Help(None)));
    assert_eq!(read("run --help"), Ok(Invocation::Help(Some(CommandId::Run))));
    assert_eq!(read("check -h a.co"), Ok(Invocation::Help(Some(CommandId::Check))));
    assert_eq!(read("help dump"), Ok(Invocation::Help(Some(CommandId::Dump))));
    assert_eq!(read("-V"), Ok(Invocation::Version));
    for line in ["", "repl"] {
        assert_eq!(read(line), Ok(Invocation::Repl(Repl::default())));
    }
    for line in ["-i a.co x -y", "repl -i a.co x"] {
        let Ok(Invocation::Repl(asked)) = read(line) else { panic!("{line}") };
        assert_eq!((asked.first.as_deref(), asked.args[0].as_str()), (Some("a.co"), "x"));
    }
}

#[test]
fn every_complaint_is_one_line_that_helps() {
    let complaints = [
        "--vrtual-time x.co",
        "-x",
        "run --frobnicate x.co",
        "run --version",
        "run",
        "run --virtual-time=yes x.co",
        "-e",
        "check",
        "check --message-format=xml a.co",
        "check --message-format",
        "dump a.co",
        "dump --stage=parse a.co",
        "dump --stage ast",
        "dump --stage ast a.co b.co",
        "help chekc",
    ];
    let shown: Vec<String> =
        complaints.iter().map(|line| format!("co {line}\n  {}", complaint(line))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn help_texts() {
    let mut shown = commands::overview(80);
    for command in &COMMANDS {
        shown += &format!("\n======== co help {}\n{}", command.name, commands::help(command, 80));
    }
    insta::assert_snapshot!(shown);
}

/// The README has the list of commands as a table.
#[test]
fn the_readme_tells_the_same() {
    let mut table = String::from("| | |\n| --- | --- |\n");
    for command in &COMMANDS {
        let usage: Vec<String> =
            command.usage.iter().map(|usage| format!("`{}`", format!("co {usage}").trim_end())).collect();
        table += &format!("| {} | {} |\n", usage.join("<br>"), command.summary);
    }
    let readme = include_str!("../../../README.md");
    assert!(readme.contains(&table), "README.md should contain\n{table}");
}
