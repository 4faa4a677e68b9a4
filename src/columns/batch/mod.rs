//! A batch: some rows of a table, read and locked in the order of the primary key, converted, and written back
//! through their places.
//!
//! Rows that somebody else has locked are left out, so a batch never waits while it holds locks, and cannot
//! deadlock with the application. The next pass over the table finds them. All of it runs in the name of the
//! table's owner. What is done to a row is a [`Conversion`], one file each.

mod check;
mod conversion;
mod counts;
mod decrypt;
mod duplicates;
mod encrypt;
mod hash;
pub mod import;
mod leaf;
mod rehash;
mod rotate;

use pgrx::IntoDatum;
use std::ffi::CStr;
use std::rc::Rc;

pub use self::conversion::Values;
use self::conversion::{Change, Conversion, Row};
use self::counts::Counts;
use self::leaf::Leaf;
use super::passing::Passing;
use super::registry::{self, Column};
use crate::error::{Error, Result};
use crate::keys::with_ring;
use crate::pg::PgError;
use crate::pg::arrays::{texts, tids};
use crate::pg::setting_switch::BatchSettings;
use crate::pg::statement;
use crate::pg::text::{RawText, in_database_encoding};
use crate::pg::user::as_owner;
use crate::pg::{Oid, oids};
use crate::pg::{TransactionId, TupleId};

/// What is to be done with which rows.
pub struct Request<'a> {
    /// The kind of work.
    pub work: &'a str,
    /// A table that is not partitioned.
    pub leaf: Oid,
    /// The registration's name.
    pub column: &'a str,
    /// The primary key of the row after which to begin, as text in the database's encoding; None for the first.
    pub after: Option<Vec<Vec<u8>>>,
    /// How many rows at most.
    pub size: i32,
    /// Whether anything is written.
    pub writes: bool,
    /// Whether hashes are looked up in the table; else its unique index stops a batch that repeats one.
    pub looks_up: bool,
    /// The search_path that triggers of the table find: what they name is the application's.
    pub path: &'a CStr,
    /// What the work needs beyond that.
    pub arguments: Vec<Option<String>>,
}

/// What came of a batch.
pub struct Report {
    /// The primary key of the last row, in the database's encoding. It may be a phone number.
    pub last: Option<Vec<RawText>>,
    /// Rows looked at.
    pub seen: i32,
    /// Rows changed.
    pub changed: i32,
    /// Counts by name, as JSON.
    pub counts: String,
}

/// Does the work.
///
/// Errors: not the owner, 42501; not registered, no primary key, no key, 55000; an unknown kind of work, 22023;
/// what the table's own constraints and triggers raise.
pub fn run(request: &Request<'_>) -> Result<Report> {
    let owner = as_owner(request.leaf)?;
    let _settings = BatchSettings::apply();
    statement::fire_deferred_triggers_at_once(&owner);
    let column = registry::column(request.leaf, request.column)?;
    let leaf = Leaf::look_up(request.leaf)?;
    // Keys that are missing or not the pinned ones are met before any row is.
    with_ring(|_| Ok(()))?;
    let mut conversion = conversion(request, &column)?;
    let mut counts = Counts::default();
    let (mut changes, last, seen) = read(request, &leaf, conversion.as_mut(), &mut counts)?;
    if request.writes {
        conversion.before_writing(&leaf, &mut changes, &mut counts, request.looks_up)?;
        let _path = BatchSettings::with_path(request.path);
        write(&leaf, &conversion.writes(), &changes)?;
    }
    Ok(Report {
        last,
        seen,
        changed: changes.len() as i32,
        counts: counts.to_json(),
    })
}

fn conversion(request: &Request<'_>, column: &Rc<Column>) -> Result<Box<dyn Conversion>> {
    let column = Rc::clone(column);
    let argument = |index: usize| request.arguments.get(index).and_then(Option::as_deref);
    Ok(match request.work {
        "encrypt" => Box::new(encrypt::Encrypt::new(column, false)),
        "encrypt_duplicate" => Box::new(encrypt::Encrypt::new(column, true)),
        "hash" => Box::new(hash::Hash::new(column, false)),
        "hash_duplicate" => Box::new(hash::Hash::new(column, true)),
        "check" => Box::new(check::Check::new(column)),
        "rotate" => Box::new(rotate::Rotate::new(column)?),
        "rehash" => Box::new(rehash::Rehash::new(column, false)?),
        "rehash_duplicate" => Box::new(rehash::Rehash::new(column, true)?),
        "decrypt" => Box::new(decrypt::Decrypt::new(column, false)),
        "rows" => Box::new(decrypt::Decrypt::new(column, true)),
        "import" => Box::new(import::Import::new(
            column,
            argument(0),
            argument(1),
            false,
        )?),
        "import_duplicate" => {
            Box::new(import::Import::new(column, argument(0), argument(1), true)?)
        }
        _ => return Err(Error::UnknownWork),
    })
}

/// How many rows are still to be done.
///
/// Errors: as [`run`].
pub fn pending(request: &Request<'_>) -> Result<i64> {
    let _owner = as_owner(request.leaf)?;
    let _settings = BatchSettings::for_any_rows();
    let column = registry::column(request.leaf, request.column)?;
    let leaf = Leaf::look_up(request.leaf)?;
    let condition = conversion(request, &column)?.condition();
    let mut pending = 0;
    statement::run(&leaf.count(&condition), &[], |row| {
        pending = row.get(1).unwrap_or(0)
    });
    Ok(pending)
}

/// How many of the rows that a transaction or a later one has written differ from what is encrypted. Reads the table
/// as it lies: the caller holds a lock on it that is to be short.
///
/// Errors: as [`run`].
pub fn differing_since(table: Oid, name: &str, since: TransactionId) -> Result<i64> {
    let _owner = as_owner(table)?;
    let _settings = BatchSettings::for_any_rows();
    let column = registry::column(table, name)?;
    let leaf = Leaf::look_up(table)?;
    let check = check::Check::new(column);
    let sql = leaf.select_since(&check.reads(), since);
    let mut differing = 0;
    statement::scan(&sql, &[], |row| {
        differing += i64::from(!check.agrees(&Row::of(row))?);
        Result::Ok(())
    })?;
    Ok(differing)
}

type Read = (Vec<Change>, Option<Vec<RawText>>, i32);

fn read(
    request: &Request<'_>,
    leaf: &Leaf,
    conversion: &mut dyn Conversion,
    counts: &mut Counts,
) -> Result<Read> {
    let reads = conversion.reads();
    let locks = request.writes && !conversion.writes().is_empty();
    let sql = leaf.select(
        &reads,
        &conversion.condition(),
        request.after.is_some(),
        locks,
    );
    let mut arguments = vec![(oids::INT4OID, request.size.into_datum())];
    for value in request.after.iter().flatten() {
        arguments.push((oids::TEXTOID, RawText(value.clone()).into_datum()));
    }
    let (mut changes, mut last, mut result) = (Vec::new(), None, Ok(()));
    let seen = statement::run(&sql, &arguments, |row| {
        if result.is_ok() {
            let row = Row::of(row);
            last = Some(row.texts(reads.len(), leaf.key_len()));
            match conversion.convert(&row, counts) {
                Ok(Some(values)) => {
                    changes.extend(row.place().map(|place| Change { place, values }))
                }
                Ok(None) => {}
                Err(error) => result = Err(error),
            }
        }
    });
    result?;
    Ok((changes, last, seen as i32))
}

/// The trigger has nothing to add to what the batch has made.
fn let_through(leaf: &Leaf, columns: &[String], changes: &[Change]) -> Result<Passing> {
    let names = columns.iter().map(|name| in_database_encoding(name));
    let names: Option<Vec<Vec<u8>>> = names.collect();
    let rows = changes
        .iter()
        .map(|change| (change.place, change.values.clone()));
    Ok(Passing::let_through(
        leaf.oid(),
        names.ok_or(PgError::NotInDatabaseEncoding)?,
        rows,
    ))
}

/// Errors: a trigger keeps rows as they are, 27000. (They are locked, so nobody else has changed them.)
fn write(leaf: &Leaf, columns: &[String], changes: &[Change]) -> Result<()> {
    if changes.is_empty() || columns.is_empty() {
        return Ok(());
    }
    let places: Vec<TupleId> = changes.iter().map(|change| change.place).collect();
    let _passing = let_through(leaf, columns, changes)?;
    let mut arguments = vec![(oids::TIDARRAYOID, tids(places.iter().copied()))];
    for index in 0..columns.len() {
        let values = changes.iter().map(|change| change.values[index].as_deref());
        arguments.push((oids::TEXTARRAYOID, texts(values)));
    }
    match statement::run(&leaf.update(columns), &arguments, |_| {}) == changes.len() as u64 {
        true => Ok(()),
        false => Err(Error::RowsKept),
    }
}
