//! What the worker finds changed: the server's settings, and its keys. A session's own are not seen here.

use pgrx::IntoDatum;
use phone_crypt_core::audit::Class;

use super::state::LogState;
use crate::audit::event::Event;
use crate::keys;
use crate::pg::statement::Statement;
use crate::pg::{Oid, oids};

thread_local! {
    static SETTINGS: Statement = const { Statement::new(
        c"SELECT s.present, s.changed FROM phone_crypt.audit_settings($1::jsonb) AS s",
        &[oids::TEXTOID],
    ) };
}

/// What is another than it was, which the log's state knows from now on.
pub fn changes(owner: Oid, state: &mut LogState) -> Vec<Event> {
    let mut events = Vec::new();
    let (mut present, mut changed) = (None, None);
    SETTINGS.with(|it| {
        it.run(owner, &[state.settings.as_deref().into_datum()], |row| {
            (present, changed) = (row.string(1), row.string(2));
        })
    });
    let before = std::mem::replace(&mut state.settings, present);
    if let (Some(_), Some(changed)) = (before, changed) {
        events
            .push(Event::new(Class::Admin, "settings_changed").words("settings", words(&changed)));
    }
    let ids = key_ids();
    let before = state.key_ids.replace(ids.clone());
    if before.is_some_and(|before| before != ids) {
        events.push(Event::new(Class::Admin, "keys_changed").words("keys", words(&ids)));
    }
    events
}

fn words(list: &str) -> Vec<String> {
    let words = list.split(',').filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// The ids of the server's keys, the primary first; none where there are none.
fn key_ids() -> String {
    let Ok(ring) = keys::configured() else {
        return String::new();
    };
    let ids: Vec<String> = ring
        .keyring
        .keys()
        .map(|key| key.id().to_string())
        .collect();
    ids.join(",")
}
