//! What `co check` and `co run` say about programs, in all their forms, and the pages of the catalogue as whole programs.

mod support;

use std::{fs, path::PathBuf};

use co_lang::diagnostic::catalogue;
use serde_json::{Value, json};
use support::{Output, co, finish};
use tempfile::TempDir;

/// A folder with files, in which `co` runs.
struct Place(TempDir);

impl Place {
    fn new(files: &[(&str, &[u8])]) -> Place {
        let place = Place(TempDir::new().expect("a folder can be made"));
        for (name, text) in files {
            let path: PathBuf = place.0.path().join(name);
            fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder can be made");
            fs::write(path, text).expect("a file can be written");
        }
        place
    }

    fn co(&self, args: &[&str], variables: &[(&str, &str)]) -> Output {
        finish(co().current_dir(self.0.path()).args(args).envs(variables.iter().copied()), "")
    }

    fn check(&self, format: &str, file: &str) -> Output {
        self.co(&["check", &format!("--message-format={format}"), file], &[])
    }
}

const LIB: &[u8] = b"async fn save(x) { await sleep(1ms); x }\nfn run() { await save(1) }\n";
const APP: &[u8] = b"import \"./lib.co\"\nprint(lib.run())\nlib.save(2)\nprint(totl)\n";

#[test]
fn json_shows_fixes_with_their_edits_in_all_files() {
    let place = Place::new(&[("app.co", APP), ("lib.co", LIB)]);
    let output = place.check("json", "app.co");
    assert_eq!((output.status, output.stderr.as_str()), (Some(2), ""));
    let objects: Vec<Value> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is an object"))
        .collect();
    let codes: Vec<&Value> = objects.iter().map(|object| &object["code"]).collect();
    assert_eq!(codes, ["E0302", "E0201", "E0301"]);
    assert_eq!(
        objects[0],
        json!({
            "code": "E0302",
            "severity": "error",
            "message": "the coroutine of `save` is never awaited",
            "file": "app.co",
            "labels": [{
                "file": "app.co", "start_byte": 35, "end_byte": 46,
                "start_line": 3, "start_column": 1, "end_line": 3, "end_column": 12,
                "message": "made here, and dropped", "primary": true,
            }],
            "notes": ["a call of an async function only makes a coroutine; nothing in it runs until it is awaited or spawned"],
            "help": [],
            "fixes": [{
                "message": "await it",
                "edits": [{ "file": "app.co", "start_byte": 35, "end_byte": 35, "text": "await " }],
            }],
        })
    );
    // One fix, whose edits stand in two files.
    assert_eq!(
        objects[2]["fixes"],
        json!([{
            "message": "make it `async`, and await its calls, in other files too",
            "edits": [
                { "file": "lib.co", "start_byte": 41, "end_byte": 41, "text": "async " },
                { "file": "app.co", "start_byte": 24, "end_byte": 24, "text": "await " },
            ],
        }])
    );
    let files: Vec<&Value> =
        objects[2]["labels"].as_array().expect("a list").iter().map(|label| &label["file"]).collect();
    assert_eq!(files, ["lib.co", "lib.co", "app.co"]);
}

#[test]
fn short_has_a_line_for_each_in_the_order_of_their_places() {
    let place = Place::new(&[("app.co", APP), ("lib.co", LIB)]);
    let wanted = "app.co:3:1: E0302: the coroutine of `save` is never awaited\n\
                  app.co:4:7: E0201: `totl` is not defined\n\
                  lib.co:2:12: E0301: `await` outside an async function\n";
    assert_eq!(place.check("short", "app.co").stdout, wanted);
    // A run says the same, on the other stream.
    let run = place.co(&["run", "--message-format=short", "app.co"], &[]);
    assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (Some(2), "", wanted));
}

#[test]
fn one_mistake_is_told_once() {
    let cases: [(&str, &[&str]); 7] = [
        // The same name again in one function, and what is computed from it.
        ("print(totl, totl)\nlet x = totl + 1\nprint(x.y)\n", &["1:7: E0201"]),
        // A name that is declared, by a line that cannot be read.
        ("let x = = 1\nprint(x)\n", &["1:9: E0111"]),
        ("fn f(x {\n    x\n}\nprint(f(1))\n", &["1:5: E0106"]),
        ("if 1 < 2:\n    print(1)\nelse:\n    print(2)\n", &["1:9: E0119"]),
        // A statement that names nothing has no other fault.
        ("begin\nprint(1)\n", &["1:1: E0201"]),
        // What comes of a function that awaits without being async.
        ("fn f() { await sleep(1ms); 1 }\nif f() { print(f() + 1) }\nf()\n", &["1:10: E0301"]),
        // Two mistakes on one line stay two.
        ("async fn f() { await sleep(1ms) }\nf(); print(f() + 1)\n", &["2:1: E0302", "2:12: E0307"]),
    ];
    for (text, wanted) in cases {
        let place = Place::new(&[("a.co", text.as_bytes())]);
        let output = place.check("short", "a.co");
        let found: Vec<&str> = output
            .stdout
            .lines()
            .map(|line| {
                line.strip_prefix("a.co:").and_then(|line| line.get(..line.find(": ")? + 7)).unwrap_or(line)
            })
            .collect();
        assert_eq!(found, wanted, "{text}");
    }
}

#[test]
fn any_text_has_its_places() {
    let cases: [(&[u8], &str); 9] = [
        (b"", ""),
        (b"# nothing", ""),
        (b"let a = 1\r\nprint(a)\r\nprint(totl)\r\n", "3:7: E0201: `totl` is not defined"),
        // Behind a byte order mark columns begin with 1.
        (b"\xef\xbb\xbfprint(totl)\n", "1:7: E0201: `totl` is not defined"),
        (b"\xef\xbb\xbfprint(1)\nprint(totl)", "2:7: E0201: `totl` is not defined"),
        // Columns count characters: a tab is one, a wide one too, a combining one too.
        ("\tlet x = \"日本e\u{301}\"; print(x, totl)\n".as_bytes(), "1:27: E0201: `totl` is not defined"),
        (b"print(1)\nlet x =", "2:8: E0111: expected an expression, found the end of the file"),
        (b"let xs = [1,\n2", "1:10: E0106: `[` is not closed"),
        (b"print(1\0)\n", "1:8: E0101: U+0000 has no meaning here"),
    ];
    for (text, wanted) in cases {
        let place = Place::new(&[("a.co", text)]);
        let output = place.check("short", "a.co");
        let shown = String::from_utf8_lossy(text);
        let found = output.stdout.trim_end().strip_prefix("a.co:").unwrap_or("");
        assert_eq!(found, wanted, "{shown:?}");
        assert_eq!(output.status, Some(if wanted.is_empty() { 0 } else { 2 }), "{shown:?}");
        // People see the same place, and nothing that would steer their terminal.
        let page = place.check("human", "a.co").stdout;
        let place = wanted.split(": ").next().unwrap_or("");
        assert!(wanted.is_empty() || page.contains(&format!("[ a.co:{place} ]")), "{page}");
        assert!(!page.contains(['\0', '\r', '\t', '\u{feff}', '\u{1b}']), "{page:?}");
    }
}

#[test]
fn marks_stand_under_what_they_mean() {
    let place = Place::new(&[("a.co", "\u{feff}\tlet x = \"日本e\u{301}\"; print(x,\ttotl)\r\n".as_bytes())]);
    let page = place.check("human", "a.co").stdout;
    let lines: Vec<&str> = page.lines().collect();
    let source = lines.iter().position(|line| line.contains("totl)")).expect("the line is shown");
    // Columns of the terminal in front: wide characters take two, the accent none.
    let width = |text: &str| -> usize {
        text.chars().map(|c| if matches!(c, '日' | '本') { 2 } else { usize::from(c != '\u{301}') }).sum()
    };
    let in_front = |line: usize, sign: &str| lines[line].split_once(sign).map(|(before, _)| width(before));
    assert_eq!(in_front(source, "totl"), in_front(source + 1, "┬"), "{page}");
}

#[test]
fn a_line_of_twenty_thousand_columns_is_cut() {
    let items: Vec<String> = (0..4000).map(|item| item.to_string()).collect();
    let text = format!("let xs = [{}, nme]\nprint(xs)\n", items.join(", "));
    let place = Place::new(&[("a.co", text.as_bytes())]);
    for width in [40, 80, 120] {
        let page = place.co(&["check", "a.co"], &[("COLUMNS", &width.to_string())]).stdout;
        assert!(page.contains("a.co:1:22901") && page.contains(", nme]"), "{page}");
        assert!(page.lines().all(|line| line.chars().count() <= width), "{page}");
    }
}

#[test]
fn colours_and_width_are_those_of_the_terminal() {
    let place = Place::new(&[("app.co", APP), ("lib.co", LIB)]);
    let plain = place.co(&["check", "app.co"], &[]);
    assert!(!plain.stdout.contains('\x1b'));
    let coloured = place.co(&["check", "app.co"], &[("CLICOLOR_FORCE", "1")]);
    assert!(coloured.stdout.contains("\x1b[31m"));
    let mut bare = String::new();
    let mut rest = coloured.stdout.as_str();
    while let Some((before, behind)) = rest.split_once('\x1b') {
        bare.push_str(before);
        rest = behind.split_once('m').map_or("", |(_, rest)| rest);
    }
    bare.push_str(rest);
    assert_eq!(bare, plain.stdout);
    let both = place.co(&["check", "app.co"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]);
    assert_eq!(both.stdout, plain.stdout);
    for width in [40, 60, 100] {
        let page = place.co(&["check", "app.co"], &[("COLUMNS", &width.to_string())]).stdout;
        assert!(page.lines().all(|line| line.chars().count() <= width), "{width}: {page}");
    }
}

/// The files of a page's program, written as one text.
fn files(program: &str) -> Vec<(String, String)> {
    let mut files = vec![("main.co".to_string(), String::new())];
    for line in program.lines() {
        match (line.strip_prefix("# file: "), files.last_mut()) {
            (Some(name), _) => files.push((name.to_string(), String::new())),
            (None, Some((_, text))) => text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    files
}

/// What only very large programs do, and what depends on when memory is collected.
const NO_SMALL_PROGRAM: [&str; 2] = ["E0216", "W0422"];

/// Codes that a run tells only when it is asked to.
fn flags(code: &str) -> &'static [&'static str] {
    if code == "W0421" { &["--warn-blocking"] } else { &[] }
}

#[test]
fn programs_of_the_catalogue_do_what_their_pages_say() {
    let mut unexpected = Vec::new();
    for page in catalogue::all() {
        for (program, is_wrong) in [(page.wrong, true), (page.right, false)] {
            if program.is_empty() {
                let code = page.code.text();
                assert!(is_wrong && NO_SMALL_PROGRAM.contains(&code), "{code} has no program");
                continue;
            }
            let files = files(program);
            let files: Vec<(&str, &[u8])> =
                files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
            let place = Place::new(&files);
            let mut args = vec!["run", "--virtual-time", "--message-format=json"];
            args.extend(flags(page.code.text()));
            args.push("main.co");
            let output = place.co(&args, &[]);
            let mut codes: Vec<String> = output
                .stderr
                .lines()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok())
                .filter_map(|object| object["code"].as_str().map(str::to_string))
                .collect();
            codes.dedup();
            let wanted: Vec<String> = if is_wrong { vec![page.code.to_string()] } else { vec![] };
            let fails = is_wrong && page.code.text().starts_with('E');
            if codes != wanted || (output.status != Some(0)) != fails {
                unexpected.push(format!(
                    "{}: {codes:?} and status {:?} of\n{program}{}",
                    page.code, output.status, output.stderr
                ));
            }
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
}
