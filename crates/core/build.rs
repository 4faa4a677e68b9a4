//! Writes what the phone half needs from libphonenumber's metadata, so that nothing is typed in.
//!
//! Four files go to `OUT_DIR`: `metadata.bin` (every region's metadata, with ASCII digit classes),
//! `calling_codes.rs` (the table behind the E.164 fast path), `region_names.rs`, and `time_zones.rs`, whose data stands in
//! `data/`, as the parser's crate has none of it.

#[path = "build/calling_codes.rs"]
mod calling_codes;
#[path = "build/first_digits.rs"]
mod first_digits;
#[path = "build/metadata.rs"]
mod metadata;
#[path = "build/region_names.rs"]
mod region_names;
#[path = "build/time_zones.rs"]
mod time_zones;

use prost::Message;
use rlibphonenumber::PhoneNumberUtil;
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let library = PhoneNumberUtil::new()?;
    let metadata = metadata::with_ascii_digits(&library);
    fs::write(out.join("metadata.bin"), metadata.encode_to_vec())?;
    fs::write(
        out.join("calling_codes.rs"),
        calling_codes::table(&library, &metadata)?,
    )?;
    fs::write(out.join("region_names.rs"), region_names::table(&library))?;
    fs::write(out.join("time_zones.rs"), time_zones::table()?)?;
    Ok(())
}
