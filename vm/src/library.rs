//! The part of the library that is written in Co: builtins that call functions of the program.
//!
//! A function's first parameter is the method's receiver and is called `self`, so that messages do not count it as an argument.
//! Names with two underscores in front are for the VM's own use; the others are the bodies
//! ([`Body::Co`](crate::builtins::Body)) of builtins. The files see the prelude, the [intrinsics](crate::builtins::intrinsics())
//! and each other's functions. They are compiled when the first of their functions is needed.

use std::{collections::HashMap, fmt::Write};

use co_lang::{
    ast::ImportId,
    diagnostic::{Diagnostic, Severity},
    parser,
    resolve::{self, FileRole, GlobalId, ImportExports, Outer, PreludeId},
    source::SourceId,
};

use crate::{
    builtins,
    compile::{ImportedMember, ImportedModule, Linker, Role, Unit, compile_module},
    heap::object::ProtoObject,
    value::{Gc, Value},
    vm::Vm,
};

/// The files, as one program text each.
pub const FILES: &[(&str, &str)] = &[
    ("core", include_str!("library/core.co")),
    ("seq", include_str!("library/seq.co")),
    ("gen", include_str!("library/gen.co")),
    ("list", include_str!("library/list.co")),
    ("map", include_str!("library/map.co")),
    ("set", include_str!("library/set.co")),
    ("tasks", include_str!("library/tasks.co")),
];

/// The library as one file, so that its functions see each other.
pub fn source() -> String {
    let mut text = String::with_capacity(16 << 10);
    for (name, file) in FILES {
        let _ = writeln!(text, "# ---- {name}.co\n{file}");
    }
    text
}

/// No file of a program has this number.
pub const SOURCE: SourceId = SourceId(u32::MAX);

/// Compiles the library and gives its functions by name.
pub fn load(vm: &mut Vm) -> HashMap<Box<str>, Value> {
    match compile(vm) {
        Ok(functions) => functions,
        Err(diagnostics) => {
            // The files are part of the VM, and a test compiles them.
            debug_assert!(diagnostics.is_empty(), "the library does not compile: {diagnostics:#?}");
            HashMap::new()
        }
    }
}

fn compile(vm: &mut Vm) -> Result<HashMap<Box<str>, Value>, Vec<Diagnostic>> {
    let text = source();
    let mut parsed = parser::parse(SOURCE, &text);
    let signatures = builtins::library_signatures();
    let (outer, imports) = (Outer::default(), ImportExports::default());
    let (resolution, found) =
        resolve::resolve(SOURCE, &parsed.ast, &signatures, FileRole::Module, &outer, &imports);
    parsed.diagnostics.extend(found);
    parsed.diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let prelude = builtins::prelude().iter().copied().chain(builtins::intrinsics());
    let prelude = prelude.map(|builtin| vm.native_value(builtin)).collect();
    let mut link = Link { first_slot: vm.globals.len() as u32, prelude };
    let unit = Unit {
        source: SOURCE,
        text: &text,
        ast: &parsed.ast,
        resolution: &resolution,
        role: Role::Library,
        name: "library",
        gives_value: false,
        with_tests: false,
    };
    let main = compile_module(&mut vm.heap, unit, &mut link)?;

    // Nothing of it has to run: the top level has functions only, which capture nothing and are constants of it.
    let constants = main.proto.constants.iter().filter_map(|constant| constant.as_object::<ProtoObject>());
    let codes: HashMap<Box<str>, Gc<ProtoObject>> =
        constants.map(|code| (code.proto.name.clone(), code)).collect();
    let mut functions = HashMap::new();
    for global in &resolution.globals {
        let name = parsed.ast.name(global.name);
        let function = codes.get(name).map_or(Value::UNDEF, |code| vm.heap.closure(*code, &[]).into());
        vm.globals.push(function);
        vm.global_names.push(name.into());
        functions.insert(name.into(), function);
    }
    Ok(functions)
}

struct Link {
    first_slot: u32,
    prelude: Vec<Value>,
}

impl Linker for Link {
    fn global_slot(&mut self, global: GlobalId) -> u32 {
        self.first_slot + global.0
    }

    fn prelude(&mut self, id: PreludeId) -> Value {
        self.prelude[id.0 as usize]
    }

    fn import(&mut self, _: ImportId) -> ImportedModule {
        ImportedModule { id: None, value: Value::NIL }
    }

    fn member(&mut self, _: ImportId, _: &str) -> Option<ImportedMember> {
        None
    }

    fn assert_failed(&mut self) -> Value {
        Value::NIL
    }
}
