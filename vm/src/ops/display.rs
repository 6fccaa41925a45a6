//! Values as text: as `print` shows them, and in the literal form that they have inside containers.
//!
//! A struct's `to_str` is code of the program, so text is made in rounds: [`render`] writes what it can, or gives the
//! instances whose text it lacks; the library asks them and comes again.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    builtins::Control,
    heap::{Heap, object::*},
    ops::{float, text, type_name},
    sched::task::Generator,
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// The text that `print` shows; `Ok(None)`: a `to_str` has to be called, see `__display` of the library.
pub fn display(vm: &mut Vm, value: Value) -> Result<Option<Gc<Str>>, Control> {
    if let Some(text) = value.as_object::<Str>() {
        return Ok(Some(text));
    }
    no_coroutine(vm, value)?;
    let mut out = String::new();
    finish(vm, value, Form::Plain, &mut out)
}

/// The text that a value has inside a container; `Ok(None)`: see `__literal` of the library.
pub fn literal(vm: &mut Vm, value: Value) -> Result<Option<Gc<Str>>, Control> {
    let mut out = String::new();
    finish(vm, value, Form::Literal, &mut out)
}

fn finish(vm: &mut Vm, value: Value, form: Form, out: &mut String) -> Result<Option<Gc<Str>>, Control> {
    if !render(vm, value, form, &Texts::default(), out)?.is_empty() {
        return Ok(None);
    }
    Ok(Some(vm.heap.str(out)))
}

/// The texts of `parts` joined; `Ok(None)`: see `__concat` of the library.
pub fn concat(vm: &mut Vm, parts: &[Value]) -> Result<Option<Gc<Str>>, Control> {
    let mut out = String::with_capacity(parts.len() * 16);
    for part in parts {
        if !append(vm, *part, &mut out)? {
            return Ok(None);
        }
    }
    vm.check_text(out.len())?;
    Ok(Some(vm.heap.str(&out)))
}

/// Appends what `print` shows of `value`; false if a `to_str` has to be called (then `out` is of no use).
#[inline]
pub fn append(vm: &mut Vm, value: Value, out: &mut String) -> Result<bool, Control> {
    match value.tag {
        Tag::STR => out.push_str(value.object_unchecked::<Str>().as_str()),
        Tag::INT => write_int(out, value.int_bits()),
        Tag::FLOAT => float::write_float(out, value.float_bits()),
        _ => {
            no_coroutine(vm, value)?;
            return Ok(render(vm, value, Form::Plain, &Texts::default(), out)?.is_empty());
        }
    }
    Ok(true)
}

fn no_coroutine(vm: &mut Vm, value: Value) -> Result<(), Control> {
    if value.is(Tag::COROUTINE) {
        return Err(vm.throw_coroutine("a coroutine is shown where its result was meant", &[value]));
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As `print` shows it.
    Plain,
    /// As inside containers.
    Literal,
}

/// What the instances' `to_str` have given, by address.
pub type Texts = FxHashMap<u64, Gc<Str>>;

/// What is still to be written, the next last.
enum Todo {
    Value(Value),
    Text(&'static str),
    /// An open container, and the number of its next item.
    Open(Value, usize),
}

/// Appends the text of `value`, or gives the instances whose text is not in `texts` (then `out` is of no use).
pub fn render(
    vm: &mut Vm,
    value: Value,
    form: Form,
    texts: &Texts,
    out: &mut String,
) -> Result<Vec<Value>, Control> {
    let mut missing = Vec::new();
    let mut open = FxHashSet::default();
    let mut todo = Vec::new();
    match value.tag {
        Tag::ERROR if form == Form::Plain => write_error(value.object_unchecked(), out),
        Tag::STR if form == Form::Plain => out.push_str(value.object_unchecked::<Str>().as_str()),
        _ => todo.push(Todo::Value(value)),
    }
    while let Some(next) = todo.pop() {
        match next {
            Todo::Text(text) => out.push_str(text),
            Todo::Value(value) => match value.tag {
                Tag::LIST | Tag::MAP | Tag::SET => {
                    begin(value, &mut open, &mut todo, out);
                }
                Tag::INSTANCE => {
                    let shape = vm.heap.shape(value.object_unchecked::<Instance>().shape_id());
                    if let Some(text) = texts.get(&value.bits) {
                        out.push_str(text.as_str());
                    } else if shape.special.to_str.is_some() {
                        missing.push(value);
                    } else {
                        let name = shape.name;
                        if begin(value, &mut open, &mut todo, out) {
                            out.push_str(name.as_str());
                            out.push_str(" {");
                        }
                    }
                }
                _ => write_leaf(vm, value, out),
            },
            Todo::Open(container, at) => {
                if !step(&vm.heap, container, at, &mut todo, out) {
                    open.remove(&container.bits);
                }
            }
        }
        if out.len() > crate::ops::MAX_TEXT {
            vm.check_text(out.len())?;
        }
    }
    Ok(missing)
}

/// Opens a container; false if it is open already, which `…` shows.
fn begin(value: Value, open: &mut FxHashSet<u64>, todo: &mut Vec<Todo>, out: &mut String) -> bool {
    if !open.insert(value.bits) {
        out.push('…');
        return false;
    }
    match value.tag {
        Tag::LIST => out.push('['),
        Tag::SET => out.push_str("set(["),
        Tag::MAP => out.push('{'),
        _ => {}
    }
    todo.push(Todo::Open(value, 0));
    true
}

/// Writes what stands before the container's next item and puts that on the list; false if there is none and the
/// container is closed.
fn step(heap: &Heap, container: Value, at: usize, todo: &mut Vec<Todo>, out: &mut String) -> bool {
    let (item, close) = match container.tag {
        Tag::LIST => (container.object_unchecked::<List>().get(at), "]"),
        Tag::SET => (container.object_unchecked::<Set>().entry_at(at), "])"),
        Tag::MAP => match container.object_unchecked::<Map>().entry_at(at) {
            Some((key, value)) => {
                if at > 0 {
                    out.push_str(", ");
                }
                todo.push(Todo::Open(container, at + 1));
                todo.push(Todo::Value(value));
                match key.as_object::<Str>() {
                    Some(name) if text::is_name(name.as_str()) => {
                        out.push_str(name.as_str());
                        out.push_str(": ");
                    }
                    Some(name) => {
                        text::write_quoted(out, name.as_str());
                        out.push_str(": ");
                    }
                    None => {
                        out.push('[');
                        todo.push(Todo::Text("]: "));
                        todo.push(Todo::Value(key));
                    }
                }
                return true;
            }
            None => (None, "}"),
        },
        _ => {
            let instance = container.object_unchecked::<Instance>();
            match instance.fields().get(at) {
                Some(field) => {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    if let Some(name) = heap.shape(instance.shape_id()).fields().nth(at) {
                        out.push_str(name.as_str());
                    }
                    out.push_str(": ");
                    todo.push(Todo::Open(container, at + 1));
                    todo.push(Todo::Value(field.get()));
                    return true;
                }
                None => (None, "}"),
            }
        }
    };
    match item {
        Some(item) => {
            if at > 0 {
                out.push_str(", ");
            }
            todo.push(Todo::Open(container, at + 1));
            todo.push(Todo::Value(item));
            true
        }
        None => {
            out.push_str(close);
            false
        }
    }
}

/// A value without items, in literal form.
pub(super) fn write_leaf(vm: &Vm, value: Value, out: &mut String) {
    match value.tag {
        Tag::NIL => out.push_str("nil"),
        Tag::TRUE => out.push_str("true"),
        Tag::FALSE => out.push_str("false"),
        Tag::INT => write_int(out, value.int_bits()),
        Tag::FLOAT => float::write_float(out, value.float_bits()),
        Tag::STR => text::write_quoted(out, value.object_unchecked::<Str>().as_str()),
        Tag::BYTES => text::write_bytes(out, value.object_unchecked::<Bytes>().as_slice()),
        Tag::RANGE => write_range(out, &value.object_unchecked::<Range>()),
        Tag::ERROR => {
            let error = value.object_unchecked::<ErrorObject>();
            out.push_str("error(");
            text::write_quoted(out, error.message.get().as_text().unwrap_or(""));
            out.push_str(", kind: ");
            text::write_quoted(out, error.kind.get().as_text().unwrap_or(""));
            out.push(')');
        }
        _ => {
            out.push('<');
            out.push_str(value.type_name());
            let name = name_of(vm, value);
            if !name.is_empty() {
                out.push(' ');
                out.push_str(&name);
            }
            out.push('>');
        }
    }
}

/// What is shown of an object behind its type: a function's or module's name, a task's number. Empty for none.
pub fn name_of(vm: &Vm, value: Value) -> String {
    match value.tag {
        Tag::CLOSURE => {
            let closure = value.object_unchecked::<Closure>();
            let proto = closure.proto();
            match &*proto.name {
                "lambda" => String::new(),
                // Of `gen_map`, the body of a method, the program knows the method's name.
                name if proto.flags.hidden => {
                    let name = name.trim_start_matches('_');
                    name.split_once('_').map_or(name, |(_, method)| method).to_owned()
                }
                name => name.to_owned(),
            }
        }
        Tag::NATIVE => value.object_unchecked::<NativeFn>().builtin.name.to_owned(),
        Tag::BOUND => name_of(vm, value.object_unchecked::<Bound>().method),
        Tag::STRUCT => vm.heap.shape(value.object_unchecked::<StructType>().shape).name.as_str().to_owned(),
        Tag::COROUTINE => name_of(vm, value.object_unchecked::<Coroutine>().callee),
        Tag::GENERATOR => name_of(vm, value.object_unchecked::<Generator>().function),
        _ => vm.object_name(value),
    }
}

/// `Kind: message`
fn write_error(error: Gc<ErrorObject>, out: &mut String) {
    out.push_str(error.kind.get().as_text().unwrap_or(""));
    out.push_str(": ");
    out.push_str(error.message.get().as_text().unwrap_or(""));
}

fn write_int(out: &mut String, int: i64) {
    use std::fmt::Write;
    let _ = write!(out, "{int}");
}

/// `1..3`, `1..=3`, `(0..10).step(3)`
fn write_range(out: &mut String, range: &Range) {
    let dots = if range.is_inclusive() { "..=" } else { ".." };
    let Range { start, end, step, .. } = *range;
    if step == 1 {
        out.push_str(&format!("{start}{dots}{end}"));
    } else {
        out.push_str(&format!("({start}{dots}{end}).step({step})"));
    }
}

/// The error for a `to_str` that gave something else than a `str`.
#[cold]
pub fn not_a_text(vm: &mut Vm, instance: Value, got: Value) -> Control {
    let (ty, got_type) = (type_name(&vm.heap, instance), type_name(&vm.heap, got));
    let message = format!("`to_str` of {ty} must return a str, not {got_type}");
    vm.throw("TypeError", message)
}
