//! Windows of a calendar.

use phone_crypt_client_tests::{Hits, Sequence, Sql};
use postgres::Client;
use std::time::Duration;

use crate::shared::engines;

const UNITS: [&str; 4] = ["hour", "day", "week", "month"];

/// Whole and half hours off, summer time in both halves of the year, at midnight, by half an hour, with a day left out, and
/// none.
const ZONES: [&str; 14] = [
    "UTC",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Africa/Casablanca",
    "Pacific/Apia",
];

/// A window is all the times for which `date_trunc(unit, time, zone)` is the same, and no other.
#[test]
fn windows_are_those_of_date_trunc() {
    let mut client = engines()[0].1.session();
    client.run("SET timezone = 'UTC'");
    let mut sequence = Sequence::new(1);
    for zone in ZONES {
        for unit in UNITS {
            let seed = f64::from(sequence.below(1000)) / 1000.0;
            let wrong = format!(
                "SELECT setseed({seed});
                 WITH t AS MATERIALIZED (SELECT timestamptz '2005-01-01' + random() * interval '30 years' AS time
                                           FROM generate_series(1, 60)
                                          UNION ALL
                                         -- Around midnights, where clocks are changed.
                                         SELECT date_trunc('day', timestamptz '2005-01-01' + n * interval '1 day', '{zone}')
                                                + (random() - 0.5) * interval '4 hours'
                                           FROM generate_series(1, 10950, 17) AS n),
                      w AS (SELECT time, starts, ends, next_ends, interval '1 us' AS us,
                                   date_trunc('{unit}', time, '{zone}') AS label
                              FROM t, phone_crypt.calendar_windows('{unit}', '{zone}', time))
                 SELECT time, starts, ends FROM w
                  WHERE NOT (starts <= time AND time < ends AND ends < next_ends
                             AND date_trunc('{unit}', starts, '{zone}') = label
                             AND date_trunc('{unit}', starts - us, '{zone}') <> label
                             AND date_trunc('{unit}', ends - us, '{zone}') = label
                             AND date_trunc('{unit}', ends, '{zone}') <> label
                             AND date_trunc('{unit}', ends, '{zone}') = date_trunc('{unit}', next_ends - us, '{zone}')
                             AND date_trunc('{unit}', ends, '{zone}') <> date_trunc('{unit}', next_ends, '{zone}'))"
            );
            let (seed, wrong) = wrong.split_once(';').expect("two statements");
            client.run(seed);
            assert_eq!(client.rows(wrong), [""; 0], "{unit} in {zone}");
        }
    }
}

/// How long a day is on which the clocks are changed.
#[test]
fn a_day_has_23_or_25_hours_where_the_clocks_are_changed() {
    let mut client = engines()[0].1.session();
    let length = |zone: &str, time: &str| {
        format!(
            "SELECT extract(epoch FROM ends - starts)::int / 60
               FROM phone_crypt.calendar_windows('day', '{zone}', '{time}')"
        )
    };
    for (zone, time, minutes) in [
        ("Australia/Sydney", "2026-10-04 12:00+11", 23 * 60),
        ("Australia/Sydney", "2027-04-04 12:00+10", 25 * 60),
        ("Australia/Sydney", "2027-04-05 12:00+10", 24 * 60),
        ("Australia/Lord_Howe", "2026-10-04 12:00+11", 23 * 60 + 30),
        ("Australia/Lord_Howe", "2027-04-04 12:00+11", 24 * 60 + 30),
        ("Asia/Kolkata", "2026-10-04 12:00+05:30", 24 * 60),
    ] {
        assert_eq!(client.number(&length(zone, time)), minutes, "{zone} {time}");
    }
}

fn reset_is_at_the_end(client: &mut Client, unit: &str, zone: &str) {
    let off = format!(
        "SELECT abs(extract(epoch FROM clock_timestamp() + h.reset_after - w.ends)) < 5
           FROM phone_crypt.calendar_windows('{unit}', '{zone}', now()) AS w, ratelimit_peek_policy('{unit}', 'k') AS h"
    );
    assert_eq!(client.rows(&off), ["t"], "{unit} in {zone}");
}

#[test]
fn a_policy_counts_in_the_windows_of_its_zone() {
    for (engine, server) in engines() {
        let mut client = server.session();
        for (unit, zone) in UNITS.into_iter().zip([
            "Asia/Kolkata",
            "Australia/Sydney",
            "UTC",
            "America/New_York",
        ]) {
            client.run(&format!(
                "SELECT ratelimit_policy_set('{unit}', 3, calendar => '{unit}', time_zone => '{zone}')"
            ));
            for remaining in [2, 1, 0] {
                assert_eq!(
                    client.check(unit, "k").remaining,
                    remaining,
                    "{unit} in {engine}"
                );
            }
            let denied = client.check(unit, "k");
            assert!(!denied.allowed && denied.retry_after == Some(denied.reset_after));
            assert!(denied.reset_after <= Duration::from_secs(31 * 86_400 + 3600));
            reset_is_at_the_end(&mut client, unit, zone);
        }
        let live = "SELECT DISTINCT algorithm, used FROM phone_crypt.ratelimit_status";
        assert_eq!(client.rows(live), ["calendar|3"], "{engine}");
        client.run("SELECT ratelimit_refund('k', 2, 'month'), ratelimit_flush()");
        assert_eq!(client.check("month", "k").remaining, 1);
    }
}

/// The quota is whole at midnight. A row that says it was counted yesterday stands for a day that passed.
#[test]
fn yesterdays_hits_do_not_count_today() {
    for (engine, server) in engines() {
        let mut client = server.session();
        client.run(
            "SELECT ratelimit_policy_set('day', 3, calendar => 'day', time_zone => 'Australia/Sydney', durable => true);
             SELECT FROM ratelimit_check('day', 'k', 3)",
        );
        assert!(!client.check("day", "k").allowed, "{engine}");
        client.run(
            "UPDATE phone_crypt.rate_limits SET start_us = start_us - 86400000000::bigint, expires_us = start_us,
                    updated_at = updated_at - interval '1 day' WHERE kind = 1",
        );
        let answer = client.check("day", "k");
        assert_eq!((answer.allowed, answer.remaining), (true, 2), "{engine}");
    }
}

#[test]
fn what_is_used_stays_used_when_a_policy_goes_over_to_a_calendar() {
    for (engine, server) in engines() {
        let mut client = server.session();
        client.run("SELECT ratelimit_policy_set('p', 5, '1 day')");
        client.check("p", "k");
        client.check("p", "k");
        for zone in ["Australia/Sydney", "America/New_York"] {
            client.run(&format!(
                "SELECT ratelimit_policy_set('p', 5, calendar => 'month', time_zone => '{zone}')"
            ));
            let peeked = client.rows("SELECT remaining FROM ratelimit_peek_policy('p', 'k')");
            assert_eq!(peeked, ["3"], "{zone} in {engine}");
        }
    }
}

#[test]
fn what_is_no_calendar_is_refused() {
    let mut client = engines()[0].1.session();
    for (arguments, sqlstate) in [
        ("calendar => 'year', time_zone => 'UTC'", "22023"),
        (
            "calendar => 'day', time_zone => 'Australia/Sidney'",
            "22023",
        ),
        ("calendar => 'day', time_zone => ''", "22023"),
        ("calendar => 'day'", "22004"),
        ("time_zone => 'UTC'", "22023"),
        ("\"window\" => '1 day', time_zone => 'UTC'", "22023"),
        (
            "\"window\" => '1 day', calendar => 'day', time_zone => 'UTC'",
            "22023",
        ),
        (
            "algorithm => 'token_bucket', calendar => 'day', time_zone => 'UTC'",
            "22023",
        ),
        ("burst => 3, calendar => 'day', time_zone => 'UTC'", "22023"),
        (
            "algorithm => 'calendar', calendar => 'day', time_zone => 'UTC'",
            "22023",
        ),
    ] {
        let refusal = client.refusal(
            &format!("SELECT ratelimit_policy_set('p', 3, {arguments})"),
            &[],
        );
        assert_eq!(refusal.sqlstate, sqlstate, "{arguments}: {refusal:?}");
    }
    client.run("SELECT ratelimit_policy_set('p', 3, calendar => 'day', time_zone => 'UTC')");
    let window = "SELECT ratelimit_policy_override('p', 'k', 9, '1 hour')";
    assert_eq!(client.refusal(window, &[]).sqlstate, "22023");
    client.run("SELECT ratelimit_policy_override('p', 'k', 9)");
    assert_eq!(client.check("p", "k").remaining, 8);
}
