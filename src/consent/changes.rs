//! The history of consent is only added to. Erasure deletes, and a change of keys updates: both run in Rust, and say so here.

use pgrx::pg_extern;
use std::cell::Cell;

use super::error::Error;
use crate::pg::trigger_rows::{StoredRow, table_of_trigger};
use crate::pg::{Answer, FunctionCallInfo, PgError};

thread_local! {
    static IS_ALLOWED: Cell<bool> = const { Cell::new(false) };
}

/// While there is one, this session may change rows of the history.
pub struct ChangesAllowed {
    was_allowed: bool,
}

impl ChangesAllowed {
    /// Allows changes until it is dropped.
    pub fn new() -> ChangesAllowed {
        ChangesAllowed {
            was_allowed: IS_ALLOWED.replace(true),
        }
    }
}

impl Drop for ChangesAllowed {
    fn drop(&mut self) {
        IS_ALLOWED.set(self.was_allowed);
    }
}

/// `phone_crypt.keep_consent_events()`: the trigger, one a statement, that refuses any other UPDATE, DELETE or TRUNCATE.
///
/// Errors: a change, 42501; called otherwise than as a trigger, 39P01.
#[pg_extern(sql = r#"
CREATE FUNCTION phone_crypt.keep_consent_events() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn keep_consent_events(fcinfo: FunctionCallInfo) -> Answer<StoredRow> {
    table_of_trigger(fcinfo).ok_or(PgError::NotATrigger)?;
    match IS_ALLOWED.get() {
        true => Ok(StoredRow::none()),
        false => Err(Error::OnlyAddedTo.into()),
    }
}
