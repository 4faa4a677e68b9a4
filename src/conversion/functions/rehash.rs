//! What `sql/conversion/rotate_hash_key.sql` calls, and its trigger.

use pgrx::pg_extern;
use phone_crypt_core::crypto::KeyId;

use crate::conversion::error::Error;
use crate::conversion::{rehash, rehash_trigger};
use crate::pg::Answer;
use crate::pg::PgError;
use crate::pg::arguments::given;
use crate::pg::regclass::Regclass;
use crate::pg::text::Text;
use crate::pg::trigger_rows::{StoredRow, TriggerRows};
use crate::pg::{FunctionCallInfo, raw_function};

/// `phone_crypt.rehash_row(rotation, hash_key_id)`: BEFORE INSERT OR UPDATE trigger of a table with a column of type
/// encrypted_phone whose hash key is being changed. The column and the one under the other key are those of the trigger
/// with the same first argument that is of UPDATE OF two columns.
///
/// Errors: called otherwise than as such a trigger, 39P01; a column of another type, 42804; a key that is not configured,
/// or keys that differ from the pin, 55000.
#[pg_extern(sql = r#"
CREATE FUNCTION phone_crypt.rehash_row() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn rehash_row(fcinfo: FunctionCallInfo) -> Answer<StoredRow> {
    let rows = TriggerRows::of(fcinfo).ok_or(PgError::NotATrigger)?;
    let hash_key: KeyId = rows
        .argument(1)
        .and_then(|id| std::str::from_utf8(id).ok()?.parse().ok())
        .ok_or(PgError::NotATrigger)?;
    let row = rehash_trigger::row(&rows, hash_key);
    Ok(row.inspect_err(|_| raw_function::without_context())?)
}

/// `phone_crypt.rehash_differing(table, column, next_column, hash_key_id)`: how many rows have not in the next column what
/// the column holds, under the hash key.
///
/// Errors: not the owner, 42501; a column of another type, 42804; no key id, 22023; a key that is not configured, 55000;
/// NULL, 22004.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn rehash_differing(
    table: Option<Regclass>,
    column: Option<Text<'_>>,
    next_column: Option<Text<'_>>,
    hash_key_id: Option<Text<'_>>,
) -> Answer<i64> {
    let table = given(table, "table")?.oid();
    let column = given(column, "column")?.exact()?;
    let next = given(next_column, "next_column")?.exact()?;
    let hash_key = given(hash_key_id, "hash_key_id")?.or_empty().parse();
    let hash_key: KeyId = hash_key.map_err(Error::from)?;
    Ok(rehash::differing(table, &column, &next, hash_key)?)
}
