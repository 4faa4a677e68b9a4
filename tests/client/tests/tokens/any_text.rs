//! Whatever a client sends is answered, never an error.

use phone_crypt_client_tests::Sequence;

use crate::shared::{SERVER, create, reason};

#[test]
fn any_text_is_malformed_or_unknown() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    let token = create(&mut client, "valid").text;
    let mut numbers = Sequence::new(11);
    for round in 0..2_000 {
        let mut text: Vec<char> = token.chars().collect();
        // Some characters of a valid one become others, are doubled, or go.
        for _ in 0..=numbers.below(4) {
            let place = numbers.below(text.len() as i32) as usize;
            match numbers.below(4) {
                0 => text[place] = char::from_u32(numbers.below(0x11_0000) as u32).unwrap_or('_'),
                1 => text.insert(place, '_'),
                2 => text.truncate(place + 1),
                _ => text[place] = char::from(33 + numbers.below(94) as u8),
            }
        }
        let text: String = text.into_iter().filter(|c| *c != '\0').collect();
        if text != token {
            let answer = reason(&mut client, &text);
            assert!(
                ["malformed", "unknown"].contains(&answer.as_str()),
                "round {round}: {answer}"
            );
        }
    }
    for length in [0, 1, 1_000, 10_000_000] {
        assert_eq!(reason(&mut client, &"é".repeat(length)), "malformed");
    }
}
