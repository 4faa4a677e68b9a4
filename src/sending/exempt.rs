//! Numbers and networks that no rule is for, as this backend remembers them: test numbers, the office.

use phone_crypt_core::crypto::HASH_LEN;
use phone_crypt_core::ratelimit::Network;
use std::collections::HashSet;

use super::attempt::Attempt;
use crate::cipher::Hash;
use crate::pg::cached_rows::CachedRows;
use crate::pg::cached_table::CachedTable;
use crate::pg::inet::Address;
use crate::pg::table_row::TableRow;
use crate::settings::SCHEMA;

static EXEMPT: CachedTable = CachedTable::new(SCHEMA, c"send_exempt");

#[derive(Default)]
struct Known {
    numbers: HashSet<Hash>,
    networks: Vec<Network>,
}

thread_local! {
    static KNOWN: CachedRows<Known> = CachedRows::new(&EXEMPT, add);
}

/// Whether the number or the client is exempt.
pub fn holds(attempt: &Attempt<'_>) -> bool {
    let address = attempt.client.as_ref().map(|client| client.address);
    let is_exempt = |known: &Known| {
        let mut networks = known.networks.iter();
        known.numbers.contains(&attempt.number.hash)
            || address.is_some_and(|address| networks.any(|it| it.contains(address)))
    };
    KNOWN.with(|known| known.with(is_exempt))
}

fn add(all: &mut Known, row: &TableRow) {
    let hash: Option<Vec<u8>> = row.get(1);
    let hash = hash.and_then(|hash| <[u8; HASH_LEN]>::try_from(hash).ok());
    let network: Option<Address> = row.get(2);
    all.numbers.extend(hash);
    all.networks
        .extend(network.and_then(|it| Network::new(it.address, it.length).ok()));
}
