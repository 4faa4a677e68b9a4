//! Which classes are audited now.

use phone_crypt_core::audit::{Class, Classes};
use std::cell::Cell;

use crate::settings::TRACKED;

thread_local! {
    /// The classes as of this many changes of the setting.
    static CURRENT: Cell<(u64, Classes)> = const { Cell::new((0, Classes::NONE)) };
}

/// Whether a class is audited. A few instructions, where the setting has not changed.
#[inline]
pub fn is_audited(class: Class) -> bool {
    let changes = TRACKED.audit.changes();
    let (known, classes) = CURRENT.get();
    match known == changes {
        true => classes.contains(class),
        false => renew(changes).contains(class),
    }
}

#[cold]
fn renew(changes: u64) -> Classes {
    // The check hook let nothing else through.
    let classes = Classes::parse(&TRACKED.audit.get()).unwrap_or_default();
    CURRENT.set((changes, classes));
    classes
}
