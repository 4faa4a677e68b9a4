//! A look at what is watched, at the end of a window.

use std::collections::HashMap;

use super::counts::{self, Subject};
use super::known::{self, Known, MAX_KEYS};
use super::unusual::Unusual;
use super::watches::{self, Watch};
use super::{actions, records};
use crate::ratelimit::Storage;

/// So late a look may be, beside half a window.
const GRACE_US: i64 = 2_000_000;

/// Looks at what is watched, if a window is over.
pub fn look(watch: &Watch, storage: &Storage, run: i64, now_us: i64) {
    let length_us = watch.window.length_us();
    // The same life of the counters, and a clock that has not gone back.
    let elapsed_us = watch
        .looked
        .filter(|(at_us, of)| *of == run && *at_us <= now_us)
        .map(|(at_us, _)| now_us - at_us);
    match elapsed_us {
        Some(elapsed_us) if elapsed_us < length_us / 2 => return,
        Some(elapsed_us) if elapsed_us <= length_us + length_us / 2 + GRACE_US => {
            let part = length_us as f64 / elapsed_us.max(length_us) as f64;
            judge_all(watch, storage, part, now_us);
        }
        _ => begin(watch, storage, now_us),
    }
    watches::set_looked(storage.owner, watch, now_us, run);
    known::forget_some(storage.owner, watch, now_us);
}

/// Only notes what has been counted so far: the time before was no window.
fn begin(watch: &Watch, storage: &Storage, now_us: i64) {
    let mut all = known::of(storage.owner, watch);
    for known in all.values_mut() {
        known.seen = 0;
    }
    let mut room = MAX_KEYS.saturating_sub(all.len());
    for (subject, count) in counts::of(watch, storage) {
        if let Some(known) = enter(&mut all, subject, &mut room, now_us) {
            known.seen = count;
        }
    }
    let all: Vec<(Subject, Known)> = all.into_iter().collect();
    known::write(storage.owner, watch, &all);
}

fn enter<'a>(
    all: &'a mut HashMap<Subject, Known>,
    subject: Subject,
    room: &mut usize,
    now_us: i64,
) -> Option<&'a mut Known> {
    if !all.contains_key(&subject) {
        *room = room.checked_sub(1)?;
    }
    Some(all.entry(subject).or_insert_with(|| Known {
        counted_us: now_us,
        ..Known::default()
    }))
}

/// Judges each count. `part` is that of what was counted which a window has.
fn judge_all(watch: &Watch, storage: &Storage, part: f64, now_us: i64) {
    let mut all = known::of(storage.owner, watch);
    let mut room = MAX_KEYS;
    let mut changed = Vec::new();
    // The middle of the window tells its hour.
    let at_us = now_us.saturating_sub(watch.window.length_us() / 2);
    for (subject, total) in counts::of(watch, storage) {
        let Some(known) = enter(&mut all, subject.clone(), &mut room, now_us) else {
            continue;
        };
        // What is less than before began anew: its slot was given to somebody else in between.
        let counted = if total >= known.seen {
            total - known.seen
        } else {
            total
        };
        if counted == 0 && known.streak == 0 {
            continue;
        }
        known.seen = total;
        let count = counted as f64 * part;
        let judgement = known
            .baseline
            .observe(watch.window, at_us, count, watch.threshold);
        if counted > 0 {
            known.counted_us = now_us;
        }
        match judgement.is_unusual {
            true => {
                let unusual = Unusual {
                    subject: &subject,
                    count,
                    judgement,
                    at_us: now_us,
                };
                known.streak += 1;
                let until_us = actions::hold_up(watch, &unusual, known.streak);
                known.anomaly =
                    records::write(storage.owner, watch, &unusual, known.anomaly, until_us);
                if known.streak == 1 {
                    actions::tell(
                        storage.owner,
                        watch,
                        &unusual,
                        known.anomaly,
                        until_us.is_some(),
                    );
                }
            }
            false => {
                known.streak = 0;
                known.anomaly = None;
            }
        }
        changed.push((subject, known.clone()));
    }
    known::write(storage.owner, watch, &changed);
}
