//! A run as a picture of characters: a row for each task, time from left to right, to scale, as wide as asked for.
//!
//! ```text
//! 1 main         █───────────────────────────█
//! 2 ├ cook       █──────────────────●
//! 3 └ stir        █─────✗
//!                0s       1s       2s       3s
//! ```

use std::fmt::Write;

use super::{
    history::{Doing, History, Life},
    task::Outcome,
};

/// Tasks that are drawn; of more only the number is told.
const ROWS: usize = 200;
/// The names' share of the width.
const NAMES: usize = 28;

/// The picture, for a terminal of this width.
pub fn text(history: &History, width: usize) -> String {
    let rows = in_tree_order(history);
    let shown = &rows[..rows.len().min(ROWS)];
    let labels: Vec<String> = shown.iter().map(|row| label(row)).collect();
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let names = longest.clamp(8, NAMES);
    let columns = width.saturating_sub(names + 2).clamp(20, 400);
    let scale = Scale { end_ns: history.end_ns.max(1), columns };
    let mut out = String::new();
    for (row, label) in shown.iter().zip(&labels) {
        let label: String = label.chars().take(names).collect();
        let cells: String = cells(row.life, history, scale).into_iter().collect();
        // Writing to a string does not fail.
        let _ = writeln!(out, "{label:names$} {}", cells.trim_end());
    }
    if rows.len() > ROWS {
        let _ = writeln!(out, "{:names$} … {} more tasks", "", rows.len() - ROWS);
    }
    let _ = writeln!(out, "{:names$} {}", "", axis(scale));
    out.push_str("█ runs  ─ waits  ▒ ready  ┄ waits for its children  ● ended  ✗ failed  ⊘ cancelled\n");
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

fn label(row: &Row<'_>) -> String {
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

fn cells(life: &Life, history: &History, scale: Scale) -> Vec<char> {
    let mut cells = vec![' '; scale.columns];
    let mut paint = |from: usize, to: usize, with: char| {
        for cell in &mut cells[from..=to] {
            if rank(with) > rank(*cell) {
                *cell = with;
            }
        }
    };
    for segment in &life.segments {
        let (from, to) = (scale.column(segment.from_ns), scale.column(segment.to_ns));
        let sign = match segment.doing {
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
    let _ = history;
    cells
}

/// What is seen where several things happen within one cell.
fn rank(sign: char) -> u8 {
    match sign {
        '┄' => 1,
        '─' => 2,
        '▒' => 3,
        '█' => 4,
        '●' | '✗' | '⊘' => 5,
        _ => 0,
    }
}

/// Marks at round times.
fn axis(scale: Scale) -> String {
    let mut line = vec![' '; scale.columns + 8];
    let step = round_step(scale.end_ns, scale.columns / 12);
    let mut at_ns = 0;
    let mut free_from = 0;
    while at_ns <= scale.end_ns {
        let column = scale.column(at_ns);
        let text: Vec<char> = super::duration_text(at_ns).chars().collect();
        if column >= free_from && column + text.len() <= line.len() {
            line[column..column + text.len()].copy_from_slice(&text);
            free_from = column + text.len() + 1;
        }
        at_ns += step;
    }
    line.into_iter().collect::<String>().trim_end().to_string()
}

/// A step of 1, 2 or 5 times a power of ten, so that about so many of them fit.
pub fn round_step(end_ns: u64, count: usize) -> u64 {
    let least = (end_ns / count.max(1) as u64).max(1);
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
