//! Finding the rows of tokens: read directly, through the primary key, as the newest snapshot has them.

use phone_crypt_core::token::{SecretHash, TokenId};
use std::cell::Cell;

use super::error::Error;
use crate::pg::cached_table::{self, CachedTable};
use crate::pg::table_row::TableRow;
use crate::pg::{Oid, relation, table_scan};
use crate::settings::SCHEMA;

/// The tokens: only where they are is remembered, never their rows.
static TOKENS: CachedTable = CachedTable::new(SCHEMA, c"api_tokens");
/// Those of legacy applications, by the hash of their text.
static LEGACY: CachedTable = CachedTable::new(SCHEMA, c"api_legacy_tokens");

thread_local! {
    static TOKENS_INDEX: Cell<Oid> = const { Cell::new(Oid::INVALID) };
    static LEGACY_INDEX: Cell<Oid> = const { Cell::new(Oid::INVALID) };
    static HAS_LEGACY: Cell<bool> = const { Cell::new(false) };
}

/// `phone_crypt.api_tokens` of this database.
///
/// Errors: it does not exist, 55000.
pub fn table() -> Result<Oid, Error> {
    if !TOKENS.is_valid() {
        let table = TOKENS.watch().ok_or(Error::NoTable)?;
        // Before the look-up: a change that arrives meanwhile makes it be done again.
        TOKENS.mark_valid();
        TOKENS_INDEX.set(relation::primary_key(table));
    }
    Ok(TOKENS.oid())
}

/// Calls `found` with the row of this id, if it is there, or with the one after it: it compares. The work is the same for
/// both.
///
/// Errors: no such table, 55000.
pub fn row_from(id: TokenId, found: impl FnMut(&TableRow)) -> Result<(), Error> {
    let table = table()?;
    table_scan::first_from(table, TOKENS_INDEX.get(), id.as_str().as_bytes(), found);
    Ok(())
}

/// Whether there is any token of a legacy application.
pub fn has_legacy() -> bool {
    cached_table::listen_once_a_statement();
    if !LEGACY.is_valid() {
        let table = LEGACY.watch();
        LEGACY.mark_valid();
        LEGACY_INDEX.set(table.map_or(Oid::INVALID, relation::primary_key));
        HAS_LEGACY.set(table.is_some_and(table_scan::has_rows));
    }
    HAS_LEGACY.get()
}

/// The id of the token of a legacy application whose text has this hash.
pub fn legacy_id(hash: &SecretHash) -> Option<TokenId> {
    let mut id: Option<Vec<u8>> = None;
    table_scan::scan_key(LEGACY.oid(), LEGACY_INDEX.get(), &hash.to_hex(), |row| {
        id = row.get(2);
    });
    TokenId::parse(&id?).ok()
}
