//! Filling the encrypted column of rows that were there before the trigger was.
//!
//! A batch is a range of pages. Rows that somebody else has locked are left out, so a batch never waits while it holds
//! locks; the next pass finds them. The trigger makes the values. All of it runs in the name of the table's owner.

use pgrx::spi::quote_identifier;
use pgrx::{IntoDatum, PgSqlErrorCode};
use std::ffi::CStr;

use crate::encrypted_phone as typed;
use crate::error::{Error, Result};
use crate::pg::oids::TIDOID;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::text::{self, Text};
use crate::pg::{Oid, TupleId, catalog, statement, subtransaction, user};

/// Which rows of which columns.
pub struct Batch<'a> {
    /// The table.
    pub table: Oid,
    /// The column of plain text.
    pub plain: &'a str,
    /// The column to be filled.
    pub encrypted: &'a str,
    /// The first page.
    pub first: i64,
    /// The page after the last.
    pub end: i64,
    /// The search_path that triggers of the table find: what they name is the application's.
    pub path: &'a CStr,
}

/// What came of a batch.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    /// Rows that were filled.
    pub filled: i64,
    /// Those of them whose number another row has: they hold it as text.
    pub repeated: i64,
}

/// Fills the rows.
///
/// Errors: not the owner, 42501; what the trigger and the table's own constraints and triggers raise, such as 23505 for
/// a number that another row has.
pub fn fill(batch: &Batch<'_>) -> Result<Counts> {
    let (owner, table) = (user::as_owner(batch.table)?, user::full_name(batch.table)?);
    let _settings = BatchSettings::for_any_rows();
    statement::fire_deferred_triggers_at_once(&owner);
    let _path = BatchSettings::with_path(batch.path);
    let sql = format!(
        "UPDATE ONLY {table} AS t SET {} = NULL WHERE t.ctid OPERATOR(pg_catalog.=) ANY (ARRAY({}))",
        quote_identifier(batch.encrypted),
        batch.rows(&table, "r.ctid")
    );
    let filled = statement::run(&sql, &[], |_| {});
    Ok(Counts {
        filled: filled as i64,
        repeated: 0,
    })
}

/// Fills the rows one by one. One whose number another row has already keeps it as text, which is not looked up.
///
/// Errors: as [`fill`], but for 23505.
pub fn fill_repeated(batch: &Batch<'_>) -> Result<Counts> {
    let (owner, table) = (user::as_owner(batch.table)?, user::full_name(batch.table)?);
    let _settings = BatchSettings::for_any_rows();
    statement::fire_deferred_triggers_at_once(&owner);
    let the_type = catalog::type_of_column(batch.table, batch.encrypted)
        .filter(|the_type| typed::is_the_type(*the_type))
        .ok_or(Error::NotOfType)?;
    let mut rows: Vec<(TupleId, String)> = Vec::new();
    let columns = format!(
        "r.ctid, r.{}::pg_catalog.text",
        quote_identifier(batch.plain)
    );
    statement::run(&batch.rows(&table, &columns), &[], |row| {
        rows.extend(row.get(1).zip(row.string(2)));
    });
    let _path = BatchSettings::with_path(batch.path);
    let set = |value: &str| {
        format!(
            "UPDATE ONLY {table} AS t SET {} = {value} WHERE t.ctid OPERATOR(pg_catalog.=) $1",
            quote_identifier(batch.encrypted)
        )
    };
    let (as_number, as_text) = (set("NULL"), set("$2"));
    let mut counts = Counts::default();
    for (ctid, plain) in rows {
        let filled = subtransaction::attempt(|| -> Result<u64> {
            Ok(statement::run(
                &as_number,
                &[(TIDOID, ctid.into_datum())],
                |_| {},
            ))
        });
        match filled {
            Ok(filled) => counts.filled += filled? as i64,
            Err(refusal) if refusal.code == PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION => {
                let filled = typed::with_text_value(Text::of(plain.as_bytes()), |value| {
                    let arguments = [
                        (TIDOID, ctid.into_datum()),
                        (the_type, Some(text::varlena(value))),
                    ];
                    Ok(statement::run(&as_text, &arguments, |_| {}))
                })?;
                counts.filled += filled as i64;
                counts.repeated += filled as i64;
            }
            Err(refusal) => {
                return Err(Error::TableRefused {
                    table,
                    code: refusal.code,
                    number: refusal.number,
                });
            }
        }
    }
    Ok(counts)
}

impl Batch<'_> {
    /// A query for the rows, which are locked.
    fn rows(&self, table: &str, columns: &str) -> String {
        format!(
            "SELECT {columns} FROM ONLY {table} AS r
              WHERE r.ctid OPERATOR(pg_catalog.>=) '({},0)'::pg_catalog.tid
                AND r.ctid OPERATOR(pg_catalog.<) '({},0)'::pg_catalog.tid
                AND r.{} IS NOT NULL AND r.{} IS NULL
                FOR UPDATE SKIP LOCKED",
            self.first,
            self.end,
            quote_identifier(self.plain),
            quote_identifier(self.encrypted)
        )
    }
}
