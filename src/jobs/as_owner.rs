//! What is done to a user's table in its owner's name: whatever hangs on the table (triggers, expressions of indexes,
//! policies, casts) runs with the owner's rights, also where the planner evaluates it.

// pgrx reads the columns from the type as it is written out.
#![allow(clippy::type_complexity)]

use crate::pg::ErrorReport;
use crate::pg::Oid;
use pgrx::iter::TableIterator;
use pgrx::spi::quote_identifier;
use pgrx::{Array, PgLogLevel, name, pg_extern};

use crate::jobs::error::Result;
use crate::pg::Answer;
use crate::pg::arguments::relation;
use crate::pg::arguments::{given, required, texts};
use crate::pg::regclass::Regclass;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::statement::{self, Cursor};
use crate::pg::text::{RawText, Text};
use crate::pg::user::{self, as_owner};

/// `phone_crypt.run_as_owner(table, statement)`: runs a statement in the name of the table's owner, whose part the caller
/// can take anyway. Where that is somebody else, what hangs on the table cannot use the caller's rights.
///
/// Errors: not the owner, 42501; no such table, 42P01; NULL, 22004; those of the statement.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn run_as_owner(table: Option<Regclass>, statement: Option<Text<'_>>) -> Answer<()> {
    let statement = required(statement, "statement")?;
    let _in_their_name = as_owner(relation(table)?.oid())?;
    let _settings = BatchSettings::for_any_rows();
    statement::run(&statement, &[], |_| {});
    Ok(())
}

/// `phone_crypt.count_as_owner(table, condition)`: how many rows `t` of the table meet a condition, in the name of its
/// owner.
///
/// Errors: not the owner, 42501; no such table, 42P01; NULL, 22004; those of the condition.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn count_as_owner(table: Option<Regclass>, condition: Option<Text<'_>>) -> Answer<i64> {
    let condition = required(condition, "condition")?;
    Ok(count_rows(relation(table)?.oid(), &condition)?)
}

/// How many rows `t` of a table meet a condition, in the name of its owner.
///
/// Errors: not the owner, 42501; those of the condition.
pub fn count_rows(table: Oid, condition: &str) -> Result<i64> {
    let sql = format!(
        "SELECT pg_catalog.count(*) FROM {} AS t WHERE ({condition})",
        user::full_name(table)?
    );
    let _in_their_name = as_owner(table)?;
    let _settings = BatchSettings::for_any_rows();
    let mut count = 0;
    statement::run(&sql, &[], |row| count = row.get(1).unwrap_or(0));
    Ok(count)
}

/// `phone_crypt.read_as_owner(table, columns)`: these columns of each row as text, read in the name of the table's owner.
///
/// Errors: not the owner, 42501; no such table, 42P01; NULL, 22004; what reading raises.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn read_as_owner(
    table: Option<Regclass>,
    columns: Option<Array<'_, Text<'_>>>,
) -> std::result::Result<TableIterator<'static, (name!(columns, Vec<Option<RawText>>),)>, ErrorReport>
{
    let columns = texts(columns, "columns")?.into_iter();
    let columns: Option<Vec<String>> = columns.collect();
    let columns = given(columns, "columns")?;
    let rows = OwnedRows::open(relation(table)?.oid(), &columns)?;
    Ok(TableIterator::new(rows.map(|row| (row,))))
}

/// Rows of a table, a portion at a time.
struct OwnedRows {
    table: Oid,
    columns: i32,
    cursor: Cursor,
    portion: std::vec::IntoIter<Vec<Option<RawText>>>,
}

impl OwnedRows {
    fn open(table: Oid, columns: &[String]) -> Result<OwnedRows> {
        let texts = columns
            .iter()
            .map(|name| format!("t.{}::pg_catalog.text", quote_identifier(name)));
        let texts: Vec<String> = texts.collect();
        let sql = format!(
            "SELECT {} FROM {} AS t",
            texts.join(", "),
            user::full_name(table)?
        );
        let _in_their_name = as_owner(table)?;
        let _settings = BatchSettings::for_any_rows();
        Ok(OwnedRows {
            table,
            columns: columns.len() as i32,
            cursor: Cursor::open(&sql, &[]),
            portion: Vec::new().into_iter(),
        })
    }

    fn fetch(&mut self) -> Result<()> {
        let _in_their_name = as_owner(self.table)?;
        let _settings = BatchSettings::for_any_rows();
        let mut portion = Vec::new();
        self.cursor.fetch(|row| {
            let text = |number| row.get::<Text<'_>>(number);
            let copy = |text: Text<'_>| RawText(text.bytes().to_vec());
            portion.push(
                (1..=self.columns)
                    .map(|number| text(number).map(copy))
                    .collect(),
            );
        });
        self.portion = portion.into_iter();
        Ok(())
    }
}

impl Iterator for OwnedRows {
    type Item = Vec<Option<RawText>>;

    fn next(&mut self) -> Option<Vec<Option<RawText>>> {
        if self.portion.len() == 0
            && let Err(error) = self.fetch()
        {
            ErrorReport::from(error).report(PgLogLevel::ERROR);
        }
        self.portion.next()
    }
}
