//! In-process tests (`cargo pgrx test`), through SQL: each family once, against the vectors of
//! `docs/formats.md`. What needs COMMIT, roles, restarts or a client is tested from outside, in `tests/`.

#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const VALUE: &str = "000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00eeb0b4\
                         5b523c997a1532034d46f202b3d76d11e85df35fc0997df53b6ce38035";
    const HASH: &str = "5ba54c2fcde7fb8fd93694a06518b42f1b9d80fc48e3c0c72b38cd847e4b6ee2";

    fn text(query: &str) -> String {
        Spi::get_one::<String>(query)
            .ok()
            .flatten()
            .unwrap_or_default()
    }

    fn use_key() {
        text(&format!(
            "SELECT set_config('phone_crypt.encryption_key', '{KEY}', true)"
        ));
    }

    #[pg_test]
    fn version_names_the_major() {
        let major = format!("PostgreSQL {}", crate::pg::process::MAJOR);
        assert!(text("SELECT phone_crypt_version()").ends_with(&major));
    }

    #[pg_test]
    fn national_numbers_follow_the_ordered_regions() {
        assert_eq!(text("SELECT phone_normalize('0401148075')"), "+61401148075");
        assert_eq!(text("SELECT phone_normalize('4011480751')"), "+14011480751");
        assert_eq!(
            text("SELECT phone_normalize('4011480751', 'GB,US')"),
            "+444011480751"
        );
    }

    #[pg_test]
    fn a_value_made_elsewhere_is_read() {
        use_key();
        assert_eq!(
            text(&format!("SELECT phone_decrypt('{VALUE}')")),
            "+61401148075"
        );
    }

    #[pg_test(error = "the value failed authentication")]
    fn a_value_does_not_decrypt_under_another_context() {
        use_key();
        text(&format!("SELECT phone_decrypt('{VALUE}', 'users.phone')"));
    }

    #[pg_test]
    fn what_is_encrypted_decrypts_to_its_normal_form() {
        use_key();
        let query = "SELECT phone_decrypt(phone_encrypt('(0401) 148-075', 'a.b'), 'a.b')";
        assert_eq!(text(query), "+61401148075");
    }

    #[pg_test]
    fn a_hash_made_elsewhere_is_met() {
        use_key();
        assert_eq!(text("SELECT phone_hash('0401 148 075')"), HASH);
    }

    #[pg_test(error = "not a phone number")]
    fn garbage_is_refused_and_not_repeated() {
        text("SELECT phone_encrypt('ask for Bob')");
    }

    #[pg_test(error = "context must not be NULL")]
    fn a_null_context_is_an_error_not_a_null_answer() {
        text("SELECT phone_encrypt('0401148075', NULL)");
    }

    #[pg_test]
    fn a_null_phone_gives_null() {
        assert_eq!(text("SELECT coalesce(phone_hash(NULL), 'null')"), "null");
    }
}
