//! Why nothing goes on: every waiting task with what it waits for, where, where it was spawned, what it waits for was made, and who holds
//! that; and the circle in which they wait for each other, if there is one (R18).
//!
//! All from the wait records: a task waits for other tasks directly, through a lock's owner, through the arms of a combinator, or
//! through the tasks of a scope.

use std::collections::HashMap;

use co_lang::{
    diagnostic::{Code, Diagnostic},
    source::{Location, SourceId, Span},
};

use super::{Report, location_of, plain, task_name};
use crate::{
    sched::{
        self,
        channel::Channel,
        group::Group,
        node::Wait,
        scope::Scope,
        sync::{Barrier, Event, Mutex, Semaphore, Watch},
        task::{Task, TaskState},
    },
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// How many places a report shows at most.
const PLACES: usize = 24;
/// How many tasks are named one by one.
const NAMED: usize = 6;

/// Every task waits and nothing can wake one.
pub fn deadlock(vm: &mut Vm) -> Report {
    let stuck = stuck_tasks(vm);
    let title = "deadlock: every task waits, and nothing can wake one of them";
    let mut diagnostic = describe(vm, Code::DEADLOCK, title, &stuck);
    if let Some(cycle) = cycle(vm, &stuck) {
        diagnostic = diagnostic.note(cycle);
    }
    plain(diagnostic)
}

/// One task waits, and nothing can wake it: with the tasks that it waits for.
pub fn standstill_of(vm: &mut Vm, task: Gc<Task>) -> Report {
    let mut stuck = vec![task];
    let mut next = 0;
    while next < stuck.len() {
        for to in edges(stuck[next]) {
            if !stuck.contains(&to) && !to.is_done() {
                stuck.push(to);
            }
        }
        next += 1;
    }
    stuck.sort_by_key(|task| task.id());
    let title = "deadlock: this waits for what can never come";
    let mut diagnostic = describe(vm, Code::DEADLOCK, title, &stuck);
    if let Some(cycle) = cycle(vm, &stuck) {
        diagnostic = diagnostic.note(cycle);
    }
    plain(diagnostic)
}

/// One task on the way from a task to what it waits for in the end.
pub struct WaitStep {
    pub task: Gc<Task>,
    /// As the end of "waits for …"; `None` if it does not wait.
    pub what: Option<String>,
    pub at: Option<Location>,
    /// Where what it waits for was made.
    pub made: Option<Location>,
    /// Further tasks that it waits for as well.
    pub others: usize,
}

/// How many tasks of a chain are told.
const CHAIN: usize = 100;

/// From a task along what it waits for to the end: a task that does not wait for others, or, if they wait in a circle, one that was
/// told already (`true`).
pub fn wait_chain(vm: &Vm, task: Gc<Task>) -> (Vec<WaitStep>, bool) {
    let mut steps: Vec<WaitStep> = Vec::new();
    let mut next = Some(task);
    while let Some(task) = next {
        if steps.iter().any(|step| step.task == task) {
            return (steps, true);
        }
        if steps.len() == CHAIN {
            break;
        }
        let waits = matches!(task.state(), TaskState::Waiting | TaskState::Closing);
        let on: Vec<Gc<Task>> =
            if waits { edges(task).into_iter().filter(|to| !to.is_done()).collect() } else { Vec::new() };
        let made = resources(task).into_iter().find_map(made_at).filter(|_| waits);
        steps.push(WaitStep {
            task,
            what: waits.then(|| waits_for(vm, task)),
            at: sched::waits_at(task).and_then(|(code, word)| location_of(code, word)),
            made: made.and_then(|(code, word, _)| location_of(code, word)),
            others: on.len().saturating_sub(1),
        });
        next = on.first().copied();
    }
    (steps, false)
}

/// A million turns of the virtual clock without time moving (R38).
pub fn livelock(vm: &mut Vm) -> Report {
    let ready: Vec<Gc<Task>> =
        sched::live_tasks(vm).into_iter().filter(|task| task.state() == TaskState::Ready).collect();
    let title = "livelock: millions of turns have passed and virtual time has not moved; some task keeps going without sleeping";
    let mut places = Places::new(Code::DEADLOCK);
    for task in &ready {
        let at = sched::task::innermost_visible(*task).and_then(|(code, word)| location_of(code, word));
        places.add(at, Kind::Runs, *task, String::new());
    }
    spawned(&mut places, &ready);
    plain(places.into_diagnostic(vm, title))
}

/// Tasks wait for what only such tasks could ever give them.
pub fn leaked(vm: &mut Vm, tasks: &[Gc<Task>]) -> Report {
    let title = "leaked: nothing that runs can reach what these tasks wait for, so they wait forever";
    let diagnostic = describe(vm, Code::LEAKED_TASK, title, tasks);
    plain(diagnostic)
}

fn stuck_tasks(vm: &Vm) -> Vec<Gc<Task>> {
    let waits = |task: &Gc<Task>| matches!(task.state(), TaskState::Waiting | TaskState::Closing);
    sched::live_tasks(vm).into_iter().filter(waits).collect()
}

fn describe(vm: &mut Vm, code: Code, title: &str, tasks: &[Gc<Task>]) -> Diagnostic {
    let mut places = Places::new(code);
    for task in tasks {
        let at = sched::waits_at(*task).and_then(|(code, word)| location_of(code, word));
        places.add(at, Kind::Waits, *task, waits_for(vm, *task));
    }
    for task in tasks {
        for on in resources(*task) {
            if let Some((code, word, what)) = made_at(on) {
                places.add_once(location_of(code, word), Kind::Made, on, *task, what);
            }
            if let Some(mutex) = on.as_object::<Mutex>()
                && let Some(owner) = mutex.owner()
            {
                let at = location_of(mutex.locked_by.get(), mutex.locked_at.get());
                places.add_once(at, Kind::Locked, on, owner, String::new());
            }
        }
    }
    spawned(&mut places, tasks);
    let mut diagnostic = places.into_diagnostic(vm, title);
    for task in tasks.iter().filter(|task| task.state() == TaskState::Closing).take(NAMED) {
        let name = task_name(vm, *task);
        let children: Vec<Gc<Task>> = task.children().collect();
        diagnostic = diagnostic
            .note(format!("{name} has come to its end and waits for its children: {}", names(vm, &children)));
    }
    diagnostic
}

fn spawned(places: &mut Places, tasks: &[Gc<Task>]) {
    for task in tasks {
        places.add(location_of(task.spawned_by(), task.spawned_at()), Kind::Spawned, *task, String::new());
    }
}

// ---- labels

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Waits,
    Runs,
    Made,
    Locked,
    Spawned,
}

/// One label to be: everything of one kind at one place.
struct Place {
    location: Location,
    kind: Kind,
    tasks: Vec<Gc<Task>>,
    /// What they wait for, or what was made.
    what: What,
    /// Objects that are here already.
    objects: Vec<Value>,
}

/// The same for all tasks of a label, or only the same kind of thing.
#[derive(PartialEq)]
enum What {
    Unknown,
    Same(String),
    Alike(Wait),
    Different,
}

struct Places {
    code: Code,
    places: Vec<Place>,
    index: HashMap<(Location, Kind), usize>,
}

impl Places {
    fn new(code: Code) -> Places {
        Places { code, places: Vec::new(), index: HashMap::new() }
    }

    fn at(&mut self, location: Location, kind: Kind) -> &mut Place {
        let new = self.places.len();
        let index = *self.index.entry((location, kind)).or_insert(new);
        if index == new {
            self.places.push(Place {
                location,
                kind,
                tasks: Vec::new(),
                what: What::Unknown,
                objects: Vec::new(),
            });
        }
        &mut self.places[index]
    }

    fn add(&mut self, location: Option<Location>, kind: Kind, task: Gc<Task>, what: String) {
        let Some(location) = location else { return };
        let place = self.at(location, kind);
        place.tasks.push(task);
        let alike = match &place.what {
            What::Unknown => {
                place.what = What::Same(what);
                return;
            }
            What::Same(known) if *known == what => return,
            What::Same(_) => place.tasks.iter().all(|other| other.wait() == task.wait()),
            What::Alike(wait) => *wait == task.wait(),
            What::Different => false,
        };
        place.what = if alike { What::Alike(task.wait()) } else { What::Different };
    }

    fn add_once(
        &mut self,
        location: Option<Location>,
        kind: Kind,
        object: Value,
        task: Gc<Task>,
        what: String,
    ) {
        let Some(at) = location else { return };
        let place = self.at(at, kind);
        if !place.objects.iter().any(|known| known.is_same(object)) {
            place.objects.push(object);
            self.add(location, kind, task, what);
        }
    }

    fn into_diagnostic(self, vm: &Vm, title: &str) -> Diagnostic {
        let code = self.code;
        let mut diagnostic: Option<Diagnostic> = None;
        let left_out = self.places.len().saturating_sub(PLACES);
        for place in self.places.into_iter().take(PLACES) {
            let Location { source, span } = place.location;
            let label = place.label(vm);
            diagnostic = Some(match diagnostic {
                None => Diagnostic::new(code, title, source, span, label),
                Some(diagnostic) => diagnostic.label(source, span, label),
            });
        }
        let diagnostic =
            diagnostic.unwrap_or_else(|| Diagnostic::new(code, title, SourceId(0), Span::default(), ""));
        if left_out > 0 {
            diagnostic.note(format!("{left_out} more places are not shown"))
        } else {
            diagnostic
        }
    }
}

impl Place {
    fn label(&self, vm: &Vm) -> String {
        let one = self.tasks.len() == 1;
        let who = names(vm, &self.tasks);
        let made = self.objects.len();
        match (self.kind, &self.what) {
            (Kind::Waits, What::Same(what)) if one => format!("{who} waits here for {what}"),
            (Kind::Waits, What::Same(what)) => format!("{who} wait here, each for {what}"),
            (Kind::Waits, What::Alike(kind)) => format!("{who} wait here, each for {}", thing(*kind)),
            (Kind::Waits, _) => format!("{who} wait here"),
            (Kind::Runs, _) => format!("{who} {} here", if one { "goes on" } else { "go on" }),
            (Kind::Made, What::Same(what)) if made == 1 => format!("the {what} was made here"),
            (Kind::Made, What::Same(what)) if what.ends_with('x') => {
                format!("{made} {what}es were made here")
            }
            (Kind::Made, What::Same(what)) => format!("{made} {what}s were made here"),
            (Kind::Made, _) => "what they wait for was made here".to_string(),
            (Kind::Locked, _) if one => format!("{who} has locked it here"),
            (Kind::Locked, _) => format!("{who} have locked one of them each here"),
            (Kind::Spawned, _) if one => format!("{who} was spawned here"),
            (Kind::Spawned, _) => format!("{who} were spawned here"),
        }
    }
}

/// `task 3 (cook)`, `tasks 3, 4 and 7 more (cook)`.
fn names(vm: &Vm, tasks: &[Gc<Task>]) -> String {
    let mut tasks = tasks.to_vec();
    tasks.sort_by_key(|task| task.id());
    let tasks = &*tasks;
    let [first, others @ ..] = tasks else { return "none".to_string() };
    if others.is_empty() {
        return task_name(vm, *first);
    }
    let name = sched::task::name_text(vm, *first);
    let same = others.iter().all(|task| sched::task::name_text(vm, *task) == name);
    let shown: Vec<String> = tasks
        .iter()
        .take(NAMED)
        .map(|task| {
            if same {
                task.id().to_string()
            } else {
                format!("{} ({})", task.id(), sched::task::name_text(vm, *task))
            }
        })
        .collect();
    let more = match tasks.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let of = if same { format!(" ({name})") } else { String::new() };
    format!("tasks {}{more}{of}", shown.join(", "))
}

// ---- what is waited for

/// What a task waits for, as the end of "waits for …".
pub fn waits_for(vm: &Vm, task: Gc<Task>) -> String {
    if task.state() == TaskState::Closing {
        return "its children".to_string();
    }
    match task.wait() {
        Wait::Scope => {
            let tasks: Vec<Gc<Task>> = task
                .waits_for()
                .as_object::<Scope>()
                .map_or(Vec::new(), |scope| scope.nursery.children().collect());
            format!("the tasks of its scope: {}", names(vm, &tasks))
        }
        Wait::Group => {
            let Some(group) = task.waits_for().as_object::<Group>() else { return "others".to_string() };
            let arms: Vec<String> = group
                .arms()
                .iter()
                .filter(|arm| arm.node.kind() != Wait::None)
                .map(|arm| what(vm, arm.node.kind(), arm.node.object()))
                .collect();
            let shown = match arms.len() {
                0 => "its tasks".to_string(),
                count if count > NAMED => format!("{} and {} more", arms[..NAMED].join(", "), count - NAMED),
                _ => arms.join(", "),
            };
            format!("`{}` of {shown}", group.policy.name())
        }
        kind => what(vm, kind, task.waits_for()),
    }
}

fn what(vm: &Vm, kind: Wait, on: Value) -> String {
    match kind {
        Wait::Task => on.as_object().map_or("a task".to_string(), |awaited| task_name(vm, awaited)),
        Wait::Lock => match on.as_object::<Mutex>().and_then(|mutex| mutex.owner()) {
            Some(owner) => format!("a mutex that {} holds", task_name(vm, owner)),
            None => "a mutex".to_string(),
        },
        Wait::Barrier => match on.as_object::<Barrier>() {
            Some(barrier) => {
                format!("the others at a barrier ({} of {} have come)", barrier.waiting(), barrier.parties)
            }
            None => "a barrier".to_string(),
        },
        kind => thing(kind).to_string(),
    }
}

fn thing(kind: Wait) -> &'static str {
    match kind {
        Wait::None => "nothing",
        Wait::Yield => "its next turn",
        Wait::Timer => "a timer",
        Wait::Operation => "input",
        Wait::Task => "a task",
        Wait::Receive => "a value from a channel",
        Wait::Send => "somebody who receives from a channel",
        Wait::Lock => "a mutex",
        Wait::Acquire => "a permit of a semaphore",
        Wait::Event => "an event",
        Wait::Barrier => "the others at a barrier",
        Wait::Changed => "a change of a watch",
        Wait::Scope => "the tasks of its scope",
        Wait::Group => "others",
        Wait::Next => "the next result of `completed`",
    }
}

/// The channels, locks and so on that a task waits for.
fn resources(task: Gc<Task>) -> Vec<Value> {
    match task.waits_for().as_object::<Group>() {
        Some(group) => group.arms().iter().map(|arm| arm.node.object()).collect(),
        None => vec![task.waits_for()],
    }
}

/// Where something was made, and what it is.
fn made_at(on: Value) -> Option<(Value, u32, String)> {
    macro_rules! made {
        ($kind:ident) => {
            on.as_object::<$kind>().map(|object| (object.made_by, object.made_at))
        };
    }
    let (code, word) = match on.tag {
        Tag::CHANNEL => made!(Channel),
        Tag::MUTEX => made!(Mutex),
        Tag::SEMAPHORE => made!(Semaphore),
        Tag::EVENT => made!(Event),
        Tag::BARRIER => made!(Barrier),
        Tag::WATCH => made!(Watch),
        _ => None,
    }?;
    Some((code, word, on.type_name().to_string()))
}

// ---- circles

/// The tasks that one waits for.
fn edges(task: Gc<Task>) -> Vec<Gc<Task>> {
    if task.state() == TaskState::Closing {
        return task.children().collect();
    }
    let of = |kind: Wait, on: Value| match kind {
        Wait::Task => on.as_object::<Task>(),
        Wait::Lock => on.as_object::<Mutex>().and_then(|mutex| mutex.owner()),
        _ => None,
    };
    match task.wait() {
        Wait::Scope => task
            .waits_for()
            .as_object::<Scope>()
            .map_or(Vec::new(), |scope| scope.nursery.children().collect()),
        Wait::Group | Wait::Next => task.waits_for().as_object::<Group>().map_or(Vec::new(), |group| {
            group.arms().iter().filter_map(|arm| of(arm.node.kind(), arm.node.object())).collect()
        }),
        kind => of(kind, task.waits_for()).into_iter().collect(),
    }
}

/// A circle among the waiting tasks, drawn; each is visited once.
fn cycle(vm: &Vm, stuck: &[Gc<Task>]) -> Option<String> {
    let mut seen: HashMap<u32, bool> = HashMap::new();
    for start in stuck {
        if seen.contains_key(&start.id()) {
            continue;
        }
        let mut path: Vec<(Gc<Task>, Vec<Gc<Task>>)> = vec![(*start, edges(*start))];
        seen.insert(start.id(), true);
        while let Some((task, next)) = path.last_mut() {
            match next.pop() {
                Some(to) if seen.get(&to.id()) == Some(&true) => {
                    let from = path.iter().position(|(task, _)| *task == to)?;
                    let mut circle: Vec<Gc<Task>> = path[from..].iter().map(|(task, _)| *task).collect();
                    let first = (0..circle.len()).min_by_key(|index| circle[*index].id()).unwrap_or(0);
                    circle.rotate_left(first);
                    return Some(draw(vm, &circle));
                }
                Some(to) if !seen.contains_key(&to.id()) => {
                    seen.insert(to.id(), true);
                    path.push((to, edges(to)));
                }
                Some(_) => {}
                None => {
                    seen.insert(task.id(), false);
                    path.pop();
                }
            }
        }
    }
    None
}

/// How many tasks of a circle are drawn.
const DRAWN: usize = 12;

fn draw(vm: &Vm, circle: &[Gc<Task>]) -> String {
    let mut text = "they wait for each other:".to_string();
    for (index, task) in circle.iter().enumerate() {
        if circle.len() > DRAWN && index >= DRAWN / 2 && index < circle.len() - DRAWN / 2 {
            if index == DRAWN / 2 {
                text.push_str(&format!("\n│  … {} more", circle.len() - DRAWN));
            }
            continue;
        }
        let edge = match (index, circle.len()) {
            (0, 1) => "⟳ ",
            (0, _) => "╭▶",
            (index, len) if index + 1 == len => "╰─",
            _ => "│ ",
        };
        let to = circle[(index + 1) % circle.len()];
        let how = match (task.state(), task.wait()) {
            (TaskState::Closing, _) => format!("waits for its child {}", task_name(vm, to)),
            (_, Wait::Task) => format!("awaits {}", task_name(vm, to)),
            (_, Wait::Lock) => format!("waits for a mutex that {} holds", task_name(vm, to)),
            (_, Wait::Scope) => format!("waits for {}, a task of its scope", task_name(vm, to)),
            _ => format!("waits for {}", task_name(vm, to)),
        };
        text.push_str(&format!("\n{edge} {} {how}", task_name(vm, *task)));
    }
    text
}
