//! The thresholds beside the scenarios that operators have published: five of ordinary traffic, five of attacks.

use phone_crypt_core::sending::{ClientCounts, RegionCounts, Thresholds};

struct Scenario {
    name: &'static str,
    highest_day: u64,
    day: u64,
    hour: u64,
    attack: bool,
    expected: Thresholds,
}

const fn row(
    name: &'static str,
    (highest_day, day, hour): (u64, u64, u64),
    attack: bool,
    (by_day, by_hour): (u64, u64),
) -> Scenario {
    Scenario {
        name,
        highest_day,
        day,
        hour,
        attack,
        expected: Thresholds {
            day: by_day,
            hour: by_hour,
        },
    }
}

/// Verified: on the busiest of 14 days, in the last day, in its busiest hour.
const SCENARIOS: [Scenario; 10] = [
    row("launch", (0, 300, 300), false, (60, 60)),
    row("normal", (1_000, 1_000, 200), false, (200, 40)),
    row("spike", (1_000, 2_000, 400), false, (400, 80)),
    row("attack on a quiet day", (1_000, 500, 100), true, (200, 33)),
    row(
        "attack during a spike",
        (1_000, 2_000, 400),
        true,
        (400, 80),
    ),
    row("small: launch", (0, 10, 10), false, (20, 3)),
    row("small: normal", (15, 15, 5), false, (20, 3)),
    row("small: spike", (15, 30, 10), false, (20, 3)),
    row("small: attack on a quiet day", (15, 7, 2), true, (20, 3)),
    row("small: attack during a spike", (15, 30, 10), true, (20, 3)),
];

/// Of ordinary traffic, one in ten codes is never verified.
fn left_by_honest(verified: u64) -> u64 {
    verified / 9
}

#[test]
fn each_scenario_has_its_thresholds_and_outcome() {
    for scenario in &SCENARIOS {
        let counts = RegionCounts {
            highest_day: scenario.highest_day,
            day: scenario.day,
            hour: scenario.hour,
        };
        let thresholds = counts.thresholds();
        assert_eq!(thresholds, scenario.expected, "{}", scenario.name);
        let honest = (left_by_honest(scenario.day), left_by_honest(scenario.hour));
        // Of the busiest hour, even a half may be under way.
        assert!(
            counts.may_be_under_way() > scenario.hour / 2,
            "{}",
            scenario.name
        );
        assert!(thresholds.allows_by_day(honest.0), "{}", scenario.name);
        assert!(thresholds.allows_by_hour(honest.1), "{}", scenario.name);
        if scenario.attack {
            // The attack's codes come on top, and none is verified: both rules end it, each for itself, and let no more
            // through than the threshold.
            let by_day = (honest.0..).find(|sent| !thresholds.allows_by_day(*sent));
            let by_hour = (honest.1..).find(|sent| !thresholds.allows_by_hour(*sent));
            assert_eq!(by_day, Some(scenario.expected.day), "{}", scenario.name);
            assert_eq!(by_hour, Some(scenario.expected.hour), "{}", scenario.name);
        }
    }
}

#[test]
fn a_client_has_thresholds_of_its_own() {
    let of = |day| ClientCounts { day }.thresholds();
    assert_eq!(of(0), Thresholds { day: 10, hour: 5 });
    assert_eq!(of(50), Thresholds { day: 10, hour: 5 });
    assert_eq!(of(1_000), Thresholds { day: 200, hour: 33 });
}

#[test]
fn as_many_may_be_under_way_as_the_traffic_shows() {
    let of = |highest_day, day, hour| {
        let counts = RegionCounts {
            highest_day,
            day,
            hour,
        };
        counts.may_be_under_way()
    };
    assert_eq!(of(0, 0, 0), 100);
    assert_eq!(of(400, 500, 99), 100);
    assert_eq!(of(0, 300, 300), 300);
    assert_eq!(of(1_000, 500, 100), 200);
    assert_eq!(of(1_000, 2_000, 150), 400);
}

#[test]
fn no_count_overflows() {
    let counts = RegionCounts {
        highest_day: u64::MAX,
        day: u64::MAX,
        hour: u64::MAX,
    };
    assert_eq!(counts.thresholds().day, u64::MAX / 5);
}
