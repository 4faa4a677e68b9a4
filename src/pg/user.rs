//! Working on a table in its owner's name.
//!
//! Whoever calls must be able to act as the owner anyway. Where it is somebody else (a superuser), PostgreSQL's
//! restrictions for maintenance commands apply, so that what hangs on the table (triggers, constraints, index
//! expressions) runs without the caller's rights.

use pgrx::pg_sys;
use pgrx::spi::quote_identifier;
use std::ffi::CStr;

use super::error::{PgError, Result};
use super::text::Text;

/// Another user, until dropped. An error on the way ends in PostgreSQL's own restoring of the user.
pub struct UserSwitch {
    user: pg_sys::Oid,
    context: i32,
    is_restricted: bool,
}

impl UserSwitch {
    /// The user from now on. It is a local change: SET ROLE and the like are refused meanwhile.
    pub fn to(owner: pg_sys::Oid) -> UserSwitch {
        UserSwitch::with(owner, pg_sys::SECURITY_LOCAL_USERID_CHANGE as i32)
    }

    /// As [`UserSwitch::to`]; for the code of a user who may not be trusted with the caller's session.
    pub fn restricted_to(owner: pg_sys::Oid) -> UserSwitch {
        let flags = pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION;
        UserSwitch::with(owner, flags as i32)
    }

    fn with(owner: pg_sys::Oid, flags: i32) -> UserSwitch {
        let mut before = UserSwitch {
            user: pg_sys::InvalidOid,
            context: 0,
            is_restricted: flags & pg_sys::SECURITY_RESTRICTED_OPERATION as i32 != 0,
        };
        // SAFETY: reads and sets variables of this process.
        unsafe {
            pg_sys::GetUserIdAndSecContext(&mut before.user, &mut before.context);
            pg_sys::SetUserIdAndSecContext(owner, before.context | flags);
        }
        before
    }
}

impl UserSwitch {
    /// Whether PostgreSQL's restrictions for maintenance apply.
    pub fn is_restricted(&self) -> bool {
        self.is_restricted
    }
}

impl Drop for UserSwitch {
    fn drop(&mut self) {
        // SAFETY: sets the variables back to what they were.
        unsafe { pg_sys::SetUserIdAndSecContext(self.user, self.context) };
    }
}

/// The role that initdb makes: it owns the catalogues.
pub const CATALOG_OWNER: pg_sys::Oid = pg_sys::Oid::from_u32(pg_sys::BOOTSTRAP_SUPERUSERID);

/// Whether the current user is a superuser.
pub fn is_superuser() -> bool {
    // SAFETY: a look at the current user's role.
    unsafe { pg_sys::superuser() }
}

/// The name of the role that logged in.
pub fn session_user_name() -> String {
    // SAFETY: the call gives a copy that ends in NUL, or NULL where the role is gone.
    let name = unsafe {
        let name = pg_sys::GetUserNameFromId(pg_sys::GetSessionUserId(), true);
        match name.is_null() {
            true => return String::new(),
            false => CStr::from_ptr(name),
        }
    };
    Text::of(name.to_bytes()).or_empty().into_owned()
}

/// In whose name this session works now.
pub fn current_user() -> pg_sys::Oid {
    // SAFETY: reads a variable of this process.
    unsafe { pg_sys::GetUserId() }
}

/// Who logged in, or was made to be by SET SESSION AUTHORIZATION.
pub fn session_user() -> pg_sys::Oid {
    // SAFETY: reads a variable of this process.
    unsafe { pg_sys::GetSessionUserId() }
}

/// A role's name; none where there is no such role. In a transaction.
pub fn role_name(role: pg_sys::Oid) -> Option<String> {
    // SAFETY: gives NULL or a NUL-terminated copy.
    unsafe {
        let name = pg_sys::GetUserNameFromId(role, true);
        (!name.is_null()).then(|| Text::of(CStr::from_ptr(name).to_bytes()).name())
    }
}

/// What this session's client calls itself.
pub fn application_name() -> String {
    // SAFETY: a setting's text, NUL-terminated or null, valid until it is set again.
    unsafe {
        let name = pg_sys::application_name;
        match name.is_null() {
            true => String::new(),
            false => CStr::from_ptr(name).to_string_lossy().into_owned(),
        }
    }
}

/// Whether it calls itself so.
pub fn is_application_name(expected: &str) -> bool {
    // SAFETY: as above.
    unsafe {
        let name = pg_sys::application_name;
        match name.is_null() {
            true => expected.is_empty(),
            false => CStr::from_ptr(name).to_bytes() == expected.as_bytes(),
        }
    }
}

/// Acts as the table's owner until dropped. For what the caller asks to be done to one table.
///
/// Errors: the caller is not the owner, 42501; no such table, 42P01.
pub fn as_owner(table: pg_sys::Oid) -> Result<UserSwitch> {
    check_owner(table)?;
    switch_to_owner(table)
}

/// Acts as the table's owner until dropped, whoever calls: for what the owner has agreed to beforehand by
/// registering the table.
///
/// Errors: no such table, 42P01.
pub fn switch_to_owner(table: pg_sys::Oid) -> Result<UserSwitch> {
    let (owner, _) = owner_and_name(table)?;
    Ok(match owner == current_user() {
        true => UserSwitch::to(owner),
        false => UserSwitch::restricted_to(owner),
    })
}

/// Refuses whoever cannot act as the table's owner.
///
/// Errors: not the owner, 42501; no such table, 42P01.
pub fn check_owner(table: pg_sys::Oid) -> Result<()> {
    let (owner, name) = owner_and_name(table)?;
    // SAFETY: a look at role memberships.
    match unsafe { pg_sys::has_privs_of_role(current_user(), owner) } {
        true => Ok(()),
        false => Err(PgError::NotOwner(name)),
    }
}

/// The table's name, without its schema.
///
/// Errors: no such table, 42P01.
pub fn name_of(table: pg_sys::Oid) -> Result<String> {
    Ok(owner_and_name(table)?.1)
}

/// The table's name, in full and quoted.
///
/// Errors: no such table, 42P01.
pub fn full_name(table: pg_sys::Oid) -> Result<String> {
    // SAFETY: both calls give NULL or a NUL-terminated copy.
    let names = unsafe {
        let schema = pg_sys::get_namespace_name(pg_sys::get_rel_namespace(table));
        let name = pg_sys::get_rel_name(table);
        if schema.is_null() || name.is_null() {
            None
        } else {
            Some((CStr::from_ptr(schema), CStr::from_ptr(name)))
        }
    };
    let (schema, name) = names.ok_or(PgError::NoSuchTable(table))?;
    let [schema, name] = [schema, name].map(|name| Text::of(name.to_bytes()).exact());
    let (schema, name) = (quote_identifier(schema?), quote_identifier(name?));
    Ok(format!("{schema}.{name}"))
}

/// Who owns the table, and its name. Nobody's lock is waited for.
fn owner_and_name(table: pg_sys::Oid) -> Result<(pg_sys::Oid, String)> {
    // SAFETY: a tuple of this cache is a row of pg_class; it stays valid until it is released.
    unsafe {
        let cache = pg_sys::SysCacheIdentifier::RELOID as i32;
        let tuple = pg_sys::SearchSysCache1(cache, pg_sys::Datum::from(table));
        if tuple.is_null() {
            return Err(PgError::NoSuchTable(table));
        }
        let form: pg_sys::Form_pg_class = pg_sys::GETSTRUCT(tuple).cast();
        let owner = (*form).relowner;
        let name = CStr::from_ptr((*form).relname.data.as_ptr());
        let name = Text::of(name.to_bytes()).name();
        pg_sys::ReleaseSysCache(tuple);
        Ok((owner, name))
    }
}
