//! Strings and byte strings. Immutable, the text behind the head; offsets are in characters for the language and in bytes
//! within the VM, and the same for a string of ASCII alone.

use std::ops::Range as Span;

use super::{
    Heap,
    hash::Hashes,
    object::{Bytes, Header, Object, Str, flags},
    tail,
};
use crate::value::{Gc, Tag, Value};

impl Str {
    #[inline(always)]
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: `len` bytes follow the head and never change.
        unsafe { std::slice::from_raw_parts(tail(self), self.len as usize) }
    }

    #[inline(always)]
    pub fn as_str(&self) -> &str {
        // SAFETY: made from `str`s only.
        unsafe { std::str::from_utf8_unchecked(self.as_bytes()) }
    }

    /// In bytes.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// In characters.
    #[inline(always)]
    pub fn char_count(&self) -> usize {
        self.chars as usize
    }

    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.header.flags.get() & flags::ASCII != 0
    }

    #[inline(always)]
    pub fn is_interned(&self) -> bool {
        self.header.flags.get() & flags::INTERNED != 0
    }

    /// Computed once.
    #[inline(always)]
    pub fn hash(&self, hashes: &Hashes) -> u32 {
        match self.header.aux.get() {
            0 => {
                let hash = hashes.text(self.as_bytes());
                self.header.aux.set(hash);
                hash
            }
            hash => hash,
        }
    }

    /// The same text. Quick where both are interned or have their hash.
    #[inline]
    pub fn same_text(&self, other: &Str) -> bool {
        if std::ptr::eq(self, other) {
            return true;
        }
        let both = self.header.flags.get() & other.header.flags.get();
        if self.len != other.len || both & flags::INTERNED != 0 {
            return false;
        }
        let (a, b) = (self.header.aux.get(), other.header.aux.get());
        (a == b || a == 0 || b == 0) && self.as_bytes() == other.as_bytes()
    }

    /// The character with this number.
    #[inline]
    pub fn char_at(&self, index: usize) -> Option<char> {
        if self.is_ascii() {
            self.as_bytes().get(index).map(|&byte| byte as char)
        } else {
            self.as_str().chars().nth(index)
        }
    }

    /// Where the character with this number starts; the end for numbers behind the last.
    pub fn byte_offset(&self, index: usize) -> usize {
        if index >= self.char_count() {
            self.len()
        } else if self.is_ascii() {
            index
        } else {
            skip_chars(self.as_bytes(), 0, index)
        }
    }

    /// The number of the character that starts at this byte.
    pub fn char_index(&self, byte_offset: usize) -> usize {
        if self.is_ascii() { byte_offset } else { count_chars(&self.as_bytes()[..byte_offset]) }
    }

    /// Characters `start..end`, cut off at the string's end; nothing if the start is behind the end.
    pub fn slice_chars(&self, start: usize, end: usize) -> &str {
        let end = end.min(self.char_count());
        if start >= end {
            return "";
        }
        if self.is_ascii() {
            return &self.as_str()[start..end];
        }
        let from = skip_chars(self.as_bytes(), 0, start);
        let to = if end == self.char_count() {
            self.len()
        } else {
            skip_chars(self.as_bytes(), from, end - start)
        };
        &self.as_str()[from..to]
    }

    /// The character at a byte offset and the next one's offset: for walking without counting from the start.
    #[inline]
    pub fn char_from(&self, byte_offset: usize) -> Option<(char, usize)> {
        let char = self.as_str().get(byte_offset..)?.chars().next()?;
        Some((char, byte_offset + char.len_utf8()))
    }
}

fn is_char_start(byte: u8) -> bool {
    byte as i8 >= -64
}

fn count_chars(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| is_char_start(byte)).count()
}

/// The offset `count` characters behind the offset `from`.
fn skip_chars(bytes: &[u8], mut from: usize, mut count: usize) -> usize {
    const BLOCK: usize = 64;
    while let Some(block) = bytes.get(from..from + BLOCK) {
        let starts = count_chars(block);
        if starts > count {
            break;
        }
        (from, count) = (from + BLOCK, count - starts);
    }
    // Starts before `from + i` are passed; the one wanted is the next after `count` of them.
    bytes[from..]
        .iter()
        .enumerate()
        .filter(|&(_, &byte)| is_char_start(byte))
        .nth(count)
        .map_or(bytes.len(), |(i, _)| from + i)
}

impl Bytes {
    #[inline(always)]
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: `len` bytes follow the head and never change.
        unsafe { std::slice::from_raw_parts(tail(self), self.len as usize) }
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Computed once.
    pub fn hash(&self, hashes: &Hashes) -> u32 {
        match self.header.aux.get() {
            0 => {
                let hash = hashes.text(self.as_slice());
                self.header.aux.set(hash);
                hash
            }
            hash => hash,
        }
    }
}

/// The one string of each ASCII character, and the empty one: kept once made.
pub struct ShortStrings {
    pub(super) empty: Option<Gc<Str>>,
    pub(super) ascii: [Option<Gc<Str>>; 128],
}

impl ShortStrings {
    pub const NONE: ShortStrings = ShortStrings { empty: None, ascii: [None; 128] };
}

impl Heap {
    /// The longest string or byte string, in bytes. Whoever may build a longer one asks [`Heap::can_allocate`] first.
    pub const MAX_TEXT: usize = u32::MAX as usize;

    /// A string, not interned.
    pub fn str(&mut self, text: &str) -> Gc<Str> {
        let is_ascii = text.is_ascii();
        let chars = if is_ascii { text.len() } else { count_chars(text.as_bytes()) };
        self.new_str(text.len(), chars, is_ascii, [text.as_bytes()].into_iter())
    }

    /// The string of one character; for ASCII always the same, interned.
    pub fn char_str(&mut self, char: char) -> Gc<Str> {
        if let Some(known) = self.short.ascii.get(char as usize).copied().flatten() {
            return known;
        }
        let mut buffer = [0; 4];
        let text = &*char.encode_utf8(&mut buffer);
        if !char.is_ascii() {
            return self.str(text);
        }
        let fresh = self.intern(text);
        self.short.ascii[char as usize] = Some(fresh);
        fresh
    }

    /// The interned empty string.
    pub fn empty_str(&mut self) -> Gc<Str> {
        match self.short.empty {
            Some(known) => known,
            None => {
                let fresh = self.intern("");
                self.short.empty = Some(fresh);
                fresh
            }
        }
    }

    /// The texts joined, in one allocation.
    pub fn concat(&mut self, parts: &[&str]) -> Gc<Str> {
        let len = parts.iter().map(|part| part.len()).sum();
        let is_ascii = parts.iter().all(|part| part.is_ascii());
        let chars = if is_ascii { len } else { parts.iter().map(|part| count_chars(part.as_bytes())).sum() };
        self.new_str(len, chars, is_ascii, parts.iter().map(|part| part.as_bytes()))
    }

    /// The strings joined; their characters are not counted again.
    pub fn concat_strs(&mut self, parts: &[Gc<Str>]) -> Gc<Str> {
        let len = parts.iter().map(|part| part.len()).sum();
        let chars = parts.iter().map(|part| part.char_count()).sum();
        let is_ascii = parts.iter().all(|part| part.is_ascii());
        self.new_str(len, chars, is_ascii, parts.iter().map(|part| part.as_bytes()))
    }

    /// Characters `start..end` of a string, as [`Str::slice_chars`] takes them.
    pub fn substring(&mut self, text: Gc<Str>, start: usize, end: usize) -> Gc<Str> {
        if start == 0 && end >= text.char_count() {
            return text;
        }
        let part = text.slice_chars(start, end);
        match part.len() {
            0 => self.empty_str(),
            1 => self.char_str(part.as_bytes()[0] as char),
            len if text.is_ascii() => self.new_str(len, len, true, [part.as_bytes()].into_iter()),
            _ => self.str(part),
        }
    }

    /// `parts` together are UTF-8 of `len` bytes and `chars` characters.
    #[inline]
    fn new_str<'a>(
        &mut self,
        len: usize,
        chars: usize,
        is_ascii: bool,
        parts: impl Iterator<Item = &'a [u8]>,
    ) -> Gc<Str> {
        assert!(len <= Heap::MAX_TEXT, "a string of {len} bytes");
        let object = self.alloc_sized(size_of::<Str>() + len, false).cast::<Str>();
        let flags = if is_ascii { flags::ASCII } else { 0 };
        // SAFETY: the memory is fresh and has room for the head and `len` bytes, which the parts fill.
        unsafe {
            object.write(Str { header: Header::new(Tag::STR, flags), len: len as u32, chars: chars as u32 });
            let mut to = object.add(1).cast::<u8>();
            for part in parts {
                to.copy_from_nonoverlapping(part.as_ptr(), part.len());
                to = to.add(part.len());
            }
            Gc::from_ptr(object)
        }
    }

    pub fn bytes(&mut self, data: &[u8]) -> Gc<Bytes> {
        assert!(data.len() <= Heap::MAX_TEXT, "bytes of {} bytes", data.len());
        let object = self.alloc_sized(size_of::<Bytes>() + data.len(), false).cast::<Bytes>();
        // SAFETY: the memory is fresh and has room for both.
        unsafe {
            object.write(Bytes { header: Header::new(Tag::BYTES, 0), len: data.len() as u64 });
            object.add(1).cast::<u8>().copy_from_nonoverlapping(data.as_ptr(), data.len());
            Gc::from_ptr(object)
        }
    }
}

/// A part of a string by byte offsets that lie between characters.
pub fn byte_slice(text: &Str, span: Span<usize>) -> &str {
    text.as_str().get(span).unwrap_or("")
}

impl Value {
    /// The text of a str.
    #[inline]
    pub fn as_text(&self) -> Option<&str> {
        // The reference lives as long as the value is borrowed, in which time nothing is collected.
        if !Str::is_tag(self.tag) {
            return None;
        }
        // SAFETY: the tag says what the payload points to.
        Some(unsafe { &*(self.bits as *const Str) }.as_str())
    }
}
