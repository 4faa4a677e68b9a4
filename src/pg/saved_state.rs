//! State of shared memory that outlives an orderly stop, in a file: the postmaster, which exits last, writes it, and reads and
//! removes it when it starts again. After a crash there is none, and one that is not of this stop is not read.

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
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        if let Err(error) = self.write(&bytes) {
            pgrx::log!(
                "phone_crypt: could not save {}: {}",
                self.what,
                error.kind()
            );
        }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let file = fs::File::create(self.unfinished)?;
        io::Write::write_all(&mut &file, bytes)?;
        file.sync_all()?;
        fs::rename(self.unfinished, self.file)?;
        let folder = Path::new(self.file).parent();
        folder.map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
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
        let (content, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST_LEN)?)?;
        let is_whole = Sha256::digest(content).as_slice() == digest;
        let rest = content.strip_prefix(self.magic).filter(|_| is_whole)?;
        let control = fs::read(CONTROL_FILE).unwrap_or_default();
        rest.strip_prefix(Sha256::digest(&control).as_slice())
    }
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
