//! Runs the programs in `benches/programs` in Co and in every peer that is installed, interleaved, checks that all print the
//! same, and prints seconds and ratios: `cargo bench -p co-vm --bench peers -- [filter] [--runs N] [--co PATH]`.
//!
//! Ratios are of one run on one machine; absolute times mean little on machines that are shared. The figure is the
//! minimum over the runs, the median stands beside it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

struct Peer {
    name: &'static str,
    extension: &'static str,
    command: Vec<String>,
}

fn main() {
    let mut filter = String::new();
    let mut runs = 5;
    let mut co = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--runs" => runs = args.next().and_then(|n| n.parse().ok()).unwrap_or(runs),
            "--co" => co = args.next().map(PathBuf::from),
            "--bench" | "--test" => {}
            _ => filter = arg,
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let co = co.unwrap_or_else(|| root.join("../target/release/co"));
    if !co.exists() {
        eprintln!("no {}: build it first with `cargo build --release`", co.display());
        std::process::exit(2);
    }
    let peer = |name, extension, command: &[&str]| Peer {
        name,
        extension,
        command: command.iter().map(|part| part.to_string()).collect(),
    };
    let peers: Vec<Peer> = [
        peer("co", "co", &[&co.to_string_lossy()]),
        peer("lua5.4", "lua", &["lua5.4"]),
        peer("luajit -joff", "lua", &["luajit", "-joff"]),
        peer("node --jitless", "js", &["node", "--jitless"]),
        peer("python3", "py", &["python3"]),
    ]
    .into_iter()
    .filter(|peer| runs_at_all(&peer.command))
    .collect();
    print!("{:<16}", "program");
    peers.iter().for_each(|peer| print!("{:>24}", peer.name));
    println!("\n{:<16}{}", "", format!("{:>24}", "min / median s, ratio").repeat(peers.len()));
    let mut logs: Vec<(f64, u32)> = vec![(0.0, 0); peers.len()];
    for (program, files) in programs(&root.join("benches/programs")) {
        if !program.contains(&filter) {
            continue;
        }
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); peers.len()];
        let mut outputs: Vec<Option<String>> = vec![None; peers.len()];
        for run in 0..=runs {
            for (index, peer) in peers.iter().enumerate() {
                let Some(file) = files.get(peer.extension) else { continue };
                let start = Instant::now();
                let output = Command::new(&peer.command[0])
                    .args(&peer.command[1..])
                    .arg(file)
                    .stderr(Stdio::inherit())
                    .output();
                let seconds = start.elapsed().as_secs_f64();
                match output {
                    Ok(output) if output.status.success() => {
                        outputs[index] = Some(String::from_utf8_lossy(&output.stdout).trim().to_string());
                        // The first run warms the caches.
                        if run > 0 {
                            times[index].push(seconds);
                        }
                    }
                    _ => outputs[index] = None,
                }
            }
        }
        print!("{program:<16}");
        let own = minimum(&times[0]);
        for (index, _) in peers.iter().enumerate() {
            if times[index].is_empty() {
                print!("{:>24}", "-");
                continue;
            }
            let differs = outputs[index].is_some() && outputs[index] != outputs[0];
            let best = minimum(&times[index]);
            let ratio = own / best;
            if index > 0 {
                logs[index].0 += ratio.ln();
                logs[index].1 += 1;
            }
            let mark = if differs { "!" } else { "" };
            let text = format!("{best:.3}/{:.3} {ratio:>6.2}{mark}", median(&mut times[index]));
            print!("{text:>24}");
            if differs {
                eprintln!("\n{program}: {} prints {:?}", peers[index].name, outputs[index]);
            }
        }
        println!();
    }
    print!("{:<16}{:>24}", "geometric mean", "");
    for (sum, count) in &logs[1..] {
        let text = if *count == 0 { "-".to_string() } else { format!("{:.2}", (sum / *count as f64).exp()) };
        print!("{text:>24}");
    }
    println!("\n(ratio: Co's minimum over the peer's; below 1 Co is faster; ! the output differs)");
}

fn runs_at_all(command: &[String]) -> bool {
    let version = if command[0].contains("lua") { "-v" } else { "--version" };
    Command::new(&command[0]).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Program name → extension → file.
fn programs(folder: &Path) -> BTreeMap<String, BTreeMap<String, PathBuf>> {
    let mut found: BTreeMap<String, BTreeMap<String, PathBuf>> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if let (Some(stem), Some(extension)) = (path.file_stem(), path.extension()) {
            let (stem, extension) =
                (stem.to_string_lossy().into_owned(), extension.to_string_lossy().into_owned());
            found.entry(stem).or_default().insert(extension, path);
        }
    }
    found
}

fn minimum(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
