//! The registry of encrypted columns, as this backend remembers it.

use pgrx::IntoDatum;
use phone_crypt_core::crypto::{HashScheme, KeyId};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::error::{Error, Result};
use crate::pg::cached_table::{self, CachedTable};
use crate::pg::statement::Statement;
use crate::pg::table_row::TableRow;
use crate::pg::table_scan;
use crate::pg::user::current_user;
use crate::pg::{Oid, oids};
use crate::settings::SCHEMA;

/// The registry of encrypted columns.
static COLUMNS: CachedTable = CachedTable::new(SCHEMA, c"columns");

/// A row of `phone_crypt.columns`.
#[derive(Debug, Clone)]
pub struct Column {
    /// The table, which may be partitioned.
    pub relation: Oid,
    /// What the registration is called: the plaintext column's name.
    pub name: String,
    /// The column of the encrypted number.
    pub encrypted: String,
    /// The column of the hash.
    pub hash: String,
    /// The column of what E.164 cannot carry.
    pub raw: Option<String>,
    /// Whether `name` still is a column of plain text.
    pub has_plaintext: bool,
    /// What values are bound to, or the first part of it.
    pub context: String,
    /// The column whose value is the second part.
    pub context_column: Option<String>,
    /// The context of the hash.
    pub hash_context: String,
    /// The key and scheme that the hash is kept under.
    pub hash_kind: HashKind,
    /// The column of the coming hash, while the hash key is being changed.
    pub next: Option<(String, HashKind)>,
    /// Regions of numbers without `+`; the setting's where None.
    pub regions: Option<String>,
    /// Whether every original is kept, not only what E.164 cannot carry.
    pub keep_original: bool,
    /// Whether erasure deletes the row, and not only what it holds of the number.
    pub deletes_rows: bool,
    /// The column by whose time rows are purged.
    pub retention_column: Option<String>,
}

/// What a hash is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashKind {
    /// The key.
    pub key_id: KeyId,
    /// The scheme.
    pub scheme: HashScheme,
}

thread_local! {
    static GENERATION: Cell<u64> = const { Cell::new(0) };
    static KNOWN: RefCell<Vec<Rc<Column>>> = const { RefCell::new(Vec::new()) };
    static ANCESTORS: Statement = const { Statement::new(
        c"SELECT a.relid::pg_catalog.oid FROM pg_catalog.pg_partition_ancestors($1) AS a (relid)",
        &[oids::REGCLASSOID],
    ) };
}

/// The registration of this name on the table, or on the one that it is a partition of.
///
/// Errors: there is none, 55000.
pub fn column(table: Oid, name: &str) -> Result<Rc<Column>> {
    if let Some(column) = find(table, name) {
        return Ok(column);
    }
    ancestors(table)
        .into_iter()
        .find_map(|ancestor| find(ancestor, name))
        .ok_or(Error::NotRegistered)
}

/// A number that is another one once the registry has changed.
pub fn generation() -> u64 {
    refresh();
    GENERATION.get()
}

/// Every registration.
pub fn all() -> Vec<Rc<Column>> {
    refresh();
    KNOWN.with_borrow(Clone::clone)
}

fn find(table: Oid, name: &str) -> Option<Rc<Column>> {
    refresh();
    KNOWN.with_borrow(|known| {
        let found = known
            .iter()
            .find(|column| column.relation == table && column.name == name);
        found.map(Rc::clone)
    })
}

fn refresh() {
    cached_table::listen_once_a_statement();
    if !COLUMNS.is_valid() {
        let all = read_all();
        KNOWN.set(all);
        GENERATION.set(GENERATION.get() + 1);
    }
}

fn ancestors(table: Oid) -> Vec<Oid> {
    let mut ancestors = Vec::new();
    let user = current_user();
    ANCESTORS.with(|statement| {
        statement.run(user, &[table.into_datum()], |row| {
            ancestors.extend(row.get::<Oid>(1));
        })
    });
    ancestors
}

fn read_all() -> Vec<Rc<Column>> {
    let mut all = Vec::new();
    if let Some(table) = COLUMNS.watch() {
        COLUMNS.mark_valid();
        // The table's CHECKs let no row in that does not hold.
        table_scan::scan(table, |row| all.extend(from_row(row).map(Rc::new)));
    }
    all
}

fn from_row(row: &TableRow) -> Option<Column> {
    let next = match (row.string(12), kind(row.string(13), row.string(14))) {
        (Some(name), Some(kind)) => Some((name, kind)),
        _ => None,
    };
    Some(Column {
        relation: row.get(1)?,
        name: row.string(2)?,
        encrypted: row.string(3)?,
        hash: row.string(4)?,
        raw: row.string(5),
        has_plaintext: row.get(6)?,
        context: row.string(7)?,
        context_column: row.string(8),
        hash_context: row.string(9)?,
        hash_kind: kind(row.string(10), row.string(11))?,
        next,
        regions: row.string(15),
        keep_original: row.get(16)?,
        deletes_rows: row.get::<String>(19)? == "delete",
        retention_column: row.string(21),
    })
}

fn kind(key_id: Option<String>, scheme: Option<String>) -> Option<HashKind> {
    let scheme = match scheme?.as_str() {
        "derived" => HashScheme::Derived,
        "raw" => HashScheme::Raw,
        _ => return None,
    };
    Some(HashKind {
        key_id: key_id?.parse().ok()?,
        scheme,
    })
}
