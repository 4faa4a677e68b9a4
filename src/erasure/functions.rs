//! Erasure and retention.

use crate::pg::ErrorReport;
use crate::pg::SqlError;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::iter::TableIterator;
use pgrx::{PgLogLevel, PgSqlErrorCode, default, ereport, name, pg_extern};
use phone_crypt_core::audit::Class;
use std::cell::Cell;
use std::thread::LocalKey;

use crate::audit::{self, Event};
use crate::erasure::error::{Error, Result};
use crate::erasure::outcome::Outcome;
use crate::erasure::{self, Address, Number, purge};
use crate::pg::Answer;
use crate::pg::arguments::given;
use crate::pg::arguments::relation;
use crate::pg::arguments::required;
use crate::pg::regclass::Regclass;
use crate::pg::text::Text;
use crate::phone::arguments;

thread_local! {
    static SAID: Cell<bool> = const { Cell::new(false) };
    static SAID_OF_ADDRESSES: Cell<bool> = const { Cell::new(false) };
}

/// Erasure is asked for by law: nobody shall think that this was all of it.
fn say_once(said: &'static LocalKey<Cell<bool>>, what_is_out_of_reach: &'static str) {
    if !said.replace(true) {
        ereport!(
            PgLogLevel::NOTICE,
            PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION,
            what_is_out_of_reach,
            concat!(
                "For each of them, what to do: ",
                crate::documentation!("erasure.md#what-it-cannot-reach")
            )
        );
    }
}

/// What was done, an object a row: object, action, rows, SQLSTATE of what stood in the way.
type Answers = TableIterator<
    'static,
    (
        name!(object, String),
        name!(action, String),
        name!(rows, i64),
        name!(sqlstate, Option<String>),
    ),
>;

/// Records what was done, warns of what stood in the way, and gives both.
fn answers(event: &'static str, function: &str, outcomes: Vec<Outcome>) -> Answers {
    let changed: i64 = outcomes.iter().map(|outcome| outcome.rows).sum();
    let failed = outcomes
        .iter()
        .filter(|outcome| outcome.failure.is_some())
        .count();
    let forgotten = Event::new(Class::Admin, event)
        .number("count", changed)
        .number("objects", outcomes.len() as i64)
        .number("failed", failed as i64);
    audit::record(forgotten);
    let mut rows = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        let sqlstate = outcome.failure.as_ref().map(Error::sqlstate_text);
        rows.push((
            outcome.object,
            outcome.action.to_owned(),
            outcome.rows,
            sqlstate,
        ));
        if let Some(failure) = outcome.failure {
            failure.warn(&format!("{function}: erasure is incomplete"));
        }
    }
    TableIterator::new(rows)
}

/// `phone_forget(phone[, regions[, keep_suppression]])`: removes every trace of a number from encrypted columns, consent,
/// rate limits, lists and blocks, under every configured key and both hash schemes. With `keep_suppression` a number that is
/// suppressed stays so, and nothing else is known of it. Gives what was done, an object a row. An object that something stands in
/// the way of is left as it was, with the SQLSTATE of that, and a WARNING says that erasure is incomplete; the others are
/// done all the same. (An error at the end would undo them.)
///
/// Errors: NULL, 22004; not a phone number, or an unknown region, 22023; no key, or keys or default regions that differ from
/// the pin, 55000.
#[pg_extern(volatile, parallel_unsafe)]
#[allow(clippy::type_complexity)]
fn phone_forget(
    phone: Option<Text<'_>>,
    regions: default!(Option<Text<'_>>, "'default'"),
    keep_suppression: default!(Option<bool>, false),
) -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(object, String),
            name!(action, String),
            name!(rows, i64),
            name!(sqlstate, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let number = Number::of(given(phone, "phone")?, &arguments::regions(regions)?)?;
    let outcomes = erasure::forget(&number, given(keep_suppression, "keep_suppression")?)?;
    say_once(
        &SAID,
        "phone_forget reaches encrypted columns, consent and rate limits only; not backups, WAL, dead rows before VACUUM, logs, or \
         columns of plain text",
    );
    Ok(answers("number_forgotten", "phone_forget", outcomes))
}

/// `email_forget(address)`: removes an e-mail address from every column of type `encrypted_email`, under every configured key. It
/// answers as [`phone_forget`] does.
///
/// Errors: NULL, 22004; not an e-mail address, 22023; no key, or keys that differ from the pin, 55000.
#[pg_extern(volatile, parallel_unsafe)]
#[allow(clippy::type_complexity)]
fn email_forget(
    address: Option<Text<'_>>,
) -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(object, String),
            name!(action, String),
            name!(rows, i64),
            name!(sqlstate, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let address = Address::of(given(address, "address")?)?;
    let outcomes = erasure::forget_address(&address)?;
    say_once(
        &SAID_OF_ADDRESSES,
        "email_forget reaches columns of type encrypted_email only; not texts of email_encrypt, hashes, backups, WAL, dead rows \
         before VACUUM, logs, or columns of plain text",
    );
    Ok(answers("address_forgotten", "email_forget", outcomes))
}

fn target(table: Option<Regclass>, column: Option<Text<'_>>) -> Result<purge::Target> {
    let column = required(column, "column")?;
    purge::Target::of(relation(table)?.oid(), &column)
}

/// `phone_crypt.purge_count(table, column, cutoff)`: how many rows of an encrypted column are older than that.
///
/// Errors: NULL, 22004; not the owner, 42501; not an encrypted column, or one without a retention, 55000.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn purge_count(
    table: Option<Regclass>,
    column: Option<Text<'_>>,
    cutoff: Option<TimestampWithTimeZone>,
) -> Answer<i64> {
    let target = target(table, column)?;
    Ok(purge::count(&target, given(cutoff, "cutoff")?)?)
}

/// `phone_crypt.purge_batch(table, column, leaf, cutoff, from_page, batch_size)`: deletes or sets to NULL some of
/// them, in one partition, from a page on. `next_page` is NULL at the end.
///
/// Errors: as `purge_count`.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
#[allow(clippy::type_complexity)]
fn purge_batch(
    table: Option<Regclass>,
    column: Option<Text<'_>>,
    leaf: Option<Regclass>,
    cutoff: Option<TimestampWithTimeZone>,
    from_page: Option<i64>,
    batch_size: Option<i32>,
) -> std::result::Result<
    TableIterator<'static, (name!(next_page, Option<i64>), name!(changed, i64))>,
    ErrorReport,
> {
    let target = target(table, column)?;
    let leaf = relation(leaf)?;
    let batch = purge::batch(
        &target,
        leaf.oid(),
        given(cutoff, "cutoff")?,
        given(from_page, "from_page")?,
        given(batch_size, "batch_size")?,
    )?;
    if batch.changed > 0 {
        let purged = Event::new(Class::Admin, "rows_purged")
            .table(leaf.oid())
            .number("count", batch.changed);
        audit::record(purged);
    }
    Ok(TableIterator::once((batch.next_page, batch.changed)))
}
