//! Other forms of a number under which its subscriber may have been stored.
#![allow(clippy::unwrap_used, clippy::panic)]

use phone_crypt_core::phone::{PhoneError, Regions, equivalents, equivalents_of, normalize};

fn forms_of(input: &str) -> Vec<String> {
    equivalents_of(input, &Regions::parse("AU,US").unwrap())
        .unwrap()
        .iter()
        .map(|number| String::from(number.as_str()))
        .collect()
}

#[test]
fn a_number_comes_before_its_other_form() {
    for (number, other) in [
        ("+525512345678", "+5215512345678"),
        ("+5491123456789", "+541123456789"),
        ("+541123456789", "+5491123456789"),
        ("+5511987654321", "+551187654321"),
        ("+551187654321", "+5511987654321"),
        ("+551177654321", "+5511977654321"),
        ("+2290197123456", "+22997123456"),
        ("+22997123456", "+2290197123456"),
        ("+2250707123456", "+22507123456"),
        ("+2250504123456", "+22504123456"),
        ("+2250101123456", "+22501123456"),
        ("+2252720234567", "+22520234567"),
        ("+2252520034567", "+22520034567"),
        ("+2252120834567", "+22520834567"),
    ] {
        assert_eq!(forms_of(number), [number, other]);
    }
}

#[test]
fn a_former_number_that_is_too_short_today_has_its_present_form() {
    for (input, forms) in [
        ("+225 07 12 34 56", ["+22507123456", "+2250707123456"]),
        ("+225 45 12 34 56", ["+22545123456", "+2250545123456"]),
        ("+225 20 23 45 67", ["+22520234567", "+2252720234567"]),
    ] {
        assert_eq!(forms_of(input), forms);
    }
    let regions = Regions::parse("AU,US").unwrap();
    for input in ["07 12 34 56", "+1 253 0000", "+225 07 12 34", "ask for Bob"] {
        let refused = equivalents_of(input, &regions);
        assert_eq!(refused, Err(PhoneError::NotAPhoneNumber), "{input}");
    }
}

#[test]
fn what_no_change_of_plan_concerned_stands_alone() {
    for number in [
        "+61401148075",
        "+14011480751",
        // Free for the caller.
        "+528001234567",
        "+548001234567",
        "+558001234567",
        // Fixed lines in Brazil.
        "+551123456789",
        // A mobile that had no eight digits before.
        "+5511912345678",
        // Under the prefix of another operator than the former number's.
        "+2250704123456",
        // Possible, and assigned to nobody.
        "+521551234567",
    ] {
        let found = normalize(number, &Regions::none()).unwrap();
        assert_eq!(found.as_str(), number);
        assert_eq!(equivalents(found), [found], "{number}");
    }
}

#[test]
fn the_other_form_has_the_number_as_its_other_form() {
    for number in ["+541123456789", "+551187654321", "+22997123456"] {
        let forms = forms_of(number);
        let back = forms_of(&forms[1]);
        assert_eq!([&forms[1], &forms[0]], [&back[0], &back[1]]);
    }
}
