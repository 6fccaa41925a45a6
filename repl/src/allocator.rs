//! The allocator of everything that lies outside the VM's pages: buffers of lists, maps and texts.

#![allow(unsafe_code)]

use libmimalloc_sys::{mi_option_get, mi_option_set, mi_option_t};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc 2 and 3, in milliseconds, which the crate does not name.
const PURGE_DELAY: mi_option_t = 15;
/// What it is if nobody has set it; also a sign that the number still means this.
const DEFAULT_DELAY: std::ffi::c_long = 1000;

/// What was freed goes back to the system after a tenth of a second instead of a whole one: a list that doubles until it has a million items leaves
/// 16 MB behind otherwise, just when the program needs the most. Programs that free and allocate at once do not notice.
pub fn return_memory_soon() {
    // SAFETY: they read and write one number, and no other thread has begun.
    unsafe {
        if mi_option_get(PURGE_DELAY) == DEFAULT_DELAY {
            mi_option_set(PURGE_DELAY, 100);
        }
    }
}
