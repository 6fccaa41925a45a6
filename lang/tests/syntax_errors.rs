//! How each syntax error is told: a golden file for each code. (The pages' own programs are tested beside the catalogue.)

use co_lang::{
    diagnostic::Diagnostic,
    parser,
    source::{Source, SourceId},
};

fn diagnostics(text: &str) -> Vec<Diagnostic> {
    parser::parse(SourceId(0), text).diagnostics
}

fn codes(text: &str) -> Vec<&'static str> {
    diagnostics(text).iter().map(|diagnostic| diagnostic.code.text()).collect()
}

/// Everything a person is told, in plain text.
fn told(text: &str) -> String {
    use std::fmt::Write;
    let source = Source::new("test.co", None, text);
    let mut out = String::new();
    for diagnostic in diagnostics(text) {
        let _ = writeln!(out, "{}: {}", diagnostic.code, diagnostic.message);
        for label in &diagnostic.labels {
            let (line, column) = source.line_column(label.location.span.start);
            let found = source.slice(label.location.span);
            let _ = writeln!(out, "  {line}:{column} {found:?} {}", label.message);
        }
        diagnostic.notes.iter().for_each(|note| out.push_str(&format!("  note: {note}\n")));
        diagnostic.help.iter().for_each(|help| out.push_str(&format!("  help: {help}\n")));
        for fix in &diagnostic.fixes {
            let _ = writeln!(out, "  fix: {}", fix.message);
            let mut edits: Vec<_> = fix.edits.iter().collect();
            edits.sort_by_key(|edit| std::cmp::Reverse(edit.location.span.start));
            let mut mended = text.to_string();
            edits.iter().for_each(|edit| mended.replace_range(edit.location.span.range(), &edit.text));
            mended.lines().filter(|line| !text.lines().any(|old| old == *line)).for_each(|line| {
                let _ = writeln!(out, "    {line}");
            });
        }
    }
    out
}

/// What is told about each of some programs; all of them get the given code and nothing else.
fn golden(code: &str, programs: &[&str]) {
    let (mut out, mut wrong) = (String::new(), String::new());
    for program in programs {
        let mut found = codes(program);
        found.dedup();
        if found != [code] {
            wrong.push_str(&format!("{found:?} for\n{program}"));
        }
        out.push_str(program.trim_end());
        out.push_str("\n---\n");
        out.push_str(&told(program));
        out.push('\n');
    }
    assert!(wrong.is_empty(), "expected {code}, found {wrong}");
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(code, out);
    });
}

#[test]
fn unexpected_characters() {
    golden(
        "E0101",
        &[
            "let a = $5\n",
            "let a = c ? 1 : 2\n",
            "let a = f()?\n",
            "let x = 1 + \\\n    2\n",
            "@cached\nfn f() { 1 }\n",
            "print(“hi”)\n",
            "let a\u{a0}= 1\n",
            "let a = 1\0\n",
            "print(`hi`)\n",
            "let a = 1 \u{feff}\n",
        ],
    );
}

#[test]
fn unclosed_strings() {
    golden(
        "E0102",
        &[
            "print(\"hello)\nlet x = 1\n",
            "print('it)\n",
            "let a = \"x {y\nlet b = 1\n",
            "let a = \"x {y\"\nlet b = 1\n",
            "let a = \"x {f(\"y\") z\nlet b = 1\n",
            "let a = \"x {[1, 2].map(|x| { x \nlet b = 1\n",
            "let a = \"\"\"\n  text\nlet b = 1\n",
            "let a = b\"abc\n",
            "let a = \"abc\\\"\nlet b = 2\n",
            "let a = [\"x\", \"y, \"z\"]\nlet b = 1\n",
        ],
    );
}

#[test]
fn bad_escapes() {
    golden(
        "E0103",
        &[
            "print(\"a\\qb\")\n",
            "print('C:\\data')\n",
            "print(\"\\xff\")\n",
            "print(\"\\x1\")\n",
            "print(\"\\u{d800}\")\n",
            "print(\"\\u{110000}\")\n",
            "print(\"\\u{1234567}\")\n",
            "print(\"\\u1234\")\n",
            "print(\"\\u{}\")\n",
            "print(\"\"\"\n  a \\\n  b\n\"\"\")\n",
        ],
    );
}

#[test]
fn bad_numbers() {
    golden(
        "E0104",
        &[
            "let a = 12px\n",
            "let a = 007\n",
            "let a = 0b102\n",
            "let a = 0X1f\n",
            "let a = 1_\n",
            "let a = 5µs\n",
            "let a = 3days\n",
            "let a = 1e\n",
        ],
    );
    golden(
        "E0105",
        &[
            "let a = 9223372036854775808\n",
            "let a = -9223372036854775808.abs()\n",
            "let a = 99999999999999999999\n",
            "let a = 1e999\n",
            "let a = match x {\n    9223372036854775808 => 1\n}\n",
        ],
    );
}

#[test]
fn brackets() {
    golden(
        "E0106",
        &[
            "print((1 + 2) * 3\nlet x = 1\n",
            "print((1 + 2\nprint(2)\n",
            "let xs = [1, 2\nlet y = 2\n",
            "print([1, 2)\n",
            "let m = {a: 1,\n    b: 2\nlet y = 2\n",
            "fn a() {\n    if x {\n        y()\n}\nfn b() {\n    z()\n}\n",
            "fn a() {\n    x()\n\nfn b() {\n    z()\n}\n",
            "xs.each(|x| {\n    print(x)\n)\nprint(2)\n",
            "let a = xs[1\n",
            "if x {\n    y()\n",
        ],
    );
    golden(
        "E0107",
        &["print(1 + 2))\n", "let a = (1 + 2]\n", "}\n", "fn a() {\n    x()\n    }\n}\nfn b() { 1 }\n"],
    );
    let deep = format!("let a = {}1{}\n", "(".repeat(600), ")".repeat(600));
    assert_eq!(codes(&deep), ["E0108"]);
    assert_eq!(codes(&format!("let a = {}1\n", "-".repeat(5000))), ["E0108"]);
}

#[test]
fn interpolations() {
    golden(
        "E0109",
        &[
            "print(\"{price:2 digits}\")\n",
            "print(\"{x:99999}\")\n",
            "print(\"{x:.}\")\n",
            "print(\"{x::}\")\n",
            "print(\"{\"a\": true}\")\n",
        ],
    );
    golden("E0110", &["print(\"{}\")\n", "print(\"a { } b\")\n"]);
}

#[test]
fn expectations() {
    golden(
        "E0111",
        &[
            "let = 5\n",
            "let x = \n",
            "let x = 1 +\n",
            "let x = (1 + )\n",
            "let x = [1, 2,, 3]\n",
            "let x = {a: }\n",
            "let x = {a b}\n",
            "let x = {a = 1}\n",
            "let x = {1: 2}\n",
            "let x = {\"a{i}\": 2}\n",
            "let x = {\"a\"}\n",
            "f(1 2)\n",
            "f(a b)\n",
            "xs[]\n",
            "x.\n",
            "x.1\n",
            "fn f(a b) { a }\n",
            "fn f([a, b]) { a }\n",
            "fn f { 1 }\n",
            "struct { x }\n",
            "struct P { x y }\n",
            "f(1, , 2)\n",
            "fn f(a, , b) { a }\n",
            "let m = {a: 1,, b: 2}\n",
            "let f = |x| { a: x }\n",
            "let f = |x, y| { x, y }\n",
            "try { f() } catch {kind, data} { print(kind) }\n",
            "for in xs { }\n",
            "for x xs { }\n",
            "for a, b, c in xs { }\n",
            "match x {\n    1 2\n}\n",
            "match x {\n    1 = 2\n}\n",
            "match x {\n    1 => 2 3 => 4\n}\n",
            "match x {\n    => 4\n}\n",
            "match x {\n    1.. => 4\n}\n",
            "import\n",
            "import json as\n",
            "import json.{}\n",
            "test { }\n",
            "x is 1\n",
            "x is\n",
            "|x y| 1\n",
            "|x\n",
            "else { 1 }\n",
            "x and else { 2 }\n",
            "catch e { 1 }\n",
            "=> 3\n",
            ", 3\n",
            "match x {\n    - => 1\n}\n",
            "await\n",
            "throw\n",
            "if x { 1 }.y\n",
            "print(\"{a b}\")\n",
            "print(\"{1 +}\")\n",
            "let [a, ...b.c] = xs\n",
        ],
    );
}

#[test]
fn statements_on_one_line() {
    golden(
        "E0112",
        &[
            "let x = 1 print(x)\n",
            "foo bar\n",
            "foo 1\n",
            "x.y z\n",
            "fn a() { 1 } fn b() { 2 }\n",
            "await f() g()\n",
            "return 1 2\n",
            "break 1\n",
            "x not y\n",
        ],
    );
}

#[test]
fn foreign_operators() {
    golden(
        "E0113",
        &[
            "if a && b { }\n",
            "if a || b { }\n",
            "if !a { }\n",
            "let b = a===b\n",
            "let b = a !== b\n",
            "x++\n",
            "println!(x)\n",
            "x--\n",
            "fn f() -> int { 1 }\n",
            "x := 3\n",
            "a::b()\n",
            "xs |> f\n",
            "f(*xs)\n",
            "f(**m)\n",
            "f(&x)\n",
            "let x = +1\n",
            "<- ch\n",
            "match x {\n    1 = > 2\n}\n",
        ],
    );
}

#[test]
fn foreign_statements() {
    golden(
        "E0114",
        &[
            "def f(x) { x }\n",
            "async def f(x) { x }\n",
            "function f(x) { x }\n",
            "let f = function(x) { x }\n",
            "let mut x = 1\n",
            "const x = 1\n",
            "class P { x }\n",
            "if a { 1 }\nelif b { 2 }\n",
            "if a then { 1 }\n",
            "while (x) do { }\n",
            "loop { }\n",
            "switch x { }\n",
            "unless x { }\n",
            "except e { 1 }\n",
            "raise error(\"x\")\n",
            "from math import sin\n",
            "export fn f() { 1 }\n",
            "pub fn f() { 1 }\n",
            "let p = new Point(1, 2)\n",
            "let p = Point {x: 1, y: 2}\n",
            "let f = lambda x: x + 1\n",
            "let f = x => x + 1\n",
            "let f = (a, b) => a + b\n",
            "xs.map(x => x + 1)\n",
            "print x\n",
            "int x = 3\n",
            "let s = f\"a {b}\"\n",
            "let s = r\"a\"\n",
            "let t = (1, 2)\n",
            "let t = ()\n",
            "let xs = [x for x in ys]\n",
            "let a = 1 if c else 2\n",
            "let a = x as int\n",
            "let a, b = 1, 2\n",
            "a, b = b, a\n",
            "return 1, 2\n",
            "// a comment\n",
            "/* a comment */\n",
            "try { f() } catch (e) { 1 }\n",
            "struct P(x, y)\n",
            "struct P {\n    let x\n    var y = 1\n}\n",
            "go f()\n",
            "async function f() { }\n",
            "const [a, b] = xs\n",
            "for (let i = 0; i < 10; i += 1) { }\n",
            "with open(x) as f { }\n",
            "case 1 { }\n",
        ],
    );
}

#[test]
fn operands_and_chains() {
    golden(
        "E0115",
        &[
            "print(1 < x < 10)\n",
            "a == b == c\n",
            "a in b in c\n",
            "a is int is bool\n",
            "for i in 0..1..2 { }\n",
            "f(x) < g(x) < h(x)\n",
        ],
    );
    golden(
        "E0116",
        &[
            "a == not b\n",
            "1 + return\n",
            "-|x| x\n",
            "1 + |x| x\n",
            "not return\n",
            "1 + not a\n",
            "0..throw x\n",
        ],
    );
}

#[test]
fn assignments() {
    golden(
        "E0117",
        &[
            "a + 1 = 2\n",
            "f() = 2\n",
            "1 = 2\n",
            "a?.b = 2\n",
            "a?[1] = 2\n",
            "{a, b} = m\n",
            "(a) = 2\n",
            "[a, b] += [1, 2]\n",
            "_ += 2\n",
            "[a, 1] = xs\n",
            "nil = 2\n",
        ],
    );
    golden(
        "E0118",
        &[
            "if x = 2 { }\n",
            "while x = f() { }\n",
            "let a = b = c\n",
            "a = b = c\n",
            "f(a = 1)\n",
            "let x = (a = 1)\n",
            "let xs = [a = 1]\n",
            "if x += 1 { }\n",
        ],
    );
    golden("E0127", &["let x\n", "var x\n", "var x; x = 1\n", "fn f() { var x }\n"]);
}

#[test]
fn blocks() {
    golden(
        "E0119",
        &[
            "if x:\n    y()\n",
            "while x:\n    y()\n",
            "for x in xs:\n    y()\n",
            "fn f(x):\n    y()\n",
            "if x { 1 }\nelse:\n    2\n",
            "try:\n    f()\n",
            "struct P:\n    x\n",
            "match x:\n    1\n",
        ],
    );
    golden(
        "E0120",
        &[
            "if x\n{\n    y()\n}\n",
            "fn f()\n{\n    y()\n}\n",
            "struct P # a point\n{\n    x\n}\n",
            "match x\n{\n    1 => 2\n}\n",
            "if x y()\n",
            "if (x) return\n",
            "while x\n",
            "for x in xs print(x)\n",
            "fn f(x) = x * 2\n",
            "fn f(x) => x * 2\n",
            "try f()\n",
            "let a = if x 1 else 2\n",
        ],
    );
    golden("E0126", &["try { 1 }\n"]);
}

#[test]
fn misplaced() {
    golden(
        "E0121",
        &[
            "fn f() { import math }\n",
            "if x { test \"a\" { } }\n",
            "let x = while true { }\n",
            "let x = for y in z { }\n",
            "f(let x = 1)\n",
            "let x = var y = 1\n",
            "let x = struct P { }\n",
        ],
    );
    golden(
        "E0122",
        &["fn f(a = 1, b) { a }\n", "fn f(...a, b) { a }\n", "|...a, b| a\n", "fn f(...a = 1) { a }\n"],
    );
    golden("E0123", &["f(a: 1, 2)\n", "f(a: 1, ...xs)\n"]);
    golden("E0124", &["let [...a, ...b] = xs\n", "[...a, ...b] = xs\n", "let {a, ...b} = m\n"]);
    golden(
        "E0125",
        &["let f = fn(x) { x }\n", "fn (x) { x }\n", "xs.map(fn(x) { x })\n", "let f = async fn(x) { x }\n"],
    );
    golden(
        "E0128",
        &[
            "for i in 0.. { }\n",
            "let r = 1..\n",
            "let r = ..3\n",
            "xs[1..=]\n",
            "xs[[..3]]\n",
            "xs[a ?? 1..]\n",
        ],
    );
    golden(
        "E0129",
        &[
            "import \"./{a}.co\"\n",
            "test \"{a}\" { }\n",
            "match x {\n    \"a{b}\" => 1\n}\n",
            "let {\"{a}\": b} = m\n",
        ],
    );
    golden(
        "E0130",
        &["import \"./my-util.co\"\n", "import \"./1.co\"\n", "import \"./match.co\"\n", "import \"\"\n"],
    );
    golden(
        "E0131",
        &[
            "let match = 3\n",
            "fn yield(x) { x }\n",
            "fn f(in) { 1 }\n",
            "struct test { x }\n",
            "import json as is\n",
            "let {in} = m\n",
            "|if| 1\n",
            "let m = {x, if}\n",
        ],
    );
    golden(
        "E0132",
        &[
            "let x: int = 3\n",
            "fn f(x: int, y: list[str] = []) { x }\n",
            "|x: int| x\n",
            "struct P {\n    x: int\n    y: int = 3\n}\n",
        ],
    );
    golden(
        "E0311",
        &["f().await\n", "f()?.await\n", "async let x = 1\n", "let x = async f()\n", "x.y().await.z\n"],
    );
}
