//! Not by night, wherever the number may be. The hours are computed in SQL (`sql/sending/quiet_hours.sql`).

use pgrx::IntoDatum;
use phone_crypt_core::sending::{Reason, Warnings};

use crate::pg::interval::POSTGRES_EPOCH_US;
use crate::pg::oids;
use crate::pg::statement::Statement;
use crate::ratelimit;
use crate::sending::attempt::{Attempt, Refusal};
use crate::sending::error::Result;

thread_local! {
    static QUIET_UNTIL: Statement = const { Statement::new(
        c"SELECT phone_crypt.quiet_until_of_zones($1, $2, $3)",
        &[oids::TEXTARRAYOID, oids::TIMEOID, oids::TIMEOID],
    ) };
}

/// Refuses a number that has quiet hours now, until they end, if the policy has any.
pub fn judge(attempt: &Attempt<'_>, _: &mut Warnings) -> Result<Option<Refusal>> {
    let Some((from, to)) = attempt.policy.quiet_hours else {
        return Ok(None);
    };
    let owner = ratelimit::storage()?.owner;
    let zones: Vec<&str> = attempt.number.time_zones();
    let arguments = [zones.into_datum(), from.into_datum(), to.into_datum()];
    let mut until: Option<i64> = None;
    QUIET_UNTIL.with(|statement| {
        statement.run(owner, &arguments, |row| until = row.get(1));
    });
    Ok(until.map(|until| Refusal {
        reason: Reason::QuietHours,
        // Where the hours leave no moment it is infinity.
        retry_after_us: until
            .checked_add(POSTGRES_EPOCH_US)
            .map(|until| (until - attempt.now_us).max(0)),
    }))
}
