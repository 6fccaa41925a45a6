//! The rules R1 to R38 as a machine that is slow and simple: every list is searched, nothing is cached, nothing is shared with the VM.
//!
//! Tasks are Rust futures (see `exec`); a wait hands control back, and whoever ends it leaves the result in the task. Each place that carries
//! out a rule counts it.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    fmt::Write,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use super::program::{Block, CHANNELS, EVENTS, Kind, MUTEXES, PARTIES, PERMITS, Program};

mod act;
mod cancel;
mod ending;
mod group;

/// How many rules are counted.
pub const RULES: usize = 62;

pub type TaskId = usize;
pub type OwnerId = usize;
pub type GroupId = usize;

#[derive(Debug, Clone)]
pub enum V {
    Nil,
    Int(i64),
    List(Vec<V>),
    /// Of `settled`.
    Entry(Result<Box<V>, E>),
    /// A loop is at its end.
    End,
    /// What a `select` has chosen.
    Chosen(usize, Box<V>),
}

/// An error, with identity.
pub type E = Rc<Fault>;

#[derive(Debug)]
pub struct Fault {
    kind: &'static str,
    message: String,
    also: RefCell<Vec<E>>,
}

pub fn fault(kind: &'static str, message: impl Into<String>) -> E {
    Rc::new(Fault { kind, message: message.into(), also: RefCell::default() })
}

/// The error is the other one, or hangs on it.
fn hangs_on(error: &E, on: &E) -> bool {
    Rc::ptr_eq(error, on) || on.also.borrow().iter().any(|also| hangs_on(error, also))
}

#[derive(Debug, Clone)]
pub enum Thrown {
    /// An error; it may have taken the place of a cancellation with this target.
    Error(E, Option<OwnerId>),
    /// A cancellation on its way to its target.
    Cancel(OwnerId),
}

pub type Outcome = Result<V, Thrown>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiter {
    Task(TaskId),
    Arm(GroupId, usize),
}

/// A primitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prim {
    Sleep(u64),
    Task(TaskId),
    Receive(usize),
    /// At the head of a loop.
    Walk(usize),
    Send(usize, i64),
    Lock(usize),
    Permit(usize),
    Event(usize),
    Meet(usize),
    Always,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    Turn,
    Prim(Prim),
    Scope(OwnerId),
    Group(GroupId),
    Next(GroupId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Ready,
    Running,
    Waiting,
    Closing,
    Done,
}

#[derive(Debug, Clone)]
enum End {
    Value(V),
    Error(E),
    Cancelled,
}

type Body = Pin<Box<dyn Future<Output = Outcome>>>;

struct Task {
    body: Option<Body>,
    place: Place,
    wait: Option<Wait>,
    resume: Option<Outcome>,
    end: End,
    /// What awaiters of a cancelled task get, once made.
    cancelled_error: Option<E>,
    /// Its own, then its open scopes from the outside in.
    owners: Vec<OwnerId>,
    owner: Option<OwnerId>,
    depth: u32,
    waiters: VecDeque<Waiter>,
    received: bool,
    discarded: bool,
    by_cleanup: bool,
    kept_by: Option<TaskId>,
    kept: Vec<(TaskId, E)>,
    held: Vec<usize>,
    awaits: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OwnerKind {
    Task,
    Scope,
    Group(GroupId),
}

struct Owner {
    task: TaskId,
    kind: OwnerKind,
    children: Vec<TaskId>,
    requested: bool,
    delivered: bool,
    depth: u32,
    error: Option<E>,
    /// Of a scope whose task waits at its end: how it goes on.
    leaving: Option<Result<(), Thrown>>,
    /// Of a scope: the cancellation of something around it that its error took the place of.
    over: Option<OwnerId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    Of(Kind),
    Select,
    Completed,
}

pub enum Item {
    Coroutine(Block, u32),
    Prim(Prim),
}

struct Arm {
    item: Option<Item>,
    wait: Option<Prim>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Closing,
    Over,
}

struct Group {
    policy: Policy,
    task: TaskId,
    owner: OwnerId,
    arms: Vec<Arm>,
    phase: Phase,
    starting: bool,
    decided: Option<Outcome>,
    results: Vec<V>,
    errors: Vec<E>,
    queue: VecDeque<Result<V, E>>,
    remaining: usize,
    room: usize,
    limited: bool,
}

struct Channel {
    capacity: usize,
    buffer: VecDeque<i64>,
    receivers: VecDeque<Waiter>,
    senders: VecDeque<(Waiter, i64)>,
    closed: bool,
}

#[derive(Default)]
struct Mutex {
    owner: Option<TaskId>,
    line: VecDeque<Waiter>,
}

/// What a program came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Came {
    pub out: String,
    pub status: u8,
    /// The error of the top level.
    pub error: Option<String>,
}

#[derive(Default)]
pub struct Machine {
    tasks: Vec<Task>,
    owners: Vec<Owner>,
    groups: Vec<Group>,
    /// Top level and detached tasks.
    program: Vec<TaskId>,
    ready: VecDeque<TaskId>,
    /// Deadline, order of setting.
    timers: Vec<(u64, u64, Waiter)>,
    timers_set: u64,
    pub now: u64,
    channels: Vec<Channel>,
    mutexes: Vec<Mutex>,
    permits: Vec<(u64, VecDeque<Waiter>)>,
    events: Vec<(bool, VecDeque<Waiter>)>,
    barriers: Vec<VecDeque<Waiter>>,
    current: TaskId,
    /// The tasks of the program's variables.
    pub handles: Vec<Option<TaskId>>,
    /// The machine itself, for the bodies of tasks that it starts.
    this: std::rc::Weak<RefCell<Machine>>,
    out: String,
    unhandled: bool,
    pub counts: BTreeMap<&'static str, u64>,
}

/// A machine that futures share.
#[derive(Clone)]
pub struct Shared(pub Rc<RefCell<Machine>>);

/// Runs a program to its end.
pub fn run(program: &Program) -> (Came, BTreeMap<&'static str, u64>) {
    let mut machine = Machine { handles: vec![None; program.tasks], ..Machine::default() };
    machine.channels = CHANNELS
        .iter()
        .map(|capacity| Channel {
            capacity: *capacity,
            buffer: VecDeque::new(),
            receivers: VecDeque::new(),
            senders: VecDeque::new(),
            closed: false,
        })
        .collect();
    machine.mutexes = (0..MUTEXES).map(|_| Mutex::default()).collect();
    machine.permits = PERMITS.iter().map(|permits| (*permits, VecDeque::new())).collect();
    machine.events = vec![(false, VecDeque::new()); EVENTS];
    machine.barriers = vec![VecDeque::new(); PARTIES.len()];
    let shared = Shared(Rc::new(RefCell::new(machine)));
    shared.borrow_mut().this = Rc::downgrade(&shared.0);
    let main = shared.borrow_mut().new_task(None, program.main.clone(), None, false);
    let mut standstills = 0_u32;
    loop {
        while !shared.borrow().is_done(main) && shared.turn() {}
        if shared.borrow().is_done(main) {
            let children = shared.borrow().program.clone();
            if children.is_empty() {
                break;
            }
            let mut machine = shared.borrow_mut();
            for child in children {
                machine.count("R21 a daemon ends with the program");
                machine.cancel_task(child);
            }
            drop(machine);
            if shared.turn() {
                continue;
            }
        }
        if shared.borrow_mut().fire_timers() {
            continue;
        }
        standstills += 1;
        if standstills > 1 {
            break;
        }
        let mut machine = shared.borrow_mut();
        machine.count("R18 a standstill");
        machine.cancel_task(main);
    }
    let mut machine = shared.borrow_mut();
    let error = match &machine.tasks[main].end {
        End::Error(error) if machine.is_done(main) => Some(shown_error(error)),
        _ => None,
    };
    let status = match (standstills, error.is_some() || machine.unhandled) {
        (1.., _) => 3,
        (0, true) => 1,
        (0, false) => 0,
    };
    let came = Came { out: std::mem::take(&mut machine.out), status, error };
    let counts = std::mem::take(&mut machine.counts);
    // Futures hold the machine, so they have to go first.
    let bodies: Vec<Option<Body>> = machine.tasks.iter_mut().map(|task| task.body.take()).collect();
    drop(machine);
    drop(bodies);
    (came, counts)
}

pub fn shown(value: &V) -> String {
    match value {
        V::Nil | V::End => "nil".to_string(),
        V::Int(number) => number.to_string(),
        V::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
        V::Entry(Ok(value)) => format!("ok {}", shown(value)),
        V::Entry(Err(error)) => format!("error {}", shown_error(error)),
        V::Chosen(_, value) => shown(value),
    }
}

pub fn shown_error(error: &E) -> String {
    let text = if error.kind == "Error" { &error.message } else { error.kind };
    let also = error.also.borrow();
    if also.is_empty() {
        return text.to_string();
    }
    format!("{text}({})", also.iter().map(shown_error).collect::<Vec<_>>().join(" "))
}

impl Shared {
    pub fn borrow(&self) -> std::cell::Ref<'_, Machine> {
        self.0.borrow()
    }

    pub fn borrow_mut(&self) -> std::cell::RefMut<'_, Machine> {
        self.0.borrow_mut()
    }

    /// `spawn`: in the innermost open scope of the running task.
    pub fn spawn(&self, block: Block, gives: u32, keep: bool) -> TaskId {
        let mut machine = self.borrow_mut();
        let current = machine.current;
        if machine.tasks[current].owners.len() > 1 {
            machine.count("R22 spawned in an open scope");
        }
        let owner = machine.tasks[current].owners.last().copied();
        machine.new_task(owner, block, Some(gives), !keep)
    }

    /// Runs the first ready task until it waits or ends.
    fn turn(&self) -> bool {
        let Some(id) = self.borrow_mut().ready.pop_front() else { return false };
        let mut body = {
            let mut machine = self.borrow_mut();
            machine.current = id;
            let task = &mut machine.tasks[id];
            task.place = Place::Running;
            task.wait = None;
            task.awaits = 0;
            task.body.take().expect("a ready task has not ended")
        };
        let polled = body.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Pending => self.borrow_mut().tasks[id].body = Some(body),
            Poll::Ready(outcome) => self.borrow_mut().function_ended(id, outcome),
        }
        true
    }

    // ---- waiting

    /// A cancellation that is due is thrown before anything acts (R6c).
    pub fn checkpoint(&self) -> Result<(), Thrown> {
        let mut machine = self.borrow_mut();
        let current = machine.current;
        match machine.take_request(current, None) {
            Some(target) => {
                machine.count("R6c thrown before the next primitive acts");
                Err(Thrown::Cancel(target))
            }
            None => Ok(()),
        }
    }

    /// Hands control back; the running task has said what it waits for.
    async fn suspend(&self) -> Outcome {
        let id = self.borrow().current;
        let mut handed_back = false;
        std::future::poll_fn(|_| {
            if handed_back {
                return Poll::Ready(());
            }
            handed_back = true;
            Poll::Pending
        })
        .await;
        self.borrow_mut().tasks[id].resume.take().unwrap_or(Ok(V::Nil))
    }

    async fn wait(&self, wait: Wait) -> Outcome {
        {
            let mut machine = self.borrow_mut();
            let current = machine.current;
            machine.tasks[current].place = Place::Waiting;
            machine.tasks[current].wait = Some(wait);
        }
        self.suspend().await
    }

    /// An await whose result was there: every 256th in a row goes to the end of the queue (R6a).
    pub async fn was_there(&self) {
        let yields = {
            let mut machine = self.borrow_mut();
            let current = machine.current;
            let task = &mut machine.tasks[current];
            task.awaits += 1;
            let yields = task.awaits >= 256;
            if yields {
                task.place = Place::Ready;
                machine.ready.push_back(current);
                machine.count("R6a the 256th ready await yields");
            }
            yields
        };
        if yields {
            // Nothing was thrown meanwhile: a cancellation arrives at the next await.
            let _ = self.suspend().await;
        }
    }

    pub async fn prim(&self, prim: Prim) -> Outcome {
        self.checkpoint()?;
        if prim == Prim::Sleep(0) {
            {
                let mut machine = self.borrow_mut();
                let current = machine.current;
                machine.tasks[current].place = Place::Ready;
                machine.tasks[current].wait = Some(Wait::Turn);
                machine.ready.push_back(current);
            }
            return self.suspend().await;
        }
        let polled = {
            let mut machine = self.borrow_mut();
            let current = machine.current;
            machine.act(prim, current)
        };
        match polled {
            Err(error) => Err(Thrown::Error(error, None)),
            Ok(Some(value)) => {
                self.was_there().await;
                Ok(value)
            }
            Ok(None) => {
                {
                    let mut machine = self.borrow_mut();
                    let current = machine.current;
                    machine.stand(prim, Waiter::Task(current));
                }
                self.wait(Wait::Prim(prim)).await
            }
        }
    }

    // ---- scopes

    pub fn open_scope(&self) -> OwnerId {
        let mut machine = self.borrow_mut();
        let current = machine.current;
        let depth = machine.tasks[current].depth;
        let scope = machine.new_owner(current, OwnerKind::Scope, depth);
        machine.tasks[current].owners.push(scope);
        scope
    }

    /// The body of a scope has been left: normally (`jumped`: by `return`), or by what is thrown.
    pub async fn close_scope(
        &self,
        scope: OwnerId,
        left: Result<(), Thrown>,
        jumped: bool,
    ) -> Result<(), Thrown> {
        let now = {
            let mut machine = self.borrow_mut();
            let current = machine.current;
            let failed = left.is_err();
            let mut leaving = match left {
                Err(Thrown::Error(error, over)) => {
                    machine.owners[scope].over = over;
                    machine.fail_owner(scope, error);
                    Ok(())
                }
                other => other,
            };
            let mut cancels = failed || jumped || machine.owners[scope].error.is_some();
            if let Some(target) = machine.take_request(current, Some(scope)) {
                machine.count("R6c the end of a scope is an await");
                leaving = Err(Thrown::Cancel(target));
                cancels = true;
            }
            if cancels {
                if jumped
                    && machine.owners[scope].error.is_none()
                    && !machine.owners[scope].children.is_empty()
                {
                    machine.count("a scope is left by return");
                }
                machine.cancel_children(scope);
            } else {
                machine.cancel_those_of_cleanup(scope);
            }
            machine.owners[scope].leaving = Some(leaving);
            if machine.owners[scope].children.is_empty() { Some(machine.scope_over(scope)) } else { None }
        };
        match now {
            Some(Ok(())) => {
                self.was_there().await;
                Ok(())
            }
            Some(thrown) => thrown,
            None => self.wait(Wait::Scope(scope)).await.map(|_| ()),
        }
    }
}

impl Machine {
    pub fn count(&mut self, rule: &'static str) {
        *self.counts.entry(rule).or_default() += 1;
    }

    pub fn log(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text} @{}.0", self.now);
    }

    pub fn handle(&self, variable: usize) -> Option<TaskId> {
        self.handles[variable]
    }

    pub fn is_done(&self, task: TaskId) -> bool {
        self.tasks[task].place == Place::Done
    }

    pub fn depth(&mut self) -> &mut u32 {
        &mut self.tasks[self.current].depth
    }

    fn new_owner(&mut self, task: TaskId, kind: OwnerKind, depth: u32) -> OwnerId {
        self.owners.push(Owner {
            task,
            kind,
            children: Vec::new(),
            requested: false,
            delivered: false,
            depth,
            error: None,
            leaving: None,
            over: None,
        });
        self.owners.len() - 1
    }

    /// Makes a task that is ready.
    fn new_task(
        &mut self,
        owner: Option<OwnerId>,
        block: Block,
        gives: Option<u32>,
        discarded: bool,
    ) -> TaskId {
        let machine = Shared(self.this.upgrade().expect("the machine is there"));
        let id = self.tasks.len();
        let own = self.new_owner(id, OwnerKind::Task, 0);
        let by_cleanup = match owner {
            Some(owner) => {
                let Owner { task, depth, kind, .. } = &self.owners[owner];
                !matches!(kind, OwnerKind::Group(_)) && self.tasks[*task].depth > *depth
            }
            None => false,
        };
        self.tasks.push(Task {
            body: Some(Box::pin(super::exec::body(machine, block, gives))),
            place: Place::Ready,
            wait: None,
            resume: None,
            end: End::Value(V::Nil),
            cancelled_error: None,
            owners: vec![own],
            owner,
            depth: 0,
            waiters: VecDeque::new(),
            received: false,
            discarded,
            by_cleanup,
            kept_by: None,
            kept: Vec::new(),
            held: Vec::new(),
            awaits: 0,
        });
        match owner {
            Some(owner) => self.owners[owner].children.push(id),
            None => self.program.push(id),
        }
        self.ready.push_back(id);
        id
    }

    fn wake(&mut self, task: TaskId, outcome: Outcome) {
        let task_state = &mut self.tasks[task];
        assert!(task_state.place == Place::Waiting, "only who waits is woken");
        task_state.place = Place::Ready;
        task_state.wait = None;
        task_state.resume = Some(outcome);
        self.ready.push_back(task);
    }

    /// A wait is decided; the waiter is out of its line.
    fn decide_wait(&mut self, waiter: Waiter, result: Result<V, E>) {
        match waiter {
            Waiter::Task(task) => self.wake(task, result.map_err(|error| Thrown::Error(error, None))),
            Waiter::Arm(group, at) => self.arm_ended(group, at, result),
        }
    }
}
