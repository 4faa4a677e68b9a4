//! From an answer to its record.

use pgrx::IntoDatum;
use phone_crypt_core::crypto::primitives::hex;

use super::area;
use super::flush::WriteDecisions;
use super::record::Record;
use crate::pg::interval::POSTGRES_EPOCH_US;
use crate::pg::statement::Statement;
use crate::pg::{arrays, oids, process};
use crate::ratelimit::{self, Engine};
use crate::sending::error::Result;
use crate::sending::number::Number;
use crate::sending::outcome::Outcome;
use crate::sending::policy::Policy;
use crate::settings;
use crate::worker::note_work;

thread_local! {
    static INSERT: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.send_records (at, last_at, policy, phone_hash, block, region, type, allowed, record_only, \
              reason, warnings, decisions) \
          VALUES ($1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)",
        &[
            oids::TIMESTAMPTZOID, oids::TEXTOID, oids::TEXTOID, oids::TEXTOID, oids::TEXTOID, oids::TEXTOID,
            oids::BOOLOID, oids::BOOLOID, oids::TEXTOID, oids::TEXTARRAYOID,
        ],
    ) };
}

/// Records an answer, and when it was asked for: in memory where that counts, else in the table. On a standby nothing is recorded.
///
/// Errors: no key, 55000; with the table engine those of writing a row.
pub fn note(
    policy: &Policy,
    number: Option<&Number>,
    outcome: &Outcome,
    now_us: i64,
) -> Result<()> {
    if settings::send_records_keep_minutes() == 0 || process::is_recovering() {
        return Ok(());
    }
    let record = record(policy, number, outcome, now_us);
    if ratelimit::in_force()? == Engine::Memory && area::DECISIONS.find().is_some() {
        area::add(area::own_owner()?, &record);
        note_work(&WriteDecisions);
        return Ok(());
    }
    insert(policy, &record)
}

fn record(policy: &Policy, number: Option<&Number>, outcome: &Outcome, now_us: i64) -> Record {
    Record {
        at: now_us - POSTGRES_EPOCH_US,
        space: policy.enforced_space,
        hash: number.map(|number| hex::first(&number.hash)),
        block: number.map(|number| hex::first(&number.block_of_1000)),
        region: outcome.region.map(Record::packed_region),
        line_type: outcome.line_type,
        reason: outcome.reason,
        warnings: outcome.warnings,
        records_only: outcome.records_only,
        allowed: outcome.is_allowed(),
    }
}

fn insert(policy: &Policy, record: &Record) -> Result<()> {
    let owner = ratelimit::storage()?.owner;
    let warnings: Vec<&str> = record.warnings.iter().map(|it| it.as_str()).collect();
    let arguments = [
        record.at.into_datum(),
        policy.name.as_str().into_datum(),
        record.hash.map(|hash| hex::text(&hash)).into_datum(),
        record.block.map(|block| hex::text(&block)).into_datum(),
        record.region_name().into_datum(),
        record.line_type.map(|it| it.as_str()).into_datum(),
        record.allowed.into_datum(),
        record.records_only.into_datum(),
        record.reason.as_str().into_datum(),
        arrays::texts(warnings.iter().map(|it| Some(it.as_bytes()))),
    ];
    INSERT.with(|insert| insert.run(owner, &arguments, |_| ()));
    Ok(())
}
