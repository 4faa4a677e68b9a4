//! Hearing of relations that change.

use pgrx::{pg_guard, pg_sys};
use std::sync::{Mutex, PoisonError};

use super::{Datum, Oid};

static LISTENERS: Mutex<Vec<fn(Oid)>> = Mutex::new(Vec::new());

/// Calls `listener` for each relation of which this process, or a child of it, hears that it has changed. It is called
/// in the middle of anything, also after a transaction has committed: it must raise no error and look nothing up.
pub fn on_relation_change(listener: fn(Oid)) {
    let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
    listeners.push(listener);
    if listeners.len() == 1 {
        // SAFETY: the callback lives as long as the process; it is registered once.
        unsafe { pg_sys::CacheRegisterRelcacheCallback(Some(on_invalidation), Datum::null()) };
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_invalidation(_argument: Datum, relation: Oid) {
    let listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
    for listener in listeners.iter() {
        listener(relation);
    }
}
