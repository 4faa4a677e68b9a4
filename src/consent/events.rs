//! What is recorded of a number's consent, and what decides. Columns are read by position.

use phone_crypt_core::sending::{self, ConsentEvent, ConsentState};

use super::number::Probes;
use super::tables::EVENTS;
use crate::consent::error::Result;
use crate::pg::table_row::TableRow;

/// The event that decides for a topic (none: what holds for everything); None where nothing is recorded.
///
/// Errors: no such table, 55000.
pub fn deciding_event(probes: &Probes, topic: Option<&str>) -> Result<Option<ConsentEvent>> {
    let key = EVENTS.key()?;
    let mut events = Vec::new();
    for probe in probes.iter() {
        key.scan(probe, |row| {
            events.extend(event(row));
            true
        });
    }
    Ok(sending::deciding_event(events, topic))
}

/// The columns are phone, id, topic, state, at.
fn event(row: &TableRow) -> Option<ConsentEvent> {
    Some(ConsentEvent {
        arrival: row.get(2)?,
        topic: row.string(3),
        state: ConsentState::parse(&row.string(4)?).ok()?,
        at_us: row.get(5)?,
    })
}
