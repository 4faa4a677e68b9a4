//! Records that are too old: their whole month goes, their hashes stay. The log says which are gone, before they are.

use pgrx::IntoDatum;
use phone_crypt_core::audit::Class;
use std::time::Duration;

use super::append::append;
use super::current::own;
use super::state::{self, LogState};
use crate::audit::error::Result;
use crate::audit::event::Event;
use crate::pg::statement::Statement;
use crate::pg::{Oid, oids, statement, user};

thread_local! {
    static OLD: Statement = const { Statement::new(
        c"SELECT p.relation, p.up_to \
            FROM phone_crypt.audit_old_partition($1, (pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()) \
                 OPERATOR(pg_catalog.-) pg_catalog.make_interval(secs => $2))::pg_catalog.date) AS p \
           WHERE p.relation IS NOT NULL",
        &[oids::TEXTOID, oids::FLOAT8OID],
    ) };
}

/// Drops one month of records that are older than that, in the present transaction. False where there is none.
///
/// Errors: no log, 55000; a broken one, XX001.
pub fn drop_one(older_than: Duration) -> Result<bool> {
    let owner = state::owner()?;
    let mut state = LogState::lock(owner)?;
    let arguments = [
        state.log.as_str().into_datum(),
        older_than.as_secs_f64().into_datum(),
    ];
    let mut found: Option<(Oid, i64)> = None;
    OLD.with(|old| old.run(owner, &arguments, |row| found = row.get(1).zip(row.get(2))));
    let Some((partition, up_to)) = found else {
        return Ok(false);
    };
    let event = Event::new(Class::Admin, "dropped").number("up_to", up_to);
    append(owner, &mut state, &[own(event)])?;
    state.store(owner);
    let name = user::full_name(partition)?;
    let _as_owner = user::UserSwitch::to(owner);
    statement::run(&format!("DROP TABLE {name}"), &[], |_| ());
    Ok(true)
}
