//! A batch: rows on a range of pages that are still to be done. Those that somebody else has locked are left out, so a
//! batch never waits while it holds locks; the next pass finds them. All of it runs in the name of the table's owner.

use pgrx::spi::quote_identifier;
use pgrx::{IntoDatum, PgSqlErrorCode};
use phone_crypt_core::crypto::Reencrypted;
use std::ffi::CStr;
use zeroize::Zeroizing;

use crate::cipher::{self, Destination};
use crate::encrypted_phone::{self as typed, Value};
use crate::error::{Error, PLAIN_TEXT, Result};
use crate::pg::oids::{TEXTARRAYOID, TIDARRAYOID, TIDOID};
use crate::pg::setting_switch::BatchSettings;
use crate::pg::table_row::TableRow;
use crate::pg::text::{self, Text};
use crate::pg::{Oid, TupleId, arrays, catalog, statement, subtransaction, user};

/// Which rows of a table.
pub struct Batch<'a> {
    /// The table.
    pub table: Oid,
    /// The column of the data type.
    pub column: &'a str,
    /// The condition that a row `t` is still to be done.
    pub pending: &'a str,
    /// The first page.
    pub first: i64,
    /// The page after the last; None where all rows are meant.
    pub end: Option<i64>,
    /// The search_path that triggers of the table find: what they name is the application's.
    pub path: &'a CStr,
}

/// What came of a batch.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    /// Rows that were changed.
    pub changed: i64,
    /// Those of them whose number another row has: they hold it as text.
    pub repeated: i64,
    /// Rows that were left as they are, since their value cannot be read.
    pub unreadable: i64,
}

/// Has the trigger encrypt the plain text of rows that were there before it.
///
/// Errors: not the owner, 42501; what the trigger and the table's own constraints and triggers raise, such as 23505 for
/// a number that another row has.
pub fn fill(batch: &Batch<'_>) -> Result<Counts> {
    let (owner, table) = (user::as_owner(batch.table)?, user::full_name(batch.table)?);
    let _settings = BatchSettings::for_any_rows();
    statement::fire_deferred_triggers_at_once(&owner);
    let _path = BatchSettings::with_path(batch.path);
    let sql = format!(
        "UPDATE ONLY {table} AS u SET {} = NULL WHERE u.ctid OPERATOR(pg_catalog.=) ANY (ARRAY({}))",
        quote_identifier(batch.column),
        batch.rows(&table, "t.ctid")
    );
    let changed = statement::run(&sql, &[], |_| {}) as i64;
    Ok(Counts {
        changed,
        ..Counts::default()
    })
}

/// As [`fill`], one by one. A row whose number another one has already keeps it as text, which is not looked up. `plain`
/// is the column of plain text.
///
/// Errors: as [`fill`], but for 23505.
pub fn fill_repeated(batch: &Batch<'_>, plain: &str) -> Result<Counts> {
    let (owner, table) = (user::as_owner(batch.table)?, user::full_name(batch.table)?);
    let _settings = BatchSettings::for_any_rows();
    statement::fire_deferred_triggers_at_once(&owner);
    let the_type = batch.the_type()?;
    let mut rows: Vec<(TupleId, String)> = Vec::new();
    let columns = format!("t.ctid, t.{}::pg_catalog.text", quote_identifier(plain));
    statement::run(&batch.rows(&table, &columns), &[], |row| {
        rows.extend(row.get(1).zip(row.string(2)));
    });
    let _path = BatchSettings::with_path(batch.path);
    let set = |value: &str| {
        format!(
            "UPDATE ONLY {table} AS u SET {} = {value} WHERE u.ctid OPERATOR(pg_catalog.=) $1",
            quote_identifier(batch.column)
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
            Ok(filled) => counts.changed += filled? as i64,
            Err(refusal) if refusal.code == PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION => {
                let filled = typed::with_text_value(Text::of(plain.as_bytes()), |value| {
                    let arguments = [
                        (TIDOID, ctid.into_datum()),
                        (the_type, Some(text::varlena(value))),
                    ];
                    Ok(statement::run(&as_text, &arguments, |_| {}))
                })?;
                counts.changed += filled as i64;
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

/// Encrypts values again under the primary key. What they are compared by stays.
///
/// Errors: not the owner, 42501; the column is of another type, 42804; no key, or keys that differ from the pin, 55000;
/// what the table's own constraints and triggers raise.
pub fn reencrypt(batch: &Batch<'_>) -> Result<Counts> {
    let (owner, table) = (user::as_owner(batch.table)?, user::full_name(batch.table)?);
    let _settings = BatchSettings::for_any_rows();
    statement::fire_deferred_triggers_at_once(&owner);
    let column = quote_identifier(batch.column);
    let mut counts = Counts::default();
    let (mut ctids, mut values): (Vec<TupleId>, Vec<Vec<u8>>) = Default::default();
    let mut of_type = None;
    let mut result = Ok(());
    statement::run(
        &batch.rows(&table, &format!("t.ctid, t.{column}")),
        &[],
        |row| {
            let resealed = resealed(row, &mut of_type);
            match (resealed, row.get(1)) {
                (Ok(Some(value)), Some(ctid)) => {
                    ctids.push(ctid);
                    values.push(value);
                }
                (Err(error), _) if error.is_fault_of_the_value() => counts.unreadable += 1,
                (Err(error), _) if result.is_ok() => result = Err(error),
                _ => {}
            }
        },
    );
    result?;
    let values = typed::array(batch.the_type()?, values.iter().map(Vec::as_slice));
    let (array_type, values) = values.ok_or(Error::NotOfType)?;
    let _path = BatchSettings::with_path(batch.path);
    let sql = format!(
        "UPDATE ONLY {table} AS u SET {column} = n.value FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS n (ctid, value)
          WHERE u.ctid OPERATOR(pg_catalog.=) n.ctid"
    );
    let arguments = [
        (TIDARRAYOID, arrays::tids(ctids.into_iter())),
        (array_type, Some(values)),
    ];
    counts.changed = statement::run(&sql, &arguments, |_| {}) as i64;
    Ok(counts)
}

/// Writes the plain text of values into another column: what was written where the value keeps it, else the number.
///
/// Errors: not the owner, or who may not decrypt, 42501; the column is of another type, 42804; keys that are not
/// configured, 55000; what the table's own constraints and triggers raise.
pub fn decrypt(batch: &Batch<'_>, plain: &str) -> Result<Counts> {
    let the_type = batch.the_type()?;
    if !catalog::may_execute_with(
        catalog::schema_of_type(the_type),
        c"phone_decrypt",
        &[the_type],
    ) {
        return Err(Error::MayNot(PLAIN_TEXT));
    }
    let (owner, table) = (user::as_owner(batch.table)?, user::full_name(batch.table)?);
    let _settings = BatchSettings::for_any_rows();
    statement::fire_deferred_triggers_at_once(&owner);
    let mut counts = Counts::default();
    let (mut ctids, mut texts): (Vec<TupleId>, Zeroizing<Vec<Vec<u8>>>) = Default::default();
    let mut of_type = None;
    let mut result = Ok(());
    let columns = format!("t.ctid, t.{}", quote_identifier(batch.column));
    statement::run(&batch.rows(&table, &columns), &[], |row| {
        match (original(row, &mut of_type), row.get(1)) {
            (Ok(Some(text)), Some(ctid)) => {
                ctids.push(ctid);
                texts.push(text);
            }
            (Err(error), _) if error.is_fault_of_the_value() => counts.unreadable += 1,
            (Err(error), _) if result.is_ok() => result = Err(error),
            _ => {}
        }
    });
    result?;
    let _path = BatchSettings::with_path(batch.path);
    let sql = format!(
        "UPDATE ONLY {table} AS u SET {} = n.value
           FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS n (ctid, value)
          WHERE u.ctid OPERATOR(pg_catalog.=) n.ctid",
        quote_identifier(plain)
    );
    let arguments = [
        (TIDARRAYOID, arrays::tids(ctids.into_iter())),
        (
            TEXTARRAYOID,
            arrays::texts(texts.iter().map(|text| Some(text.as_slice()))),
        ),
    ];
    counts.changed = statement::run(&sql, &arguments, |_| {}) as i64;
    Ok(counts)
}

/// What was written, of the second column of the row.
fn original(row: &TableRow, of_type: &mut Option<Oid>) -> Result<Option<Vec<u8>>> {
    match Value::of_row(row, 2, of_type)? {
        Some(value) => Ok(Some(cipher::open_typed(
            value.bytes(),
            Destination::Server,
            typed::original_bytes,
        )?)),
        None => Ok(None),
    }
}

/// The second column of the row under the primary key; None where it is under it already.
fn resealed(row: &TableRow, of_type: &mut Option<Oid>) -> Result<Option<Vec<u8>>> {
    let Some(value) = Value::of_row(row, 2, of_type)? else {
        return Ok(None);
    };
    let mut out = Vec::new();
    Ok(match cipher::reseal_typed(value.bytes(), &mut out)? {
        Reencrypted::Replaced => Some(out),
        Reencrypted::Unchanged => None,
    })
}

impl Batch<'_> {
    /// The type of the column.
    fn the_type(&self) -> Result<Oid> {
        catalog::type_of_column(self.table, self.column)
            .filter(|the_type| typed::is_the_type(*the_type))
            .ok_or(Error::NotOfType)
    }

    /// The condition that a row is on the pages; without a last one, every row is.
    fn pages(&self) -> String {
        let Some(end) = self.end else {
            return String::new();
        };
        format!(
            "t.ctid OPERATOR(pg_catalog.>=) '({},0)'::pg_catalog.tid
             AND t.ctid OPERATOR(pg_catalog.<) '({end},0)'::pg_catalog.tid AND",
            self.first
        )
    }

    /// A query for the rows, which are locked.
    fn rows(&self, table: &str, columns: &str) -> String {
        format!(
            "SELECT {columns} FROM ONLY {table} AS t
              WHERE {} ({}) FOR UPDATE OF t SKIP LOCKED",
            self.pages(),
            self.pending
        )
    }
}
