//! Which classes are audited now.

use phone_crypt_core::audit::{Class, Classes};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::settings::TRACKED;

// A backend has one thread; a look at a thread-local costs a call, and these are looked at once a row.
/// The classes, as bits, as of this many changes of the setting.
static CLASSES: AtomicU8 = AtomicU8::new(0);
static AS_OF: AtomicU64 = AtomicU64::new(0);

/// Whether a class is audited. A few instructions, where the setting has not changed.
#[inline]
pub fn is_audited(class: Class) -> bool {
    let changes = TRACKED.audit.changes();
    if AS_OF.load(Ordering::Relaxed) != changes {
        renew(changes);
    }
    Classes::of_bits(CLASSES.load(Ordering::Relaxed)).contains(class)
}

#[cold]
fn renew(changes: u64) {
    // The check hook let nothing else through.
    let classes = Classes::parse(&TRACKED.audit.get()).unwrap_or_default();
    CLASSES.store(classes.bits(), Ordering::Relaxed);
    AS_OF.store(changes, Ordering::Relaxed);
}
