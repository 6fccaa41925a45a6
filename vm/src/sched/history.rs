//! From the log of decisions to the lives of the tasks: what traces and timelines are drawn from.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use co_lang::source::{Location, SourceMap};

use super::{Decision, Log, task::Outcome};

/// Decisions with their times, in order.
pub type Events = Vec<(u64, Decision)>;

/// Writes down all decisions.
#[derive(Clone, Default)]
pub struct Recorder(Rc<RefCell<Events>>);

impl Recorder {
    pub fn log(&self) -> Log {
        let events = self.0.clone();
        Box::new(move |now_ns, decision| events.borrow_mut().push((now_ns, decision)))
    }

    pub fn take(&self) -> Events {
        self.0.take()
    }
}

/// What a task does during a span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    Ready,
    Runs,
    /// For what.
    Waits(Box<str>),
    /// Its function is over, children are not.
    Closes,
}

#[derive(Debug, Clone)]
pub struct Segment {
    pub from_ns: u64,
    pub to_ns: u64,
    pub doing: Doing,
    /// Where it waits.
    pub at: Option<Location>,
}

/// Everything that happened to a task.
#[derive(Debug, Clone)]
pub struct Life {
    pub id: u32,
    /// 0: none.
    pub parent: u32,
    pub name: Box<str>,
    pub spawned_ns: u64,
    pub spawned_at: Option<Location>,
    pub segments: Vec<Segment>,
    /// When, by whom (0: from outside), why.
    pub cancelled: Vec<(u64, u32, Box<str>)>,
    /// `None`: it has not ended.
    pub ended: Option<(u64, Outcome)>,
}

impl Life {
    pub fn end_ns(&self, default: u64) -> u64 {
        self.ended.map_or(default, |(at, _)| at)
    }
}

/// One task has made another ready.
#[derive(Debug, Clone, Copy)]
pub struct Wake {
    pub at_ns: u64,
    pub by: u32,
    pub task: u32,
    /// It was made then.
    pub spawned: bool,
}

#[derive(Debug, Clone, Default)]
pub struct History {
    /// In the order of spawning.
    pub lives: Vec<Life>,
    pub wakes: Vec<Wake>,
    pub end_ns: u64,
}

impl History {
    pub fn of(events: &[(u64, Decision)]) -> History {
        let mut history = History::default();
        let mut index: HashMap<u32, usize> = HashMap::new();
        let mut open: HashMap<u32, (u64, Doing, Option<Location>)> = HashMap::new();
        let mut running = 0;
        for (now_ns, decision) in events {
            let now_ns = *now_ns;
            history.end_ns = history.end_ns.max(now_ns);
            let (task, next) = match decision {
                Decision::Spawned { task, parent, name, at } => {
                    index.insert(*task, history.lives.len());
                    history.lives.push(Life {
                        id: *task,
                        parent: *parent,
                        name: name.clone(),
                        spawned_ns: now_ns,
                        spawned_at: *at,
                        segments: Vec::new(),
                        cancelled: Vec::new(),
                        ended: None,
                    });
                    continue;
                }
                Decision::Ready { task } => {
                    if running != 0 && running != *task {
                        let spawned = !open.contains_key(task);
                        history.wakes.push(Wake { at_ns: now_ns, by: running, task: *task, spawned });
                    }
                    (*task, Some((Doing::Ready, None)))
                }
                Decision::Runs { task } => {
                    running = *task;
                    (*task, Some((Doing::Runs, None)))
                }
                Decision::Waits { task, on, at } => {
                    running = 0;
                    (*task, Some((Doing::Waits(on.clone()), *at)))
                }
                Decision::Yields { task } => {
                    running = 0;
                    (*task, Some((Doing::Ready, None)))
                }
                Decision::Closes { task } => {
                    running = 0;
                    (*task, Some((Doing::Closes, None)))
                }
                Decision::Cancelled { task, by, reason } => {
                    if let Some(life) = index.get(task).map(|index| &mut history.lives[*index]) {
                        life.cancelled.push((now_ns, *by, reason.clone()));
                    }
                    continue;
                }
                Decision::Ended { task, outcome } => {
                    if let Some(life) = index.get(task).map(|index| &mut history.lives[*index]) {
                        life.ended = Some((now_ns, *outcome));
                    }
                    (*task, None)
                }
                Decision::TimerFired { .. } | Decision::ScopeEnded { .. } => continue,
            };
            let before = match next {
                Some((doing, at)) => open.insert(task, (now_ns, doing, at)),
                None => open.remove(&task),
            };
            if let (Some((from_ns, doing, at)), Some(index)) = (before, index.get(&task)) {
                history.lives[*index].segments.push(Segment { from_ns, to_ns: now_ns, doing, at });
            }
        }
        for (task, (from_ns, doing, at)) in open {
            if let Some(index) = index.get(&task) {
                let segment = Segment { from_ns, to_ns: history.end_ns, doing, at };
                history.lives[*index].segments.push(segment);
            }
        }
        history
    }
}

/// `kitchen.co:3:5`.
pub fn place_text(sources: &SourceMap, at: Location) -> String {
    let source = sources.get(at.source);
    let (line, column) = source.line_column(at.span.start);
    format!("{}:{line}:{column}", source.name)
}
