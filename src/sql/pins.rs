//! The trigger of `phone_crypt.pinned_keys`. (Its `CREATE FUNCTION` stands in `sql/base/pins.sql`.)

use pgrx::prelude::{AllocatedByPostgres, PgHeapTuple, PgTrigger};
use pgrx::{pg_sys, pg_trigger};

use crate::error::Error;
use crate::keys::pin;

/// `phone_crypt.pins_changed()`: makes every backend check the pin again.
#[pg_trigger(sql = false)]
fn pins_changed<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, AllocatedByPostgres>>, Error> {
    // SAFETY: PostgreSQL keeps the trigger's relation open for the length of the call.
    let table: pg_sys::Oid = unsafe { (*trigger.trigger_data().tg_relation).rd_id };
    pin::announce_change(table);
    Ok(None)
}
