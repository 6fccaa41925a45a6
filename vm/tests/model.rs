//! The scheduler against a simple model: programs by chance run on the VM and on the reference machine, and both must agree on every line
//! of output, its time, the status and the error of the top level.
//!
//! With the feature `verify` it also shows that mistakes in the scheduler would be found.
//!
//! `CO_MODEL_PROGRAMS=100000 cargo test -p co-vm --test model` runs so many; `CO_MODEL_SEED=17` runs one and shows it.

mod support;

#[path = "model/exec.rs"]
mod exec;
#[path = "model/program.rs"]
mod program;
#[path = "model/reference.rs"]
mod reference;

use std::collections::BTreeMap;

use co_vm::{
    heap::object::{ErrorObject, List, Str},
    sched::task::Outcome,
    value::Value,
};
use program::Program;
use reference::Came;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn text(value: Value) -> String {
    value.as_object::<Str>().map_or(String::new(), |text| text.as_str().to_string())
}

/// As the programs' own `err` shows errors.
fn shown_error(error: Value) -> String {
    let Some(error) = error.as_object::<ErrorObject>() else { return "no error".to_string() };
    let kind = text(error.kind.get());
    let text = if kind == "Error" { text(error.message.get()) } else { kind };
    let also = error.also.get().as_object::<List>().map_or(Vec::new(), |also| also.to_vec());
    if also.is_empty() {
        return text;
    }
    format!("{text}({})", also.into_iter().map(shown_error).collect::<Vec<_>>().join(" "))
}

/// What the VM makes of a program.
fn on_the_vm(program: &Program) -> Came {
    let mut ran = support::run(&program.text());
    let main = ran.engine.vm().sched.main.filter(|main| main.is_done() && main.outcome() == Outcome::Error);
    let error = main.map(|main| shown_error(main.result().get()));
    Came { out: ran.out, status: ran.status, error }
}

fn differs(program: &Program) -> Option<(Came, Came)> {
    let (expected, _) = reference::run(program);
    let found = on_the_vm(program);
    (expected != found).then_some((expected, found))
}

#[track_caller]
fn fail(seed: u64, program: &Program) -> ! {
    let small = program::shrink(program, |candidate| differs(candidate).is_some());
    let Some((expected, found)) = differs(&small) else { panic!("program {seed} differs only at times") };
    panic!(
        "program {seed} differs\n{}\n--- the rules give\n{}status {}, error {:?}\n--- the VM gives\n{}status {}, error {:?}",
        small.text(),
        expected.out,
        expected.status,
        expected.error,
        found.out,
        found.status,
        found.error
    );
}

/// Tells which program it was if something breaks down.
struct Shown(u64);

impl Drop for Shown {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("in program {}: CO_MODEL_SEED={} shows it", self.0, self.0);
        }
    }
}

/// How often each rule was carried out by the reference machine while the programs of these numbers ran on both.
fn compare(seeds: std::ops::Range<u64>) -> BTreeMap<&'static str, u64> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in seeds {
        let _shown = Shown(seed);
        let program = program::draw(seed);
        let (expected, counted) = reference::run(&program);
        if on_the_vm(&program) != expected {
            fail(seed, &program);
        }
        for (rule, count) in counted {
            *counts.entry(rule).or_default() += count;
        }
    }
    counts
}

#[test]
fn the_vm_follows_the_rules() {
    if let Some(seed) = number("CO_MODEL_SEED") {
        let program = program::draw(seed);
        println!("{}", program.text());
        if differs(&program).is_some() {
            fail(seed, &program);
        }
        return;
    }
    let programs = number("CO_MODEL_PROGRAMS").unwrap_or(3000);
    let counts = compare(0..programs);
    for (rule, count) in &counts {
        println!("{count:>9}  {rule}");
    }
    // Each rule was met, and often if there were many programs.
    assert_eq!(counts.len(), reference::RULES);
    let (rule, least) = counts.iter().min_by_key(|(_, count)| **count).expect("there are rules");
    let wanted = if programs >= 100_000 { 1000 } else { programs / 200 };
    assert!(*least >= wanted, "{rule}: {least} times in {programs} programs");
}

/// Each mistake is found by some program, as another result or as a breakdown of the VM.
#[cfg(feature = "verify")]
#[test]
fn mistakes_are_found() {
    use co_vm::sched::mistake::{self, Mistake};
    const PROGRAMS: u64 = 20_000;
    // Breakdowns are wanted here, and not to be seen.
    std::panic::set_hook(Box::new(|_| {}));
    let mut missed = Vec::new();
    for mistake in Mistake::ALL {
        mistake::make(Some(*mistake));
        let found = (0..PROGRAMS).find(|seed| {
            let program = program::draw(*seed);
            let (expected, _) = reference::run(&program);
            std::panic::catch_unwind(|| on_the_vm(&program)).map_or(true, |came| came != expected)
        });
        mistake::make(None);
        match found {
            Some(seed) => println!("{mistake:?} is found by program {seed}: {}", mistake.text()),
            None => missed.push(mistake),
        }
    }
    let _ = std::panic::take_hook();
    assert!(missed.is_empty(), "not found: {missed:?}");
    assert!(Mistake::ALL.len() >= 20);
}
