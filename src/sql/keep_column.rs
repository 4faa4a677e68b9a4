//! The trigger function of encrypted columns.

use pgrx::pg_extern;

use crate::columns::keep;
use crate::columns::row::{StoredRow, TriggerRows};
use crate::error::{Answer, Error};
use crate::pg::FunctionCallInfo;

/// `phone_crypt.keep_column('column')`: BEFORE INSERT OR UPDATE trigger of a registered column. Keeps plain text,
/// encrypted value, hash and original in step, and the hash under the registry's key and scheme.
///
/// Errors: called otherwise than as such a trigger, 39P01; not registered, no key, or a key that is not configured, 55000; an encrypted value that does not open
/// under the row's context, 22000; a column of a type that it cannot have, 42804.
#[pg_extern(sql = r#"
CREATE FUNCTION phone_crypt.keep_column() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn keep_column(fcinfo: FunctionCallInfo) -> Answer<StoredRow> {
    let rows = TriggerRows::of(fcinfo).ok_or(Error::NotATrigger)?;
    Ok(keep::kept_row(&rows)?)
}
