//! The file that keeps a server locked down: in the data directory, which is where the server runs.

use std::io::Write;
use std::path::Path;
use std::{fs, io};

use crate::pg::TimestampTz;

const FILE: &str = "phone_crypt.lockdown";
const UNFINISHED: &str = "phone_crypt.lockdown.unfinished";

/// Who locked the server, when, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Note {
    /// Microseconds of PostgreSQL's epoch.
    pub since: TimestampTz,
    /// The role that was logged in.
    pub role: String,
    pub reason: String,
}

/// Whether there is such a file. Where nobody can tell, there is.
pub fn exists() -> bool {
    Path::new(FILE).try_exists().unwrap_or(true)
}

/// Writes it, in the place of an earlier one.
pub fn write(note: &Note) -> io::Result<()> {
    let mut file = fs::File::create(UNFINISHED)?;
    file.write_all(note.as_text().as_bytes())?;
    file.sync_all()?;
    fs::rename(UNFINISHED, FILE)?;
    sync_directory()
}

/// Removes it. Whether there was one.
pub fn remove() -> io::Result<bool> {
    let was_there = match fs::remove_file(FILE) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    sync_directory()?;
    Ok(was_there)
}

/// What it says. One that was made by hand, or cannot be read, says nothing.
pub fn read() -> Option<Note> {
    let text = fs::read(FILE).ok()?;
    Note::of_text(&String::from_utf8_lossy(&text))
}

fn sync_directory() -> io::Result<()> {
    fs::File::open(".")?.sync_all()
}

impl Note {
    /// A line with the time, one with the role, and the reason.
    fn as_text(&self) -> String {
        let role = self.role.replace('\n', " ");
        format!("{}\n{role}\n{}", self.since, self.reason)
    }

    fn of_text(text: &str) -> Option<Note> {
        let mut parts = text.splitn(3, '\n');
        Some(Note {
            since: parts.next()?.parse().ok()?,
            role: parts.next()?.to_owned(),
            reason: parts.next()?.to_owned(),
        })
    }
}
