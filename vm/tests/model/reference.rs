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

    // ---- combinators

    /// `None`: nothing was there, and the select has an `else`.
    pub async fn group(
        &self,
        policy: Policy,
        items: Vec<Item>,
        limit: Option<usize>,
        has_else: bool,
    ) -> Result<Option<V>, Thrown> {
        self.checkpoint()?;
        self.borrow().check_self(&items)?;
        if policy == Policy::Select {
            let current = self.borrow().current;
            for (at, item) in items.iter().enumerate() {
                if let Item::Prim(prim) = item {
                    let acted = self.borrow_mut().act_as_arm(*prim, current);
                    match acted {
                        Err(error) => return Err(Thrown::Error(error, None)),
                        Ok(Some(value)) => {
                            self.borrow_mut().count("R15 an arm is ready at once");
                            self.was_there().await;
                            return Ok(Some(V::Chosen(at, Box::new(value))));
                        }
                        Ok(None) => {}
                    }
                }
            }
            if has_else {
                self.borrow_mut().count("R15 else");
                self.was_there().await;
                return Ok(None);
            }
        }
        let group = self.borrow_mut().new_group(policy, items, limit);
        self.start_arms(group);
        let now = {
            let mut machine = self.borrow_mut();
            if machine.groups[group].phase == Phase::Open && machine.groups[group].remaining == 0 {
                machine.group_finished(group);
            }
            let owner = machine.groups[group].owner;
            let is_over =
                machine.groups[group].phase == Phase::Closing && machine.owners[owner].children.is_empty();
            is_over.then(|| machine.group_over(group))
        };
        match now {
            Some(Ok(value)) => {
                self.was_there().await;
                Ok(Some(value))
            }
            Some(Err(thrown)) => Err(thrown),
            None => self.wait(Wait::Group(group)).await.map(Some),
        }
    }

    fn start_arms(&self, group: GroupId) {
        let (policy, count, task) = {
            let mut machine = self.borrow_mut();
            machine.groups[group].starting = true;
            let Group { policy, task, ref arms, .. } = machine.groups[group];
            let count = arms.len();
            if let Policy::Of(Kind::Timeout(seconds)) = policy {
                let deadline = machine.now + seconds;
                machine.set_timer(deadline, Waiter::Arm(group, count));
            }
            (policy, count, task)
        };
        let exclusive = matches!(policy, Policy::Select | Policy::Of(Kind::Race | Kind::Any));
        let mut standing = Vec::new();
        for at in 0..count {
            if self.borrow().groups[group].phase != Phase::Open {
                break;
            }
            let prim = match &self.borrow().groups[group].arms[at].item {
                Some(Item::Prim(prim)) => Some(*prim),
                _ => None,
            };
            match prim {
                Some(prim) => {
                    let mut machine = self.borrow_mut();
                    machine.groups[group].arms[at].item = None;
                    match machine.act_as_arm(prim, task) {
                        Ok(None) => {
                            machine.groups[group].arms[at].wait = Some(prim);
                            if exclusive {
                                standing.push((at, prim))
                            } else {
                                machine.stand(prim, Waiter::Arm(group, at))
                            }
                        }
                        Ok(Some(value)) => machine.arm_ended(group, at, Ok(value)),
                        Err(error) => machine.arm_ended(group, at, Err(error)),
                    }
                }
                None => {
                    let mut machine = self.borrow_mut();
                    if !exclusive && machine.groups[group].room > 0 {
                        machine.start_coroutine(group, at);
                    }
                }
            }
        }
        if exclusive {
            for at in 0..count {
                if self.borrow().groups[group].phase != Phase::Open {
                    break;
                }
                if let Some((_, prim)) = standing.iter().find(|(standing, _)| *standing == at) {
                    self.borrow_mut().stand(*prim, Waiter::Arm(group, at));
                } else if self.borrow().groups[group].arms[at].item.is_some() {
                    self.borrow_mut().start_coroutine(group, at);
                }
            }
        }
        self.borrow_mut().groups[group].starting = false;
    }

    // ---- completed

    pub fn open_completed(&self, items: Vec<Item>) -> Result<GroupId, Thrown> {
        self.borrow().check_self(&items)?;
        let group = self.borrow_mut().new_group(Policy::Completed, items, None);
        self.start_arms(group);
        Ok(group)
    }

    pub async fn next_completed(&self, group: GroupId) -> Outcome {
        self.checkpoint()?;
        let next = {
            let mut machine = self.borrow_mut();
            let state = &mut machine.groups[group];
            match state.queue.pop_front() {
                Some(result) => Some(result.map_err(|error| Thrown::Error(error, None))),
                None if state.remaining == 0 || state.phase != Phase::Open => {
                    state.phase = Phase::Over;
                    return Ok(V::End);
                }
                None => None,
            }
        };
        match next {
            Some(Ok(value)) => {
                self.was_there().await;
                Ok(value)
            }
            Some(thrown) => thrown,
            None => self.wait(Wait::Next(group)).await,
        }
    }

    /// The loop is left: what still runs is cancelled and waited for.
    pub async fn close_completed(&self, group: GroupId) -> Result<(), Thrown> {
        let now = {
            let mut machine = self.borrow_mut();
            match machine.groups[group].phase {
                Phase::Open => machine.decide(group, Ok(V::Nil)),
                Phase::Closing => {}
                Phase::Over => return Ok(()),
            }
            let owner = machine.groups[group].owner;
            machine.owners[owner].children.is_empty().then(|| machine.group_over(group))
        };
        match now {
            Some(over) => over.map(|_| ()),
            None => {
                self.borrow_mut().count("R17 leaving a loop over completed cancels the rest");
                self.wait(Wait::Group(group)).await.map(|_| ())
            }
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

    // ---- primitives

    fn set_timer(&mut self, deadline: u64, waiter: Waiter) {
        self.timers_set += 1;
        self.timers.push((deadline, self.timers_set, waiter));
    }

    /// As an arm `sleep(0)` is a timer.
    fn act_as_arm(&mut self, prim: Prim, by: TaskId) -> Result<Option<V>, E> {
        let acted = self.act(prim, by);
        if matches!(acted, Ok(Some(_))) {
            self.count("R13 a primitive in a combinator acts at once");
        }
        acted
    }

    /// Does what is possible at once.
    fn act(&mut self, prim: Prim, by: TaskId) -> Result<Option<V>, E> {
        match prim {
            Prim::Sleep(_) => Ok(None),
            Prim::Always => Ok(Some(V::Nil)),
            Prim::Task(task) => self.result_of(task, by),
            Prim::Receive(channel) | Prim::Walk(channel) => self.receive(channel),
            Prim::Send(channel, value) => self.send(channel, value),
            Prim::Event(event) => Ok(self.events[event].0.then_some(V::Nil)),
            Prim::Permit(semaphore) => {
                let permits = &mut self.permits[semaphore].0;
                Ok(permits.checked_sub(1).map(|left| {
                    *permits = left;
                    V::Nil
                }))
            }
            Prim::Lock(mutex) => match self.mutexes[mutex].owner {
                None => {
                    self.grant(mutex, by);
                    Ok(Some(V::Nil))
                }
                Some(owner) if owner == by => Err(fault("Deadlock", "")),
                Some(owner) if matches!(self.tasks[owner].place, Place::Closing | Place::Done) => {
                    self.count("R36 the owner of a lock has ended");
                    Err(fault("ValueError", ""))
                }
                Some(_) => Ok(None),
            },
            Prim::Meet(barrier) => {
                if self.barriers[barrier].len() + 1 < PARTIES[barrier] {
                    return Ok(None);
                }
                let came = self.barriers[barrier].clone();
                let last = came.len() as i64;
                self.count("R27 a barrier opens");
                for (number, waiter) in came.into_iter().enumerate() {
                    // Who goes on may have made others leave.
                    if self.barriers[barrier].contains(&waiter) {
                        self.barriers[barrier].retain(|other| *other != waiter);
                        self.decide_wait(waiter, Ok(V::Int(number as i64)));
                    }
                }
                Ok(Some(V::Int(last)))
            }
        }
    }

    fn stand(&mut self, prim: Prim, waiter: Waiter) {
        match prim {
            Prim::Sleep(seconds) => self.set_timer(self.now + seconds, waiter),
            Prim::Task(task) => self.tasks[task].waiters.push_back(waiter),
            Prim::Receive(channel) | Prim::Walk(channel) => {
                self.channels[channel].receivers.push_back(waiter)
            }
            Prim::Send(channel, value) => self.channels[channel].senders.push_back((waiter, value)),
            Prim::Lock(mutex) => self.mutexes[mutex].line.push_back(waiter),
            Prim::Permit(semaphore) => self.permits[semaphore].1.push_back(waiter),
            Prim::Event(event) => self.events[event].1.push_back(waiter),
            Prim::Meet(barrier) => self.barriers[barrier].push_back(waiter),
            Prim::Always => {}
        }
    }

    /// Leaves whatever line it stands in.
    fn leave(&mut self, waiter: Waiter) {
        self.timers.retain(|(_, _, other)| *other != waiter);
        for task in &mut self.tasks {
            task.waiters.retain(|other| *other != waiter);
        }
        for channel in &mut self.channels {
            channel.receivers.retain(|other| *other != waiter);
            channel.senders.retain(|(other, _)| *other != waiter);
        }
        for mutex in &mut self.mutexes {
            mutex.line.retain(|other| *other != waiter);
        }
        let lines = self.permits.iter_mut().map(|(_, line)| line);
        for line in lines.chain(self.events.iter_mut().map(|(_, line)| line)).chain(&mut self.barriers) {
            line.retain(|other| *other != waiter);
        }
    }

    pub fn receive(&mut self, channel: usize) -> Result<Option<V>, E> {
        let state = &mut self.channels[channel];
        if let Some(value) = state.buffer.pop_front() {
            if let Some((sender, sent)) = state.senders.pop_front() {
                state.buffer.push_back(sent);
                self.decide_wait(sender, Ok(V::Nil));
            }
            return Ok(Some(V::Int(value)));
        }
        if let Some((sender, sent)) = state.senders.pop_front() {
            self.count("R16 a value goes from a waiting sender");
            self.decide_wait(sender, Ok(V::Nil));
            return Ok(Some(V::Int(sent)));
        }
        if state.closed { Err(fault("ChannelClosed", "")) } else { Ok(None) }
    }

    pub fn send(&mut self, channel: usize, value: i64) -> Result<Option<V>, E> {
        let state = &mut self.channels[channel];
        if state.closed {
            self.count("R16 sending to a closed channel");
            return Err(fault("ChannelClosed", ""));
        }
        if let Some(receiver) = state.receivers.pop_front() {
            self.count("R16 a value goes to a waiting receiver");
            self.decide_wait(receiver, Ok(V::Int(value)));
            return Ok(Some(V::Nil));
        }
        if state.buffer.len() < state.capacity {
            state.buffer.push_back(value);
            return Ok(Some(V::Nil));
        }
        Ok(None)
    }

    pub fn is_over(&self, channel: usize) -> bool {
        self.channels[channel].closed && self.channels[channel].buffer.is_empty()
    }

    pub fn close(&mut self, channel: usize) {
        self.channels[channel].closed = true;
        while let Some((sender, _)) = self.channels[channel].senders.pop_front() {
            self.count("R16 a waiting sender gets ChannelClosed");
            self.decide_wait(sender, Err(fault("ChannelClosed", "")));
        }
        while let Some(receiver) = self.channels[channel].receivers.pop_front() {
            match receiver {
                Waiter::Task(task) if self.tasks[task].wait == Some(Wait::Prim(Prim::Walk(channel))) => {
                    self.count("R16 a loop ends when its channel is closed");
                    self.wake(task, Ok(V::End));
                }
                _ => self.decide_wait(receiver, Err(fault("ChannelClosed", ""))),
            }
        }
    }

    fn grant(&mut self, mutex: usize, to: TaskId) {
        self.mutexes[mutex].owner = Some(to);
        self.tasks[to].held.push(mutex);
    }

    pub fn unlock(&mut self, mutex: usize) {
        let current = self.current;
        self.tasks[current].held.retain(|held| *held != mutex);
        self.mutexes[mutex].owner = None;
        if let Some(waiter) = self.mutexes[mutex].line.pop_front() {
            self.count("R27 a lock is handed on in order");
            let task = match waiter {
                Waiter::Task(task) => task,
                Waiter::Arm(group, _) => self.groups[group].task,
            };
            self.grant(mutex, task);
            self.decide_wait(waiter, Ok(V::Nil));
        }
    }

    pub fn release(&mut self, semaphore: usize) {
        match self.permits[semaphore].1.pop_front() {
            Some(waiter) => {
                self.count("R27 a permit is handed on");
                self.decide_wait(waiter, Ok(V::Nil));
            }
            None => self.permits[semaphore].0 += 1,
        }
    }

    pub fn set(&mut self, event: usize) {
        self.events[event].0 = true;
        while let Some(waiter) = self.events[event].1.pop_front() {
            self.count("R27 an event wakes who waits");
            self.decide_wait(waiter, Ok(V::Nil));
        }
    }

    pub fn clear(&mut self, event: usize) {
        self.events[event].0 = false;
    }

    /// All timers of the earliest deadline, in the order in which they were set.
    fn fire_timers(&mut self) -> bool {
        let Some(now) = self.timers.iter().map(|(deadline, ..)| *deadline).min() else { return false };
        self.now = now;
        let mut fired = 0;
        while let Some((_, _, waiter)) =
            self.timers.iter().filter(|timer| timer.0 <= now).min_by_key(|timer| timer.1).copied()
        {
            fired += 1;
            self.timers.retain(|(_, _, other)| *other != waiter);
            self.decide_wait(waiter, Ok(V::Nil));
        }
        if fired > 1 {
            self.count("R25 equal deadlines fire in order");
        }
        true
    }

    // ---- results

    /// What an await of a task gives, if it is done.
    fn result_of(&mut self, task: TaskId, by: TaskId) -> Result<Option<V>, E> {
        if task == by {
            self.count("R18 a task awaits itself");
            return Err(fault("Deadlock", ""));
        }
        if !self.is_done(task) {
            return Ok(None);
        }
        if let End::Value(value) = &self.tasks[task].end {
            return Ok(Some(value.clone()));
        }
        if !self.tasks[task].received {
            self.tasks[task].received = true;
            if let Some(parent) = self.tasks[task].kept_by.take() {
                self.count("R1 a kept error is received later");
                self.tasks[parent].kept.retain(|(child, _)| *child != task);
            }
        }
        Err(self.error_of(task))
    }

    fn error_of(&mut self, task: TaskId) -> E {
        match &self.tasks[task].end {
            End::Error(error) => error.clone(),
            _ => self.tasks[task].cancelled_error.get_or_insert_with(|| fault("Cancelled", "")).clone(),
        }
    }

    fn add_also(&mut self, first: &E, error: &E) {
        if hangs_on(first, error) {
            self.count("R2 the same error counts once");
            return;
        }
        let mut also = first.also.borrow_mut();
        if !also.iter().any(|known| Rc::ptr_eq(known, error)) {
            also.push(error.clone());
        }
        drop(also);
        self.count("further errors hang on the first");
    }

    // ---- how tasks end

    fn function_ended(&mut self, task: TaskId, outcome: Outcome) {
        let own = self.tasks[task].owners[0];
        assert!(self.tasks[task].owners.len() == 1, "all scopes are closed");
        let first = self.owners[own].error.clone();
        let end = match (outcome, first) {
            (Ok(value), None) => {
                if self.owners[own].requested {
                    self.count("R5 R6 a cancelled task comes to its end without an await");
                }
                End::Value(value)
            }
            (Ok(_), Some(first)) => {
                self.count("R3 a discarded task has failed and the body ends without an await");
                End::Error(first)
            }
            (Err(Thrown::Cancel(_)), None) => End::Cancelled,
            (Err(Thrown::Cancel(_)), Some(first)) => {
                self.count("R3 a discarded task fails its parent at once");
                End::Error(first)
            }
            (Err(Thrown::Error(error, over)), None) => {
                if over.is_some() {
                    self.count("R8 an error of clean-up replaces the cancellation");
                }
                End::Error(error)
            }
            (Err(Thrown::Error(error, _)), Some(first)) => {
                self.add_also(&first, &error);
                End::Error(first)
            }
        };
        self.tasks[task].end = end;
        self.tasks[task].place = Place::Closing;
        self.tasks[task].wait = None;
        for mutex in std::mem::take(&mut self.tasks[task].held).into_iter().rev() {
            while let Some(waiter) = self.mutexes[mutex].line.pop_front() {
                self.count("R36 waiters of a lock whose owner ended");
                self.decide_wait(waiter, Err(fault("ValueError", "")));
            }
        }
        for (child, error) in std::mem::take(&mut self.tasks[task].kept) {
            self.count("R1 a kept error is thrown at the end of the body");
            self.tasks[child].received = true;
            self.tasks[child].kept_by = None;
            self.fail_closing(task, error);
        }
        if !self.owners[own].children.is_empty() {
            if matches!(self.tasks[task].end, End::Value(_)) && self.owners[own].requested {
                self.count("R34 a request arrives while the children are waited for");
                self.tasks[task].end = End::Cancelled;
            }
            if let End::Value(_) = self.tasks[task].end {
                self.count("R26 a task waits for its children");
                self.cancel_those_of_cleanup(own);
            } else {
                self.cancel_children(own);
            }
        }
        if self.owners[own].children.is_empty() && self.tasks[task].place == Place::Closing {
            self.settle(task);
        }
    }

    /// An error reaches a task whose body has ended.
    fn fail_closing(&mut self, task: TaskId, error: E) {
        if let End::Error(first) = self.tasks[task].end.clone() {
            return self.add_also(&first, &error);
        }
        self.tasks[task].end = End::Error(error);
        let own = self.tasks[task].owners[0];
        self.cancel_children(own);
    }

    /// Body and children are over.
    fn settle(&mut self, task: TaskId) {
        self.tasks[task].place = Place::Done;
        let delivered = !self.tasks[task].waiters.is_empty();
        if delivered {
            self.tasks[task].received = true;
            let result = match self.tasks[task].end.clone() {
                End::Value(value) => Ok(value),
                End::Error(_) => {
                    self.count("R1 an error goes to who awaits");
                    Err(self.error_of(task))
                }
                End::Cancelled => {
                    self.count("R4 an awaiter of a cancelled task gets an ordinary error");
                    Err(self.error_of(task))
                }
            };
            while let Some(waiter) = self.tasks[task].waiters.pop_front() {
                self.decide_wait(waiter, result.clone());
            }
        }
        let owner = self.tasks[task].owner.take();
        match owner {
            Some(owner) => self.owners[owner].children.retain(|child| *child != task),
            None => self.program.retain(|child| *child != task),
        }
        match self.tasks[task].end.clone() {
            End::Error(error) if !delivered => self.route_error(task, owner, error),
            End::Cancelled if owner.is_some() && !delivered => self.count("R4 being cancelled is no error"),
            _ => {}
        }
        if let Some(owner) = owner {
            self.owner_may_end(owner);
        }
    }

    fn owner_may_end(&mut self, owner: OwnerId) {
        if !self.owners[owner].children.is_empty() {
            return;
        }
        let task = self.owners[owner].task;
        match self.owners[owner].kind {
            OwnerKind::Task => {
                if self.tasks[task].place == Place::Closing {
                    self.settle(task);
                }
            }
            OwnerKind::Scope => {
                if self.owners[owner].leaving.is_some() && self.tasks[task].wait == Some(Wait::Scope(owner)) {
                    let over = self.scope_over(owner);
                    self.wake(task, over.map(|()| V::Nil));
                }
            }
            OwnerKind::Group(group) => self.group_children_over(group),
        }
    }

    /// An error that nobody awaited goes to the owner.
    fn route_error(&mut self, task: TaskId, owner: Option<OwnerId>, error: E) {
        let Some(owner) = owner else {
            if task != 0 {
                self.count("R21 an error of a detached task");
                self.unhandled = true;
            }
            return;
        };
        let parent = self.owners[owner].task;
        match self.owners[owner].kind {
            OwnerKind::Scope => {
                self.count("R1 an error fails its scope at once");
                self.scope_child_failed(owner, error);
            }
            OwnerKind::Group(group) => {
                self.count("R8 a cancelled arm fails in its clean-up");
                match &self.groups[group].decided {
                    Some(Err(Thrown::Error(first, _))) => {
                        let first = first.clone();
                        self.add_also(&first, &error);
                    }
                    decided => {
                        let over = match decided {
                            Some(Err(Thrown::Cancel(target))) => Some(*target),
                            _ => None,
                        };
                        self.groups[group].decided = Some(Err(Thrown::Error(error, over)));
                    }
                }
            }
            OwnerKind::Task if self.tasks[parent].place == Place::Closing => {
                self.count("R1 an error reaches a parent whose body has ended");
                self.fail_closing(parent, error);
            }
            OwnerKind::Task if self.tasks[task].discarded => match self.owners[owner].error.clone() {
                Some(first) => self.add_also(&first, &error),
                None => {
                    self.owners[owner].error = Some(error);
                    self.cancel_task(parent);
                }
            },
            OwnerKind::Task => {
                self.tasks[task].kept_by = Some(parent);
                self.tasks[parent].kept.push((task, error));
            }
        }
    }

    pub fn detach(&mut self, task: TaskId) {
        self.count("R21 detach");
        if self.is_done(task) {
            if let Some(parent) = self.tasks[task].kept_by.take() {
                self.tasks[parent].kept.retain(|(child, _)| *child != task);
                self.tasks[task].received = true;
                self.unhandled = true;
            }
            return;
        }
        let Some(owner) = self.tasks[task].owner.take() else { return };
        self.owners[owner].children.retain(|child| *child != task);
        self.program.push(task);
        self.owner_may_end(owner);
    }

    // ---- scopes

    fn fail_owner(&mut self, owner: OwnerId, error: E) {
        match self.owners[owner].error.clone() {
            None => self.owners[owner].error = Some(error),
            Some(first) => self.add_also(&first, &error),
        }
    }

    fn scope_child_failed(&mut self, scope: OwnerId, error: E) {
        let is_first = self.owners[scope].error.is_none();
        self.fail_owner(scope, error);
        if !is_first {
            return;
        }
        let task = self.owners[scope].task;
        let closing = self.tasks[task].wait == Some(Wait::Scope(scope));
        if !closing && !self.owners[scope].requested {
            self.owners[scope].requested = true;
            self.interrupt(task);
        }
        self.cancel_children(scope);
    }

    /// The scope is over: how its task goes on.
    fn scope_over(&mut self, scope: OwnerId) -> Result<(), Thrown> {
        let task = self.owners[scope].task;
        let popped = self.tasks[task].owners.pop();
        assert!(popped == Some(scope), "scopes are closed from the inside out");
        match (self.owners[scope].error.take(), self.owners[scope].leaving.take()) {
            (Some(error), leaving) => {
                let over = match leaving {
                    Some(Err(Thrown::Cancel(target))) => Some(target),
                    _ => self.owners[scope].over,
                };
                Err(Thrown::Error(error, over))
            }
            (None, leaving) => leaving.unwrap_or(Ok(())),
        }
    }

    // ---- cancellation

    pub fn cancel_task(&mut self, task: TaskId) {
        if self.is_done(task) {
            return;
        }
        let own = self.tasks[task].owners[0];
        if std::mem::replace(&mut self.owners[own].requested, true) {
            self.count("R7 the first request counts");
            return;
        }
        if self.tasks[task].place == Place::Closing {
            self.count("R34 a closing task is cancelled");
            if let End::Value(_) = self.tasks[task].end {
                self.tasks[task].end = End::Cancelled;
            }
            return self.cancel_children(own);
        }
        if self.tasks[task].body.is_some()
            && self.tasks[task].place == Place::Ready
            && self.tasks[task].resume.is_none()
        {
            self.count("R5 cancelled before its first turn, or ready");
        }
        self.interrupt(task);
    }

    pub fn cancel_children(&mut self, owner: OwnerId) {
        for child in self.owners[owner].children.clone() {
            self.cancel_task(child);
        }
    }

    fn cancel_those_of_cleanup(&mut self, owner: OwnerId) {
        for child in self.owners[owner].children.clone() {
            if self.tasks[child].by_cleanup {
                self.count("R7 tasks of clean-up end with the body");
                self.cancel_task(child);
            }
        }
    }

    /// If the task waits and a request can be thrown there, it is.
    fn interrupt(&mut self, task: TaskId) {
        match (self.tasks[task].place, self.tasks[task].wait) {
            (Place::Ready, Some(Wait::Turn)) => {
                if let Some(target) = self.take_request(task, None) {
                    self.count("R6d sleep(0) is a point");
                    self.tasks[task].wait = None;
                    self.tasks[task].resume = Some(Err(Thrown::Cancel(target)));
                }
            }
            (Place::Waiting, Some(Wait::Scope(scope))) => {
                if let Some(target) = self.take_request(task, Some(scope)) {
                    self.count("R7 an outer target outlives an inner one");
                    self.owners[scope].leaving = Some(Err(Thrown::Cancel(target)));
                    self.cancel_children(scope);
                }
            }
            (Place::Waiting, Some(Wait::Group(group))) => {
                if let Some(target) = self.take_request(task, None) {
                    self.groups[group].decided = Some(Err(Thrown::Cancel(target)));
                    if self.groups[group].phase == Phase::Open {
                        self.close_arms(group);
                    }
                    let owner = self.groups[group].owner;
                    self.cancel_children(owner);
                    self.group_children_over(group);
                }
            }
            (Place::Waiting, Some(wait)) => {
                if let Some(target) = self.take_request(task, None) {
                    if let Wait::Prim(Prim::Receive(_) | Prim::Walk(_) | Prim::Send(..)) = wait {
                        self.count("R16 a cancelled waiter loses no value");
                    }
                    self.count("a cancellation arrives where the task waits");
                    self.leave(Waiter::Task(task));
                    self.wake(task, Err(Thrown::Cancel(target)));
                }
            }
            (Place::Ready, _) => self.count("R6b a decided wait is kept"),
            _ => {}
        }
    }

    /// The outermost request that may be thrown in the task now; it counts as delivered. With `beyond`, only targets outside of that scope.
    fn take_request(&mut self, task: TaskId, beyond: Option<OwnerId>) -> Option<OwnerId> {
        let depth = self.tasks[task].depth;
        let owners = &self.tasks[task].owners;
        let end = match beyond {
            Some(scope) => owners.iter().position(|owner| *owner == scope)?,
            None => owners.len(),
        };
        let waiting = |owner: &OwnerId| self.owners[*owner].requested && !self.owners[*owner].delivered;
        // What runs is in clean-up or a shield that was opened inside of the others.
        let open: Vec<OwnerId> =
            owners[..end].iter().copied().filter(|owner| self.owners[*owner].depth == depth).collect();
        if open.is_empty() && owners[..end].iter().any(waiting) {
            self.count("R7 R10 clean-up and shields are undisturbed");
        }
        // What is on its way further out passes all of these.
        let open: Vec<OwnerId> = open.into_iter().collect();
        let target = match open.iter().position(|owner| self.owners[*owner].delivered) {
            Some(at) => open[..at].iter().copied().find(|owner| self.owners[*owner].requested),
            None => open.iter().copied().find(|owner| self.owners[*owner].requested),
        }?;
        self.owners[target].delivered = true;
        let owners = self.tasks[task].owners.clone();
        let at = owners.iter().position(|owner| *owner == target)?;
        for inner in &owners[at + 1..] {
            self.owners[*inner].error = None;
        }
        Some(target)
    }

    /// An error that took the place of a cancellation was caught: the request is thrown again at the next await.
    pub fn caught(&mut self, over: Option<OwnerId>) {
        let current = self.current;
        if let Some(target) = over
            && self.tasks[current].owners.contains(&target)
        {
            self.count("a caught error of clean-up does not end the cancellation");
            self.owners[target].delivered = false;
        }
    }

    // ---- combinators

    fn check_self(&self, items: &[Item]) -> Result<(), Thrown> {
        let is_self = |item: &Item| matches!(item, Item::Prim(Prim::Task(task)) if *task == self.current);
        if items.iter().any(is_self) { Err(Thrown::Error(fault("Deadlock", ""), None)) } else { Ok(()) }
    }

    fn new_group(&mut self, policy: Policy, items: Vec<Item>, limit: Option<usize>) -> GroupId {
        let task = self.current;
        if policy == Policy::Of(Kind::Shield) {
            self.tasks[task].depth += 1;
        }
        let id = self.groups.len();
        let owner = self.new_owner(task, OwnerKind::Group(id), self.tasks[task].depth);
        let count = items.len();
        self.groups.push(Group {
            policy,
            task,
            owner,
            arms: items.into_iter().map(|item| Arm { item: Some(item), wait: None }).collect(),
            phase: Phase::Open,
            starting: false,
            decided: None,
            results: vec![V::Nil; count],
            errors: Vec::new(),
            queue: VecDeque::new(),
            remaining: count,
            room: limit.unwrap_or(usize::MAX),
            limited: limit.is_some(),
        });
        id
    }

    fn arm_ended(&mut self, group: GroupId, at: usize, result: Result<V, E>) {
        if self.groups[group].phase != Phase::Open {
            return;
        }
        let policy = self.groups[group].policy;
        if at == self.groups[group].arms.len() {
            self.count("R13 a timeout is over");
            return self.decide(group, Err(fault("Timeout", "")));
        }
        let waited = self.groups[group].arms[at].wait.take();
        let owner = self.groups[group].owner;
        let was_own = matches!(waited, Some(Prim::Task(task)) if self.tasks[task].owner == Some(owner));
        self.groups[group].remaining -= 1;
        match (policy, result) {
            (Policy::Select, Ok(value)) => self.decide(group, Ok(V::Chosen(at, Box::new(value)))),
            (Policy::Of(Kind::All), Ok(value)) => self.groups[group].results[at] = value,
            (Policy::Of(Kind::Settled), result) => {
                self.count("R14 settled");
                self.groups[group].results[at] = V::Entry(result.map(Box::new));
            }
            (Policy::Of(Kind::Any), Err(error)) => self.groups[group].errors.push(error),
            (Policy::Completed, result) => {
                self.groups[group].queue.push_back(result);
                let task = self.groups[group].task;
                if self.tasks[task].wait == Some(Wait::Next(group))
                    && let Some(result) = self.groups[group].queue.pop_front()
                {
                    self.count("R13 completed gives results as they come");
                    self.wake(task, result.map_err(|error| Thrown::Error(error, None)));
                }
            }
            (_, Ok(value)) => self.decide(group, Ok(value)),
            (_, Err(error)) => self.decide(group, Err(error)),
        }
        if self.groups[group].phase == Phase::Open {
            if was_own && self.groups[group].limited {
                self.groups[group].room += 1;
                self.start_next(group);
            }
            if self.groups[group].remaining == 0 && !self.groups[group].starting {
                self.group_finished(group);
                self.group_children_over(group);
            }
        }
    }

    /// A coroutine becomes a child task of the combinator.
    fn start_coroutine(&mut self, group: GroupId, at: usize) {
        let state = &mut self.groups[group];
        if state.limited {
            state.room -= 1;
        }
        let (owner, item) = (state.owner, state.arms[at].item.take());
        let Some(Item::Coroutine(block, gives)) = item else { return };
        let task = self.new_task(Some(owner), block, Some(gives), false);
        self.count("R13 a coroutine is a child task of its combinator");
        self.groups[group].arms[at].wait = Some(Prim::Task(task));
        self.tasks[task].waiters.push_back(Waiter::Arm(group, at));
    }

    /// With a limit: the next coroutine becomes a task at the moment one ends.
    fn start_next(&mut self, group: GroupId) {
        let next =
            self.groups[group].arms.iter().position(|arm| matches!(arm.item, Some(Item::Coroutine(..))));
        if let Some(at) = next {
            self.count("R13 with a limit the next one starts when one ends");
            self.start_coroutine(group, at);
        }
    }

    fn group_finished(&mut self, group: GroupId) {
        match self.groups[group].policy {
            Policy::Of(Kind::All | Kind::Settled) => {
                let results = V::List(std::mem::take(&mut self.groups[group].results));
                self.decide(group, Ok(results));
            }
            Policy::Of(Kind::Any) => {
                self.count("R14 any throws the first error");
                let errors = std::mem::take(&mut self.groups[group].errors);
                let first = errors[0].clone();
                for other in &errors[1..] {
                    self.add_also(&first, other);
                }
                self.decide(group, Err(first));
            }
            _ => {}
        }
    }

    fn decide(&mut self, group: GroupId, result: Result<V, E>) {
        self.groups[group].decided = Some(result.map_err(|error| Thrown::Error(error, None)));
        self.close_arms(group);
        let owner = self.groups[group].owner;
        if !self.owners[owner].children.is_empty() {
            self.count("R12 losers are over before the answer");
        }
        self.cancel_children(owner);
        self.group_children_over(group);
    }

    fn close_arms(&mut self, group: GroupId) {
        self.groups[group].phase = Phase::Closing;
        for at in 0..=self.groups[group].arms.len() {
            if let Some(arm) = self.groups[group].arms.get_mut(at) {
                arm.item = None;
                if let Some(Prim::Task(task)) = arm.wait.take()
                    && self.tasks[task].owner != Some(self.groups[group].owner)
                {
                    self.count("R11 a task that was given is not cancelled");
                }
            }
            self.leave(Waiter::Arm(group, at));
        }
    }

    fn group_children_over(&mut self, group: GroupId) {
        let Group { task, owner, phase, starting, .. } = self.groups[group];
        let waits =
            self.tasks[task].wait == Some(Wait::Group(group)) && self.tasks[task].place == Place::Waiting;
        if phase == Phase::Closing && !starting && waits && self.owners[owner].children.is_empty() {
            let over = self.group_over(group);
            self.wake(task, over);
        }
    }

    fn group_over(&mut self, group: GroupId) -> Outcome {
        self.groups[group].phase = Phase::Over;
        if self.groups[group].policy == Policy::Of(Kind::Shield) {
            self.count("R10 shield");
            let task = self.groups[group].task;
            self.tasks[task].depth -= 1;
        }
        self.groups[group].decided.take().unwrap_or(Ok(V::Nil))
    }
}
