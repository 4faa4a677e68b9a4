//! Any bytes as a token, and any text as scopes: read, or refused, the same each time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use phone_crypt_core::token::{Prefix, Scope, TokenId, covers, parse};

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        compare(text.split_once('\n').unwrap_or((text, text)));
    }
});

fn read(bytes: &[u8]) {
    let Ok(token) = parse(bytes) else { return };
    let text = std::str::from_utf8(bytes).expect("a token is ASCII");
    let fields: Vec<&str> = text.split('_').collect();
    assert_eq!(fields.len(), 3);
    assert!(Prefix::parse(fields[0]).is_ok());
    assert_eq!(TokenId::parse(fields[1].as_bytes()), Ok(token.id()));
    assert_eq!(fields[2].len(), 49);
    assert!(parse(&bytes[1..]).is_err() && parse(&bytes[..bytes.len() - 1]).is_err());
    let again = parse(bytes).expect("it was a token");
    assert!(again.secret_hash().matches(token.secret_hash().as_bytes()));
}

fn compare((granted, required): (&str, &str)) {
    let are_scopes = Scope::parse(granted).is_ok() && Scope::parse(required).is_ok();
    if covers([granted], required) {
        assert!(are_scopes);
        let beginning = granted.strip_suffix('*').unwrap_or(granted);
        assert!(required.starts_with(beginning));
    } else {
        assert!(!are_scopes || granted != required);
    }
}
