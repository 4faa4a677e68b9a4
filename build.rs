//! Records the git revision for `phone_crypt_version()`; `unknown` outside a checkout.

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
}
