//! Records that were still in the queue when the server stopped: once a shutdown has begun no worker can be started. After a crash
//! there is no such file, and the log says that an unknown number may be missing.

use super::queue::{MAX_TEXT, QUEUE, Queue};
use crate::pg::Oid;
use crate::pg::saved_state::{SavedState, take};
use crate::worker::announce;

const FILE: SavedState = SavedState {
    file: "pg_stat/phone_crypt_audit.saved",
    unfinished: "pg_stat/phone_crypt_audit.unfinished",
    magic: b"PCAUDQ01",
    what: "the saved audit queue",
};

/// Writes what is in the queue.
pub fn save() {
    let Some(queue) = QUEUE.exclusive_if_free() else {
        pgrx::log!("phone_crypt: the audit queue could not be saved");
        return;
    };
    let mut bytes = queue.run().to_le_bytes().to_vec();
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
    FILE.save(&bytes);
}

/// Reads the file, if there is one. The run goes on then.
pub fn load(queue: &mut Queue) {
    FILE.load(|rest| take_all(queue, rest));
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
