//! The trigger of the tables that backends remember. (Its `CREATE FUNCTION` stands in `sql/base/schema.sql`.)

use pgrx::prelude::{AllocatedByPostgres, PgHeapTuple, PgTrigger};
use pgrx::{pg_sys, pg_trigger};

use crate::error::Error;
use crate::tables;

/// `phone_crypt.announce_change()`: makes every backend read the table again.
#[pg_trigger(sql = false)]
fn announce_change<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, AllocatedByPostgres>>, Error> {
    // SAFETY: PostgreSQL keeps the trigger's relation open for the length of the call.
    let table: pg_sys::Oid = unsafe { (*trigger.trigger_data().tg_relation).rd_id };
    tables::announce_change(table);
    Ok(None)
}
