//! A profile as text: tables for people, and collapsed stacks for flame graphs.

use std::fmt::Write;

use super::{Group, Profiler, Sampling};

/// Rows of each table.
const ROWS: usize = 20;
/// Characters of a line of source that are shown.
const SOURCE_WIDTH: usize = 60;

impl Profiler {
    /// Functions, lines and tasks, those that took most first.
    pub fn text(&self) -> String {
        let total = self.total();
        let mut out = String::new();
        let took = match self.sampling {
            Sampling::Ticks => format!(
                "{:.3} s running, {:.3} s waiting",
                self.running_ns as f64 / 1e9,
                self.waiting_ns as f64 / 1e9
            ),
            Sampling::Ops(_) => format!("{total} operations"),
        };
        // Writing to a string does not fail.
        let _ = writeln!(out, "profile: {took}, {} sample{}", self.samples, plural(self.samples));
        if total == 0 {
            return out;
        }
        let percent = |weight: u64| format!("{:5.1}%", weight as f64 * 100.0 / total as f64);
        let functions = self.functions();
        out.push_str("\n  self   total  function\n");
        for share in functions.iter().take(ROWS) {
            let _ = writeln!(out, "{}  {}  {}", percent(share.own), percent(share.total), share.name);
        }
        more(&mut out, functions.len());
        let lines = self.lines();
        let place = |file: &str, number: u32| format!("{file}:{number}");
        let width =
            lines.iter().take(ROWS).map(|(line, _)| place(&line.file, line.number).chars().count()).max();
        out.push_str("\n  self  line\n");
        for (line, weight) in lines.iter().take(ROWS) {
            let text: String = line.text.chars().take(SOURCE_WIDTH).collect();
            let place = place(&line.file, line.number);
            let _ =
                writeln!(out, "{}  {place:<width$}  {text}", percent(*weight), width = width.unwrap_or(0));
        }
        more(&mut out, lines.len());
        let groups = self.groups_by_weight();
        out.push_str("\n share  task\n");
        for (group, weight) in groups.iter().take(ROWS) {
            let _ = writeln!(out, "{}  {}", percent(*weight), described(group, *weight));
        }
        more(&mut out, groups.len());
        out
    }

    /// A line for each stack, `task;outermost;…;innermost weight`, as tools for flame graphs read them. The weight is
    /// milliseconds, or operations.
    pub fn collapsed(&self) -> String {
        let mut lines: Vec<String> = self
            .stacks
            .iter()
            .map(|((group, stack), weight)| {
                let mut line = format!("task {}", self.groups[*group].name);
                for id in stack.iter().rev() {
                    line.push(';');
                    // The separator may be part of a file's name.
                    line.push_str(&self.frames[id.0 as usize].function.replace(';', ","));
                }
                (line, weight)
            })
            .fold(std::collections::BTreeMap::new(), |mut sums, (line, weight)| {
                *sums.entry(line).or_insert(0u64) += weight;
                sums
            })
            .into_iter()
            .map(|(line, weight)| format!("{line} {weight}\n"))
            .collect();
        lines.sort();
        lines.concat()
    }
}

/// `work, spawned at jobs.co:7: 40 tasks, most of it task 12 (9%)`
fn described(group: &Group, weight: u64) -> String {
    let mut text = group.name.to_string();
    if let Some(place) = &group.spawned_at {
        let _ = write!(text, ", spawned at {place}");
    }
    let busiest = group.tasks.iter().max_by_key(|(id, weight)| (**weight, std::cmp::Reverse(**id)));
    match (group.tasks.len(), busiest) {
        (1, Some((id, _))) => {
            let _ = write!(text, ": task {id}");
        }
        (count, Some((id, most))) => {
            let share = *most as f64 * 100.0 / weight.max(1) as f64;
            let _ = write!(text, ": {count} tasks were met, most often task {id} ({share:.0}%)");
        }
        (_, None) => {}
    }
    text
}

fn more(out: &mut String, rows: usize) {
    if rows > ROWS {
        let _ = writeln!(out, "   …   {} more", rows - ROWS);
    }
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}
