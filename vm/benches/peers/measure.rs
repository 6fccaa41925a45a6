//! Runs one process to its end: how long it took, and how much memory it had at its peak.

use std::{
    io::Read,
    process::{Command, Stdio},
    thread,
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
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    // Read beside stdout, so that neither pipe fills up; shown only when the run fails.
    let said = child.stderr.take().map(|mut stderr| {
        thread::spawn(move || {
            let mut said = Vec::new();
            // What cannot be read is not shown.
            let _ = stderr.read_to_end(&mut said);
            said
        })
    });
    let mut output = Vec::new();
    if let Some(stdout) = &mut child.stdout {
        stdout.read_to_end(&mut output).map_err(|error| error.to_string())?;
    }
    let ended = child.wait4().map_err(|error| error.to_string())?;
    let seconds = start.elapsed().as_secs_f64();
    if !ended.status.success() {
        let said = said.and_then(|reader| reader.join().ok()).unwrap_or_default();
        return Err(format!("{}\n{}", ended.status, String::from_utf8_lossy(&said)));
    }
    Ok(Sample {
        seconds,
        cpu_seconds: (ended.rusage.utime + ended.rusage.stime).as_secs_f64(),
        peak_bytes: ended.rusage.maxrss,
        output: String::from_utf8_lossy(&output).trim().to_string(),
    })
}
