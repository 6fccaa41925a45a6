//! Variables, fields, items, containers, patterns and strings off the fast path.

use std::ptr;

use super::{Flow, arith::finish_value, control};
use co_lang::diagnostic::Code;

use crate::{
    builtins::Control,
    bytecode::{CaptureSource, Op, Word},
    fiber,
    heap::{
        map::{KeyKind, key_kind},
        object::*,
        shape::ShapeInit,
    },
    ops,
    value::{Gc, Tag, Value},
    vm::Vm,
};

type Outcome = Result<Value, Control>;

/// The value of register B.
fn value_b(vm: &Vm, word: Word) -> Value {
    // SAFETY: operands of verified code.
    unsafe { *vm.register(word.b()) }
}

/// `count` registers from B on.
fn registers_from_b<'a>(vm: &Vm, word: Word, count: usize) -> &'a [Value] {
    // SAFETY: operands of verified code. The slice ends before the frame can go.
    unsafe { std::slice::from_raw_parts(vm.register(word.b()), count) }
}

fn name_c(vm: &Vm, word: Word) -> Gc<Str> {
    // SAFETY: name operands are interned strings.
    unsafe { vm.constant_at(word.c()).object_unchecked() }
}

#[cold]
#[inline(never)]
pub fn unset_global(vm: &mut Vm, word: Word) -> Flow {
    let name = vm.global_name(word.bc());
    unset(vm, &name)
}

#[cold]
#[inline(never)]
pub fn unset_variable(vm: &mut Vm, _: Word) -> Flow {
    let name = vm.variable_at_pc();
    unset(vm, &name)
}

fn unset(vm: &mut Vm, name: &str) -> Flow {
    let control = vm.throw("NameError", format!("`{name}` is read before it has a value"));
    vm.hint(format!("the declaration of `{name}` has not run yet: move it up, or call this later"));
    control::raise(vm, control)
}

#[inline(never)]
pub fn new_cell(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let value = unsafe { *vm.register(word.a()) };
    let cell = vm.heap.cell(value);
    finish_value(vm, word, Ok(cell.into()))
}

#[inline(never)]
pub fn closure(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code; captures name registers and captures that exist.
    unsafe {
        let code: Gc<ProtoObject> = vm.constant_at_wide(word.bc()).object_unchecked();
        let own = Gc::<Closure>::from_ptr(fiber::frame_closure(vm.base) as *mut Closure);
        let mut storage = [Value::NIL; 8];
        let mut long = Vec::new();
        let sources = &code.proto.captures;
        let take = |source: &CaptureSource| match *source {
            CaptureSource::Register(register) => *vm.base.add(register as usize),
            CaptureSource::Capture(index) => own.captures()[index as usize].get(),
            CaptureSource::This => own.into(),
        };
        let captures: &[Value] = if sources.len() <= storage.len() {
            for (slot, source) in storage.iter_mut().zip(sources.iter()) {
                *slot = take(source);
            }
            &storage[..sources.len()]
        } else {
            long.extend(sources.iter().map(take));
            &long
        };
        let closure = vm.heap.closure(code, captures);
        finish_value(vm, word, Ok(closure.into()))
    }
}

/// `GET_THIS`
pub fn get_this(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: the callee slot of a running frame holds its closure.
    let this = unsafe { *vm.base.sub(2) };
    finish_value(vm, word, Ok(this))
}

#[inline(never)]
pub fn make_struct(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code; the constant and registers are laid out as the op says.
    unsafe {
        let target = vm.register(word.a());
        let declaration: Gc<List> = vm.constant_at_wide(word.bc()).object_unchecked();
        let constructor: Gc<Closure> = (*target.add(1)).object_unchecked();
        let methods: Gc<List> = (*target.add(2)).object_unchecked();
        let fields = declaration
            .get(1)
            .and_then(|fields| fields.as_object::<List>())
            .map_or(Vec::new(), |list| list.to_vec());
        let methods: Vec<(Value, Value)> =
            methods.to_vec().chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        let name = declaration.get(0).map_or("", |name| vm.text(name));
        let ty = vm.heap.struct_type(ShapeInit {
            name,
            fields: &fields,
            required: declaration.get(2).and_then(Value::as_int).unwrap_or(0) as u16,
            methods: &methods,
        });
        vm.heap.store(&constructor.captures()[0], ty.into());
        vm.heap.store(&ty.constructor, constructor.into());
        finish_value(vm, word, Ok(ty.into()))
    }
}

/// What `x.name` gives without a call: a field, a bound method, a member.
pub fn member(vm: &mut Vm, object: Value, name: Gc<Str>) -> Outcome {
    if let Some(instance) = object.as_object::<Instance>() {
        let shape = vm.heap.shape(instance.header.aux.get());
        if let Some(slot) = shape.slot(name) {
            return Ok(instance.fields()[slot].get());
        }
        if let Some(method) = shape.method(name) {
            return Ok(vm.heap.bound(object, method.function).into());
        }
        return Err(no_member(vm, object, name));
    }
    if let Some(value) = ops::index::get_field(vm, object, name)? {
        return Ok(value);
    }
    if let Some(builtin) = vm.method(object, name) {
        let method = vm.native_value(builtin);
        return Ok(vm.heap.bound(object, method).into());
    }
    Err(no_member(vm, object, name))
}

/// The error for a name that a value does not have, with the nearest that it has.
#[cold]
pub fn no_member(vm: &mut Vm, object: Value, name: Gc<Str>) -> Control {
    let text = name.as_str().to_string();
    if object.is(Tag::COROUTINE) {
        let message = format!("a coroutine has no `{text}`: `await` it first to get the function's result");
        let control = vm.throw_code("TypeError", Code::COROUTINE_AS_VALUE, message);
        vm.name_coroutine(object);
        return control;
    }
    let what = vm.describe(object);
    let kind = if object.is(Tag::MAP) { "KeyError" } else { "NameError" };
    let control = match object.tag {
        Tag::MAP => vm.throw(kind, format!("the map has no key `{text}`")),
        _ => vm.throw(kind, format!("{what} has no field or method `{text}`")),
    };
    let names = vm.member_names(object);
    vm.hint_nearest(&text, names.iter().map(String::as_str));
    control
}

#[inline(never)]
pub fn get_field(vm: &mut Vm, word: Word) -> Flow {
    let object = value_b(vm, word);
    let name = name_c(vm, word);
    if let Some(instance) = object.as_object::<Instance>() {
        let id = instance.header.aux.get();
        if let Some(slot) = vm.heap.shape(id).slot(name) {
            // SAFETY: the cache word follows the op. Its low half is the shape, its high half the field's byte offset.
            unsafe {
                let offset = size_of::<Instance>() + slot * size_of::<Value>();
                *(vm.pc.add(1) as *mut u64) = id as u64 | (offset as u64) << 32;
            }
            return finish_value(vm, word, Ok(instance.fields()[slot].get()));
        }
    }
    let result = member(vm, object, name);
    finish_value(vm, word, result)
}

#[inline(never)]
pub fn get_field_optional(vm: &mut Vm, word: Word) -> Flow {
    let object = value_b(vm, word);
    let name = name_c(vm, word);
    let result = match try_member(vm, object, name) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Ok(Value::NIL),
        Err(control) => Err(control),
    };
    finish_value(vm, word, result)
}

/// A field, key, member or bound method, if there is one. Nil has none.
fn try_member(vm: &mut Vm, object: Value, name: Gc<Str>) -> Result<Option<Value>, Control> {
    if object.is_nil() {
        return Ok(None);
    }
    if let Some(instance) = object.as_object::<Instance>() {
        let shape = vm.heap.shape(instance.header.aux.get());
        if let Some(slot) = shape.slot(name) {
            return Ok(Some(instance.fields()[slot].get()));
        }
        return Ok(shape.method(name).map(|method| vm.heap.bound(object, method.function).into()));
    }
    if let Some(value) = ops::index::get_field(vm, object, name)? {
        return Ok(Some(value));
    }
    if object.is(Tag::MAP) {
        return Ok(None);
    }
    let builtin = vm.method(object, name);
    Ok(builtin.map(|builtin| {
        let method = vm.native_value(builtin);
        vm.heap.bound(object, method).into()
    }))
}

/// `TRY_FIELD`: for patterns, where methods are no fields.
#[inline(never)]
pub fn try_field(vm: &mut Vm, word: Word) -> Flow {
    let object = value_b(vm, word);
    let name = name_c(vm, word);
    let result = match object.as_object::<Instance>() {
        Some(instance) => {
            let slot = vm.heap.shape(instance.header.aux.get()).slot(name);
            Ok(slot.map_or(Value::UNDEF, |slot| instance.fields()[slot].get()))
        }
        None if object.is(Tag::MAP) || object.is(Tag::ERROR) => {
            ops::index::get_field(vm, object, name).map(|field| field.unwrap_or(Value::UNDEF))
        }
        None => Ok(Value::UNDEF),
    };
    finish_value(vm, word, result)
}

/// `GET_METHOD`: what a method call would call, with its receiver. A type's method comes before a map's key.
#[inline(never)]
pub fn get_method(vm: &mut Vm, word: Word) -> Flow {
    let object = value_b(vm, word);
    let name = name_c(vm, word);
    let result = match vm.method(object, name) {
        Some(builtin) => {
            let method = vm.native_value(builtin);
            Ok(vm.heap.bound(object, method).into())
        }
        None => match object
            .as_object::<Instance>()
            .and_then(|instance| vm.heap.shape(instance.shape_id()).method(name))
        {
            Some(method) => Ok(vm.heap.bound(object, method.function).into()),
            None => member(vm, object, name),
        },
    };
    finish_value(vm, word, result)
}

/// `HAS_METHOD`
#[inline(never)]
pub fn has_method(vm: &mut Vm, word: Word) -> Flow {
    let object = value_b(vm, word);
    let name = name_c(vm, word);
    let has = match try_member(vm, object, name) {
        Ok(found) => found.is_some() || (object.is(Tag::MAP) && vm.method(object, name).is_some()),
        Err(control) => return control::raise(vm, control),
    };
    finish_value(vm, word, Ok(Value::bool(has)))
}

#[inline(never)]
pub fn set_field(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let (object, value) = unsafe { (*vm.register(word.a()), *vm.register(word.b())) };
    let name = name_c(vm, word);
    if let Some(instance) = object.as_object::<Instance>() {
        let id = instance.header.aux.get();
        let Some(slot) = vm.heap.shape(id).slot(name) else {
            let control = no_member(vm, object, name);
            return control::raise(vm, control);
        };
        // SAFETY: as in `get_field`.
        unsafe {
            let offset = size_of::<Instance>() + slot * size_of::<Value>();
            *(vm.pc.add(1) as *mut u64) = id as u64 | (offset as u64) << 32;
        }
        vm.heap.store(&instance.fields()[slot], value);
    } else if let Err(control) = ops::index::set_field(vm, object, name, value) {
        return control::raise(vm, control);
    }
    // SAFETY: the op has one cache word.
    unsafe { vm.pc = vm.pc.add(2) };
    vm.safepoint();
    Flow::Continue
}

/// The key that a map uses for `key`: itself, or for a struct with `key(self)` the library makes it.
fn needs_key_call(vm: &Vm, object: Value, key: Value) -> bool {
    matches!(object.tag, Tag::MAP | Tag::SET) && key_kind(&vm.heap, key) == KeyKind::NeedsCall
}

#[inline(never)]
pub fn get_index(vm: &mut Vm, word: Word) -> Flow {
    let object = value_b(vm, word);
    let index = match word.op() {
        Op::GET_INDEX_I => Value::int(word.c() as i16 as i64),
        // SAFETY: operands of verified code.
        _ => unsafe { *vm.register(word.c()) },
    };
    let result = if needs_key_call(vm, object, index) {
        hand_over(vm, "__get_index", &[object, index])
    } else {
        ops::index::get_index(vm, object, index)
    };
    finish_value(vm, word, result)
}

/// Goes on with a function of the library, whose result completes the op.
fn hand_over(vm: &mut Vm, function: &str, args: &[Value]) -> Outcome {
    let callee = vm.library_function(function)?;
    Err(vm.tail_call(callee, args.to_vec()))
}

#[inline(never)]
pub fn get_index_optional(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let (object, index) = unsafe { (*vm.register(word.b()), *vm.register(word.c())) };
    let result = if needs_key_call(vm, object, index) {
        hand_over(vm, "__get_index_opt", &[object, index])
    } else {
        ops::index::get_index_optional(vm, object, index)
    };
    finish_value(vm, word, result)
}

/// Where a map has the value of a key, if that is an int or a str and there; else null. Called from the middle of the loop: it
/// looks at nothing but the map.
#[inline(never)]
pub unsafe fn find_item(map: *const Map, key: *const Value) -> *const Value {
    // SAFETY: the caller has a map and a register.
    let (map, key) = unsafe { (&*map, *key) };
    if key.is(Tag::INT) || key.is(Tag::STR) { map.item(key) } else { ptr::null() }
}

/// The same for a key whose value is to be stored there, which is often the one found last.
#[inline(never)]
pub unsafe fn find_item_again(map: *const Map, key: *const Value) -> *mut Value {
    // SAFETY: as above.
    let (map, key) = unsafe { (&*map, *key) };
    if key.is(Tag::INT) || key.is(Tag::STR) { map.item_again(key).cast_mut() } else { ptr::null_mut() }
}

/// `SET_INDEX` on a map.
#[inline(never)]
pub fn set_item(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let (map, key, value) =
        unsafe { (*vm.register(word.a()), *vm.register(word.b()), *vm.register(word.c())) };
    if !(key.is(Tag::INT) || key.is(Tag::STR)) {
        return set_index(vm, word);
    }
    map.object_unchecked::<Map>().insert(&mut vm.heap, key, value);
    // SAFETY: the next op.
    unsafe { vm.pc = vm.pc.add(1) };
    vm.safepoint();
    Flow::Continue
}

#[inline(never)]
pub fn set_index(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let (object, index, value) =
        unsafe { (*vm.register(word.a()), *vm.register(word.b()), *vm.register(word.c())) };
    let result = if needs_key_call(vm, object, index) {
        hand_over(vm, "__set_index", &[object, index, value]).map(|_| ())
    } else {
        ops::index::set_index(vm, object, index, value)
    };
    match result {
        Ok(()) => {
            // SAFETY: the next op.
            unsafe { vm.pc = vm.pc.add(1) };
            vm.safepoint();
            Flow::Continue
        }
        Err(control) => control::raise(vm, control),
    }
}

#[inline(never)]
pub fn get_slice(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code; the bounds are two registers.
    let (object, start, end) =
        unsafe { (*vm.register(word.b()), *vm.register(word.c()), *vm.register(word.c()).add(1)) };
    let result = ops::index::get_slice(vm, object, start, end, word.op() == Op::GET_SLICE_INCL);
    finish_value(vm, word, result)
}

#[inline(never)]
pub fn new_list(vm: &mut Vm, word: Word) -> Flow {
    let list = vm.heap.list(registers_from_b(vm, word, word.c() as usize));
    finish_value(vm, word, Ok(list.into()))
}

#[inline(never)]
pub fn list_push(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code; A is a list that the compiler made.
    unsafe {
        let list: Gc<List> = (*vm.register(word.a())).object_unchecked();
        let value = *vm.register(word.b());
        list.push(&mut vm.heap, value);
        vm.pc = vm.pc.add(1);
    }
    vm.safepoint();
    Flow::Continue
}

#[inline(never)]
pub fn list_extend(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code; A is a list that the compiler made.
    let (target, source) = unsafe { (*vm.register(word.a()), *vm.register(word.b())) };
    let list: Gc<List> = target.object_unchecked();
    match ops::iterate::collect(vm, source) {
        Ok(Some(items)) => {
            for item in items {
                list.push(&mut vm.heap, item);
            }
            // SAFETY: the next op.
            unsafe { vm.pc = vm.pc.add(1) };
            vm.safepoint();
            Flow::Continue
        }
        Ok(None) => match hand_over(vm, "__extend", &[target, source]) {
            Ok(_) => Flow::Continue,
            Err(control) => control::raise(vm, control),
        },
        Err(control) => control::raise(vm, control),
    }
}

#[inline(never)]
pub fn new_map(vm: &mut Vm, word: Word) -> Flow {
    let pairs = registers_from_b(vm, word, word.c() as usize * 2);
    let mut needs_call = false;
    for pair in pairs.chunks_exact(2) {
        match key_kind(&vm.heap, pair[0]) {
            KeyKind::Plain | KeyKind::Identity => {}
            KeyKind::NeedsCall => needs_call = true,
            KeyKind::NotAKey | KeyKind::NotANumber => {
                let control = ops::index::not_a_key(vm, pair[0]);
                return control::raise(vm, control);
            }
        }
    }
    let result = if needs_call {
        let list = vm.heap.list(pairs);
        hand_over(vm, "__new_map", &[list.into()])
    } else {
        let map = vm.heap.map();
        for pair in pairs.chunks_exact(2) {
            map.insert(&mut vm.heap, pair[0], pair[1]);
        }
        Ok(map.into())
    };
    finish_value(vm, word, result)
}

#[inline(never)]
pub fn map_extend(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code; A is a map that the compiler made.
    let (target, source) = unsafe { (*vm.register(word.a()), *vm.register(word.b())) };
    let map: Gc<Map> = target.object_unchecked();
    let Some(other) = source.as_object::<Map>() else {
        let what = vm.describe(source);
        let control = vm.throw("TypeError", format!("only a map can be spread into a map, not {what}"));
        return control::raise(vm, control);
    };
    map.put_all(&mut vm.heap, &other);
    // SAFETY: the next op.
    unsafe { vm.pc = vm.pc.add(1) };
    vm.safepoint();
    Flow::Continue
}

#[inline(never)]
pub fn new_range(vm: &mut Vm, word: Word) -> Flow {
    let ends = registers_from_b(vm, word, 2);
    let result = match (ends[0].as_int(), ends[1].as_int()) {
        (Some(start), Some(end)) => Ok(vm.heap.range(start, end, 1, word.op() == Op::NEW_RANGE_INCL).into()),
        _ => Err(super::iterate::range_type_error(vm, ends[0], ends[1])),
    };
    finish_value(vm, word, result)
}

#[inline(never)]
pub fn new_instance(vm: &mut Vm, word: Word) -> Flow {
    let fields = registers_from_b(vm, word, word.c() as usize);
    // SAFETY: a constructor's capture 0 is its struct type.
    let ty: Gc<StructType> =
        unsafe { (*fiber::frame_closure(vm.base)).captures()[0].get().object_unchecked() };
    let instance = vm.heap.instance(ty.shape, fields);
    finish_value(vm, word, Ok(instance.into()))
}

/// The tests of patterns that need more than a tag.
#[inline(never)]
pub fn pattern_test(vm: &mut Vm, word: Word) -> Flow {
    let value = value_b(vm, word);
    let holds = match word.op() {
        Op::IS_LIST_OF => value.as_object::<List>().is_some_and(|list| list.len() == word.c() as usize),
        Op::IS_LIST_MIN => value.as_object::<List>().is_some_and(|list| list.len() >= word.c() as usize),
        Op::HAS_FIELDS => matches!(value.tag, Tag::MAP | Tag::INSTANCE | Tag::ERROR),
        op => {
            // SAFETY: IN_RANGE names two constants that follow each other.
            let (low, high) = unsafe { (vm.constant_at(word.c()), vm.constant_at(word.c() + 1)) };
            ops::compare::in_range(value, low, high, op == Op::IN_RANGE)
        }
    };
    finish_value(vm, word, Ok(Value::bool(holds)))
}

#[inline(never)]
pub fn expect_list(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let value = unsafe { *vm.register(word.a()) };
    let (count, open) = (word.b() as usize, word.c() == 1);
    let Some(list) = value.as_object::<List>() else {
        let what = vm.describe(value);
        let control = vm.throw("TypeError", format!("only a list can be taken apart with [ ], not {what}"));
        return control::raise(vm, control);
    };
    let len = list.len();
    if len == count || (open && len > count) {
        // SAFETY: the next op.
        unsafe { vm.pc = vm.pc.add(1) };
        return Flow::Continue;
    }
    let at_least = if open { "at least " } else { "" };
    let items = if count == 1 { "item" } else { "items" };
    let control =
        vm.throw("ValueError", format!("expected a list of {at_least}{count} {items}, but it has {len}"));
    control::raise(vm, control)
}

#[cold]
#[inline(never)]
pub fn no_fields(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let value = unsafe { *vm.register(word.a()) };
    let what = vm.describe(value);
    let message = format!("only a map, an instance or an error can be taken apart with {{ }}, not {what}");
    let control = vm.throw("TypeError", message);
    control::raise(vm, control)
}

#[inline(never)]
pub fn list_rest(vm: &mut Vm, word: Word) -> Flow {
    let (from, tail) = ((word.c() & 0xff) as usize, (word.c() >> 8) as usize);
    let items = match value_b(vm, word).as_object::<List>() {
        Some(list) if list.len() >= from + tail => list.to_vec()[from..list.len() - tail].to_vec(),
        _ => Vec::new(),
    };
    let rest = vm.heap.list(&items);
    finish_value(vm, word, Ok(rest.into()))
}

#[inline(never)]
pub fn concat(vm: &mut Vm, word: Word) -> Flow {
    let parts = registers_from_b(vm, word, word.c() as usize);
    let result = match ops::display::concat(vm, parts) {
        Ok(Some(text)) => Ok(text.into()),
        Ok(None) => {
            let list = vm.heap.list(parts);
            hand_over(vm, "__concat", &[list.into()])
        }
        Err(control) => Err(control),
    };
    finish_value(vm, word, result)
}

#[inline(never)]
pub fn format(vm: &mut Vm, word: Word) -> Flow {
    let value = value_b(vm, word);
    // SAFETY: operands of verified code.
    let spec = unsafe { vm.constant_at(word.c()) };
    let result = match ops::format::format(vm, value, spec) {
        Ok(Some(text)) => Ok(text.into()),
        Ok(None) => hand_over(vm, "__format", &[value, spec]),
        Err(control) => Err(control),
    };
    finish_value(vm, word, result)
}

/// `SET_CAUSE`
#[inline(never)]
pub fn set_cause(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let (thrown, earlier) = unsafe { (*vm.register(word.a()), *vm.register(word.b())) };
    if let (Some(error), true) = (thrown.as_object::<ErrorObject>(), earlier.is(Tag::ERROR))
        && error.cause.get().is_nil()
        && !thrown.is_same(earlier)
    {
        vm.heap.store(&error.cause, earlier);
    }
    // SAFETY: the next op.
    unsafe { vm.pc = vm.pc.add(1) };
    Flow::Continue
}
