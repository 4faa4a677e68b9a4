//! Which errors of a batch are the extension's own. Their messages quote no row and may be passed on; what PostgreSQL or
//! a trigger says may show one.

use pgrx::pg_extern;
use std::cell::RefCell;

use crate::pg::text::Text;
use crate::pg::{ErrorReport, SqlError};

thread_local! {
    /// The SQLSTATE and the message of the last one.
    static LAST: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// The report of an error, which is remembered as the extension's own.
pub fn own_error(error: impl SqlError + Into<ErrorReport>) -> ErrorReport {
    LAST.set(Some((error.sqlstate_text(), error.to_string())));
    error.into()
}

/// `phone_crypt.is_own_error(state, message)`: whether this is the last error that a batch of this session ended with by
/// itself. Once asked for, it is forgotten.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn is_own_error(state: Option<Text<'_>>, message: Option<Text<'_>>) -> bool {
    match (LAST.take(), state, message) {
        (Some((own_state, own_message)), Some(state), Some(message)) => {
            own_state.as_bytes() == state.bytes() && own_message.as_bytes() == message.bytes()
        }
        _ => false,
    }
}
