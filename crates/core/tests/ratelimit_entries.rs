//! What is kept of a key beyond its count: blocks, violations, refunds; hits that only watch, and hits all or none.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod entries_support;
#[allow(unused_imports)]
mod ratelimit_support;

use entries_support::{BEGIN_US, Case, for_each_moment};
use phone_crypt_core::ratelimit::{
    Algorithm, Entry, Limit, Part, Penalties, Quota, QuotaError, Reason, Verdict, Violations, hit,
    hit_all, look, more_after_us,
};
use ratelimit_support::Sequence;

#[test]
fn whoever_is_denied_is_denied_until_the_time_told_and_not_a_microsecond_longer() {
    let (mut limited, mut blocked, mut never) = (0, 0, 0);
    for_each_moment(400, Case::any, |case, sequence| {
        let cost = 1 + sequence.below(4);
        let verdict = case.hit(cost);
        if verdict.decision.allowed {
            assert_eq!(
                (verdict.reason, verdict.decision.retry_after_us),
                (Reason::Ok, None)
            );
            return;
        }
        limited += u32::from(verdict.reason == Reason::Limited);
        blocked += u32::from(verdict.reason == Reason::Blocked);
        let Some(retry_us) = verdict.decision.retry_after_us else {
            assert!(cost > case.capacity());
            for later_us in [0, 1, 10_000, 1_000_000] {
                let later = case.look_at(case.now_us + later_us, cost).decision;
                assert_eq!((later.allowed, later.retry_after_us), (false, None));
            }
            never += 1;
            return;
        };
        assert!(cost <= case.capacity());
        for early_us in 0..retry_us {
            let early = case.look_at(case.now_us + early_us, cost).decision;
            assert!(!early.allowed);
            assert_eq!(early.retry_after_us, Some(retry_us - early_us));
        }
        assert!(
            case.look_at(case.now_us + retry_us, cost).decision.allowed,
            "{case:?} {verdict:?}"
        );
        let then = hit(&case.entry, case.now_us + retry_us, &case.limit(), cost).unwrap();
        assert!(then.1.decision.allowed);
    });
    assert!(limited > 500 && blocked > 500 && never > 500);
}

#[test]
fn the_quota_is_whole_when_it_says_and_not_before() {
    for_each_moment(400, Case::any, |case, _| {
        let decision = case.look_at(case.now_us, 1).decision;
        let whole_us = case.now_us + decision.reset_after_us;
        let then = case.look_at(whole_us, 1).decision;
        assert_eq!(
            (then.remaining, then.reset_after_us),
            (case.capacity(), 0),
            "{case:?}"
        );
        for early_us in 1..=decision.reset_after_us.min(50) {
            let early = case.look_at(whole_us - early_us, 1).decision;
            assert_eq!(early.reset_after_us, early_us);
        }
    });
}

#[test]
fn a_hit_on_a_blocked_key_counts_nothing() {
    let mut denied = 0;
    for_each_moment(400, Case::any, |case, sequence| {
        let block_us = 1 + sequence.below(1_500);
        case.entry = case.entry.blocked(case.now_us + block_us);
        let block_us = case.entry.blocked_until_us - case.now_us;
        for now_us in [0, block_us / 2, block_us - 1].map(|after_us| case.now_us + after_us) {
            let (kept, verdict) = hit(&case.entry, now_us, &case.limit(), 1).unwrap();
            assert_eq!(kept, None);
            assert_eq!(verdict.reason, Reason::Blocked);
            assert_eq!(verdict.decision.remaining, 0);
            assert_eq!(look(&case.entry, now_us, &case.limit(), 1), Ok(verdict));
            let over_us = case.entry.blocked_until_us - now_us;
            assert!(verdict.decision.reset_after_us >= over_us);
        }
        let end_us = case.entry.blocked_until_us;
        let then = hit(&case.entry, end_us, &case.limit(), 1).unwrap().1;
        assert_ne!(then.reason, Reason::Blocked);
        denied += u32::from(!then.decision.allowed);
    });
    assert!(denied > 100, "an end of a block need not be a quota");
}

#[test]
fn the_longer_of_two_blocks_stays_and_lifting_it_forgets_nothing_else() {
    for_each_moment(100, Case::any, |case, sequence| {
        let before = case.entry.blocked_until_us;
        let until_us = case.now_us - 500 + sequence.below(2_000);
        let blocked = case.entry.blocked(until_us);
        assert_eq!(blocked.blocked_until_us, before.max(until_us));
        let lifted = blocked.unblocked(case.now_us);
        assert_eq!(lifted.is_some(), blocked.blocked_until_us > case.now_us);
        if let Some(lifted) = lifted {
            let expected = Entry {
                blocked_until_us: 0,
                ..case.entry
            };
            assert_eq!(lifted, expected);
            assert_eq!(lifted.unblocked(case.now_us), None);
        }
    });
}

#[test]
fn a_look_differs_from_the_hit_by_what_the_hit_consumes() {
    for_each_moment(1_000, Case::any, |case, sequence| {
        let cost = 1 + sequence.below(3);
        let foretold = case.look_at(case.now_us, cost);
        let before = case.clone();
        let verdict = case.hit(cost);
        assert_eq!(foretold.decision.allowed, verdict.decision.allowed);
        assert_eq!(foretold.decision.limit, verdict.decision.limit);
        assert_eq!(foretold.reason, verdict.reason);
        let (look, hit) = (foretold.decision, verdict.decision);
        if hit.allowed {
            assert_eq!(look.remaining, hit.remaining + cost);
            assert!(look.reset_after_us <= hit.reset_after_us || !before.is_own());
        } else if case.entry == before.entry {
            assert_eq!(foretold, verdict);
        } else {
            assert!(before.count_denied || before.penalties != Penalties::NONE);
            assert!(look.remaining >= hit.remaining);
            assert!(look.retry_after_us <= hit.retry_after_us || !before.is_own());
        }
    });
}

/// The n-th violation in a row, and when its block ends: from nothing but when the violations were.
fn oracle_of_violations(blocks_us: &[i64], times_us: &[i64]) -> (i64, i64) {
    let longest_us = *blocks_us.iter().max().unwrap();
    let block_us = |count: i64| blocks_us[(count as usize).min(blocks_us.len()) - 1];
    let (mut count, mut blocked_us) = (0, i64::MIN);
    for &time_us in times_us {
        if time_us >= blocked_us.saturating_add(longest_us) {
            count = 0;
        }
        count += 1;
        blocked_us = time_us + block_us(count);
    }
    (count, blocked_us)
}

#[test]
fn each_violation_in_a_row_brings_its_block_until_a_quiet_time() {
    let (mut most, mut decays) = (0, 0);
    for seed in 0..2_000 {
        let mut sequence = Sequence::new(seed);
        let blocks_us: Vec<i64> = (0..1 + sequence.below(4))
            .map(|_| 1 + sequence.below(900))
            .collect();
        let longest_us = *blocks_us.iter().max().unwrap();
        let mut case = Case {
            quota: Quota::new(0, 1_000, None).unwrap(),
            penalties: Penalties::new(blocks_us.clone()).unwrap(),
            ..Case::plain(&mut sequence)
        };
        let mut times_us = Vec::new();
        for _ in 0..12 {
            let verdict = case.hit(1);
            assert_eq!(verdict.reason, Reason::Limited);
            times_us.push(case.now_us);
            let (count, blocked_us) = oracle_of_violations(&blocks_us, &times_us);
            decays += u32::from(count == 1 && times_us.len() > 1);
            most = most.max(count);
            let expected = Violations {
                count,
                last_us: case.now_us,
            };
            assert_eq!(case.entry.violations, expected);
            assert_eq!(case.entry.blocked_until_us, blocked_us);
            assert_eq!(case.entry.violations_until_us, blocked_us + longest_us);
            assert_eq!(case.look_at(blocked_us - 1, 1).reason, Reason::Blocked);
            assert_eq!(case.look_at(blocked_us, 1).reason, Reason::Limited);
            let quiet_us = match sequence.below(4) {
                0 => longest_us - 1,
                1 => longest_us,
                _ => sequence.below(longest_us * 3 / 2 + 1),
            };
            case.now_us = blocked_us + quiet_us;
        }
    }
    assert!(most > 5 && decays > 100);
}

#[test]
fn violations_are_forgotten_at_their_time_and_not_before() {
    for_each_moment(2_000, Case::any, |case, _| {
        let forgotten_us = case.entry.violations_until_us;
        let count = case.entry.violations.count;
        if count == 0 || forgotten_us <= case.now_us {
            return;
        }
        let nothing_allowed = Limit {
            quota: Quota::new(0, case.quota.window_us(), None).unwrap(),
            ..case.limit()
        };
        let unblocked = Entry {
            blocked_until_us: 0,
            ..case.entry
        };
        let violated = |now_us| hit(&unblocked, now_us, &nothing_allowed, 1).unwrap().0;
        let count_at = |now_us| violated(now_us).unwrap().violations.count;
        assert_eq!(count_at(forgotten_us - 1), count + 1);
        assert_eq!(count_at(forgotten_us), 1);
    });
}

#[test]
fn an_entry_that_is_over_is_as_if_there_had_never_been_one_and_not_before() {
    let mut over = 0;
    for_each_moment(1_000, Case::any, |case, sequence| {
        let expires_us = case.entry.expires_us();
        if expires_us <= case.now_us || expires_us == i64::MAX {
            return;
        }
        let nothing = case
            .entry
            .state
            .is_none_or(|it| it.used(expires_us - 1) == 0)
            && case.entry.blocked_until_us < expires_us
            && case.entry.violations_until_us < expires_us;
        assert!(!nothing || case.quota.limit() == 0, "{case:?}");
        let mut then = Case {
            now_us: expires_us + sequence.below(3),
            ..case.clone()
        };
        let mut anew = Case {
            entry: Entry::EMPTY,
            ..then.clone()
        };
        for _ in 0..4 {
            let cost = 1 + sequence.below(3);
            assert_eq!(then.hit(cost), anew.hit(cost), "{case:?}");
        }
        over += 1;
    });
    assert!(over > 5_000);
}

#[test]
fn without_penalties_a_denial_is_forgotten_at_once_unless_denials_count() {
    let mut denials = 0;
    for_each_moment(400, Case::plain, |case, sequence| {
        let before = case.entry;
        let verdict = case.hit(1 + sequence.below(4));
        if !verdict.decision.allowed {
            assert_eq!(case.entry, before);
            denials += 1;
        }
        assert_eq!(case.entry.violations, Violations::default());
    });
    assert!(denials > 1_000);
}

#[test]
fn denied_hits_that_count_use_quota_as_if_they_had_been_allowed() {
    let mut denials = 0;
    let any = |sequence: &mut Sequence| Case {
        count_denied: true,
        ..Case::plain(sequence)
    };
    for_each_moment(400, any, |case, sequence| {
        let is_blocked = case.entry.blocked_until_us > case.now_us;
        if is_blocked || !case.is_own() {
            return;
        }
        let used = case.used();
        let cost = 1 + sequence.below(4);
        let verdict = case.hit(cost);
        let expected = match case.algorithm {
            Algorithm::TokenBucket if case.capacity() == 0 => 0,
            Algorithm::TokenBucket => {
                let farthest = used.max(2 * case.capacity());
                (used + cost).min(farthest)
            }
            _ => used + cost,
        };
        assert_eq!(case.used(), expected, "{case:?}");
        denials += u32::from(!verdict.decision.allowed);
    });
    assert!(denials > 1_000);
}

#[test]
fn whoever_stops_hammering_a_bucket_waits_no_longer_for_having_hammered_longer() {
    let waits_us = [10, 1_000].map(|hits| {
        let mut case = Case {
            algorithm: Algorithm::TokenBucket,
            quota: Quota::new(5, 5_000, None).unwrap(),
            count_denied: true,
            ..Case::plain(&mut Sequence::new(1))
        };
        let verdicts = (0..hits).map(|_| case.hit(1)).collect::<Vec<Verdict>>();
        verdicts.last().unwrap().decision.retry_after_us
    });
    assert_eq!(waits_us, [Some(6_000); 2]);
}

#[test]
fn a_refund_gives_back_what_was_used_and_never_more() {
    let mut refunds = 0;
    for_each_moment(1_000, Case::plain, |case, sequence| {
        let (before, used) = (case.clone(), case.used());
        let back = 1 + sequence.below(3);
        let Some(refunded) = case.entry.refunded(case.now_us, back) else {
            assert_eq!(used, 0);
            return;
        };
        assert!(used > 0);
        case.entry = refunded;
        assert!((0..=used).contains(&case.used()));
        if case.is_own() {
            assert!(case.remaining() <= (before.remaining() + back).min(case.capacity()));
        }
        let rest = Entry {
            state: before.entry.state,
            ..refunded
        };
        assert_eq!(rest, before.entry, "blocks and violations stay");
        refunds += 1;
        *case = before;
    });
    assert!(refunds > 1_000);
}

#[test]
fn a_hit_that_is_given_back_at_once_was_never_made() {
    let mut refunds = 0;
    for_each_moment(1_000, Case::plain, |case, sequence| {
        let cost = 1 + sequence.below(3);
        let before = case.remaining();
        if case.hit(cost).decision.allowed {
            assert_eq!(case.remaining() + cost, before);
            case.entry = case.entry.refunded(case.now_us, cost).unwrap();
            assert_eq!(case.remaining(), before, "{case:?}");
            refunds += 1;
        }
    });
    assert!(refunds > 1_000);
}

#[test]
fn a_policy_that_only_watches_lets_through_and_says_so() {
    for_each_moment(200, Case::any, |case, _| {
        let verdict = case.look_at(case.now_us, 2);
        let shown = verdict.in_shadow();
        assert!(shown.decision.allowed);
        assert_eq!(shown.decision.retry_after_us, None);
        assert_eq!(shown.decision.remaining, verdict.decision.remaining);
        assert_eq!(
            shown.decision.reset_after_us,
            verdict.decision.reset_after_us
        );
        match verdict.decision.allowed {
            true => assert_eq!(shown, verdict),
            false => assert_eq!(shown.reason, Reason::Shadow),
        }
    });
    let listed = [Verdict::allow_listed(7), Verdict::deny_listed(7)];
    assert_eq!(
        listed.map(|it| (it.reason, it.decision.allowed)),
        [(Reason::Ok, true), (Reason::Denylist, false)]
    );
    assert_eq!(listed.map(|it| it.decision.remaining), [7, 0]);
    assert_eq!(listed[1].in_shadow().reason, Reason::Shadow);
}

/// Several keys at one moment.
fn any_cases(sequence: &mut Sequence) -> Vec<Case> {
    let mut cases: Vec<Case> = (0..1 + sequence.below(5))
        .map(|_| Case::any(sequence))
        .collect();
    for case in &mut cases {
        for _ in 0..sequence.below(20) {
            case.live(sequence);
        }
    }
    let now_us = cases.iter().map(|case| case.now_us).max().unwrap();
    for case in &mut cases {
        case.now_us = now_us;
    }
    cases
}

#[test]
fn several_limits_are_consumed_together_or_not_at_all() {
    let (mut passed, mut failed, mut watched) = (0, 0, 0);
    let mut answers = Vec::new();
    for seed in 0..5_000 {
        let mut sequence = Sequence::new(seed);
        let cases = any_cases(&mut sequence);
        let costs: Vec<i64> = cases.iter().map(|_| 1 + sequence.below(3)).collect();
        let watching: Vec<bool> = cases.iter().map(|_| sequence.below(4) == 0).collect();
        let now_us = cases[0].now_us;
        let entries: Vec<Entry> = cases.iter().map(|case| case.entry).collect();
        let limits: Vec<Limit<'_>> = cases.iter().map(Case::limit).collect();
        let part = |index: usize| Part {
            limit: &limits[index],
            cost: costs[index],
            only_watches: watching[index],
        };
        let parts: Vec<Part<'_>> = (0..cases.len()).map(part).collect();
        hit_all(&entries, now_us, &parts, &mut answers).unwrap();
        assert_eq!(answers.len(), cases.len());
        let is_denied = |index: usize| !answers[index].1.decision.allowed;
        let fails = (0..cases.len()).any(|index| is_denied(index) && !watching[index]);
        for (index, case) in cases.iter().enumerate() {
            let alone = hit(&case.entry, now_us, &case.limit(), costs[index]).unwrap();
            match fails && alone.1.decision.allowed {
                true => assert_eq!(answers[index], (None, case.look_at(now_us, costs[index]))),
                false => assert_eq!(answers[index], alone),
            }
            watched += u32::from(is_denied(index) && !fails);
        }
        passed += u32::from(!fails);
        failed += u32::from(fails && (0..cases.len()).any(|index| !is_denied(index)));
    }
    assert!(passed > 500 && failed > 500 && watched > 100);
}

#[test]
fn a_cost_below_one_is_refused_by_all() {
    let case = Case::any(&mut Sequence::new(3));
    for cost in [0, -1, i64::MIN] {
        let refused = QuotaError::Cost;
        assert_eq!(
            hit(&case.entry, BEGIN_US, &case.limit(), cost),
            Err(refused)
        );
        assert_eq!(
            look(&case.entry, BEGIN_US, &case.limit(), cost),
            Err(refused)
        );
        let part = Part {
            limit: &case.limit(),
            cost,
            only_watches: true,
        };
        let answer = hit_all(&[case.entry], BEGIN_US, &[part], &mut Vec::new());
        assert_eq!(answer, Err(refused));
        let blocked = case.entry.blocked(i64::MAX);
        assert_eq!(hit(&blocked, BEGIN_US, &case.limit(), cost), Err(refused));
    }
}

#[test]
fn more_is_allowed_exactly_when_it_says() {
    let (mut growing, mut settled) = (0, 0);
    for_each_moment(400, Case::any, |case, _| {
        let remaining_at = |now_us| {
            let unblocked = Case {
                entry: Entry {
                    blocked_until_us: 0,
                    ..case.entry
                },
                ..case.clone()
            };
            unblocked.look_at(now_us, 1).decision.remaining
        };
        let state = case.entry.state.as_ref();
        let now = remaining_at(case.now_us);
        let Some(after_us) = more_after_us(state, case.now_us, case.algorithm, &case.quota) else {
            for later_us in [1, 100, 10_000, 1_000_000] {
                assert_eq!(remaining_at(case.now_us + later_us), now, "{case:?}");
            }
            settled += 1;
            return;
        };
        for early_us in 0..after_us {
            assert_eq!(remaining_at(case.now_us + early_us), now);
        }
        assert!(remaining_at(case.now_us + after_us) > now, "{case:?}");
        growing += 1;
    });
    assert!(growing > 1_000 && settled > 1_000);
}
