//! Who does what is recorded, as far as it is known and may be recorded.

use phone_crypt_core::audit::{Field, label};
use std::cell::{Cell, RefCell};

use crate::pg::{Oid, connection, roles, transaction, user};

/// Role names that were looked up, for when nothing can be looked up any more.
const REMEMBERED: usize = 64;

thread_local! {
    /// The generation of roles that the names are of.
    static GENERATION: Cell<u64> = const { Cell::new(0) };
    static NAMES: RefCell<Vec<(Oid, String)>> = const { RefCell::new(Vec::new()) };
}

/// Remembers the name of a role, and that of the session's, until some role changes. In a transaction.
pub fn remember(role: Oid) {
    // Taken before the look-up: what changes meanwhile is looked up again.
    let generation = roles::generation();
    if GENERATION.replace(generation) != generation {
        NAMES.with_borrow_mut(Vec::clear);
    }
    if NAMES.with_borrow(Vec::len) > REMEMBERED - 2 && !is_known(role) {
        NAMES.with_borrow_mut(Vec::clear);
    }
    for role in [role, user::session_user()] {
        let is_known = NAMES.with_borrow(|names| names.iter().any(|(known, _)| *known == role));
        if !is_known {
            let name = user::role_name(role);
            let name = named(role, name.as_deref());
            NAMES.with_borrow_mut(|names| names.push((role, name)));
        }
    }
}

/// Whether the names of a role and of the session's are remembered.
pub fn is_known(role: Oid) -> bool {
    let is_in = |names: &[(Oid, String)], role| names.iter().any(|(known, _)| *known == role);
    NAMES.with_borrow(|names| is_in(names, role) && is_in(names, user::session_user()))
}

/// The name, or the oid where the name is not to be recorded.
fn named(role: Oid, name: Option<&str>) -> String {
    let name = name.and_then(label).map(str::to_owned);
    name.unwrap_or_else(|| role.to_u32().to_string())
}

fn name_of(role: Oid) -> String {
    let known = NAMES.with_borrow(|names| {
        let found = names.iter().find(|(known, _)| *known == role);
        found.map(|(_, name)| name.clone())
    });
    known.unwrap_or_else(|| match transaction::is_in_progress() {
        true => named(role, user::role_name(role).as_deref()),
        false => named(role, None),
    })
}

/// The fields that say who: role, session user where it is another one, application, address.
pub fn fields(role: Oid) -> Vec<(&'static str, Field)> {
    let session = user::session_user();
    let mut fields = vec![("role", Field::Text(name_of(role)))];
    if session != role {
        fields.push(("session_user", Field::Text(name_of(session))));
    }
    let application = user::application_name();
    if !application.is_empty() {
        let name = label(&application).unwrap_or("(withheld)");
        fields.push(("application", Field::Text(name.to_owned())));
    }
    if let Some(address) = connection::client_address() {
        fields.push(("address", Field::Text(address.to_string())));
    }
    fields
}
