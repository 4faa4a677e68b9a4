//! The allow and deny lists, as this backend remembers them.

use phone_crypt_core::ratelimit::{Listing, Lists, Network};

use crate::pg::cached_rows::CachedRows;
use crate::pg::cached_table::CachedTable;
use crate::pg::inet::Address;
use crate::pg::table_row::TableRow;
use crate::settings::SCHEMA;

/// The allow and deny lists.
static LISTS: CachedTable = CachedTable::new(SCHEMA, c"ratelimit_lists");

thread_local! {
    static KNOWN: CachedRows<Lists> = CachedRows::new(&LISTS, add);
}

/// Whether anything is on the lists.
pub fn has_lists() -> bool {
    KNOWN.with(|known| known.with(|lists| !lists.is_empty()))
}

/// What the lists say of a key, if anything.
pub fn listing(key: &[u8]) -> Option<Listing> {
    let verdict = |lists: &Lists| match lists.is_empty() {
        true => None,
        false => lists.verdict(key),
    };
    KNOWN.with(|known| known.with(verdict))
}

/// Whether an address is on the deny list.
pub fn is_denied(address: &[u8]) -> bool {
    matches!(listing(address), Some(Listing::Deny))
}

fn add(lists: &mut Lists, row: &TableRow) {
    let name: Option<String> = row.get(1);
    let key: Option<Vec<u8>> = row.get(2);
    let network: Option<Address> = row.get(3);
    let Some(listing) = name.and_then(|name| Listing::parse(&name).ok()) else {
        return;
    };
    if let Some(key) = key {
        lists.add_key(&key, listing);
    }
    if let Some(Ok(network)) = network.map(|it| Network::new(it.address, it.length)) {
        lists.add_network(network, listing);
    }
}
