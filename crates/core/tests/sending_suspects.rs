//! Ranges of numbers that are pumped: found without being told their length, by hand-made clocks.

mod sending_support;

use phone_crypt_core::sending::observed::{
    Attempt, Cause, ClientTraffic, Outcome, Prefix, Region, RegionTraffic, Rules, Scope, Send,
};
use sending_support::{Volume, send};

const SCOPE: Scope = Scope { owner: 7, space: 1 };
const NOW: i64 = 1_800_000_000;
const GRACE: i64 = 600;
const HOUR: i64 = 3600;

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

/// Sends to these numbers that nobody verifies.
fn pump(volume: &mut Volume, numbers: impl Iterator<Item = String>, first_id: i64, now_s: i64) {
    for (id, digits) in (first_id..).zip(numbers) {
        let attempt = Attempt {
            rules: Rules::default(),
            ..attempt(id, &digits, "AU", 0, now_s)
        };
        assert_eq!(cause(volume, &attempt, now_s), None);
    }
}

fn suspects(volume: &mut Volume, now_s: i64) -> Vec<String> {
    let mut book = volume.book();
    // Some at a time.
    for second in 0..100 {
        book.settle(now_s + second);
    }
    let live = book.suspects.iter().filter(|it| it.is_live(now_s));
    let mut found: Vec<String> = live.map(|it| it.prefix.digits()).collect();
    found.sort();
    found
}

/// Numbers all over a range, in an order of no meaning.
fn spread(prefix: &'static str, length: usize, count: u64) -> impl Iterator<Item = String> {
    let rest = length - prefix.len();
    (1..=count).map(move |index| {
        let number = index.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 10_u64.pow(rest as u32);
        format!("{prefix}{number:0rest$}")
    })
}

#[test]
fn a_pumped_range_is_found_without_being_told_its_length() {
    for (range, count) in [
        ("2519", 300),
        ("25191", 300),
        ("251911", 300),
        ("2519112", 200),
        ("251911234", 60),
    ] {
        let mut volume = Volume::new(4096, 16_384);
        pump(&mut volume, spread(range, 12, count), 1, NOW);
        assert_eq!(suspects(&mut volume, NOW + GRACE), vec![range], "{range}");
    }
}

#[test]
fn two_ranges_are_found_as_two() {
    let mut volume = Volume::new(4096, 16_384);
    pump(&mut volume, spread("2519112", 12, 200), 1, NOW);
    pump(&mut volume, spread("2519441", 12, 200), 1001, NOW);
    assert_eq!(
        suspects(&mut volume, NOW + GRACE),
        vec!["2519112", "2519441"]
    );
}

#[test]
fn a_range_in_which_people_verify_is_none() {
    let mut volume = Volume::new(4096, 16_384);
    pump(&mut volume, spread("614", 11, 400), 1, NOW);
    for id in 1..=400 {
        if id % 4 != 0 {
            let _ = volume
                .book()
                .report(SCOPE.owner, id, Outcome::Verified, NOW);
        }
    }
    assert_eq!(suspects(&mut volume, NOW + GRACE), Vec::<String>::new());
    // Within it, one that is pumped.
    pump(&mut volume, spread("6148812", 11, 300), 1001, NOW);
    assert_eq!(suspects(&mut volume, NOW + GRACE), vec!["6148812"]);
}

#[test]
fn a_range_is_listed_from_twenty_numbers_on_without_their_last_three_digits() {
    let mut volume = Volume::new(4096, 16_384);
    let few = (0..400).map(|index| format!("61488123{:03}", index % 19));
    pump(&mut volume, few, 1, NOW);
    assert_eq!(suspects(&mut volume, NOW + GRACE), Vec::<String>::new());
    let more = (0..100).map(|index| format!("61488123{index:03}"));
    pump(&mut volume, more, 1001, NOW);
    assert_eq!(suspects(&mut volume, NOW + GRACE), vec!["61488123"]);
}

#[test]
fn a_listed_range_is_refused_for_an_hour_and_told_of_once() {
    let mut volume = Volume::new(4096, 16_384);
    pump(&mut volume, spread("2519112", 12, 100), 1, NOW);
    let found_at = NOW + GRACE;
    assert_eq!(suspects(&mut volume, found_at), vec!["2519112"]);
    let rules = Rules {
        blocks_suspects: true,
        ..Rules::default()
    };
    let to = |digits: &str, now_s| Attempt {
        rules,
        ..attempt(5000, digits, "ET", 0, now_s)
    };
    let inside = to("251911299999", found_at + 200);
    let refused = volume
        .book()
        .reserve(&inside, found_at + 200)
        .expect_err("listed");
    assert_eq!(refused.cause, Cause::Suspect);
    assert!((HOUR..HOUR + 100).contains(&(refused.until_s - found_at)));
    let outside = to("251911399999", found_at + 200);
    assert_eq!(cause(&mut volume, &outside, found_at + 200), None);
    let warned = Attempt {
        rules: Rules::default(),
        ..inside
    };
    let admitted = volume.book().reserve(&warned, found_at + 200);
    assert!(admitted.expect("no rule refuses").is_suspect);
    let mut book = volume.book();
    assert_eq!(book.news(9, found_at + 200).len(), 0);
    let news = book.news(SCOPE.owner, found_at + 200);
    assert_eq!(news.len(), 1);
    // As long as nobody is told, it is news.
    assert_eq!(book.news(SCOPE.owner, found_at + 201), news);
    book.are_told(&news);
    assert_eq!(book.news(SCOPE.owner, found_at + 201).len(), 0);
    let end = refused.until_s + 2 * GRACE;
    let after = to("251911299998", end + HOUR);
    assert_eq!(cause(&mut volume, &after, end + HOUR), None);
}

#[test]
fn bytes_that_are_no_traffic_are_none() {
    let mut region = RegionTraffic::default();
    region.verified(NOW);
    region.unverified(NOW);
    let bytes = region.to_bytes();
    assert_eq!(RegionTraffic::of_bytes(&bytes), Some(region));
    assert_eq!(RegionTraffic::of_bytes(&bytes[1..]), None);
    assert_eq!(RegionTraffic::of_bytes(&[&bytes[..], &[0]].concat()), None);
    assert_eq!(RegionTraffic::of_bytes(&[]), None);
    let mut client = ClientTraffic::default();
    client.visits.enter(Region::of("AU"), NOW);
    client.verified(Region::of("AU"), NOW);
    let bytes = client.to_bytes();
    assert_eq!(ClientTraffic::of_bytes(&bytes), Some(client));
    assert_eq!(ClientTraffic::of_bytes(&bytes[..bytes.len() - 1]), None);
}

#[test]
fn a_prefix_is_the_digits_that_it_was_made_of() {
    assert_eq!(Prefix::of_number("61401148075").digits(), "61401148");
    assert_eq!(Prefix::of_number("6a401148075"), Prefix::default());
    assert_eq!(Prefix::of_number("12"), Prefix::default());
    assert_eq!(Prefix::of_number("1234567890123456"), Prefix::default());
    let prefix = Prefix::of_digits("0123456789").expect("digits");
    assert_eq!(prefix.first(4).digits(), "0123");
    assert!(prefix.first(4).begins(prefix) && !prefix.begins(prefix.first(4)));
    assert_eq!(Prefix::of_digits("12").expect("digits").parts().count(), 10);
}
