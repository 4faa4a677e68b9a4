//! How `cargo pgrx test` runs its server. The name and the functions are pgrx's.

/// Called once before the tests.
pub fn setup(_options: Vec<&str>) {}

/// Lines for the test server's configuration.
#[must_use]
pub fn postgresql_conf_options() -> Vec<&'static str> {
    vec![
        "shared_preload_libraries = 'phone_crypt'",
        "phone_crypt.environment = 'development'",
    ]
}
