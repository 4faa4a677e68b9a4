//! What sending costs, as this backend remembers it.

use pgrx::AnyNumeric;
use phone_crypt_core::sending::Prices;
use std::cell::RefCell;
use std::collections::HashMap;

use super::money::amount_of;
use crate::pg::cached_table::{self, CachedTable};
use crate::pg::table_row::TableRow;
use crate::pg::table_scan;
use crate::settings::SCHEMA;

static PRICES: CachedTable = CachedTable::new(SCHEMA, c"send_prices");

thread_local! {
    /// By currency.
    static KNOWN: RefCell<HashMap<String, Prices>> = RefCell::new(HashMap::new());
}

/// What a message to a number of these digits costs in a currency, in millionths; None where there is no price for it.
pub fn price(digits: &str, currency: &str) -> Option<i64> {
    cached_table::listen_once_a_statement();
    if !PRICES.is_valid() {
        let all = read_all();
        KNOWN.with_borrow_mut(|known| *known = all);
    }
    KNOWN.with_borrow(|known| known.get(currency)?.of(digits))
}

fn read_all() -> HashMap<String, Prices> {
    let mut all = HashMap::new();
    if let Some(table) = PRICES.watch() {
        PRICES.mark_valid();
        table_scan::scan(table, |row| add(&mut all, row));
    }
    all
}

fn add(all: &mut HashMap<String, Prices>, row: &TableRow) {
    let price = row.get::<AnyNumeric>(3).and_then(|it| amount_of(&it).ok());
    if let (Some(prefix), Some(currency), Some(price)) = (row.string(1), row.string(2), price) {
        let digits = prefix.trim_start_matches('+');
        all.entry(currency).or_default().insert(digits, price);
    }
}
