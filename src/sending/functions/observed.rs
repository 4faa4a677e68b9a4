//! What the views of regions and of pumped ranges are made of.

// pgrx reads the columns from the type as it is written out.
#![allow(clippy::type_complexity, clippy::result_large_err)]

use pgrx::datum::TimestampWithTimeZone;
use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};
use phone_crypt_core::sending::observed::Suspect;

use crate::pg::ErrorReport;
use crate::pg::catalog;
use crate::pg::interval::to_timestamp;
use crate::pg::oids::TEXTOID;
use crate::sending::observed;

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn time(at_s: i64) -> Option<TimestampWithTimeZone> {
    to_timestamp(at_s.saturating_mul(1_000_000))
}

/// `phone_crypt.send_region_counts()`: codes to regions, by the space of a policy or of its trial.
///
/// Errors: no tables, or no engine, 55000.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn send_region_counts() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(space, i32),
            name!(region, String),
            name!(verified_hour, i64),
            name!(verified_day, i64),
            name!(highest_day, i64),
            name!(unverified_hour, i64),
            name!(threshold_hour, i64),
            name!(unverified_day, i64),
            name!(threshold_day, i64),
            name!(stopped_until, Option<TimestampWithTimeZone>),
        ),
    >,
    ErrorReport,
> {
    let (now_s, shown) = observed::regions()?;
    let rows = shown.into_iter().map(move |shown| {
        let counts = shown.traffic.counts(now_s);
        let thresholds = counts.thresholds();
        let unverified = shown.traffic.unverified_counts(now_s);
        (
            shown.space,
            shown.region,
            number(counts.hour),
            number(counts.day),
            number(counts.highest_day),
            number(unverified.hour),
            number(thresholds.hour),
            number(unverified.day),
            number(thresholds.day),
            shown.traffic.is_stopped_until(now_s).and_then(time),
        )
    });
    Ok(TableIterator::new(rows.collect::<Vec<_>>()))
}

/// `phone_crypt.send_suspect_ranges()`: ranges of numbers that look pumped, by the space of a policy or of its trial. All digits but
/// the first two are asterisks for those who may not execute `phone_decrypt`.
///
/// Errors: no tables, or no engine, 55000.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn send_suspect_ranges() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(space, i32),
            name!(range, String),
            name!(verified, i64),
            name!(unverified, i64),
            name!(numbers_at_least, i64),
            name!(since, Option<TimestampWithTimeZone>),
            name!(until, Option<TimestampWithTimeZone>),
        ),
    >,
    ErrorReport,
> {
    let suspects = observed::suspects()?;
    let in_full = observed::extension_schema()?.is_some_and(|schema| {
        catalog::outermost_may_execute_with(schema, c"phone_decrypt", &[TEXTOID, TEXTOID])
    });
    let rows = suspects.into_iter().map(move |suspect| {
        (
            i32::try_from(suspect.scope.space).unwrap_or(-1),
            range(&suspect, in_full),
            number(suspect.verified),
            number(suspect.unverified),
            i64::from(suspect.numbers),
            time(suspect.since_s),
            time(suspect.until_s),
        )
    });
    Ok(TableIterator::new(rows.collect::<Vec<_>>()))
}

/// Digits of a range that everyone gets to see: they are those of a country.
const SHOWN: usize = 2;

fn range(suspect: &Suspect, in_full: bool) -> String {
    let digits = suspect.prefix.digits();
    let shown = if in_full { digits.len() } else { SHOWN };
    let digit = |(index, digit): (usize, char)| if index < shown { digit } else { '*' };
    let masked: String = digits.chars().enumerate().map(digit).collect();
    format!("+{masked}")
}
