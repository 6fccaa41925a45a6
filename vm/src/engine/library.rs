//! Compiles the part of the library that is written in Co, when the first of its functions is needed.
//!
//! The library's files declare functions and nothing else, so nothing of them has to run: their closures are made here.

use std::collections::HashMap;

use co_lang::{
    ast::ImportId,
    parser,
    resolve::{self, FileRole, GlobalId, GlobalKind, ImportExports, Outer, PreludeId},
    source::SourceId,
};

use crate::{
    builtins,
    compile::{self, ImportedMember, ImportedModule, Linker, Role, Unit},
    heap::object::*,
    library,
    value::Value,
    vm::Vm,
};

/// The library's source has no place in a program's files; its frames are hidden.
const SOURCE: SourceId = SourceId(u32::MAX);

/// Every function of the library by its name.
pub fn load(vm: &mut Vm) -> HashMap<Box<str>, Value> {
    let text = library::source();
    let parsed = parser::parse(SOURCE, &text);
    let prelude = builtins::library_signatures();
    let (resolution, mut diagnostics) = resolve::resolve(
        SOURCE,
        &parsed.ast,
        &prelude,
        FileRole::Module,
        &Outer::default(),
        &ImportExports::default(),
    );
    diagnostics.extend(parsed.diagnostics);
    assert!(diagnostics.is_empty(), "the library has errors: {diagnostics:#?}");
    let first_slot = vm.globals.len() as u32;
    for global in &resolution.globals {
        vm.globals.push(Value::UNDEF);
        vm.global_names.push(parsed.ast.name(global.name).into());
    }
    let natives = builtins::prelude().iter().copied().chain(builtins::intrinsics());
    let natives = natives.map(|builtin| vm.native_value(builtin)).collect();
    let assert_failed = vm.native_value(builtins::assert_failed());
    let mut link = Link { first_slot, natives, assert_failed };
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
    let code = match compile::compile_module(&mut vm.heap, unit, &mut link) {
        Ok(code) => code,
        Err(diagnostics) => panic!("the library does not compile: {diagnostics:#?}"),
    };
    let mut functions = HashMap::new();
    for (slot, global) in (first_slot as usize..).zip(&resolution.globals) {
        let GlobalKind::Fn(_) = global.kind else { continue };
        let name = parsed.ast.name(global.name);
        let constants = code.proto.constants.iter();
        let mut functions_of_file = constants.filter_map(|constant| constant.as_object::<ProtoObject>());
        let Some(function) = functions_of_file.find(|function| *function.proto.name == *name) else {
            continue;
        };
        let closure: Value = vm.heap.closure(function, &[]).into();
        vm.globals[slot] = closure;
        functions.insert(name.into(), closure);
    }
    functions
}

struct Link {
    first_slot: u32,
    natives: Vec<Value>,
    assert_failed: Value,
}

impl Linker for Link {
    fn global_slot(&mut self, global: GlobalId) -> u32 {
        self.first_slot + global.0
    }

    fn prelude(&mut self, id: PreludeId) -> Value {
        self.natives[id.0 as usize]
    }

    fn import(&mut self, _: ImportId) -> ImportedModule {
        ImportedModule { id: None, value: Value::NIL }
    }

    fn member(&mut self, _: ImportId, _: &str) -> Option<ImportedMember> {
        None
    }

    fn assert_failed(&mut self) -> Value {
        self.assert_failed
    }
}
