//! The list of builtins agrees with the library; values nested 100,000 deep, cyclic values; JSON reads what it writes.

use ::std::{cmp::Ordering, io};

use proptest::prelude::*;

use super::{Body, Builtin, Control, intrinsics, methods_of, modules, prelude};
use crate::{
    heap::object::*,
    host::{Host, Operation, Reply},
    library,
    ops::{compare, display, equal, index},
    std::json,
    value::{Tag, Value},
    vm::Vm,
};

struct Nothing;

impl Host for Nothing {
    fn write_out(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn flush_out(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn write_err(&mut self, _: &[u8]) {}
    fn monotonic_ns(&self) -> u64 {
        0
    }
    fn unix_seconds(&self) -> f64 {
        0.0
    }
    fn hash_seed(&self) -> u64 {
        1
    }
    fn random_seed(&mut self) -> u64 {
        0
    }
    fn read_line(&mut self) -> Operation {
        Box::pin(async { Ok(Reply::Line(None)) })
    }
}

pub(crate) fn vm() -> Box<Vm> {
    Vm::new(Box::new(Nothing), 0, library::load)
}

fn all_builtins() -> Vec<(&'static Builtin, bool)> {
    let methods = (1..Tag::COUNT as u8).filter_map(Tag::from_number).flat_map(methods_of).copied().flatten();
    let members = modules().iter().flat_map(|(_, members)| *members);
    let functions = prelude().iter().copied().chain(members).map(|builtin| (builtin, false));
    methods.map(|builtin| (builtin, true)).chain(functions).collect()
}

#[test]
fn the_library_has_what_the_list_names() {
    let mut vm = vm();
    for (builtin, is_method) in all_builtins() {
        let Body::Co(name) = builtin.body else { continue };
        let function = vm.library_function(name).unwrap_or(Value::NIL);
        let closure = function.as_object::<Closure>().unwrap_or_else(|| panic!("no function {name}"));
        let proto = closure.proto();
        let names: Vec<&str> = proto.param_names.iter().filter_map(|name| name.as_text()).collect();
        assert_eq!(names[0], "self", "{name}");
        assert!(is_method, "{name}");
        if builtin.max_args.is_some() {
            assert_eq!(&names[1..], builtin.params, "{name}");
            assert_eq!(proto.required as usize, builtin.min_args as usize + 1, "{name}");
        } else {
            assert!(proto.flags.rest, "{name}");
        }
    }
}

#[test]
fn every_builtin_is_documented() {
    for (builtin, _) in all_builtins().into_iter().chain(intrinsics().iter().map(|builtin| (builtin, false)))
    {
        assert!(
            builtin.doc.trim().ends_with(['.', '?', ';', '`', '!']),
            "{}: {:?}",
            builtin.name,
            builtin.doc
        );
        assert!(builtin.usage.contains(builtin.name), "{}", builtin.usage);
        assert!(builtin.max_args.is_none_or(|max| max >= builtin.min_args), "{}", builtin.name);
    }
}

#[test]
fn signatures_are_shown_as_they_are_written() {
    let usage =
        |name: &str| prelude().iter().find(|builtin| builtin.name == name).map(|builtin| builtin.usage);
    assert_eq!(usage("print"), Some(r#"print(...values, sep = " ", end = "\n")"#));
    assert_eq!(usage("int"), Some("int(x, base = 10)"));
    assert_eq!(usage("args"), Some("args"));
    let print = super::prelude::FUNCTIONS.iter().find(|builtin| builtin.name == "print").unwrap();
    assert_eq!((print.params, print.min_args, print.max_args), (&["sep", "end"][..], 0, None));
}

#[test]
fn a_method_has_one_entry_in_its_own_table() {
    for tag in (1..Tag::COUNT as u8).filter_map(Tag::from_number) {
        for table in methods_of(tag) {
            for (at, builtin) in table.iter().enumerate() {
                assert!(table[..at].iter().all(|other| other.name != builtin.name), "{}", builtin.name);
            }
        }
    }
}

/// `[[[…]]]`
fn nested(vm: &mut Vm, depth: usize) -> Value {
    let mut value = vm.heap.list(&[]).into();
    for _ in 0..depth {
        value = vm.heap.list(&[value]).into();
    }
    value
}

#[test]
fn depth_does_not_matter() {
    let mut vm = vm();
    let depth = 100_000;
    let (a, b) = (nested(&mut vm, depth), nested(&mut vm, depth));
    assert_eq!(equal::equal(&vm.heap, a, b), Some(true));
    assert_eq!(compare::compare(&mut vm, a, b), Ok(compare::Order::Known(Some(Ordering::Equal))));
    let text = display::display(&mut vm, a).unwrap().unwrap();
    assert_eq!(text.len(), 2 * (depth + 1));
    let json = call(&mut vm, json::MEMBERS, "stringify", &[a, Value::UNDEF]).unwrap();
    assert_eq!(json.as_text(), Some(text.as_str()));
    let parsed = call(&mut vm, json::MEMBERS, "parse", &[json]).unwrap();
    assert_eq!(equal::equal(&vm.heap, a, parsed), Some(true));
}

#[test]
fn cycles_come_to_an_end() {
    let mut vm = vm();
    let cycle = |vm: &mut Vm| {
        let list = vm.heap.list(&[Value::int(1)]);
        list.push(&mut vm.heap, list.into());
        Value::from(list)
    };
    let (a, b) = (cycle(&mut vm), cycle(&mut vm));
    assert_eq!(shown(&mut vm, a), "[1, …]");
    assert_eq!(equal::equal(&vm.heap, a, b), Some(true));
    assert!(compare::compare(&mut vm, a, b).is_ok());
    let result = call(&mut vm, json::MEMBERS, "stringify", &[a, Value::UNDEF]);
    assert_eq!(result.unwrap_err(), Control::Throw);
    // Exponentially many ways through shared lists.
    let (mut a, mut b) = (nested(&mut vm, 0), nested(&mut vm, 0));
    for _ in 0..60 {
        a = vm.heap.list(&[a, a]).into();
        b = vm.heap.list(&[b, b]).into();
    }
    assert_eq!(equal::equal(&vm.heap, a, b), Some(true));
}

fn call(vm: &mut Vm, table: &[Builtin], name: &str, args: &[Value]) -> Result<Value, Control> {
    let builtin = table.iter().find(|builtin| builtin.name == name).unwrap();
    let Body::Native(native) = builtin.body else { panic!("{name} is no native") };
    native(vm, args)
}

fn shown(vm: &mut Vm, value: Value) -> String {
    display::display(vm, value).unwrap().unwrap().as_str().to_owned()
}

#[test]
fn values_are_shown_as_literals() {
    let mut vm = vm();
    let map = vm.heap.map();
    let list = vm.heap.list(&[Value::float(1.0), Value::NIL]).into();
    let name = vm.heap.str("a b").into();
    let set = vm.heap.set();
    set.insert(&mut vm.heap, Value::int(1));
    for (key, value) in [(vm.heap.str("a").into(), Value::int(1)), (name, list), (Value::int(1), set.into())]
    {
        map.insert(&mut vm.heap, key, value);
    }
    assert_eq!(shown(&mut vm, map.into()), r#"{a: 1, "a b": [1.0, nil], [1]: set([1])}"#);
    let error = vm.heap.error("KeyError", "no \"x\"");
    assert_eq!(shown(&mut vm, error.into()), "KeyError: no \"x\"");
    let list = vm.heap.list(&[error.into()]).into();
    assert_eq!(shown(&mut vm, list), r#"[error("no \"x\"", kind: "KeyError")]"#);
    let range = vm.heap.range(0, 10, 3, false).into();
    assert_eq!(shown(&mut vm, range), "(0..10).step(3)");
}

#[test]
fn parts_of_ranges() {
    let mut vm = vm();
    let range = vm.heap.range(i64::MAX - 3, i64::MAX, 1, true);
    let part = index::part_of_range(&mut vm, &range, 1, 4);
    assert_eq!((part.len, part.at(0), part.at(2)), (3, i64::MAX - 2, i64::MAX));
    let empty = index::part_of_range(&mut vm, &range, 2, 2);
    assert_eq!(empty.len, 0);
    assert!(index::range_contains(&range, Value::int(i64::MAX)));
    assert!(!index::range_contains(&range, Value::float(9.3e18)));
}

/// A JSON value as Rust data, to be made a value of the heap.
#[derive(Debug, Clone)]
enum Json {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Nil),
        any::<bool>().prop_map(Json::Bool),
        any::<i64>().prop_map(Json::Int),
        any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(Json::Float),
        any::<String>().prop_map(Json::Text),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::List),
            prop::collection::vec((any::<String>(), inner), 0..6).prop_map(Json::Map),
        ]
    })
}

fn make(vm: &mut Vm, json: &Json) -> Value {
    match json {
        Json::Nil => Value::NIL,
        Json::Bool(bool) => Value::bool(*bool),
        Json::Int(int) => Value::int(*int),
        Json::Float(float) => Value::float(*float),
        Json::Text(text) => vm.heap.str(text).into(),
        Json::List(items) => {
            let items: Vec<Value> = items.iter().map(|item| make(vm, item)).collect();
            vm.heap.list(&items).into()
        }
        Json::Map(entries) => {
            let map = vm.heap.map();
            for (key, value) in entries {
                let (key, value) = (vm.heap.str(key).into(), make(vm, value));
                map.insert(&mut vm.heap, key, value);
            }
            map.into()
        }
    }
}

proptest! {
    #[test]
    fn json_reads_what_it_writes(json in any_json(), indent in prop::option::of(0i64..5)) {
        let mut vm = vm();
        let value = make(&mut vm, &json);
        let indent = indent.map_or(Value::UNDEF, Value::int);
        let text = call(&mut vm, json::MEMBERS, "stringify", &[value, indent]).unwrap();
        let read = call(&mut vm, json::MEMBERS, "parse", &[text]).unwrap();
        prop_assert_eq!(equal::equal(&vm.heap, value, read), Some(true));
        prop_assert_eq!(shown(&mut vm, value), shown(&mut vm, read));
    }

    #[test]
    fn json_is_what_others_take_for_json(text in r#"([\[\]{}",:]|\\[nu"/x]|d83d|-?[01]{1,2}(\.[05])?(e\+?1)?|null|true| |\n|ä){0,12}"#) {
        let mut vm = vm();
        let value = vm.heap.str(&text).into();
        let ours = call(&mut vm, json::MEMBERS, "parse", &[value]).is_ok();
        let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        prop_assert_eq!(ours, theirs);
    }
}
