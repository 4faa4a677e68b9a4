//! Any text as a phone number: E.164, or refused; and its mask, which is always refused.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use phone_crypt_core::phone::{Regions, mask, normalize, split};

static REGIONS: LazyLock<[Regions; 3]> = LazyLock::new(|| {
    ["AU,US", "GB,IT,DE,BR", ""].map(|list| Regions::parse(list).expect("these regions exist"))
});

fuzz_target!(|input: &str| {
    for regions in REGIONS.iter() {
        if let Ok(number) = normalize(input, regions) {
            let number = number.as_str();
            let digits = number.strip_prefix('+').expect("E.164 begins with +");
            assert!(!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
            let again = normalize(number, regions).expect("E.164 is a phone number");
            assert_eq!(again.as_str(), number);
        }
        let masked = mask(input, regions);
        for star in ["*", "x", "X", ".", "\u{2022}"] {
            let masked = masked.replace('*', star);
            assert!(
                normalize(&masked, regions).is_err(),
                "a mask is a phone number"
            );
        }
        for piece in split(input, regions) {
            assert!(input.contains(&piece) && !piece.is_empty());
        }
    }
});
