//! Inserting a row that has a unique key, without SPI: what INSERT … ON CONFLICT DO NOTHING does where nobody has the key.
//!
//! A statement of SPI costs as much again: a portal, a plan's copy of state, an executor, for one row of three values.

use pgrx::itemptr::item_pointer_set_all;
use pgrx::{IntoDatum, pg_sys};

use super::table_row::attribute;
use super::{Datum, Oid, TimestampTz, oids};

/// How many columns such a table may have.
const MAX_COLUMNS: usize = 8;
/// In a row's address while nobody knows yet whether it stays: `SpecTokenOffsetNumber` of PostgreSQL's `itemptr.h`.
const ON_TRIAL: pg_sys::OffsetNumber = 0xfffe;

/// A column's value, with the column's type.
#[derive(Debug, Clone, Copy)]
pub struct Value {
    of_type: Oid,
    datum: Datum,
}

impl Value {
    /// Of a column `integer`.
    pub fn integer(value: i32) -> Value {
        Value {
            of_type: oids::INT4OID,
            datum: Datum::from(value),
        }
    }

    /// Of a column `bytea`; a copy.
    pub fn bytes(value: &[u8]) -> Value {
        Value {
            of_type: oids::BYTEAOID,
            datum: value.into_datum().unwrap_or(Datum::null()),
        }
    }

    /// Of a column `timestamptz`.
    pub fn time(value: TimestampTz) -> Value {
        Value {
            of_type: oids::TIMESTAMPTZOID,
            datum: Datum::from(value),
        }
    }

    /// The same without its type.
    pub fn datum(self) -> Option<Datum> {
        Some(self.datum)
    }
}

/// Inserts a row if nobody has its key, and says whether it did. Waits for nobody.
///
/// False, and nothing is changed, where there is a row of the key that is committed, or of any transaction in progress, and
/// where the table is more than such a table is at first (it has triggers, constraints, another index), or the transaction
/// may not write: the statement says then what is to be said.
///
/// `values` are those of all columns, in their order.
pub fn insert_new(table: Oid, values: &[Value]) -> bool {
    // SAFETY: reads variables of this process.
    if unsafe { pg_sys::XactReadOnly || pg_sys::IsInParallelMode() } {
        return false;
    }
    let Some(table) = Table::open(table, values) else {
        return false;
    };
    // SAFETY: the table's columns are of these types.
    let is_inserted = unsafe { table.insert(values) };
    table.close();
    is_inserted
}

/// A table with its only index, open and locked as for an INSERT: until the transaction ends.
struct Table {
    table: pg_sys::Relation,
    index: pg_sys::Relation,
}

const MODE: pg_sys::LOCKMODE = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
const KEEP_LOCK: pg_sys::LOCKMODE = pg_sys::NoLock as pg_sys::LOCKMODE;

impl Table {
    /// None where the table is not as simple as that, or its columns are not of these types.
    fn open(table: Oid, values: &[Value]) -> Option<Table> {
        // SAFETY: opened in a transaction, whose end releases the locks; closed on every way out but an error, after which
        // PostgreSQL closes it.
        unsafe {
            let table = pg_sys::table_open(table, MODE);
            let index = match is_plain(table) && has_columns(table, values) {
                true => only_index(table),
                false => None,
            };
            let Some(index) = index else {
                pg_sys::table_close(table, KEEP_LOCK);
                return None;
            };
            let open = Table {
                table,
                index: pg_sys::index_open(index, MODE),
            };
            if !is_first_columns(open.index) {
                open.close();
                return None;
            }
            Some(open)
        }
    }

    fn close(self) {
        // SAFETY: both are open, and this is the end of them.
        unsafe {
            pg_sys::index_close(self.index, KEEP_LOCK);
            pg_sys::table_close(self.table, KEEP_LOCK);
        }
    }

    /// As ON CONFLICT has it: the row is put in on trial, so that whoever meets it waits for the end of that and not of this
    /// transaction, and is taken back if the index has its key already.
    ///
    /// # Safety
    /// There are as many values as columns, of their types.
    unsafe fn insert(&self, values: &[Value]) -> bool {
        let mut nulls = [false; MAX_COLUMNS];
        let mut columns = [Datum::null(); MAX_COLUMNS];
        for (column, value) in columns.iter_mut().zip(values) {
            *column = value.datum;
        }
        // SAFETY: the table is a heap with these columns, the index a unique B-tree of the first of them, both open and
        // locked. Values and flags outlive the calls. The trial's lock is that of this transaction's own number, and is
        // released at its end, too, if anything in between raises an error.
        unsafe {
            let index = pg_sys::BuildIndexInfo(self.index);
            if !(*index).ii_Predicate.is_null() || !(*index).ii_Expressions.is_null() {
                return false;
            }
            let row = pg_sys::heap_form_tuple(
                (*self.table).rd_att,
                columns.as_mut_ptr(),
                nulls.as_mut_ptr(),
            );
            let transaction = pg_sys::GetCurrentTransactionId();
            let trial = pg_sys::SpeculativeInsertionLockAcquire(transaction);
            item_pointer_set_all(&mut (*(*row).t_data).t_ctid, trial, ON_TRIAL);
            pg_sys::heap_insert(
                self.table,
                row,
                pg_sys::GetCurrentCommandId(true),
                pg_sys::HEAP_INSERT_SPECULATIVE as i32,
                std::ptr::null_mut(),
            );
            let is_new = pg_sys::index_insert(
                self.index,
                columns.as_mut_ptr(),
                nulls.as_mut_ptr(),
                &raw mut (*row).t_self,
                self.table,
                pg_sys::IndexUniqueCheck::UNIQUE_CHECK_PARTIAL,
                false,
                index,
            );
            match is_new {
                true => pg_sys::heap_finish_speculative(self.table, &raw mut (*row).t_self),
                false => pg_sys::heap_abort_speculative(self.table, &raw mut (*row).t_self),
            }
            pg_sys::SpeculativeInsertionLockRelease(transaction);
            pg_sys::heap_freetuple(row);
            is_new
        }
    }
}

/// Whether the table is a heap to which nothing happens but that rows come and go.
///
/// # Safety
/// The table must be open.
unsafe fn is_plain(table: pg_sys::Relation) -> bool {
    // SAFETY: the fields of a relation that is open are valid.
    unsafe {
        let form = (*table).rd_rel;
        let constraints = (*(*table).rd_att).constr;
        (*form).relkind as u8 == pg_sys::RELKIND_RELATION
            && (*form).relam == pg_sys::HEAP_TABLE_AM_OID
            && (*table).trigdesc.is_null()
            && !(*form).relispartition
            && !(*form).relhasrules
            && !(*form).relrowsecurity
            && (constraints.is_null()
                || (*constraints).num_check == 0 && !(*constraints).has_generated_stored)
    }
}

/// Whether the table has just these columns.
///
/// # Safety
/// The table must be open.
unsafe fn has_columns(table: pg_sys::Relation, values: &[Value]) -> bool {
    // SAFETY: the descriptor of a relation that is open is valid, and has so many attributes.
    unsafe {
        let descriptor = (*table).rd_att;
        values.len() <= MAX_COLUMNS
            && usize::try_from((*descriptor).natts) == Ok(values.len())
            && values
                .iter()
                .zip(0..)
                .all(|(value, column)| (*attribute(descriptor, column)).atttypid == value.of_type)
    }
}

/// Its index, if there is one and no more.
///
/// # Safety
/// The table must be open.
unsafe fn only_index(table: pg_sys::Relation) -> Option<Oid> {
    // SAFETY: the list is a copy of this call's, and freed; what it holds are numbers of indexes.
    unsafe {
        let list = pg_sys::RelationGetIndexList(table);
        let is_one = !list.is_null() && (*list).length == 1;
        let index = is_one.then(|| (*(*list).elements).oid_value);
        pg_sys::list_free(list);
        index
    }
}

/// Whether an index is a unique B-tree of its table's first columns, in their order, checked at once.
///
/// # Safety
/// The index must be open.
unsafe fn is_first_columns(index: pg_sys::Relation) -> bool {
    // SAFETY: the fields of an index that is open are valid; it has as many column numbers as it says.
    unsafe {
        let form = (*index).rd_index;
        let columns = usize::try_from((*form).indnatts).unwrap_or(0);
        let numbers = std::slice::from_raw_parts((*form).indkey.values.as_ptr(), columns);
        (*(*index).rd_rel).relam == pg_sys::BTREE_AM_OID
            && (*form).indisunique
            && (*form).indimmediate
            && (*form).indisready
            && (*form).indnatts == (*form).indnkeyatts
            && numbers
                .iter()
                .zip(1..)
                .all(|(number, column)| *number == column)
    }
}
