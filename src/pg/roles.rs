//! Roles: their names, and who is a member of which.

use pgrx::{pg_guard, pg_sys};
use std::ffi::CString;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::Oid;

static GENERATION: AtomicU64 = AtomicU64::new(0);
static IS_WATCHED: AtomicBool = AtomicBool::new(false);

/// Changes when this process hears of a change of some role or membership. To be taken before what is remembered is looked up.
pub fn generation() -> u64 {
    if !IS_WATCHED.swap(true, Ordering::Relaxed) {
        use pg_sys::SysCacheIdentifier::{AUTHMEMROLEMEM, AUTHOID};
        for cache in [AUTHOID, AUTHMEMROLEMEM] {
            // SAFETY: the callback lives as long as the process, and is registered once for each cache.
            unsafe {
                pg_sys::CacheRegisterSyscacheCallback(
                    cache as i32,
                    Some(on_invalidation),
                    pg_sys::Datum::null(),
                );
            }
        }
    }
    GENERATION.load(Ordering::Relaxed)
}

#[pg_guard]
unsafe extern "C-unwind" fn on_invalidation(
    _argument: pg_sys::Datum,
    _cache: i32,
    _hash: pg_sys::uint32,
) {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// The role of this name. In a transaction.
pub fn of_name(name: &str) -> Option<Oid> {
    let name = CString::new(name).ok()?;
    // SAFETY: a look into the catalogue's cache; the name ends in NUL.
    let role = unsafe { pg_sys::get_role_oid(name.as_ptr(), true) };
    (role != Oid::INVALID).then_some(role)
}

/// Whether the first is the second or a member of it, directly or not, whatever it inherits. A superuser is no member of what
/// he was not made a member of. In a transaction.
pub fn is_member(member: Oid, role: Oid) -> bool {
    // SAFETY: a look at the memberships, which PostgreSQL remembers.
    member == role || unsafe { pg_sys::is_member_of_role_nosuper(member, role) }
}
