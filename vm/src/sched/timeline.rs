//! A run as a picture of characters: a row for each task, time from left to right, to scale, as wide as asked for.
//!
//! ```text
//! 1 main         █───────────────────────────█
//! 2 ├ cook       █──────────────────●
//! 3 └ stir        █─────✗
//!                0s       1s       2s       3s
//! ```

use std::fmt::Write;

use co_lang::source::{Location, SourceMap};

use super::{
    history::{Doing, History, Life},
    task::Outcome,
};

/// Tasks that are drawn; of more only the number is told.
const ROWS: usize = 200;
/// The names' share of the width.
const NAMES: usize = 32;
/// What the last mark of the scale may need.
const MARGIN: usize = 6;

/// What may be seen, with what hides what: the later hides the earlier.
const SIGNS: [(char, &str); 8] = [
    ('┄', "waits for its children"),
    ('─', "waits"),
    ('▒', "ready"),
    ('▂', "runs now and then"),
    ('█', "runs"),
    ('●', "ended"),
    ('✗', "failed"),
    ('⊘', "cancelled"),
];

/// The picture, for a terminal of this width.
pub fn text(history: &History, sources: &SourceMap, width: usize) -> String {
    let rows = in_tree_order(history);
    let shown = &rows[..rows.len().min(ROWS)];
    let labels: Vec<String> = shown.iter().map(|row| label(row, sources)).collect();
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let names = longest.clamp(8, NAMES.min(width / 3).max(8));
    // The last mark of the scale stands a little over the edge of what it is at.
    let columns = width.saturating_sub(names + 1 + MARGIN).clamp(20, 400);
    let scale = Scale { end_ns: history.end_ns.max(1), columns };
    let mut out = String::new();
    let mut used: Vec<char> = Vec::new();
    for (row, label) in shown.iter().zip(&labels) {
        let label: String = label.chars().take(names).collect();
        let cells = cells(row.life, scale);
        used.extend(&cells);
        let cells: String = cells.into_iter().collect();
        // Writing to a string does not fail.
        let _ = writeln!(out, "{label:names$} {}", cells.trim_end());
    }
    if rows.len() > ROWS {
        let _ = writeln!(out, "{:names$} … {} more tasks", "", rows.len() - ROWS);
    }
    let _ = writeln!(out, "{:names$} {}", "", axis(scale));
    out.push_str(&legend(&used, width));
    out
}

/// What the signs mean that were used.
fn legend(used: &[char], width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for (sign, meaning) in SIGNS.iter().filter(|(sign, _)| used.contains(sign)) {
        let entry = format!("{sign} {meaning}");
        let len = entry.chars().count();
        if column > 0 && column + 2 + len > width {
            out.push('\n');
            column = 0;
        }
        if column > 0 {
            out.push_str("  ");
            column += 2;
        }
        out.push_str(&entry);
        column += len;
    }
    out.push('\n');
    out
}

/// A task at its place in the tree.
pub struct Row<'h> {
    pub life: &'h Life,
    /// How deep, and whether it is the last child on each level.
    pub branches: Vec<bool>,
}

/// Children behind their parents, in the order of spawning.
pub fn in_tree_order(history: &History) -> Vec<Row<'_>> {
    let mut children: std::collections::HashMap<u32, Vec<&Life>> = Default::default();
    let known: std::collections::HashSet<u32> = history.lives.iter().map(|life| life.id).collect();
    for life in &history.lives {
        let parent = if known.contains(&life.parent) { life.parent } else { 0 };
        children.entry(parent).or_default().push(life);
    }
    let mut rows = Vec::new();
    let mut open: Vec<(&Life, Vec<bool>)> =
        children.remove(&0).unwrap_or_default().into_iter().rev().map(|life| (life, Vec::new())).collect();
    while let Some((life, branches)) = open.pop() {
        let below = children.remove(&life.id).unwrap_or_default();
        let count = below.len();
        for (index, child) in below.into_iter().enumerate().rev() {
            let mut deeper = branches.clone();
            deeper.push(index + 1 == count);
            open.push((child, deeper));
        }
        rows.push(Row { life, branches });
    }
    rows
}

fn label(row: &Row<'_>, sources: &SourceMap) -> String {
    let mut text = format!("{} ", row.life.id);
    for (level, last) in row.branches.iter().enumerate() {
        let is_own = level + 1 == row.branches.len();
        text.push_str(match (is_own, last) {
            (true, true) => "└ ",
            (true, false) => "├ ",
            (false, true) => "  ",
            (false, false) => "│ ",
        });
    }
    text.push_str(&row.life.name);
    if let Some(at) = row.life.spawned_at {
        let _ = write!(text, " (line {})", line_of(sources, at));
    }
    text
}

#[derive(Clone, Copy)]
struct Scale {
    end_ns: u64,
    columns: usize,
}

impl Scale {
    fn column(self, at_ns: u64) -> usize {
        let column = at_ns as u128 * (self.columns as u128 - 1) / self.end_ns as u128;
        (column as usize).min(self.columns - 1)
    }
}

fn cells(life: &Life, scale: Scale) -> Vec<char> {
    let mut cells = vec![' '; scale.columns];
    let mut paint = |from: usize, to: usize, with: char| {
        for cell in &mut cells[from..=to] {
            if rank(with) > rank(*cell) {
                *cell = with;
            }
        }
    };
    // Of each cell: for how long and how often the task runs in it.
    let mut runs = vec![(0_u64, 0_u32); scale.columns];
    for segment in &life.segments {
        let (from, to) = (scale.column(segment.from_ns), scale.column(segment.to_ns));
        let sign = match segment.doing {
            Doing::Runs if from == to => {
                runs[from].0 += segment.to_ns - segment.from_ns;
                runs[from].1 += 1;
                continue;
            }
            Doing::Runs => '█',
            Doing::Waits(_) => '─',
            Doing::Ready => '▒',
            Doing::Closes => '┄',
        };
        // What takes no time is only to be seen if it is work.
        if segment.to_ns > segment.from_ns || segment.doing == Doing::Runs {
            paint(from, to, sign);
        }
    }
    let half = scale.end_ns / scale.columns as u64 / 2;
    for (column, (ns, times)) in runs.into_iter().enumerate().filter(|(_, (_, times))| *times > 0) {
        paint(column, column, if times > 2 && ns < half { '▂' } else { '█' });
    }
    if let Some((at_ns, outcome)) = life.ended {
        let column = scale.column(at_ns);
        paint(
            column,
            column,
            match outcome {
                Outcome::Value => '●',
                Outcome::Error => '✗',
                Outcome::Cancelled => '⊘',
            },
        );
    }
    cells
}

/// What is seen where several things happen within one cell.
fn rank(sign: char) -> usize {
    SIGNS.iter().position(|(known, _)| *known == sign).map_or(0, |rank| rank + 1)
}

/// Marks at round times.
fn axis(scale: Scale) -> String {
    let mut line = vec![' '; scale.columns + MARGIN];
    let ticks = Ticks::new(scale.end_ns, scale.columns / 12);
    let mut free_from = 0;
    for at_ns in ticks.times(scale.end_ns) {
        let column = scale.column(at_ns);
        let text: Vec<char> = ticks.text(at_ns).chars().collect();
        if column >= free_from && column + text.len() <= line.len() {
            line[column..column + text.len()].copy_from_slice(&text);
            free_from = column + text.len() + 1;
        }
    }
    line.into_iter().collect::<String>().trim_end().to_string()
}

/// The line of a place, as the label of a task names it.
pub fn line_of(sources: &SourceMap, at: Location) -> u32 {
    sources.get(at.source).line_of(at.span.start)
}

/// The marks of a scale: round steps, all in one unit.
pub struct Ticks {
    step_ns: u64,
    unit_ns: u64,
    unit: &'static str,
}

impl Ticks {
    /// About so many of them.
    pub fn new(end_ns: u64, count: usize) -> Ticks {
        const UNITS: [(u64, &str); 4] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"), (1, "ns")];
        let least = (end_ns / count.max(1) as u64).max(1);
        // Of minutes and hours nobody wants parts.
        for (unit_ns, unit) in [(3_600_000_000_000, "h"), (60_000_000_000, "m")] {
            if least > unit_ns / 2 {
                let step_ns = round_step(least.div_ceil(unit_ns)) * unit_ns;
                return Ticks { step_ns, unit_ns, unit };
            }
        }
        let (unit_ns, unit) = UNITS.into_iter().find(|(unit, _)| end_ns >= *unit).unwrap_or((1, "ns"));
        Ticks { step_ns: round_step(least), unit_ns, unit }
    }

    pub fn times(&self, end_ns: u64) -> impl Iterator<Item = u64> {
        (0..=end_ns).step_by(usize::try_from(self.step_ns).unwrap_or(usize::MAX))
    }

    pub fn text(&self, at_ns: u64) -> String {
        format!("{}{}", at_ns as f64 / self.unit_ns as f64, self.unit)
    }
}

/// The next of 1, 2 or 5 times a power of ten.
fn round_step(least: u64) -> u64 {
    let mut power = 1_u64;
    while power.saturating_mul(10) <= least {
        power *= 10;
    }
    [1, 2, 5, 10]
        .into_iter()
        .map(|factor| power.saturating_mul(factor))
        .find(|step| *step >= least)
        .unwrap_or(least)
}
