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
use crate::pg::{Datum, Oid, relation, statement, user};

/// A deferrable unique constraint, and those of partitions that belong to it: which they are, of which tables, and whether
/// they are unique constraints, too.
macro_rules! tree {
    ($root:literal) => {
        concat!(
            "WITH RECURSIVE tree (oid, relation, is_unique) AS (
                SELECT c.oid, c.conrelid, true FROM pg_catalog.pg_constraint AS c
                 WHERE c.contype OPERATOR(pg_catalog.=) 'u' AND c.condeferrable
                   AND c.conrelid OPERATOR(pg_catalog.=) $1 AND ",
            $root,
            " UNION ALL
                SELECT c.oid, c.conrelid, c.contype OPERATOR(pg_catalog.=) 'u'
                  FROM tree AS t JOIN pg_catalog.pg_constraint AS c ON c.conparentid OPERATOR(pg_catalog.=) t.oid)
             SELECT t.oid, t.relation, t.is_unique FROM tree AS t"
        )
    };
}
const BY_OID: &str = tree!("c.oid OPERATOR(pg_catalog.=) $2");
const BY_NAME: &str = tree!("c.conname OPERATOR(pg_catalog.=) $2::pg_catalog.name");

const CONSTRAINT: &str = "
    UPDATE pg_catalog.pg_constraint SET condeferrable = false, condeferred = false
     WHERE oid OPERATOR(pg_catalog.=) $1";
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
    UPDATE pg_catalog.pg_trigger SET tgenabled = 'A' WHERE tgconstraint OPERATOR(pg_catalog.=) $1";

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
/// Those of its partitions become the same.
///
/// Errors: not the owner, 42501; a table is not locked against everybody, or has no such constraint, 55000.
pub fn make_immediate(table: Oid, constraint: Oid, keeps: bool) -> Result<()> {
    let index_alone: &[&str] = match keeps {
        true => &[],
        false => &INDEX_ALONE,
    };
    let changes = [CONSTRAINT, INDEX, DEPENDENCIES, TRIGGER];
    change(
        table,
        BY_OID,
        (OIDOID, constraint.into_datum()),
        &[&changes, index_alone],
    )
}

/// Has a deferrable unique constraint of the table checked for every session, and those of its partitions: as PostgreSQL makes
/// it, one with `session_replication_role = replica`, such as a subscription's worker, would let a number in twice.
///
/// Errors: not the owner, 42501; a table is not locked against everybody, or has no such constraint, 55000.
pub fn check_always(table: Oid, constraint: Text<'_>) -> Result<()> {
    let name = Some(text::varlena(constraint.bytes()));
    change(table, BY_NAME, (TEXTOID, name), &[&[ALWAYS]])
}

/// Runs these statements for a constraint of the table, and for those of its partitions.
fn change(
    table: Oid,
    tree: &str,
    constraint: (Oid, Option<Datum>),
    statements: &[&[&str]],
) -> Result<()> {
    user::check_owner(table)?;
    let mut constraints: Vec<(Oid, Oid)> = Vec::new();
    let mut are_unique = true;
    statement::run(tree, &[(OIDOID, table.into_datum()), constraint], |row| {
        constraints.extend(row.get(1).zip(row.get(2)));
        are_unique &= row.get(3).unwrap_or(false);
    });
    for (_, part) in &constraints {
        user::check_owner(*part)?;
        if !relation::is_locked_exclusively(*part) {
            return Err(Error::NotLocked(user::name_of(*part)?));
        }
    }
    if !relation::is_locked_exclusively(table) {
        return Err(Error::NotLocked(user::name_of(table)?));
    } else if constraints.is_empty() || !are_unique {
        return Err(Error::NoSuchConstraint);
    }
    let _in_their_name = UserSwitch::to(CATALOG_OWNER);
    for (constraint, part) in constraints {
        let given = [(OIDOID, constraint.into_datum())];
        for sql in statements.iter().copied().flatten() {
            statement::run(sql, &given, |_| {});
        }
        relation::announce_change(part);
    }
    Ok(())
}
