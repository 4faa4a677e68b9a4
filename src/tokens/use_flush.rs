//! Taking uses out of shared memory, for a transaction that writes them down: they go back where it does not commit.

use pgrx::{
    PgSubXactCallbackEvent, PgXactCallbackEvent, register_subxact_callback, register_xact_callback,
};
use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use super::error::Error;
use super::use_area::{self, Uses};
use crate::pg::transaction;

/// Takes out how this database's tokens were used. If the transaction, or the part of it that has begun last, is rolled back,
/// it is as if nothing had been taken.
///
/// Errors: no table of tokens, 55000.
pub fn take() -> Result<Vec<Uses>, Error> {
    let owner = use_area::own_owner()?;
    let all = use_area::take_all(owner);
    if all.is_empty() {
        return Ok(all);
    }
    let taken = Rc::new(RefCell::new(all.clone()));
    let part = transaction::part();
    let of_part = AssertUnwindSafe(Rc::clone(&taken));
    register_subxact_callback(PgSubXactCallbackEvent::AbortSub, move |aborted, _| {
        // Whatever has begun after a part has a greater number.
        if part >= aborted {
            put_back(owner, &of_part);
        }
    });
    let of_all = AssertUnwindSafe(taken);
    register_xact_callback(PgXactCallbackEvent::Abort, move || put_back(owner, &of_all));
    Ok(all)
}

fn put_back(owner: u64, taken: &RefCell<Vec<Uses>>) {
    use_area::put_back(owner, &taken.take());
}
