//! Records the git revision for `phone_crypt_version()`; `unknown` outside a checkout. Tells the linker to keep what
//! cargo-pgrx reads the install script from.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=.git/HEAD");
    println!("cargo::rerun-if-changed=.git/logs/HEAD");
    let revision = Command::new("git")
        .args(["rev-parse", "--short=12", "HEAD"])
        .output()
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_default();
    let revision = match revision.trim() {
        "" => "unknown",
        revision => revision,
    };
    println!("cargo::rustc-env=PHONE_CRYPT_GIT_REVISION={revision}");

    // cargo-pgrx would pass this to every crate, so that none built for a test served the extension (scripts/lib.sh).
    // A test's executable must not get it: PostgreSQL's symbols are undefined there.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os != "macos") {
        println!("cargo::rustc-link-arg-cdylib=-Wl,--no-gc-sections");
    }
}
