//! The programs of the suite: one file for each language in `benches/programs`, all printing the same.

use std::path::{Path, PathBuf};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    Compute,
    Tasks,
    Start,
    FrontEnd,
}

impl Group {
    pub const ALL: [Group; 4] = [Group::Compute, Group::Tasks, Group::Start, Group::FrontEnd];

    pub fn name(self) -> &'static str {
        match self {
            Group::Compute => "compute",
            Group::Tasks => "tasks",
            Group::Start => "start-up",
            Group::FrontEnd => "front end",
        }
    }
}

pub struct Program {
    pub name: &'static str,
    pub group: Group,
    /// Seconds that the program sleeps whatever runs it; they are taken off every time.
    pub sleeps: f64,
}

const fn program(group: Group, name: &'static str) -> Program {
    Program { name, group, sleeps: 0.0 }
}

pub const PROGRAMS: &[Program] = &[
    program(Group::Compute, "fib"),
    program(Group::Compute, "loops"),
    program(Group::Compute, "mandelbrot"),
    program(Group::Compute, "nbody"),
    program(Group::Compute, "spectral_norm"),
    program(Group::Compute, "fannkuch"),
    program(Group::Compute, "binary_trees"),
    program(Group::Compute, "sieve"),
    program(Group::Compute, "matrix"),
    program(Group::Compute, "quicksort"),
    program(Group::Compute, "strings"),
    program(Group::Compute, "map_count"),
    program(Group::Compute, "methods"),
    program(Group::Compute, "closures"),
    program(Group::Compute, "generators"),
    program(Group::Compute, "exceptions"),
    program(Group::Tasks, "spawn"),
    program(Group::Tasks, "yield"),
    program(Group::Tasks, "async_recursion"),
    program(Group::Tasks, "await_chain"),
    program(Group::Tasks, "channel"),
    program(Group::Tasks, "prime_sieve"),
    Program { name: "sleepers", group: Group::Tasks, sleeps: 2.0 },
    program(Group::Tasks, "timers"),
    program(Group::Tasks, "mutex"),
    program(Group::Tasks, "select_loop"),
    program(Group::Tasks, "cancel"),
    program(Group::Start, "startup"),
    program(Group::FrontEnd, "check"),
    program(Group::FrontEnd, "load"),
];

/// The program's file for an extension, if there is one.
pub fn file(program: &Program, extension: &str) -> Option<PathBuf> {
    let path = match program.group {
        Group::FrontEnd => return super::front_end::file(extension),
        _ => folder().join("programs").join(format!("{}.{extension}", program.name)),
    };
    path.exists().then_some(path)
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches")
}

/// Where peers are built and generated programs lie.
pub fn output_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers")
}
