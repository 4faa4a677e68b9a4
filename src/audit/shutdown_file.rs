//! Records that were still in the queue when the server stopped: once a shutdown has begun no worker can be started. The
//! postmaster, which exits last, writes them to a file, and reads it and removes it when it starts again. After a crash there
//! is no such file, and the log says that an unknown number may be missing.

use sha2::{Digest, Sha256};
use std::path::Path;
use std::{fs, io};

use super::queue::{MAX_TEXT, QUEUE, Queue};
use crate::pg::Oid;
use crate::worker::announce;

/// In the data directory, which is where the server runs.
const FILE: &str = "pg_stat/phone_crypt_audit.saved";
const UNFINISHED: &str = "pg_stat/phone_crypt_audit.unfinished";
/// The format; another one is not read.
const MAGIC: &[u8; 8] = b"PCAUDQ01";
const DIGEST_LEN: usize = 32;
const CONTROL_FILE: &str = "global/pg_control";
/// Where PostgreSQL's control file has the state of the server, and what stands there after an orderly stop.
const STATE_AT: usize = 16;
const SHUT_DOWN: u32 = 1;

/// Writes what is in the queue.
pub fn save() {
    let Some(queue) = QUEUE.exclusive_if_free() else {
        pgrx::log!("phone_crypt: the audit queue could not be saved");
        return;
    };
    let control = fs::read(CONTROL_FILE).unwrap_or_default();
    if !is_shut_down(&control) {
        return;
    }
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&Sha256::digest(&control));
    bytes.extend_from_slice(&queue.run().to_le_bytes());
    for (database, entered) in queue.positions() {
        let records = queue.records(database);
        bytes.extend_from_slice(&u64::from(database).to_le_bytes());
        bytes.extend_from_slice(&entered.to_le_bytes());
        bytes.extend_from_slice(&(records.len() as u64).to_le_bytes());
        for record in records {
            bytes.extend_from_slice(&record.number.to_le_bytes());
            bytes.extend_from_slice(&record.time_us.to_le_bytes());
            bytes.extend_from_slice(&(record.text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(&record.text);
        }
    }
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    if let Err(error) = write(&bytes) {
        pgrx::log!(
            "phone_crypt: could not save the audit queue: {}",
            error.kind()
        );
    }
}

fn is_shut_down(control: &[u8]) -> bool {
    let state = control
        .get(STATE_AT..)
        .and_then(|rest| rest.first_chunk::<4>());
    state.is_some_and(|state| u32::from_ne_bytes(*state) == SHUT_DOWN)
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let file = fs::File::create(UNFINISHED)?;
    io::Write::write_all(&mut &file, bytes)?;
    file.sync_all()?;
    fs::rename(UNFINISHED, FILE)?;
    fs::File::open("pg_stat")?.sync_all()
}

/// Reads the file, if there is one, and removes it: what it says is true only once. The run goes on then.
pub fn load(queue: &mut Queue) {
    if !Path::new(FILE).exists() {
        return;
    }
    let bytes = fs::read(FILE).unwrap_or_default();
    let is_gone = fs::remove_file(FILE).is_ok();
    if !is_gone
        || checked(&bytes)
            .and_then(|rest| take_all(queue, rest))
            .is_none()
    {
        pgrx::log!(
            "phone_crypt: the saved audit queue could not be read; some records may be missing"
        );
    }
}

/// What stands between the names of the format and the run of the server, and the digest, if all are right.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (content, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST_LEN)?)?;
    let is_whole = Sha256::digest(content).as_slice() == digest;
    let rest = content.strip_prefix(MAGIC).filter(|_| is_whole)?;
    let control = fs::read(CONTROL_FILE).unwrap_or_default();
    rest.strip_prefix(Sha256::digest(&control).as_slice())
}

fn take_all(queue: &mut Queue, mut rest: &[u8]) -> Option<()> {
    let rest = &mut rest;
    let run = take(rest)?;
    while !rest.is_empty() {
        let database = u32::try_from(take(rest)?).ok()?;
        let entered = take(rest)?;
        queue.set_position(database, entered);
        let count = take(rest)?;
        if count > 0 {
            announce(Oid::from(database));
        }
        for _ in 0..count {
            let (number, time_us) = (take(rest)?, take(rest)?.cast_signed());
            let len = usize::try_from(take(rest)?).ok()?;
            let (text, after) = rest.split_at_checked(len.min(MAX_TEXT))?;
            *rest = after;
            queue.put(database, number, time_us, text)?;
        }
    }
    queue.begin(run, true);
    Some(())
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u64::from_le_bytes(*bytes))
}
