//! The answer to an attempt, and the row that it becomes.

use pgrx::IntoDatum;
use phone_crypt_core::sending::{LineType, Reason, Warnings};

use crate::pg::interval::interval;
use crate::pg::oids;
use crate::pg::record::{Record, RowType};
use crate::pg::text::varlena;
use crate::pg::{Datum, arrays};

/// The answer.
pub struct Outcome {
    /// What the rules say.
    pub reason: Reason,
    /// In how many microseconds they may say otherwise, where that is known.
    pub retry_after_us: Option<i64>,
    /// Whether the policy only records: then it goes out all the same.
    pub records_only: bool,
    /// Where the number belongs to.
    pub region: Option<&'static str>,
    /// Its sort.
    pub line_type: Option<LineType>,
    /// The id of the send, if it goes out.
    pub send_id: Option<i64>,
    /// What is worth knowing although it goes out.
    pub warnings: Warnings,
}

impl Outcome {
    /// That of a lockdown: about no number.
    pub fn of_lockdown() -> Outcome {
        Outcome {
            reason: Reason::Lockdown,
            retry_after_us: None,
            records_only: false,
            region: None,
            line_type: None,
            send_id: None,
            warnings: Warnings::default(),
        }
    }

    /// Whether it goes out.
    pub fn is_allowed(&self) -> bool {
        self.records_only || self.reason.is_allowed()
    }

    /// Whether it goes out only since the policy does no more than record.
    fn is_let_through(&self) -> bool {
        self.records_only && !self.reason.is_allowed()
    }

    fn shown_reason(&self) -> &'static str {
        match self.is_let_through() {
            true => RECORD_ONLY,
            false => self.reason.as_str(),
        }
    }

    /// The names of the warnings; of one that only records, why it would have been refused too.
    fn warning_names(&self) -> Vec<&'static str> {
        let refused = self.is_let_through().then(|| self.reason.as_str());
        let warnings = self.warnings.iter().map(|it| it.as_str());
        refused.into_iter().chain(warnings).collect()
    }

    /// None while it goes out.
    fn shown_retry_us(&self) -> Option<i64> {
        self.retry_after_us.filter(|_| !self.is_allowed())
    }
}

/// The reason of what goes out although a rule would have refused it.
const RECORD_ONLY: &str = "record_only";

thread_local! {
    /// The OUT parameters of `phone_send_check`, in their order.
    static COLUMNS: RowType = const { RowType::new(&[
        (c"allowed", oids::BOOLOID),
        (c"reason", oids::TEXTOID),
        (c"retry_after", oids::INTERVALOID),
        (c"retry_after_seconds", oids::INT4OID),
        (c"region", oids::TEXTOID),
        (c"type", oids::TEXTOID),
        (c"send_id", oids::INT8OID),
        (c"warnings", oids::TEXTARRAYOID),
    ]) };
}

/// The answer as a row.
pub fn record(outcome: &Outcome) -> Record {
    let text = |text: &str| varlena(text.as_bytes());
    let retry_after_us = outcome.shown_retry_us();
    COLUMNS.with(|columns| {
        columns.row(&[
            outcome.is_allowed().into_datum(),
            Some(text(outcome.shown_reason())),
            retry_after_us.and_then(interval).into_datum(),
            retry_after_us.map(whole_seconds).into_datum(),
            outcome.region.map(text),
            outcome.line_type.map(|it| text(it.as_str())),
            outcome.send_id.into_datum(),
            warnings(&outcome.warning_names()),
        ])
    })
}

fn warnings(names: &[&str]) -> Option<Datum> {
    arrays::texts(names.iter().map(|name| Some(name.as_bytes())))
}

/// Rounded up, as clients wait.
fn whole_seconds(us: i64) -> i32 {
    let seconds = us.max(0).saturating_add(999_999) / 1_000_000;
    i32::try_from(seconds).unwrap_or(i32::MAX)
}
