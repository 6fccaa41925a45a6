//! Golden reports. Each was looked at as it appears before it was accepted.

use super::*;
use crate::{
    diagnostic::{Code, Edit},
    source::Source,
};

const WIDTHS: [usize; 3] = [60, 80, 120];

/// The `at`-th place (from 0) where a text stands.
fn find(sources: &SourceMap, source: SourceId, text: &str, at: usize) -> Span {
    let start = sources.get(source).text.match_indices(text).nth(at).expect("the text occurs").0 as u32;
    Span::new(start, start + text.len() as u32)
}

fn one(text: &str) -> (SourceMap, SourceId) {
    let mut sources = SourceMap::default();
    let id = sources.add(Source::new("main.co", None, text));
    (sources, id)
}

fn plain(width: usize) -> Options {
    Options { color: false, width, format: Format::Human }
}

/// The report at each of the widths.
fn at_widths(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let shown = |width| {
        format!("{}\n{}", "=".repeat(width), render(std::slice::from_ref(diagnostic), sources, plain(width)))
    };
    WIDTHS.map(shown).join("")
}

#[test]
fn two_labels_note_help_and_change() {
    let (sources, id) = one("let count = 0\nfor x in [1, 2] {\n    count += x\n}\nprint(count)\n");
    let at = find(&sources, id, "count", 1);
    let first = find(&sources, id, "let", 0);
    let diagnostic = Diagnostic::new(
        Code::ASSIGNED_CONSTANT,
        "`count` cannot be assigned",
        id,
        at,
        "assigned here",
    )
    .label(id, find(&sources, id, "count", 0), "declared with `let`, so it keeps its value")
    .note("`let` binds a name once, so that a reader need not look for changes further down in the program")
    .help("declare it with `var` if it is to change")
    .fix(
        "declare it with `var`",
        vec![Edit { location: Location { source: id, span: first }, text: "var".into() }],
    );
    insta::assert_snapshot!(at_widths(&diagnostic, &sources));
}

#[test]
fn tabs_wide_and_combining_characters_line_up() {
    let (sources, id) =
        one("if ok {\n\tlet名\u{301}前 = \"日本語\" +\tünïcode\n\tprint(\"👩 e\u{301}\", nme)\n}\n");
    let diagnostic = Diagnostic::new(
        Code::UNDEFINED_NAME,
        "`nme` is not defined",
        id,
        find(&sources, id, "nme", 0),
        "here",
    )
    .label(id, find(&sources, id, "ünïcode", 0), "umlauts")
    .label(id, find(&sources, id, "\"日本語\"", 0), "wide");
    insta::assert_snapshot!(at_widths(&diagnostic, &sources));
}

#[test]
fn a_long_line_is_cut_around_its_labels() {
    let items = (0..400).map(|i| format!("item{i}")).collect::<Vec<_>>().join(", ");
    let (sources, id) = one(&format!("let a = 1\nlet all = [{items}]\nprint(all)\n"));
    let at = find(&sources, id, "item200", 0);
    let diagnostic =
        Diagnostic::new(Code::UNDEFINED_NAME, "`item200` is not defined", id, at, "not declared").fix(
            "did you mean `item2000`?",
            vec![Edit { location: Location { source: id, span: at }, text: "item2000".into() }],
        );
    insta::assert_snapshot!(at_widths(&diagnostic, &sources));
}

#[test]
fn a_label_over_several_lines() {
    let (sources, id) = one(
        "async fn main() {\n    scope {\n        spawn a()\n        spawn b()\n        spawn c()\n    }\n}\n",
    );
    let block =
        find(&sources, id, "scope {\n        spawn a()\n        spawn b()\n        spawn c()\n    }\n", 0);
    let diagnostic =
        Diagnostic::new(Code::MISPLACED_ASYNC, "`scope` without `await`", id, block, "waits for its tasks")
            .label(id, find(&sources, id, "async fn main()", 0), "inside this function");
    insta::assert_snapshot!(at_widths(&diagnostic, &sources));
}

#[test]
fn labels_in_two_files() {
    let (mut sources, main) = one("import \"./util.co\"\nprint(util._limit)\n");
    let util = sources.add(Source::new("util.co", None, "# helpers\nlet _limit = 10\n"));
    let diagnostic = Diagnostic::new(
        Code::PRIVATE_NAME,
        "`_limit` is private to util",
        main,
        find(&sources, main, "_limit", 0),
        "used outside its file",
    )
    .label(util, find(&sources, util, "_limit", 0), "declared here");
    insta::assert_snapshot!(at_widths(&diagnostic, &sources));
}

#[test]
fn at_the_end_of_the_text() {
    let (sources, id) = one("let x = [1,\n2");
    let end = sources.get(id).text.len() as u32;
    let diagnostic = Diagnostic::new(
        Code::UNDEFINED_NAME,
        "the file ends too early",
        id,
        Span::new(end, end),
        "`]` is missing here",
    )
    .label(id, find(&sources, id, "[", 0), "opened here");
    let (empty, nothing) = one("");
    let other = Diagnostic::new(Code::UNDEFINED_NAME, "nothing here", nothing, Span::new(0, 0), "empty");
    insta::assert_snapshot!(format!("{}\n{}", at_widths(&diagnostic, &sources), at_widths(&other, &empty)));
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let (sources, id) = one("print(\u{1b}[31m, \u{202e}x, a\rb\u{2028}c)\nlet y = z\n");
    let first = Diagnostic::new(Code::UNDEFINED_NAME, "`x`", id, find(&sources, id, "x", 0), "here");
    let second = Diagnostic::new(Code::UNDEFINED_NAME, "`z`", id, find(&sources, id, "z", 0), "second line");
    let shown = render(&[first, second], &sources, plain(80));
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}') && !shown.contains('\r'));
    insta::assert_snapshot!(shown);
}

#[test]
fn colours_are_distinct_and_only_on_request() {
    let (sources, id) = one("let count = 0\ncount = 1\n");
    let diagnostic = Diagnostic::new(Code::ASSIGNED_CONSTANT, "no", id, find(&sources, id, "count", 1), "a")
        .label(id, find(&sources, id, "count", 0), "b")
        .label(id, find(&sources, id, "0", 0), "c");
    let shown = render(std::slice::from_ref(&diagnostic), &sources, Options { color: true, ..plain(80) });
    insta::assert_snapshot!(shown.replace('\u{1b}', "^"));
    assert!(!render(&[diagnostic], &sources, plain(80)).contains('\u{1b}'));
}

#[test]
fn short_and_json_are_sorted_and_folded() {
    let (sources, id) = one("let é = \"a\tb\"\nprint(zz)\n");
    let at = find(&sources, id, "zz", 0);
    let late = Diagnostic::new(Code::UNDEFINED_NAME, "`zz` is not\ndefined", id, at, "here")
        .note("a \"note\"")
        .help("back\\slash")
        .fix("change", vec![Edit { location: Location { source: id, span: at }, text: "é\u{1}".into() }]);
    let early = Diagnostic::new(Code::NO_EFFECT, "early", id, find(&sources, id, "= \"a\tb\"", 0), "")
        .label(id, at, "there");
    let all = [late.clone(), early, late];
    for format in [Format::Short, Format::Json] {
        insta::assert_snapshot!(render(&all, &sources, Options { format, ..plain(80) }));
    }
    assert_eq!(summary(&all), "2 errors, 1 warning");
}

#[test]
fn a_run_time_error_with_its_calls() {
    let (sources, id) = one(
        "fn divide(a, b) {\n    a // b\n}\nasync fn work(n) {\n    divide(n, 0)\n}\nlet t = spawn work(1)\nawait t\n",
    );
    let frame = |link, function: Option<&str>, text, at| Frame {
        link,
        function: function.map(str::to_string),
        location: Some(Location { source: id, span: find(&sources, id, text, at) }),
    };
    let mut report = RuntimeReport::new(Code::DIVISION_BY_ZERO, "division of 1 by zero");
    report.location = Some(Location { source: id, span: find(&sources, id, "a // b", 0) });
    report.label = "`b` is 0".into();
    report.frames = vec![
        frame(Link::Call, Some("divide"), "a // b", 0),
        frame(Link::Call, Some("work"), "divide(n, 0)", 0),
        frame(Link::Spawned("work#1".into()), None, "spawn work(1)", 0),
        frame(Link::AwaitedBy("main".into()), None, "await t", 0),
    ];
    let mut cause = RuntimeReport::new(Code::KEY_ERROR, "no key \"b\"");
    cause.notes.push("while reading the settings".into());
    report.cause = Some(Box::new(cause));
    let shown = render_runtime(&report, &sources, plain(80));
    let call = frame(Link::Call, Some("divide"), "a // b", 0);
    let other = frame(Link::Call, Some("work"), "divide(n, 0)", 0);
    report.frames = (0..50_000).flat_map(|_| [call.clone(), other.clone()]).collect();
    report.frames.extend(std::iter::repeat_n(other, 1000));
    report.cause = None;
    let deep = render_runtime(&report, &sources, plain(80));
    let json = render_runtime(&report, &sources, Options { format: Format::Json, ..plain(80) });
    let short = render_runtime(&report, &sources, Options { format: Format::Short, ..plain(80) });
    insta::assert_snapshot!(format!("{shown}\n{deep}\n{json}\n{short}"));
}

#[test]
fn a_crowded_line_does_not_bury_the_rest() {
    let (sources, id) = one(&format!("{}\nlast\n", "x ".repeat(3000)));
    let mut all: Vec<Diagnostic> = (0..3000)
        .map(|at| Diagnostic::new(Code::UNDEFINED_NAME, "`x`", id, Span::new(at * 2, at * 2 + 1), "here"))
        .collect();
    all.push(Diagnostic::new(Code::UNDEFINED_NAME, "`last`", id, find(&sources, id, "last", 0), "here"));
    let shown = render(&all, &sources, plain(80));
    assert_eq!(shown.matches("Error").count(), 21);
    assert!(shown.starts_with("main.co:1: the first 20 reports of 3000\n"));
    let short = render(&all, &sources, Options { format: Format::Short, ..plain(80) });
    assert_eq!(short.lines().count(), 3001);
}

#[test]
fn a_text_too_long_for_its_line_becomes_a_note() {
    let (sources, id) = one("async fn f() { 1 }\nlet r = await all([f(), f()])\nprint(r)\n");
    let at = find(&sources, id, "await all([f(), f()])", 0);
    let long = "task 1 (main) waits here for `all` of task 2 (f), task 3 (f), task 4 (f), task 5 (f)";
    let diagnostic = Diagnostic::new(Code::DEADLOCK, "every task waits", id, at, long);
    let shown = render(std::slice::from_ref(&diagnostic), &sources, plain(80));
    assert!(shown.contains("see note") && shown.contains("Note: line 2: task 1 (main)"), "{shown}");
    // All of the place is underlined, and nothing runs over the edge.
    let underlined = shown
        .lines()
        .any(|line| line.matches('─').count() == (at.end - at.start) as usize - 1 && line.contains('┬'));
    assert!(underlined, "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    // Where there is room, the text stands at its place.
    assert!(!render(std::slice::from_ref(&diagnostic), &sources, plain(140)).contains("see note"));
}

#[test]
fn places_inside_each_other_are_drawn_apart() {
    let (sources, id) =
        one("async fn add() {\n    total = total + await price(n)\n    x = f(await g(), 1)\n}\n");
    let span = |text| find(&sources, id, text, 0);
    let first =
        Diagnostic::new(Code::RACE, "may have changed", id, span("total = total + await price(n)"), "writes")
            .label(id, find(&sources, id, "total", 1), "read first")
            .label(id, span("await price(n)"), "waits");
    // Of the outer place only its bracket is left.
    let second = Diagnostic::new(Code::RACE, "adjacent", id, span("(await g(), 1)"), "outer").label(
        id,
        span("await g()"),
        "inner",
    );
    insta::assert_snapshot!(at_widths(&first, &sources) + &at_widths(&second, &sources));
}

#[test]
fn a_change_is_shown_whole_where_that_is_possible() {
    let deep = "                print(load(first), load(second).trim())";
    let (sources, id) = one(&format!("fn main() {{\n{deep}\n}}\n"));
    let edit = |text: &str, new: &str| Edit {
        location: Location { source: id, span: find(&sources, id, text, 0).before() },
        text: new.into(),
    };
    let edits = vec![edit("load(first)", "await "), edit("load(second)", "(await "), edit(".trim", ")")];
    let diagnostic = Diagnostic::new(
        Code::COROUTINE_AS_VALUE,
        "no result",
        id,
        find(&sources, id, "load(first)", 0),
        "here",
    )
    .fix("await them", edits);
    let narrow = render(std::slice::from_ref(&diagnostic), &sources, plain(40));
    assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
    insta::assert_snapshot!(format!("{narrow}\n{}", at_widths(&diagnostic, &sources)));
}

#[test]
fn a_long_path_in_a_note_is_broken_where_folders_end() {
    let (mut sources, main) = one("import \"./a.co\"\nprint(a.x)\n");
    let name = "packages/accounting/reports/monthly/overview.co";
    let other = sources.add(Source::new(name, None, "let a_very_long_name_of_a_variable = 1\n"));
    let diagnostic =
        Diagnostic::new(Code::PRIVATE_NAME, "private", main, find(&sources, main, "a.x", 0), "here").label(
            other,
            find(&sources, other, "a_very_long_name_of_a_variable", 0),
            "declared here, for the use of this file alone",
        );
    let shown = render(&[diagnostic], &sources, plain(40));
    assert!(
        shown.lines().filter(|line| !line.contains("─[")).all(|line| line.chars().count() <= 40),
        "{shown}"
    );
    insta::assert_snapshot!(shown);
}
