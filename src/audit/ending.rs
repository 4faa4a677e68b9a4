//! The end of a transaction: what was counted becomes records.

use phone_crypt_core::audit::Class;

use super::classes::is_audited;
use super::{counted, queue, sync, transactional};
use crate::pg::executed_tables;
use crate::pg::transaction::{self, Ending};

/// Listens to the ends of transactions, and watches which tables statements are of. Called once, by `_PG_init`.
pub fn listen() {
    executed_tables::watch(|| is_audited(Class::Read) || is_audited(Class::Write));
    transaction::at_every_end(at_end);
}

fn at_end(ending: Ending) {
    // What the transaction writes itself, it must write now. Else nothing is recorded before it is known how it ended.
    if ending == Ending::Before && queue::is_there() {
        return;
    }
    counted::record_all();
    transactional::at_end(ending);
    if ending == Ending::Over {
        sync::forget();
    }
}
