//! Text inside HTML.

use std::borrow::Cow;

/// The text with `&`, `<`, `>`, `"` and `'` as character references, for the content of elements and for quoted attributes.
///
/// Source: OWASP Cross Site Scripting Prevention Cheat Sheet, output encoding for HTML contexts.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_becomes_text() {
        let cases = [
            ("", ""),
            ("Ann & Bob", "Ann &amp; Bob"),
            ("&amp;", "&amp;amp;"),
            (
                "<img src=x onerror='alert(1)'>",
                "&lt;img src=x onerror=&#39;alert(1)&#39;&gt;",
            ),
            ("a \"b\"", "a &quot;b&quot;"),
            ("naïve 電話", "naïve 電話"),
        ];
        for (text, expected) in cases {
            assert_eq!(escape(text), expected);
        }
    }

    proptest! {
        /// Nothing is left that begins or ends markup, and a browser reads the original.
        #[test]
        fn the_original_comes_back(text in "[&<>\"'a-z;#éА電]{0,40}") {
            let escaped = escape(&text);
            let has_markup = escaped.contains(['<', '>', '"', '\'']);
            prop_assert!(!has_markup);
            let read = escaped
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
            prop_assert_eq!(read, text);
        }
    }
}
