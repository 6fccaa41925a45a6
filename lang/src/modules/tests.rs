//! Programs of several files.

use super::*;
use crate::testing::{self, Files, codes};

fn names(program: &Program) -> Vec<String> {
    program.modules.iter().map(|module| program.sources.get(module.source).name.to_string()).collect()
}

#[test]
fn imports_come_first_in_the_order_in_which_they_are_written() {
    let (program, diagnostics) = testing::front_end(
        "import \"./b.co\"\nimport \"./a.co\"\nimport json\nprint(a.x, b.y, json)\n# file: a.co\nimport \"./c.co\"\nlet x = c.z\n# file: b.co\nimport \"./c.co\".{z}\nlet y = z\n# file: c.co\nlet z = 1\n",
    );
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(names(&program), ["c.co", "b.co", "a.co", "main.co"]);
    let main = program.main().expect("there is one");
    let json = main.ast.names.find("json").expect("it is named");
    assert_eq!(
        main.imports,
        [ImportTarget::Module(ModuleId(1)), ImportTarget::Module(ModuleId(2)), ImportTarget::Standard(json)]
    );
    assert_eq!(program.module(ModuleId(1)).imports, [ImportTarget::Module(ModuleId(0))]);
}

#[test]
fn paths_start_at_the_importing_file_and_a_file_is_loaded_once() {
    let (program, diagnostics) = testing::front_end(
        "import \"./lib/a.co\"\nimport \"./lib/../lib/a.co\" as b\nprint(a.x, b.x)\n# file: lib/a.co\nimport \"../top.co\"\nlet x = top.x\n# file: top.co\nlet x = 1\n",
    );
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(names(&program), ["top.co", "lib/a.co", "main.co"]);
}

#[test]
fn circles_are_shown() {
    assert_eq!(codes("import \"./main.co\""), ["E0215 1"]);
    let text = "import \"./a.co\"\nprint(a)\n# file: a.co\nimport json\nimport \"./b.co\"\n# file: b.co\nimport \"./c.co\"\n# file: c.co\nimport \"./a.co\"\n";
    let (program, diagnostics) = testing::front_end(text);
    assert_eq!(testing::listed(&diagnostics, &program.sources), ["E0215 c.co:1"]);
    assert_eq!(diagnostics[0].message, "files import each other in a circle: a.co → b.co → c.co → a.co");
    assert_eq!(diagnostics[0].labels.len(), 3);
    assert_eq!(names(&program).len(), 4);
}

#[test]
fn what_cannot_be_loaded_is_reported_at_the_import() {
    assert_eq!(codes("import \"./no.co\"\nprint(no.x)"), ["E0214 1"]);
    assert_eq!(codes("import \"util.co\"\nprint(util.x)"), ["E0214 1"]);
    let (_, diagnostics) = testing::front_end("import \"./u\"\nprint(u.x)\n# file: u.co\nlet x = 1");
    assert_eq!(diagnostics[0].fixes[0].edits[0].text, "\"./u.co\"");
    let missing = load_program(Entry::File("other.co"), &Files::default(), &testing::prelude());
    assert_eq!(missing.map(|_| ()), Err(LoadError { message: "no such file".into() }));
}

#[test]
fn of_a_file_with_syntax_errors_nothing_is_known() {
    assert_eq!(codes("import \"./u.co\"\nprint(u.anything)\n# file: u.co\nlet x = = 1"), ["E0111 u.co:1"]);
    // What could not be read may have declared the names.
    assert_eq!(codes("let x = = 1\nprint(x, y)\n1 == 2\nlet z = 1\nz = 2"), ["E0111 1", "E0204 5"]);
}

#[test]
fn a_session_grows_and_keeps_its_files() {
    let files = Files::split("\n# file: u.co\nlet x = 1\nlet _p = 2");
    let prelude = testing::prelude();
    let mut program = Program::default();
    let nothing = Outer::default();
    let mut line = |text: &str, outer: &Outer| {
        program
            .load(Entry::Line { name: "<repl>", text, outer, path: None }, &files, &prelude)
            .expect("a text is always there")
    };
    assert!(line("import \"./u.co\"\nprint(u.x)", &nothing).diagnostics.is_empty());
    assert_eq!(line("import \"./u.co\" as v\nprint(v._p)", &nothing).diagnostics.len(), 1);
    assert!(line("fn f() {", &nothing).incomplete);
    assert!(line("1 +", &nothing).incomplete);
    assert!(!line("1 +)", &nothing).incomplete);
    let outer = Outer { names: vec![("u".into(), false)] };
    assert!(line("u.x", &outer).diagnostics.is_empty());
    assert_eq!(names(&program)[..3], ["u.co", "<repl>", "<repl>"]);
}

#[test]
fn texts_import_from_the_working_directory() {
    let files = Files::split("\n# file: u.co\nlet x = 1");
    let entry = Entry::Text { name: "<-e>", text: "import \"./u.co\"\nprint(u.x, u.y)" };
    let (program, report) = load_program(entry, &files, &testing::prelude()).expect("a text is always there");
    assert_eq!(testing::listed(&report.diagnostics, &program.sources), ["E0211 2"]);
    assert_eq!(program.main().map(|module| module.path.clone()), Some(None));
}
