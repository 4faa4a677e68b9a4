//! What a batch has made of the rows that it is writing right now. The trigger lets such a row through as it is, if it is
//! what the batch has made of it.
//!
//! Code of the table's owner runs while the rows are written, so that a row is among them gives it no right: only the
//! values do, and those are the right ones whoever writes them.

use pgrx::itemptr::item_pointer_get_both;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::batch::Values;

use crate::pg::{Oid, TupleId};

thread_local! {
    static PASSING: RefCell<Option<Rc<Rows>>> = const { RefCell::new(None) };
}

/// The rows of a batch.
struct Rows {
    table: Oid,
    /// The columns' names, in the database's encoding.
    columns: Vec<Vec<u8>>,
    values: HashMap<(u32, u16), Values>,
}

/// Lets rows pass until dropped. What another batch was letting pass, whose rows lead to this one, passes again
/// afterwards.
pub struct Passing {
    outer: Option<Rc<Rows>>,
}

impl Passing {
    /// Lets the rows at these places of the table pass where these columns have these values.
    pub fn let_through(
        table: Oid,
        columns: Vec<Vec<u8>>,
        rows: impl Iterator<Item = (TupleId, Values)>,
    ) -> Passing {
        let values = rows
            .map(|(place, values)| (item_pointer_get_both(place), values))
            .collect();
        let rows = Rows {
            table,
            columns,
            values,
        };
        Passing {
            outer: PASSING.replace(Some(Rc::new(rows))),
        }
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        PASSING.set(self.outer.take());
    }
}

/// What a batch has made of one row.
pub struct Made<'a> {
    columns: &'a [Vec<u8>],
    values: &'a Values,
}

impl Made<'_> {
    /// The value of a column: `None` for one that the batch does not write, `Some(None)` for NULL.
    pub fn value(&self, name: &[u8]) -> Option<Option<&[u8]>> {
        let index = self.columns.iter().position(|column| column == name)?;
        self.values.get(index).map(Option::as_deref)
    }
}

/// Whether a batch is writing the row at this place, and `is_same` holds of what it has made of it.
pub fn is_as_made(table: Oid, place: TupleId, is_same: impl FnOnce(&Made<'_>) -> bool) -> bool {
    // No borrow is held while the row is looked at.
    let Some(rows) = PASSING.with_borrow(Option::clone) else {
        return false;
    };
    let Some(values) = rows.values.get(&item_pointer_get_both(place)) else {
        return false;
    };
    let columns = &rows.columns;
    rows.table == table && is_same(&Made { columns, values })
}
