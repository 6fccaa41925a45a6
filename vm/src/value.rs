//! The value model.
//!
//! A [`Value`] is 16 bytes and `Copy`: a tag word and a payload word. The type is in the tag, so a type check needs no
//! load. `int` and `float` are whole 64-bit payloads; from [`Tag::STR`] on the payload is a pointer to a heap object
//! whose header has the same kind (see [`crate::heap::object`]).
//!
//! ```text
//!  nil  false  true | int  float | undef  link | str  bytes  list  map  …
//!   1     2     3   |  4     5   |   6      7  |  8 …                       falsy: tag <= 2      object: tag >= 8
//! ```
//!
//! `undef` marks a variable without a value yet and a missing argument; no program ever sees it. `link` is the tag of a
//! frame's link word on the stack (return address in the payload, distance to the caller's base in the tag's upper
//! half); only the frame access of [`crate::fiber`] reads or writes those.
//!
//! # Lifetime of references
//!
//! The collector runs only at safepoints of the interpreter, between two instructions. So native code may hold values
//! and [`Gc`] references in Rust variables and allocate as it likes; what must survive its return has to be in a
//! register, in an object that is reachable, or in a `Root`.

use std::{fmt, marker::PhantomData, num::NonZeroU64, ptr::NonNull};

use crate::heap::object::*;

/// The type of a value; see the module's head. Never zero, so `Result<Value, Box<_>>` stays two words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Tag(NonZeroU64);

macro_rules! tags {
    ($($name:ident = $number:literal $text:literal;)*) => {
        impl Tag {
            $(pub const $name: Tag = Tag(NonZeroU64::new($number).unwrap());)*

            /// The type's name as programs know it.
            pub fn type_name(self) -> &'static str {
                match self.0.get() {
                    $($number => $text,)*
                    _ => "?",
                }
            }
        }
    };
}

tags! {
    NIL = 1 "nil";
    FALSE = 2 "bool";
    TRUE = 3 "bool";
    INT = 4 "int";
    FLOAT = 5 "float";
    UNDEF = 6 "undef";
    LINK = 7 "link";
    STR = 8 "str";
    BYTES = 9 "bytes";
    LIST = 10 "list";
    MAP = 11 "map";
    SET = 12 "set";
    RANGE = 13 "range";
    CLOSURE = 14 "fn";
    NATIVE = 15 "fn";
    BOUND = 16 "fn";
    STRUCT = 17 "struct";
    INSTANCE = 18 "instance";
    MODULE = 19 "module";
    COROUTINE = 20 "coroutine";
    TASK = 21 "task";
    GENERATOR = 22 "generator";
    ERROR = 23 "error";
    CELL = 24 "cell";
    PROTO = 25 "code";
    CHANNEL = 26 "channel";
    MUTEX = 27 "mutex";
    SEMAPHORE = 28 "semaphore";
    EVENT = 29 "event";
    BARRIER = 30 "barrier";
    WATCH = 31 "watch";
    GUARD = 32 "guard";
    INTERVAL = 33 "interval";
    GROUP = 34 "completed";
    SCOPE = 35 "scope";
    RESOURCE = 36 "resource";
}

impl Tag {
    pub const COUNT: usize = 37;

    pub const fn number(self) -> u64 {
        self.0.get()
    }

    /// The tag with a number that is known to be one.
    pub(crate) const fn from_number(number: u8) -> Option<Tag> {
        match NonZeroU64::new(number as u64) {
            Some(number) => Some(Tag(number)),
            None => None,
        }
    }
}

/// Any value of the language.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Value {
    pub tag: Tag,
    pub bits: u64,
}

impl Value {
    pub const NIL: Value = Value { tag: Tag::NIL, bits: 0 };
    pub const TRUE: Value = Value { tag: Tag::TRUE, bits: 0 };
    pub const FALSE: Value = Value { tag: Tag::FALSE, bits: 0 };
    pub const UNDEF: Value = Value { tag: Tag::UNDEF, bits: 0 };

    #[inline(always)]
    pub const fn int(int: i64) -> Value {
        Value { tag: Tag::INT, bits: int as u64 }
    }

    #[inline(always)]
    pub const fn float(float: f64) -> Value {
        Value { tag: Tag::FLOAT, bits: float.to_bits() }
    }

    #[inline(always)]
    pub const fn bool(bool: bool) -> Value {
        if bool { Value::TRUE } else { Value::FALSE }
    }

    #[inline(always)]
    pub const fn is_int(self) -> bool {
        self.tag.0.get() == Tag::INT.0.get()
    }

    #[inline(always)]
    pub const fn is_float(self) -> bool {
        self.tag.0.get() == Tag::FLOAT.0.get()
    }

    #[inline(always)]
    pub const fn is_nil(self) -> bool {
        self.tag.0.get() == Tag::NIL.0.get()
    }

    #[inline(always)]
    pub const fn is_undef(self) -> bool {
        self.tag.0.get() == Tag::UNDEF.0.get()
    }

    #[inline(always)]
    pub const fn is_truthy(self) -> bool {
        self.tag.0.get() > Tag::FALSE.0.get()
    }

    /// Payload is a pointer to an object.
    #[inline(always)]
    pub const fn is_object(self) -> bool {
        self.tag.0.get() >= Tag::STR.0.get()
    }

    #[inline(always)]
    pub fn is(self, tag: Tag) -> bool {
        self.tag == tag
    }

    /// The payload of an int; meaningless for other types.
    #[inline(always)]
    pub const fn int_bits(self) -> i64 {
        self.bits as i64
    }

    /// The payload of a float; meaningless for other types.
    #[inline(always)]
    pub const fn float_bits(self) -> f64 {
        f64::from_bits(self.bits)
    }

    pub const fn as_int(self) -> Option<i64> {
        if self.is_int() { Some(self.bits as i64) } else { None }
    }

    pub const fn as_float(self) -> Option<f64> {
        if self.is_float() { Some(self.float_bits()) } else { None }
    }

    /// An int or float as a float.
    pub const fn as_number(self) -> Option<f64> {
        if self.is_float() {
            Some(self.float_bits())
        } else if self.is_int() {
            Some(self.bits as i64 as f64)
        } else {
            None
        }
    }

    pub fn as_bool(self) -> Option<bool> {
        match self.tag {
            Tag::TRUE => Some(true),
            Tag::FALSE => Some(false),
            _ => None,
        }
    }

    /// The object, if the value is of `T`'s type.
    #[inline(always)]
    pub fn as_object<T: Object>(self) -> Option<Gc<T>> {
        if T::is_tag(self.tag) { Some(self.object_unchecked()) } else { None }
    }

    /// The object behind a value whose tag was tested.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub(crate) fn object_unchecked<T: Object>(self) -> Gc<T> {
        debug_assert!(T::is_tag(self.tag));
        // SAFETY: values with an object tag are made from a `Gc` only, so the payload is not null.
        Gc(unsafe { NonNull::new_unchecked(self.bits as *mut T) }, PhantomData)
    }

    /// The same value in the sense of `same(a, b)`: equal primitives, or one object.
    #[inline(always)]
    pub fn is_same(self, other: Value) -> bool {
        self.tag == other.tag && self.bits == other.bits
    }

    /// As messages and `type(x)` name it; an instance's type is its struct's, which the VM knows.
    pub fn type_name(self) -> &'static str {
        self.tag.type_name()
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tag {
            Tag::NIL => f.write_str("nil"),
            Tag::TRUE => f.write_str("true"),
            Tag::FALSE => f.write_str("false"),
            Tag::INT => write!(f, "{}", self.int_bits()),
            Tag::FLOAT => write!(f, "{:?}", self.float_bits()),
            Tag::STR => write!(f, "{:?}", self.object_unchecked::<Str>().as_str()),
            tag => write!(f, "<{} {:#x}>", tag.type_name(), self.bits),
        }
    }
}

impl<T: Object> From<Gc<T>> for Value {
    #[inline(always)]
    fn from(object: Gc<T>) -> Value {
        Value { tag: object.tag(), bits: object.0.as_ptr() as u64 }
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Value {
        Value::bool(bool)
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Value {
        Value::int(int)
    }
}

impl From<f64> for Value {
    fn from(float: f64) -> Value {
        Value::float(float)
    }
}

/// A reference to a heap object, valid until the next safepoint unless the object is reachable by then; see the module's head.
pub struct Gc<T>(NonNull<T>, PhantomData<*mut T>);

impl<T> Clone for Gc<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Gc<T> {}

impl<T> PartialEq for Gc<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Gc<T> {}

impl<T> std::hash::Hash for Gc<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> Gc<T> {
    /// # Safety
    /// `pointer` is a live heap object of type `T`.
    #[allow(unsafe_code)]
    #[inline(always)]
    pub(crate) unsafe fn from_ptr(pointer: *mut T) -> Gc<T> {
        // SAFETY: live objects are not null.
        Gc(unsafe { NonNull::new_unchecked(pointer) }, PhantomData)
    }

    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<T: Object> Gc<T> {
    #[inline(always)]
    pub fn tag(self) -> Tag {
        T::tag(&self)
    }
}

impl<T> std::ops::Deref for Gc<T> {
    type Target = T;

    #[inline(always)]
    #[allow(unsafe_code)]
    fn deref(&self) -> &T {
        // SAFETY: the invariant in the module's head. Objects change through `Cell`s and raw buffers only, so shared
        // references are never invalidated by a write.
        unsafe { self.0.as_ref() }
    }
}

const _: () = assert!(size_of::<Value>() == 16 && size_of::<Option<Value>>() == 16);
const _: () = assert!(size_of::<Result<Value, Box<u8>>>() == 16);
