//! Rows that were looked at, and their change.

use pgrx::IntoDatum;

use crate::pg::table_row::TableRow;
use crate::pg::{Oid, oids, statement};

/// Rows that were looked at and are to be changed.
#[derive(Default)]
pub struct Rows {
    tables: Vec<Oid>,
    places: Vec<String>,
    /// Which versions of the rows they were.
    versions: Vec<String>,
}

impl Rows {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// A row that begins with tableoid, and ctid and xmin as text.
    pub fn add(&mut self, row: &TableRow) {
        self.tables.extend(row.get::<Oid>(1));
        self.places.extend(row.get::<String>(2));
        self.versions.extend(row.get::<String>(3));
    }
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
