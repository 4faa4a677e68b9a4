//! Facts about a relation, read from its catalogue entry.

use pgrx::pg_sys;
use pgrx::pg_sys::SysCacheIdentifier;
use std::ffi::CStr;

use super::Oid;
use super::catalog_changes::CatalogChanges;
use super::table_scan::IndexKey;
use super::text::Text;

static NAMES: CatalogChanges =
    CatalogChanges::of(&[SysCacheIdentifier::RELOID, SysCacheIdentifier::NAMESPACEOID]);

/// Changes when this process hears of a change of some relation or schema. To be taken before a name that is remembered is
/// looked up.
#[inline]
pub fn names_generation() -> u64 {
    NAMES.generation()
}

/// An open relation: PostgreSQL keeps its fields valid until it is closed on drop.
struct Open(pg_sys::Relation);

impl Open {
    /// Raises PostgreSQL's own error where there is no such relation.
    fn new(relation: Oid) -> Open {
        // SAFETY: called in a transaction; closed on drop, or by the transaction's abort.
        Open(unsafe { pg_sys::relation_open(relation, pg_sys::AccessShareLock as i32) })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: opened with this lock, and closed once.
            unsafe { pg_sys::relation_close(self.0, pg_sys::AccessShareLock as i32) };
        }
    }
}

/// Who owns it, and its name.
pub fn owner_and_name(relation: Oid) -> (Oid, String) {
    let open = Open::new(relation);
    // SAFETY: the relation is open; its name ends in NUL.
    unsafe {
        let form = (*open.0).rd_rel;
        let name = CStr::from_ptr((*form).relname.data.as_ptr());
        ((*form).relowner, Text::of(name.to_bytes()).name())
    }
}

/// Its primary key's index; `Oid::INVALID` without one.
pub fn primary_key(relation: Oid) -> Oid {
    let open = Open::new(relation);
    // SAFETY: the relation is open.
    unsafe {
        #[cfg(not(feature = "pg18"))]
        return pg_sys::RelationGetPrimaryKeyIndex(open.0);
        #[cfg(feature = "pg18")]
        return pg_sys::RelationGetPrimaryKeyIndex(open.0, false);
    }
}

/// How rows are found by the first column of its primary key; None without one.
pub fn primary_key_column(relation: Oid) -> Option<IndexKey> {
    let index = primary_key(relation);
    if index == Oid::INVALID {
        return None;
    }
    let open = Open::new(index);
    // SAFETY: the index is open, and has a column at least; the rest are look-ups in the catalogue's cache.
    unsafe {
        let column = *(*(*open.0).rd_index).indkey.values.as_ptr();
        let of_type = *(*open.0).rd_opcintype;
        let operator = pg_sys::get_opfamily_member(
            *(*open.0).rd_opfamily,
            of_type,
            of_type,
            pg_sys::BTEqualStrategyNumber as i16,
        );
        Some(IndexKey {
            table: relation,
            index,
            column,
            of_type,
            equals: pg_sys::get_opcode(operator),
        })
    }
}

/// How many pages its main fork has.
pub fn pages(relation: Oid) -> u32 {
    let open = Open::new(relation);
    // SAFETY: the relation is open.
    unsafe { pg_sys::RelationGetNumberOfBlocksInFork(open.0, pg_sys::ForkNumber::MAIN_FORKNUM) }
}

/// Locks it in ROW EXCLUSIVE mode until the transaction ends, unless somebody has a lock that conflicts. It may be
/// gone: then it is a lock on nothing.
pub fn try_lock_for_writing(relation: Oid) -> bool {
    let mode = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
    // SAFETY: in a transaction, whose end releases the lock.
    unsafe { pg_sys::ConditionalLockRelationOid(relation, mode) }
}

/// Locks it in ACCESS SHARE mode until the transaction ends, unless somebody has a lock that conflicts, or waits for one.
pub fn try_lock_for_reading(relation: Oid) -> bool {
    let mode = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
    // SAFETY: in a transaction, whose end releases the lock.
    unsafe { pg_sys::ConditionalLockRelationOid(relation, mode) }
}

/// Locks it in ACCESS SHARE mode until the transaction ends, and hears of what has changed until then.
pub fn lock_for_reading(relation: Oid) {
    // SAFETY: in a transaction, whose end releases the lock.
    unsafe { pg_sys::LockRelationOid(relation, pg_sys::AccessShareLock as pg_sys::LOCKMODE) };
}

/// Locks it in SHARE mode until the transaction ends, unless somebody has a lock that conflicts, or waits for one: whoever has
/// written to it has committed or rolled back by then.
pub fn try_lock_against_writing(relation: Oid) -> bool {
    let mode = pg_sys::ShareLock as pg_sys::LOCKMODE;
    // SAFETY: in a transaction, whose end releases the lock.
    unsafe { pg_sys::ConditionalLockRelationOid(relation, mode) }
}

/// Whether this transaction, in this process, has locked a table of this database in any mode.
pub fn is_locked(table: Oid) -> bool {
    is_locked_in(table, pg_sys::AccessShareLock..=pg_sys::AccessExclusiveLock)
}

/// Whether it has locked it in a mode that a change of the table itself, or of its triggers, needs. May be called in the middle
/// of anything.
pub fn is_locked_for_change(table: Oid) -> bool {
    is_locked_in(
        table,
        pg_sys::ShareRowExclusiveLock..=pg_sys::AccessExclusiveLock,
    )
}

fn is_locked_in(table: Oid, modes: std::ops::RangeInclusive<u32>) -> bool {
    let tag = pg_sys::LOCKTAG {
        // SAFETY: set once a backend is connected to its database.
        locktag_field1: unsafe { pg_sys::MyDatabaseId }.to_u32(),
        locktag_field2: table.to_u32(),
        locktag_field3: 0,
        locktag_field4: 0,
        locktag_type: pg_sys::LockTagType::LOCKTAG_RELATION as u8,
        locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
    };
    let is_held = |mode| {
        // SAFETY: a well-formed tag; looks into this process's own table of locks.
        unsafe {
            #[cfg(any(feature = "pg14", feature = "pg15", feature = "pg16"))]
            return pg_sys::LockHeldByMe(&tag, mode);
            #[cfg(not(any(feature = "pg14", feature = "pg15", feature = "pg16")))]
            return pg_sys::LockHeldByMe(&tag, mode, false);
        }
    };
    modes
        .into_iter()
        .any(|mode| is_held(mode as pg_sys::LOCKMODE))
}

/// Whether this transaction has it locked against everybody else.
pub fn is_locked_exclusively(relation: Oid) -> bool {
    let mode = pg_sys::AccessExclusiveLock as pg_sys::LOCKMODE;
    // SAFETY: a look into this process's own table of locks.
    unsafe {
        #[cfg(feature = "pg18")]
        return pg_sys::CheckRelationOidLockedByMe(relation, mode, false);
        #[cfg(not(feature = "pg18"))]
        {
            let open = Open::new(relation);
            pg_sys::CheckRelationLockedByMe(open.0, mode, false)
        }
    }
}

/// Makes every backend read its catalogue entries again, once this transaction commits, and this one at once.
pub fn announce_change(relation: Oid) {
    // SAFETY: queues an invalidation of an existing relation.
    unsafe {
        pg_sys::CacheInvalidateRelcacheByRelid(relation);
        pg_sys::CommandCounterIncrement();
    }
}

/// Whether there is such a relation.
pub fn exists(relation: Oid) -> bool {
    // SAFETY: a look into the catalogue's cache.
    !unsafe { pg_sys::get_rel_name(relation) }.is_null()
}

/// Its schema and name, unquoted; None where it does not exist.
pub fn schema_and_name(relation: Oid) -> Option<(String, String)> {
    // SAFETY: both calls give NULL or a NUL-terminated copy.
    unsafe {
        let schema = pg_sys::get_namespace_name(pg_sys::get_rel_namespace(relation));
        let name = pg_sys::get_rel_name(relation);
        if schema.is_null() || name.is_null() {
            return None;
        }
        let text = |name| Text::of(CStr::from_ptr(name).to_bytes()).name();
        Some((text(schema), text(name)))
    }
}
