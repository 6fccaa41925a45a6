//! Runs the programs in `benches/programs` in Co and in every peer that is installed, taking turns, checks that all print the
//! same, and prints seconds, ratios, peak memory, geometric means and how far each ratio is from what it has to be:
//! `cargo bench -p co-vm --bench peers -- [PROGRAM…] [FLAGS]`, see `HELP`.
//!
//! Ratios are of one run on one machine; absolute times mean little on machines that are shared. The figure is the minimum
//! over the runs, the median stands beside it.

mod programs;
mod front_end;
mod peers;
mod measure;
mod results;
mod targets;
mod report;
mod plot;
mod instructions;

use peers::Paths;
use programs::{Group, PROGRAMS, Program};
use results::{Entry, Results, Row};
use std::path::{Path, PathBuf};

const HELP: &str = "\
peers [PROGRAM…]            only programs whose name contains one of these words
  --group GROUP             only compute, tasks, start-up or \"front end\"
  --peers NAMES             only these peers, by the start of their names: lua5.4,go
  --runs N                  runs of each program (7); the first one more warms the caches
  --budget SECONDS          a peer that has used this much on a program runs it no more (10)
  --co PATH                 this build of Co (target/release/co)
  --path NAME=PATH          where an executable is: bun=/opt/bun
  --json FILE  --markdown FILE  --svg FILE
  --instructions [--save]   count instructions under callgrind instead, and compare with the stored counts (or store them)
";

struct Options {
    words: Vec<String>,
    group: Option<Group>,
    peers: Vec<String>,
    runs: usize,
    budget: f64,
    co: PathBuf,
    paths: Paths,
    json: Option<PathBuf>,
    markdown: Option<PathBuf>,
    svg: Option<PathBuf>,
    instructions: bool,
    save: bool,
}

fn main() {
    let options = match options() {
        Ok(options) => options,
        Err(error) => fail(&format!("{error}\n{HELP}")),
    };
    if !options.co.exists() {
        fail(&format!("no {}: build it first with `cargo build --release`", options.co.display()));
    }
    if options.instructions {
        std::process::exit(instructions::run(&options.co, &options.words, options.save));
    }
    let results = run(&options);
    print!("{}", report::text(&results));
    let written = [
        (&options.json, report::json as fn(&Results) -> String),
        (&options.markdown, report::markdown),
        (&options.svg, plot::svg),
    ];
    for (path, write) in written {
        if let Some(path) = path
            && let Err(error) = std::fs::write(path, write(&results))
        {
            fail(&format!("{}: {error}", path.display()));
        }
    }
}

fn fail(message: &str) -> ! {
    eprintln!("{message}");
    std::process::exit(2);
}

fn options() -> Result<Options, String> {
    let co = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/co");
    let mut options = Options {
        words: Vec::new(),
        group: None,
        peers: Vec::new(),
        runs: 7,
        budget: 10.0,
        co,
        paths: Paths::new(),
        json: None,
        markdown: None,
        svg: None,
        instructions: false,
        save: false,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--group" => {
                let name = value()?;
                let group = Group::ALL.into_iter().find(|group| group.name().starts_with(&name));
                options.group = Some(group.ok_or(format!("no group {name}"))?);
            }
            "--peers" => options.peers = value()?.split(',').map(str::to_string).collect(),
            "--runs" => options.runs = number(&value()?)? as usize,
            "--budget" => options.budget = number(&value()?)?,
            "--co" => options.co = value()?.into(),
            "--path" => {
                let value = value()?;
                let (name, path) = value.split_once('=').ok_or("--path NAME=PATH")?;
                options.paths.insert(name.to_string(), path.to_string());
            }
            "--json" => options.json = Some(value()?.into()),
            "--markdown" => options.markdown = Some(value()?.into()),
            "--svg" => options.svg = Some(value()?.into()),
            "--instructions" => options.instructions = true,
            "--save" => options.save = true,
            "--help" => {
                print!("{HELP}");
                std::process::exit(0);
            }
            // Cargo passes this.
            "--bench" => {}
            _ if arg.starts_with('-') => return Err(format!("what is {arg}?")),
            _ => options.words.push(arg),
        }
    }
    Ok(options)
}

fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

fn run(options: &Options) -> Results {
    let peers: Vec<_> = peers::installed(&options.co, &options.paths)
        .into_iter()
        .filter(|peer| {
            let wanted = options.peers.is_empty()
                || options.peers.iter().any(|name| peer.name.starts_with(name.as_str()));
            peer.name == "co" || wanted
        })
        .collect();
    let wanted = |program: &&Program| {
        let named =
            options.words.is_empty() || options.words.iter().any(|word| program.name.contains(word.as_str()));
        named && options.group.is_none_or(|group| group == program.group)
    };
    let rows = PROGRAMS
        .iter()
        .filter(wanted)
        .map(|program| {
            eprint!("{} … ", program.name);
            let row = measure_program(program, &peers, options);
            eprintln!("{}", report::brief(&row));
            row
        })
        .collect();
    Results { peers: peers.into_iter().map(|peer| (peer.name, peer.version)).collect(), rows }
}

/// Every peer once per round, so that what else the machine does falls on all of them.
fn measure_program(program: &'static Program, peers: &[peers::Peer], options: &Options) -> Row {
    let mut entries = Vec::new();
    for peer in peers {
        match peer.command(program) {
            None => {}
            Some(Ok(command)) => entries.push((Entry::new(peer.name), command, 0.0)),
            Some(Err(error)) => eprintln!("\n{} {}: {error}", program.name, peer.name),
        }
    }
    for round in 0..=options.runs {
        for (entry, command, spent) in &mut entries {
            let used_up = *spent > options.budget && !entry.samples.is_empty();
            if entry.failure.is_some() || used_up {
                continue;
            }
            match measure::run(command) {
                Ok(sample) => {
                    *spent += sample.seconds;
                    // The first run warms the caches, but of a slow peer it may be all there is.
                    if round == 1 && entry.samples.len() == 1 {
                        entry.samples.clear();
                    }
                    entry.samples.push(sample);
                }
                Err(error) => {
                    eprintln!("\n{} {}: {error}", program.name, entry.peer);
                    entry.failure = Some(error);
                }
            }
        }
    }
    let entries: Vec<Entry> =
        entries.into_iter().map(|(entry, ..)| entry).filter(|entry| entry.failure.is_none()).collect();
    let row = Row { program, entries };
    for entry in row.entries.iter().filter(|entry| !row.agrees(entry)) {
        let printed =
            |entry: &Entry| entry.samples.first().map(|sample| sample.output.clone()).unwrap_or_default();
        let expected = row.entries.first().map(printed).unwrap_or_default();
        eprintln!("\n{}: {} prints {:?} and not {expected:?}", program.name, entry.peer, printed(entry));
    }
    row
}
