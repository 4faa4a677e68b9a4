//! In-process tests (`cargo pgrx test`): one call of each family, through SQL. Everything that needs COMMIT,
//! roles, restarts or a client is tested from outside, in `tests/`.

#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    #[pg_test]
    fn version_names_the_major() {
        let version = Spi::get_one::<String>("SELECT phone_crypt_version()")
            .ok()
            .flatten();
        let major = format!("PostgreSQL {}", pg_sys::PG_VERSION_NUM / 10_000);
        assert!(version.is_some_and(|version| version.ends_with(&major)));
    }
}

#[cfg(test)]
pub mod pg_test {
    pub fn setup(_options: Vec<&str>) {}

    #[must_use]
    pub fn postgresql_conf_options() -> Vec<&'static str> {
        vec![
            "shared_preload_libraries = 'phone_crypt'",
            "phone_crypt.environment = 'development'",
        ]
    }
}
