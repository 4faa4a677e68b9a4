//! Reads that wait for their record (`phone_crypt.audit_sync`).
//!
//! How many numbers a transaction reads is known at its end, when they have long been sent. So the first read announces that
//! there will be some, and waits until that record is durable. The counts follow as ever.

use pgrx::check_for_interrupts;
use phone_crypt_core::audit::Class;
use std::cell::Cell;
use std::time::Instant;

use super::classes::is_audited;
use super::error::{Error, Result};
use super::event::Event;
use super::queue;
use super::record::{text_of, with_who};
use crate::pg::clock::now_us;
use crate::pg::{latch, process, unguarded};
use crate::settings;

/// How often whoever waits looks whether the record is durable.
const LOOK_AGAIN_MS: i64 = 5;

thread_local! {
    static IS_ANNOUNCED: Cell<bool> = const { Cell::new(false) };
}

/// Waits until it is on record that this transaction reads numbers, if that is asked for. Called before anything is opened.
///
/// Errors (55000): on a standby, without a queue, or when it takes too long.
#[inline]
pub fn before_read() -> Result<()> {
    match settings::audit_sync() && !IS_ANNOUNCED.get() && is_audited(Class::Read) {
        true => announce(),
        false => Ok(()),
    }
}

/// The transaction is over.
pub fn forget() {
    IS_ANNOUNCED.set(false);
}

#[cold]
fn announce() -> Result<()> {
    if process::is_recovering() {
        return Err(Error::OnStandby);
    }
    if !queue::is_there() {
        return Err(Error::NoQueue);
    }
    let event = Event::new(Class::Read, "read_announced");
    let text = text_of(with_who(unguarded::outer_user(), event));
    let database = process::database();
    let number = queue::push(database, now_us(), Class::Read, &text).ok_or(Error::Full)?;
    queue::want(database, number);
    let began = Instant::now();
    while queue::status(database).written < number {
        if began.elapsed() > settings::audit_sync_timeout() {
            return Err(Error::TooSlow);
        }
        latch::wait(LOOK_AGAIN_MS);
        check_for_interrupts!();
    }
    IS_ANNOUNCED.set(true);
    Ok(())
}
