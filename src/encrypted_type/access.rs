//! Who may give what as input.
//!
//! Plain text is compared and stored: that takes what `phone_encrypt` and `phone_hash` take together, or their kin for e-mail.
//! A value as it is stored needs a right of its own: else an end user who has seen a ciphertext could submit it as a number of
//! his, and the application would decrypt it for him.

use phone_crypt_core::crypto::encrypted_phone::DataType;

use crate::encrypted_type::error::Permission;
use crate::encrypted_type::error::{Error, Result};
use crate::pg::oids::TEXTOID;
use crate::pg::privileges::Functions;
use crate::pg::{FunctionCallInfo, Oid, catalog, process};

const TWO_TEXTS: &[Oid] = &[TEXTOID, TEXTOID];
const THREE_TEXTS: &[Oid] = &[TEXTOID, TEXTOID, TEXTOID];

/// The functions whose privileges say who may give what.
struct Rights {
    plain: Functions,
    stored: Functions,
}

thread_local! {
    static PHONE: Rights = const { Rights {
        plain: Functions::new(&[(c"phone_encrypt", THREE_TEXTS), (c"phone_hash", THREE_TEXTS)]),
        stored: Functions::new(&[(c"phone_from_value", TWO_TEXTS)]),
    } };
    static EMAIL: Rights = const { Rights {
        plain: Functions::new(&[(c"email_encrypt", TWO_TEXTS), (c"email_hash", TWO_TEXTS)]),
        stored: Functions::new(&[(c"email_from_value", TWO_TEXTS)]),
    } };
}

#[inline]
fn with_rights<T>(data_type: DataType, look: impl FnOnce(&Rights) -> T) -> T {
    match data_type {
        DataType::Phone => PHONE.with(look),
        DataType::Email => EMAIL.with(look),
    }
}

/// Refuses plain text of a user who may not encrypt and hash.
///
/// Errors: 42501.
#[inline]
pub fn check_plain(data_type: DataType, call: FunctionCallInfo) -> Result<()> {
    match with_rights(data_type, |rights| may(&rights.plain, call)) {
        true => Ok(()),
        false => Err(Error::MayNot(Permission::GivePlain(data_type))),
    }
}

/// Whether the current user may give plain text as a data type, which has this oid.
pub fn may_give_plain(data_type: DataType, the_type: Oid) -> bool {
    with_rights(data_type, |rights| {
        let schema = || catalog::schema_of_type(the_type);
        rights.plain.all_may_be_executed(schema)
    })
}

/// Refuses a stored value of a user who may not restore.
///
/// Errors: 42501.
pub fn check_stored(data_type: DataType, call: FunctionCallInfo) -> Result<()> {
    let is_exempt = process::is_binary_upgrade() || process::applies_changes();
    match is_exempt || with_rights(data_type, |rights| may(&rights.stored, call)) {
        true => Ok(()),
        false => Err(Error::MayNot(Permission::GiveStored(data_type))),
    }
}

#[inline]
fn may(functions: &Functions, call: FunctionCallInfo) -> bool {
    functions.all_may_be_executed(|| catalog::schema_of_call(call))
}
