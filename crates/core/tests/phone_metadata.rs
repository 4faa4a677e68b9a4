//! Which metadata is built in: the version that is shown cannot be older than what is read.
#![allow(clippy::unwrap_used)]

use phone_crypt_core::phone::METADATA_VERSION;
use prost::Message;
use rlibphonenumber::interfaces::AsOriginal;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneMetadata};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::Command;

/// Of every region's numbering plan, as the parser's crate has it. Whoever changes it changes
/// `METADATA_VERSION` as well, and looks at what moved: docs/development.md, "New metadata".
const PLANS: &str = "9c38bbdc72e8f97b17fe7864936a7a8eb0b41a4d9ce64751442e9c66e1db3962";

#[test]
fn the_version_is_the_one_that_the_crates_readme_names() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|package| package["name"] == "rlibphonenumber")
        .unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let readme = manifest.with_file_name("Readme.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let line = readme
        .lines()
        .find(|line| line.contains("Used metadata version"))
        .unwrap();
    assert!(
        line.contains(&format!("`v{METADATA_VERSION}`")),
        "METADATA_VERSION is {METADATA_VERSION}, the crate says: {line}"
    );
}

#[test]
fn the_numbering_plans_are_those_of_that_version() {
    let inner = PHONE_NUMBER_UTIL.as_original();
    let mut regions: Vec<_> = PHONE_NUMBER_UTIL.get_supported_regions().collect();
    regions.sort_by_key(ToString::to_string);
    let mut hash = Sha256::new();
    for region in regions {
        let metadata = inner.get_metadata_for_region(region).unwrap();
        let plan: &PhoneMetadata = &metadata.original;
        hash.update(plan.encode_to_vec());
        for pattern in [
            metadata.general_desc.national_number_pattern(),
            metadata.fixed_line.national_number_pattern(),
            metadata.mobile.national_number_pattern(),
            metadata.international_prefix(),
            metadata.national_prefix_for_parsing(),
        ] {
            hash.update(pattern.pattern_base.as_deref().unwrap_or_default());
        }
    }
    let found: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(found, PLANS);
}
