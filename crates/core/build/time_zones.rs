//! The time zones that numbers with certain first digits are in.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

/// Rust source of a struct of three tables: names, sets of them, and the set of each prefix.
pub fn table() -> Result<String, Box<dyn Error>> {
    let path = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("data/time_zones.tsv");
    println!("cargo::rerun-if-changed={}", path.display());
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut sets: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut prefixes: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let text = fs::read_to_string(path)?;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (prefix, zones) = line.split_once('\t').ok_or("a line without a tab")?;
        let zones: Vec<String> = zones.split(' ').map(str::to_owned).collect();
        // A prefix is known by its number alone: none begins with 0.
        if prefix.starts_with('0') || prefixes.insert(prefix.parse()?, zones.clone()).is_some() {
            return Err(format!("prefix {prefix} is odd, or stands twice").into());
        }
        names.extend(zones.iter().map(|zone| (zone.clone(), 0)));
        sets.insert(zones, 0);
    }
    number(names.values_mut());
    number(sets.values_mut());
    let set_names: Vec<Vec<usize>> = sets
        .keys()
        .map(|set| set.iter().map(|name| names[name]).collect())
        .collect();
    let prefix_sets: Vec<(u32, usize)> = prefixes
        .iter()
        .map(|(prefix, zones)| (*prefix, sets[zones]))
        .collect();
    let names: Vec<&String> = names.keys().collect();
    let sets: Vec<String> = set_names.iter().map(|set| format!("&{set:?}")).collect();
    Ok(format!(
        "Tables {{ names: &{names:?}, sets: &[{}], prefixes: &{prefix_sets:?} }}",
        sets.join(", ")
    ))
}

fn number<'a>(values: impl Iterator<Item = &'a mut usize>) {
    for (index, value) in values.enumerate() {
        *value = index;
    }
}
