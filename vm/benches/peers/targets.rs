//! The ratios that Co has to reach, as one list.

use crate::{programs::Group, results::Results};

pub struct Outcome {
    pub what: String,
    pub ratio: f64,
    pub limit: f64,
}

enum What {
    /// Each program of the group.
    Each(Group),
    Mean(Group),
    Time(&'static str),
    Memory(&'static str),
}

use What::{Each, Mean, Memory, Time};

const TARGETS: &[(What, &str, f64)] = &[
    (Each(Group::Compute), "lua5.4", 1.0),
    (Mean(Group::Compute), "lua5.4", 0.6),
    (Mean(Group::Compute), "luajit -joff", 1.0),
    (Mean(Group::Compute), "node --jitless", 0.45),
    (Mean(Group::Compute), "quickjs", 0.4),
    (Mean(Group::Compute), "python3", 0.3),
    (Time("yield"), "go", 0.4),
    (Time("yield"), "smol", 0.3),
    (Time("spawn"), "smol", 1.0),
    (Time("spawn"), "go", 0.4),
    (Time("channel"), "go", 1.0),
    (Time("channel"), "bun", 1.2),
    (Time("prime_sieve"), "go", 1.0),
    (Time("async_recursion"), "bun", 0.5),
    (Time("async_recursion"), "node", 0.15),
    (Memory("sleepers"), "smol", 1.0),
    (Time("sleepers"), "smol", 1.0),
    (Time("startup"), "lua5.4", 2.0),
];

/// Those that the results can tell, the farthest from its limit first.
pub fn outcomes(results: &Results) -> Vec<Outcome> {
    let mut found = Vec::new();
    for (what, peer, limit) in TARGETS {
        let mut add = |name: &str, ratio: Option<f64>| {
            if let Some(ratio) = ratio {
                found.push(Outcome { what: format!("{name} / {peer}"), ratio, limit: *limit });
            }
        };
        let row = |name: &str| results.rows.iter().find(|row| row.program.name == name);
        match what {
            Each(group) => results.group(*group).for_each(|row| add(row.program.name, row.ratio(peer))),
            Mean(group) => {
                let name = format!("mean of {}", group.name());
                add(&name, results.mean(*group, peer).map(|(mean, _)| mean));
            }
            Time(name) => add(name, row(name).and_then(|row| row.ratio(peer))),
            Memory(name) => {
                add(&format!("memory of {name}"), row(name).and_then(|row| row.memory_ratio(peer)));
            }
        }
    }
    found.sort_by(|a, b| (b.ratio / b.limit).total_cmp(&(a.ratio / a.limit)));
    found
}
