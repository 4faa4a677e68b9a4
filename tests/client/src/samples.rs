//! Keys, numbers and the published answers to them (computed with other software; see docs/formats.md).

/// A key of 64 hexadecimal digits.
pub const K1: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// Its id.
pub const K1_ID: &str = "a915ee2b";
/// A key that stands for its own bytes.
pub const K2: &str = "correct-horse-battery-staple-0123456789abcdef";
/// Its id.
pub const K2_ID: &str = "3a4e3936";
/// A third key, for rotations.
pub const K3: &str = "a-third-key-for-tests-of-rotation-only-0123456789";
/// The public development key.
pub const DEVELOPMENT_KEY: &str = "phone_crypt development key: public, never for production";
/// Its id.
pub const DEVELOPMENT_KEY_ID: &str = "a46d91c9";
/// The example key that everybody knows.
pub const SAMPLE_KEY: &str = "your-secure-encryption-key-here-make-it-long-and-random";

/// An Australian mobile number.
pub const AU: &str = "+61401148075";
/// The same number as people there write it.
pub const AU_NATIONAL: &str = "0401 148 075";
/// An American number.
pub const US: &str = "+14011480751";

/// `AU` encrypted under K1, no context.
pub const AU_UNDER_K1: &str = "000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00eeb0b45b523c997a1532034d46f202b3d76d11e85df35fc0997df53b6ce38035";
/// `AU` encrypted under K1, context `users.phone` 0x1F `42`.
pub const AU_UNDER_K1_IN_ROW_42: &str = "000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00bc864261be18320ab5f4138c3a771d4f035cad2198886c50791ddc91408aca2c";
/// `US` encrypted under K1, context `users.phone`.
pub const US_UNDER_K1_IN_USERS: &str = "000102030405060708090a0b0c0d0e0f:01a915ee2b824ef2917d6c7ba93114026ffabe2b4139c9a3dae608cedfca0704c59b6752a521e8adefd0fad4a31d90f9ee13f2290b";
/// The text `ask for Bob` encrypted under K1 as kind 02, no context.
pub const BOB_UNDER_K1: &str = "000102030405060708090a0b0c0d0e0f:02a915ee2b62ed78849c638ee9040fbc3dc18ba56287588701d4131a96f2ce05021d005c52fd508a3dc51979e0a0199c75abcedbbd";
/// `AU` encrypted under K2, no context.
pub const AU_UNDER_K2: &str = "000102030405060708090a0b0c0d0e0f:013a4e3936d861528d193b34196a8b43cbf3e072ddc0402069b8d8885eaef34c163d21814e2e45fda916d4abe775ec0d740ac0608b";
/// `AU` as the legacy application stored it under K1, scheme `cbc`.
pub const AU_LEGACY_CBC_UNDER_K1: &str =
    "000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973";

/// Hash of `AU` under K1.
pub const AU_HASH_K1: &str = "5ba54c2fcde7fb8fd93694a06518b42f1b9d80fc48e3c0c72b38cd847e4b6ee2";
/// Hash of `AU` under K1, context `users.phone`.
pub const AU_HASH_K1_IN_USERS: &str =
    "3150267d9d1f2576dd6c7714be8af7d324e898c47eca081ecb4b097789ff2e65";
/// Hash of `AU` under K1, scheme raw.
pub const AU_HASH_K1_RAW: &str = "b889e17ca29a1b43c25c7ca68ab7713bc0fc20e12c7826386875dd3ace3ed1f2";
/// Hash of `US` under K1.
pub const US_HASH_K1: &str = "d672b2d04e18fe5f70051ae5a96517067e2633b7db210d31961af7f1cf640285";
/// Hash of `AU` under K2.
pub const AU_HASH_K2: &str = "dc5773b689f02c6ccabdc70fa45c0d788fd4cc5bdadf0f04f2f6c31195d787bf";
/// Hash of `AU` under K2, scheme raw.
pub const AU_HASH_K2_RAW: &str = "1de1d8c346cdc719c723be3ca781c50a4dd84894d08cb3fa7f1345ba9426ff36";
/// Hash of `AU` under the development key.
pub const AU_HASH_DEVELOPMENT: &str =
    "19aa233c8f5f4bb9819e8cd199b3efa127c4bee7c5f67b9a02e1063c3bb29f0d";
