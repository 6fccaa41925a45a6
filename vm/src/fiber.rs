//! Fibers: the stacks that code runs on, and the frames in them.
//!
//! A [`Fiber`] is a contiguous stack of slots with a saved position. Every task has one inside its own allocation, and so has
//! every generator. Frame layout, from low to high addresses (see also [`crate::bytecode`]):
//!
//! ```text
//! [function] [callee] [link] r0 r1 … | [callee] [link] r0 r1 …     ← free → capacity
//!                            ^ base of the first frame        ^ base of its callee, inside the caller's call area
//! ```
//!
//! The link word of a frame has the tag `LINK` in its low half, the distance in bytes to the caller's base in its high half,
//! and the return address as payload. The root frame returns to a stub (`TASK_END`, `GENERATOR_END`), so `RETURN` has no test.
//! The first slot holds the first frame's function again, so that a return to the root can reload some constants blindly.
//!
//! Nothing points into a stack: captured variables live in cells. So a stack that is too small moves.
//!
//! When the op at `pc` of a frame calls a function on its own account (`to_str`, `eq`, …) the interpreter lays above the frame's
//! registers `[saved pc] [callee] [link → FINISH stub] …`; `FINISH` completes that op with the result.

#![allow(unsafe_code)]
// One contract for all of them: the pointers are slots or bases of frames of a live fiber, laid out as above.
#![allow(clippy::missing_safety_doc)]

use std::cell::Cell;

use crate::{
    bytecode::{Op, Proto, SLOT, Word},
    heap::object::Closure,
    sched::task::inline_stack,
    value::{Tag, Value},
};

/// The largest stack of one fiber, in slots (128 MiB): room for 100,000 calls with 80 registers each.
pub const MAX_STACK_SLOTS: usize = 1 << 23;

/// Of a fiber's size: its stack lies elsewhere than behind its owner.
const MOVED: u32 = 1 << 31;

/// A stack with the position it will go on at.
#[repr(C)]
pub struct Fiber {
    pub base: *mut Value,
    /// While it is suspended: the op to complete with the value it gets (`AWAIT`, `YIELD`, …), or the op to go on with.
    pub pc: *const Word,
    /// In slots; [`MOVED`] tells where they are.
    size: u32,
    /// Of a task's own fiber: how many `CLEANUP_ENTER` are open in the task, shields counted as well. A cancellation waits for its turn.
    pub cleanup_depth: Cell<u32>,
}

/// Stub code that frames return to when there is no caller, or when an op has to be completed.
pub static TASK_END: [Word; 1] = [Word::abc(Op::TASK_END, 0, 0, 0)];
pub static GENERATOR_END: [Word; 1] = [Word::abc(Op::GENERATOR_END, 0, 0, 0)];
pub static FINISH: [Word; 1] = [Word::abc(Op::FINISH, 0, 0, 0)];

/// Slots in front of the first frame's registers: function, callee, link.
pub const ROOT_SLOTS: usize = 3;

/// Copies one slot as two words. A 16-byte vector copy of a slot whose halves were just written separately stalls on
/// store forwarding; the empty `asm!` keeps LLVM from merging the two.
#[inline(always)]
pub unsafe fn copy(to: *mut Value, from: *const Value) {
    // SAFETY: both are slots of a live stack, constant pool or object.
    unsafe {
        let from = from as *const u64;
        #[allow(unused_mut)]
        let mut tag = *from;
        let bits = *from.add(1);
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        std::arch::asm!("/* {0} */", inout(reg) tag, options(pure, nomem, nostack, preserves_flags));
        *(to as *mut u64) = tag;
        *(to as *mut u64).add(1) = bits;
    }
}

/// Keeps LLVM from turning a conditional jump of `pc` into a conditional move, which would make every fetch wait for the
/// comparison.
#[inline(always)]
pub fn branch_barrier() {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    // SAFETY: no instruction.
    unsafe {
        std::arch::asm!("", options(nomem, nostack, preserves_flags));
    }
}

/// Writes the link word of a frame whose base is `delta` bytes above its caller's.
#[inline(always)]
pub unsafe fn write_link(slot: *mut Value, delta: usize, return_to: *const Word) {
    // SAFETY: the slot belongs to the call area that the caller reserved.
    unsafe {
        *(slot as *mut u64) = Tag::LINK.number() | (delta as u64) << 32;
        *(slot as *mut u64).add(1) = return_to as u64;
    }
}

#[inline(always)]
pub unsafe fn link_delta(base: *const Value) -> usize {
    // SAFETY: every frame has a link word under its base.
    unsafe { (*(base.sub(1) as *const u64) >> 32) as usize }
}

#[inline(always)]
pub unsafe fn link_return(base: *const Value) -> *const Word {
    // SAFETY: as above.
    unsafe { *(base.sub(1) as *const u64).add(1) as *const Word }
}

/// The closure that a frame runs.
#[inline(always)]
pub unsafe fn frame_closure(base: *const Value) -> *const Closure {
    // SAFETY: the callee slot of a running frame holds a closure.
    unsafe { (*base.sub(2)).bits as *const Closure }
}

#[inline(always)]
pub unsafe fn frame_proto<'a>(base: *const Value) -> &'a Proto {
    // SAFETY: as above; the closure keeps its code alive.
    unsafe { &*(*frame_closure(base)).proto }
}

#[inline(always)]
pub unsafe fn frame_constants(base: *const Value) -> *const Value {
    // SAFETY: as above.
    unsafe { frame_proto(base).constants.as_ptr() }
}

/// One frame as a walk over a fiber sees it.
#[derive(Clone, Copy)]
pub struct FrameView {
    pub base: *mut Value,
    /// The op that runs (top frame, or the call that is under way).
    pub pc: *const Word,
}

impl FrameView {
    pub fn proto<'a>(self) -> &'a Proto {
        // SAFETY: views are made of live frames only.
        unsafe { frame_proto(self.base) }
    }

    /// Word index of the op in the function's code. A return address lies behind its op: callers pass it less one.
    pub fn index(self) -> u32 {
        // SAFETY: `pc` points into the code of the frame's function.
        unsafe { self.pc.offset_from(self.proto().code.as_ptr()) as u32 }
    }
}

/// The frame under `frame`, or `None` for a fiber's first.
pub fn caller(frame: FrameView) -> Option<FrameView> {
    // SAFETY: the links of a live fiber are intact.
    unsafe {
        let return_to = link_return(frame.base);
        if return_to == TASK_END.as_ptr() || return_to == GENERATOR_END.as_ptr() {
            return None;
        }
        let base = (frame.base as *mut u8).sub(link_delta(frame.base)) as *mut Value;
        let pc = if return_to == FINISH.as_ptr() { saved_pc(base) } else { return_to.sub(1) };
        Some(FrameView { base, pc })
    }
}

/// The first slot above a frame's registers.
#[inline(always)]
pub unsafe fn frame_top(base: *mut Value) -> *mut Value {
    // SAFETY: frames reserve their registers on entry.
    unsafe { base.add(frame_proto(base).registers as usize) }
}

/// The op that a frame left to call a function on its own account.
pub unsafe fn saved_pc(base: *mut Value) -> *const Word {
    // SAFETY: only called for frames whose callee returns to FINISH.
    unsafe { *(frame_top(base) as *const u64).add(1) as *const Word }
}

pub unsafe fn save_pc(slot: *mut Value, pc: *const Word) {
    // SAFETY: the slot was reserved above the frame's registers.
    unsafe {
        *(slot as *mut u64) = Tag::LINK.number();
        *(slot as *mut u64).add(1) = pc as u64;
    }
}

/// A stack of its own for a fiber, all slots nil.
pub fn new_stack(slots: usize) -> *mut Value {
    let layout = std::alloc::Layout::array::<Value>(slots).expect("stacks are at most MAX_STACK_SLOTS slots");
    // SAFETY: the size is not zero; every slot is written before the stack is used.
    unsafe {
        let stack = std::alloc::alloc(layout) as *mut Value;
        if stack.is_null() {
            std::alloc::handle_alloc_error(layout);
        }
        clear(stack, stack.add(slots));
        stack
    }
}

/// # Safety
/// `stack` came from [`new_stack`] with the same number of slots, and no frame on it is used again.
pub unsafe fn free_stack(stack: *mut Value, slots: usize) {
    // SAFETY: by the contract above the layout is the one it was allocated with.
    unsafe {
        std::alloc::dealloc(stack as *mut u8, std::alloc::Layout::from_size_align_unchecked(slots * SLOT, 8))
    }
}

/// Makes the slots from `from` up to `to` nil, so that no stale reference is ever scanned.
pub unsafe fn clear(mut from: *mut Value, to: *mut Value) {
    while from < to {
        // SAFETY: the range lies inside one stack.
        unsafe {
            *from = Value::NIL;
            from = from.add(1);
        }
    }
}

impl Fiber {
    /// A fiber on a stack that was reserved behind its owner.
    pub fn new(slots: usize) -> Fiber {
        Fiber {
            base: std::ptr::null_mut(),
            pc: std::ptr::null(),
            size: slots as u32,
            cleanup_depth: Cell::new(0),
        }
    }

    /// The stack has outgrown the place behind its owner.
    #[inline(always)]
    pub fn is_moved(&self) -> bool {
        self.size & MOVED != 0
    }

    pub fn capacity(&self) -> usize {
        (self.size & !MOVED) as usize
    }

    /// The first slot.
    #[inline(always)]
    pub fn stack(&self) -> *mut Value {
        let inline = inline_stack(self);
        // SAFETY: the place behind the owner has three slots at least; the third one leads to a stack that has moved.
        unsafe { if self.is_moved() { (*inline.add(2)).bits as *mut Value } else { inline } }
    }

    #[inline(always)]
    pub fn end(&self) -> *mut Value {
        // SAFETY: one past the last slot.
        unsafe { self.stack().add(self.capacity()) }
    }

    /// The stack lies at `stack` from now on.
    ///
    /// # Safety
    /// It holds what the old one held, which nobody uses any more.
    pub unsafe fn move_to(&mut self, stack: *mut Value, capacity: usize) {
        // SAFETY: as in `stack`.
        unsafe { *inline_stack(self).add(2) = Value::int(stack as i64) };
        self.size = capacity as u32 | MOVED;
    }

    /// The stack is given up; the place behind the owner stays.
    pub fn clear_stack(&mut self) {
        self.size = 0;
        self.base = std::ptr::null_mut();
    }

    /// The top frame of a suspended fiber.
    pub fn top(&self) -> FrameView {
        FrameView { base: self.base, pc: self.pc }
    }

    /// Lays out the root and the first frame of `closure`, whose bound arguments are copied from `args`.
    ///
    /// # Safety
    /// The stack has room for `ROOT_SLOTS` and the function's registers.
    pub unsafe fn enter(&mut self, closure: Value, args: *const Value, count: usize, end: *const Word) {
        // SAFETY: by the contract.
        unsafe {
            let stack = self.stack();
            *stack = closure;
            *stack.add(1) = closure;
            self.base = stack.add(ROOT_SLOTS);
            write_link(stack.add(2), SLOT, end);
            for index in 0..count {
                copy(self.base.add(index), args.add(index));
            }
            self.pc = frame_proto(self.base).code.as_ptr();
        }
    }
}
