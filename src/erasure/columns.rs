//! Forgetting a number in a registered column.
//!
//! Most rows are found by their hash. Those without one are looked at: not converted yet, duplicates that
//! normalisation uncovered, and texts that are no phone number in the column's regions.

use pgrx::IntoDatum;
use pgrx::spi::quote_identifier;

use super::number::{Number, Sealed};
use super::target::{change_at, holders};
use super::{Outcome, Rows, attempt};
use crate::columns::convert;
use crate::columns::registry::Column;
use crate::error::{Error, Result};
use crate::keys::with_ring;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::statement;
use crate::pg::table_row::TableRow;
use crate::pg::text::Text;
use crate::pg::user::{full_name, switch_to_owner};
use crate::pg::{Datum, Oid, oids};

/// How often the table is gone through while others change it.
const ROUNDS: usize = 5;

/// A registered column, as SQL.
struct Target<'a> {
    column: &'a Column,
    number: &'a Number,
    /// The table's name.
    table: String,
    /// What hashes the number can have here.
    hashes: Vec<String>,
}

/// Rows without a hash that were looked at.
#[derive(Default)]
struct Looked {
    rows: Rows,
    unreadable: i64,
}

/// Deletes the number's rows, or sets what they hold of it to NULL, as the column's policy says. What stands in the
/// way is an outcome, too: PostgreSQL's own for the table, under its SQLSTATE; a key that is not configured, values of an
/// earlier system, or rows that stay, 55000.
///
/// Errors: the table was dropped a moment ago, 42P01.
pub fn forget(column: &Column, number: &Number) -> Result<Vec<Outcome>> {
    let table = full_name(column.relation)?;
    let object = format!("{table}.{}", quote_identifier(&column.name));
    let result = attempt(&table, || {
        let target = Target {
            column,
            number,
            table: table.clone(),
            hashes: number.hashes(&column.hash_context)?,
        };
        let _settings = BatchSettings::for_one_table_of_many();
        let _in_their_name = switch_to_owner(column.relation)?;
        target.forget()
    });
    Ok(match result {
        Ok((rows, unreadable)) => outcomes(&object, column, rows, unreadable),
        Err(failure) => vec![Outcome::failed(&object, failure)],
    })
}

impl Target<'_> {
    /// A hash under a key that is not there could not be computed, and its row not be found.
    fn refuse_unknown_keys(&self) -> Result<()> {
        let next = self.column.next.as_ref().map(|(_, kind)| kind.key_id);
        with_ring(|ring| {
            let ids = std::iter::once(self.column.hash_kind.key_id).chain(next);
            match ids.into_iter().find(|id| ring.find(*id).is_none()) {
                Some(id) => Err(Error::HashKeyMissing(id)),
                None => Ok(()),
            }
        })
    }

    /// How many rows were changed, and how many could not be read.
    fn forget(&self) -> Result<(u64, i64)> {
        self.refuse_unknown_keys()?;
        let mut rows = 0;
        for _ in 0..ROUNDS {
            rows += statement::run(&self.change_by_hash(), &[self.hashes_argument()], |_| ());
            let looked = self.look()?;
            if looked.rows.is_empty() && !self.has_hash() {
                return Ok((rows, looked.unreadable));
            }
            let nulls = nulls(self.column);
            rows += change_at(&self.table, self.column.deletes_rows, &nulls, looked.rows);
        }
        Err(Error::RowsRemain)
    }

    fn hashes_argument(&self) -> (Oid, Option<Datum>) {
        (oids::TEXTARRAYOID, self.hashes.clone().into_datum())
    }

    fn by_hash(&self) -> String {
        let next = self.column.next.as_ref().map(|(name, _)| name);
        let conditions = std::iter::once(&self.column.hash)
            .chain(next)
            .map(|name| format!("t.{}::text = ANY ($1)", quote_identifier(name)));
        conditions.collect::<Vec<_>>().join(" OR ")
    }

    fn has_hash(&self) -> bool {
        let sql = format!(
            "SELECT FROM {} AS t WHERE {} LIMIT 1",
            self.table,
            self.by_hash()
        );
        statement::run(&sql, &[self.hashes_argument()], |_| ()) > 0
    }

    fn change_by_hash(&self) -> String {
        match self.column.deletes_rows {
            true => format!("DELETE FROM {} AS t WHERE {}", self.table, self.by_hash()),
            false => format!(
                "UPDATE {} AS t SET {} WHERE {}",
                self.table,
                nulls(self.column),
                self.by_hash()
            ),
        }
    }

    /// Looks at every row without a hash that holds anything.
    fn look(&self) -> Result<Looked> {
        let column = self.column;
        let text = |name: Option<&String>| match name {
            Some(name) => format!("t.{}::text", quote_identifier(name)),
            None => "NULL::text".to_owned(),
        };
        let plain = column.has_plaintext.then_some(&column.name);
        let sql = format!(
            "SELECT t.tableoid, t.ctid::text, t.xmin::text, {}, {}, {}, {} FROM {} AS t WHERE t.{} IS NULL AND ({})",
            text(Some(&column.encrypted)),
            text(column.raw.as_ref()),
            text(plain),
            text(column.context_column.as_ref()),
            self.table,
            quote_identifier(&column.hash),
            hold_anything(column, "t."),
        );
        let mut looked = Looked::default();
        statement::scan(&sql, &[], |row| {
            match self.judge(row)? {
                Sealed::Same => looked.rows.add(row),
                Sealed::Unreadable => looked.unreadable += 1,
                Sealed::Earlier => return Err(Error::EarlierValues),
                Sealed::Other => {}
            }
            Ok(())
        })?;
        Ok(looked)
    }

    fn judge(&self, row: &TableRow) -> Result<Sealed> {
        let (number, column) = (self.number, self.column);
        let context = match row.get::<Text<'_>>(7) {
            Some(value) => convert::context_of(column, Some(&value.exact()?))?,
            // Without a value for its context nothing can have been encrypted under it.
            None => convert::context_of(column, Some(""))?,
        };
        let mut found = Sealed::Other;
        if let Some(value) = row.get::<Text<'_>>(4) {
            found = graver(found, number.is_sealed(value.bytes(), &context, column)?);
        }
        if let Some(value) = row.get::<Text<'_>>(5) {
            found = graver(
                found,
                number.is_sealed_text(value.bytes(), &context, column)?,
            );
        }
        if let Some(plain) = row.get::<Text<'_>>(6)
            && number.is_written(&plain.or_empty(), column)?
        {
            found = Sealed::Same;
        }
        Ok(found)
    }
}

fn outcomes(object: &str, column: &Column, rows: u64, unreadable: i64) -> Vec<Outcome> {
    let action = match column.deletes_rows {
        true => "deleted",
        false => "set to NULL",
    };
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let mut outcomes = vec![Outcome::done(object, action, rows)];
    if unreadable > 0 {
        outcomes.push(Outcome::done(object, "unreadable", unreadable));
    }
    outcomes
}

/// What matters more of two findings in one row.
fn graver(one: Sealed, other: Sealed) -> Sealed {
    match (one, other) {
        (Sealed::Same, _) | (_, Sealed::Same) => Sealed::Same,
        (Sealed::Other, found) => found,
        (found, _) => found,
    }
}

/// The assignments that leave nothing of a number in its row.
pub(super) fn nulls(column: &Column) -> String {
    let all = holders(column)
        .into_iter()
        .map(|name| format!("{name} = NULL"));
    all.collect::<Vec<_>>().join(", ")
}

/// Whether a row holds anything of a number.
pub(super) fn hold_anything(column: &Column, prefix: &str) -> String {
    let all = holders(column)
        .into_iter()
        .map(|name| format!("{prefix}{name} IS NOT NULL"));
    all.collect::<Vec<_>>().join(" OR ")
}
