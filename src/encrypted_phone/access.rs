//! Who may give what as input.
//!
//! Plain text is compared and stored: that takes what `phone_encrypt` and `phone_hash` take together. A value as it is
//! stored needs a right of its own: else an end user who has seen a ciphertext could submit it as a number of his, and
//! the application would decrypt it for him.

use crate::encrypted_phone::error::Permission;
use crate::encrypted_phone::error::{Error, Result};
use crate::pg::oids::TEXTOID;
use crate::pg::privileges::Functions;
use crate::pg::{FunctionCallInfo, Oid, catalog, process};

const THREE_TEXTS: &[Oid] = &[TEXTOID, TEXTOID, TEXTOID];

thread_local! {
    static PLAIN: Functions = const {
        Functions::new(&[(c"phone_encrypt", THREE_TEXTS), (c"phone_hash", THREE_TEXTS)])
    };
    static STORED: Functions =
        const { Functions::new(&[(c"phone_from_value", &[TEXTOID, TEXTOID])]) };
}

/// Refuses plain text of a user who may not encrypt and hash.
///
/// Errors: 42501.
#[inline]
pub fn check_plain(call: FunctionCallInfo) -> Result<()> {
    match PLAIN.with(|functions| may(functions, call)) {
        true => Ok(()),
        false => Err(Error::MayNot(Permission::GivePlain)),
    }
}

/// Whether the current user may give plain text as the data type.
pub fn may_give_plain(the_type: Oid) -> bool {
    PLAIN.with(|functions| functions.all_may_be_executed(|| catalog::schema_of_type(the_type)))
}

/// Refuses a stored value of a user who may not restore.
///
/// Errors: 42501.
pub fn check_stored(call: FunctionCallInfo) -> Result<()> {
    let is_exempt = process::is_binary_upgrade() || process::applies_changes();
    match is_exempt || STORED.with(|functions| may(functions, call)) {
        true => Ok(()),
        false => Err(Error::MayNot(Permission::GiveStored)),
    }
}

#[inline]
fn may(functions: &Functions, call: FunctionCallInfo) -> bool {
    functions.all_may_be_executed(|| catalog::schema_of_call(call))
}
