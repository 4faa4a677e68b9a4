//! Writing down how tokens were used, which is in shared memory.

use pgrx::bgworkers::BackgroundWorker;
use phone_crypt_core::audit::Class;
use phone_crypt_core::token::TokenId;
use std::net::IpAddr;
use std::time::Duration;

use super::error::Error;
use super::store;
use super::use_area::{self, Uses};
use crate::audit::{self, Event};
use crate::pg::statement::Statement;
use crate::pg::{Oid, relation};
use crate::worker::{Job, Task, note_work};

/// The time between two runs. What the view shows is up to date anyway; a crash loses what is not written down.
const INTERVAL: Duration = Duration::from_secs(10);

thread_local! {
    static FLUSH: Statement =
        const { Statement::new(c"SELECT phone_crypt.flush_token_use()", &[]) };
}

/// Writes down how tokens were used, in the background.
pub struct WriteUses;

impl Task for WriteUses {
    fn name(&self) -> &'static str {
        "uses of API tokens"
    }

    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn run(&self, job: &Job) -> bool {
        BackgroundWorker::transaction(|| match store::table() {
            Ok(table) => {
                let (owner, _) = relation::owner_and_name(table);
                FLUSH.with(|flush| flush.run(owner, &[], |_| ()));
            }
            // The extension is gone, or is not committed yet.
            Err(_) => use_area::forget(job.database),
        });
        true
    }

    fn is_used(&self, database: Oid) -> bool {
        use_area::is_used(database)
    }

    fn forget(&self, database: Oid) {
        use_area::forget(database);
    }
}

/// Counts a use of a token, now, to be written down later.
///
/// Errors: no table of tokens, 55000.
pub fn note(id: TokenId, client: Option<IpAddr>) -> Result<(), Error> {
    if use_area::note(id, client)? {
        note_work(&WriteUses);
    }
    Ok(())
}

/// Hands how this database's tokens were used over to this transaction. If it, or the part of it that has begun last, is rolled
/// back, it is as if nothing had been taken.
///
/// Errors: no table of tokens, 55000; where the transaction is to be prepared, that fails (0A000).
pub fn take() -> Result<Vec<Uses>, Error> {
    let returned = || {
        note_work(&WriteUses);
    };
    let all = use_area::hand_over(use_area::own_owner()?, returned);
    if all.is_empty() {
        return Ok(all);
    }
    let uses = all.iter().map(|uses| uses.count).sum::<u64>();
    let verified = Event::new(Class::Auth, "tokens_verified")
        .number("count", i64::try_from(uses).unwrap_or(i64::MAX))
        .number("tokens", i64::try_from(all.len()).unwrap_or(i64::MAX));
    audit::record(verified);
    Ok(all)
}
