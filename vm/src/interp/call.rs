//! Calls off the fast path: natives, bound methods, struct types, defaults, rest and named arguments, coroutines.

use std::ptr;

use super::{Flow, control};
use co_lang::diagnostic::Code;

use crate::{
    builtins::{Body, Builtin, Control, Native},
    bytecode::{Op, Proto, Word},
    fiber::{self, write_link},
    heap::object::*,
    sched::task,
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// What becomes of an async callee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A coroutine is made.
    Plain,
    /// It runs as a call in the same fiber.
    Await,
    /// It becomes a task.
    Spawn,
}

/// Where the result goes and where the code goes on.
#[derive(Clone, Copy)]
pub enum Sink {
    /// Into the callee's slot; on at `next` (behind it, for an `AWAIT` or `SPAWN` that is already done).
    Area { next: *const Word, mode: Mode },
    /// To the op that `FINISH` will complete.
    Finish,
}

fn mode_of(op: Op) -> Mode {
    match op {
        Op::AWAIT_CALL | Op::AWAIT_CALL_GLOBAL | Op::AWAIT_INVOKE => Mode::Await,
        Op::SPAWN_CALL | Op::SPAWN_INVOKE => Mode::Spawn,
        _ => Mode::Plain,
    }
}

/// `CALL`, `CALL_GLOBAL` and their await and spawn forms.
#[inline(never)]
pub fn call(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let (area, next) = unsafe { (vm.register(word.a()), vm.pc.add(1)) };
    // SAFETY: as above.
    let callee = unsafe { *area };
    let count = word.b() as usize;
    if callee.is(Tag::CLOSURE) && matches!(word.op(), Op::CALL | Op::CALL_GLOBAL) {
        // Arguments left out, which the function itself gives their defaults.
        // SAFETY: a frame's worth of room is seen to be there before it is used.
        unsafe {
            let proto = &*callee.object_unchecked::<Closure>().proto;
            let (flags, params, base) = (proto.flags, proto.params as usize, area.add(2));
            let is_plain = !(flags.rest || flags.is_async || flags.is_generator);
            if is_plain
                && (proto.required as usize..=params).contains(&count)
                && base.add(params.max(proto.registers as usize)) <= vm.stack_end
            {
                for index in count..params {
                    *base.add(index) = Value::UNDEF;
                }
                return push_frame(vm, area, proto, Sink::Area { next, mode: Mode::Plain }, false);
            }
        }
    }
    if callee.is(Tag::NATIVE) {
        let builtin = callee.object_unchecked::<NativeFn>().builtin;
        if builtin.max_args.is_some_and(|max| max as usize == count) {
            // SAFETY: the arguments lie in the call area.
            unsafe {
                let args = std::slice::from_raw_parts(area.add(2), count);
                match (&builtin.body, word.op()) {
                    (Body::Native(function), _) => return native_direct(vm, *function, args, area, next),
                    (
                        Body::Async(function) | Body::Primitive(function),
                        Op::AWAIT_CALL | Op::AWAIT_CALL_GLOBAL,
                    ) => {
                        // The AWAIT behind is the op that waits and is completed.
                        vm.pc = next;
                        return control::await_native(vm, *function, args);
                    }
                    _ => {}
                }
            }
        }
    }
    dispatch(vm, area, word.b() as usize, &[], Sink::Area { next, mode: mode_of(word.op()) })
}

/// A builtin whose arguments are complete and in order. The op at `vm.pc` goes on at `next`.
#[inline(always)]
unsafe fn native_direct(
    vm: &mut Vm,
    function: Native,
    args: &[Value],
    area: *mut Value,
    next: *const Word,
) -> Flow {
    match function(vm, args) {
        Ok(value) => {
            // SAFETY: the call area is on the running stack; a native does not move it.
            unsafe { *area = value };
            vm.pc = next;
            vm.safepoint();
            Flow::Continue
        }
        Err(control) => control::raise(vm, control),
    }
}

/// `CALL_NAMED`: the last arguments have names.
#[inline(never)]
pub fn call_named(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code; the constants of a function that runs stay where they are, and nobody changes the list.
    unsafe {
        let (area, next) = (vm.register(word.a()), vm.pc.add(1));
        let names: Gc<List> = vm.constant_at(word.c()).object_unchecked();
        let names = std::slice::from_raw_parts(names.as_slice().as_ptr(), names.len());
        dispatch(vm, area, word.b() as usize, names, Sink::Area { next, mode: Mode::Plain })
    }
}

/// `CALL_EX`: positional arguments in a list, named ones behind it.
#[cold]
#[inline(never)]
pub fn call_extended(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    unsafe {
        let area = vm.register(word.a());
        let names = vm.constant_at(word.c()).as_object::<List>().map_or(Vec::new(), |names| names.to_vec());
        let positional = (*area.add(2)).as_object::<List>().map_or(Vec::new(), |list| list.to_vec());
        let mut args = positional;
        for index in 0..names.len() {
            args.push(*area.add(3 + index));
        }
        let callee = *area;
        // The spread list may be longer than the call area: the call is laid out above the frame, and its result comes
        // back through FINISH.
        push_call(vm, callee, &args, &names)
    }
}

/// Calls `callee` above the running frame on behalf of the op at `vm.pc`, which is completed with the result.
pub fn push_call(vm: &mut Vm, callee: Value, args: &[Value], names: &[Value]) -> Flow {
    // SAFETY: the slots above the frame's registers are free; room for them is made first.
    unsafe {
        let top = fiber::frame_top(vm.base);
        let top = match vm.ensure_stack(top, 4 + args.len()) {
            Ok(top) => top,
            Err(control) => return control::raise(vm, control),
        };
        fiber::save_pc(top, vm.pc);
        let area = top.add(1);
        *area = callee;
        *area.add(1) = Value::NIL;
        for (index, arg) in args.iter().enumerate() {
            *area.add(2 + index) = *arg;
        }
        dispatch(vm, area, args.len(), names, Sink::Finish)
    }
}

/// Calls what lies in `area[0]` with `count` arguments from `area[2]` on, the last `names.len()` of them named.
pub fn dispatch(vm: &mut Vm, mut area: *mut Value, mut count: usize, names: &[Value], sink: Sink) -> Flow {
    let mode = match sink {
        Sink::Area { mode, .. } => mode,
        Sink::Finish => Mode::Plain,
    };
    let mut own = 0;
    // SAFETY: `area` is a call area on the running fiber's stack, followed by room for its arguments.
    unsafe {
        loop {
            let callee = *area;
            match callee.tag {
                Tag::CLOSURE => {
                    let closure: Gc<Closure> = callee.object_unchecked();
                    return enter(vm, area, closure, count, names, sink, mode);
                }
                Tag::NATIVE => {
                    let builtin = callee.object_unchecked::<NativeFn>().builtin;
                    return native(vm, area, builtin, own, count, names, sink, mode);
                }
                Tag::BOUND => {
                    let bound: Gc<Bound> = callee.object_unchecked();
                    area = match vm.ensure_stack(area, 3 + count) {
                        Ok(area) => area,
                        Err(control) => return control::raise(vm, control),
                    };
                    ptr::copy(area.add(2), area.add(3), count);
                    *area.add(2) = bound.receiver;
                    *area = bound.method;
                    count += 1;
                    own = 1;
                }
                Tag::STRUCT => {
                    let constructor = callee.object_unchecked::<StructType>().constructor.get();
                    *area = constructor;
                }
                _ => {
                    let control = not_callable(vm, callee);
                    return control::raise(vm, control);
                }
            }
        }
    }
}

fn not_callable(vm: &mut Vm, callee: Value) -> Control {
    let what = vm.describe(callee);
    if callee.is(Tag::COROUTINE) {
        let message = "a coroutine cannot be called; await it to get the function's result".to_string();
        let control = vm.throw_code("TypeError", Code::COROUTINE_AS_VALUE, message);
        vm.name_coroutine(callee);
        return control;
    }
    vm.throw("TypeError", format!("{what} cannot be called"))
}

/// A closure: binds the arguments, then enters it, or makes the coroutine, generator or task.
unsafe fn enter(
    vm: &mut Vm,
    area: *mut Value,
    closure: Gc<Closure>,
    count: usize,
    names: &[Value],
    sink: Sink,
    mode: Mode,
) -> Flow {
    // SAFETY: as `dispatch`.
    unsafe {
        let proto: &Proto = &*closure.proto;
        let slots = 2 + (proto.registers as usize).max(count).max(proto.params as usize + 1);
        let area = match vm.ensure_stack(area, slots) {
            Ok(area) => area,
            Err(control) => return control::raise(vm, control),
        };
        let args = area.add(2);
        let image = if proto.keys.plain == count as u32 && names.is_empty() {
            count
        } else {
            match bind(vm, proto, args, count, names) {
                Ok(image) => image,
                Err(control) => return control::raise(vm, control),
            }
        };
        if proto.flags.is_generator {
            let image = std::slice::from_raw_parts(args, image).to_vec();
            let generator = task::new_generator(vm, closure.into(), &image);
            return deliver(vm, area, generator, sink);
        }
        if !proto.flags.is_async {
            return push_frame(vm, area, proto, sink, false);
        }
        match mode {
            Mode::Await => push_frame(vm, area, proto, sink, true),
            Mode::Plain => {
                let image = std::slice::from_raw_parts(args, image);
                let (made_by, made_at) = vm.site();
                let coroutine = vm.heap.coroutine(closure.into(), image, made_by, made_at);
                deliver(vm, area, coroutine.into(), sink)
            }
            Mode::Spawn => {
                let discarded = match sink {
                    Sink::Area { next, .. } => (*next).b() == 1,
                    Sink::Finish => false,
                };
                let task = task::spawn(vm, closure.into(), args, image, discarded);
                *area = task.into();
                if let Sink::Area { next, .. } = sink {
                    vm.pc = next.add(1);
                }
                vm.safepoint();
                Flow::Continue
            }
        }
    }
}

unsafe fn push_frame(vm: &mut Vm, area: *mut Value, proto: &Proto, sink: Sink, awaited: bool) -> Flow {
    // SAFETY: `enter` has made room for the callee's registers.
    unsafe {
        let base = area.add(2);
        let return_to = match sink {
            Sink::Area { next, .. } if awaited => next.add(1),
            Sink::Area { next, .. } => next,
            Sink::Finish => fiber::FINISH.as_ptr(),
        };
        write_link(area.add(1), base as usize - vm.base as usize, return_to);
        vm.base = base;
        vm.pc = proto.code.as_ptr();
        Flow::Continue
    }
}

/// A call that is over at once.
unsafe fn deliver(vm: &mut Vm, area: *mut Value, value: Value, sink: Sink) -> Flow {
    // SAFETY: the area is on the running fiber's stack.
    unsafe {
        match sink {
            Sink::Area { next, .. } => {
                *area = value;
                vm.pc = next;
                vm.safepoint();
                Flow::Continue
            }
            Sink::Finish => {
                let flow = control::complete(vm, value);
                vm.safepoint();
                flow
            }
        }
    }
}

/// Puts the arguments into parameter order: named ones to their places, missing ones `UNDEF`, the rest into a list. Gives
/// the number of registers that the image takes. There is room for `params + 1` and for `count` slots.
unsafe fn bind(
    vm: &mut Vm,
    proto: &Proto,
    args: *mut Value,
    count: usize,
    names: &[Value],
) -> Result<usize, Control> {
    let params = proto.params as usize;
    let has_required = count >= proto.required as usize;
    let positional = count - names.len();
    // Named arguments that stand where they belong: behind the positional ones, none left out.
    if has_required
        && count <= params
        && !proto.flags.rest
        && names.iter().zip(&proto.param_names[positional..params]).all(|(name, param)| param.is_same(*name))
    {
        for index in count..params {
            // SAFETY: there is room for the parameters.
            unsafe { *args.add(index) = Value::UNDEF };
        }
        return Ok(params);
    }
    // SAFETY: `count` arguments lie at `args`.
    let given = unsafe { std::slice::from_raw_parts(args, count) };
    let mut few = [Value::UNDEF; 16];
    let mut many = Vec::new();
    let image = match few.get_mut(..params) {
        Some(few) => few,
        None => {
            many.resize(params, Value::UNDEF);
            &mut many[..]
        }
    };
    image[..positional.min(params)].copy_from_slice(&given[..positional.min(params)]);
    let mut rest = Vec::new();
    if positional > params {
        if !proto.flags.rest {
            return Err(too_many(vm, proto, positional));
        }
        rest.extend_from_slice(&given[params..positional]);
    }
    for (name, value) in names.iter().zip(&given[positional..]) {
        let Some(index) = proto.param_names.iter().take(params).position(|param| param.is_same(*name)) else {
            return Err(unknown_name(vm, proto, *name));
        };
        if !image[index].is_undef() {
            let text = vm.text(*name);
            return Err(vm.throw("TypeError", format!("`{}` got the argument `{text}` twice", proto.name)));
        }
        image[index] = *value;
    }
    if let Some(index) = image[..proto.required as usize].iter().position(|value| value.is_undef()) {
        return Err(missing(vm, proto, index, count));
    }
    for (index, value) in image.iter().enumerate() {
        // SAFETY: there is room for the parameters.
        unsafe { *args.add(index) = *value };
    }
    if proto.flags.rest {
        let rest = vm.heap.list(&rest);
        // SAFETY: there is room for one more slot.
        unsafe { *args.add(params) = rest.into() };
        return Ok(params + 1);
    }
    Ok(params)
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("{count} {word}") } else { format!("{count} {word}s") }
}

/// How many arguments a function takes, without a method's `self`.
fn arity(proto: &Proto) -> (String, usize) {
    let own = proto.flags.method as usize;
    let (required, params) =
        (proto.required as usize - own.min(proto.required as usize), proto.params as usize - own);
    let text = if proto.flags.rest {
        format!("at least {}", plural(required, "argument"))
    } else if required == params {
        plural(params, "argument")
    } else {
        format!("{required} to {}", plural(params, "argument"))
    };
    (text, own)
}

fn too_many(vm: &mut Vm, proto: &Proto, count: usize) -> Control {
    let (takes, own) = arity(proto);
    vm.throw("TypeError", format!("`{}` takes {takes}, but got {}", proto.name, count - own))
}

fn missing(vm: &mut Vm, proto: &Proto, index: usize, count: usize) -> Control {
    let (takes, own) = arity(proto);
    let name = vm.text(proto.param_names[index]).to_string();
    let got = count.saturating_sub(own);
    vm.throw("TypeError", format!("`{}` takes {takes}, but got {got}: `{name}` is missing", proto.name))
}

fn unknown_name(vm: &mut Vm, proto: &Proto, name: Value) -> Control {
    let text = vm.text(name).to_string();
    let names: Vec<String> = proto.param_names.iter().map(|name| vm.text(*name).to_string()).collect();
    let control = vm.throw("TypeError", format!("`{}` has no parameter `{text}`", proto.name));
    vm.hint_nearest(&text, names.iter().map(String::as_str));
    control
}

/// A builtin; `own` is 1 if the first argument is a method's receiver.
#[allow(clippy::too_many_arguments)]
unsafe fn native(
    vm: &mut Vm,
    area: *mut Value,
    builtin: &'static Builtin,
    own: usize,
    count: usize,
    names: &[Value],
    sink: Sink,
    mode: Mode,
) -> Flow {
    // SAFETY: as `dispatch`.
    let given = unsafe { std::slice::from_raw_parts(area.add(2), count) };
    let mut storage = [Value::UNDEF; 8];
    let mut long = Vec::new();
    let width = builtin.max_args.map_or(count + builtin.params.len(), |max| max as usize + own);
    let args: &[Value] = if names.is_empty() && count == width {
        given
    } else if names.is_empty()
        && count < width
        && width <= storage.len()
        && count >= builtin.min_args as usize + own
    {
        storage[..count].copy_from_slice(given);
        &storage[..width]
    } else {
        match bind_native(vm, builtin, given, own, names) {
            Ok(bound) if bound.len() <= storage.len() => {
                storage[..bound.len()].copy_from_slice(&bound);
                &storage[..bound.len()]
            }
            Ok(bound) => {
                long = bound;
                &long
            }
            Err(control) => return control::raise(vm, control),
        }
    };
    let _ = &long;
    match builtin.body {
        Body::Native(function) => {
            match function(vm, args) {
                // SAFETY: as `dispatch`.
                Ok(value) => unsafe { deliver(vm, area, value, sink) },
                Err(control) => control::raise(vm, control),
            }
        }
        Body::Async(function) | Body::Primitive(function) => match (mode, sink) {
            (Mode::Await, Sink::Area { next, .. }) => {
                // The AWAIT behind is the op that waits and is completed.
                vm.pc = next;
                control::await_native(vm, function, args)
            }
            _ => {
                let (made_by, made_at) = vm.site();
                let callee = vm.native_value(builtin);
                let coroutine = vm.heap.coroutine(callee, args, made_by, made_at);
                // SAFETY: as `dispatch`.
                unsafe { deliver(vm, area, coroutine.into(), sink) }
            }
        },
        Body::Co(name) => {
            let callee = match vm.library_function(name) {
                Ok(callee) => callee,
                Err(control) => return control::raise(vm, control),
            };
            // SAFETY: as `dispatch`.
            unsafe { *area = callee };
            dispatch(vm, area, count, names, sink)
        }
        Body::Constant(_) => {
            let control =
                vm.throw("TypeError", format!("`{}` is a constant and cannot be called", builtin.name));
            control::raise(vm, control)
        }
    }
}

/// Arguments of a native in the order of its parameters, missing ones `UNDEF`.
fn bind_native(
    vm: &mut Vm,
    builtin: &'static Builtin,
    given: &[Value],
    own: usize,
    names: &[Value],
) -> Result<Vec<Value>, Control> {
    let positional = given.len() - names.len();
    let got = positional - own;
    if let Some(max) = builtin.max_args
        && got > max as usize
    {
        return Err(native_arity(vm, builtin, given.len() - own));
    }
    let mut bound = given[..positional].to_vec();
    // A builtin that takes any number of arguments has its named ones behind the last positional parameter it lists.
    let width = builtin.max_args.map_or(positional + builtin.params.len(), |max| max as usize + own);
    let named_base = if builtin.max_args.is_none() { positional } else { own };
    bound.resize(width.max(positional), Value::UNDEF);
    for (name, value) in names.iter().zip(&given[positional..]) {
        let text = vm.text(*name).to_string();
        let Some(index) = builtin.params.iter().position(|param| *param == text) else {
            let control = vm.throw("TypeError", format!("`{}` has no parameter `{text}`", builtin.name));
            vm.hint_nearest(&text, builtin.params.iter().copied());
            return Err(control);
        };
        let slot = named_base + index;
        if slot >= bound.len() || !bound[slot].is_undef() {
            return Err(vm.throw("TypeError", format!("`{}` got the argument `{text}` twice", builtin.name)));
        }
        bound[slot] = *value;
    }
    let required = builtin.min_args as usize + own;
    if bound.len() < required || bound[own..required].iter().any(|value| value.is_undef()) {
        return Err(native_arity(vm, builtin, given.len() - own));
    }
    Ok(bound)
}

#[cold]
fn native_arity(vm: &mut Vm, builtin: &Builtin, got: usize) -> Control {
    let min = builtin.min_args as usize;
    let takes = match builtin.max_args {
        Some(max) if max as usize == min => plural(min, "argument"),
        Some(max) => format!("{min} to {}", plural(max as usize, "argument")),
        None => format!("at least {}", plural(min, "argument")),
    };
    let control = vm.throw("TypeError", format!("`{}` takes {takes}, but got {got}", builtin.name));
    vm.hint(format!("it is used as `{}`", builtin.usage));
    control
}

// What the first cache word of an INVOKE holds: the number of an instance's shape, with the method's closure in the second; or for built-in
// types one of the following, whose lower half is 0 as no shape's number is.

/// The second word is the [`Builtin`].
const fn builtin_key(tag: u64) -> u64 {
    tag << 32
}

/// The second word is a [`Native`] for which the arguments are complete.
pub const fn native_key(tag: u64) -> u64 {
    tag << 32 | 1 << 56
}

/// The second word is a closure of the library, which lives as long as the VM.
pub const fn library_key(tag: u64) -> u64 {
    tag << 32 | 2 << 56
}

/// `INVOKE` and its await and spawn forms, when the cache does not fit.
#[inline(never)]
pub fn invoke(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code; the two cache words follow the op.
    unsafe {
        let area = vm.register(word.a());
        let count = word.b() as usize;
        let receiver = *area.add(2);
        let op_pc = vm.pc;
        let sink = Sink::Area { next: op_pc.add(3), mode: mode_of(word.op()) };
        if receiver.is(Tag::INSTANCE) {
            let name: Gc<Str> = vm.constant_at(word.c()).object_unchecked();
            let shape_id = receiver.object_unchecked::<Instance>().header.aux.get();
            let shape = vm.heap.shape(shape_id);
            if let Some(method) = shape.method(name) {
                if !method.takes_self {
                    let control = static_method(vm, shape_id, name);
                    return control::raise(vm, control);
                }
                let cache = op_pc.add(1) as *mut u64;
                *cache = shape_id as u64;
                *cache.add(1) = method.function.bits;
                *area = method.function;
                return dispatch(vm, area, count, &[], sink);
            }
            let field =
                shape.slot(name).map(|slot| receiver.object_unchecked::<Instance>().fields()[slot].get());
            return match field {
                Some(field) => without_receiver(vm, area, field, count, sink),
                None => {
                    let control = super::access::no_member(vm, receiver, name);
                    control::raise(vm, control)
                }
            };
        }
        let cache = op_pc.add(1) as *mut u64;
        let tag = receiver.tag.number();
        if *cache == library_key(tag) {
            *area = Gc::<Closure>::from_ptr(*cache.add(1) as *mut Closure).into();
            return dispatch(vm, area, count, &[], sink);
        }
        let known = if *cache == builtin_key(tag) {
            Some(&*(*cache.add(1) as *const Builtin))
        } else {
            let name: Gc<Str> = vm.constant_at(word.c()).object_unchecked();
            vm.method(receiver, name)
        };
        let Some(builtin) = known else {
            let name: Gc<Str> = vm.constant_at(word.c()).object_unchecked();
            return match super::access::member(vm, receiver, name) {
                Ok(function) => without_receiver(vm, area, function, count, sink),
                Err(control) => control::raise(vm, control),
            };
        };
        let is_complete = builtin.max_args.is_some_and(|max| max as usize + 1 == count);
        (*cache, *cache.add(1)) = (builtin_key(tag), ptr::from_ref(builtin) as u64);
        match (&builtin.body, word.op()) {
            (Body::Native(function), Op::INVOKE) if is_complete => {
                (*cache, *cache.add(1)) = (native_key(tag), *function as usize as u64);
            }
            (Body::Co(name), Op::INVOKE) => match vm.library_function(name) {
                Ok(function) => (*cache, *cache.add(1)) = (library_key(tag), function.bits),
                Err(control) => return control::raise(vm, control),
            },
            (Body::Async(function) | Body::Primitive(function), Op::AWAIT_INVOKE) if is_complete => {
                let args = std::slice::from_raw_parts(area.add(2), count);
                vm.pc = op_pc.add(3);
                return control::await_native(vm, *function, args);
            }
            _ => {}
        }
        native(vm, area, builtin, 1, count, &[], sink, mode_of(word.op()))
    }
}

/// `x.name(…)` where `name` is a function held by a field, key, module or type: the receiver is no argument.
unsafe fn without_receiver(vm: &mut Vm, area: *mut Value, callee: Value, count: usize, sink: Sink) -> Flow {
    // SAFETY: the area holds `count` arguments, the receiver first.
    unsafe {
        *area = callee;
        ptr::copy(area.add(3), area.add(2), count - 1);
        dispatch(vm, area, count - 1, &[], sink)
    }
}

fn static_method(vm: &mut Vm, shape: u32, name: Gc<Str>) -> Control {
    let ty = vm.heap.shape(shape).name.as_str().to_string();
    let name = name.as_str().to_string();
    let control = vm.throw("TypeError", format!("`{ty}.{name}` has no `self` and is called on the type"));
    vm.hint(format!("write `{ty}.{name}(…)`"));
    control
}

/// `IMPORT`: runs a file's top level once, as an awaited call.
#[cold]
#[inline(never)]
pub fn import(vm: &mut Vm, word: Word) -> Flow {
    let id = word.bc() as usize;
    // SAFETY: operands of verified code.
    unsafe {
        let area = vm.register(word.a());
        let next = vm.pc.add(1);
        match vm.modules[id].take_init() {
            Some(init) => {
                *area = init;
                // `push_frame` skips the word behind an awaited call; here there is none.
                dispatch(vm, area, 0, &[], Sink::Area { next: next.sub(1), mode: Mode::Await })
            }
            None => {
                vm.pc = next;
                Flow::Continue
            }
        }
    }
}

/// Awaits a coroutine whose callee is a closure: its frame goes into the call area at `area`.
pub unsafe fn enter_coroutine(vm: &mut Vm, area: *mut Value, coroutine: Gc<Coroutine>) -> Flow {
    // SAFETY: AWAIT's operand is the base of a call area at the top of the frame.
    unsafe {
        let closure: Gc<Closure> = coroutine.callee.object_unchecked();
        let proto = &*closure.proto;
        let area = match vm.ensure_stack(area, 2 + proto.registers as usize) {
            Ok(area) => area,
            Err(control) => return control::raise(vm, control),
        };
        *area = coroutine.callee;
        for (index, arg) in coroutine.args().iter().enumerate() {
            *area.add(2 + index) = *arg;
        }
        let next = vm.pc.add(1);
        push_frame(vm, area, proto, Sink::Area { next, mode: Mode::Plain }, false)
    }
}
