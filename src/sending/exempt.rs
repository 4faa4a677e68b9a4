//! Numbers and networks that no rule is for, as this backend remembers them: test numbers, the office.

use phone_crypt_core::crypto::HASH_LEN;
use phone_crypt_core::ratelimit::Network;
use std::cell::RefCell;
use std::collections::HashSet;

use super::attempt::Attempt;
use crate::cipher::Hash;
use crate::pg::cached_table::{self, CachedTable};
use crate::pg::inet::Address;
use crate::pg::table_row::TableRow;
use crate::pg::table_scan;
use crate::settings::SCHEMA;

static EXEMPT: CachedTable = CachedTable::new(SCHEMA, c"send_exempt");

#[derive(Default)]
struct Known {
    numbers: HashSet<Hash>,
    networks: Vec<Network>,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::new(Known::default());
}

/// Whether the number or the client is exempt.
pub fn holds(attempt: &Attempt<'_>) -> bool {
    cached_table::listen_once_a_statement();
    if !EXEMPT.is_valid() {
        let all = read_all();
        KNOWN.with_borrow_mut(|known| *known = all);
    }
    let address = attempt.client.as_ref().map(|client| client.address);
    KNOWN.with_borrow(|known| {
        let mut networks = known.networks.iter();
        known.numbers.contains(&attempt.number.hash)
            || address.is_some_and(|address| networks.any(|it| it.contains(address)))
    })
}

fn read_all() -> Known {
    let mut all = Known::default();
    if let Some(table) = EXEMPT.watch() {
        EXEMPT.mark_valid();
        table_scan::scan(table, |row| add(&mut all, row));
    }
    all
}

fn add(all: &mut Known, row: &TableRow) {
    let hash: Option<Vec<u8>> = row.get(1);
    let hash = hash.and_then(|hash| <[u8; HASH_LEN]>::try_from(hash).ok());
    let network: Option<Address> = row.get(2);
    all.numbers.extend(hash);
    all.networks
        .extend(network.and_then(|it| Network::new(it.address, it.length).ok()));
}
