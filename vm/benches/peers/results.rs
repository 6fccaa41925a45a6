//! What a run of the suite found, and the figures that are made of it.

use crate::{
    measure::Sample,
    programs::{Group, Program},
};

pub struct Results {
    /// Name and version, Co first.
    pub peers: Vec<(&'static str, String)>,
    pub rows: Vec<Row>,
}

pub struct Row {
    pub program: &'static Program,
    /// Co first, if it could run the program.
    pub entries: Vec<Entry>,
}

pub struct Entry {
    pub peer: &'static str,
    pub samples: Vec<Sample>,
    pub failure: Option<String>,
}

impl Entry {
    pub fn new(peer: &'static str) -> Entry {
        Entry { peer, samples: Vec::new(), failure: None }
    }

    pub fn minimum(&self, program: &Program) -> f64 {
        let least = self.samples.iter().map(|sample| sample.seconds).fold(f64::INFINITY, f64::min);
        // A timer may fire a little early; a time of 0 has no ratio.
        (least - program.sleeps).max(1e-4)
    }

    pub fn median(&self, program: &Program) -> f64 {
        let mut times: Vec<f64> = self.samples.iter().map(|sample| sample.seconds).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(f64::NAN) - program.sleeps
    }

    pub fn cpu_seconds(&self) -> f64 {
        self.samples.iter().map(|sample| sample.cpu_seconds).fold(f64::INFINITY, f64::min)
    }

    /// The largest of all runs.
    pub fn peak_bytes(&self) -> u64 {
        self.samples.iter().map(|sample| sample.peak_bytes).max().unwrap_or(0)
    }
}

impl Row {
    pub fn entry(&self, peer: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.peer == peer)
    }

    /// Co's time over the peer's: below 1 Co is faster.
    pub fn ratio(&self, peer: &str) -> Option<f64> {
        Some(self.entry("co")?.minimum(self.program) / self.entry(peer)?.minimum(self.program))
    }

    pub fn memory_ratio(&self, peer: &str) -> Option<f64> {
        Some(self.entry("co")?.peak_bytes() as f64 / self.entry(peer)?.peak_bytes() as f64)
    }

    /// All runs printed the same. What a checker says about a good program is its own affair.
    pub fn agrees(&self, entry: &Entry) -> bool {
        if self.program.group == Group::FrontEnd {
            return true;
        }
        let expected = self.entries.first().and_then(|entry| entry.samples.first());
        entry.samples.iter().all(|sample| expected.is_none_or(|expected| expected.output == sample.output))
    }
}

impl Results {
    pub fn group(&self, group: Group) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.program.group == group)
    }

    /// The peers that took part in a group, Co first.
    pub fn peers_of(&self, group: Group) -> Vec<&'static str> {
        let names = self.peers.iter().map(|(name, _)| *name);
        names.filter(|name| self.group(group).any(|row| row.entry(name).is_some())).collect()
    }

    /// The geometric mean of the ratios against a peer, and of how many programs it is.
    pub fn mean(&self, group: Group, peer: &str) -> Option<(f64, usize)> {
        let logs: Vec<f64> = self.group(group).filter_map(|row| Some(row.ratio(peer)?.ln())).collect();
        let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
        (!logs.is_empty()).then_some((mean, logs.len()))
    }
}
