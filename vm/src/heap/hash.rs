//! Hashing of map keys and interned texts, with a seed of the heap's own against chosen collisions.

use std::hash::Hasher;

use foldhash::{SharedSeed, fast::FoldHasher};

use super::object::{Bytes, Str};
use crate::value::{Tag, Value};

pub struct Hashes {
    seed: u64,
    shared: SharedSeed,
}

impl Hashes {
    pub fn new(seed: u64) -> Hashes {
        Hashes { seed: fold(seed, 0x9e37_79b9_7f4a_7c15), shared: SharedSeed::from_u64(seed) }
    }

    /// Never 0, which stands for "not computed" where hashes are cached.
    pub fn text(&self, text: &[u8]) -> u32 {
        let mut hasher = FoldHasher::with_seed(self.seed, &self.shared);
        hasher.write(text);
        let hash = hasher.finish();
        ((hash ^ hash >> 32) as u32).max(1)
    }

    #[inline(always)]
    pub fn word(&self, word: u64) -> u32 {
        let hash = fold(word ^ self.seed, 0xd6e8_feb8_6659_fd93);
        (hash ^ hash >> 32) as u32
    }

    /// Of a plain key or an object with identity. Equal keys have equal hashes, so a float without a fraction
    /// hashes as its int.
    #[inline(always)]
    pub fn key(&self, key: Value) -> u32 {
        match key.tag {
            Tag::STR => key.object_unchecked::<Str>().hash(self),
            Tag::INT => self.word(key.bits),
            Tag::FLOAT => match whole(key.float_bits()) {
                Some(int) => self.word(int as u64),
                None => self.word(key.bits),
            },
            Tag::BYTES => key.object_unchecked::<Bytes>().hash(self),
            tag => self.word(key.bits ^ tag.number() << 56),
        }
    }
}

/// The int that is exactly this float.
pub fn whole(float: f64) -> Option<i64> {
    let int = float as i64;
    // `as` saturates: 2^63 would come out as the largest int, which is another number.
    if int as f64 == float && int != i64::MAX { Some(int) } else { None }
}

/// Multiplies and folds the halves together: every input bit reaches every output bit.
#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}
