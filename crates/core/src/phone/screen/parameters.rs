//! The parameters of RFC 3966: `tel:7042;phone-context=+1-650-253`, `;isub=`.

use std::borrow::Cow;

const CONTEXT: &str = ";phone-context=";
const SUBADDRESS: &str = ";isub=";
const EXTENSION: &str = "ext=";
const TELEPHONE: &str = "tel:";

/// `text` with the context before the number and without what is no part of it; `None` where it
/// is not what the RFC allows, so that digits would be lost.
pub(in crate::phone) fn apply(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(';') {
        return Some(Cow::Borrowed(text));
    }
    let Some((number, context)) = text.split_once(CONTEXT) else {
        return without_subaddress(text);
    };
    let number = match number.split_once(TELEPHONE) {
        Some((label, number)) if !has_digit(label) => number,
        Some(_) => return None,
        None => number,
    };
    let (context, parameters) = context.split_once(';').unwrap_or((context, ""));
    let number = without_subaddress(number)?;
    let extension = extension(parameters)?;
    if context.starts_with('+') && is_number(context) {
        Some(format!("{context}{number}{extension}").into())
    } else {
        is_domain(context).then(|| format!("{number}{extension}").into())
    }
}

/// Whether what follows a semicolon is a parameter, and so no second number.
pub(super) fn is_parameter(text: &str) -> bool {
    let name = text.trim_start_matches(|character: char| {
        character.is_ascii_alphanumeric() || character == '-'
    });
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && name.starts_with('=')
}

/// A subaddress tells the devices on one line apart; it ends the number.
fn without_subaddress(text: &str) -> Option<Cow<'_, str>> {
    match text.split_once(SUBADDRESS) {
        None => Some(text.into()),
        Some((number, rest)) => {
            let (address, parameters) = rest.split_once(';').unwrap_or((rest, ""));
            let is_address = !address.contains([' ', ',', '/', '|', '&', '+', '\n', '\t']);
            let extension = extension(parameters)?;
            is_address.then(|| format!("{number}{extension}").into())
        }
    }
}

/// The extension among `parameters`, as one; `None` where not all of them are parameters.
fn extension(parameters: &str) -> Option<String> {
    let mut found = String::new();
    for parameter in parameters
        .split(';')
        .filter(|parameter| !parameter.is_empty())
    {
        if !is_parameter(parameter) || parameter.starts_with("phone-context") {
            return None;
        }
        if let Some(digits) = parameter.strip_prefix(EXTENSION) {
            found = format!(";{EXTENSION}{digits}");
        }
    }
    Some(found)
}

fn has_digit(text: &str) -> bool {
    text.contains(|character: char| character.is_numeric() || character == '+')
}

fn is_number(context: &str) -> bool {
    let is_of_number = |character: char| character.is_ascii_digit() || "+-.()".contains(character);
    context.chars().all(is_of_number)
}

/// A domain's last part begins with a letter.
fn is_domain(context: &str) -> bool {
    let name = context.strip_suffix('.').unwrap_or(context);
    let is_part = |part: &str| {
        let is_of_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !part.is_empty() && part.bytes().all(is_of_part)
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.split('.').all(is_part) && last.starts_with(|first: char| first.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::{apply, is_parameter};

    #[test]
    fn the_context_comes_before_the_number() {
        for (text, number) in [
            ("tel:03-331-6005;phone-context=+64", "+6403-331-6005"),
            ("Tel: tel:3316005;phone-context=+64-3", "+64-33316005"),
            ("3316005;phone-context=example.com", "3316005"),
            ("tel:1;ext=2;phone-context=+61", "+611;ext=2"),
            ("tel:1;phone-context=+61;ext=2;a=%A1", "+611;ext=2"),
            ("tel:+61401148075;isub=12;ext=3", "tel:+61401148075;ext=3"),
            ("0401148075", "0401148075"),
        ] {
            assert_eq!(apply(text).as_deref(), Some(number));
        }
    }

    #[test]
    fn nothing_that_may_be_a_number_is_left_out() {
        for text in [
            "0298765432 tel:3316005;phone-context=+64",
            "tel:3316005;phone-context=+64;0298765432",
            "tel:3316005;phone-context=+64;phone-context=+65",
            "tel:3316005;phone-context=",
            "tel:3316005;phone-context=1.2",
            "0401148075;isub=1, 0401148076",
            "0401148075;isub=1;0401148076",
        ] {
            assert_eq!(apply(text), None, "{text}");
        }
        assert!(is_parameter("ext=12") && !is_parameter("0401") && !is_parameter("or 1=2"));
    }
}
