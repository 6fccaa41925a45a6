//! What names mean, shown for small programs, and the diagnostics about them.

use super::*;
use crate::{ast::ExprKind, parser, source::SourceId, testing};

fn resolved(text: &str) -> (Ast, Resolution, Vec<Diagnostic>) {
    let parsed = parser::parse(SourceId(0), text);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let nothing = ImportExports::default();
    let (resolution, diagnostics) =
        resolve(SourceId(0), &parsed.ast, &testing::prelude(), FileRole::Script, &Outer::default(), &nothing);
    (parsed.ast, resolution, diagnostics)
}

/// The meaning of every name in the order of the text, then what blocks make at their start.
fn shown(text: &str) -> String {
    let (ast, resolution, diagnostics) = resolved(text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let names = (0..ast.exprs.len() as u32).map(ExprId).filter_map(|id| match ast[id].kind {
        ExprKind::Name(name) => Some((ast[id].span, ast.name(name), resolution.name(id))),
        _ => None,
    });
    let mut names: Vec<_> = names.collect();
    names.sort_by_key(|(span, ..)| span.start);
    let local = |id: LocalId| {
        let local = resolution.local(id);
        let kind = if local.cell {
            " cell"
        } else if local.captured {
            " captured"
        } else {
            ""
        };
        format!("{}{kind}", id.0)
    };
    let show = |res| match res {
        Res::Local(id) => format!("local {}", local(id)),
        Res::Capture(at) => format!("capture {at}"),
        Res::This => "this".to_string(),
        Res::Global(id) => format!("global {}", id.0),
        Res::Prelude(_) => "prelude".to_string(),
        Res::Type(ty) => format!("type {ty:?}"),
        Res::Unresolved => "unresolved".to_string(),
    };
    let mut lines: Vec<String> =
        names.into_iter().map(|(_, name, res)| format!("{name}: {}", show(res))).collect();
    for (at, function) in resolution.functions.iter().enumerate() {
        if !function.captures.is_empty() {
            let captures = function.captures.iter().map(|capture| {
                let from = match capture.from {
                    CaptureFrom::Local(id) => format!("local {}", id.0),
                    CaptureFrom::Capture(at) => format!("capture {at}"),
                    CaptureFrom::This => "this".to_string(),
                };
                format!("{} from {from}{}", ast.name(capture.name), if capture.cell { " cell" } else { "" })
            });
            lines.push(format!("fn {at} captures {}", captures.collect::<Vec<_>>().join(", ")));
        }
    }
    let mut starts: Vec<_> = resolution.starts.iter().collect();
    starts.sort_by_key(|(block, _)| **block);
    for (block, start) in starts {
        let cells: Vec<u32> = start.cells.iter().map(|id| id.0).collect();
        lines.push(format!("block {} starts with cells {cells:?} and {} items", block.0, start.items.len()));
    }
    lines.join("\n")
}

fn expect(text: &str, meaning: &str) {
    let wanted: Vec<&str> = meaning.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(shown(text).lines().collect::<Vec<_>>(), wanted, "\n{text}");
}

#[test]
fn globals_are_seen_by_all_functions_and_locals_from_their_declaration() {
    expect(
        "fn f() { let a = later; a }\nlet later = 1\nif later { let b = later; print(b) }\nprint(f())",
        "later: global 1
         a: local 0
         later: global 1
         later: global 1
         print: prelude
         b: local 1
         print: prelude
         f: global 0",
    );
}

#[test]
fn the_initializer_reads_the_outer_variable() {
    expect(
        "fn f(x) { let x = x + 1; x }",
        "x: local 0
         x: local 1",
    );
}

#[test]
fn captured_by_value_unless_assigned_later() {
    // `a` never changes, `b` changes before the capture, `c` after it, `d` inside the lambda.
    expect(
        "fn f() {\n let a = 1\n var b = 2\n b = 3\n var c = 4\n var d = 5\n let g = || { d = a + b + c }\n c = 6\n g\n}",
        "b: local 1 captured
         d: capture 3
         a: capture 0
         b: capture 1
         c: capture 2
         c: local 2 cell
         g: local 4
         fn 0 captures a from local 0, b from local 1, c from local 2 cell, d from local 3 cell",
    );
}

#[test]
fn an_assignment_above_the_capture_counts_if_a_loop_repeats_both() {
    expect(
        "fn f(fs) {\n var n = 0\n for x in fs {\n  n = x\n  var m = 1\n  m = 2\n  fs.push(|| n + m + x)\n }\n}",
        "fs: local 0
         n: local 1 cell
         x: local 2 captured
         m: local 3 captured
         fs: local 0
         n: capture 0
         m: capture 1
         x: capture 2
         fn 0 captures n from local 1 cell, m from local 3, x from local 2",
    );
    // A loop that is over does not repeat the capture.
    expect(
        "fn f() {\n var n = 0\n while n < 3 { n += 1 }\n || n\n}",
        "n: local 0 captured
         n: local 0 captured
         n: capture 0
         fn 0 captures n from local 0",
    );
}

#[test]
fn what_a_defer_assigns_changes_after_the_rest_of_the_block() {
    expect(
        "fn f() {\n var n = 0\n defer n = 1\n || n\n}",
        "n: local 0 cell
         n: capture 0
         fn 0 captures n from local 0 cell",
    );
}

#[test]
fn captures_go_through_the_functions_between() {
    expect(
        "fn f(a) { || || a }",
        "a: capture 0
         fn 0 captures a from capture 0
         fn 1 captures a from local 0",
    );
    expect(
        "fn f(a) { let g = || { a = 1; || a }; g }",
        "a: capture 0
         a: capture 0
         g: local 1
         fn 0 captures a from capture 0 cell
         fn 1 captures a from local 0 cell",
    );
}

#[test]
fn a_function_names_itself_without_a_capture() {
    expect(
        "fn f() {\n fn down(n) { if n > 0 { down(n - 1) } }\n let up = |n| up(n + 1)\n down(1)\n up(1)\n}",
        "n: local 2
         down: this
         n: local 2
         up: this
         n: local 3
         down: local 0
         up: local 1",
    );
    // From a lambda inside it is captured as what it is.
    expect(
        "fn f() {\n fn walk(t) { t.each(|x| walk(x)) }\n walk(1)\n}",
        "t: local 1
         walk: capture 0
         x: local 2
         walk: local 0
         fn 0 captures walk from this",
    );
    // A `var` may be assigned, so it is captured like any other.
    expect(
        "fn f() {\n var g = |n| g(n)\n g\n}",
        "g: capture 0
         n: local 1
         g: local 0 cell
         fn 0 captures g from local 0 cell
         block 0 starts with cells [0] and 0 items",
    );
}

#[test]
fn a_nested_function_sees_what_an_open_block_declares_below() {
    expect(
        "fn f() {\n let g = || later\n let later = 1\n g()\n}",
        "later: capture 0
         g: local 0
         fn 0 captures later from local 1 cell
         block 0 starts with cells [1] and 0 items",
    );
    // A visible local goes before one that is declared below, a global does not.
    expect(
        "let x = 0\nlet y = 0\nfn f(x) {\n if x {\n  let g = || x + y\n  let x = 1\n  let y = 2\n  g\n }\n}",
        "x: local 0 captured
         x: capture 0
         y: capture 1
         g: local 1
         fn 0 captures x from local 0, y from local 3 cell
         block 0 starts with cells [3] and 0 items",
    );
}

#[test]
fn items_are_made_at_their_statement_if_nobody_needs_them_earlier() {
    expect(
        "fn f() {\n let k = 1\n fn g() { k }\n g()\n}",
        "k: capture 0
         g: local 1
         fn 0 captures k from local 0",
    );
    // Called above its statement: made at the start, and what it takes of the block lies in cells.
    expect(
        "fn f() {\n let k = 1\n g()\n fn g() { k }\n}",
        "g: local 1
         k: capture 0
         fn 0 captures k from local 0 cell
         block 1 starts with cells [0] and 1 items",
    );
    // Functions that name each other, called below both.
    expect(
        "fn f() {\n fn even(n) { odd(n) }\n fn odd(n) { even(n) }\n even(1)\n}",
        "odd: capture 0
         n: local 2
         even: capture 0
         n: local 3
         even: local 0 captured
         fn 0 captures odd from local 1 cell
         fn 1 captures even from local 0
         block 2 starts with cells [1] and 0 items",
    );
    // Called between them: the second is needed by the first.
    expect(
        "fn f() {\n fn even(n) { odd(n) }\n even(1)\n fn odd(n) { n }\n}",
        "odd: capture 0
         n: local 2
         even: local 0
         n: local 3
         fn 0 captures odd from local 1 cell
         block 2 starts with cells [1] and 1 items",
    );
    // An outer variable that is assigned before the item's statement, but after the block's start.
    expect(
        "fn f(n) {\n if n {\n  g()\n  n = 2\n  fn g() { n }\n }\n}",
        "n: local 0 cell
         g: local 1
         n: local 0 cell
         n: capture 0
         fn 0 captures n from local 0 cell
         block 1 starts with cells [] and 1 items",
    );
}

#[test]
fn structs_of_blocks_capture_for_methods_and_defaults() {
    let text = "fn f(a) {\n struct P {\n  x = a\n  y = || a\n  fn get(self) { [a, P] }\n }\n P()\n}";
    let (_, resolution, diagnostics) = resolved(text);
    assert!(diagnostics.is_empty());
    let captures: Vec<_> = resolution.structs[0].captures.iter().map(|capture| capture.from).collect();
    assert_eq!(captures, [CaptureFrom::Local(LocalId(0))]);
    assert_eq!(resolution.structs[0].parent, Owner::Function(FnId(2)));
    assert_eq!(resolution.functions[0].parent, Owner::Defaults(StructId(0)));
    assert_eq!(resolution.functions[0].captures[0].from, CaptureFrom::Capture(0));
    let method = &resolution.functions[1];
    assert!(method.is_method && method.captures[1].cell && !method.captures[0].cell);
}

#[test]
fn alternatives_bind_the_same_variables() {
    let (_, resolution, diagnostics) =
        resolved("match [1, 2] {\n [a, (0 | b)] | [b, a] => nil\n _ => nil\n}");
    assert_eq!(diagnostics.len(), 1, "0 | b differs");
    let (ast, resolution, diagnostics) = {
        let _ = resolution;
        resolved("match [1, 2] {\n [a, 0, b] | [1, b, a] | [b, a, 2] => a + b\n _ => nil\n}")
    };
    assert!(diagnostics.is_empty());
    assert_eq!(resolution.locals.len(), 2);
    let bound = ast.pats.iter().zip(&resolution.bindings).filter_map(|(pat, binding)| match pat.kind {
        crate::ast::PatKind::Bind(name) => Some((ast.name(name).to_string(), *binding)),
        _ => None,
    });
    for (name, binding) in bound {
        let wanted = LocalId((name == "b") as u32);
        assert_eq!(binding, Some(Binding::Local(wanted)));
    }
}

#[test]
fn type_names_after_is_mean_types_unless_a_struct_has_the_name() {
    expect(
        "fn f(list, map) { [list is list, map is map, type(list) == range] }\nstruct set { x }\nprint(1 is set)",
        "list: local 0
         list: type List
         map: local 1
         map: type Map
         type: prelude
         list: local 0
         range: type Range
         print: prelude
         set: global 1",
    );
}

#[test]
fn generators_and_methods_are_marked() {
    let (_, resolution, _) =
        resolved("struct S {\n fn a(self) { yield 1 }\n fn b(x) { [x].map(|y| { yield y }) }\n}");
    let marks: Vec<_> = resolution.functions.iter().map(|info| (info.is_generator, info.is_method)).collect();
    assert_eq!(marks, [(true, true), (true, false), (false, false)]);
}

#[test]
fn lines_of_a_session_see_the_names_of_earlier_ones() {
    let outer = Outer {
        names: vec![("x".into(), false), ("y".into(), true), ("_".into(), false), ("f".into(), false)],
    };
    let line = |text: &str| {
        let parsed = parser::parse(SourceId(0), text);
        let nothing = ImportExports::default();
        let (resolution, found) =
            resolve(SourceId(0), &parsed.ast, &testing::prelude(), FileRole::Repl, &outer, &nothing);
        let kinds: Vec<GlobalKind> = resolution.globals.iter().map(|global| global.kind).collect();
        (kinds, found.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>())
    };
    assert_eq!(line("x + _"), (vec![GlobalKind::Outer(0), GlobalKind::Outer(2)], vec![]));
    // The new `x` from the old one; declaring again is allowed, also within the line.
    assert_eq!(line("let x = x + 1"), (vec![GlobalKind::Let, GlobalKind::Outer(0)], vec![]));
    assert_eq!(line("let a = 1; let a = 2; a"), (vec![GlobalKind::Var], vec![]));
    assert_eq!(line("y = 2").1, vec![]);
    assert_eq!(line("x = 2").1, vec![Code::ASSIGNED_CONSTANT]);
    assert_eq!(line("fn g() { x }\nlet x = 3").0.len(), 2);
    assert_eq!(line("z").1, vec![Code::UNDEFINED_NAME]);
    assert_eq!(line("let a = 1; a = 2").1, vec![Code::ASSIGNED_CONSTANT]);
}

use crate::diagnostic::Code;

/// Every diagnostic's code with its line.
fn codes(text: &str, wanted: &[&str]) {
    assert_eq!(testing::codes(text), wanted, "\n{text}");
}

#[test]
fn undefined_names_are_reported_once_in_a_function() {
    codes(
        "print(a)\nprint(a)\nfn f() { a }\nlet g = |x| { print(a); a + x }\nprint(f, g)",
        &["E0201 1", "E0201 3", "E0201 4"],
    );
    codes("a = 1\na = 2", &["E0201 1"]);
    codes("a += 1", &["E0201 1"]);
    codes("[b, c] = [1, 2]", &["E0201 1", "E0201 1"]);
}

#[test]
fn used_before_declared_only_where_it_is_certain() {
    codes("print(x)\nlet x = 1", &["E0203 1"]);
    codes("let f = || x\nlet x = f()", &[]);
    codes("let x = x", &["E0203 1"]);
    codes("x = 2\nvar x = 1", &["E0203 1"]);
    codes("for i in 0..2 { print(x) }\nlet x = 1", &["E0203 1"]);
    codes("defer print(x)\nlet x = 1", &[]);
    codes("print(f(), S)\nfn f() { 1 }\nstruct S { a }", &[]);
    codes("fn f() { print(x); let x = 1; x }\nprint(f())", &["E0203 1"]);
    // An outer variable is visible, so that is what is meant.
    codes("fn f(x) { if x { print(x); let x = 2; print(x) } }\nf(1)", &[]);
    codes("print(math.pi)\nimport math", &[]);
}

#[test]
fn what_cannot_be_assigned() {
    codes("let [a, b] = [1, 2]\na = 2\nprint(b)", &["E0204 2"]);
    codes("for x in [1] { x = 2; print(x) }\nfn f(a) { a += 1; a }\nprint(f(1))", &[]);
    codes("match 1 { n => n = 2 }\ntry { f() } catch e { e = 1 }\nfn f() { 1 }", &[]);
    codes("import math\nmath.pi = 3", &["E0204 2"]);
    codes("print = 3", &["E0204 1"]);
    codes("var print = 1\nprint = 2", &[]);
    codes("fn f() { let g = || { g = 1 }; g }\nprint(f())", &["E0204 1"]);
    codes("import \"./u.co\"\nu.v = 1\n# file: u.co\nvar v = 0", &["E0204 2"]);
}

#[test]
fn loops_belong_to_their_function() {
    codes("while true { [1].each(|x| { break }) }", &["E0207 1"]);
    codes("fn f() { continue }\nf()", &["E0207 1"]);
    codes("for i in 0..1 { if i == 0 { break } else { continue } }", &[]);
}

#[test]
fn defaults_are_evaluated_outside() {
    codes("fn f(a, b = a) { b }\nprint(f(1))", &[]);
    codes("fn f(a = b, b = 1) { a + b }\nprint(f())", &["E0201 1"]);
    codes("fn f(a = yield 1) { a }\nprint(f())", &["E0208 1"]);
    codes("struct P { x = return }\nprint(P())", &["E0208 1"]);
    codes("struct P { x = 1\n y = x }\nprint(P())", &["E0201 2"]);
}

#[test]
fn members_of_modules_are_known() {
    codes("import math.{sin, sine}\nprint(sin(1), sine(1))", &["E0211 1"]);
    codes(
        "import \"./u.co\" as v\nprint(v.a, v.b, v._c, v.json, v.pi)\n# file: u.co\nimport json\nimport math.{pi}\nlet a = 1\nlet _c = json",
        &["E0211 2", "E0210 2", "E0211 2"],
    );
    codes("import maths", &["E0214 1"]);
    // A local of the module's name is no module.
    codes("import math\nfn f(math) { math.anything }\nprint(f(1), math.pi)", &[]);
}

#[test]
fn names_of_other_languages_get_their_own_words() {
    let help = |name: &str| {
        let (_, diagnostics) = testing::front_end(&format!("print({name})"));
        let first = diagnostics.first().expect("it is undefined").clone();
        first.help.join(" ") + &first.fixes.iter().map(|fix| fix.edits[0].text.clone()).collect::<String>()
    };
    assert!(help("None").ends_with("nil"));
    assert!(help("undefined").ends_with("nil"));
    assert!(help("True").ends_with("true"));
    assert!(help("len").contains("x.len()"));
    assert!(help("console").contains("print"));
    assert!(help("math").ends_with("import math\n"));
    assert!(help("self").contains("struct"));
    assert!(help("pritn").ends_with("print"));
    for word in ["begin", "end", "done", "fi"] {
        assert!(help(word).contains("braces"), "{word}");
    }
    assert!(help("pass").contains("empty"));
    assert!(help("__name__").contains("main"));
}

#[test]
fn hints_stay_cheap_in_a_file_full_of_mistakes() {
    let lines: String = (0..20_000).map(|i| format!("let name{i} = nam{i}x\n")).collect();
    let (_, _, diagnostics) = resolved(&lines);
    assert_eq!(diagnostics.len(), 20_000);
}

#[test]
fn deep_trees_are_walked() {
    let chain = format!("let x = 1\nprint(x{})", " + x".repeat(100_000));
    let calls = format!("let x = 1\nprint(x{})", ".f()".repeat(100_000));
    let ladder = format!("var x = 1\nif x {{ x = 2 }}{}", " else if x { x = 3 }".repeat(50_000));
    for text in [chain, calls, ladder] {
        let (_, diagnostics) = testing::front_end(&text);
        assert!(diagnostics.is_empty(), "{:?}", &diagnostics[0]);
    }
}
