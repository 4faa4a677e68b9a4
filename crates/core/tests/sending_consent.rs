//! Which event of a history decides.
#![allow(clippy::unwrap_used)]

use phone_crypt_core::sending::ConsentState::{Denied, Granted, Withdrawn};
use phone_crypt_core::sending::{ConsentEvent, ConsentState, deciding_event};
use proptest::prelude::*;

/// Events as topic, state and time, in the order of their arrival.
fn history(events: &[(Option<&str>, ConsentState, i64)]) -> Vec<ConsentEvent> {
    events
        .iter()
        .zip(1..)
        .map(|((topic, state, at_us), arrival)| ConsentEvent {
            topic: topic.map(str::to_owned),
            state: *state,
            at_us: *at_us,
            arrival,
        })
        .collect()
}

fn state(
    events: &[(Option<&str>, ConsentState, i64)],
    topic: Option<&str>,
) -> Option<ConsentState> {
    deciding_event(history(events), topic).map(|event| event.state)
}

#[test]
fn nothing_recorded_is_no_consent() {
    assert_eq!(state(&[], Some("news")), None);
    assert_eq!(state(&[(Some("offers"), Granted, 1)], Some("news")), None);
}

#[test]
fn the_newest_decides() {
    let events = [(Some("news"), Granted, 1), (Some("news"), Withdrawn, 2)];
    assert_eq!(state(&events, Some("news")), Some(Withdrawn));
    let events = [(Some("news"), Denied, 1), (Some("news"), Granted, 2)];
    assert_eq!(state(&events, Some("news")), Some(Granted));
}

#[test]
fn what_arrives_late_does_not_beat_what_happened_since() {
    let events = [(Some("news"), Withdrawn, 5), (Some("news"), Granted, 4)];
    assert_eq!(state(&events, Some("news")), Some(Withdrawn));
}

#[test]
fn at_one_time_the_last_to_arrive_decides() {
    let events = [(Some("news"), Granted, 5), (None, Withdrawn, 5)];
    assert_eq!(state(&events, Some("news")), Some(Withdrawn));
    let events = [(None, Withdrawn, 5), (Some("news"), Granted, 5)];
    assert_eq!(state(&events, Some("news")), Some(Granted));
}

#[test]
fn a_withdrawal_for_everything_beats_an_older_grant_for_one_topic() {
    let events = [(Some("news"), Granted, 1), (None, Withdrawn, 2)];
    assert_eq!(state(&events, Some("news")), Some(Withdrawn));
    let events = [(None, Withdrawn, 2), (Some("news"), Granted, 3)];
    assert_eq!(state(&events, Some("news")), Some(Granted));
    assert_eq!(state(&events, Some("offers")), Some(Withdrawn));
}

#[test]
fn one_topic_says_nothing_about_everything() {
    let events = [(None, Granted, 1), (Some("news"), Withdrawn, 2)];
    assert_eq!(state(&events, None), Some(Granted));
    assert_eq!(state(&events, Some("news")), Some(Withdrawn));
    assert_eq!(state(&[(Some("news"), Granted, 1)], None), None);
}

#[test]
fn states_have_names() {
    for state in [Granted, Denied, Withdrawn] {
        assert_eq!(ConsentState::parse(state.as_str()), Ok(state));
    }
    for name in ["", "Granted", "granted ", "yes"] {
        assert!(ConsentState::parse(name).is_err());
    }
}

proptest! {
    /// The order in which a table gives them out does not matter.
    #[test]
    fn the_order_of_reading_does_not_matter(
        times in prop::collection::vec((0_i64..4, 0_usize..3, 0_usize..3), 0..8), turn in 0_usize..8,
    ) {
        let topics = [None, Some("news"), Some("offers")];
        let states = [Granted, Denied, Withdrawn];
        let events: Vec<_> = times.iter().map(|(at, t, s)| (topics[*t], states[*s], *at)).collect();
        let all = history(&events);
        let mut turned = all.clone();
        if !turned.is_empty() {
            let turn = turn % turned.len();
            turned.rotate_left(turn);
        }
        for topic in topics {
            let found = deciding_event(all.clone(), topic);
            prop_assert_eq!(&found, &deciding_event(turned.clone(), topic));
            if let Some(found) = found {
                let newest = all.iter().filter(|event| event.is_about(topic)).map(|event| event.at_us).max();
                prop_assert_eq!(Some(found.at_us), newest);
            }
        }
    }
}
