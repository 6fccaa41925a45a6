//! Who runs the programs: Co, and every peer that is installed. A peer is a command in front of a script, or a compiler whose
//! program is built once.

use super::programs::{self, Group, Program};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

pub struct Peer {
    pub name: &'static str,
    groups: &'static [Group],
    extension: &'static str,
    how: How,
    pub version: String,
}

enum How {
    /// The words before the script, and those that only check it, if it can.
    Script {
        run: Vec<String>,
        check: Option<Vec<String>>,
    },
    Go(String),
    Smol(String),
}

/// Where to find executables: `name=path` from the command line wins over `PATH`.
pub type Paths = BTreeMap<String, String>;

const COMPUTE: &[Group] = &[Group::Compute];
const TASKS: &[Group] = &[Group::Tasks];

/// Those that are installed; Co first.
pub fn installed(co: &Path, paths: &Paths) -> Vec<Peer> {
    let co = co.to_string_lossy();
    let script = |name, groups, extension, run: &[&str], check: Option<&[&str]>| {
        let own = |words: &[&str]| -> Vec<String> {
            words.iter().map(|word| paths.get(*word).cloned().unwrap_or_else(|| word.to_string())).collect()
        };
        let how = How::Script { run: own(run), check: check.map(own) };
        Peer { name, groups, extension, how, version: String::new() }
    };
    let compiled =
        |name, extension, how| Peer { name, groups: TASKS, extension, how, version: String::new() };
    let tool = |name: &str| paths.get(name).cloned().unwrap_or_else(|| name.to_string());
    let python_check =
        ["python3", "-c", "import sys; compile(open(sys.argv[1]).read(), sys.argv[1], 'exec')"];
    [
        script("co", &Group::ALL, "co", &[&co], Some(&[&co, "check"])),
        script("lua5.4", &Group::ALL, "lua", &["lua5.4"], Some(&["luac5.4", "-p"])),
        script("luajit -joff", &[Group::Compute, Group::Start], "lua", &["luajit", "-joff"], None),
        script("node --jitless", COMPUTE, "js", &["node", "--jitless"], None),
        script("quickjs", &[Group::Compute, Group::Start, Group::FrontEnd], "js", &["qjs"], None),
        script(
            "python3",
            &[Group::Compute, Group::Start, Group::FrontEnd],
            "py",
            &["python3"],
            Some(&python_check),
        ),
        script("asyncio + uvloop", TASKS, "py", &["python3"], None),
        compiled("smol", "rs", How::Smol(tool("cargo"))),
        compiled("go", "go", How::Go(tool("go"))),
        script(
            "node",
            &[Group::Tasks, Group::Start, Group::FrontEnd],
            "js",
            &["node"],
            Some(&["node", "--check"]),
        ),
        script("bun", &[Group::Tasks, Group::Start, Group::FrontEnd], "js", &["bun"], None),
        script("deno", &[Group::Tasks, Group::Start, Group::FrontEnd], "js", &["deno", "run", "-q"], None),
    ]
    .into_iter()
    .filter_map(|peer| Some(Peer { version: version(&peer)?, ..peer }))
    .collect()
}

impl Peer {
    /// The command that runs a program, once what has to be built is built. None: this peer does not take part.
    pub fn command(&self, program: &Program) -> Option<Result<Command, String>> {
        if !self.groups.contains(&program.group) {
            return None;
        }
        let file = programs::file(program, self.extension)?;
        Some(match &self.how {
            How::Script { run, check } => {
                let words = if program.name == "check" { check.as_ref()? } else { run };
                let mut command = Command::new(&words[0]);
                command.args(&words[1..]).arg(file);
                Ok(command)
            }
            How::Go(go) => build_go(go, &file, program.name).map(Command::new),
            How::Smol(cargo) => build_smol(cargo, program.name).map(Command::new),
        })
    }
}

fn build_go(go: &str, file: &Path, name: &str) -> Result<PathBuf, String> {
    let output = programs::output_folder().join("go").join(name);
    run_tool(Command::new(go).arg("build").arg("-o").arg(&output).arg(file))?;
    Ok(output)
}

/// All programs on smol are one package, which is built when the first of them is due.
fn build_smol(cargo: &str, name: &str) -> Result<PathBuf, String> {
    let folder = programs::output_folder().join("smol");
    let manifest = programs::folder().join("smol/Cargo.toml");
    run_tool(
        Command::new(cargo)
            .args(["build", "--release", "--quiet", "--locked", "--manifest-path"])
            .arg(manifest)
            .arg("--target-dir")
            .arg(&folder),
    )?;
    Ok(folder.join("release").join(name))
}

fn run_tool(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// The crate's, as it is locked.
fn smol_version() -> Option<String> {
    let lock = std::fs::read_to_string(programs::folder().join("smol/Cargo.lock")).ok()?;
    let (_, package) = lock.split_once("name = \"smol\"\nversion = \"")?;
    Some(format!("crate {}", package.split_once('"')?.0))
}

/// What it says when it is asked for its version; None if it is not there, or cannot run the programs.
fn version(peer: &Peer) -> Option<String> {
    let (program, flags): (&str, &[&str]) = match &peer.how {
        How::Go(go) => (go, &["version"]),
        How::Smol(cargo) => (cargo, &["--version"]),
        How::Script { run, .. } if peer.name.contains("uvloop") => (
            &run[0],
            &[
                "-c",
                "import sys, uvloop; print('Python', sys.version.split()[0], 'uvloop', uvloop.__version__)",
            ],
        ),
        How::Script { run, .. } if peer.extension == "lua" => (&run[0], &["-v"]),
        How::Script { run, .. } => (&run[0], &["--version"]),
    };
    let output = Command::new(program).args(flags).stdin(Stdio::null()).output().ok()?;
    if peer.name.contains("uvloop") && !output.status.success() {
        return None;
    }
    if matches!(peer.how, How::Smol(_)) {
        return smol_version();
    }
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    Some(String::from_utf8_lossy(&text).lines().next().unwrap_or_default().trim().to_string())
}
