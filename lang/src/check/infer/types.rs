//! What is known of a value, as far as `await` is concerned, and the tables behind it.
//!
//! [`Ty`] is a small lattice: `Never` below everything, `Unknown` above. Whatever is not certain is `Unknown`, and about that nothing
//! is ever reported. Types are plain numbers into the tables of [`Knowledge`], which all files of a program share: so a
//! function of an imported file is known like one of the file's own.

use rustc_hash::FxHashMap;

use crate::{
    ast::{ExprId, Symbol},
    modules::ModuleId,
    resolve::Returns,
    source::{Location, SourceId},
};

/// A function of any file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FnRef(pub u32);

/// A struct of any file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StructRef(pub u32);

/// Where coroutines come from; see [`Origin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OriginId(pub u32);

/// An interned [`Ty`] inside another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TyId(pub u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordId(pub u32);

/// A builtin function: an index into the prelude's names, or into a standard module's members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NativeRef {
    pub module: Option<u16>,
    pub index: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModuleRef {
    Standard(u16),
    File(ModuleId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Ty {
    /// No value arrives here.
    Never,
    /// May be anything.
    #[default]
    Unknown,
    /// A parameter of the function around: anything, but handed on as it came.
    Argument,
    /// Certainly nothing to be awaited, called or walked with `for await`.
    Plain(Plain),
    /// A list that only this value refers to, with what its items are.
    List(TyId),
    /// A map or instance that only this value refers to, with what its entries are.
    Record(RecordId),
    /// A builtin object with methods of its own.
    Object(Object),
    /// What `for await` walks and no method is known of.
    Source,
    AsyncGenerator,
    /// With what awaiting it gives.
    Task(TyId),
    Coroutine(OriginId),
    Function(FnRef),
    /// One of several functions.
    Functions {
        is_async: bool,
        result: TyId,
    },
    Native(NativeRef),
    Struct(StructRef),
    Instance(StructRef),
    Module(ModuleRef),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plain {
    Nil,
    Bool,
    Number,
    Str,
    Bytes,
    List,
    Map,
    Set,
    Range,
    Error,
    Generator,
    /// Not to be awaited, and nothing more is known.
    Other,
}

impl Plain {
    /// With its article, for messages.
    pub fn text(self) -> &'static str {
        match self {
            Plain::Nil => "nil",
            Plain::Bool => "a bool",
            Plain::Number => "a number",
            Plain::Str => "a str",
            Plain::Bytes => "bytes",
            Plain::List => "a list",
            Plain::Map => "a map",
            Plain::Set => "a set",
            Plain::Range => "a range",
            Plain::Error => "an error",
            Plain::Generator => "a generator",
            Plain::Other => "a plain value",
        }
    }

    /// `for` walks it without waiting.
    pub fn is_walked(self) -> bool {
        use Plain::*;
        matches!(self, Str | Bytes | List | Map | Set | Range | Generator)
    }

    /// The type's name in the prelude's table of methods.
    pub fn type_name(self) -> Option<&'static str> {
        Some(match self {
            Plain::Str => "str",
            Plain::Bytes => "bytes",
            Plain::List => "list",
            Plain::Map => "map",
            Plain::Set => "set",
            Plain::Range => "range",
            Plain::Generator => "generator",
            Plain::Number => "float",
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    Channel,
    Mutex,
    Guard,
    Semaphore,
    Event,
    Barrier,
    Watch,
}

impl Object {
    pub const ALL: [(&'static str, Object); 7] = [
        ("channel", Object::Channel),
        ("mutex", Object::Mutex),
        ("guard", Object::Guard),
        ("semaphore", Object::Semaphore),
        ("event", Object::Event),
        ("barrier", Object::Barrier),
        ("watch", Object::Watch),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, object)| *object == self).map_or("", |(name, _)| name)
    }

    pub fn is_walked(self) -> bool {
        matches!(self, Object::Channel | Object::Watch)
    }
}

impl Returns {
    pub(super) fn object(self) -> Option<Object> {
        Some(match self {
            Returns::Channel => Object::Channel,
            Returns::Mutex => Object::Mutex,
            Returns::Semaphore => Object::Semaphore,
            Returns::Event => Object::Event,
            Returns::Barrier => Object::Barrier,
            Returns::Watch => Object::Watch,
            Returns::Guard => Object::Guard,
            _ => return None,
        })
    }
}

/// What makes a coroutine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Maker {
    Function(FnRef),
    /// A builtin, by its name in messages: an index into [`Knowledge::names`].
    Native(u32),
    /// `async { … }`
    Block,
    /// One of several.
    Several,
}

/// A place where a coroutine is made: one run of it makes one coroutine.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    pub maker: Maker,
    pub at: Location,
    /// The expression that makes it; `None` if it is one of several, or an older one of a loop.
    pub expr: Option<ExprId>,
    /// A plain function made it and returned it: the place where it did.
    pub through: Option<Location>,
    /// What awaiting it gives.
    pub result: Ty,
}

#[derive(Debug, Clone)]
pub struct FnFacts {
    /// As messages of other files name it; empty for lambdas, and in the main file.
    pub name: Box<str>,
    /// Its head.
    pub at: Location,
    pub is_async: bool,
    pub is_generator: bool,
    /// What its body gives.
    pub result: Ty,
    /// The names of the parameters of an async function, as a call in another file shows them.
    pub params: Box<str>,
    /// A call without arguments is right.
    pub needs_nothing: bool,
    /// Nothing is certain about its calls: it has an error of its own, such as an `await` without being `async`.
    pub is_doubtful: bool,
}

/// What other files know of a struct; empty in the main file.
#[derive(Debug, Clone, Default)]
pub struct StructFacts {
    pub fields: Vec<Box<str>>,
    /// With `true` if it takes `self`.
    pub methods: FxHashMap<Box<str>, (FnRef, bool)>,
}

/// The entries of a map literal or the fields of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Record {
    pub of: Option<StructRef>,
    pub source: SourceId,
    pub entries: Vec<(Symbol, Ty)>,
}

/// What is known of all files of a program that have been checked.
#[derive(Debug, Default)]
pub struct Knowledge {
    tys: Vec<Ty>,
    ids: FxHashMap<Ty, TyId>,
    pub(super) functions: Vec<FnFacts>,
    pub(super) structs: Vec<StructFacts>,
    pub(super) origins: Vec<Origin>,
    merged: FxHashMap<(OriginId, OriginId), OriginId>,
    records: Vec<Record>,
    record_ids: FxHashMap<Record, RecordId>,
    pub(super) names: Vec<String>,
    /// What each file offers to those that import it.
    pub(super) exports: FxHashMap<ModuleId, FxHashMap<Box<str>, Ty>>,
    /// What the earlier lines of a REPL session have declared.
    pub(super) session: FxHashMap<Box<str>, Ty>,
}

impl Knowledge {
    pub fn id(&mut self, ty: Ty) -> TyId {
        *self.ids.entry(ty).or_insert_with(|| {
            self.tys.push(ty);
            TyId(self.tys.len() as u32 - 1)
        })
    }

    pub fn ty(&self, id: TyId) -> Ty {
        self.tys[id.0 as usize]
    }

    pub fn list(&mut self, items: Ty) -> Ty {
        Ty::List(self.id(items))
    }

    pub fn origin(&self, id: OriginId) -> &Origin {
        &self.origins[id.0 as usize]
    }

    pub fn function(&self, id: FnRef) -> &FnFacts {
        &self.functions[id.0 as usize]
    }

    pub fn structure(&self, id: StructRef) -> &StructFacts {
        &self.structs[id.0 as usize]
    }

    pub fn record(&self, id: RecordId) -> &Record {
        &self.records[id.0 as usize]
    }

    pub fn add_record(&mut self, record: Record) -> RecordId {
        if let Some(known) = self.record_ids.get(&record) {
            return *known;
        }
        let id = RecordId(self.records.len() as u32);
        self.records.push(record.clone());
        self.record_ids.insert(record, id);
        id
    }

    pub fn add_origin(&mut self, origin: Origin) -> OriginId {
        self.origins.push(origin);
        OriginId(self.origins.len() as u32 - 1)
    }

    /// The same coroutine, of which it is not known any more in which run it was made.
    pub fn anonymous(&mut self, id: OriginId) -> OriginId {
        if self.origin(id).expr.is_none() { id } else { self.either(id, id) }
    }

    fn either(&mut self, a: OriginId, b: OriginId) -> OriginId {
        let key = if a.0 <= b.0 { (a, b) } else { (b, a) };
        if let Some(known) = self.merged.get(&key) {
            return *known;
        }
        let (first, second) = (*self.origin(key.0), *self.origin(key.1));
        let maker = if first.maker == second.maker { first.maker } else { Maker::Several };
        let result = self.join(first.result, second.result);
        let id = self.add_origin(Origin { maker, expr: None, result, ..first });
        self.merged.insert(key, id);
        self.merged.insert((key.0.min_of(id), key.0.max_of(id)), id);
        self.merged.insert((key.1.min_of(id), key.1.max_of(id)), id);
        id
    }

    /// The least that is true of both.
    pub fn join(&mut self, a: Ty, b: Ty) -> Ty {
        match (a, b) {
            _ if a == b => a,
            (Ty::Never, other) | (other, Ty::Never) => other,
            (Ty::Coroutine(a), Ty::Coroutine(b)) => Ty::Coroutine(self.either(a, b)),
            (Ty::Task(a), Ty::Task(b)) => {
                let result = self.join(self.ty(a), self.ty(b));
                Ty::Task(self.id(result))
            }
            (Ty::List(a), Ty::List(b)) => {
                let items = self.join(self.ty(a), self.ty(b));
                self.list(items)
            }
            _ => match (self.as_functions(a), self.as_functions(b)) {
                (Some((is_async, a)), Some((other_async, b))) if is_async == other_async => {
                    let result = self.join(a, b);
                    Ty::Functions { is_async, result: self.id(result) }
                }
                _ => self.join_plain(a, b),
            },
        }
    }

    fn join_plain(&mut self, a: Ty, b: Ty) -> Ty {
        match (self.as_plain(a), self.as_plain(b)) {
            (Some(a), Some(b)) if a == b => Ty::Plain(a),
            (Some(_), Some(_)) => Ty::Plain(Plain::Other),
            (Some(_), None) if b == Ty::Argument => b,
            (None, Some(_)) if a == Ty::Argument => a,
            _ => Ty::Unknown,
        }
    }

    /// What it is if nothing more than that it is not to be awaited counts.
    pub fn as_plain(&self, ty: Ty) -> Option<Plain> {
        Some(match ty {
            Ty::Plain(plain) => plain,
            Ty::List(_) => Plain::List,
            Ty::Record(id) if self.record(id).of.is_none() => Plain::Map,
            _ => return None,
        })
    }

    fn as_functions(&self, ty: Ty) -> Option<(bool, Ty)> {
        match ty {
            Ty::Function(id) => {
                let facts = self.function(id);
                let is_known = !facts.is_generator && !facts.is_doubtful;
                is_known.then_some((facts.is_async, facts.result))
            }
            Ty::Functions { is_async, result } => Some((is_async, self.ty(result))),
            _ => None,
        }
    }

    /// What is left when others may refer to the value too, and change it.
    pub fn shared(&self, ty: Ty) -> Ty {
        match ty {
            Ty::List(_) => Ty::Plain(Plain::List),
            Ty::Record(id) => match self.record(id).of {
                Some(of) => Ty::Instance(of),
                None => Ty::Plain(Plain::Map),
            },
            other => other,
        }
    }

    /// The coroutines that a value is or, as a list, consists of.
    pub fn coroutine_in(&self, ty: Ty) -> Option<OriginId> {
        match ty {
            Ty::Coroutine(id) => Some(id),
            Ty::List(items) => match self.ty(items) {
                Ty::Coroutine(id) => Some(id),
                _ => None,
            },
            _ => None,
        }
    }
}

impl OriginId {
    fn min_of(self, other: OriginId) -> OriginId {
        OriginId(self.0.min(other.0))
    }

    fn max_of(self, other: OriginId) -> OriginId {
        OriginId(self.0.max(other.0))
    }
}
