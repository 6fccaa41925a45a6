//! Combinators and `select`: one task that waits for several things.
//!
//! A [`Group`] is made when such an await begins. Each thing it was given is an [`Arm`]: a primitive or a task, which the arm's node stands in
//! line for, or a coroutine, which becomes a task that belongs to the group (R13). When it is decided what the await gives, all other
//! arms leave their lines and the group's own tasks are cancelled; once those are over, the await goes on (R12).
//!
//! ```text
//!   open ── decided: arms leave, own tasks are cancelled ──▶ closing ── own tasks are over ──▶ over
//! ```

#![allow(unsafe_code)]

use std::{cell::Cell, ptr};

use co_lang::diagnostic::Code;

use super::{
    cancel,
    ending::add_also,
    mistake::{Mistake, made},
    node::{NodeRef, Wait, WaitNode},
    owner::{Nursery, Owner},
    spawn::{spawn_coroutine, take_coroutine},
    task::{Task, flag},
    wait::{self, Waiting},
};
use crate::{
    builtins::{Body, Control, Native},
    heap::{Heap, Marker, object::*},
    interp::unwind::Token,
    sched,
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// What the await gives, and when that is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// The first arm: its number and value.
    Select,
    /// All values in order, or the first error.
    All,
    /// The first result.
    Race,
    /// The first value, or the first error if there is none.
    Any,
    /// All results as maps.
    Settled,
    /// The result, or `Timeout`.
    Timeout,
    /// The result, while cancellation has to wait.
    Shield,
    /// The results one by one, for `for await`.
    Completed,
}

impl Policy {
    /// One arm decides, so nothing may act before all have been looked at.
    fn is_exclusive(self) -> bool {
        matches!(self, Policy::Select | Policy::Race | Policy::Any)
    }

    pub fn name(self) -> &'static str {
        match self {
            Policy::Select => "select",
            Policy::All => "all",
            Policy::Race => "race",
            Policy::Any => "any",
            Policy::Settled => "settled",
            Policy::Timeout => "timeout",
            Policy::Shield => "shield",
            Policy::Completed => "completed",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// `completed` before it is walked.
    Fresh,
    Open,
    Closing,
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decided {
    Nothing,
    Value,
    Error,
    /// Something around was cancelled.
    Token,
}

/// One of the things that a group waits for. `header.count` of the group is not used: there may be many.
#[repr(C)]
pub struct Arm {
    pub node: WaitNode,
    pub group: Gc<Group>,
    /// What is sent; the coroutine that has not been started.
    pub value: Cell<Value>,
}

#[repr(C)]
pub struct Group {
    pub header: Header,
    /// The tasks of coroutines that it was given.
    pub nursery: Nursery,
    task: Cell<Gc<Task>>,
    /// The next one of the task's that is not over.
    pub outer: Cell<Option<Gc<Group>>>,
    pub policy: Policy,
    phase: Cell<Phase>,
    /// It is being made: its task does not wait yet.
    starting: Cell<bool>,
    decided: Cell<Decided>,
    /// Of `select`: the arm that was chosen.
    chosen: Cell<u32>,
    count: u32,
    /// Arms that have not ended.
    remaining: Cell<u32>,
    /// With a limit: arms before this one need not be looked at for one to start.
    started: Cell<u32>,
    /// How many more coroutines may be started now.
    room: Cell<u32>,
    /// Of `timeout`, for its message.
    duration_ns: u64,
    /// What it gives or throws.
    outcome: Cell<Value>,
    /// A list of results, or of errors so far; nil for policies without one.
    results: Cell<Value>,
    /// Of `completed`: bit by result, whether it is an error, as the list goes on.
    errors: Cell<Value>,
}

impl Object for Group {
    const TAG: Tag = Tag::GROUP;
}

impl Group {
    pub fn task(&self) -> Gc<Task> {
        self.task.get()
    }

    pub fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// The arms, and behind them that of the group's own timer if it has one.
    pub fn arms(&self) -> &[Arm] {
        let count = self.count as usize + (self.policy == Policy::Timeout) as usize;
        // SAFETY: so many follow the struct. Groups are reached through addresses in values, which stand for the allocation.
        unsafe {
            let first = (self as *const Group).expose_provenance() + size_of::<Group>();
            std::slice::from_raw_parts(ptr::with_exposed_provenance(first), count)
        }
    }

    pub fn remaining(&self) -> u32 {
        self.remaining.get()
    }

    /// Arms that stand in line, or whose coroutine has not been started.
    pub fn open_arms(&self) -> usize {
        let arms = &self.arms()[..self.count as usize];
        arms.iter().filter(|arm| arm.node.kind() != Wait::None || arm.value.get().is(Tag::COROUTINE)).count()
    }

    fn has_limit(&self) -> bool {
        self.room.get() != u32::MAX
    }
}

pub fn register(heap: &mut Heap) {
    unsafe fn trace(header: *mut Header, marker: &mut Marker) {
        // SAFETY: the heap calls this for groups only.
        let group = unsafe { &*(header as *const Group) };
        group.nursery.trace(marker);
        marker.value(group.task.get().into());
        if let Some(outer) = group.outer.get() {
            marker.value(outer.into());
        }
        for value in [group.outcome.get(), group.results.get(), group.errors.get()] {
            marker.value(value);
        }
        for arm in group.arms() {
            marker.value(arm.value.get());
            marker.value(arm.node.object());
        }
    }
    unsafe fn release(header: *mut Header) {
        // SAFETY: as above; it is dead.
        unsafe { (*(header as *const Group)).nursery.release() }
    }
    // SAFETY: the hooks are for this layout.
    unsafe { heap.register(Tag::GROUP, Some(trace), Some(release)) };
}

/// What a combinator was asked for.
#[derive(Clone, Copy)]
pub struct Plan {
    pub policy: Policy,
    /// Coroutines that run at once.
    pub limit: u32,
    pub duration_ns: u64,
}

impl Plan {
    pub fn new(policy: Policy) -> Plan {
        Plan { policy, limit: u32::MAX, duration_ns: 0 }
    }
}

fn make(vm: &mut Vm, plan: Plan, items: &[Value]) -> Gc<Group> {
    let arms = items.len() + (plan.policy == Policy::Timeout) as usize;
    let task = vm.running();
    // SAFETY: the allocation has room for the group and its arms; every field is written before anything reads it.
    unsafe {
        let bytes = size_of::<Group>() + arms * size_of::<Arm>();
        let memory = vm.heap.alloc_raw(Tag::GROUP, bytes) as *mut Group;
        let header = ptr::read(&raw const (*memory).header);
        ptr::write(
            memory,
            Group {
                header,
                nursery: Nursery::default(),
                task: Cell::new(task),
                outer: Cell::new(None),
                policy: plan.policy,
                phase: Cell::new(Phase::Fresh),
                starting: Cell::new(false),
                decided: Cell::new(Decided::Nothing),
                chosen: Cell::new(0),
                count: items.len() as u32,
                remaining: Cell::new(items.len() as u32),
                started: Cell::new(0),
                room: Cell::new(plan.limit),
                duration_ns: plan.duration_ns,
                outcome: Cell::new(Value::NIL),
                results: Cell::new(Value::NIL),
                errors: Cell::new(Value::NIL),
            },
        );
        let group = Gc::from_ptr(memory);
        let first = memory.add(1) as *mut Arm;
        for index in 0..arms {
            let value = items.get(index).copied().unwrap_or(Value::NIL);
            first.add(index).write(Arm {
                node: WaitNode::new(index as u32, true),
                group,
                value: Cell::new(value),
            });
        }
        group
    }
}

// ---- what may be an arm

/// The primitive that a coroutine stands for, if it is one.
fn primitive_of(coroutine: Gc<Coroutine>) -> Option<Native> {
    match coroutine.callee.as_object::<NativeFn>()?.builtin.body {
        Body::Primitive(describe) => Some(describe),
        _ => None,
    }
}

/// A task or coroutine that can be awaited is taken over.
fn take(vm: &mut Vm, item: Value) -> Result<(), Control> {
    match item.tag {
        Tag::TASK if item.object_unchecked::<Task>() == vm.running() => {
            Err(vm.throw("Deadlock", "a task that awaits itself would wait forever"))
        }
        Tag::TASK => Ok(()),
        Tag::COROUTINE => take_coroutine(vm, item.object_unchecked(), "awaited"),
        _ => {
            let what = vm.describe(item);
            let control = vm.throw_code(
                "TypeError",
                Code::NOT_AWAITABLE,
                format!("{what} cannot be awaited: coroutines and tasks can"),
            );
            if matches!(item.tag, Tag::CLOSURE | Tag::BOUND | Tag::NATIVE) {
                vm.hint("the function was not called: add `()`".to_string());
            }
            Err(control)
        }
    }
}

/// What an arm waits for: a primitive, or `None` if a task has to run.
fn describe(vm: &mut Vm, item: Value) -> Result<Option<Waiting>, Control> {
    if let Some(task) = item.as_object::<Task>() {
        return Ok(Some(Waiting::on(Wait::Task, task)));
    }
    let coroutine: Gc<Coroutine> = item.object_unchecked();
    let Some(describe) = primitive_of(coroutine) else { return Ok(None) };
    vm.waiting = Waiting::NOTHING;
    match describe(vm, coroutine.args()) {
        Err(Control::Await) => {
            let mut waiting = vm.waiting;
            if waiting.kind == Wait::Yield {
                // As one of several things `sleep(0)` is a timer that is due when the others have run.
                waiting = Waiting::until(sched::now_ns(vm));
            }
            Ok(Some(waiting))
        }
        Err(control) => Err(control),
        Ok(_) => Ok(Some(Waiting::NOTHING)),
    }
}

// ---- the await

/// A combinator is awaited: its result, or `Control::Wait`.
pub fn run(vm: &mut Vm, plan: Plan, items: &[Value]) -> Result<Value, Control> {
    for item in items {
        take(vm, *item)?;
    }
    let group = make(vm, plan, items);
    open(vm, group);
    begin(vm, group)
}

/// Puts the group among those of its task.
fn open(vm: &mut Vm, group: Gc<Group>) {
    let task = vm.running();
    group.task.set(task);
    group.phase.set(Phase::Open);
    group.nursery.depth.set(task.cleanup_depth());
    if group.policy == Policy::Shield {
        let depth = task.cleanup_depth() + 1;
        group.nursery.depth.set(depth);
        if !made(Mistake::ShieldIsThin) {
            task.set_cleanup_depth(depth);
        }
    }
    let rare = task.rare_or_new();
    group.outer.set(rare.group.replace(Some(group)));
    if matches!(group.policy, Policy::All | Policy::Settled) {
        let list = vm.heap.list(&vec![Value::NIL; group.count as usize]);
        vm.heap.store(&group.results, list.into());
    }
}

fn begin(vm: &mut Vm, group: Gc<Group>) -> Result<Value, Control> {
    begin_by(vm, group, start_arms)
}

fn begin_by(vm: &mut Vm, group: Gc<Group>, start: impl FnOnce(&mut Vm, Gc<Group>)) -> Result<Value, Control> {
    group.starting.set(true);
    start(vm, group);
    group.starting.set(false);
    if group.phase.get() == Phase::Open && group.remaining.get() == 0 {
        finished(vm, group);
    }
    if group.phase.get() == Phase::Closing && group.nursery.is_empty() {
        return match over(vm, group) {
            (Decided::Value | Decided::Nothing, value) => Ok(value),
            (_, thrown) => Err(vm.throw_value(thrown)),
        };
    }
    group.task().node.wait_for(Wait::Group, group);
    Err(Control::Wait)
}

fn start_arms(vm: &mut Vm, group: Gc<Group>) {
    if group.policy == Policy::Timeout {
        // Set before everything else, so that at a tie the timeout wins.
        let late = made(Mistake::TimeoutLosesTies) as u64;
        let deadline = sched::now_ns(vm).saturating_add(group.duration_ns + late);
        let node = NodeRef::of_arm(&group.arms()[group.count as usize]);
        wait::enter(vm, node, &Waiting::until(deadline));
    }
    let exclusive = group.policy.is_exclusive();
    for index in 0..group.count as usize {
        if group.phase.get() != Phase::Open {
            return;
        }
        let item = group.arms()[index].value.get();
        match describe(vm, item) {
            Ok(Some(waiting)) => look_at(vm, group, index, &waiting, exclusive),
            Ok(None) if exclusive => {}
            Ok(None) => start_if_room(vm, group, index),
            Err(control) => {
                let error = raised(vm, control);
                arm_ended(vm, group, index, Err(error));
            }
        }
    }
    if exclusive {
        stand_in_line(vm, group);
    }
}

/// Nothing was there at once: now all arms stand in line, and the coroutines start.
fn stand_in_line(vm: &mut Vm, group: Gc<Group>) {
    for index in 0..group.count as usize {
        if group.phase.get() != Phase::Open {
            return;
        }
        let arm = &group.arms()[index];
        if arm.node.kind() != Wait::None {
            wait::link(vm, NodeRef::of_arm(arm));
        } else if arm.value.get().is(Tag::COROUTINE) {
            start(vm, group, index);
        }
    }
}

/// Acts on a primitive if that is possible, else notes what it waits for; it stands in line at once unless others may act first.
fn look_at(vm: &mut Vm, group: Gc<Group>, index: usize, waiting: &Waiting, exclusive: bool) {
    let arm = &group.arms()[index];
    let polled = match waiting.kind {
        Wait::None => Ok(Some(Value::NIL)),
        _ => wait::poll(vm, waiting.kind, waiting.on, waiting.payload, group.task()),
    };
    match polled {
        Ok(None) => {
            arm.value.set(waiting.payload);
            arm.node.set(waiting.kind, waiting.on);
            if !exclusive {
                wait::link(vm, NodeRef::of_arm(arm));
            }
        }
        Ok(Some(value)) => arm_ended(vm, group, index, Ok(value)),
        Err(control) => {
            let error = raised(vm, control);
            arm_ended(vm, group, index, Err(error));
        }
    }
}

/// What a native has thrown, as an error value.
fn raised(vm: &mut Vm, control: Control) -> Value {
    debug_assert!(control == Control::Throw);
    let _ = control;
    vm.raised
}

fn start_if_room(vm: &mut Vm, group: Gc<Group>, index: usize) {
    if group.room.get() > 0 || made(Mistake::LimitIsForgotten) {
        start(vm, group, index);
    }
}

/// A coroutine becomes a task of the group, which the arm awaits.
fn start(vm: &mut Vm, group: Gc<Group>, index: usize) {
    let arm = &group.arms()[index];
    let Some(coroutine) = arm.value.get().as_object::<Coroutine>() else { return };
    vm.heap.store(&arm.value, Value::NIL);
    if group.has_limit() {
        group.room.set(group.room.get().saturating_sub(1));
    }
    let task = spawn_coroutine(vm, coroutine, Some(Owner::Group(group)), false);
    wait::enter(vm, NodeRef::of_arm(arm), &Waiting::on(Wait::Task, task));
}

/// With a limit: the next coroutine becomes a task at the moment one ends.
fn start_next(vm: &mut Vm, group: Gc<Group>) {
    if !group.has_limit() {
        return;
    }
    group.room.set(group.room.get() + 1);
    while group.started.get() < group.count {
        let index = group.started.get() as usize;
        group.started.set(group.started.get() + 1);
        let arm = &group.arms()[index];
        if arm.node.kind() == Wait::None && arm.value.get().is(Tag::COROUTINE) {
            return start(vm, group, index);
        }
    }
}

// ---- deciding

/// An arm has its result. Its node is out of its line.
pub fn arm_ended(vm: &mut Vm, group: Gc<Group>, index: usize, result: Result<Value, Value>) {
    let arm = &group.arms()[index];
    let was_task = arm.node.kind() == Wait::Task
        && arm.node.object().as_object::<Task>().is_some_and(|task| task.owner() == Owner::Group(group));
    arm.node.clear();
    vm.heap.store(&arm.value, Value::NIL);
    if group.phase.get() != Phase::Open {
        return;
    }
    if index == group.count as usize {
        let error = timeout_error(vm, group.duration_ns);
        return decide(vm, group, Decided::Error, error);
    }
    group.remaining.set(group.remaining.get() - 1);
    match (group.policy, result) {
        (Policy::Select, Ok(value)) => {
            group.chosen.set(index as u32);
            decide(vm, group, Decided::Value, value);
        }
        (Policy::Race | Policy::Timeout | Policy::Shield | Policy::Any, Ok(value)) => {
            decide(vm, group, Decided::Value, value);
        }
        (Policy::Select | Policy::All | Policy::Race | Policy::Timeout | Policy::Shield, Err(error)) => {
            decide(vm, group, Decided::Error, error);
        }
        (Policy::All, Ok(value)) => set_result(vm, group, index, value),
        (Policy::Settled, result) => {
            let entry = settled_entry(vm, result);
            set_result(vm, group, index, entry);
        }
        (Policy::Any, Err(error)) => push_result(vm, group, error, true),
        (Policy::Completed, result) => {
            let (value, is_error) = match result {
                Ok(value) => (value, false),
                Err(error) => (error, true),
            };
            push_result(vm, group, value, is_error);
            hand_out(vm, group);
        }
    }
    if group.phase.get() == Phase::Open {
        if was_task {
            start_next(vm, group);
        }
        if group.remaining.get() == 0 && !group.starting.get() {
            finished(vm, group);
            children_over(vm, group);
        }
    }
}

fn set_result(vm: &mut Vm, group: Gc<Group>, index: usize, value: Value) {
    if let Some(list) = group.results.get().as_object::<List>() {
        list.set(&mut vm.heap, index, value);
    }
}

fn push_result(vm: &mut Vm, group: Gc<Group>, value: Value, is_error: bool) {
    if group.results.get().is_nil() {
        let results = vm.heap.list(&[]).into();
        vm.heap.store(&group.results, results);
        let errors = vm.heap.list(&[]).into();
        vm.heap.store(&group.errors, errors);
    }
    let lists = (group.results.get().as_object::<List>(), group.errors.get().as_object::<List>());
    if let (Some(results), Some(errors)) = lists {
        results.push(&mut vm.heap, value);
        errors.push(&mut vm.heap, is_error.into());
    }
}

fn settled_entry(vm: &mut Vm, result: Result<Value, Value>) -> Value {
    let map = vm.heap.map();
    let (name, value) = match result {
        Ok(value) => ("value", value),
        Err(error) => ("error", error),
    };
    for (key, value) in [("ok", Value::bool(result.is_ok())), (name, value)] {
        let key = vm.heap.intern(key).into();
        map.insert(&mut vm.heap, key, value);
    }
    map.into()
}

fn timeout_error(vm: &mut Vm, duration_ns: u64) -> Value {
    let message = format!("timed out after {}", sched::duration_text(duration_ns));
    vm.heap.error("Timeout", &message).into()
}

/// Every arm has ended, and none of them has decided.
fn finished(vm: &mut Vm, group: Gc<Group>) {
    match group.policy {
        Policy::All | Policy::Settled => decide(vm, group, Decided::Value, group.results.get()),
        Policy::Any => {
            let errors = group.results.get().as_object::<List>().map_or(Vec::new(), |errors| errors.to_vec());
            let Some((first, others)) = errors.split_first() else { return };
            let first: Value = vm.to_error(*first).into();
            for other in others {
                add_also(vm, first, *other);
            }
            decide(vm, group, Decided::Error, first);
        }
        // What is walked ends when all results were taken; the others have been decided by an arm.
        _ => {}
    }
}

/// What the await gives is known: the other arms leave, the group's own tasks are cancelled.
fn decide(vm: &mut Vm, group: Gc<Group>, decided: Decided, value: Value) {
    group.decided.set(decided);
    vm.heap.store(&group.outcome, value);
    close_arms(vm, group);
    let reason = match group.policy {
        Policy::Timeout if decided == Decided::Error => "it timed out",
        _ if decided == Decided::Error => "something awaited with it has failed",
        _ => "it is not needed any more",
    };
    if !made(Mistake::LosersGoOn) {
        cancel::cancel_children(vm, Owner::Group(group), reason);
    }
    if group.nursery.is_empty() {
        children_over(vm, group);
    }
}

fn close_arms(vm: &mut Vm, group: Gc<Group>) {
    group.phase.set(Phase::Closing);
    for arm in group.arms() {
        let was_started = arm.node.kind() != Wait::None;
        if made(Mistake::GivenTaskIsCancelled)
            && let Some(given) = arm.node.object().as_object::<Task>()
        {
            cancel::cancel(vm, given, Value::NIL, 0);
        }
        wait::leave(vm, NodeRef::of_arm(arm));
        let value = arm.value.replace(Value::NIL);
        if let (false, Some(coroutine)) = (was_started, value.as_object::<Coroutine>()) {
            // Not needed: no report of a lost coroutine (R20).
            coroutine.state.set(CoroutineState::Dropped);
        }
    }
}

/// Something around the group was cancelled while its task waits for it. The caller cancels the group's tasks.
pub fn overruled(vm: &mut Vm, group: Gc<Group>) {
    group.decided.set(Decided::Token);
    group.outcome.set(Token::Cancel.value());
    if group.phase.get() == Phase::Open {
        close_arms(vm, group);
    }
}

/// A task of the group has failed that nobody waits for any more: nothing is lost (R8).
pub fn child_failed(vm: &mut Vm, group: Gc<Group>, error: Value) {
    if group.decided.get() == Decided::Error {
        return add_also(vm, group.outcome.get(), error);
    }
    group.decided.set(Decided::Error);
    vm.heap.store(&group.outcome, error);
}

/// The group's last task has ended: its own task goes on if everything is decided.
pub fn children_over(vm: &mut Vm, group: Gc<Group>) {
    let task = group.task();
    let awaits = task.wait() == Wait::Group && task.waits_for().is_same(group.into());
    if group.phase.get() != Phase::Closing || group.starting.get() || !awaits || !group.nursery.is_empty() {
        return;
    }
    match over(vm, group) {
        (Decided::Value | Decided::Nothing, value) if group.policy == Policy::Select => {
            sched::wake_selected(vm, task, group.chosen.get(), value);
        }
        (Decided::Value | Decided::Nothing, value) => sched::wake(vm, task, value),
        (_, thrown) => sched::wake_throwing(vm, task, thrown),
    }
}

/// Takes the group out of its task's list, and tells what was decided.
fn over(vm: &mut Vm, group: Gc<Group>) -> (Decided, Value) {
    group.phase.set(Phase::Over);
    let task = group.task();
    if group.policy == Policy::Shield {
        task.set_cleanup_depth(task.cleanup_depth().saturating_sub(1));
    }
    if let Some(rare) = task.rare() {
        let outer = group.outer.take();
        if let Some(outer) = outer {
            vm.heap.gone(outer.into());
        }
        if rare.group.get() == Some(group) {
            rare.group.set(outer);
        } else if let Some(inner) = task.groups().find(|inner| inner.outer.get() == Some(group)) {
            inner.outer.set(outer);
        }
    }
    (group.decided.get(), group.outcome.get())
}

// ---- select

/// What so many arms of a `select` wait for is noted when they are looked at.
const FEW: usize = 8;

/// What `SELECT` comes to.
pub enum Selected {
    Arm(usize, Value),
    Else,
}

/// `SELECT` over what its arms' heads gave.
pub fn select(vm: &mut Vm, items: &[Value], has_else: bool) -> Result<Selected, Control> {
    cancel::checkpoint(vm)?;
    let task = vm.running();
    for item in items {
        take(vm, *item)?;
    }
    let mut looked_at = [Waiting::NOTHING; FEW];
    for index in 0..items.len() {
        let index = if made(Mistake::SelectTakesLast) { items.len() - 1 - index } else { index };
        let item = &items[index];
        match describe(vm, *item)? {
            Some(waiting) if waiting.kind == Wait::None => return Ok(Selected::Arm(index, Value::NIL)),
            Some(waiting) => {
                if let Some(value) = wait::poll(vm, waiting.kind, waiting.on, waiting.payload, task)? {
                    return Ok(Selected::Arm(index, value));
                }
                if let Some(known) = looked_at.get_mut(index) {
                    *known = waiting;
                }
            }
            None if has_else => {
                let control = vm.throw_code(
                    "TypeError",
                    Code::MISPLACED_ASYNC,
                    "beside an `else` this arm can never be ready: what it awaits has to run first"
                        .to_string(),
                );
                vm.hint("spawn it as a task before, and select on the task".to_string());
                return Err(control);
            }
            None => {}
        }
    }
    if has_else {
        return Ok(Selected::Else);
    }
    let group = make(vm, Plan::new(Policy::Select), items);
    open(vm, group);
    let value = if items.len() > FEW {
        begin(vm, group)?
    } else {
        // Nothing has happened since they were looked at.
        begin_by(vm, group, |vm, group| {
            for (arm, waiting) in group.arms().iter().zip(&looked_at) {
                if waiting.kind != Wait::None {
                    arm.value.set(waiting.payload);
                    arm.node.set(waiting.kind, waiting.on);
                }
            }
            stand_in_line(vm, group);
        })?
    };
    Ok(Selected::Arm(group.chosen.get() as usize, value))
}

// ---- completed

/// `completed(…)`: nothing starts before it is walked.
pub fn completed(vm: &mut Vm, items: &[Value]) -> Result<Value, Control> {
    for item in items {
        if !matches!(item.tag, Tag::TASK | Tag::COROUTINE) {
            take(vm, *item)?;
        }
    }
    Ok(make(vm, Plan::new(Policy::Completed), items).into())
}

/// `for await` over `completed(…)` begins.
pub fn start_completed(vm: &mut Vm, group: Gc<Group>) -> Result<(), Control> {
    if group.phase.get() != Phase::Fresh {
        return Err(
            vm.throw("ValueError", "`completed` is walked only once, and this one has been walked already")
        );
    }
    for index in 0..group.count as usize {
        take(vm, group.arms()[index].value.get())?;
    }
    open(vm, group);
    group.starting.set(true);
    start_arms(vm, group);
    group.starting.set(false);
    Ok(())
}

/// The next result, or `None` after the last; `Control::Wait` if it has not come yet.
pub fn next_completed(vm: &mut Vm, group: Gc<Group>) -> Result<Option<Value>, Control> {
    if group.task() != vm.running() {
        return Err(vm.throw("ValueError", "only the task that began to walk it goes on with it"));
    }
    cancel::checkpoint(vm)?;
    if let Some(result) = pop_result(vm, group) {
        return match result {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(vm.throw_value(error)),
        };
    }
    if group.remaining.get() == 0 || group.phase.get() != Phase::Open {
        if group.phase.get() == Phase::Open {
            over(vm, group);
        }
        return Ok(None);
    }
    group.task().node.wait_for(Wait::Next, group);
    Err(Control::Wait)
}

fn pop_result(vm: &mut Vm, group: Gc<Group>) -> Option<Result<Value, Value>> {
    let (results, errors) =
        (group.results.get().as_object::<List>()?, group.errors.get().as_object::<List>()?);
    if results.is_empty() {
        return None;
    }
    let (value, is_error) = (results.remove(&mut vm.heap, 0), errors.remove(&mut vm.heap, 0));
    Some(if is_error.is_truthy() { Err(value) } else { Ok(value) })
}

/// A result has come: the walker gets it if it waits.
fn hand_out(vm: &mut Vm, group: Gc<Group>) {
    let task = group.task();
    if task.wait() != Wait::Next || !task.waits_for().is_same(group.into()) {
        return;
    }
    match pop_result(vm, group) {
        Some(Ok(value)) => sched::wake(vm, task, value),
        Some(Err(error)) => sched::wake_throwing(vm, task, error),
        None => {}
    }
}

/// The loop over `completed(…)` is left: what still runs is cancelled and waited for.
pub fn close_completed(vm: &mut Vm, group: Gc<Group>) -> Result<(), Control> {
    match group.phase.get() {
        Phase::Open => decide(vm, group, Decided::Value, Value::NIL),
        Phase::Closing => {}
        Phase::Fresh | Phase::Over => return Ok(()),
    }
    if group.nursery.is_empty() {
        return match over(vm, group) {
            (Decided::Error | Decided::Token, thrown) => Err(vm.throw_value(thrown)),
            _ => Ok(()),
        };
    }
    group.task().node.wait_for(Wait::Group, group);
    Err(Control::Wait)
}

/// Its own timer is due, but the coroutine has not had its first turn: one that never waits is never late (R13).
pub fn is_too_early(node: NodeRef) -> bool {
    let super::node::Waiter::Arm(group, index) = node.waiter() else { return false };
    index == group.count as usize && group.nursery.children().any(|child| !child.has(flag::STARTED))
}
