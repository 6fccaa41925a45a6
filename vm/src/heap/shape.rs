//! What the instances of one struct type have in common: their fields' places and their methods.
//!
//! A shape's number is never used again, so inline caches may keep it. It lives as long as its type object, which every
//! instance keeps alive through the number.

use super::{
    Heap,
    object::{Closure, Str, StructType},
    pages,
};
use crate::value::{Gc, Value};

/// Up to this many names are looked for one by one.
const LINEAR: usize = 8;

pub struct ShapeInit<'a> {
    pub name: &'a str,
    /// Strings.
    pub fields: &'a [Value],
    /// Fields without a default; they come first.
    pub required: u16,
    /// Names (strings) and closures.
    pub methods: &'a [(Value, Value)],
}

pub struct Shape {
    pub name: Gc<Str>,
    /// Not kept alive by the shape: it is the other way round.
    pub struct_type: Gc<StructType>,
    /// Fields without a default.
    pub required: u16,
    pub special: SpecialMethods,
    fields: Names<u16>,
    methods: Names<Method>,
}

/// A function declared in a struct.
#[derive(Clone, Copy)]
pub struct Method {
    pub function: Value,
    /// Its first parameter is `self`; otherwise it is called on the type.
    pub takes_self: bool,
}

/// The methods known to the language, where they have the parameters for it.
#[derive(Clone, Copy, Default)]
pub struct SpecialMethods {
    pub to_str: Option<Value>,
    pub iter: Option<Value>,
    pub eq: Option<Value>,
    pub compare: Option<Value>,
    pub key: Option<Value>,
}

impl Shape {
    /// The place of a field; the name is interned.
    #[inline]
    pub fn slot(&self, name: Gc<Str>) -> Option<usize> {
        self.fields.get(name).map(|&slot| slot as usize)
    }

    /// The name is interned.
    #[inline]
    pub fn method(&self, name: Gc<Str>) -> Option<Method> {
        self.methods.get(name).copied()
    }

    pub fn field_count(&self) -> usize {
        self.fields.entries.len()
    }

    /// In order of their slots.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = Gc<Str>> {
        self.fields.entries.iter().map(|(name, _)| *name)
    }

    /// In order of declaration.
    pub fn methods(&self) -> impl ExactSizeIterator<Item = (Gc<Str>, Method)> {
        self.methods.entries.iter().copied()
    }
}

/// A small map from interned names.
struct Names<T> {
    entries: Box<[(Gc<Str>, T)]>,
    /// Entry numbers + 1 by the names' hash, twice as many places as entries at least; empty for few entries.
    index: Box<[u16]>,
}

impl<T> Names<T> {
    /// Of equal names the last counts.
    fn new(given: impl Iterator<Item = (Gc<Str>, T)>) -> Names<T> {
        let mut entries: Vec<(Gc<Str>, T)> = Vec::new();
        for (name, value) in given {
            match entries.iter_mut().find(|(known, _)| *known == name) {
                Some(entry) => entry.1 = value,
                None => entries.push((name, value)),
            }
        }
        let mut index = Vec::new();
        if entries.len() > LINEAR {
            index = vec![0; (2 * entries.len()).next_power_of_two()];
            for (number, (name, _)) in entries.iter().enumerate() {
                let mut place = name_hash(*name) & (index.len() - 1);
                while index[place] != 0 {
                    place = (place + 1) & (index.len() - 1);
                }
                index[place] = number as u16 + 1;
            }
        }
        Names { entries: entries.into(), index: index.into() }
    }

    #[inline]
    fn get(&self, name: Gc<Str>) -> Option<&T> {
        if self.index.is_empty() {
            return self.entries.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        }
        let mask = self.index.len() - 1;
        let mut place = name_hash(name) & mask;
        loop {
            let number = self.index[place].checked_sub(1)?;
            let (known, value) = &self.entries[number as usize];
            if *known == name {
                return Some(value);
            }
            place = (place + 1) & mask;
        }
    }
}

fn name_hash(name: Gc<Str>) -> usize {
    debug_assert!(name.is_interned());
    name.header.aux.get() as usize
}

/// Whether a function is declared as `name(self, …)` with so many parameters in all.
fn has_params(function: Value, params: Option<u16>) -> bool {
    function.as_object::<Closure>().is_some_and(|closure| {
        let proto = closure.proto();
        let first = proto.param_names.first().and_then(Value::as_text);
        first == Some("self") && params.is_none_or(|params| proto.params == params && !proto.flags.rest)
    })
}

fn is_plain(function: Value) -> bool {
    function.as_object::<Closure>().is_some_and(|closure| {
        let flags = closure.proto().flags;
        !flags.is_async && !flags.is_generator
    })
}

/// All shapes by number. Number 0 is never given out: it is what an empty inline cache holds.
pub struct Shapes {
    shapes: Vec<Option<Box<Shape>>>,
}

impl Default for Shapes {
    fn default() -> Shapes {
        Shapes { shapes: vec![None] }
    }
}

impl Shapes {
    pub fn get(&self, id: u32) -> Option<&Shape> {
        self.shapes.get(id as usize)?.as_deref()
    }

    pub fn count(&self) -> usize {
        self.shapes.len()
    }

    /// # Safety
    /// Marking is complete and nothing was swept yet.
    pub unsafe fn purge(&mut self) {
        for shape in &mut self.shapes {
            // SAFETY: a shape's type was alive until this collection.
            shape.take_if(|shape| unsafe { !pages::is_marked(shape.struct_type.as_ptr().cast()) });
        }
    }
}

impl Heap {
    /// The shape of an instance or struct type that is alive.
    #[inline]
    pub fn shape(&self, id: u32) -> &Shape {
        match self.shapes.get(id) {
            Some(shape) => shape,
            // Would be a bug of the collector: whoever has the number keeps the type alive.
            None => unreachable!("shape {id} is dead"),
        }
    }

    /// A new struct type and its shape.
    pub fn struct_type(&mut self, init: ShapeInit) -> Gc<StructType> {
        let name = self.intern(init.name);
        let id = self.shapes.count() as u32;
        let struct_type = self.new_struct_type(id);
        let mut interned = |value: Value| match value.as_object::<Str>() {
            Some(text) => self.intern_str(text),
            None => name,
        };
        let fields =
            Names::new(init.fields.iter().enumerate().map(|(slot, &field)| (interned(field), slot as u16)));
        let mut special = SpecialMethods::default();
        let methods = Names::new(init.methods.iter().map(|&(name, function)| {
            let name = interned(name);
            let fits = |params| has_params(function, Some(params)) && is_plain(function);
            match name.as_str() {
                "to_str" if fits(1) => special.to_str = Some(function),
                "key" if fits(1) => special.key = Some(function),
                "eq" if fits(2) => special.eq = Some(function),
                "compare" if fits(2) => special.compare = Some(function),
                "iter" if has_params(function, Some(1)) => special.iter = Some(function),
                _ => {}
            }
            (name, Method { function, takes_self: has_params(function, None) })
        }));
        let shape = Shape { name, struct_type, required: init.required, special, fields, methods };
        self.shapes.shapes.push(Some(Box::new(shape)));
        self.charge(SHAPE_ESTIMATE);
        struct_type
    }
}

/// About what a shape takes outside the heap.
const SHAPE_ESTIMATE: usize = 512;
