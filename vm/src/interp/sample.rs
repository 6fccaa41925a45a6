//! Samples for the profiler: what the running task does now, as a stack of frames.

use std::sync::atomic::Ordering;

use crate::{
    bytecode::Word,
    fiber::{self, FrameView},
    interp::Step,
    profile::{self, FrameId, MAX_FRAMES, Note},
    sched::generator,
    vm::{Vm, interrupt},
};

/// Whether a sample is due before the next op.
///
/// # Safety
/// The VM is alive.
#[inline(always)]
pub unsafe fn is_due(vm: *mut Vm) -> bool {
    // SAFETY: given.
    unsafe {
        (*(*vm).interrupt).load(Ordering::Relaxed) >= interrupt::TICK
            || (*vm).profiler.as_mut().is_some_and(|profiler| profiler.counts_op())
    }
}

/// At `vm.pc`, with the op that ran before it. What came since the last sample was that op, if it is of the same function; a
/// call and a return are charged to where they lead.
#[cold]
#[inline(never)]
pub fn at_op(vm: &mut Vm, previous: *const Word) {
    if vm.pc == fiber::TASK_END.as_ptr() || vm.pc == fiber::GENERATOR_END.as_ptr() {
        // The frame is gone.
        return;
    }
    let view = FrameView { base: vm.base, pc: vm.pc };
    let is_here = view.proto().code.as_ptr_range().contains(&previous);
    let pc = match view.pc {
        _ if is_here => previous,
        // SAFETY: a function has returned to the op that called it on its own account.
        pc if pc == fiber::FINISH.as_ptr() => unsafe { fiber::saved_pc(view.base) },
        pc => pc,
    };
    take(vm, FrameView { pc, ..view }, None);
}

/// The task stops at the op at `vm.pc`, to go on later: what came until now was that op's.
#[cold]
#[inline(never)]
pub fn at_leave(vm: &mut Vm, step: Step) {
    if matches!(step, Step::Waits | Step::Yielded)
        && vm.interrupt_word.load(Ordering::Relaxed) >= interrupt::TICK
    {
        let top = FrameView { base: vm.base, pc: vm.pc };
        take(vm, top, None);
    }
}

/// What came since the last turn was the scheduler's.
#[cold]
#[inline(never)]
pub fn at_turn(vm: &mut Vm) {
    let top = FrameView { base: vm.base, pc: vm.pc };
    take(vm, top, Some(Note::Scheduler));
}

/// A collection has ended that began at `vm.pc`.
#[cold]
#[inline(never)]
pub fn at_collection(vm: &mut Vm) {
    if vm.profiler.is_some() && !vm.base.is_null() {
        let top = FrameView { base: vm.base, pc: vm.pc };
        take(vm, top, Some(Note::Collector));
    }
}

fn take(vm: &mut Vm, top: FrameView, note: Option<Note>) {
    let word = vm.interrupt_word.fetch_and(interrupt::TICK - 1, Ordering::Relaxed);
    let Some(profiler) = &mut vm.profiler else { return };
    let weight = profiler.weight((word / interrupt::TICK) as u32);
    if weight == 0 {
        return;
    }
    let mut stack: Vec<FrameId> = note.into_iter().map(|note| profiler.note(note)).collect();
    // The scheduler works for the task, not for what the task did last.
    let mut frame = (note != Some(Note::Scheduler)).then_some(top);
    let mut fiber = vm.fiber;
    while let Some(view) = frame {
        let proto = view.proto();
        // Library functions stand for their caller.
        if !proto.flags.hidden
            && let Some(id) = profile::frame_at(vm, proto, view.index())
        {
            stack.push(id);
        }
        if stack.len() == MAX_FRAMES {
            if let Some(profiler) = &mut vm.profiler {
                stack.push(profiler.note(Note::Deeper));
            }
            break;
        }
        frame = fiber::caller(view).or_else(|| {
            // SAFETY: fibers that run or have resumed others are alive.
            unsafe {
                fiber = generator::resumer(fiber);
                if fiber.is_null() { None } else { Some((*fiber).top()) }
            }
        });
    }
    profile::add(vm, stack, weight);
}
