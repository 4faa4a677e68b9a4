//! The allow and deny lists, as this backend remembers them.

use phone_crypt_core::ratelimit::{Listing, Lists, Network};
use std::cell::RefCell;

use crate::pg::cached_table::{self, CachedTable};
use crate::pg::inet::Address;
use crate::pg::table_row::TableRow;
use crate::pg::table_scan;
use crate::settings::SCHEMA;

/// The allow and deny lists.
static LISTS: CachedTable = CachedTable::new(SCHEMA, c"ratelimit_lists");

thread_local! {
    static KNOWN: RefCell<Lists> = RefCell::new(Lists::default());
}

/// Whether anything is on the lists.
pub fn has_lists() -> bool {
    refresh();
    KNOWN.with_borrow(|known| !known.is_empty())
}

fn refresh() {
    cached_table::listen_once_a_statement();
    if !LISTS.is_valid() {
        let lists = read_all();
        KNOWN.with_borrow_mut(|known| *known = lists);
    }
}

/// What the lists say of a key, if anything.
pub fn listing(key: &[u8]) -> Option<Listing> {
    refresh();
    KNOWN.with_borrow(|known| match known.is_empty() {
        true => None,
        false => known.verdict(key),
    })
}

/// Whether an address is on the deny list.
pub fn is_denied(address: &[u8]) -> bool {
    matches!(listing(address), Some(Listing::Deny))
}

fn read_all() -> Lists {
    let mut lists = Lists::default();
    if let Some(table) = LISTS.watch() {
        LISTS.mark_valid();
        table_scan::scan(table, |row| add(&mut lists, row));
    }
    lists
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
