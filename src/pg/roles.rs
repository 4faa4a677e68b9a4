//! Roles: their names, and who is a member of which.

use pgrx::pg_sys;
use pgrx::pg_sys::SysCacheIdentifier::{AUTHMEMROLEMEM, AUTHOID};
use std::ffi::CString;

use super::Oid;
use super::catalog_changes::CatalogChanges;
use super::text::in_database_encoding;

static CHANGES: CatalogChanges = CatalogChanges::of(&[AUTHOID, AUTHMEMROLEMEM]);

/// Changes when this process hears of a change of some role or membership. To be taken before what is remembered is looked up.
#[inline]
pub fn generation() -> u64 {
    CHANGES.generation()
}

/// The role of this name. In a transaction.
pub fn of_name(name: &str) -> Option<Oid> {
    let name = CString::new(in_database_encoding(name)?).ok()?;
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
