//! The library and the machine.

use phone_crypt_client_tests::{Server, Sql};

use crate::shared::{CONF, findings, fires, is_quiet, pinned, pinned_in, remedy, well_set_up};

#[test]
fn a_library_that_is_not_preloaded() {
    is_quiet(&mut pinned(), "preload");
    let server = Server::start(&phone_crypt_client_tests::Setup::default());
    let mut client = server.session();
    fires(
        &mut client,
        "preload",
        "warning",
        "shared_preload_libraries",
    );
}

#[test]
fn a_library_of_another_version() {
    let mut client = pinned();
    is_quiet(&mut client, "version");
    let be = |version: &str| {
        format!("UPDATE pg_extension SET extversion = '{version}' WHERE extname = 'phone_crypt'")
    };
    client.run(&be("99.0.0"));
    fires(&mut client, "version", "warning", "of version 99.0.0");
    assert!(remedy(&mut client, "version").contains("newer library"));
    client.run(&be("0.0.9"));
    assert!(remedy(&mut client, "version").contains("ALTER EXTENSION"));
}

#[test]
fn core_files_and_checksums() {
    let server = well_set_up(CONF);
    server.set_checksums(true);
    server.limit_core_files(0);
    let mut client = pinned_in(&server);
    is_quiet(&mut client, "core_files");
    is_quiet(&mut client, "checksums");
    drop(client);
    server.set_checksums(false);
    server.limit_core_files(1 << 20);
    let mut client = pinned_in(&server);
    fires(&mut client, "core_files", "warning", "core file");
    fires(&mut client, "checksums", "warning", "checksums");
}

#[test]
fn swap_is_what_the_machine_has() {
    let swaps = std::fs::read_to_string("/proc/swaps").unwrap();
    let has_swap = swaps
        .lines()
        .skip(1)
        .any(|line| !line.starts_with("/dev/zram"));
    let found = findings(&mut pinned(), "swap");
    assert_eq!(found.len(), usize::from(has_swap));
    assert!(found.iter().all(|finding| finding.starts_with("info|")));
}
