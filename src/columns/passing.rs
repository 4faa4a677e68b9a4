//! The rows that a batch is writing right now, which the trigger lets through as they are.

use pgrx::itemptr::item_pointer_get_both;
use pgrx::pg_sys;
use std::cell::RefCell;
use std::collections::HashSet;

thread_local! {
    static PASSING: RefCell<Option<Rows>> = const { RefCell::new(None) };
}

struct Rows {
    table: pg_sys::Oid,
    places: HashSet<(u32, u16)>,
}

/// Lets rows pass until dropped.
pub struct Passing;

impl Passing {
    /// Lets the rows at these places of the table pass.
    pub fn let_through(table: pg_sys::Oid, places: &[pg_sys::ItemPointerData]) -> Passing {
        let places = places
            .iter()
            .map(|place| item_pointer_get_both(*place))
            .collect();
        PASSING.set(Some(Rows { table, places }));
        Passing
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        PASSING.set(None);
    }
}

/// Whether the row at this place is being written by a batch.
pub fn lets_through(table: pg_sys::Oid, place: pg_sys::ItemPointerData) -> bool {
    PASSING.with_borrow(|passing| match passing {
        Some(rows) => rows.table == table && rows.places.contains(&item_pointer_get_both(place)),
        None => false,
    })
}
