//! What becomes of codes, and the rules that look at it: by hand-made clocks.

mod sending_support;

use phone_crypt_core::sending::observed::{
    Attempt, Book, Cause, Outcome, Prefix, Region, RegionTraffic, Rules, Scope, Send, Visits,
    Window,
};
use proptest::prelude::*;
use sending_support::{Volume, hash, send};

const SCOPE: Scope = Scope { owner: 7, space: 1 };
const NOW: i64 = 1_800_000_000;
const GRACE: i64 = 600;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

const RULES: Rules = Rules {
    conversion: true,
    regions_per_client: 3,
    blocks_suspects: true,
};

fn attempt(id: i64, digits: &str, region: &str, client: u64, now_s: i64) -> Attempt {
    Attempt {
        send: Send {
            scope: SCOPE,
            region: Region::of(region),
            client,
            due_s: now_s + GRACE,
            ..send(id, digits)
        },
        rules: RULES,
        has_verified: false,
    }
}

fn cause(volume: &mut Volume, attempt: &Attempt, now_s: i64) -> Option<Cause> {
    let reserved = volume.book().reserve(attempt, now_s);
    reserved.err().map(|refused| refused.cause)
}

#[test]
fn a_code_is_unverified_only_when_its_time_is_over() {
    let mut volume = Volume::new(64, 64);
    for id in 1..=20 {
        let attempt = attempt(id, &format!("614010000{id:02}"), "AU", 0, NOW);
        assert_eq!(cause(&mut volume, &attempt, NOW), None, "send {id}");
    }
    let late = |now_s| attempt(99, "61402000000", "AU", 0, now_s);
    assert_eq!(cause(&mut volume, &late(NOW), NOW + GRACE - 1), None);
    assert!(volume.book().give_back(SCOPE.owner, 99));
    let refused = volume
        .book()
        .reserve(&late(NOW), NOW + GRACE)
        .expect_err("twenty are unverified");
    assert_eq!(refused.cause, Cause::ConversionRegion);
    // The day's threshold holds them all, so it lasts until they have left the day's window.
    let hours = (refused.until_s - NOW) / HOUR;
    assert!((23..=24).contains(&hours), "{hours} hours");
    assert_eq!(
        cause(&mut volume, &late(refused.until_s), refused.until_s),
        None
    );
    let another_region = attempt(100, "6421000000", "NZ", 0, NOW + GRACE);
    assert_eq!(cause(&mut volume, &another_region, NOW + GRACE), None);
}

#[test]
fn a_burst_ends_before_the_first_code_is_late() {
    let mut volume = Volume::new(1024, 64);
    let next = |id: i64| attempt(id, &format!("6140{id:07}"), "AU", 0, NOW);
    for id in 1..=100 {
        assert_eq!(cause(&mut volume, &next(id), NOW), None, "send {id}");
    }
    let refused = volume.book().reserve(&next(101), NOW);
    let refused = refused.expect_err("a hundred are under way");
    assert_eq!((refused.cause, refused.until_s), (Cause::Burst, NOW + 60));
    let elsewhere = attempt(102, "6421000000", "NZ", 0, NOW);
    assert_eq!(cause(&mut volume, &elsewhere, NOW), None);
    let known = Attempt {
        has_verified: true,
        ..next(103)
    };
    assert_eq!(cause(&mut volume, &known, NOW), None);
    // Each that is verified, that failed or is taken back makes room for one.
    let mut book = volume.book();
    let report =
        |id, outcome| move |book: &mut Book<'_>| book.report(SCOPE.owner, id, outcome, NOW);
    assert!(report(1, Outcome::Verified)(&mut book).is_some());
    assert!(report(2, Outcome::Failed)(&mut book).is_some());
    assert!(book.give_back(SCOPE.owner, 3));
    assert!(report(4, Outcome::Delivered)(&mut book).is_some());
    assert_eq!(cause(&mut volume, &next(104), NOW), None);
    assert_eq!(cause(&mut volume, &next(105), NOW), None);
    assert_eq!(cause(&mut volume, &next(106), NOW), Some(Cause::Burst));
    let without = Attempt {
        rules: Rules::default(),
        ..next(107)
    };
    assert_eq!(cause(&mut volume, &without, NOW), None);
}

#[test]
fn a_verified_code_counts_for_its_region_and_settles_the_number() {
    let mut volume = Volume::new(64, 64);
    for id in 1..=3 {
        let attempt = attempt(id, "61401000000", "AU", 5, NOW);
        assert_eq!(cause(&mut volume, &attempt, NOW), None);
    }
    let mut book = volume.book();
    assert!(book.sends.are_of(SCOPE.owner) && !book.sends.are_of(9));
    assert_eq!(
        book.report(SCOPE.owner, 2, Outcome::Delivered, NOW),
        Some(hash("61401000000"))
    );
    assert_eq!(
        book.report(SCOPE.owner, 2, Outcome::Verified, NOW),
        Some(hash("61401000000"))
    );
    assert_eq!(
        book.report(SCOPE.owner, 2, Outcome::Verified, NOW),
        None,
        "once"
    );
    assert_eq!(
        book.report(SCOPE.owner, 1, Outcome::Sent, NOW),
        None,
        "settled with it"
    );
    assert_eq!(
        book.report(9, 3, Outcome::Sent, NOW),
        None,
        "another database's"
    );
    assert!(!book.sends.are_of(SCOPE.owner));
    assert!(book.has_verified(SCOPE.owner, hash("61401000000")));
    assert!(!book.has_verified(9, hash("61401000000")));
    book.settle(NOW + DAY / 2);
    let traffic = book.regions.iter().find(|slot| slot.name.scope == SCOPE);
    let traffic = traffic.expect("a region").value.traffic;
    assert_eq!(traffic.counts(NOW).day, 1);
    assert_eq!(traffic.unverified_counts(NOW + DAY / 2).day, 0);
    let written = vec![(hash("61401000000"), NOW)];
    assert_eq!(book.verified_of(SCOPE.owner), written);
    assert_eq!(book.verified_of(9), vec![], "another database's");
    book.note_verified(SCOPE.owner, hash("61401000000"), NOW + 1);
    book.verified_are_written(SCOPE.owner, &written);
    assert!(
        book.has_verified(SCOPE.owner, hash("61401000000")),
        "verified again since"
    );
    book.verified_are_written(SCOPE.owner, &[(hash("61401000000"), NOW + 1)]);
    assert!(!book.has_verified(SCOPE.owner, hash("61401000000")));
    assert_eq!(book.verified_of(SCOPE.owner), vec![]);
}

#[test]
fn what_failed_or_was_given_back_counts_nowhere() {
    let mut volume = Volume::new(64, 64);
    for id in 1..=40 {
        let region = ["AU", "NZ", "FJ", "GB"][id as usize % 4];
        let attempt = attempt(id, &format!("614010000{id:02}"), region, 5, NOW);
        assert_eq!(cause(&mut volume, &attempt, NOW), None, "send {id}");
        let mut book = volume.book();
        match id % 3 {
            0 => assert!(book.give_back(SCOPE.owner, id)),
            1 => assert!(book.report(SCOPE.owner, id, Outcome::Failed, NOW).is_some()),
            _ => {
                assert!(book.report_number(SCOPE.owner, attempt.send.number, Outcome::Failed, NOW))
            }
        }
        assert!(!book.give_back(SCOPE.owner, id), "once");
    }
    let mut book = volume.book();
    book.settle(NOW + GRACE);
    assert!(
        book.regions
            .iter()
            .all(|slot| slot.value.traffic == RegionTraffic::default())
    );
}

#[test]
fn a_number_that_has_verified_before_passes_all_of_these_rules() {
    let mut volume = Volume::new(64, 64);
    for id in 1..=30 {
        let attempt = attempt(id, &format!("614010000{id:02}"), "AU", 5, NOW);
        let _ = volume.book().reserve(&attempt, NOW);
    }
    let later = NOW + GRACE;
    let known = Attempt {
        has_verified: true,
        ..attempt(99, "61402000000", "AU", 5, later)
    };
    let unknown = Attempt {
        has_verified: false,
        ..known
    };
    assert!(cause(&mut volume, &unknown, later).is_some());
    assert_eq!(cause(&mut volume, &known, later), None);
}

#[test]
fn a_client_is_held_to_its_own_threshold() {
    let mut volume = Volume::new(256, 64);
    for id in 1..=5 {
        let attempt = attempt(id, &format!("614010000{id:02}"), "AU", 5, NOW);
        assert_eq!(cause(&mut volume, &attempt, NOW), None);
    }
    // Others verify, so that the region is sound.
    for id in 100..150 {
        let attempt = attempt(id, &format!("61402000{id}"), "AU", 6, NOW);
        assert_eq!(cause(&mut volume, &attempt, NOW), None);
        volume
            .book()
            .report(SCOPE.owner, id, Outcome::Verified, NOW);
    }
    let next = |id, client| attempt(id, "61403000000", "AU", client, NOW + GRACE);
    assert_eq!(
        cause(&mut volume, &next(90, 5), NOW + GRACE),
        Some(Cause::ConversionClient)
    );
    assert_eq!(cause(&mut volume, &next(91, 6), NOW + GRACE), None);
    // Without a client there is nobody to hold it against.
    assert_eq!(cause(&mut volume, &next(92, 0), NOW + GRACE), None);
}

#[test]
fn a_client_sends_to_three_regions_and_to_more_where_it_verifies() {
    let mut volume = Volume::new(64, 64);
    let try_one = |volume: &mut Volume, id, region, now_s| {
        cause(volume, &attempt(id, "61401000000", region, 5, now_s), now_s)
    };
    for (id, region) in [(1, "AU"), (2, "NZ"), (3, "FJ")] {
        assert_eq!(try_one(&mut volume, id, region, NOW + id), None);
    }
    assert_eq!(
        try_one(&mut volume, 4, "GB", NOW + 4),
        Some(Cause::ClientRegions)
    );
    assert_eq!(try_one(&mut volume, 5, "AU", NOW + 5), None, "a known one");
    assert!(
        volume
            .book()
            .report(SCOPE.owner, 2, Outcome::Verified, NOW + 6)
            .is_some()
    );
    assert_eq!(
        try_one(&mut volume, 6, "GB", NOW + 6),
        None,
        "one has verified"
    );
    let refused = volume
        .book()
        .reserve(&attempt(7, "61401000000", "FR", 5, NOW + 7), NOW + 7)
        .expect_err("three have not");
    // The first of the three that ends is Fiji's.
    assert_eq!(refused.until_s, NOW + 3 + DAY);
    assert!(volume.book().give_back(SCOPE.owner, 6));
    assert_eq!(
        try_one(&mut volume, 8, "FR", NOW + 8),
        None,
        "what is given back is free"
    );
}

#[test]
fn at_the_limit_of_regions_one_known_region_ends_at_a_time() {
    let mut visits = Visits::default();
    for (step, region) in (0..5).zip(["AU", "NZ", "FJ", "GB", "FR"]) {
        visits.enter(Region::of(region), NOW + step);
    }
    let stopped = |limit| visits.is_stopped_until(Region::of("DE"), NOW + 10, limit);
    assert_eq!(stopped(6), None);
    assert_eq!(stopped(5), Some(NOW + DAY));
    assert_eq!(stopped(4), Some(NOW + 1 + DAY));
    assert_eq!(stopped(1), Some(NOW + 4 + DAY));
}

#[test]
fn a_full_memory_settles_the_oldest_send_before_its_time() {
    let mut volume = Volume::new(16, 64);
    for id in 1..=40 {
        let attempt = attempt(id, &format!("6140{id:07}"), "AU", 0, NOW);
        let _ = volume.book().reserve(&attempt, NOW);
    }
    let mut book = volume.book();
    assert_eq!(book.sends.len(), 16);
    // Three unverified codes are the threshold of an hour: after that nothing is entered, and nothing settled.
    assert_eq!(book.head.settled_early, 3);
    assert!(book.report(SCOPE.owner, 19, Outcome::Sent, NOW).is_some());
    assert!(book.report(SCOPE.owner, 20, Outcome::Sent, NOW).is_none());
    assert!(book.report(SCOPE.owner, 1, Outcome::Sent, NOW).is_none());
}

#[test]
fn forgetting_a_number_leaves_no_trace_of_it() {
    let mut volume = Volume::new(64, 64);
    for id in 1..=4 {
        let digits = ["61401000000", "61402000000"][id as usize % 2];
        let _ = volume
            .book()
            .reserve(&attempt(id, digits, "AU", 0, NOW), NOW);
    }
    let mut book = volume.book();
    book.note_verified(SCOPE.owner, hash("61401000000"), NOW);
    assert_eq!(book.forget_number(9, hash("61401000000")), 0);
    assert_eq!(book.forget_number(SCOPE.owner, hash("61401000000")), 3);
    assert!(!book.has_verified(SCOPE.owner, hash("61401000000")));
    assert_eq!(book.sends.len(), 2);
    assert!(book.is_used(|_| false) || !book.is_used(|scope| scope.owner == 9));
    book.note_verified(SCOPE.owner, hash("61402000000"), NOW);
    assert!(book.is_used(|scope| scope.owner == SCOPE.owner));
    book.forget(|scope| scope.owner == SCOPE.owner);
    assert_eq!(book.sends.len(), 0);
    assert!(!book.is_used(|scope| scope.owner == SCOPE.owner));
}

/// What a window must say, from all that was counted.
fn by_hand(times: &[i64], now_s: i64, stretches: i64, seconds: i64) -> u64 {
    let first = now_s / seconds - stretches + 1;
    times
        .iter()
        .filter(|time| **time / seconds >= first)
        .count() as u64
}

proptest! {
    #[test]
    fn a_window_counts_what_is_within_it(steps in prop::collection::vec(0_i64..2000, 1..80), limit in 1_u64..20) {
        let mut window = Window::<6, 600>::default();
        let (mut now_s, mut times) = (NOW, Vec::new());
        for step in steps {
            now_s += step;
            window.add(now_s);
            times.push(now_s);
            prop_assert_eq!(window.sum(now_s), by_hand(&times, now_s, 6, 600));
        }
        let from = window.is_below_from(now_s, limit);
        prop_assert!(by_hand(&times, from, 6, 600) < limit);
        prop_assert!(from == now_s || by_hand(&times, from - 1, 6, 600) >= limit);
    }

    #[test]
    fn merged_windows_count_what_both_did(
        one in prop::collection::vec(0_i64..9000, 0..40), other in prop::collection::vec(0_i64..9000, 0..40),
    ) {
        let (mut left, mut right, mut both) = (Window::<6, 600>::default(), Window::<6, 600>::default(), Window::<6, 600>::default());
        let mut all: Vec<i64> = one.iter().chain(&other).map(|step| NOW + step).collect();
        all.sort_unstable();
        for (times, window) in [(one, &mut left), (other, &mut right)] {
            let mut times = times;
            times.sort_unstable();
            for step in times {
                window.add(NOW + step);
            }
        }
        for time in all {
            both.add(time);
        }
        left.merge(&right);
        prop_assert_eq!(left.sum(NOW + 9000), both.sum(NOW + 9000));
        prop_assert_eq!(left.highest(NOW + 9000), both.highest(NOW + 9000));
    }

    /// The sends beside a list of them.
    #[test]
    fn sends_are_found_by_id_by_number_and_when_due(
        steps in prop::collection::vec((0_u8..5, 0_i64..30, 0_i64..100), 1..200),
    ) {
        let mut volume = Volume::new(12, 16);
        let mut model: Vec<Send> = Vec::new();
        let mut next_id = 1;
        for (step, which, time) in steps {
            let mut book = volume.book();
            let digits = format!("6140100{:04}", which % 7);
            match step {
                0 | 1 => {
                    let entered = Send { scope: SCOPE, due_s: time, ..send(next_id, &digits) };
                    next_id += 1;
                    let removed = book.sends.enter(entered);
                    if model.len() == 12 {
                        let removed = removed.expect("it is full");
                        let first = model.iter().map(|it| it.due_s).min();
                        prop_assert_eq!(Some(removed.due_s), first);
                        model.retain(|it| it.id != removed.id);
                    }
                    model.push(entered);
                }
                2 => {
                    let expected = model.iter().find(|it| it.id == which).copied();
                    prop_assert_eq!(book.sends.take(SCOPE.owner, which), expected);
                    model.retain(|it| it.id != which);
                }
                3 => {
                    let number = hash(&digits);
                    let newest = model.iter().filter(|it| it.number == number).max_by_key(|it| it.id).copied();
                    prop_assert_eq!(book.sends.has_to(number, |_| true), newest.is_some());
                    let taken = book.sends.take_to(number, |_| true);
                    prop_assert_eq!(taken, newest);
                    model.retain(|it| Some(it.id) != taken.map(|it| it.id));
                }
                _ => {
                    while let Some(due) = book.sends.take_due(time) {
                        prop_assert!(due.due_s <= time);
                        model.retain(|it| it.id != due.id);
                    }
                    prop_assert!(model.iter().all(|it| it.due_s > time));
                }
            }
            prop_assert_eq!(book.sends.len(), model.len());
            prop_assert_eq!(book.sends.to_region(SCOPE, Region::default()), model.len() as u64);
        }
    }

    /// Nothing is lost and nothing counted twice: each send is verified, unverified, failed or open.
    #[test]
    fn every_send_counts_once(steps in prop::collection::vec((0_u8..4, 1_i64..60, 0_i64..120), 1..200)) {
        let mut volume = Volume::new(1024, 256);
        let (mut now_s, mut next_id, mut failed, mut settled_silently) = (NOW, 1, 0, 0);
        for (step, which, wait) in steps {
            now_s += wait;
            let mut book = volume.book();
            let before = book.sends.len();
            match step {
                0 | 1 => {
                    let digits = format!("61401{:06}", which * 7919 % 1_000_000);
                    let rules = Rules::default();
                    let attempt = Attempt { rules, ..attempt(next_id, &digits, "AU", 0, now_s) };
                    next_id += 1;
                    prop_assert!(book.reserve(&attempt, now_s).is_ok());
                }
                2 => {
                    book.settle(now_s);
                    let before = book.sends.len();
                    if book.report(SCOPE.owner, which, Outcome::Verified, now_s).is_some() {
                        settled_silently += before - book.sends.len() - 1;
                    }
                }
                _ => failed += usize::from(book.report(SCOPE.owner, which, Outcome::Failed, now_s).is_some()),
            }
            prop_assert!(before <= 1024);
        }
        let book = volume.book();
        let traffic = book.regions.iter().find(|slot| slot.name.scope == SCOPE).map(|slot| slot.value.traffic).unwrap_or_default();
        let counted = traffic.counts(now_s).day + traffic.unverified_counts(now_s).day;
        let sent = next_id as usize - 1;
        prop_assert_eq!(sent, counted as usize + failed + settled_silently + book.sends.len());
    }

    #[test]
    fn a_prefix_begins_what_it_is_cut_from(digits in "[0-9]{1,15}", length in 0_usize..16) {
        let prefix = Prefix::of_digits(&digits).expect("digits");
        prop_assert_eq!(prefix.digits(), digits.clone());
        let cut = prefix.first(length);
        prop_assert!(cut.begins(prefix));
        prop_assert_eq!(cut.digits(), &digits[..length.min(digits.len())]);
    }

    #[test]
    fn no_bytes_make_a_count_fail(bytes in prop::collection::vec(any::<u8>(), 0..800), now_s in any::<u32>()) {
        let now_s = i64::from(now_s);
        if let Some(mut traffic) = RegionTraffic::of_bytes(&bytes) {
            traffic.verified(now_s);
            let _ = traffic.is_stopped_until(now_s);
        }
        let mut whole = RegionTraffic::default().to_bytes();
        for (to, from) in whole.iter_mut().skip(1).zip(&bytes) {
            *to = *from;
        }
        if let Some(mut traffic) = RegionTraffic::of_bytes(&whole) {
            traffic.unverified(now_s);
            let _ = traffic.is_stopped_until(now_s);
            traffic.merge(&traffic.clone());
        }
    }
}
