//! The headers of a request.
//!
//! Only those that a scheme asks for are looked at: what else a proxy adds cannot make a request malformed.

use serde_json::Value;

use super::outcome::Reason;

/// Bytes of the longest value that a scheme takes.
pub const MAX_HEADER_BYTES: usize = 8192;

/// The headers of a request, in the order given.
#[derive(Debug, Clone, Default)]
pub struct Headers<'a> {
    fields: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Headers<'a> {
    /// Headers from names and values; a header that was sent more than once has its name in several pairs.
    #[must_use]
    pub fn from_pairs(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Headers<'a> {
        let fields = pairs.into_iter().map(|(name, value)| (name, Some(value)));
        Headers {
            fields: fields.collect(),
        }
    }

    /// As [`Headers::from_pairs`]; None stands for a value that is no text: the request is malformed where a scheme asks
    /// for that header.
    #[must_use]
    pub fn from_fields(
        fields: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Headers<'a> {
        Headers {
            fields: fields.into_iter().collect(),
        }
    }

    /// Headers from a JSON object: a name has a string, or an array of strings if it was sent more than once. A null
    /// stands for a header that was not sent. None for anything but an object.
    #[must_use]
    pub fn from_json(json: &'a Value) -> Option<Headers<'a>> {
        let mut fields = Vec::new();
        for (name, value) in json.as_object()? {
            match value {
                Value::Null => {}
                Value::Array(values) => {
                    fields.extend(values.iter().map(|value| (name.as_str(), value.as_str())));
                }
                value => fields.push((name.as_str(), value.as_str())),
            }
        }
        Some(Headers { fields })
    }

    /// Every value of a header, whatever the case of its name.
    ///
    /// Malformed: two spellings of the name, as no HTTP library hands them on; a value that is no text, has a control
    /// character, or is too long.
    pub(super) fn all(&self, name: &str) -> Result<Vec<&'a str>, Reason> {
        let mut spelling = None;
        let mut values = Vec::new();
        let named = self
            .fields
            .iter()
            .filter(|field| field.0.eq_ignore_ascii_case(name));
        for (spelled, value) in named {
            if *spelling.get_or_insert(*spelled) != *spelled {
                return Err(Reason::Malformed);
            }
            values.push(
                value
                    .filter(|value| is_value(value))
                    .ok_or(Reason::Malformed)?,
            );
        }
        Ok(values)
    }

    /// The value of a header that can be there once at most. Sent twice it is malformed, even with one value.
    pub(super) fn at_most_one(&self, name: &str) -> Result<Option<&'a str>, Reason> {
        match self.all(name)?.as_slice() {
            [] => Ok(None),
            [value] => Ok(Some(*value)),
            _ => Err(Reason::Malformed),
        }
    }

    /// The value of a header that must be there once, such as an id or a time.
    pub(super) fn one(&self, name: &str) -> Result<&'a str, Reason> {
        self.at_most_one(name)?.ok_or(Reason::Malformed)
    }

    /// The values of the header with the signature; without any, or with empty ones only, there is no signature.
    pub(super) fn signatures(&self, name: &str) -> Result<Vec<&'a str>, Reason> {
        let mut values = self.all(name)?;
        values.retain(|value| !value.is_empty());
        if values.is_empty() {
            Err(Reason::NoSignature)
        } else {
            Ok(values)
        }
    }
}

/// RFC 9110 §5.5 without obsolete line folding: no control character but the tab.
fn is_value(value: &str) -> bool {
    value.len() <= MAX_HEADER_BYTES
        && value
            .bytes()
            .all(|byte| byte == b'\t' || !byte.is_ascii_control())
}
