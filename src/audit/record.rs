//! Recording an event.

use phone_crypt_core::audit::{Class, Field, fields_json};

use super::classes::is_audited;
use super::event::Event;
use super::queue::{self, MAX_TEXT};
use super::{server_log, transactional, who};
use crate::pg::clock::now_us;
use crate::pg::{Oid, process, unguarded};

/// Fields that are left out of a record that would be too long, in this order.
const OPTIONAL: [&str; 5] = ["tables", "keys", "application", "address", "session_user"];

/// Records an event, if its class is audited. It raises no error, and a full queue makes it no slower: then it is counted, and
/// the log says how many were lost. In a transaction, or at the end of one.
pub fn record(event: Event) {
    if is_audited(event.class) {
        record_of(unguarded::outer_user(), event);
    }
}

/// As [`record`], whatever is audited, in somebody's name.
pub(super) fn record_of(role: Oid, event: Event) {
    put(with_who(role, event));
}

/// The event, with who did it.
pub(super) fn with_who(role: Oid, mut event: Event) -> Event {
    event.fields.extend(who::fields(role));
    event
}

/// As [`record`], whatever is audited, in nobody's name: what the log says of itself.
pub(super) fn put(event: Event) {
    put_text(event.class, &text_of(event));
}

/// As [`put`], of an event that is a text already.
pub(super) fn put_text(class: Class, text: &[u8]) {
    let time_us = now_us();
    if process::is_recovering() {
        server_log::write(text);
    } else if queue::is_there() {
        queue::push(process::database(), time_us, class, text);
    } else {
        transactional::push(time_us, text.to_vec());
    }
}

/// The fields as they are stored. The longest names of everything take more than there is room for: then some are left out.
pub(super) fn text_of(mut event: Event) -> Vec<u8> {
    let mut text = json(&event);
    for field in OPTIONAL {
        if text.len() <= MAX_TEXT {
            break;
        }
        event.fields.retain(|(name, _)| *name != field);
        event.fields.retain(|(name, _)| *name != "cut");
        event.fields.push(("cut", Field::Flag(true)));
        text = json(&event);
    }
    text
}

fn json(event: &Event) -> Vec<u8> {
    fields_json(event.class, event.event, &event.fields)
}
