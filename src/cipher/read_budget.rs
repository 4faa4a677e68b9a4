//! What a read budget stops, with a count of it for the audit log.

use phone_crypt_core::audit::Class;

use crate::audit::{Counted, count};
use crate::cipher::error::Result;
use crate::read_budget;

const USED_UP: Counted = Counted {
    class: Class::Auth,
    event: "refused",
    detail: Some(("reason", "read_budget")),
};

/// Refuses to give one more number to a client whose budget is used up. After lockdowns.
///
/// Errors: that, 42501; no room to count, 53400.
#[inline]
pub fn check() -> Result<()> {
    Ok(read_budget::check().inspect_err(|_| count(&USED_UP, None))?)
}

pub use crate::read_budget::opened;
