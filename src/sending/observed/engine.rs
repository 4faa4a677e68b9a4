//! The one way in for a check: whichever engine keeps the counts.

use phone_crypt_core::sending::observed::{Cause, Refused, Rules};
use phone_crypt_core::sending::{Reason, Warning};

use super::area::OBSERVED;
use super::entered::Entered;
use super::store::{self, Tables};
use super::{memory, table};
use crate::cipher::{self, Hash};
use crate::ratelimit::{Engine, in_force};
use crate::sending::attempt::{Attempt, Refusal};
use crate::sending::error::Result;
use crate::sending::policy::Policy;
use crate::sending::send_id;

/// What these rules say of an attempt.
pub enum Decision {
    /// It may go out; it is entered until it is kept or given back.
    Reserved(Reserved),
    /// It may not; nothing is entered.
    Refused(Refusal),
}

/// A send that is entered. Where it is neither kept nor given back, as after an error, memory forgets it; in a table the
/// transaction takes it back.
#[must_use]
pub struct Reserved {
    id: i64,
    engine: Engine,
    tables: Tables,
    is_decided: bool,
    /// What is to be said of it.
    pub warning: Option<Warning>,
}

impl Reserved {
    /// It goes out: its id.
    pub fn keep(mut self) -> i64 {
        self.is_decided = true;
        self.id
    }

    /// It does not.
    pub fn give_back(mut self) {
        self.is_decided = true;
        match self.engine {
            Engine::Memory => memory::give_back(&self.tables, self.id),
            Engine::Table => table::give_back(&self.tables, self.id),
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if !self.is_decided && self.engine == Engine::Memory {
            memory::give_back(&self.tables, self.id);
        }
    }
}

/// Judges an attempt by what became of earlier sends, and enters it if it may go out. Holds no lock afterwards where memory
/// keeps the counts.
///
/// Errors: no tables, or no engine, 55000; no key, or keys that differ from the pin, 55000; with the table engine those of
/// writing a row.
pub fn reserve(attempt: &Attempt<'_>) -> Result<Decision> {
    let tables = store::tables()?;
    let engine = in_force()?;
    let policy = attempt.policy;
    let entered = Entered {
        id: send_id::next(attempt.now_us),
        space: policy.space(),
        number: &attempt.number.hash,
        digits: attempt.number.digits(),
        region: attempt.number.region.unwrap_or("-"),
        client: attempt.client.as_ref().map(|client| &*client.network),
        rules: rules(policy),
        now_s: attempt.now_us / 1_000_000,
        due_s: attempt.now_us.saturating_add(policy.verify_within_us) / 1_000_000 + 1,
    };
    let ask = |has_verified| match engine {
        Engine::Memory => Ok(memory::reserve(&tables, &entered, has_verified)),
        Engine::Table => table::reserve(&tables, &entered, has_verified),
    };
    let mut answer = ask(false)?;
    // Few are refused, so only for those is it looked up.
    if answer.is_err() && has_verified(&tables, engine, attempt)? {
        answer = ask(true)?;
    }
    Ok(match answer {
        Ok(is_suspect) => Decision::Reserved(Reserved {
            id: entered.id,
            engine,
            tables,
            is_decided: false,
            warning: (is_suspect && policy.suspects.warns()).then_some(Warning::Suspect),
        }),
        Err(refused) => Decision::Refused(Refusal {
            reason: reason(refused.cause),
            retry_after_us: Some(retry_after_us(refused, attempt.now_us)),
        }),
    })
}

fn rules(policy: &Policy) -> Rules {
    Rules {
        conversion: policy.conversion,
        regions_per_client: usize::try_from(policy.regions_per_client).unwrap_or(0),
        blocks_suspects: policy.suspects.blocks(),
    }
}

fn reason(cause: Cause) -> Reason {
    match cause {
        Cause::ConversionRegion => Reason::ConversionRegion,
        Cause::Burst => Reason::Burst,
        Cause::ConversionClient => Reason::ConversionClient,
        Cause::ClientRegions => Reason::ClientRegions,
        Cause::Suspect => Reason::Suspect,
    }
}

fn retry_after_us(refused: Refused, now_us: i64) -> i64 {
    refused
        .until_s
        .saturating_mul(1_000_000)
        .saturating_sub(now_us)
        .max(1)
}

/// Whether the number has verified a code before, under any key that is configured: a rotation does not forget it.
fn has_verified(tables: &Tables, engine: Engine, attempt: &Attempt<'_>) -> Result<bool> {
    let hashes = cipher::every_hash(attempt.number.e164(), b"")?;
    let is_in_memory =
        |hash: &Hash| engine == Engine::Memory && memory::has_verified(tables, store::short(hash));
    Ok(hashes
        .iter()
        .any(|hash| is_in_memory(hash) || store::has_verified(tables, hash)))
}

/// Forgets a number, given all of its hashes: sends that may still be verified, and that it has verified before. How many
/// entries and rows there were.
///
/// Errors: no tables, 55000; those of deleting rows.
pub fn forget(hashes: &[Hash]) -> Result<i64> {
    let tables = store::tables()?;
    let numbers = hashes.iter().map(store::text_of).collect();
    if OBSERVED.is_there() {
        store::lock_to_forget(&tables);
    }
    let entries = memory::forget(&tables, hashes);
    let rows = store::forget_numbers(&tables, numbers);
    Ok(i64::try_from(rows.saturating_add(entries)).unwrap_or(i64::MAX))
}
