//! What is hashed while another key is about to become the hash key.
//!
//! That key is pinned for a column's tags, and columns of tags under it take the names of those under the old one, in one
//! transaction (`sql/conversion/rotate_hash_key.sql`). What a session hashes under the old key must not meet them after
//! it: a statement's parameters are hashed before it locks the table that it looks them up in, and it may wait for that
//! lock until all has changed.
//!
//! So while the change is announced (a pin `next_hash`), whoever hashes holds the table of pins in ACCESS SHARE mode until
//! the transaction ends, and the change begins with a lock that this conflicts with. It asks for the tables next. A session that holds one of them already does not wait
//! for the pins: the change waits for the session, which goes on under the old key.

use super::pin;
use crate::pg::relation;

/// The generation of the pins that this transaction can rely on. `generation` is what [`pin::generation`] has just given.
#[inline]
pub fn settled(generation: u64) -> u64 {
    match pin::is_hash_key_changing() {
        true => held(),
        false => generation,
    }
}

#[cold]
fn held() -> u64 {
    let pins = pin::table();
    let is_held = relation::try_lock_for_reading(pins)
        || pin::changing_tables().into_iter().any(relation::is_locked);
    if !is_held {
        relation::lock_for_reading(pins);
    }
    // Whoever waited hears of the change.
    pin::generation()
}
