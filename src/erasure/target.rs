//! The table of a registered column, and its names as SQL writes them.

use pgrx::spi::quote_identifier;

use crate::columns::registry::Column;
use crate::pg::{Oid, relation};

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
