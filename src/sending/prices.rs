//! What sending costs, as this backend remembers it.

use pgrx::AnyNumeric;
use phone_crypt_core::sending::Prices;
use std::collections::HashMap;

use super::money::amount_of;
use crate::pg::cached_rows::CachedRows;
use crate::pg::cached_table::CachedTable;
use crate::pg::table_row::TableRow;
use crate::settings::SCHEMA;

static PRICES: CachedTable = CachedTable::new(SCHEMA, c"send_prices");

/// By currency.
type Known = HashMap<String, Prices>;

thread_local! {
    static KNOWN: CachedRows<Known> = CachedRows::new(&PRICES, add);
}

/// What a message to a number of these digits costs in a currency, in millionths; None where there is no price for it.
pub fn price(digits: &str, currency: &str) -> Option<i64> {
    KNOWN.with(|known| known.with(|all| all.get(currency)?.of(digits)))
}

fn add(all: &mut Known, row: &TableRow) {
    let price = row.get::<AnyNumeric>(3).and_then(|it| amount_of(&it).ok());
    if let (Some(prefix), Some(currency), Some(price)) = (row.string(1), row.string(2), price) {
        let digits = prefix.trim_start_matches('+');
        all.entry(currency).or_default().insert(digits, price);
    }
}
