//! A row of `phone_crypt.api_tokens`, column by column (`sql/tokens/tables.sql`).

use pgrx::Array;
use phone_crypt_core::ratelimit::Network;
use phone_crypt_core::token::{TokenId, covers};
use std::net::IpAddr;

use crate::pg::TimestampTz;
use crate::pg::inet::Address;
use crate::pg::table_row::{Copied, TableRow};
use crate::pg::text::Text;

const ID: i32 = 1;
const SECRET_HASH: i32 = 2;
const NAME: i32 = 3;
const OWNER: i32 = 4;
const SCOPES: i32 = 5;
const EXPIRES_AT: i32 = 6;
const REVOKED_AT: i32 = 7;
const NETWORKS: i32 = 8;
const POLICY: i32 = 9;
const LIMIT_ID: i32 = 10;

/// Whose token it is.
#[derive(Clone, Copy)]
pub struct Identity {
    /// Its id.
    pub id: TokenId,
    /// Its name.
    pub name: Option<Copied>,
    /// Its owner.
    pub owner: Option<Copied>,
    /// Its scopes.
    pub scopes: Option<Copied>,
    /// When it expires; None if never.
    pub expires_at: Option<TimestampTz>,
}

/// What the row of a token says, once its secret has been shown.
pub struct TokenRow {
    /// Whose it is.
    pub identity: Identity,
    /// Whether it is revoked.
    pub is_revoked: bool,
    /// Whether it covers the scope that is asked for.
    pub covers_scope: bool,
    /// Whether it may be used from the client's address.
    pub is_in_networks: bool,
    /// Its rate limit.
    pub policy: Option<String>,
    /// The key of its rate limit: the id of the first of the tokens that replaced each other.
    pub limit_id: Vec<u8>,
}

/// The id of a row, and the hash of its secret.
pub fn id_and_hash(row: &TableRow) -> (Vec<u8>, Vec<u8>) {
    let bytes = |number| row.get(number).unwrap_or_default();
    (bytes(ID), bytes(SECRET_HASH))
}

/// Reads all of a row, to answer for a scope and an address.
pub fn read(row: &TableRow, id: TokenId, scope: Option<&[u8]>, client: Option<IpAddr>) -> TokenRow {
    TokenRow {
        identity: Identity {
            id,
            name: row.copied(NAME),
            owner: row.copied(OWNER),
            scopes: row.copied(SCOPES),
            expires_at: row.get(EXPIRES_AT),
        },
        is_revoked: row.get::<TimestampTz>(REVOKED_AT).is_some(),
        covers_scope: scope.is_none_or(|scope| covers_scope(row, scope)),
        is_in_networks: is_in_networks(row, client),
        policy: row.string(POLICY),
        limit_id: row.get(LIMIT_ID).unwrap_or_default(),
    }
}

/// Bytes that are no scope are covered by none.
fn covers_scope(row: &TableRow, required: &[u8]) -> bool {
    let granted: Option<Array<'_, Text<'_>>> = row.get(SCOPES);
    let (Some(granted), Ok(required)) = (granted, std::str::from_utf8(required)) else {
        return false;
    };
    let granted = granted.iter().flatten();
    covers(
        granted.flat_map(|scope| std::str::from_utf8(scope.bytes())),
        required,
    )
}

/// A token that is bound to networks is refused where the client's address is not known.
fn is_in_networks(row: &TableRow, client: Option<IpAddr>) -> bool {
    let Some(networks) = row.get::<Array<'_, Address>>(NETWORKS) else {
        return true;
    };
    client.is_some_and(|client| {
        let networks = networks.iter().flatten();
        let mut networks = networks.flat_map(|it| Network::new(it.address, it.length));
        networks.any(|network| network.contains(client))
    })
}
