//! A lockdown of the whole server: a file in its data directory, which is where the server runs.
//!
//! Where the library is preloaded the file is read when the server starts, before anybody connects, and a flag in shared
//! memory says the same from then on. Without shared memory each session looks for the file once a statement.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::{fs, io};

use super::shared::{FILE_ACCESS, SWITCH};
use crate::pg::{TimestampTz, unguarded};

const FILE: &str = "phone_crypt.lockdown";
const UNFINISHED: &str = "phone_crypt.lockdown.unfinished";

/// The statement (by its start) at which this process last looked for the file.
static LOOKED_AT: AtomicI64 = AtomicI64::new(0);
static WAS_THERE: AtomicBool = AtomicBool::new(false);

/// Who locked the server, when, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Note {
    /// Microseconds of PostgreSQL's epoch.
    pub since: TimestampTz,
    /// The role that was logged in.
    pub role: String,
    pub reason: String,
}

/// Whether the server is locked down.
#[inline]
pub fn is_on() -> bool {
    match SWITCH.find() {
        Some(switch) => switch.is_cluster_locked.load(Ordering::Acquire),
        None => has_file_in_this_statement(),
    }
}

fn has_file_in_this_statement() -> bool {
    let statement = unguarded::statement_start();
    if LOOKED_AT.load(Ordering::Relaxed) != statement {
        WAS_THERE.store(has_file(), Ordering::Relaxed);
        LOOKED_AT.store(statement, Ordering::Relaxed);
    }
    WAS_THERE.load(Ordering::Relaxed)
}

/// Whether there is such a file. Where nobody can tell, there is.
pub fn has_file() -> bool {
    Path::new(FILE).try_exists().unwrap_or(true)
}

/// Locks the server down, and writes the file. Where there is shared memory the lockdown is in force also if the file cannot be
/// written: until the server stops.
pub fn lock(note: &Note) -> io::Result<()> {
    let _access = SWITCH.find().map(|_| FILE_ACCESS.exclusive());
    set(true);
    write(note.as_text().as_bytes())
}

/// Releases the server. Whether it was locked down.
pub fn release() -> io::Result<bool> {
    let _access = SWITCH.find().map(|_| FILE_ACCESS.exclusive());
    let was_there = match fs::remove_file(FILE) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    sync_directory()?;
    Ok(set(false) || was_there)
}

/// The former state.
fn set(is_locked: bool) -> bool {
    LOOKED_AT.store(0, Ordering::Relaxed);
    SWITCH
        .find()
        .is_some_and(|switch| switch.is_cluster_locked.swap(is_locked, Ordering::AcqRel))
}

/// What the file says; None where there is none. One that was made by hand, or cannot be read, says nothing.
pub fn note() -> Option<Option<Note>> {
    is_on().then(|| {
        let text = fs::read(FILE).ok()?;
        Note::of_text(&String::from_utf8_lossy(&text))
    })
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(UNFINISHED)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(UNFINISHED, FILE)?;
    sync_directory()
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
