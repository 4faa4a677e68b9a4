//! Running a command to its end and keeping what it said.

use std::process::{Command, Stdio};

/// What a finished command left behind.
#[derive(Debug)]
pub struct Finished {
    /// Whether its exit status was 0.
    pub succeeded: bool,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Finished {
    /// The standard output without its last line feed; panics with the standard error if it failed.
    pub fn output(&self) -> &str {
        assert!(self.succeeded, "the command failed: {}", self.stderr);
        self.stdout.trim_end_matches('\n')
    }
}

/// Runs the command to its end, with nothing on its standard input.
pub fn finish(command: &mut Command) -> Finished {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
    Finished {
        succeeded: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
