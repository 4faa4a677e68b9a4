//! Links to a number: WhatsApp's addresses and `wa.me`, and SIP.

/// What a text is, as a link.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::phone) enum Link {
    /// A link to this number, in international form.
    Number(String),
    /// A link to something else, such as a group, a mailbox or another host.
    Other,
    /// No link.
    No,
}

/// Where WhatsApp's addresses of single people are.
const PEOPLE: [&str; 2] = ["s.whatsapp.net", "c.us"];

/// The lengths of a number with its calling code.
const LENGTHS: std::ops::RangeInclusive<usize> = 7..=15;

/// What `text` links to. A label may stand before the link.
pub(in crate::phone) fn read(text: &str) -> Link {
    if !may_be_link(text.as_bytes()) {
        return Link::No;
    }
    let is_frame = |character: char| character.is_whitespace() || "<>\"'()".contains(character);
    let text = text.trim_matches(is_frame).to_ascii_lowercase();
    let number = if let Some(user) = after_label(&text, &["sips:", "sip:"]) {
        if !user.contains('@') && user.starts_with('+') {
            return Link::No;
        }
        sip(user)
    } else if let Some(path) = after_label(&text, &["https://wa.me/", "http://wa.me/", "wa.me/"]) {
        wa_me(path)
    } else if is_link(&text) {
        address(&text)
    } else {
        return Link::No;
    };
    match number.filter(|digits| LENGTHS.contains(&digits.len())) {
        Some(digits) => Link::Number(format!("+{digits}")),
        None => Link::Other,
    }
}

/// A cheap look, since hardly any text is a link: whether it has an `@`, a slash after a letter,
/// two slashes, or what `sip:` and `sips:` end in.
fn may_be_link(text: &[u8]) -> bool {
    text.windows(2).any(|bytes| match bytes {
        [_, b'@'] | [b'/', b'/'] => true,
        [before, b'/'] => before.is_ascii_alphabetic(),
        [before, b':'] => matches!(before, b'p' | b'P' | b's' | b'S'),
        _ => false,
    })
}

/// What follows the first of `beginnings` that `text` has, with nothing but a label before it.
fn after_label<'a>(text: &'a str, beginnings: &[&str]) -> Option<&'a str> {
    let (label, rest) = beginnings
        .iter()
        .find_map(|beginning| text.split_once(beginning))?;
    let is_apart = !label.ends_with(|last: char| last.is_alphanumeric() || "./-@".contains(last));
    (is_apart && is_label(label)).then_some(rest)
}

fn is_label(text: &str) -> bool {
    !text.contains(|character: char| character.is_numeric() || "+@/".contains(character))
}

/// `+…@host`, with visual separators and parameters.
fn sip(user: &str) -> Option<String> {
    let (user, host) = user.split_once('@')?;
    let is_host = host.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[');
    let number = user.split(';').next()?.strip_prefix('+')?;
    let digits = number.replace(['-', '.', '(', ')'], "");
    (is_host && !host.contains(char::is_whitespace) && is_digits(&digits)).then_some(digits)
}

/// The number of `wa.me/…`, with or without a message.
fn wa_me(path: &str) -> Option<String> {
    let (number, message) = path.split_once('?').unwrap_or((path, "text="));
    let number = number.strip_suffix('/').unwrap_or(number);
    let digits = number.strip_prefix('+').unwrap_or(number);
    let is_message = message.starts_with("text=") && !message.contains(['\n', '\t']);
    (is_message && !message.contains("wa.me/") && is_digits(digits)).then(|| digits.to_owned())
}

/// The number of an address such as `61401148075:2@s.whatsapp.net`, whatever the device.
fn address(text: &str) -> Option<String> {
    let (user, host) = text.rsplit_once('@')?;
    let (label, user) = user.rsplit_once(char::is_whitespace).unwrap_or(("", user));
    let user = user.strip_prefix('+').unwrap_or(user);
    let (user, device) = user.split_once(':').unwrap_or((user, "0"));
    let (digits, agent) = user.split_once('.').unwrap_or((user, "0"));
    let is_person = PEOPLE.contains(&host) && is_label(label);
    (is_person && [digits, agent, device].into_iter().all(is_digits)).then(|| digits.to_owned())
}

/// Whether `text` has a scheme, an address or a host with a path in it.
fn is_link(text: &str) -> bool {
    let is_telephone = text.starts_with("tel://");
    text.contains("://") && !is_telephone || has_address(text) || has_host(text)
}

fn has_address(text: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
    text.as_bytes().windows(3).any(|bytes| match bytes {
        [before, b'@', after] => is_word(before) && is_word(after),
        _ => false,
    })
}

/// Whether something like `example.com/` is in `text`.
fn has_host(text: &str) -> bool {
    text.match_indices('/').any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let rest = before.trim_end_matches(|last: char| last.is_ascii_lowercase());
        let is_domain = before.len() >= rest.len() + 2;
        let name = rest.strip_suffix('.').unwrap_or_default();
        is_domain && name.ends_with(|last: char| last.is_ascii_alphanumeric())
    })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Link, read};

    #[test]
    fn links_to_a_number_are_that_number() {
        for text in [
            "61401148075@s.whatsapp.net",
            "61401148075@C.US",
            "61401148075:12@s.whatsapp.net",
            "61401148075.0:12@s.whatsapp.net",
            "WhatsApp: 61401148075@c.us",
            "sip:+61401148075@example.com",
            "sips:+61-401-148-075;user=phone@example.com:5061;transport=tls",
            "\"Max\" <sip:+61401148075@[2001:db8::1]>",
            "https://wa.me/61401148075",
            "WhatsApp https://wa.me/61401148075?text=Hello, 12 o'clock",
            "wa.me/+61401148075/",
        ] {
            assert_eq!(
                read(text),
                Link::Number("+61401148075".to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn links_to_anything_else_are_not() {
        for text in [
            "61401148075-1401234567@g.us",
            "61401148075@g.us",
            "61401148075@lid",
            "max61401148075@c.us",
            "61401148075@c.us.example.com",
            "61401148075@example.com",
            "0298765432 61401148075@c.us",
            "max@example.com 0401148075",
            "sip:61401148075@example.com",
            "sip:0401148075@example.com",
            "sip:max@example.com",
            "sip:+61401148075@",
            "https://wa.me/message/61401148075",
            "https://wa.me/61401148075?phone=61401148076",
            "https://wa.me/61401148075?text=wa.me/61401148076",
            "https://evil.example/wa.me/61401148075",
            "https://wa.me.example/61401148075",
            "https://t.me/+61401148075",
            "t.me/61401148075",
            "whatsapp://send?phone=61401148075",
        ] {
            assert_eq!(read(text), Link::Other, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_links() {
        for text in [
            "0401 148 075",
            "Tel./Fax 0401",
            "tel://0401148075",
            "sip:+61401148075",
            "call me @ 0401148075",
            "0401/148075",
        ] {
            assert_eq!(read(text), Link::No, "{text}");
        }
    }
}
