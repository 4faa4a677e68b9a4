//! Converting a column of plain text into one of a data type, `encrypted_phone` or `encrypted_email`, under its own name.
//!
//! A second column of the type is filled by a trigger (`sync_trigger`) while the application goes on, by batches
//! (`batch`) for the rows that are there, checked against the first (`verify`), and takes its name in the end: the order
//! of all that is in `sql/conversion/encrypt_column.sql`. Nothing is registered: a conversion is found by its triggers.
//!
//! The same way a column of the type gets another hash key (`rehash`, `rehash_trigger`): the order of that is in
//! `sql/conversion/rotate_hash_key.sql`.

// The size is that of pgrx's ErrorReport; errors are not the hot path.
#![allow(clippy::result_large_err)]

mod batch;
mod constraint;
pub mod error;
mod functions;
mod rehash;
mod rehash_trigger;
mod source;
mod sync_trigger;
mod verify;

use phone_crypt_core::crypto::encrypted_phone::DataType;
use std::ffi::CStr;

use crate::conversion::error::{Error, Result};
use crate::encrypted_type as typed;
use crate::encrypted_type::error::{Error as TypedError, Permission};
use crate::pg::{Oid, catalog};

/// Refuses those who may not decrypt, where values are made comparable, or compared.
///
/// Errors: 42501; the column is not of the data type, 42804.
fn check_may_decrypt(table: Oid, column: &str) -> Result<()> {
    let the_type =
        catalog::type_of_column(table, column).ok_or(Error::Typed(TypedError::NotEncrypted))?;
    let data_type = typed::data_type_of(the_type).ok_or(Error::Typed(TypedError::NotEncrypted))?;
    match catalog::may_execute(catalog::schema_of_type(the_type), decrypting(data_type)) {
        true => Ok(()),
        false => Err(Error::Typed(TypedError::MayNot(Permission::Decrypt(
            data_type,
        )))),
    }
}

/// The functions that decrypt values of a type.
fn decrypting(data_type: DataType) -> &'static CStr {
    match data_type {
        DataType::Phone => c"phone_decrypt",
        DataType::Email => c"email_decrypt",
    }
}
