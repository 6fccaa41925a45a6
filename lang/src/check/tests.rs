//! The whole front end over the programs of the reference's test suite and the examples: what they say they expect, and
//! nothing else.

use std::path::{Path, PathBuf};

use crate::{
    diagnostic::{Code, fix},
    modules::{Entry, LoadError, SourceLoader, load_program},
    testing,
};

struct Disk;

impl SourceLoader for Disk {
    fn resolve(&self, from: Option<&Path>, text: &str) -> Result<PathBuf, LoadError> {
        let folder = from.and_then(Path::parent).unwrap_or(Path::new("/"));
        Ok(testing::normal(&folder.join(text)))
    }

    fn load(&self, path: &Path) -> Result<String, LoadError> {
        std::fs::read_to_string(path).map_err(|error| LoadError { message: error.to_string() })
    }
}

pub(super) fn programs(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let private = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('_'));
        if path.is_dir() && !private {
            programs(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "co") {
            into.push(path);
        }
    }
}

/// Codes that are reported before the run, with their lines.
fn expected(text: &str) -> Vec<String> {
    let mut all: Vec<(usize, String)> = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        for marker in ["# expect error: ", "# expect warning: "] {
            for part in content.split(marker).skip(1) {
                let code = part.split_whitespace().next().unwrap_or("");
                if !code.starts_with("E04") {
                    all.push((line, format!("{code} {line}")));
                }
            }
        }
    }
    all.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn the_suite_gets_what_it_expects() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut all = Vec::new();
    programs(&root.join("spec/tests"), &mut all);
    programs(&root.join("examples"), &mut all);
    all.sort();
    let prelude = testing::prelude();
    let mut wrong = String::new();
    for path in &all {
        // Not UTF-8, or only there to be imported.
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let name = path.to_string_lossy();
        let (program, report) = load_program(Entry::File(&name), &Disk, &prelude).expect("it can be read");
        let of_main = |diagnostic: &&crate::diagnostic::Diagnostic| diagnostic.primary().source.0 == 0;
        let found: Vec<_> = report.diagnostics.iter().filter(of_main).cloned().collect();
        let (found, expected) = (testing::listed(&found, &program.sources), expected(&text));
        if found != expected {
            let relative = path.strip_prefix(root).unwrap_or(path).display();
            wrong.push_str(&format!("{relative}\n    expected {expected:?}\n    found    {found:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(all.len() > 300, "only {} programs were found", all.len());
}

/// Every diagnostic's code with its line.
fn codes(text: &str, wanted: &[&str]) {
    assert_eq!(testing::codes(text), wanted, "\n{text}");
}

#[test]
fn await_stands_in_async_functions_and_at_the_top_level() {
    codes("await sleep(0)\nif true { await sleep(0) }\nfor await x in channel() { print(x) }", &[]);
    codes(
        "async fn f() { await sleep(0) }\nlet g = async |x| await f()\nlet c = async { await g(1) }\nspawn { await c }",
        &[],
    );
    codes("test \"t\" { await sleep(0) }", &[]);
    codes(
        "struct S {\n async fn a(self) { await sleep(0) }\n fn b(self) { await sleep(0) }\n}",
        &["E0301 3"],
    );
    codes(
        "fn f() { await sleep(0); await sleep(1); for await x in channel() { print(x) } }\nprint(f())",
        &["E0301 1"],
    );
    codes(
        "async fn f() { let g = fn_of(|x| { let h = || await sleep(x); h }); await g() }\nfn fn_of(f) { f }",
        &["E0304 1"],
    );
    codes("async fn f() { fn g() { await sleep(0) }; g() }", &["E0301 1"]);
    codes("let g = |x| await sleep(x)", &["E0301 1"]);
    codes("fn f() { [1].each(|x| { await sleep(x) }) }\nf()", &["E0301 1"]);
    codes("struct S { x = await sleep(0) }", &["E0301 1"]);
    codes("async fn f(x = await sleep(0)) { await sleep(x) }", &["E0301 1"]);
    codes("async fn f(x = async || await sleep(0)) { await x() }", &[]);
}

#[test]
fn scope_and_select_are_awaited() {
    codes("scope { 1 }", &["E0311 1"]);
    codes("let x = select { sleep(1s) => 1 }", &["E0311 1"]);
    codes("let x = await scope { 1 }\nlet y = await (select { sleep(1s) => 1 })\nprint(x, y)", &[]);
    codes("fn f() { await scope { 1 } }\nf()", &["E0301 1"]);
}

#[test]
fn what_may_leave_a_block() {
    codes("fn f() { defer { return 1 } }\nf()", &["E0310 1"]);
    codes("while true { defer { break } }", &["E0310 1"]);
    codes("while true { try { 1 } finally { continue } }", &["E0310 1"]);
    codes("fn f() { defer { for x in [1] { break }; [1].each(|x| { return x }) } }\nf()", &[]);
    codes("fn f() { for x in [1] { try { 1 } finally { while true { break } } } }\nf()", &[]);
    codes("async fn f() { await scope { return 1 }; while true { await scope { break } } }", &[]);
    codes("async fn f() { await scope { yield 1 } }", &["E0310 1"]);
    codes(
        "fn f() { defer { yield 1 } }\nfn g() { try { 1 } finally { yield 2 } }\nprint(f, g)",
        &["E0310 1", "E0310 2"],
    );
    codes("async fn f() { await select { sleep(yield 1) => 2 } }", &["E0310 1"]);
    codes("async fn f() { while true { await select { x = sleep(1s) => { yield x; break } } } }", &[]);
    codes("async fn f() { await scope { let g = || { yield 1 }; g } }", &[]);
}

#[test]
fn statements_without_effect() {
    codes("let x = 1\nx == 2\nprint(x)", &["W0203 2"]);
    codes("let a = 1\nlet b = a\n- 2\nprint(b)", &["W0203 3"]);
    codes("let a = [1]\nlet b = a\n[0]\nprint(b)", &["W0203 3"]);
    codes("fn f(x) { x; 1; x + 1 }\nprint(f(1))", &["W0203 1", "W0203 1"]);
    codes("for x in [1] { x + 1 }\nfor x in [1] { print(x) }", &["W0203 1"]);
    codes("fn f() { \"\"\"what it does\"\"\"\n 1 }\nprint(f())", &["W0203 1"]);
    codes("|x| x\nprint(1)", &["W0203 1"]);
    // For its value, for what it throws, for what the right side does.
    codes("1 + 1", &[]);
    codes("fn f(x) { if x { x == 1 } else { x > 2 } }\nprint(f(1))", &[]);
    codes("try { 1 // 0; print(1) } catch e { print(e) }", &[]);
    codes("fn f(x) { x ?? return 1; x or throw \"no\"; x and print(x); print(x) }\nf(1)", &[]);
    codes(
        "fn f(x) { match x { 0 => nil, _ => print(x) }; if x { nil } else { print(x) }; x.y; x[0] }\nprint(f(1))",
        &[],
    );
    codes("let f = || { 1 == 1 }\nprint(f())", &[]);
    codes("# allow: W0203\n1 == 2\nprint(1)", &[]);
}

#[test]
fn calls_that_bind_tighter() {
    codes("let n = 3\nfor i in 0..n.rev() { print(i) }\nprint(0..=3.step(2))", &["W0204 2", "W0204 3"]);
    codes("print(-2.abs(), -1.5.round().abs(), -[1].len())", &["W0204 1", "W0204 1"]);
    codes("let xs = [1]\nlet x = 2\nfor i in 0..xs.len() { print(i - 1.abs(), -x.abs(), 2 - 1.abs()) }", &[]);
    codes("let n = 3\nprint((0..n).rev(), 0..(n.rev()), 0..n.clamp(0, 9), (-2).abs(), -(2.abs()))", &[]);
}

/// The text after the first fix of its first diagnostic.
fn fixed(text: &str) -> String {
    let (_, diagnostics) = testing::front_end(text);
    let fix = diagnostics.first().and_then(|diagnostic| diagnostic.fixes.first()).expect("there is a fix");
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.location));
    let mut out = text.to_string();
    for edit in edits {
        out.replace_range(edit.location.span.range(), &edit.text);
    }
    out
}

#[test]
fn fixes_mend_the_program() {
    let cases = [
        ("let p = 1\nlet t = p\n    - 2 + 3\nprint(t)", "let p = 1\nlet t = p -\n    2 + 3\nprint(t)"),
        ("let p = [1]\nlet t = p\n    [0]\nprint(t)", "let p = [1]\nlet t = p[\n    0]\nprint(t)"),
        ("let n = 3\nprint(1 + 1..n.rev())", "let n = 3\nprint((1 + 1..n).rev())"),
        ("print(-2.abs())", "print((-2).abs())"),
        ("print(totl)\nlet total = 1", "print(totl)\nlet total = 1"),
        ("scope { 1 }", "await scope { 1 }"),
        ("print(math.pi)", "import math\nprint(math.pi)"),
        ("x = 1\nprint(x)", "var x = 1\nprint(x)"),
        (
            "fn load(x) { await sleep(x); x }\nfn twice(x) { [load(x), load(x).len()] }\nasync fn main() { twice(1) }\nprint(load(2) + 1)\nawait main()",
            "async fn load(x) { await sleep(x); x }\nasync fn twice(x) { [await load(x), (await load(x)).len()] }\nasync fn main() { await twice(1) }\nprint(await load(2) + 1)\nawait main()",
        ),
        // Used as a value: its callers are not known.
        ("fn f(x) { await sleep(x) }\n[1].each(f)", "async fn f(x) { await sleep(x) }\n[1].each(f)"),
        (
            "fn f() {\n fn down(n) { await sleep(n); if n > 0 { down(n - 1) } }\n down(2)\n}\nf()",
            "async fn f() {\n async fn down(n) { await sleep(n); if n > 0 { await down(n - 1) } }\n await down(2)\n}\nawait f()",
        ),
    ];
    for (wrong, right) in cases.iter().filter(|(wrong, right)| wrong != right) {
        assert_eq!(fixed(wrong), *right);
    }
    for (_, right) in cases.iter().filter(|(wrong, _)| !wrong.contains("each(f)") && !wrong.contains("totl"))
    {
        codes(right, &[]);
    }
}

/// As a person sees it.
fn report(text: &str) -> String {
    use crate::diagnostic::render::{Format, Options, render};
    let (program, diagnostics) = testing::front_end(text);
    let at = |width| {
        let options = Options { color: false, width, format: Format::Human };
        format!("{}\n{}", "=".repeat(width), render(&diagnostics, &program.sources, options))
    };
    format!("{text}\n{}{}", at(80), at(60))
}

#[test]
fn reports_read_well() {
    let programs = [
        (
            "e0301",
            "fn load(url) {\n    let text = await get(url)\n    await sleep(10ms)\n    text\n}\nasync fn get(url) { await sleep(1ms); url }\n\nfn page() {\n    load(\"a\").upper() + load(\"b\")\n}\nprint(page())\n",
        ),
        (
            "e0304",
            "async fn double(x) { await sleep(1ms); x * 2 }\n\nasync fn main() {\n    let xs = [1, 2, 3].map(|x| await double(x))\n    print(xs)\n}\nawait main()\n",
        ),
        (
            "e0310",
            "fn read(path) {\n    defer { return nil }\n    try {\n        path.len()\n    } finally {\n        for x in [1] { break }\n        return 2\n    }\n}\nprint(read(\"x\"))\n",
        ),
        ("e0311", "let x = select {\n    sleep(1s) => 1\n}\nprint(x)\n"),
        ("w0203", "let price = 10\nlet total = price\n    - 3\ntotal == 4\nprint(total)\n"),
        (
            "names",
            "import \"./util.co\"\nlet total = util.dubble(3)\ntotal += 1\nprint(totl, None, len(total), util._x, range(3))\nfn f(a, a) { later }\nlet total = 3\n# file: util.co\nlet _x = 1\nfn double(x) { x * 2 }\n",
        ),
    ];
    for (name, text) in programs {
        insta::assert_snapshot!(name, report(text));
    }
}

#[test]
fn a_statement_that_names_nothing_is_one_mistake() {
    for text in ["begin\nprint(1)\n", "totl == 3\nprint(1)\n", "fn f() {\n    pass\n    1\n}\nprint(f())\n"] {
        let (_, diagnostics) = testing::front_end(text);
        let codes: Vec<_> = diagnostics.iter().map(|found| found.code).collect();
        assert_eq!(codes, [Code::UNDEFINED_NAME], "{text}");
    }
}

#[test]
fn arrows_of_channels_are_told_their_methods() {
    for text in ["let ch = channel(1)\nch <- 1\nprint(1)\n", "let ch = 1\nvar x = 2\nx <- ch\nprint(x)\n"] {
        let (_, diagnostics) = testing::front_end(text);
        let [only] = diagnostics.as_slice() else { panic!("{diagnostics:?}") };
        assert!(only.code == Code::NO_EFFECT && only.help[0].contains("await ch.send(1)"), "{only:?}");
    }
    let (_, diagnostics) = testing::front_end("let x = 2\nx < -1\nprint(x)\n");
    assert!(diagnostics[0].help.is_empty(), "{diagnostics:?}");
}

/// A program with its files, after all certain fixes have been carried out, and what is still said about it.
fn mended(text: &str) -> (String, Vec<String>) {
    let mut text = text.to_string();
    for go in 0.. {
        let (program, diagnostics) = testing::front_end(&text);
        let checked = fix::Checked { diagnostics: &diagnostics, sources: &program.sources };
        let mended = fix::mend(&[checked], |_| true);
        if mended.files.is_empty() {
            return (text, testing::listed(&diagnostics, &program.sources));
        }
        assert!(go < 20, "it never ends for\n{text}");
        text = joined(&text, mended.files);
    }
    unreachable!("it is mended or it never ends")
}

/// The program with changed files, in the form that it was written in.
fn joined(text: &str, changed: Vec<(PathBuf, String)>) -> String {
    let mut files = testing::Files::split(text).0;
    files.extend(changed);
    let main = files.remove(Path::new("/main.co")).unwrap_or_default();
    let mut others: Vec<_> = files.into_iter().collect();
    others.sort();
    let others = others
        .into_iter()
        .map(|(path, text)| format!("# file: {}\n{text}", path.strip_prefix("/").unwrap_or(&path).display()));
    main + &others.collect::<String>()
}

#[test]
fn a_function_becomes_async_in_all_files() {
    let lib = "fn load(x) { await sleep(x); x }\nfn twice(x) { load(x) * 2 }\n";
    let right_lib = "async fn load(x) { await sleep(x); x }\nasync fn twice(x) { await load(x) * 2 }\n";
    // The files without `lib.co`, before and after. What is the same cannot be mended with certainty.
    let cases = [
        (
            "import \"./lib.co\"\nprint(lib.load(1), lib.twice(2))\n",
            "import \"./lib.co\"\nprint(await lib.load(1), await lib.twice(2))\n",
        ),
        (
            "import \"./lib.co\".{load as get}\nfn page() { get(1).abs() }\nasync fn all_of() { page() }\nprint(await all_of(), page())\n",
            "import \"./lib.co\".{load as get}\nasync fn page() { (await get(1)).abs() }\nasync fn all_of() { await page() }\nprint(await all_of(), await page())\n",
        ),
        // A file between them that hands the name on.
        (
            "import \"./mid.co\" as m\nprint(m.load(1))\nprint(\"{m.more()}\")\n# file: mid.co\nimport \"./lib.co\".{load}\nfn more() { load(2) }\n",
            "import \"./mid.co\" as m\nprint(await m.load(1))\nprint(\"{await m.more()}\")\n# file: mid.co\nimport \"./lib.co\".{load}\nasync fn more() { await load(2) }\n",
        ),
        // Already as it should be.
        (
            "import \"./lib.co\"\nlet t = spawn lib.load(1)\nprint(await t, await all([lib.load(1), lib.twice(2)]))\n",
            "",
        ),
        (
            "import \"./lib.co\"\nlet c = lib.load(1)\nlet cs = [1, 2].map(|x| lib.load(x))\nprint(await c, await all(cs), await timeout(1s, lib.load(1)))\n",
            "",
        ),
        (
            "import \"./lib.co\"\nlet cs = []\nfor i in 0..3 { cs.push(lib.load(i)) }\nawait all(cs)\nawait select { x = lib.load(2) => print(x) }\n",
            "",
        ),
    ];
    for (wrong, right) in cases {
        let right = if right.is_empty() { wrong } else { right };
        let (lib_at, mid) = wrong.split_once("# file: mid").map_or((wrong, ""), |(main, mid)| (main, mid));
        let mid = if mid.is_empty() { String::new() } else { format!("# file: mid{mid}") };
        let found = mended(&format!("{lib_at}# file: lib.co\n{lib}{mid}"));
        let (right_main, right_mid) = right
            .split_once("# file: mid")
            .map_or((right, String::new()), |(main, mid)| (main, format!("# file: mid{mid}")));
        assert_eq!(found, (format!("{right_main}# file: lib.co\n{right_lib}{right_mid}"), Vec::new()));
    }
    let unclear = [
        "let f = lib.load\nprint(f(1))",
        "print([1, 2].map(|x| lib.load(x)).sum())",
        "fn call(m) { m.load(1) }\nprint(call(lib))",
        "struct Page { text = lib.load(1) }\nprint(Page().text)",
        "struct Page { x; fn get(self) { lib.load(self.x) } }\nprint(Page(1).get())",
        "fn page(x = lib.load(1)) { x }\nprint(page())",
        "let c = lib.load(1)\nprint(c)\nprint(await c)",
        "let cs = [lib.load(1)]\nfor c in cs { print(await c) }",
        "fn each(cs) { all(cs) }\nprint(await each([lib.load(1)]))",
    ];
    for main in unclear {
        let text = format!("import \"./lib.co\"\n{main}\n# file: lib.co\n{lib}");
        let (found, said) = mended(&text);
        assert_eq!(found, text, "{main}");
        assert!(said.len() == 1 && said[0].contains("E0301"), "{said:?}");
    }
}

/// The files that programs of the suite import, behind the program that they are added to.
fn library(folder: &Path) -> String {
    let mut all = Vec::new();
    programs(folder, &mut all);
    all.sort();
    let file = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        format!("# file: _lib/{name}\n{}", std::fs::read_to_string(path).expect("it can be read"))
    };
    all.iter().map(file).collect()
}

#[test]
fn what_is_mended_is_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut all = Vec::new();
    programs(&root.join("spec/tests/diagnostics"), &mut all);
    all.sort();
    let library = library(&root.join("spec/tests/diagnostics/_lib"));
    let mut report = String::new();
    for path in &all {
        let text = std::fs::read_to_string(path).expect("it can be read");
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        // Expectations would be true no more.
        let lines = text.lines().map(|line| line.split("  # expect").next().unwrap_or(""));
        let mut text: String = lines.map(|line| format!("{line}\n")).collect();
        if text.contains("_lib/") {
            text.push_str(&library);
        }
        let (after, left) = mended(&text);
        let changes: Vec<String> = text
            .lines()
            .zip(after.lines())
            .filter(|(old, new)| old != new)
            .map(|(old, new)| format!("    - {}\n    + {}\n", old.trim(), new.trim()))
            .collect();
        assert_eq!(text.lines().count(), after.lines().count(), "{name}: lines came or went");
        if !changes.is_empty() || !left.is_empty() {
            report.push_str(&format!("{name}: {left:?}\n{}", changes.concat()));
        }
    }
    insta::assert_snapshot!("mended", report);
}

/// The wrong programs of the suite as people see their reports, at three widths. One golden file for each code.
#[test]
fn reports_of_the_suite_read_well() {
    use crate::diagnostic::render::{Format, Options, render};
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let folder = root.join("spec/tests/diagnostics");
    let library = library(&folder.join("_lib"));
    let mut all = Vec::new();
    programs(&folder, &mut all);
    all.sort();
    let mut wide: Vec<String> = Vec::new();
    let mut by_code: std::collections::BTreeMap<String, (usize, String)> = Default::default();
    for path in &all {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Some((code, _)) =
            name.split_once('_').filter(|(code, _)| code.ends_with(|c: char| c.is_ascii_digit()))
        else {
            continue;
        };
        let text = std::fs::read_to_string(path).expect("it can be read");
        // The expectations stand in the way of the labels.
        let lines = text.lines().filter(|line| !line.starts_with("# expect"));
        let lines = lines.map(|line| line.split("  # expect").next().unwrap_or(""));
        let mut text: String = lines.map(|line| format!("{line}\n")).collect();
        if text.contains("_lib/") {
            text.push_str(&library);
        }
        let (program, diagnostics) = testing::front_end(&text);
        let mut at = |width| {
            let options = Options { color: false, width, format: Format::Human };
            let shown = render(&diagnostics, &program.sources, options);
            let widest = shown.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            if widest > width {
                wide.push(format!("{name} is {widest} wide at {width}"));
            }
            format!("{} {name}\n{shown}", "=".repeat(width))
        };
        let (count, out) = by_code.entry(code.to_string()).or_default();
        *count += 1;
        out.push_str(&[at(80), at(60), at(120)].concat());
    }
    for (code, (_, shown)) in by_code {
        insta::assert_snapshot!(format!("reports_{code}"), shown);
    }
    assert!(wide.is_empty(), "{wide:#?}");
}
