//! Without shared memory the transaction writes its records itself, before it commits; if it is rolled back, or may not
//! write, they go to the server log.

use pgrx::IntoDatum;
use std::cell::RefCell;

use super::server_log;
use crate::pg::cached_table::CachedTable;
use crate::pg::statement::Statement;
use crate::pg::transaction::{self, Ending};
use crate::pg::{oids, relation};
use crate::settings::SCHEMA;

static WAITING: CachedTable = CachedTable::new(SCHEMA, c"audit_waiting");

thread_local! {
    static PENDING: RefCell<Vec<(i64, Vec<u8>)>> = const { RefCell::new(Vec::new()) };
    static INSERT: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.audit_waiting (time_us, fields) VALUES ($1, $2)",
        &[oids::INT8OID, oids::BYTEAOID],
    ) };
}

/// Keeps a record until the transaction ends.
pub fn push(time_us: i64, text: Vec<u8>) {
    PENDING.with_borrow_mut(|pending| pending.push((time_us, text)));
}

/// The transaction ends.
pub fn at_end(ending: Ending) {
    let pending = PENDING.take();
    if pending.is_empty() {
        return;
    }
    if ending == Ending::Before && transaction::may_write() && insert(&pending) {
        return;
    }
    for (_, text) in &pending {
        server_log::write(text);
    }
}

/// False where there is no such table: the extension is gone, or older than its library.
fn insert(pending: &[(i64, Vec<u8>)]) -> bool {
    let Some(table) = WAITING.watch() else {
        return false;
    };
    let (owner, _) = relation::owner_and_name(table);
    transaction::with_snapshot(|| {
        for (time_us, text) in pending {
            let arguments = [time_us.into_datum(), text.as_slice().into_datum()];
            INSERT.with(|insert| insert.run(owner, &arguments, |_| ()));
        }
    });
    true
}
