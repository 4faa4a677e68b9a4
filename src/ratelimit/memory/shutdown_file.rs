//! What the table did not have when the server stopped.
//!
//! Once a shutdown has begun no worker can be started, so the last changes cannot be flushed. The postmaster, which
//! exits last, writes them to a file, and reads it and removes it when it starts again. After a crash there is no
//! such file, and the table is what is left.

use phone_crypt_core::ratelimit::{Entry, KeyKind, KeyName, Owner, Row, SlotKey, Slots};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::{fs, io};

use super::owners;
use super::shmem::{header, layout, lock, lock_if_free, partition_of};
use crate::pg::clock::now_us;

/// In the data directory, which is where the server runs.
const FILE: &str = "pg_stat/phone_crypt_ratelimit.saved";
const UNFINISHED: &str = "pg_stat/phone_crypt_ratelimit.unfinished";
/// The format; another one is not read.
const MAGIC: &[u8; 8] = b"PCRLIM04";
const DIGEST_LEN: usize = 32;
const CONTROL_FILE: &str = "global/pg_control";

/// Writes the dirty slots of everyone. A partition that a killed backend has locked is as after a crash: what the
/// table has of it is what is left.
pub fn save() {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&this_run());
    let empty = bytes.len();
    for number in 0..layout().partitions {
        let Some(partition) = lock_if_free(number) else {
            pgrx::log!("phone_crypt: some of the rate limits could not be saved");
            continue;
        };
        for owner in owners::all() {
            put_dirty(&mut bytes, &partition, owner);
        }
    }
    if bytes.len() == empty {
        return;
    }
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    if let Err(error) = write(&bytes) {
        pgrx::log!("phone_crypt: could not save rate limits: {}", error.kind());
    }
}

fn put_dirty(bytes: &mut Vec<u8>, slots: &Slots<'_>, owner: Owner) {
    let all = slots.of(owner, 0..slots.touched());
    for (_, slot) in all.filter(|(_, slot)| slot.is_dirty()) {
        put(bytes, &[i64::from(owner.database), i64::from(owner.table)]);
        let name = slot.name();
        let kind = i64::from(name.kind.number());
        let space = i64::from(name.space);
        let length = name.bytes.len() as i64;
        put(bytes, &[slot.row_expires_us(), kind, space, length]);
        bytes.extend_from_slice(name.bytes);
        put_entry(bytes, slot.entry());
    }
}

/// Tells a stop and the start after it from all others: the server's control file, which only a run changes. Had
/// there been a run in between that did not read the file, or were this another server's, the table would be newer.
fn this_run() -> [u8; DIGEST_LEN] {
    Sha256::digest(fs::read(CONTROL_FILE).unwrap_or_default()).into()
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let file = fs::File::create(UNFINISHED)?;
    io::Write::write_all(&mut &file, bytes)?;
    file.sync_all()?;
    fs::rename(UNFINISHED, FILE)?;
    fs::File::open("pg_stat")?.sync_all()
}

/// Reads the file, if there is one, and removes it: what it says is true only once.
pub fn load() {
    if !Path::new(FILE).exists() {
        return;
    }
    let bytes = fs::read(FILE).unwrap_or_default();
    let is_gone = fs::remove_file(FILE).is_ok();
    let is_read = is_gone
        && checked(&bytes)
            .and_then(|mut rest| take_all(&mut rest))
            .is_some();
    if !is_read {
        pgrx::log!(
            "phone_crypt: the saved rate limits could not be read; the table is what is left"
        );
    }
}

/// What stands between the names of the format and the run, and the digest, if all are right.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (content, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST_LEN)?)?;
    let is_whole = Sha256::digest(content).as_slice() == digest;
    let rest = content.strip_prefix(MAGIC).filter(|_| is_whole)?;
    rest.strip_prefix(&this_run())
}

fn take_all(rest: &mut &[u8]) -> Option<()> {
    let mut homeless = 0;
    while !rest.is_empty() {
        let [database, table, row_expires_us, kind, space, key_len] = take(rest)?;
        let kind = KeyKind::of_number(i16::try_from(kind).ok()?)?;
        let space = i32::try_from(space).ok()?;
        let (bytes, after) = rest.split_at_checked(usize::try_from(key_len).ok()?)?;
        *rest = after;
        let entry = take_entry(rest)?;
        let owner = owners::enter(u32::try_from(database).ok()?, u32::try_from(table).ok()?)?;
        let key = SlotKey::new(owner, KeyName { bytes, kind, space }, header().seed)?;
        let mut partition = lock(partition_of(&key));
        if !restore(&mut partition, &key, &entry, row_expires_us) {
            homeless += 1;
        }
    }
    if homeless > 0 {
        pgrx::log!(
            "phone_crypt: {homeless} saved rate limits found no slot; raise phone_crypt.ratelimit_slots"
        );
    }
    Some(())
}

/// False if there is no slot for it, since there are fewer than before: then it is as old as its row in the table.
fn restore(slots: &mut Slots<'_>, key: &SlotKey<'_>, entry: &Entry, row_expires_us: i64) -> bool {
    let Ok(index) = slots.restore(key, row_expires_us, now_us()) else {
        return false;
    };
    slots.owner(key.owner()).dirty_since_us = now_us();
    slots.keep(index, entry);
    true
}

fn put(bytes: &mut Vec<u8>, numbers: &[i64]) {
    for number in numbers {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    for number in &mut numbers {
        let (bytes, after) = rest.split_first_chunk()?;
        *number = i64::from_le_bytes(*bytes);
        *rest = after;
    }
    Some(numbers)
}

/// `None` in a column, which holds no such number.
const NULL: i64 = i64::MIN;

fn put_entry(bytes: &mut Vec<u8>, entry: &Entry) {
    let row = Row::from_entry(entry, now_us());
    let null = |value: Option<i64>| value.unwrap_or(NULL);
    put(
        bytes,
        &[
            i64::from(row.count),
            row.window_start_ms,
            row.updated_us,
            null(row.algorithm.map(i64::from)),
            null(row.window_us),
            null(row.start_us),
            null(row.current),
            null(row.previous),
            null(row.tat_ns),
            null(row.quota),
            null(row.burst),
            null(row.violations.map(i64::from)),
            null(row.last_violation_us),
            null(row.blocked_until_us),
            null(row.expires_us),
        ],
    );
}

fn take_entry(rest: &mut &[u8]) -> Option<Entry> {
    let columns: [i64; 15] = take(rest)?;
    let wide = |index: usize| Some(columns[index]).filter(|value| *value != NULL);
    let narrow = |index: usize| wide(index).and_then(|value| i32::try_from(value).ok());
    let row = Row {
        count: narrow(0)?,
        window_start_ms: columns[1],
        updated_us: columns[2],
        algorithm: wide(3).and_then(|value| i16::try_from(value).ok()),
        window_us: wide(4),
        start_us: wide(5),
        current: wide(6),
        previous: wide(7),
        tat_ns: wide(8),
        quota: wide(9),
        burst: wide(10),
        violations: narrow(11),
        last_violation_us: wide(12),
        blocked_until_us: wide(13),
        expires_us: wide(14),
    };
    Some(row.to_entry())
}
