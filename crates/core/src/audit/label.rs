//! Which names go into a record. A log that holds personal data cannot be erased from without breaking it, and names are
//! free text: an application's name, a role, a table. One that may hold a number, a hash, a token or a key is left out.

/// The most bytes of a name.
pub const MAX_LABEL: usize = 64;
/// So many digits in a row, whatever separates them, may be a phone number.
const NUMBER: usize = 7;
/// So many letters and digits in a row may be a token, a hash or a key, where both occur in them.
const SECRET: usize = 20;

/// The name, if it may be recorded: printable ASCII of the characters that names are made of, short, with nothing in it that
/// looks like a number or a secret.
#[must_use]
pub fn label(name: &str) -> Option<&str> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" _.-:/()[]".contains(&byte);
    let is_short = !name.is_empty() && name.len() <= MAX_LABEL;
    let is_plain = name.bytes().all(is_allowed);
    (is_short && is_plain && !may_be_number(name) && !may_be_secret(name)).then_some(name)
}

/// Digits that only separators stand between.
fn may_be_number(name: &str) -> bool {
    let mut row = 0;
    name.bytes().any(|byte| {
        row = match byte {
            b'0'..=b'9' => row + 1,
            byte if byte.is_ascii_alphabetic() => 0,
            _ => row,
        };
        row >= NUMBER
    })
}

fn may_be_secret(name: &str) -> bool {
    let mut words = name.split(|it: char| !it.is_ascii_alphanumeric());
    words.any(|word| {
        let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
        let has_letter = word.bytes().any(|byte| byte.is_ascii_alphabetic());
        // Words of a language have vowels and no digits; forty letters in a row are no word.
        word.len() >= SECRET && has_digit && has_letter || word.len() >= 2 * SECRET
    })
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn names_of_programs_roles_and_tables_are_recorded() {
        for name in [
            "psql",
            "PostgreSQL JDBC Driver",
            "app/1.2.3",
            "pg_dump: customers",
            "public.customers",
            "orders_2026_11",
            "Microsoft Windows [Version 10]",
        ] {
            assert_eq!(label(name), Some(name));
        }
    }

    #[test]
    fn what_may_be_a_number_or_a_secret_is_not() {
        for name in [
            "",
            "61401148075",
            "app 0401 148 075",
            "sms-0401-148-075",
            "(02) 5550 1234",
            "+61401148075",
            "0401_148_075",
            "caller 5550123",
            "bob@example.com",
            "naïve",
            "a\nb",
            "pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe",
            "5ba54c2fcde7fb8fd93694a06518b42f1b9d80fc48e3c0c72b38cd847e4b6ee2",
            "5ba54c2fcde7fb8fd93694a06518b42f",
            "correcthorsebatterystaplecorrecthorsebatterystaple",
        ] {
            assert_eq!(label(name), None, "{name}");
        }
        assert!(label(&"ab ".repeat(30)).is_none());
    }
}
