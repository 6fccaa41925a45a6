//! Drawing programs by chance.

use std::rc::Rc;

use co_vm::sched::Chance;

use super::*;

/// A statement that can be drawn, with how often beside the others.
const MENU: [(What, usize); 32] = [
    (What::Log, 3),
    (What::Sleep, 6),
    (What::Spawn, 10),
    (What::Await, 5),
    (What::Cancel, 4),
    (What::Detach, 1),
    (What::Done, 1),
    (What::Try, 6),
    (What::Defer, 2),
    (What::Scope, 5),
    (What::Throw, 2),
    (What::Return, 2),
    (What::Send, 4),
    (What::Receive, 4),
    (What::TrySend, 1),
    (What::TryReceive, 1),
    (What::Close, 2),
    (What::Walk, 3),
    (What::With, 3),
    (What::Lock, 3),
    (What::Acquire, 3),
    (What::Set, 2),
    (What::Clear, 1),
    (What::Wait, 2),
    (What::Meet, 2),
    (What::Completed, 1),
    (What::Burst, 0),
    (What::Select, 4),
    (What::Several, 4),
    (What::Timeout, 3),
    (What::Shield, 1),
    (What::Scene, 4),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Log,
    Sleep,
    Spawn,
    Await,
    Cancel,
    Detach,
    Done,
    Try,
    Defer,
    Scope,
    Throw,
    Return,
    Send,
    Receive,
    TrySend,
    TryReceive,
    Close,
    Walk,
    With,
    Lock,
    Acquire,
    Set,
    Clear,
    Wait,
    Meet,
    Completed,
    Burst,
    Select,
    Several,
    Timeout,
    Shield,
    /// Several statements that meet in a way that chance alone rarely finds.
    Scene,
}

struct Draw {
    chance: Chance,
    numbers: Number,
    tasks: usize,
    /// Statements that may still be drawn.
    budget: usize,
    /// This program's menu: some kinds of statements are left out and others are frequent, so that rare ones meet (Groce and others, "Swarm
    /// Testing").
    weights: Vec<(What, usize)>,
    /// So many of each kind of channels, locks and so on are used, so that tasks meet there.
    width: usize,
}

#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    /// `return` may stand here.
    returns: bool,
}

/// The program of a number.
pub fn draw(seed: u64) -> Program {
    let mut draw =
        Draw { chance: Chance::new(seed), numbers: 0, tasks: 0, budget: 0, weights: Vec::new(), width: 0 };
    draw.budget = 10 + draw.below(40);
    draw.width = 1 + draw.below(3);
    for (what, weight) in MENU {
        let times = [0, 1, 1, 4][draw.below(4)];
        draw.weights.push((what, weight * times));
    }
    // There is always something to do, and sometimes a long row of awaits.
    draw.weights.push((What::Spawn, 3));
    draw.weights.push((What::Sleep, 3));
    let bursts = usize::from(draw.below(12) == 0);
    draw.weights.push((What::Burst, bursts));
    // Some tasks first, which what follows can name.
    let place = Place { depth: 0, returns: false };
    let mut main = Vec::new();
    for _ in 0..1 + draw.below(4) {
        main.push(draw.spawn(place));
    }
    main.extend(draw.block(8, place).iter().cloned());
    Program { main: Rc::new(main), tasks: draw.tasks }
}

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.chance.below(bound)
    }

    fn number(&mut self) -> Number {
        self.numbers += 1;
        self.numbers
    }

    fn block(&mut self, most: usize, place: Place) -> Block {
        let count = 1 + self.below(most);
        let mut block = Vec::new();
        for _ in 0..count {
            if self.budget == 0 {
                break;
            }
            self.budget -= 1;
            block.push(self.stmt(place));
        }
        Rc::new(block)
    }

    fn body(&mut self, place: Place) -> Block {
        self.block(4, Place { depth: place.depth + 1, returns: true })
    }

    fn inner(&mut self, place: Place) -> Block {
        self.block(3, Place { depth: place.depth + 1, ..place })
    }

    fn cleanup(&mut self, place: Place) -> Block {
        self.block(2, Place { depth: place.depth + 1, returns: false })
    }

    fn known_task(&mut self) -> Option<usize> {
        if self.tasks == 0 { None } else { Some(self.below(self.tasks)) }
    }

    fn stmt(&mut self, place: Place) -> Stmt {
        let id = self.number();
        if place.depth >= 4 {
            return match self.below(6) {
                0 => Stmt::Log(id),
                1 => Stmt::Throw(id),
                2 => Stmt::Receive(id, self.one_of(CHANNELS.len())),
                3 => Stmt::Send(self.one_of(CHANNELS.len()), id),
                _ => Stmt::Sleep(self.below(4) as u64),
            };
        }
        let total: usize = self.weights.iter().map(|(_, weight)| weight).sum();
        let mut at = self.below(total);
        let fits = |(_, weight): &&(What, usize)| {
            let fits = at < *weight;
            at = at.saturating_sub(*weight);
            fits
        };
        let what = self.weights.iter().find(fits).map_or(What::Log, |(what, _)| *what);
        match what {
            What::Log => Stmt::Log(id),
            What::Sleep => Stmt::Sleep(self.below(4) as u64),
            What::Spawn => self.spawn(place),
            What::Await => self.known_task().map_or(Stmt::Sleep(1), |task| Stmt::Await(id, task)),
            What::Cancel => self.known_task().map_or(Stmt::Sleep(2), Stmt::Cancel),
            What::Detach => self.known_task().map_or(Stmt::Log(id), Stmt::Detach),
            What::Done => self.known_task().map_or(Stmt::Log(id), |task| Stmt::Done(id, task)),
            What::Try => {
                let which = self.below(3);
                let body = self.inner(place);
                let catch = (which != 0).then(|| self.inner(place));
                let finally = (which != 1).then(|| self.cleanup(place));
                Stmt::Try { id, body, catch, finally }
            }
            What::Defer => Stmt::Defer(self.cleanup(place)),
            What::Scope => Stmt::Scope(self.block(4, Place { depth: place.depth + 1, ..place })),
            What::Throw => Stmt::Throw(id),
            What::Return if place.returns => Stmt::Return(id),
            What::Return => Stmt::Log(id),
            What::Send => Stmt::Send(self.one_of(CHANNELS.len()), id),
            What::Receive => Stmt::Receive(id, self.one_of(CHANNELS.len())),
            What::TrySend => Stmt::TrySend(id, self.one_of(CHANNELS.len())),
            What::TryReceive => Stmt::TryReceive(id, self.one_of(CHANNELS.len())),
            What::Close => Stmt::Close(self.one_of(CHANNELS.len())),
            What::Walk => Stmt::Walk(id, self.one_of(CHANNELS.len()), self.below(3)),
            What::With => Stmt::With(self.one_of(MUTEXES), self.body(place)),
            What::Lock => Stmt::Lock(self.one_of(MUTEXES), self.inner(place)),
            What::Acquire => Stmt::Acquire(self.one_of(PERMITS.len()), self.inner(place)),
            What::Set => Stmt::Set(self.one_of(EVENTS)),
            What::Clear => Stmt::Clear(self.one_of(EVENTS)),
            What::Wait => Stmt::Wait(self.one_of(EVENTS)),
            What::Meet => Stmt::Meet(id, self.one_of(PARTIES.len())),
            What::Completed => Stmt::Completed(id, self.arms(place, true), self.below(4)),
            What::Burst => Stmt::Burst(250 + self.below(20) as u32),
            What::Select => {
                let has_else = self.below(4) == 0;
                let arms = self.arms(place, !has_else);
                let arms = arms.into_iter().map(|arm| (arm, self.inner(place))).collect();
                let otherwise = has_else.then(|| self.inner(place));
                Stmt::Select { id, arms, otherwise }
            }
            What::Several => {
                let kind = [Kind::All, Kind::Race, Kind::Any, Kind::Settled][self.below(4)];
                let may_be_limited = matches!(kind, Kind::All | Kind::Settled);
                let limit = (may_be_limited && self.below(2) == 0).then(|| 1 + self.below(2));
                Stmt::Combine { id, kind, arms: self.arms(place, true), limit }
            }
            What::Timeout => {
                let kind = Kind::Timeout(self.below(4) as u64);
                Stmt::Combine { id, kind, arms: vec![self.arm(place, true)], limit: None }
            }
            What::Scene => self.scene(place),
            What::Shield => {
                Stmt::Combine { id, kind: Kind::Shield, arms: vec![self.arm(place, true)], limit: None }
            }
        }
    }

    fn spawn(&mut self, place: Place) -> Stmt {
        let (task, gives) = (self.tasks, self.number());
        self.tasks += 1;
        let keep = self.below(4) > 0;
        Stmt::Spawn { task, keep, body: self.body(place), gives }
    }

    fn pause(&mut self) -> Stmt {
        Stmt::Sleep(self.below(3) as u64)
    }

    fn task(&mut self, keep: bool, body: Vec<Stmt>) -> (usize, Stmt) {
        let (task, gives) = (self.tasks, self.number());
        self.tasks += 1;
        (task, Stmt::Spawn { task, keep, body: Rc::new(body), gives })
    }

    fn attempt(&mut self, body: Vec<Stmt>, catch: Vec<Stmt>) -> Stmt {
        Stmt::Try { id: self.number(), body: Rc::new(body), catch: Some(Rc::new(catch)), finally: None }
    }

    /// What meets in a scene still differs in its times, and in what is around it.
    fn scene(&mut self, place: Place) -> Stmt {
        let id = self.number();
        let mut pause = || self.pause();
        let (a, b, c, d) = (pause(), pause(), pause(), pause());
        let mutex = self.one_of(MUTEXES);
        let channel = self.one_of(CHANNELS.len());
        let throw = Stmt::Throw(id);
        let more = self.block(2, Place { depth: place.depth + 1, returns: false });
        let more = more.to_vec();
        let keep = self.below(2) == 0;
        let body = match self.below(16) {
            0 => {
                let (_, child) = self.task(keep, [vec![a, b], more].concat());
                let scope = Stmt::Scope(Rc::new(vec![child, c, Stmt::Return(id)]));
                vec![self.task(true, vec![scope]).1, d]
            }
            1 => {
                let with = |stmts: Vec<Stmt>| Stmt::With(mutex, Rc::new(stmts));
                let (_, first) = self.task(keep, vec![with([vec![a], more].concat())]);
                let (_, second) = self.task(true, vec![b, with(vec![c])]);
                vec![first, second, with(vec![d])]
            }
            2 => {
                let hold = |stmts: Vec<Stmt>| Stmt::Acquire(0, Rc::new(stmts));
                let (_, first) = self.task(keep, vec![hold([vec![a], more].concat())]);
                let (_, second) = self.task(true, vec![b, hold(vec![c])]);
                vec![first, second, hold(vec![d])]
            }
            3 => {
                let (_, owner) = self.task(true, vec![Stmt::Lock(mutex, Rc::new(vec![a, throw]))]);
                let (_, waiter) = self.task(true, vec![b, Stmt::With(mutex, Rc::new(more))]);
                vec![owner, waiter, c, Stmt::With(mutex, Rc::new(vec![d]))]
            }
            4 => {
                let inner = Stmt::Try {
                    id,
                    body: Rc::new(vec![a, Stmt::Sleep(3)]),
                    catch: None,
                    finally: Some(Rc::new(vec![b, throw])),
                };
                let caught = self.attempt(vec![inner], [vec![c], more].concat());
                let (task, child) = self.task(true, vec![caught]);
                vec![child, d, Stmt::Cancel(task)]
            }
            5 => {
                let failing = |stmts: Vec<Stmt>| Arm::Coroutine(Rc::new(stmts), id);
                let other = self.number();
                let arms = vec![failing(vec![a, throw]), failing(vec![b, Stmt::Throw(other)])];
                vec![Stmt::Combine { id, kind: Kind::Any, arms, limit: None }]
            }
            6 => {
                let (_, child) = self.task(false, vec![a, throw]);
                let cleanup = Stmt::Defer(Rc::new([vec![b, c], more].concat()));
                vec![self.task(true, vec![cleanup, child]).1, d]
            }
            // Twice as often as others: a channel can be closed only once.
            7 | 14 => {
                let other = self.number();
                let (_, sender) = self.task(keep, vec![a, Stmt::Send(channel, id)]);
                let (_, walker) = self.task(true, vec![b, Stmt::Walk(other, channel, 2)]);
                [vec![if keep { sender } else { walker }, c, Stmt::Close(channel)], more].concat()
            }
            8 => {
                let (task, failing) = self.task(true, vec![a, b, throw]);
                let (one, two) = (self.number(), self.number());
                let (_, first) = self.task(keep, vec![Stmt::Await(one, task)]);
                let (_, second) = self.task(true, vec![Stmt::Await(two, task)]);
                vec![failing, Stmt::Scope(Rc::new([vec![first, second], more, vec![c, d]].concat()))]
            }
            9 => {
                let (task, failing) = self.task(true, vec![a, throw]);
                let other = self.number();
                let awaits = self.attempt(vec![Stmt::Await(other, task)], vec![]);
                [vec![failing, b, c], more, vec![awaits]].concat()
            }
            10 => {
                let arm = |stmts: Vec<Stmt>| Arm::Coroutine(Rc::new(stmts), id);
                let arms = vec![arm(vec![a]), arm([vec![b], more].concat()), arm(vec![c]), arm(vec![d])];
                let kind = if keep { Kind::All } else { Kind::Settled };
                vec![Stmt::Combine { id, kind, arms, limit: Some(1 + self.below(2)) }]
            }
            11 => {
                let (task, child) = self.task(true, [vec![a, throw], more].concat());
                vec![child, b, Stmt::Detach(task), c, d]
            }
            12 => {
                let (task, child) = self.task(true, [vec![a, Stmt::Sleep(3)], more].concat());
                let other = self.number();
                let (_, waiter) = self.task(keep, vec![b, Stmt::Await(other, task)]);
                vec![child, waiter, c, Stmt::Cancel(task), d]
            }
            13 if self.below(3) != 0 => {
                let (_, other) = self.task(true, [vec![a], more].concat());
                vec![other, b, Stmt::Burst(256 + self.below(5) as u32), Stmt::Log(id)]
            }
            _ => {
                let event = self.one_of(EVENTS);
                let (_, failing) = self.task(false, vec![Stmt::Wait(event), throw]);
                let (_, woken) = self.task(true, vec![failing, Stmt::Wait(event)]);
                [vec![woken, a], more, vec![Stmt::Set(event), b]].concat()
            }
        };
        match self.below(3) {
            0 => self.task(true, body).1,
            _ => self.attempt(body, vec![]),
        }
    }

    /// One of the channels, locks and so on of a kind.
    fn one_of(&mut self, count: usize) -> usize {
        self.below(count.min(self.width))
    }

    fn arms(&mut self, place: Place, coroutines: bool) -> Vec<Arm> {
        (0..1 + self.below(4)).map(|_| self.arm(place, coroutines)).collect()
    }

    fn arm(&mut self, place: Place, coroutines: bool) -> Arm {
        let id = self.number();
        match self.below(14) {
            0..=5 if coroutines => Arm::Coroutine(self.body(place), id),
            6..=7 => self.known_task().map_or(Arm::Sleep(1), Arm::Task),
            8..=9 => Arm::Receive(self.one_of(CHANNELS.len())),
            10 => Arm::Send(self.one_of(CHANNELS.len()), id),
            11 => Arm::Event(self.one_of(EVENTS)),
            12 => Arm::Permit(self.one_of(PERMITS.len())),
            13 => Arm::Meet(self.one_of(PARTIES.len())),
            _ => Arm::Sleep(self.below(4) as u64),
        }
    }
}
