//! Reads the tab-separated data files of the phone tests.
#![allow(dead_code, reason = "each test binary uses its own part")]

/// One answer of Google's libphonenumber.
pub struct Answer {
    pub input: String,
    /// `None` where the number was parsed without a default region.
    pub region: Option<&'static str>,
    /// `None` where parsing failed.
    pub e164: Option<&'static str>,
    pub valid: bool,
    pub possible: bool,
    /// In lower case, as this crate writes it; `unknown` where parsing failed.
    pub phone_type: String,
    /// How the input was made.
    pub made: &'static str,
}

/// Every answer in `phone_corpus.tsv`.
pub fn corpus() -> Vec<Answer> {
    records(include_str!("../data/phone_corpus.tsv"))
        .map(|fields| Answer {
            input: unescape(fields[0]),
            region: Some(fields[1]).filter(|region| *region != "ZZ"),
            e164: Some(fields[2]).filter(|e164| *e164 != "ERROR"),
            valid: fields[3] == "1",
            possible: fields[4] == "1",
            phone_type: match fields[5] {
                "" => String::from("unknown"),
                name => name.to_ascii_lowercase(),
            },
            made: fields[6],
        })
        .collect()
}

/// The records of a data file: what follows the line that names the columns.
pub fn records(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    file.lines()
        .skip_while(|line| !line.starts_with("#input\t"))
        .skip(1)
        .map(|line| line.split('\t').collect())
}

fn unescape(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let mut characters = field.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => match characters.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('\\') => '\\',
                other => panic!("unknown escape {other:?} in a data file"),
            },
            plain => plain,
        });
    }
    text
}
