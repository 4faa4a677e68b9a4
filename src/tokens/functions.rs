//! The SQL functions of API tokens. Those that write are PL/pgSQL (`sql/tokens`).

// pgrx reads the columns from the type as it is written out.
#![allow(clippy::type_complexity, clippy::result_large_err)]

use pgrx::datum::TimestampWithTimeZone;
use pgrx::iter::TableIterator;
use pgrx::{Array, Inet, name, pg_extern};
use phone_crypt_core::token::{Prefix, Scope, generate};

use super::error::Error;
use super::use_area::{self, Uses};
use super::verify::{Presented, verify};
use super::{brute_force, outcome, use_flush};
use crate::pg::Answer;
use crate::pg::ErrorReport;
use crate::pg::arguments::{given, required};
use crate::pg::inet::Address;
use crate::pg::record::Record;
use crate::pg::text::Text;

/// The most scopes that a token has.
const MAX_SCOPES: usize = 100;

/// `api_token_verify(token[, required_scope[, client]])`: whether a token may be used, and whose it is. Whatever a client can
/// send is an answer. NULL is no token; without a scope none is required; without a client's address, failures are not
/// limited and a token that is bound to networks is refused.
///
/// Errors: no table of tokens, or no engine for its rate limit, 55000.
#[pg_extern(sql = r#"
CREATE FUNCTION api_token_verify(
    token text, required_scope text DEFAULT NULL, client inet DEFAULT NULL,
    OUT valid boolean, OUT token_id text, OUT name text, OUT owner text, OUT scopes text[],
    OUT expires_at timestamptz, OUT reason text, OUT retry_after interval
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn api_token_verify(
    token: Option<Text<'_>>,
    required_scope: Option<Text<'_>>,
    client: Option<Address>,
) -> Answer<Record> {
    let presented = Presented {
        token: token.map_or(&[], Text::bytes),
        scope: required_scope.map(Text::bytes),
        client: client.map(|client| client.address),
    };
    Ok(outcome::record(&verify(&presented)?))
}

/// `phone_crypt.new_token(prefix)`: a new token: its id, its text, and the hash of its secret. Nothing is stored.
///
/// Errors: NULL, 22004; no prefix, 22023; no random source, 58000.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn new_token(
    prefix: Option<Text<'_>>,
) -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(token_id, String),
            name!(token, String),
            name!(secret_sha256, Vec<u8>),
        ),
    >,
    ErrorReport,
> {
    let prefix = required(prefix, "prefix")?;
    let token = generate(Prefix::parse(&prefix).map_err(Error::from)?).map_err(Error::from)?;
    Ok(TableIterator::once((
        token.id.as_str().to_owned(),
        token.text.as_str().to_owned(),
        token.secret_hash.as_bytes().to_vec(),
    )))
}

/// `phone_crypt.are_scopes(scopes)`: true if a token can have these.
///
/// Errors: NULL, 22004; more than 100, or something that is no scope, 22023.
#[pg_extern(immutable, parallel_safe, schema = "phone_crypt")]
fn are_scopes(scopes: Option<Array<'_, Text<'_>>>) -> Answer<bool> {
    let scopes = given(scopes, "scopes")?;
    if scopes.len() > MAX_SCOPES {
        return Err(Error::TooManyScopes(MAX_SCOPES).into());
    }
    for scope in scopes.iter() {
        let scope = required(scope, "a scope")?;
        Scope::parse(&scope).map_err(Error::from)?;
    }
    Ok(true)
}

/// `api_token_unlock(client)`: forgets the failures of a client's address. True if there were any.
///
/// Errors: NULL, 22004; those of the rate limiter.
#[pg_extern(sql = r#"
CREATE FUNCTION api_token_unlock(client inet) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn api_token_unlock(client: Option<Address>) -> Answer<bool> {
    let client = given(client, "client")?;
    Ok(brute_force::unlock(client.address)?)
}

type UsesRow = (String, i64, Option<TimestampWithTimeZone>, Option<Inet>);

fn uses_row(uses: &Uses) -> UsesRow {
    (
        uses.id.as_str().to_owned(),
        i64::try_from(uses.count).unwrap_or(i64::MAX),
        TimestampWithTimeZone::try_from(uses.last).ok(),
        uses.address.map(|address| Inet(address.to_string())),
    )
}

/// `phone_crypt.token_uses()`: how this database's tokens were used since that was last written down. (A token may have two
/// rows.)
///
/// Errors: no table of tokens, 55000.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn token_uses() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(token_id, String),
            name!(uses, i64),
            name!(last_used_at, Option<TimestampWithTimeZone>),
            name!(last_address, Option<Inet>),
        ),
    >,
    ErrorReport,
> {
    let all = use_area::all(use_area::own_owner()?);
    let rows: Vec<UsesRow> = all.iter().map(uses_row).collect();
    Ok(TableIterator::new(rows))
}

/// `phone_crypt.take_token_uses()`: the same, for whoever writes it down: it is counted no longer, unless the transaction is
/// rolled back.
///
/// Errors: as `token_uses`.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn take_token_uses() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(token_id, String),
            name!(uses, i64),
            name!(last_used_at, Option<TimestampWithTimeZone>),
            name!(last_address, Option<Inet>),
        ),
    >,
    ErrorReport,
> {
    let rows: Vec<UsesRow> = use_flush::take()?.iter().map(uses_row).collect();
    Ok(TableIterator::new(rows))
}

/// `phone_crypt.lost_token_uses()`: uses that found no room in memory, of all databases, since the server started.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn lost_token_uses() -> i64 {
    i64::try_from(use_area::lost()).unwrap_or(i64::MAX)
}
