//! Phone numbers in JSON documents.

use serde_json::Value;

use super::content::{Content, content};
use crate::phone::Regions;

/// Whether a text of a JSON document is a phone number; numbers without `+` are read in these regions. False for what is no
/// document. Its numbers, and the names of its members, are not looked at.
#[must_use]
pub fn has_phone(document: &[u8], regions: &Regions) -> bool {
    serde_json::from_slice(document).is_ok_and(|value| has(&value, regions))
}

fn has(value: &Value, regions: &Regions) -> bool {
    match value {
        Value::String(text) => content(text.as_bytes(), regions) == Content::Phone,
        Value::Array(values) => values.iter().any(|value| has(value, regions)),
        Value::Object(members) => members.values().any(|value| has(value, regions)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_wherever_it_is_in_the_document() {
        let regions = Regions::parse("AU,US").unwrap_or(Regions::none());
        for (document, has) in [
            (r#"{"phone": "0401 148 075"}"#, true),
            (r#"[{"contacts": [{"tel": "+1 (650) 253-0000"}]}]"#, true),
            (r#""+61401148075""#, true),
            (r#"{"note": "call 0401 148 075", "id": 401148075}"#, false),
            (r#"{"0401 148 075": 1}"#, false),
            (r#"{"phone": "0401 148 0"#, false),
            ("", false),
        ] {
            assert_eq!(has_phone(document.as_bytes(), &regions), has, "{document}");
        }
    }
}
