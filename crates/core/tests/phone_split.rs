//! A text that holds several numbers comes apart into its pieces, as they are written.
#![allow(clippy::unwrap_used)]

use phone_crypt_core::phone::{Regions, split};

fn regions() -> Regions {
    Regions::parse("AU,US").unwrap()
}

#[test]
fn two_numbers_can_be_split() {
    for (text, pieces) in [
        ("0401148075;0401148076", vec!["0401148075", "0401148076"]),
        (
            " Tel 0401 148 075 x12 / (02) 9876 5432 or +1 650 253 0000\n",
            vec!["Tel 0401 148 075 x12", "(02) 9876 5432", "+1 650 253 0000"],
        ),
        (
            "0401\u{a0}148\u{a0}075\u{ff1b}\u{ff10}401148076",
            vec!["0401\u{a0}148\u{a0}075", "\u{ff10}401148076"],
        ),
        ("0401148075+61401148076", vec!["0401148075", "+61401148076"]),
        (
            "0401148075 (home) 0298765432 (work)",
            vec!["0401148075 (home)", "0298765432 (work)"],
        ),
        ("0401148075, 1234", vec!["0401148075, 1234"]),
        ("0401148075", vec!["0401148075"]),
        (" ask for Bob ", vec!["ask for Bob"]),
        ("", vec![]),
        (" \t", vec![]),
        (
            "wa.me/61401148075?text=or,0401148076",
            vec!["wa.me/61401148075?text=or,0401148076"],
        ),
    ] {
        assert_eq!(split(text, &regions()), pieces, "{text}");
    }
    let many = vec!["0401 148 075"; 100];
    assert_eq!(split(&many.join("; "), &regions()), many);
    assert_eq!(split(&"1;".repeat(500_000), &regions()).len(), 1);
}
