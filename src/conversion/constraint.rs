//! A unique constraint that stops being deferrable, with its index as it is.
//!
//! While both columns are there, an upsert names the index of the plain one: at another unique index it would fail,
//! unless that is of a deferrable constraint. After the swap it names that index itself, which has to be checked at once
//! for that. PostgreSQL has no statement for the change: the entries of the catalogue that differ are changed here, under
//! the lock that the swap holds.

use pgrx::IntoDatum;

use crate::conversion::error::{Error, Result};
use crate::pg::oids::{OIDOID, TEXTOID};
use crate::pg::text::{self, Text};
use crate::pg::user::{CATALOG_OWNER, UserSwitch};
use crate::pg::{Oid, relation, statement, user};

const CONSTRAINT: &str = "
    UPDATE pg_catalog.pg_constraint SET condeferrable = false, condeferred = false
     WHERE oid OPERATOR(pg_catalog.=) $1 AND conrelid OPERATOR(pg_catalog.=) $2
       AND contype OPERATOR(pg_catalog.=) 'u' AND condeferrable";
const INDEX: &str = "
    UPDATE pg_catalog.pg_index AS i SET indimmediate = true FROM pg_catalog.pg_constraint AS c
     WHERE c.oid OPERATOR(pg_catalog.=) $1 AND i.indexrelid OPERATOR(pg_catalog.=) c.conindid";
/// The trigger that checks at the end of a statement or transaction, and what ties it to the constraint.
const DEPENDENCIES: &str = "
    DELETE FROM pg_catalog.pg_depend AS d USING pg_catalog.pg_trigger AS t
     WHERE t.tgconstraint OPERATOR(pg_catalog.=) $1
       AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass
       AND d.objid OPERATOR(pg_catalog.=) t.oid";
const TRIGGER: &str =
    "DELETE FROM pg_catalog.pg_trigger WHERE tgconstraint OPERATOR(pg_catalog.=) $1";

/// What checks at the end of a statement does so for every session.
const ALWAYS: &str = "
    UPDATE pg_catalog.pg_trigger AS t SET tgenabled = 'A' FROM pg_catalog.pg_constraint AS c
     WHERE c.conrelid OPERATOR(pg_catalog.=) $1 AND c.conname OPERATOR(pg_catalog.=) $2::pg_catalog.name
       AND c.contype OPERATOR(pg_catalog.=) 'u' AND c.condeferrable AND t.tgconstraint OPERATOR(pg_catalog.=) c.oid";

/// Where no constraint is to be left of it, its index depends on the columns itself.
const INDEX_ALONE: [&str; 4] = [
    "DELETE FROM pg_catalog.pg_depend AS d USING pg_catalog.pg_constraint AS c
      WHERE c.oid OPERATOR(pg_catalog.=) $1 AND d.objid OPERATOR(pg_catalog.=) c.conindid
        AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass
        AND d.refobjid OPERATOR(pg_catalog.=) c.oid",
    "UPDATE pg_catalog.pg_depend AS d
        SET classid = 'pg_catalog.pg_class'::pg_catalog.regclass, objid = c.conindid
       FROM pg_catalog.pg_constraint AS c
      WHERE c.oid OPERATOR(pg_catalog.=) $1 AND d.objid OPERATOR(pg_catalog.=) c.oid
        AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass
        AND d.refobjid OPERATOR(pg_catalog.=) c.conrelid AND d.deptype OPERATOR(pg_catalog.=) 'a'",
    "DELETE FROM pg_catalog.pg_depend
      WHERE objid OPERATOR(pg_catalog.=) $1
        AND classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass",
    "DELETE FROM pg_catalog.pg_constraint WHERE oid OPERATOR(pg_catalog.=) $1",
];

/// Makes a deferrable unique constraint of the table an immediate one; without `keeps`, a unique index and no constraint.
///
/// Errors: not the owner, 42501; the table is not locked against everybody, or has no such constraint, 55000.
pub fn make_immediate(table: Oid, constraint: Oid, keeps: bool) -> Result<()> {
    user::check_owner(table)?;
    if !relation::is_locked_exclusively(table) {
        return Err(Error::NotLocked(user::name_of(table)?));
    }
    let _in_their_name = UserSwitch::to(CATALOG_OWNER);
    let given = [
        (OIDOID, constraint.into_datum()),
        (OIDOID, table.into_datum()),
    ];
    if statement::run(CONSTRAINT, &given, |_| {}) != 1 {
        return Err(Error::NoSuchConstraint);
    }
    let index_alone = INDEX_ALONE.iter().filter(|_| !keeps);
    for sql in [INDEX, DEPENDENCIES, TRIGGER].iter().chain(index_alone) {
        statement::run(sql, &given[..1], |_| {});
    }
    relation::announce_change(table);
    Ok(())
}

/// Has a deferrable unique constraint of the table checked for every session: as PostgreSQL makes it, one with
/// `session_replication_role = replica`, such as a subscription's worker, would let a number in twice.
///
/// Errors: not the owner, 42501; the table is not locked against everybody, or has no such constraint, 55000.
pub fn check_always(table: Oid, constraint: Text<'_>) -> Result<()> {
    user::check_owner(table)?;
    if !relation::is_locked_exclusively(table) {
        return Err(Error::NotLocked(user::name_of(table)?));
    }
    let _in_their_name = UserSwitch::to(CATALOG_OWNER);
    let given = [
        (OIDOID, table.into_datum()),
        (TEXTOID, Some(text::varlena(constraint.bytes()))),
    ];
    if statement::run(ALWAYS, &given, |_| {}) == 0 {
        return Err(Error::NoSuchConstraint);
    }
    relation::announce_change(table);
    Ok(())
}
