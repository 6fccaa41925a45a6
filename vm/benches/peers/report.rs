//! Results as text for the terminal, as Markdown for the README, and as JSON.

use crate::{
    programs::Group,
    results::{Results, Row},
    targets,
};
use serde_json::json;
use std::{fmt::Write, process::Command};

const CELL: usize = 17;

/// One line while the suite runs: Co's seconds, then each peer's ratio.
pub fn brief(row: &Row) -> String {
    let Some(own) = row.entry("co") else { return "not run".to_string() };
    let mut line = format!("{} s", seconds(own.minimum(row.program)));
    for entry in row.entries.iter().filter(|entry| entry.peer != "co") {
        let _ = write!(line, "  {} {:.2}", entry.peer, row.ratio(entry.peer).unwrap_or(f64::NAN));
    }
    line
}

pub fn text(results: &Results) -> String {
    let mut out = String::new();
    for group in Group::ALL {
        let peers = results.peers_of(group);
        if peers.is_empty() {
            continue;
        }
        let _ = write!(out, "\n{:<16}", group.name());
        peers.iter().for_each(|peer| out.push_str(&format!("{peer:>CELL$}")));
        let _ = writeln!(out, "\n{:<16}{:>CELL$}  minimum s, (Co / peer)", "", "minimum/median s");
        for row in results.group(group) {
            let _ = write!(out, "{:<16}", row.program.name);
            for peer in &peers {
                let cell = row.entry(peer).map_or("-".to_string(), |entry| {
                    let mark = if row.agrees(entry) { "" } else { "!" };
                    let least = seconds(entry.minimum(row.program));
                    match row.ratio(peer) {
                        Some(ratio) if *peer != "co" => format!("{least} ({ratio:.2}){mark}"),
                        _ => format!("{least}/{}{mark}", seconds(entry.median(row.program))),
                    }
                });
                let _ = write!(out, "{cell:>CELL$}");
            }
            out.push('\n');
        }
        let _ = write!(out, "{:<16}", "geometric mean");
        for peer in &peers {
            let mean = results.mean(group, peer).filter(|_| *peer != "co");
            let _ = write!(out, "{:>CELL$}", mean.map_or(String::new(), |(mean, _)| format!("({mean:.2})")));
        }
        out.push_str("\npeak memory, MiB\n");
        for row in results.group(group) {
            let _ = write!(out, "{:<16}", row.program.name);
            for peer in &peers {
                let cell = row.entry(peer).map_or("-".to_string(), |entry| mebibytes(entry.peak_bytes()));
                let _ = write!(out, "{cell:>CELL$}");
            }
            out.push('\n');
        }
    }
    out.push_str("\ntargets (Co / peer, the farthest first)\n");
    for outcome in targets::outcomes(results) {
        let verdict = if outcome.ratio <= outcome.limit { "ok" } else { "MISSED" };
        let _ = writeln!(
            out,
            "{:<36}{:>7.2}  at most {:.2}  {verdict}",
            outcome.what, outcome.ratio, outcome.limit
        );
    }
    if out.contains('!') {
        out.push_str("\n! what was printed differs from Co\n");
    }
    out
}

pub fn markdown(results: &Results) -> String {
    let mut out = format!(
        "Measured on {}, {}. Seconds, least of all runs; in brackets Co's time over the peer's, so that below 1 Co is faster.\n",
        date(),
        machine()
    );
    for group in Group::ALL {
        let peers = results.peers_of(group);
        if peers.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n| {} | {} |", group.name(), peers.join(" | "));
        let _ = writeln!(out, "| --- |{}", " ---: |".repeat(peers.len()));
        for row in results.group(group) {
            let _ = write!(out, "| {} |", row.program.name.replace('_', " "));
            for peer in &peers {
                let cell = row.entry(peer).map_or("–".to_string(), |entry| {
                    let least = seconds(entry.minimum(row.program));
                    let ratio = row.ratio(peer).filter(|_| *peer != "co");
                    ratio.map_or(least.clone(), |ratio| format!("{least} ({ratio:.2})"))
                });
                let _ = write!(out, " {cell} |");
            }
            out.push('\n');
        }
        if results.group(group).count() > 1 {
            out.push_str("| **geometric mean** |");
            for peer in &peers {
                let mean = results.mean(group, peer).filter(|_| *peer != "co");
                let _ =
                    write!(out, " {} |", mean.map_or(String::new(), |(mean, _)| format!("**({mean:.2})**")));
            }
            out.push('\n');
        }
    }
    if let Some(row) = results.rows.iter().find(|row| row.program.name == "sleepers") {
        let cells: Vec<String> = row
            .entries
            .iter()
            .map(|entry| format!("{} {}", entry.peer, mebibytes(entry.peak_bytes())))
            .collect();
        let _ = writeln!(out, "\nPeak memory with a million tasks asleep, in MiB: {}.", cells.join(", "));
    }
    let versions: Vec<String> = results
        .peers
        .iter()
        .map(
            |(name, version)| {
                if version.is_empty() { name.to_string() } else { format!("{name}: {version}") }
            },
        )
        .collect();
    let _ = writeln!(out, "\nVersions: {}.", versions.join("; "));
    out
}

pub fn json(results: &Results) -> String {
    let rows: Vec<_> = results
        .rows
        .iter()
        .flat_map(|row| {
            row.entries.iter().map(|entry| {
                json!({
                    "group": row.program.group.name(),
                    "program": row.program.name,
                    "peer": entry.peer,
                    "seconds": entry.minimum(row.program),
                    "median_seconds": entry.median(row.program),
                    "cpu_seconds": entry.cpu_seconds(),
                    "peak_bytes": entry.peak_bytes(),
                    "ratio": row.ratio(entry.peer),
                    "runs": entry.samples.len(),
                    "agrees": row.agrees(entry),
                })
            })
        })
        .collect();
    let means: Vec<_> = Group::ALL
        .into_iter()
        .flat_map(|group| {
            results.peers_of(group).into_iter().filter_map(move |peer| {
                let (mean, programs) = results.mean(group, peer)?;
                Some(json!({"group": group.name(), "peer": peer, "ratio": mean, "programs": programs}))
            })
        })
        .collect();
    let targets: Vec<_> = targets::outcomes(results)
        .into_iter()
        .map(|outcome| json!({"what": outcome.what, "ratio": outcome.ratio, "limit": outcome.limit, "reached": outcome.ratio <= outcome.limit}))
        .collect();
    let versions: serde_json::Map<_, _> =
        results.peers.iter().map(|(name, version)| (name.to_string(), json!(version))).collect();
    let all = json!({"date": date(), "machine": machine(), "versions": versions, "results": rows, "means": means, "targets": targets});
    format!("{all:#}\n")
}

/// Three digits that matter.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 0.01 => format!("{s:.4}"),
        s if s < 10.0 => format!("{s:.3}"),
        s => format!("{s:.1}"),
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / (1 << 20) as f64)
}

pub fn date() -> String {
    said_by("date", &["-u", "+%F"])
}

/// The processor, how many of them, and the system.
pub fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    let count = std::thread::available_parallelism().map_or(1, |count| count.get());
    format!("{model}, {count} cores, {}", said_by("uname", &["-sm"]))
}

fn said_by(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output.map_or(String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_string())
}
