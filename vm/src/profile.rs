//! Where the time goes: stacks of calls that were sampled while the program ran, and the tables that are made of them.
//!
//! A thread of the driver ticks about once a millisecond ([`crate::engine::Interrupter::tick`]); the ticks gather in the
//! interrupt word, and the interpreter's profiled form looks at it before each op (`interp/sample`), so that an op's time is
//! charged to its line. Ticks that come between two turns are the scheduler's, those of a collection the collector's, and
//! those that come while every task waits are nobody's. A program that is not profiled runs the other form of the loop.

mod table;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use co_lang::source::{Location, SourceId, Span};

use crate::{bytecode::Proto, vm::Vm};

/// When a sample is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// When ticks have come; it weighs as many.
    Ticks,
    /// At each op whose number this divides, and weighs so much: the same on every machine.
    Ops(u32),
}

/// Frames of a stack that are kept, the innermost.
pub const MAX_FRAMES: usize = 128;

/// Gathers samples.
pub struct Profiler {
    sampling: Sampling,
    /// Until the next sample by ops.
    ops_left: u32,
    frames: Vec<Frame>,
    frame_ids: HashMap<FrameKey, FrameId>,
    groups: Vec<Group>,
    group_ids: HashMap<(Box<str>, Option<Location>), usize>,
    /// Innermost frame first.
    stacks: HashMap<(usize, Box<[FrameId]>), u64>,
    samples: u64,
    running_ns: u64,
    waiting_ns: u64,
    /// When the program began to run or wait, and which.
    since: Option<(u64, bool)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameId(u32);

/// What tells frames apart.
#[derive(PartialEq, Eq, Hash)]
enum FrameKey {
    /// A function at a line.
    Line(SourceId, Span, u32),
    Note(Note),
}

/// What takes time and is no function of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Note {
    Scheduler,
    Collector,
    /// The frames that a deep stack has below those that are kept.
    Deeper,
}

impl Note {
    fn name(self) -> &'static str {
        match self {
            Note::Scheduler => "(scheduler)",
            Note::Collector => "(garbage collector)",
            Note::Deeper => "(more calls)",
        }
    }
}

/// A function at a line of it.
struct Frame {
    /// The function with the place of its definition: `cook (kitchen.co:3)`.
    function: Box<str>,
    /// `None` for a [`Note`].
    line: Option<Line>,
}

struct Line {
    file: Arc<str>,
    number: u32,
    text: Box<str>,
}

/// Tasks of one function that were spawned at one place.
struct Group {
    name: Box<str>,
    /// `kitchen.co:3`
    spawned_at: Option<Box<str>>,
    /// Those that were met, with their weights.
    tasks: HashMap<u32, u64>,
}

impl Profiler {
    pub fn new(sampling: Sampling) -> Profiler {
        let ops_left = match sampling {
            Sampling::Ticks => 0,
            Sampling::Ops(every) => every.max(1),
        };
        Profiler {
            sampling,
            ops_left,
            frames: Vec::new(),
            frame_ids: HashMap::new(),
            groups: Vec::new(),
            group_ids: HashMap::new(),
            stacks: HashMap::new(),
            samples: 0,
            running_ns: 0,
            waiting_ns: 0,
            since: None,
        }
    }

    /// One more op is about to run; `true` if a sample is due.
    #[inline(always)]
    pub fn counts_op(&mut self) -> bool {
        if self.sampling == Sampling::Ticks {
            return false;
        }
        // A sample that could not be taken stays due.
        self.ops_left = self.ops_left.saturating_sub(1);
        self.ops_left == 0
    }

    /// What the sample that is due weighs, when so many ticks have come.
    pub fn weight(&mut self, ticks: u32) -> u64 {
        match self.sampling {
            Sampling::Ticks => u64::from(ticks),
            Sampling::Ops(_) if self.ops_left > 0 => 0,
            Sampling::Ops(every) => {
                self.ops_left = every.max(1);
                u64::from(every.max(1))
            }
        }
    }

    /// From now on the program runs, or all of it waits.
    pub fn clock(&mut self, now_ns: u64, runs: bool) {
        if let Some((since_ns, ran)) = self.since.replace((now_ns, runs)) {
            let passed_ns = now_ns.saturating_sub(since_ns);
            *(if ran { &mut self.running_ns } else { &mut self.waiting_ns }) += passed_ns;
        }
    }

    pub fn note(&mut self, note: Note) -> FrameId {
        self.frame(FrameKey::Note(note), || Frame { function: note.name().into(), line: None })
    }

    fn frame(&mut self, key: FrameKey, make: impl FnOnce() -> Frame) -> FrameId {
        if let Some(id) = self.frame_ids.get(&key) {
            return *id;
        }
        let id = FrameId(self.frames.len() as u32);
        self.frames.push(make());
        self.frame_ids.insert(key, id);
        id
    }
}

/// A frame of a sample.
pub fn frame_at(vm: &mut Vm, proto: &Proto, word: u32) -> Option<FrameId> {
    let source = vm.sources.get(&proto.source)?.clone();
    let number = source.line(proto.span_at(word).start);
    let key = FrameKey::Line(proto.source, proto.span, number);
    let profiler = vm.profiler.as_mut()?;
    // The top level is the whole file.
    let is_file = proto.span.range() == (0..source.text.len());
    let first = if is_file { String::new() } else { format!(":{}", source.line(proto.span.start)) };
    Some(profiler.frame(key, || Frame {
        function: format!("{} ({}{first})", proto.name, source.name).into(),
        line: Some(Line { file: source.name.clone(), number, text: source.line_text(number).trim().into() }),
    }))
}

/// Adds a sample of the running task, innermost frame first.
pub fn add(vm: &mut Vm, stack: Vec<FrameId>, weight: u64) {
    let Some(task) = vm.sched.current else { return };
    let name: Box<str> = crate::sched::task::name_text(vm, task).into();
    let at = crate::sched::place(task.spawned_by(), task.spawned_at());
    let spawned_at = at.and_then(|at| {
        let source = vm.sources.get(&at.source)?;
        Some(format!("{}:{}", source.name, source.line(at.span.start)).into())
    });
    let id = task.id();
    let Some(profiler) = &mut vm.profiler else { return };
    let next = profiler.groups.len();
    let group = *profiler.group_ids.entry((name.clone(), at)).or_insert(next);
    if group == next {
        profiler.groups.push(Group { name, spawned_at, tasks: HashMap::new() });
    }
    *profiler.groups[group].tasks.entry(id).or_default() += weight;
    *profiler.stacks.entry((group, stack.into())).or_default() += weight;
    profiler.samples += 1;
}

/// A row of a table: its weight alone, and with what it called.
struct Share<'a> {
    name: &'a str,
    own: u64,
    total: u64,
}

impl Profiler {
    fn total(&self) -> u64 {
        self.stacks.values().sum()
    }

    /// Functions by their own weights; a function that calls itself counts once in its total.
    fn functions(&self) -> Vec<Share<'_>> {
        let mut shares: HashMap<&str, Share<'_>> = HashMap::new();
        for ((_, stack), weight) in &self.stacks {
            let mut met = HashSet::new();
            for (depth, id) in stack.iter().enumerate() {
                let name = &*self.frames[id.0 as usize].function;
                let share = shares.entry(name).or_insert(Share { name, own: 0, total: 0 });
                if depth == 0 {
                    share.own += weight;
                }
                if met.insert(name) {
                    share.total += weight;
                }
            }
        }
        let mut shares: Vec<_> =
            shares.into_values().filter(|share| share.name != Note::Deeper.name()).collect();
        shares.sort_by(|a, b| (b.own, b.total).cmp(&(a.own, a.total)).then_with(|| a.name.cmp(b.name)));
        shares
    }

    /// Lines by their own weights.
    fn lines(&self) -> Vec<(&Line, u64)> {
        let mut shares: HashMap<(&str, u32), (&Line, u64)> = HashMap::new();
        for ((_, stack), weight) in &self.stacks {
            let innermost = stack.iter().find_map(|id| self.frames[id.0 as usize].line.as_ref());
            if let Some(line) = innermost {
                shares.entry((&line.file, line.number)).or_insert((line, 0)).1 += weight;
            }
        }
        let mut shares: Vec<_> = shares.into_values().collect();
        shares.sort_by(|(a, weight_a), (b, weight_b)| {
            weight_b.cmp(weight_a).then_with(|| (&a.file, a.number).cmp(&(&b.file, b.number)))
        });
        shares
    }

    fn groups_by_weight(&self) -> Vec<(&Group, u64)> {
        let weight = |group: &Group| group.tasks.values().sum::<u64>();
        let mut groups: Vec<_> = self.groups.iter().map(|group| (group, weight(group))).collect();
        groups
            .sort_by(|(a, weight_a), (b, weight_b)| weight_b.cmp(weight_a).then_with(|| a.name.cmp(&b.name)));
        groups
    }
}
