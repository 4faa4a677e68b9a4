//! Verifying a whole column without showing anything of it.

use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};

use super::column;
use crate::cipher;
use crate::pg::ErrorReport;
use crate::pg::SqlError;
use crate::pg::regclass::Regclass;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::text::Text;

/// `phone_crypt.verify_column(table, column)`: how many values of the data type a column has, and how many of them are
/// not authentic. Behind `phone_verify_column`. The table is read in its owner's name.
///
/// Errors: not the owner, 42501; the column is of another type, 42804; a key that is not configured, 55000; NULL, 22004.
#[pg_extern(
    schema = "phone_crypt",
    volatile,
    parallel_unsafe,
    requires = ["encrypted_phone_type"]
)]
fn verify_column(
    table: Option<Regclass>,
    column: Option<Text<'_>>,
) -> std::result::Result<
    TableIterator<'static, (name!(total, i64), name!(failing, i64))>,
    ErrorReport,
> {
    let (mut total, mut failing) = (0, 0);
    column::scan(table, column, BatchSettings::for_any_rows, |value| {
        total += 1;
        match cipher::verify_typed(value) {
            Ok(()) => Ok(()),
            Err(error) if error.is_fault_of_the_value() => {
                failing += 1;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    })?;
    Ok(TableIterator::once((total, failing)))
}
