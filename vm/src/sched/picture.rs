//! A run as an SVG picture that explains itself: a row for each task, in the order of the tree, coloured by what the task does; lines
//! from where a task was spawned to its beginning; a scale and a legend.

use std::fmt::Write;

use co_lang::source::SourceMap;

use super::{
    history::{Doing, History, Life, place_text},
    task::Outcome,
    timeline::{Row, Ticks, in_tree_order, line_of},
};

const ROW: usize = 22;
const BAR: usize = 12;
const NAMES: usize = 220;
const PLOT: usize = 900;
const TOP: usize = 58;
/// Rows that are drawn; of more only the number is told.
const ROWS: usize = 1000;

const STYLE: &str = ".bg{fill:#fff}text{font:12px system-ui,sans-serif;fill:#223}.t{font-size:16px;font-weight:600}.s{fill:#667}\
.runs{fill:#2b6cb0}.waits{fill:#cbd5e0}.ready{fill:#f6ad55}.closes{fill:#e2e8f0;stroke:#a0aec0;stroke-dasharray:3 2}\
.ok{fill:#2f855a}.bad{fill:#c53030}.off{fill:#805ad5}.g{stroke:#e2e8f0}.l{stroke:#a0aec0;fill:none}\
.in{font-size:10px;fill:#4a5568}@media(prefers-color-scheme:dark){.bg{fill:#1a202c}.in{fill:#cbd5e0}text{fill:#dde}.s{fill:#99a}.waits{fill:#4a5568}.g{stroke:#2d3748}.closes{fill:#2d3748}}";

/// The picture as one SVG document.
pub fn svg(history: &History, title: &str, sources: &SourceMap) -> String {
    let rows = in_tree_order(history);
    let shown = &rows[..rows.len().min(ROWS)];
    let (width, height) = (NAMES + PLOT + 40, TOP + shown.len() * ROW + 64);
    let scale = Scale { end_ns: history.end_ns.max(1) };
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\
         <style>{STYLE}</style><rect class=\"bg\" width=\"{width}\" height=\"{height}\"/>"
    );
    let _ = writeln!(out, "<text class=\"t\" x=\"12\" y=\"24\">{}</text>", Xml(title));
    let _ = writeln!(
        out,
        "<text class=\"s\" x=\"12\" y=\"42\">{} tasks in {}; each row is a task, time runs to the right</text>",
        history.lives.len(),
        measured(history.end_ns)
    );
    axis(&mut out, scale, shown.len());
    spawn_lines(&mut out, shown, scale);
    for (index, row) in shown.iter().enumerate() {
        draw(&mut out, row, index, scale, sources);
    }
    let bottom = TOP + shown.len() * ROW;
    if rows.len() > ROWS {
        let more = rows.len() - ROWS;
        let _ = writeln!(out, "<text class=\"s\" x=\"12\" y=\"{}\">… {more} more tasks</text>", bottom + 14);
    }
    legend(&mut out, bottom + 44);
    out.push_str("</svg>\n");
    out
}

#[derive(Clone, Copy)]
struct Scale {
    end_ns: u64,
}

impl Scale {
    fn x(self, at_ns: u64) -> f64 {
        NAMES as f64 + at_ns as f64 / self.end_ns as f64 * PLOT as f64
    }
}

fn axis(out: &mut String, scale: Scale, rows: usize) {
    let bottom = TOP + rows * ROW;
    let ticks = Ticks::new(scale.end_ns, 10);
    for at_ns in ticks.times(scale.end_ns) {
        let x = scale.x(at_ns);
        let _ = writeln!(out, "<line class=\"g\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>");
        let _ = writeln!(
            out,
            "<text class=\"s\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            bottom + 16,
            ticks.text(at_ns)
        );
    }
}

fn draw(out: &mut String, row: &Row<'_>, index: usize, scale: Scale, sources: &SourceMap) {
    let life = row.life;
    let top = TOP + index * ROW + (ROW - BAR) / 2;
    let indent = 12 + 12 * row.branches.len().min(10);
    let name = format!("{} {}", life.id, life.name);
    let _ = writeln!(out, "<g><title>{}</title>", Xml(&about(life, sources)));
    let line = life.spawned_at.map_or(String::new(), |at| format!("line {}", line_of(sources, at)));
    let _ = writeln!(
        out,
        "<text x=\"{indent}\" y=\"{}\">{}<tspan class=\"s\" dx=\"6\">{line}</tspan></text>",
        top + BAR - 2,
        Xml(&name)
    );
    let mut segments: Vec<_> = life.segments.iter().collect();
    // What takes no time is drawn last, or it would be hidden.
    segments.sort_by_key(|segment| segment.doing == Doing::Runs);
    for segment in segments {
        let (class, what) = match &segment.doing {
            Doing::Runs => ("runs", "runs".to_string()),
            Doing::Waits(on) => ("waits", format!("waits for {on}")),
            Doing::Ready => ("ready", "ready to run".to_string()),
            Doing::Closes => ("closes", "waits for its children".to_string()),
        };
        let (from, to) = (scale.x(segment.from_ns), scale.x(segment.to_ns));
        if to - from < 0.05 && segment.doing != Doing::Runs {
            continue;
        }
        let place = segment.at.map_or(String::new(), |at| format!(" at {}", place_text(sources, at)));
        let _ = writeln!(
            out,
            "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{BAR}\"><title>{}</title></rect>",
            (to - from).max(1.5),
            Xml(&format!("{what}{place}, {} to {}", measured(segment.from_ns), measured(segment.to_ns)))
        );
        if let Doing::Waits(on) = &segment.doing {
            let place = segment.at.map_or(String::new(), |at| format!(", line {}", line_of(sources, at)));
            let text = format!("{on}{place}");
            // As wide as letters of this size are on average.
            if (text.chars().count() as f64) * 5.5 + 8.0 < to - from {
                let _ = writeln!(
                    out,
                    "<text class=\"in\" x=\"{:.1}\" y=\"{}\">{}</text>",
                    from + 5.0,
                    top + BAR - 3,
                    Xml(&text)
                );
            }
        }
    }
    for (at_ns, by, reason) in &life.cancelled {
        let x = scale.x(*at_ns);
        let _ = writeln!(
            out,
            "<path class=\"off\" d=\"M{x:.1} {top}l-4 -5h8z\"><title>{}</title></path>",
            Xml(&format!("cancelled by task {by}: {reason}"))
        );
    }
    if let Some((at_ns, outcome)) = life.ended {
        let (class, text) = match outcome {
            Outcome::Value => ("ok", "ended"),
            Outcome::Error => ("bad", "failed"),
            Outcome::Cancelled => ("off", "cancelled"),
        };
        let _ = writeln!(
            out,
            "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{}\" r=\"4\"><title>{text} at {}</title></circle>",
            scale.x(at_ns),
            top + BAR / 2,
            measured(at_ns)
        );
    }
    out.push_str("</g>\n");
}

fn about(life: &Life, sources: &SourceMap) -> String {
    let spawned =
        life.spawned_at.map_or(String::new(), |at| format!(", spawned at {}", place_text(sources, at)));
    format!("task {} ({}){spawned}", life.id, life.name)
}

fn spawn_lines(out: &mut String, rows: &[Row<'_>], scale: Scale) {
    let place: std::collections::HashMap<u32, usize> =
        rows.iter().enumerate().map(|(index, row)| (row.life.id, index)).collect();
    for (index, row) in rows.iter().enumerate() {
        let Some(parent) = place.get(&row.life.parent) else { continue };
        let middle = |index: usize| TOP + index * ROW + ROW / 2;
        let x = scale.x(row.life.spawned_ns);
        let _ = writeln!(
            out,
            "<path class=\"l\" d=\"M{x:.1} {}V{}\"/>",
            middle(*parent) + BAR / 2,
            middle(index) - BAR / 2
        );
    }
}

fn legend(out: &mut String, y: usize) {
    let mut x = 12;
    for (class, text) in
        [("runs", "runs"), ("waits", "waits"), ("ready", "ready"), ("closes", "waits for its children")]
    {
        let _ = writeln!(
            out,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{}\" width=\"18\" height=\"{BAR}\"/>",
            y - BAR + 2
        );
        let _ = writeln!(out, "<text x=\"{}\" y=\"{y}\">{text}</text>", x + 24);
        x += 44 + 7 * text.len();
    }
    for (class, text) in [("ok", "ended"), ("bad", "failed"), ("off", "cancelled")] {
        let _ = writeln!(out, "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"4\"/>", x + 6, y - 4);
        let _ = writeln!(out, "<text x=\"{}\" y=\"{y}\">{text}</text>", x + 16);
        x += 36 + 7 * text.len();
    }
    let _ = writeln!(
        out,
        "<path class=\"l\" d=\"M{} {}v12\"/><text x=\"{}\" y=\"{y}\">spawned by the task above</text>",
        x + 4,
        y - 12,
        x + 12
    );
}

/// A text inside of XML, without the control characters that it cannot hold.
pub struct Xml<'a>(pub &'a str);

impl std::fmt::Display for Xml<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                c if c.is_control() && !matches!(c, '\n' | '\t') => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A time to three digits, for nobody reads nanoseconds in a picture of seconds; one in whole milliseconds as it is.
fn measured(ns: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
    match UNITS.iter().find(|(unit, _)| ns >= *unit) {
        Some((unit, name)) if !ns.is_multiple_of(1_000_000) => {
            let step = 10u64.pow(ns.ilog10() - 2);
            format!("{}{name}", ((ns + step / 2) / step * step) as f64 / *unit as f64)
        }
        _ => super::duration_text(ns),
    }
}

#[cfg(test)]
mod tests {
    use super::measured;

    #[test]
    fn times_have_three_digits() {
        let times = [0, 7, 1_234, 1_234_567, 3_001_535_324, 1_999_999_999, 3_000_000_000, 7_200_000_000_000];
        let texts = ["0s", "7ns", "1.23us", "1.23ms", "3s", "2s", "3s", "2h"];
        assert_eq!(times.map(measured), texts);
    }
}
