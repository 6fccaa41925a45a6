//! Runs one process to its end: how long it took, and how much memory it had at its peak.

use std::{
    io::Read,
    process::{Command, Stdio},
    time::Instant,
};
use wait4::Wait4;

pub struct Sample {
    pub seconds: f64,
    /// Time on the processors, of all threads.
    pub cpu_seconds: f64,
    pub peak_bytes: u64,
    pub output: String,
}

pub fn run(command: &mut Command) -> Result<Sample, String> {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut output = Vec::new();
    if let Some(stdout) = &mut child.stdout {
        stdout.read_to_end(&mut output).map_err(|error| error.to_string())?;
    }
    let ended = child.wait4().map_err(|error| error.to_string())?;
    let seconds = start.elapsed().as_secs_f64();
    if !ended.status.success() {
        return Err(ended.status.to_string());
    }
    Ok(Sample {
        seconds,
        cpu_seconds: (ended.rusage.utime + ended.rusage.stime).as_secs_f64(),
        peak_bytes: ended.rusage.maxrss,
        output: String::from_utf8_lossy(&output).trim().to_string(),
    })
}
