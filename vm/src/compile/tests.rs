//! Golden listings of small programs, and everything in `spec/tests` and `examples` through the compiler and the verifier.

use co_lang::{
    parser,
    resolve::{
        self, FileRole, GlobalId, ImportExports, Outer, Prelude, PreludeId, Returns, Signature,
        StandardModule,
    },
    source::{Source, SourceMap, Span},
};

use super::{ImportedMember, ImportedModule, Linker, Role, Unit, compile_module};
use crate::{
    bytecode::{Proto, disasm},
    heap::{Heap, object::ProtoObject},
    value::{Gc, Value},
};
use co_lang::ast::ImportId;

mod flow;
mod golden;
mod limits;

/// A world of names without bodies: builtins are strings.
struct Names {
    prelude: Vec<Value>,
    assert_failed: Value,
    module: Value,
    pi: Value,
    sqrt: Value,
    tests: Vec<Gc<ProtoObject>>,
}

impl Linker for Names {
    fn global_slot(&mut self, global: GlobalId) -> u32 {
        global.0
    }

    fn prelude(&mut self, id: PreludeId) -> Value {
        self.prelude[id.0 as usize]
    }

    fn import(&mut self, _id: ImportId) -> ImportedModule {
        ImportedModule { id: None, value: self.module }
    }

    fn member(&mut self, _id: ImportId, name: &str) -> Option<ImportedMember> {
        match name {
            "pi" => Some(ImportedMember::Value(self.pi)),
            "helper" => Some(ImportedMember::Slot(900)),
            _ => Some(ImportedMember::Value(self.sqrt)),
        }
    }

    fn assert_failed(&mut self) -> Value {
        self.assert_failed
    }

    fn test(&mut self, _name: &str, _span: Span, code: Gc<ProtoObject>) {
        self.tests.push(code);
    }
}

const PRELUDE: &[&str] = &[
    "all",
    "any",
    "args",
    "assert",
    "barrier",
    "channel",
    "chr",
    "completed",
    "eprint",
    "error",
    "event",
    "exit",
    "float",
    "input",
    "int",
    "mutex",
    "ord",
    "print",
    "race",
    "same",
    "semaphore",
    "set",
    "settled",
    "shield",
    "sleep",
    "str",
    "tasks",
    "timeout",
    "type",
    "watch",
];

fn signature(name: &str) -> Signature {
    Signature {
        name: name.to_string(),
        usage: String::new(),
        doc: String::new(),
        returns: Returns::Unknown,
        min_args: 0,
        max_args: None,
    }
}

fn prelude() -> Prelude {
    // More than one module has, so that whatever programs import is there.
    let members = "pi e inf nan max_int min_int sqrt hypot isqrt floor log sin cos gcd helper now unix iso date parse stringify seed int \
                   float choice shuffle sample range bool gauss pretty text interval parse_iso";
    let module = |name: &str| StandardModule {
        name: name.to_string(),
        members: members.split_whitespace().map(signature).collect(),
    };
    Prelude {
        names: PRELUDE.iter().map(|name| signature(name)).collect(),
        modules: ["math", "json", "random", "time"].map(module).into_iter().collect(),
        methods: Vec::new(),
    }
}

/// What a compilation gives: the listing of all its functions, or the diagnostics' messages.
fn compile(text: &str) -> Result<String, Vec<String>> {
    compile_as(text, Role::Script, false)
}

fn compile_as(text: &str, role: Role, gives_value: bool) -> Result<String, Vec<String>> {
    let mut sources = SourceMap::default();
    let source = sources.add(Source::new("test.co", None, text));
    let parsed = parser::parse(source, text);

    let messages = |found: Vec<co_lang::diagnostic::Diagnostic>| {
        let errors = found.into_iter().filter(|one| one.severity == co_lang::diagnostic::Severity::Error);
        errors.map(|one| format!("{}: {}", one.code, one.message)).collect::<Vec<_>>()
    };
    let errors = messages(parsed.diagnostics);
    if !errors.is_empty() {
        return Err(errors);
    }
    let file_role = match role {
        Role::Script => FileRole::Script,
        Role::Repl => FileRole::Repl,
        Role::Module | Role::Library => FileRole::Module,
    };
    let (resolution, found) = resolve::resolve(
        source,
        &parsed.ast,
        &prelude(),
        file_role,
        &Outer::default(),
        &ImportExports::default(),
    );
    let errors = messages(found);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut heap = Heap::new(7);
    let mut text_value = |text: &str| Value::from(heap.intern(text));
    let mut names = Names {
        prelude: PRELUDE.iter().map(|name| text_value(&format!("builtin {name}"))).collect(),
        assert_failed: text_value("builtin assert_failed"),
        module: text_value("module"),
        pi: Value::float(3.25),
        sqrt: text_value("math.sqrt"),
        tests: Vec::new(),
    };
    let unit = Unit {
        source,
        text,
        ast: &parsed.ast,
        resolution: &resolution,
        role,
        name: "main",
        gives_value,
        with_tests: true,
    };
    let main = compile_module(&mut heap, unit, &mut names).map_err(messages)?;
    check_all(&main.proto);
    let mut listing = disasm::disassemble(&main.proto, &sources);
    for test in &names.tests {
        check_all(&test.proto);
        listing.push('\n');
        listing.push_str(&disasm::disassemble(&test.proto, &sources));
    }
    Ok(listing)
}

/// Checks a function and those in it.
fn check_all(proto: &Proto) {
    let mut open = vec![proto as *const Proto];
    while let Some(proto) = open.pop() {
        // SAFETY: the heap holds them all, and nothing is collected here.
        #[allow(unsafe_code)]
        let proto = unsafe { &*proto };
        if let Err(wrong) = flow::check(proto) {
            panic!("{wrong}");
        }
        let inner = proto.constants.iter().filter_map(|constant| constant.as_object::<ProtoObject>());
        open.extend(inner.map(|inner| &raw const *inner.proto));
    }
}

/// All programs of the specification's tests and of the examples.
fn programs() -> Vec<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
    let mut folders = vec![format!("{root}spec/tests"), format!("{root}examples")];
    let mut programs = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path.display().to_string());
            } else if path.extension().is_some_and(|extension| extension == "co") {
                programs.extend(std::fs::read_to_string(&path));
            }
        }
    }
    programs
}

/// What they become is valid, whatever the role of the file.
#[test]
fn all_programs_compile() {
    let mut compiled = 0;
    for text in programs() {
        for role in [Role::Script, Role::Module, Role::Repl] {
            compiled += compile_as(&text, role, role == Role::Repl).is_ok() as usize;
        }
    }
    assert!(compiled > 1000, "only {compiled}");
}

/// So is what programs become that lack a line, or have one twice: many still mean something, if not what was meant.
#[test]
fn changed_programs_compile() {
    let mut compiled = 0;
    for (number, text) in programs().into_iter().enumerate() {
        let lines: Vec<&str> = text.lines().collect();
        for index in (number % 3..lines.len()).step_by(3) {
            for copies in [0, 2] {
                let kept = |at: usize| if at == index { copies } else { 1 };
                let changed: String =
                    (0..lines.len()).map(|at| format!("{}\n", lines[at]).repeat(kept(at))).collect();
                compiled += compile(&changed).is_ok() as usize;
            }
        }
    }
    assert!(compiled > 1000, "only {compiled}");
}
