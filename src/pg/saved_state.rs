//! State of shared memory that outlives the server, in a file.
//!
//! [`SavedState`] outlives an orderly stop: the postmaster, which exits last, writes it, and reads and removes it when it starts
//! again. After a crash there is none, and one that is not of this stop is not read. [`Snapshot`] outlives a crash, too, as old as
//! it is then.

use sha2::{Digest, Sha256};
use std::path::Path;
use std::{fs, io};

const DIGEST_LEN: usize = 32;
const CONTROL_FILE: &str = "global/pg_control";
/// Where PostgreSQL's control file has the state of the server, and what stands there after an orderly stop.
const STATE_AT: usize = 16;
const SHUT_DOWN: u32 = 1;

/// A file of saved state.
pub struct SavedState {
    /// Its name in the data directory, which is where the server runs, and that of one that is being written.
    pub file: &'static str,
    /// See `file`.
    pub unfinished: &'static str,
    /// The format; another one is not read.
    pub magic: &'static [u8; 8],
    /// What it holds, for the server log.
    pub what: &'static str,
}

impl SavedState {
    /// Writes the state, if the server has stopped in an orderly way. What fails is said in the server log.
    pub fn save(&self, state: &[u8]) {
        let control = fs::read(CONTROL_FILE).unwrap_or_default();
        if !is_shut_down(&control) {
            return;
        }
        let mut bytes = self.magic.to_vec();
        bytes.extend_from_slice(&Sha256::digest(&control));
        bytes.extend_from_slice(state);
        if let Err(error) = write(self.file, self.unfinished, bytes) {
            log_failure(self.what, &error);
        }
    }

    /// Calls `load` with the state, if there is one, and removes it: what it says is true only once. What cannot be read, also
    /// because `load` gives None, is said in the server log.
    pub fn load(&self, load: impl FnOnce(&[u8]) -> Option<()>) {
        if !Path::new(self.file).exists() {
            return;
        }
        let bytes = fs::read(self.file).unwrap_or_default();
        let is_gone = fs::remove_file(self.file).is_ok();
        if !is_gone || self.checked(&bytes).and_then(load).is_none() {
            pgrx::log!(
                "phone_crypt: {} could not be read; some of it may be missing",
                self.what
            );
        }
    }

    /// What stands between the names of the format and the run of the server, and the digest, if all are right.
    fn checked<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let rest = whole(bytes)?.strip_prefix(self.magic)?;
        let control = fs::read(CONTROL_FILE).unwrap_or_default();
        rest.strip_prefix(Sha256::digest(&control).as_slice())
    }
}

/// A file of state that is written again and again. Whoever has use for it judges whether it is too old.
pub struct Snapshot {
    /// Its name in the data directory, which is where the server runs, and that of one that is being written.
    pub file: &'static str,
    /// See `file`.
    pub unfinished: &'static str,
    /// The format; another one is not read.
    pub magic: &'static [u8; 8],
    /// What it holds, for the server log.
    pub what: &'static str,
}

impl Snapshot {
    /// Writes the state. False if that failed, which the server log says if `is_logged`.
    pub fn save(&self, state: &[u8], is_logged: bool) -> bool {
        let mut bytes = self.magic.to_vec();
        bytes.extend_from_slice(state);
        let written = write(self.file, self.unfinished, bytes);
        if let (Err(error), true) = (&written, is_logged) {
            log_failure(self.what, error);
        }
        written.is_ok()
    }

    /// Calls `load` with the state, if there is one. What cannot be read, also because `load` gives None, is said in the server
    /// log.
    pub fn load(&self, load: impl FnOnce(&[u8]) -> Option<()>) {
        if !Path::new(self.file).exists() {
            return;
        }
        let bytes = fs::read(self.file).unwrap_or_default();
        let state = whole(&bytes).and_then(|content| content.strip_prefix(self.magic));
        if state.and_then(load).is_none() {
            pgrx::log!("phone_crypt: {} could not be read", self.what);
        }
    }
}

/// Writes these bytes and their digest: all, durably, or nothing.
fn write(file: &str, unfinished: &str, mut bytes: Vec<u8>) -> io::Result<()> {
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    let new = fs::File::create(unfinished)?;
    io::Write::write_all(&mut &new, &bytes)?;
    new.sync_all()?;
    fs::rename(unfinished, file)?;
    let folder = Path::new(file).parent();
    folder.map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

/// What stands before the digest, if that is right.
fn whole(bytes: &[u8]) -> Option<&[u8]> {
    let (content, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST_LEN)?)?;
    (Sha256::digest(content).as_slice() == digest).then_some(content)
}

fn log_failure(what: &str, error: &io::Error) {
    pgrx::log!("phone_crypt: could not save {what}: {}", error.kind());
}

fn is_shut_down(control: &[u8]) -> bool {
    let state = control
        .get(STATE_AT..)
        .and_then(|rest| rest.first_chunk::<4>());
    state.is_some_and(|state| u32::from_ne_bytes(*state) == SHUT_DOWN)
}

/// Takes the next number off what was saved.
pub fn take(rest: &mut &[u8]) -> Option<u64> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u64::from_le_bytes(*bytes))
}
