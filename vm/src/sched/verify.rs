//! The invariants of the scheduler, checked after its steps with the feature `verify`.
//!
//! 1. Every task that is not done hangs in the tree below the program, and there are as many as are counted.
//! 2. Each is in exactly one place: ready (once in the queue), running, waiting (its node, or none if what it waits for has no line, is in
//!    exactly one line), or closing (with children).
//! 3. No line and no slot of the timer wheel holds a node of a task or arm that does not wait for just that.
//! 4. A child's owner is the one in whose list it is; scopes and groups of a task name it as theirs.
//! 5. A group has as many arms open as it counts.
//! 6. The flags about cancellation are those that follow from the targets.

use std::collections::{HashMap, HashSet};

use super::{
    channel::Channel,
    group::{Group, Phase},
    node::{NodeRef, Wait, Waiter},
    owner::Owner,
    sync,
    task::{Task, TaskState, flag},
};
use crate::{
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// How often [`check`] looks: a step counts, and the look costs as much as there are tasks.
const STEPS_PER_TASK: f64 = 0.05;

/// Checks, unless the number of tasks makes it too dear: then every so many steps.
pub fn check_now_and_then(vm: &mut Vm) {
    vm.sched.unchecked += 1;
    if vm.sched.unchecked as f64 >= vm.sched.live as f64 * STEPS_PER_TASK {
        vm.sched.unchecked = 0;
        if let Err(wrong) = check(vm) {
            panic!("the scheduler is in disorder: {wrong}");
        }
    }
}

/// What is wrong, if something is.
pub fn check(vm: &Vm) -> Result<(), String> {
    let tasks = tree(vm)?;
    if tasks.len() != vm.sched.live {
        return Err(format!("{} tasks are in the tree, {} are counted", tasks.len(), vm.sched.live));
    }
    let mut ready = HashSet::new();
    for task in vm.sched.ready.iter() {
        if task.state() != TaskState::Ready {
            return Err(format!("{task:?} is in the ready queue, but {:?}", task.state()));
        }
        if !ready.insert(task) {
            return Err(format!("{task:?} is in the ready queue twice"));
        }
    }
    let mut lines = Lines::default();
    for task in &tasks {
        place(vm, *task, &ready, &mut lines).map_err(|wrong| format!("{task:?}: {wrong}"))?;
        targets(*task).map_err(|wrong| format!("{task:?}: {wrong}"))?;
    }
    lines.compare(vm)
}

/// All tasks below the program, with the links checked on the way.
fn tree(vm: &Vm) -> Result<Vec<Gc<Task>>, String> {
    let mut tasks = Vec::new();
    let mut owners = vec![Owner::Program];
    while let Some(owner) = owners.pop() {
        let mut previous = None;
        let nursery = owner.nursery(vm);
        for child in nursery.children() {
            if child.owner() != owner {
                return Err(format!("{child:?} is in a list of another owner than it names"));
            }
            if child.is_done() {
                return Err(format!("{child:?} is done and still in its owner's list"));
            }
            if previous.is_some() && child.previous_sibling.get() != previous {
                return Err(format!("{child:?} does not know its elder sibling"));
            }
            previous = Some(child);
            tasks.push(child);
            owners.push(Owner::Task(child));
            let mut scope = child.scope();
            while let Some(open) = scope {
                if open.task() != child {
                    return Err(format!("{child:?} has a scope of another task"));
                }
                owners.push(Owner::Scope(open));
                scope = open.outer();
            }
            for group in child.groups() {
                if group.task() != child {
                    return Err(format!("{child:?} has a group of another task"));
                }
                group_counts(group).map_err(|wrong| format!("{child:?}: {wrong}"))?;
                owners.push(Owner::Group(group));
            }
        }
        if let (Some(first), Some(last)) = (nursery.children().next(), previous)
            && first.previous_sibling.get() != Some(last)
        {
            return Err("a list of children does not know its last".to_string());
        }
    }
    Ok(tasks)
}

fn group_counts(group: Gc<Group>) -> Result<(), String> {
    match group.phase() {
        Phase::Open => {
            let open = group.open_arms();
            if open != group.remaining() as usize {
                return Err(format!(
                    "a group `{}` counts {} arms, {open} are open",
                    group.policy.name(),
                    group.remaining()
                ));
            }
            Ok(())
        }
        Phase::Closing if group.nursery.is_empty() => Err("a group without tasks is not over".to_string()),
        Phase::Closing if group.arms().iter().any(|arm| arm.node.is_linked()) => {
            Err("an arm of a decided group still stands in line".to_string())
        }
        Phase::Closing => Ok(()),
        Phase::Fresh | Phase::Over => {
            Err(format!("a group that is {:?} is among those of its task", group.phase()))
        }
    }
}

/// The nodes that should be in lines, and those that are.
#[derive(Default)]
struct Lines {
    /// Nodes that say they are linked, by what they wait for.
    expected: HashMap<u64, Vec<NodeRef>>,
    objects: HashMap<u64, (Value, Vec<Wait>)>,
    timers: usize,
}

impl Lines {
    fn expect(&mut self, node: NodeRef) -> Result<(), String> {
        let kind = node.kind();
        let has_line = !matches!(
            kind,
            Wait::None | Wait::Yield | Wait::Operation | Wait::Scope | Wait::Group | Wait::Next
        );
        if has_line != node.is_linked() {
            return Err(format!("waits for {kind:?}, but is linked: {}", node.is_linked()));
        }
        if kind == Wait::Timer {
            self.timers += 1;
        } else if has_line {
            let on = node.object();
            self.expected.entry(on.bits).or_default().push(node);
            self.objects.entry(on.bits).or_insert((on, Vec::new())).1.push(kind);
        }
        Ok(())
    }

    fn compare(self, vm: &Vm) -> Result<(), String> {
        if self.timers != vm.sched.timers.len() {
            return Err(format!(
                "{} tasks and arms wait for a timer, {} are set",
                self.timers,
                vm.sched.timers.len()
            ));
        }
        for (address, (on, _)) in &self.objects {
            let mut found: Vec<NodeRef> = match on.tag {
                Tag::TASK => on.object_unchecked::<Task>().waiters.iter().collect(),
                Tag::CHANNEL => {
                    let channel: Gc<Channel> = on.object_unchecked();
                    // One select may offer both; it does not meet itself.
                    let others = channel.receivers.iter().find(|receiver| {
                        channel.senders.iter().any(|sender| sender.task() != receiver.task())
                    });
                    if others.is_some() {
                        return Err("a channel has senders and receivers that wait".to_string());
                    }
                    if !channel.receivers.is_empty() && !channel.is_empty() {
                        return Err("somebody waits to receive from a channel that holds values".to_string());
                    }
                    channel.receivers.iter().chain(channel.senders.iter()).collect()
                }
                _ => sync::line(*on).iter().collect(),
            };
            let expected = &self.expected[address];
            found.retain(|node| !expected.contains(node));
            if let Some(stray) = found.first() {
                return Err(format!("the line of a {} holds a node of {:?}", on.type_name(), stray.task()));
            }
        }
        Ok(())
    }
}

fn place(vm: &Vm, task: Gc<Task>, ready: &HashSet<Gc<Task>>, lines: &mut Lines) -> Result<(), String> {
    let state = task.state();
    if (state == TaskState::Ready) != ready.contains(&task) {
        return Err(format!("is {state:?}, but in the ready queue: {}", ready.contains(&task)));
    }
    if (state == TaskState::Running) != (vm.sched.current == Some(task)) {
        return Err(format!("is {state:?}, and current is {:?}", vm.sched.current));
    }
    let kind = task.wait();
    match state {
        TaskState::Waiting => {
            if matches!(kind, Wait::None | Wait::Yield) {
                return Err("waits for nothing".to_string());
            }
            lines.expect(task.node())?;
        }
        TaskState::Ready => {
            let may = kind == Wait::None || kind == Wait::Yield || task.has(flag::NEWEST);
            if !may || task.node.is_linked() {
                return Err(format!("is ready and waits for {kind:?}"));
            }
        }
        TaskState::Closing if !task.has_children() => return Err("is closing without children".to_string()),
        TaskState::Closing if kind != Wait::None => return Err("is closing and waits".to_string()),
        TaskState::Closing if task.scope().is_some() => return Err("has ended within a scope".to_string()),
        _ => {}
    }
    if state == TaskState::Closing || kind != Wait::Scope {
        let closing = task.scope().is_some_and(|scope| scope.is_closing());
        if closing {
            return Err("has a scope that closes without waiting for it".to_string());
        }
    }
    for group in task.groups() {
        for arm in group.arms() {
            let node = NodeRef::of_arm(arm);
            if node.waiter() != Waiter::Arm(group, arm.node.number as usize) {
                return Err("an arm does not know its group".to_string());
            }
            if group.phase() == Phase::Open {
                lines.expect(node)?;
            }
        }
    }
    Ok(())
}

/// Depths of clean-up grow inwards, and the flags fit.
fn targets(task: Gc<Task>) -> Result<(), String> {
    let (mut pending, mut in_flight) = (false, false);
    let mut depth = u32::MAX;
    for nursery in task.nurseries() {
        if nursery.depth.get() > depth {
            return Err("a scope is deeper in clean-up than one inside it".to_string());
        }
        depth = nursery.depth.get();
        pending |= nursery.is_pending();
        in_flight |= nursery.is_delivered();
    }
    if task.state() == TaskState::Closing {
        return Ok(());
    }
    if task.has(flag::CANCEL_PENDING) != pending {
        return Err(format!("a cancellation is pending: {pending}, but its flag says otherwise"));
    }
    if task.has(flag::IN_FLIGHT) != in_flight {
        return Err(format!("a cancellation is on its way: {in_flight}, but its flag says otherwise"));
    }
    Ok(())
}
