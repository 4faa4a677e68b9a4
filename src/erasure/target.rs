//! The table of a registered column, its names as SQL writes them, and changes of rows that were looked at.

use pgrx::IntoDatum;
use pgrx::spi::quote_identifier;

use super::Rows;
use crate::columns::registry::Column;
use crate::pg::{Oid, oids, relation, statement};

/// Whether a registered table is there: one may have been dropped since.
pub fn is_there(table: Oid) -> bool {
    relation::exists(table)
}

/// The columns that hold the number in one way or another, quoted.
pub fn holders(column: &Column) -> Vec<String> {
    let mut names = vec![&column.encrypted, &column.hash];
    names.extend(&column.raw);
    names.extend(column.next.as_ref().map(|(name, _)| name));
    if column.has_plaintext {
        names.push(&column.name);
    }
    names.iter().map(quote_identifier).collect()
}

/// Deletes rows, or sets columns of theirs to NULL. How many there were.
pub fn change_at(table: &str, deletes: bool, nulls: &str, rows: Rows) -> u64 {
    const ROWS: &str = "ROWS FROM (unnest($1), unnest($2), unnest($3)) AS u (o, c, x)";
    // Not only the place: PostgreSQL follows a row that was updated meanwhile, which may say something else now.
    const IS_THERE: &str = "t.tableoid = u.o AND t.ctid = u.c::tid AND t.xmin::text = u.x";
    let sql = match deletes {
        true => format!("DELETE FROM {table} AS t USING {ROWS} WHERE {IS_THERE}"),
        false => format!("UPDATE {table} AS t SET {nulls} FROM {ROWS} WHERE {IS_THERE}"),
    };
    let arguments = [
        (oids::OIDARRAYOID, rows.tables.into_datum()),
        (oids::TEXTARRAYOID, rows.places.into_datum()),
        (oids::TEXTARRAYOID, rows.versions.into_datum()),
    ];
    statement::run(&sql, &arguments, |_| ())
}
