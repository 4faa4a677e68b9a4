//! The headers, read back by an independent parser of structured fields (RFC 9651).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use phone_crypt_core::ratelimit::{HeaderFacts, HeaderName, HeaderNameError, headers};
use proptest::prelude::*;
use sfv::{BareItem, List, ListEntry, Parser, StringRef};

const SECOND: i64 = 1_000_000;
const MAX_SF_INTEGER: i64 = 999_999_999_999_999;

fn name(name: &str) -> HeaderName<'_> {
    HeaderName::parse(name).unwrap()
}

/// 50 of 100 hits a minute used, half a minute ago.
fn half_used() -> HeaderFacts<'static> {
    HeaderFacts {
        name: name("name"),
        limit: 100,
        window_us: 60 * SECOND,
        remaining: 50,
        reset_after_us: 30 * SECOND,
        more_after_us: Some(30 * SECOND),
        retry_after_us: None,
        denied: false,
        now_us: 1_700_000_000 * SECOND,
    }
}

fn denied(retry_after_us: Option<i64>) -> HeaderFacts<'static> {
    HeaderFacts {
        remaining: 0,
        denied: true,
        retry_after_us,
        ..half_used()
    }
}

fn value(facts: &HeaderFacts<'_>, wanted: &str) -> Option<String> {
    let mut found = headers(facts)
        .into_iter()
        .filter(|(name, _)| *name == wanted);
    let value = found.next().map(|(_, value)| value);
    assert_eq!(found.next(), None, "each header is there once");
    value
}

#[test]
fn a_half_used_quota() {
    let expected = [
        ("RateLimit-Policy", r#""name";q=100;w=60"#),
        ("RateLimit", r#""name";r=50;t=30"#),
        ("X-RateLimit-Limit", "100"),
        ("X-RateLimit-Remaining", "50"),
        ("X-RateLimit-Reset", "1700000030"),
    ];
    assert_eq!(
        headers(&half_used()),
        expected.map(|(name, value)| (name, value.to_owned()))
    );
}

#[test]
fn a_whole_quota_has_no_effective_window() {
    let facts = HeaderFacts {
        remaining: 100,
        reset_after_us: 0,
        more_after_us: None,
        ..half_used()
    };
    assert_eq!(value(&facts, "RateLimit").unwrap(), r#""name";r=100"#);
    assert_eq!(value(&facts, "X-RateLimit-Reset").unwrap(), "1700000000");
}

#[test]
fn seconds_are_rounded_up() {
    for (us, seconds) in [
        (1, "1"),
        (SECOND, "1"),
        (SECOND + 1, "2"),
        (59_999_999, "60"),
    ] {
        let facts = HeaderFacts {
            window_us: us,
            reset_after_us: us,
            more_after_us: Some(us),
            now_us: 0,
            ..half_used()
        };
        let (policy, limit) = (
            value(&facts, "RateLimit-Policy"),
            value(&facts, "RateLimit"),
        );
        assert_eq!(policy.unwrap(), format!(r#""name";q=100;w={seconds}"#));
        assert_eq!(limit.unwrap(), format!(r#""name";r=50;t={seconds}"#));
        assert_eq!(value(&facts, "X-RateLimit-Reset").unwrap(), seconds);
        let retry_after = value(&denied(Some(us)), "Retry-After");
        assert_eq!(retry_after.unwrap(), seconds);
    }
}

#[test]
fn the_reset_is_rounded_up_once_not_in_its_parts() {
    let facts = HeaderFacts {
        now_us: 600_000,
        reset_after_us: 400_000,
        ..half_used()
    };
    assert_eq!(value(&facts, "X-RateLimit-Reset").unwrap(), "1");
}

#[test]
fn retry_after_is_at_least_a_second() {
    assert_eq!(value(&denied(Some(0)), "Retry-After").unwrap(), "1");
}

#[test]
fn retry_after_is_only_for_a_denied_hit_that_passes_one_day() {
    assert_eq!(value(&denied(None), "Retry-After"), None);
    let allowed = HeaderFacts {
        retry_after_us: Some(SECOND),
        ..half_used()
    };
    assert_eq!(value(&allowed, "Retry-After"), None);
}

#[test]
fn the_effective_window_ends_no_later_than_retry_after() {
    let facts = denied(Some(10 * SECOND));
    assert_eq!(value(&facts, "Retry-After").unwrap(), "10");
    assert_eq!(value(&facts, "RateLimit").unwrap(), r#""name";r=0;t=10"#);
}

#[test]
fn who_is_denied_for_good_has_nothing_to_wait_for() {
    assert_eq!(value(&denied(None), "RateLimit").unwrap(), r#""name";r=0"#);
}

#[test]
fn quotes_and_backslashes_are_escaped() {
    let facts = HeaderFacts {
        name: name(r#"a"b\c\""#),
        ..half_used()
    };
    let escaped = r#""a\"b\\c\\\"";r=50;t=30"#;
    assert_eq!(value(&facts, "RateLimit").unwrap(), escaped);
}

#[test]
fn a_name_that_could_end_a_header_or_is_no_ascii_is_refused() {
    for bad in [
        "",
        "a\r\nSet-Cookie: b",
        "a\nb",
        "a\rb",
        "a\0b",
        "\t",
        "\x7f",
        "\u{85}",
        "\u{2028}",
        "é",
        "\u{560d}\u{560a}",
    ] {
        assert_eq!(HeaderName::parse(bad), Err(HeaderNameError), "{bad:?}");
    }
}

#[test]
fn a_name_has_at_most_1024_characters() {
    assert!(HeaderName::parse(&"a".repeat(1024)).is_ok());
    assert_eq!(HeaderName::parse(&"a".repeat(1025)), Err(HeaderNameError));
}

#[test]
fn the_error_does_not_repeat_the_name() {
    let error = HeaderName::parse("secret\n").unwrap_err();
    assert!(!error.to_string().contains("secret"));
}

/// The one member of a list: its text, and its parameters, all of them integers.
fn read_item(field: &str) -> (String, Vec<(String, i64)>) {
    let list: List = Parser::new(field).parse().expect("a structured field");
    let [ListEntry::Item(item)] = list.as_slice() else {
        panic!("one item");
    };
    let integer = |value: &BareItem| i64::from(value.as_integer().expect("an integer"));
    let parameters = item.params.iter();
    (
        item.bare_item.as_string().expect("a string").to_string(),
        parameters
            .map(|(key, value)| (key.to_string(), integer(value)))
            .collect(),
    )
}

fn rounded_up(us: i64) -> i64 {
    let us = i128::from(us.max(0));
    i64::try_from((us + 999_999) / 1_000_000).unwrap()
}

fn any_number() -> impl Strategy<Value = i64> {
    let edges = prop::sample::select(vec![i64::MIN, -1, 0, 1, SECOND, i64::MAX - 1, i64::MAX]);
    prop_oneof![any::<i64>(), 0..200 * SECOND, edges]
}

prop_compose! {
    /// Any facts at all, likely or not; the name is put in by the test.
    fn any_facts()(
        numbers in prop::array::uniform5(any_number()),
        more_after_us in prop::option::of(any_number()),
        retry_after_us in prop::option::of(any_number()),
        denied: bool,
    ) -> HeaderFacts<'static> {
        let [limit, window_us, remaining, reset_after_us, now_us] = numbers;
        HeaderFacts {
            name: name("name"),
            limit, window_us, remaining, reset_after_us, more_after_us, retry_after_us, denied, now_us,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn both_fields_read_back_as_what_went_in(facts in any_facts(), text in "[ -~]{1,40}") {
        let facts = HeaderFacts { name: name(&text), ..facts };
        let (policy_name, policy) = read_item(&value(&facts, "RateLimit-Policy").unwrap());
        prop_assert_eq!(policy_name, &*text);
        prop_assert_eq!(policy, vec![
            ("q".to_owned(), facts.limit.clamp(0, MAX_SF_INTEGER)),
            ("w".to_owned(), rounded_up(facts.window_us).max(1)),
        ]);

        let (limit_name, limit) = read_item(&value(&facts, "RateLimit").unwrap());
        prop_assert_eq!(limit_name, &*text);
        let remaining = facts.remaining.clamp(0, MAX_SF_INTEGER);
        prop_assert_eq!(&limit[0], &("r".to_owned(), remaining));
        match facts.more_after_us.map(rounded_up) {
            Some(more_after) if !facts.denied =>
                prop_assert_eq!(&limit[1..], &[("t".to_owned(), more_after)]),
            Some(more_after) if facts.retry_after_us.is_some() => {
                let retry_after = value(&facts, "Retry-After").unwrap().parse().unwrap();
                prop_assert_eq!(&limit[1..], &[("t".to_owned(), more_after.min(retry_after))]);
            }
            _ => prop_assert_eq!(limit.len(), 1),
        }
    }

    #[test]
    fn the_other_headers_are_plain_numbers(facts in any_facts()) {
        let reset_us = facts.now_us.saturating_add(facts.reset_after_us.max(0));
        let reset = value(&facts, "X-RateLimit-Reset").unwrap();
        prop_assert_eq!(reset, rounded_up(reset_us).to_string());
        for (name, value) in headers(&facts) {
            if !name.starts_with("RateLimit") {
                prop_assert!(!value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()));
            }
        }
        let retry_after = value(&facts, "Retry-After").map(|value| value.parse().unwrap());
        let expected = facts.retry_after_us.filter(|_| facts.denied);
        prop_assert_eq!(retry_after, expected.map(|us| rounded_up(us).max(1)));
    }

    #[test]
    fn a_name_is_taken_if_a_structured_string_can_hold_it(text in "(?s).{1,12}|[ -~]{1,12}[\\x00-\\x1f\\x7f]?") {
        prop_assert_eq!(HeaderName::parse(&text).is_ok(), StringRef::from_str(&text).is_ok());
    }

    #[test]
    fn no_header_ever_holds_a_line_break(facts in any_facts(), text in "(?s).{0,12}|[\\r\\n -~]{0,12}") {
        if let Ok(name) = HeaderName::parse(&text) {
            for (_, value) in headers(&HeaderFacts { name, ..facts }) {
                prop_assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            }
        }
    }
}
