//! Records of the server's starts: where the log is written. A standby that was promoted, a backup that was restored, a copy of
//! the database and a crash are seen in them.

use phone_crypt_core::audit::Class;

use super::state::Place;
use crate::audit::event::Event;
use crate::pg::statement::Statement;
use crate::pg::user::CATALOG_OWNER;
use crate::pg::{Oid, process};

thread_local! {
    static HERE: Statement = const { Statement::new(
        c"SELECT s.system_identifier::pg_catalog.text, \
                 ('x' OPERATOR(pg_catalog.||) pg_catalog.left(pg_catalog.pg_walfile_name(\
                     pg_catalog.pg_current_wal_lsn()), 8))::pg_catalog.bit(32)::pg_catalog.int8, \
                 pg_catalog.pg_current_wal_insert_lsn()::pg_catalog.text \
            FROM pg_catalog.pg_control_system() AS s",
        &[],
    ) };
}

/// Where this server writes now, and the position of its WAL.
pub fn here() -> (Place, String) {
    let mut place = Place {
        database: Some(process::database()),
        ..Place::default()
    };
    let mut wal = String::new();
    HERE.with(|here| {
        here.run(CATALOG_OWNER, &[], |row| {
            place.system_id = row.string(1);
            place.timeline = row.get(2);
            wal = row.string(3).unwrap_or_default();
        })
    });
    (place, wal)
}

/// Why the log goes on here, given where it was before.
fn cause(before: &Place, here: &Place, is_clean: bool) -> &'static str {
    if before.system_id.is_none() {
        return "first";
    }
    if before.system_id != here.system_id {
        // pg_upgrade makes a new cluster of an old one; nothing else carries the tables over as they are.
        return "another cluster";
    }
    if before.database != here.database {
        return "copy of the database";
    }
    match (before.timeline != here.timeline, is_clean) {
        (true, _) => "promotion or restore",
        (false, true) => "restart",
        (false, false) => "crash",
    }
}

/// The record of a start, and before it one of a gap where what was in the queue is not known.
pub fn events(before: &Place, here: &Place, wal: &str, is_clean: bool) -> Vec<Event> {
    let cause = cause(before, here, is_clean);
    let mut events = Vec::new();
    if !is_clean && cause != "first" {
        events.push(Event::new(Class::Admin, "gap").word("cause", cause));
    }
    let start = Event::new(Class::Admin, "start")
        .word("cause", cause)
        .flag("clean", is_clean)
        .word("system", here.system_id.as_deref().unwrap_or_default())
        .number("timeline", here.timeline.unwrap_or_default())
        .number("database", i64::from(here.database.map_or(0, Oid::to_u32)))
        .word("wal", wal)
        .number("server", i64::from(process::MAJOR))
        .word("library", env!("CARGO_PKG_VERSION"));
    events.push(start);
    events
}

/// The record of records that found no room in the queue.
pub fn gap(count: u64, since_us: i64) -> Event {
    Event::new(Class::Admin, "gap")
        .word("cause", "queue full")
        .number("count", i64::try_from(count).unwrap_or(i64::MAX))
        .number("since_us", since_us)
}
