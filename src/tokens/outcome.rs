//! The answer to a verification, and the row that it becomes.

use pgrx::IntoDatum;

use crate::pg::interval::interval;
use crate::pg::oids;
use crate::pg::record::{Record, RowType};
use crate::pg::table_row::Copied;
use crate::pg::text::varlena;

use super::row::Identity;

/// Why a token is taken, or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It may be used.
    Ok,
    /// It is no token: the checksum is wrong.
    Malformed,
    /// There is no such token, or its secret is another.
    Unknown,
    /// It was valid until a time that is over.
    Expired,
    /// It was revoked.
    Revoked,
    /// It does not cover what the caller asks for.
    Scope,
    /// The client's address is in none of its networks.
    Network,
    /// Its policy has no more for it now.
    RateLimited,
    /// Its policy, or the deny list, blocks it; or too many attempts from the address have failed.
    Blocked,
    /// An administrator has locked tokens down. Nothing was looked at.
    Lockdown,
}

impl Reason {
    /// Its name in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Ok => "ok",
            Reason::Malformed => "malformed",
            Reason::Unknown => "unknown",
            Reason::Expired => "expired",
            Reason::Revoked => "revoked",
            Reason::Scope => "scope",
            Reason::Network => "network",
            Reason::RateLimited => "rate_limited",
            Reason::Blocked => "blocked",
            Reason::Lockdown => "lockdown",
        }
    }
}

/// The answer.
pub struct Outcome {
    /// Why.
    pub reason: Reason,
    /// Whose token it is: known to whoever has shown its secret.
    pub identity: Option<Identity>,
    /// In how many microseconds the same token may be let through, where that is known.
    pub retry_after_us: Option<i64>,
}

impl Outcome {
    /// An answer about what is no token of ours.
    pub fn of_nobody(reason: Reason) -> Outcome {
        Outcome {
            reason,
            identity: None,
            retry_after_us: None,
        }
    }
}

thread_local! {
    /// The OUT parameters of `api_token_verify`, in their order.
    static COLUMNS: RowType = const { RowType::new(&[
        (c"valid", oids::BOOLOID),
        (c"token_id", oids::TEXTOID),
        (c"name", oids::TEXTOID),
        (c"owner", oids::TEXTOID),
        (c"scopes", oids::TEXTARRAYOID),
        (c"expires_at", oids::TIMESTAMPTZOID),
        (c"reason", oids::TEXTOID),
        (c"retry_after", oids::INTERVALOID),
    ]) };
}

/// The answer as a row.
pub fn record(outcome: &Outcome) -> Record {
    let identity = outcome.identity.as_ref();
    COLUMNS.with(|columns| {
        columns.row(&[
            (outcome.reason == Reason::Ok).into_datum(),
            identity.map(|it| varlena(it.id.as_str().as_bytes())),
            identity.and_then(|it| it.name).map(Copied::datum),
            identity.and_then(|it| it.owner).map(Copied::datum),
            identity.and_then(|it| it.scopes).map(Copied::datum),
            identity.and_then(|it| it.expires_at).into_datum(),
            Some(varlena(outcome.reason.as_str().as_bytes())),
            outcome.retry_after_us.and_then(interval).into_datum(),
        ])
    })
}
