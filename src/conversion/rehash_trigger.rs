//! The trigger that keeps a column of the data type, and the same under another hash key beside it, in step.
//!
//! It opens values, in the session of whoever writes. Nobody learns anything by that: what it makes of a value can be
//! compared with the others of its column as the value itself can, and with plain text by those who may give that.

use phone_crypt_core::crypto::KeyId;

use super::rehash::append_rehashed;
use crate::cipher::with_scratch;
use crate::conversion::error::{Error, Result};
use crate::encrypted_type as typed;
use crate::encrypted_type::error::Error as TypedError;
use crate::pg::trigger_rows::{StoredRow, TriggerRows, Version};

/// The row to be stored.
///
/// Errors: a column of another type, 42804; a key that is not configured, or keys that differ from the pin, 55000.
pub fn row(rows: &TriggerRows, hash_key: KeyId) -> Result<StoredRow> {
    // Without the trigger that names the columns somebody has given the rotation up.
    let Some((column, next)) = rows.columns_beside() else {
        return Ok(rows.unchanged());
    };
    let data_type = |number| rows.type_of(number).and_then(typed::data_type_of);
    if data_type(column).is_none() || data_type(column) != data_type(next) {
        return Err(Error::Typed(TypedError::NotEncrypted));
    }
    let given = rows.bytes(Version::New, next);
    let Some(value) = rows.bytes(Version::New, column) else {
        return Ok(match given {
            Some(_) => rows.with_bytes(next, None),
            None => rows.unchanged(),
        });
    };
    let is_as_before = rows.bytes(Version::Old, column) == Some(value);
    let before = rows.bytes(Version::Old, next);
    // Set to NULL, it is made anew.
    if is_as_before && before.is_some() && given.is_some() {
        return Ok(match given == before {
            true => rows.unchanged(),
            false => rows.with_bytes(next, before),
        });
    }
    let made = with_scratch(|out| {
        append_rehashed(value, hash_key, out)?;
        Ok(rows.with_bytes(next, Some(out)))
    });
    match made {
        // Whoever changes another column of a row that no batch has reached yet is not to be stopped by its value. The
        // batch is, and says so.
        Err(_) if is_as_before && before.is_none() && !rows.is_assigned(next) => {
            Ok(rows.with_bytes(next, None))
        }
        made => made,
    }
}
