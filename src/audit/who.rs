//! Who does what is recorded, as far as it is known and may be recorded.

use phone_crypt_core::audit::{Field, label};
use std::cell::RefCell;

use crate::pg::{Oid, connection, transaction, user};

/// Role names that were looked up, for when nothing can be looked up any more.
const REMEMBERED: usize = 16;

thread_local! {
    static NAMES: RefCell<Vec<(Oid, String)>> = const { RefCell::new(Vec::new()) };
}

/// Remembers the name of a role, and that of the session's. In a transaction; a role that was renamed is looked up again at
/// the next one.
pub fn remember(role: Oid) {
    for role in [role, user::session_user()] {
        let is_known = NAMES.with_borrow(|names| names.iter().any(|(known, _)| *known == role));
        if !is_known {
            let name = user::role_name(role);
            NAMES.with_borrow_mut(|names| {
                names.truncate(REMEMBERED - 1);
                names.push((role, named(role, name.as_deref())));
            });
        }
    }
}

/// Forgets the names: the transaction is over.
pub fn forget() {
    NAMES.with_borrow_mut(Vec::clear);
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
