//! The server's log, and what came into it since a given moment.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::server::Server;
use crate::session::wait_until;

/// A moment in a server's log.
#[derive(Debug, Clone, Copy)]
pub struct LogMark(u64);

impl Server {
    /// All of the log.
    pub fn log(&self) -> String {
        read_from(&self.path("log"), 0)
    }

    /// Now.
    pub fn log_mark(&self) -> LogMark {
        let file = std::fs::metadata(self.path("log"));
        LogMark(file.map_or(0, |file| file.len()))
    }

    /// What came into the log since.
    pub fn log_since(&self, mark: LogMark) -> String {
        read_from(&self.path("log"), mark.0)
    }

    /// Waits until the log says this, after the mark.
    #[track_caller]
    pub fn wait_for_log(&self, mark: LogMark, text: &str) {
        wait_until(&format!("the log says {text:?}"), || {
            self.log_since(mark).contains(text)
        });
    }

    /// Panics if the log holds the secret.
    #[track_caller]
    pub fn log_hides(&self, secret: &str) {
        let log = self.log();
        let found = log.lines().find(|line| line.contains(secret));
        assert!(found.is_none(), "the log holds a secret: {found:?}");
    }
}

fn read_from(path: &Path, start: u64) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(start))?;
        file.read_to_end(&mut bytes)
    });
    read.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}
