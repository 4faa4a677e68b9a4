//! The key that an address is counted under.

use pgrx::{Inet, pg_extern};
use phone_crypt_core::ratelimit::address_key;

use crate::pg::Answer;
use crate::pg::arguments::given;
use crate::ratelimit::error::Error;

/// `ratelimit_address_key(address[, v6_prefix])`: the key to count an address under: an IPv4 address as it is, the
/// network of an IPv6 address. An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4) is that one. The
/// length of `address`'s own netmask does not matter.
///
/// Errors: any NULL, 22004; `v6_prefix` below 1 or above 128, 22023.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_address_key(address inet, v6_prefix integer DEFAULT 64) RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_address_key(address: Option<Inet>, v6_prefix: Option<i32>) -> Answer<String> {
    let Inet(address) = given(address, "address")?;
    let v6_prefix = given(v6_prefix, "v6_prefix")?;
    let (host, _) = address.split_once('/').unwrap_or((&address, ""));
    let host = host.parse().map_err(|_| Error::NotAnAddress)?;
    Ok(address_key(host, v6_prefix).map_err(Error::AddressPrefix)?)
}
