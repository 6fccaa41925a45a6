//! The one list of builtins: prelude functions, methods of the built-in types, standard modules.
//!
//! A builtin's name, signature, documentation and body stand together, in the [`builtins!`] tables. From them come the
//! [`Prelude`] that `co-lang` checks against, the method tables of the VM, hints, completion and `:doc`.
//!
//! A body is native or written in Co ([`Body::Co`], in `library/*.co`). Natives never re-enter the interpreter: one
//! that would have to call a function of the program (a comparator, `to_str`, `eq`) is written in Co, or hands over to a
//! Co version with [`hand_over`] once it meets a value that needs it.

/// A table of builtins: documentation, signature as programs see it, and body.
///
/// `fn name(param, other = default) -> Returns = kind(body);`, where `kind` is `native`, `waits` or `primitive` (awaitable), `library` (the name
/// of a function written in Co, receiver first) or, without parentheses behind the name, `constant`. `(...values, sep = " ")` takes any number of
/// arguments; what stands behind is given by name only.
macro_rules! builtins {
    ($(#[doc = $about:literal])* $vis:vis static $table:ident = [$(
        $(#[doc = $doc:literal])+
        fn $name:ident $(($($params:tt)*))? $(-> $returns:ident)? = $kind:ident($body:expr);
    )*];) => {
        $(#[doc = $about])*
        $vis static $table: &[$crate::builtins::Builtin] = &[$($crate::builtins::Builtin {
            name: stringify!($name),
            usage: $crate::builtins::usage!($name $(($($params)*))?),
            doc: concat!($($doc, "\n"),+),
            params: $crate::builtins::param_names!($($($params)*)?),
            min_args: $crate::builtins::min_args!($($($params)*)?),
            max_args: $crate::builtins::max_args!($($($params)*)?),
            returns: $crate::builtins::returns!($($returns)?),
            body: $crate::builtins::body!($kind, $body),
        }),*];
    };
}

macro_rules! usage {
    ($function:ident) => { stringify!($function) };
    ($function:ident ()) => { concat!(stringify!($function), "()") };
    ($function:ident (...$rest:ident $(, $name:ident = $default:tt)*)) => {
        concat!(
            stringify!($function), "(...", stringify!($rest),
            $(", ", stringify!($name), " = ", stringify!($default),)* ")"
        )
    };
    ($function:ident ($first:ident $(= $value:tt)? $(, $name:ident $(= $default:tt)?)*)) => {
        concat!(
            stringify!($function), "(", stringify!($first), $(" = ", stringify!($value),)?
            $(", ", stringify!($name), $(" = ", stringify!($default),)?)* ")"
        )
    };
}

macro_rules! param_names {
    (...$rest:ident $(, $name:ident = $default:tt)*) => { &[$(stringify!($name)),*] };
    ($($name:ident $(= $default:tt)?),*) => { &[$(stringify!($name)),*] };
}

macro_rules! min_args {
    (...$($any:tt)*) => { 0 };
    ($($name:ident $(= $default:tt)?),*) => { 0 $(+ $crate::builtins::one_if_required!($($default)?))* };
}

macro_rules! one_if_required {
    () => {
        1
    };
    ($default:tt) => {
        0
    };
}

macro_rules! max_args {
    () => { Some(0) };
    (...$($any:tt)*) => { None };
    ($($name:ident $(= $default:tt)?),*) => { Some([$(stringify!($name)),*].len() as u8) };
}

macro_rules! returns {
    () => {
        co_lang::resolve::Returns::Plain
    };
    ($returns:ident) => {
        co_lang::resolve::Returns::$returns
    };
}

macro_rules! body {
    (native, $function:expr) => {
        $crate::builtins::Body::Native($function)
    };
    (waits, $function:expr) => {
        $crate::builtins::Body::Async($function)
    };
    (primitive, $function:expr) => {
        $crate::builtins::Body::Primitive($function)
    };
    (library, $name:expr) => {
        $crate::builtins::Body::Co($name)
    };
    (constant, $value:expr) => {
        $crate::builtins::Body::Constant($value)
    };
}

pub(crate) use {body, builtins, max_args, min_args, one_if_required, param_names, returns, usage};

pub mod prelude;
pub mod args;
pub mod sequence;
pub mod list;
pub mod str;
pub mod bytes;
pub mod map;
pub mod set;
pub mod range;
pub mod number;
pub mod generator;
pub mod tasks;
pub mod channel;
pub mod sync;
pub mod assertion;
pub mod intrinsics;
#[cfg(test)]
pub(crate) mod tests;

use ::std::sync::LazyLock;

use co_lang::resolve::{Prelude, Returns, Signature, StandardModule};
use rustc_hash::FxHashMap;

use crate::{
    heap::{Heap, object::Str},
    std,
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// A function (or constant) that the VM brings along.
pub struct Builtin {
    pub name: &'static str,
    /// `name(param, other = default)`, as shown in hints.
    pub usage: &'static str,
    pub doc: &'static str,
    /// Parameter names in order, for named arguments; the receiver of a method is not among them. With any number of arguments
    /// (`max_args` is `None`), only those that are given by name.
    pub params: &'static [&'static str],
    /// Without the receiver.
    pub min_args: u8,
    /// Without the receiver; `None`: any number.
    pub max_args: Option<u8>,
    pub returns: Returns,
    pub body: Body,
}

/// A native body. Its arguments: a method's receiver first, then one value for each parameter, missing ones `Value::UNDEF`.
/// If `max_args` is `None`: all positional arguments, then one value for each of `params`.
pub type Native = fn(&mut Vm, &[Value]) -> Result<Value, Control>;

pub enum Body {
    Native(Native),
    /// An awaitable: the call only binds its arguments; this runs when it is awaited. It gives the result, or registers
    /// the running task's wait and returns `Err(Control::Wait)`.
    Async(Native),
    /// An awaitable that acts only at the moment it is chosen: this does nothing but describe in `Vm::waiting` what it waits for, and
    /// returns `Err(Control::Await)`. So it can be an arm of `select` and of the combinators.
    Primitive(Native),
    /// The function of this name in the library written in Co (receiver as first parameter).
    Co(&'static str),
    /// A module's constant.
    Constant(fn(&mut Vm) -> Value),
}

/// Why a native did not return a value. What goes with it lies in the VM (`Vm::raised`, `Vm::tail`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// `Vm::raised` is thrown.
    Throw,
    /// The task waits; its wait record is set.
    Wait,
    /// Go on with the call in `Vm::tail` in place of this one.
    TailCall,
    /// `exit(n)`: the program ends with `Vm::exit_code`.
    Exit,
    /// Let the generator in `Vm::resume` run to its next `yield`, which gets the value there.
    Resume,
    /// Close the generator in `Vm::resume`.
    Close,
    /// Go to the end of the ready queue; the op is completed with nil.
    Yield,
    /// Await the primitive in `Vm::waiting`.
    Await,
}

/// Goes on with a function of the library written in Co in place of the running native or op.
#[cold]
pub fn hand_over(vm: &mut Vm, function: &'static str, args: &[Value]) -> Control {
    match vm.library_function(function) {
        Ok(callee) => vm.tail_call(callee, args.to_vec()),
        Err(control) => control,
    }
}

/// What the builtins keep for the whole run of a program.
pub struct State {
    pub methods: Methods,
    pub random: std::random::Random,
}

impl State {
    pub fn new(heap: &mut Heap, random_seed: u64) -> State {
        State { methods: Methods::new(heap), random: std::random::Random::new(random_seed) }
    }

    /// Values that must stay alive.
    pub fn roots(&self) -> &[Value] {
        &self.methods.names
    }
}

/// Finds a method by type and interned name.
pub struct Methods {
    table: FxHashMap<(u64, Gc<Str>), &'static Builtin>,
    names: Vec<Value>,
}

impl Methods {
    fn new(heap: &mut Heap) -> Methods {
        let mut methods = Methods { table: FxHashMap::default(), names: Vec::with_capacity(512) };
        methods.table.reserve(512);
        for tag in 0..Tag::COUNT as u8 {
            let Some(tag) = Tag::from_number(tag) else { continue };
            for builtin in methods_of(tag).iter().copied().flatten() {
                let name = heap.intern(builtin.name);
                methods.names.push(name.into());
                // A type's own method comes before one that it shares.
                methods.table.entry((tag.number(), name)).or_insert(builtin);
            }
        }
        methods
    }

    /// `name` is interned.
    pub fn get(&self, tag: Tag, name: Gc<Str>) -> Option<&'static Builtin> {
        self.table.get(&(tag.number(), name)).copied()
    }
}

/// The tables with the methods of a type.
pub fn methods_of(tag: Tag) -> &'static [&'static [Builtin]] {
    match tag {
        Tag::LIST => const { &[list::METHODS, sequence::METHODS] },
        Tag::SET => const { &[set::METHODS, sequence::METHODS] },
        Tag::RANGE => const { &[range::METHODS, sequence::METHODS] },
        Tag::GENERATOR => const { &[generator::METHODS, tasks::GENERATOR_METHODS] },
        Tag::TASK => const { &[tasks::TASK_METHODS] },
        Tag::CHANNEL => const { &[channel::METHODS] },
        Tag::MUTEX => const { &[sync::MUTEX] },
        Tag::GUARD => const { &[sync::GUARD] },
        Tag::SEMAPHORE => const { &[sync::SEMAPHORE] },
        Tag::EVENT => const { &[sync::EVENT] },
        Tag::BARRIER => const { &[sync::BARRIER] },
        Tag::WATCH => const { &[sync::WATCH] },
        Tag::MAP => const { &[map::METHODS] },
        Tag::STR => const { &[str::METHODS] },
        Tag::BYTES => const { &[bytes::METHODS] },
        Tag::INT => const { &[number::INT_METHODS] },
        Tag::FLOAT => const { &[number::FLOAT_METHODS] },
        _ => &[],
    }
}

/// Names of a type's methods, for hints and completion.
pub fn method_names(tag: Tag) -> impl Iterator<Item = &'static str> {
    methods_of(tag).iter().copied().flatten().map(|builtin| builtin.name)
}

/// The functions that every file sees.
pub fn prelude() -> &'static [&'static Builtin] {
    static ALL: LazyLock<Vec<&Builtin>> = LazyLock::new(|| {
        [prelude::FUNCTIONS, tasks::PRELUDE, channel::PRELUDE, sync::PRELUDE].into_iter().flatten().collect()
    });
    &ALL
}

/// What a failed `assert` calls.
pub fn assert_failed() -> &'static Builtin {
    assertion::function()
}

/// The functions that only the library written in Co sees.
pub fn intrinsics() -> &'static [Builtin] {
    intrinsics::FUNCTIONS
}

/// The standard modules with their members.
pub fn modules() -> &'static [(&'static str, &'static [Builtin])] {
    const {
        &[
            ("math", std::math::MEMBERS),
            ("random", std::random::MEMBERS),
            ("time", std::time::MEMBERS),
            ("json", std::json::MEMBERS),
        ]
    }
}

/// What the resolver and checker know of the builtins; names in the order of [`prelude`].
pub fn signatures() -> Prelude {
    let module = |(name, members): &(&str, &[Builtin])| StandardModule {
        name: name.to_string(),
        members: members.iter().map(signature).collect(),
    };
    Prelude {
        names: prelude().iter().copied().map(signature).collect(),
        modules: modules().iter().map(module).collect(),
        methods: METHOD_TYPES.iter().map(|(name, tag)| (*name, method_signatures(*tag))).collect(),
    }
}

/// The types whose methods the checker knows.
const METHOD_TYPES: [(&str, Tag); 18] = [
    ("list", Tag::LIST),
    ("set", Tag::SET),
    ("range", Tag::RANGE),
    ("map", Tag::MAP),
    ("str", Tag::STR),
    ("bytes", Tag::BYTES),
    ("int", Tag::INT),
    ("float", Tag::FLOAT),
    ("generator", Tag::GENERATOR),
    ("task", Tag::TASK),
    ("channel", Tag::CHANNEL),
    ("mutex", Tag::MUTEX),
    ("guard", Tag::GUARD),
    ("semaphore", Tag::SEMAPHORE),
    ("event", Tag::EVENT),
    ("barrier", Tag::BARRIER),
    ("watch", Tag::WATCH),
    ("error", Tag::ERROR),
];

fn method_signatures(tag: Tag) -> Vec<Signature> {
    methods_of(tag).iter().copied().flatten().map(signature).collect()
}

/// The same for files of the library: the prelude, then the [`intrinsics`].
pub fn library_signatures() -> Prelude {
    Prelude {
        names: prelude().iter().copied().chain(intrinsics()).map(signature).collect(),
        modules: Vec::new(),
        methods: Vec::new(),
    }
}

fn signature(builtin: &Builtin) -> Signature {
    Signature {
        name: builtin.name.to_string(),
        usage: builtin.usage.to_string(),
        doc: builtin.doc.to_string(),
        returns: builtin.returns,
        min_args: builtin.min_args,
        max_args: builtin.max_args,
    }
}
