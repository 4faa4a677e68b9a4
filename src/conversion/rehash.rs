//! The same value under another hash key, and whether a column holds that of every value of another.

use pgrx::spi::quote_identifier;
use phone_crypt_core::crypto::KeyId;
use phone_crypt_core::crypto::encrypted_phone::inspect;

use crate::cipher::{self, Destination};
use crate::conversion::error::Result;
use crate::encrypted_type as typed;
use crate::pg::SqlError;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::table_row::TableRow;
use crate::pg::{Oid, statement, user};

/// Appends the value under another hash key. One that cannot be read stays what it is: no look-up finds it either way.
///
/// Errors: a key that is not configured, or keys that differ from the pin, 55000.
pub fn append_rehashed(value: &[u8], hash_key: KeyId, out: &mut Vec<u8>) -> Result<()> {
    match cipher::rehash_typed(value, hash_key, out) {
        Err(error) if error.is_fault_of_the_value() => out.extend_from_slice(value),
        result => result?,
    }
    Ok(())
}

/// How many rows have not in column `next` what column `column` holds, under the hash key.
///
/// Errors: not the owner, 42501; a column of another type, 42804; a key that is not configured, or keys that differ from
/// the pin, 55000.
pub fn differing(table: Oid, column: &str, next: &str, hash_key: KeyId) -> Result<i64> {
    let _in_their_name = user::as_owner(table)?;
    let _settings = BatchSettings::for_any_rows();
    let (column, next) = (quote_identifier(column), quote_identifier(next));
    let query = format!(
        "SELECT t.{column}, t.{next} FROM ONLY {} AS t WHERE t.{column} IS NOT NULL OR t.{next} IS NOT NULL",
        user::full_name(table)?
    );
    let (mut types, mut count) = ([None; 2], 0);
    statement::scan(&query, &[], |row| -> Result<()> {
        count += i64::from(!is_same(row, &mut types, hash_key)?);
        Ok(())
    })?;
    Ok(count)
}

fn is_same(row: &TableRow, types: &mut [Option<Oid>; 2], hash_key: KeyId) -> Result<bool> {
    let [of_column, of_next] = types;
    let values = (
        typed::bytes_of_row(row, 1, of_column)?,
        typed::bytes_of_row(row, 2, of_next)?,
    );
    let (Some(value), Some(next)) = values else {
        return Ok(false);
    };
    let same: Result<_> = cipher::open_typed(value, Destination::Storage, |plain| {
        Ok(inspect(next)?.hash_key_id == hash_key
            && cipher::open_typed(next, Destination::Storage, |other| {
                Result::Ok(plain == other)
            })?)
    });
    match same {
        Err(error) if error.is_fault_of_the_value() => {
            let is_readable = cipher::verify_typed(value).is_ok();
            Ok(!is_readable && value == next)
        }
        result => result,
    }
}
