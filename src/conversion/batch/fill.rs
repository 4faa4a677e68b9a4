//! Plain text of rows that were there before the trigger.

use pgrx::spi::quote_identifier;

use super::one_by_one::{Row, write};
use super::{Batch, Counts, count_written};
use crate::conversion::error::Result;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::text::Text;
use crate::pg::{statement, user};

/// Has the trigger encrypt the plain text of rows that were there before it.
///
/// Errors: not the owner, 42501; what the trigger and the table's own constraints and triggers raise, such as 23505 for
/// a number that another row has, unless the batch keeps those as text.
pub fn fill(batch: &Batch<'_>) -> Result<Counts> {
    let (owner, table) = (user::as_owner(batch.table)?, user::full_name(batch.table)?);
    let _settings = BatchSettings::for_any_rows();
    statement::fire_deferred_triggers_at_once(&owner);
    if batch.keeps_repeated {
        return fill_one_by_one(batch, &table);
    }
    let _path = BatchSettings::with_path(batch.path);
    let column = quote_identifier(batch.column);
    let sql = format!(
        "UPDATE ONLY {table} AS u SET {column} = NULL WHERE u.ctid OPERATOR(pg_catalog.=) ANY (ARRAY({})) RETURNING u.{column}",
        batch.rows(&table, "t.ctid")
    );
    count_written(&sql, &[], &mut None)
}

fn fill_one_by_one(batch: &Batch<'_>, table: &str) -> Result<Counts> {
    let data_type = batch.data_type()?;
    let mut rows: Vec<Row> = Vec::new();
    let mut result = Ok(());
    let columns = format!(
        "t.ctid, t.{}::pg_catalog.text",
        quote_identifier(batch.plain()?)
    );
    statement::run(&batch.rows(table, &columns), &[], |row| {
        let plain: Option<Text<'_>> = row.get(2);
        if let Some((ctid, plain)) = row.get(1).zip(plain) {
            let as_text =
                batch
                    .source
                    .with_text_value(data_type, plain, |value| Ok(value.to_vec()));
            match as_text {
                // NULL: the trigger makes the value.
                Ok(as_text) => rows.push(Row {
                    ctid,
                    value: None,
                    as_text,
                }),
                Err(error) if result.is_ok() => result = Err(error),
                Err(_) => {}
            }
        }
    });
    result?;
    write(batch, table, rows)
}
