//! Hostile values of every type, each an SQL expression.

use crate::numbers::Numbers;
use crate::relations::OIDS;
use crate::scalars::{BIGINTS, BOOLEANS, INTEGERS, INTERVALS, NUMERICS, TIMES, TIMES_OF_DAY};

/// Values of the data type: numbers, other text, stored ones, and what is none.
const TYPED: [&str; 8] = [
    "NULL",
    "'+61401148075'::public.encrypted_phone",
    "'0401 148 075 x12'::public.encrypted_phone",
    "'ask for Bob'::public.encrypted_phone",
    "''::public.encrypted_phone",
    "repeat('1', 1000000)::public.encrypted_phone",
    "'ep:ababkjbfooclkikohehpblonlekoinmpopejldojgndjkjbfooclikieodipmanpjklnagkhjomkioddmgmcjindeblmfldglnnidnnehcopjglpgokdkekpjnckaklamjknbnpkigfeacdhfdkf'::public.encrypted_phone",
    "'ep:abab'::public.encrypted_phone",
];
/// Values of the type for e-mail.
const ADDRESSES: [&str; 8] = [
    "NULL",
    "'Ann@EXAMPLE.com'::public.encrypted_email",
    "'ann+tag@xn--bcher-kva.example'::public.encrypted_email",
    "'ask Ann'::public.encrypted_email",
    "''::public.encrypted_email",
    "repeat('a@', 500000)::public.encrypted_email",
    "'ee:abadkjbfooclhbmckccoiapdhonabjmojobhjdglidaokjbfooclolmnmlcbbgkbolaokmhehmmecegkaemmfkcohkplaonbfobpadihnnabjcaoojjdablogmplgelfefcajmifcpbbjmognbgn'::public.encrypted_email",
    "'ee:abad'::public.encrypted_email",
];
const C_STRINGS: [&str; 6] = [
    "NULL",
    "'+61401148075'::cstring",
    "''::cstring",
    "'ask for Bob'::cstring",
    "'ep:ababkjbfooclkikohehpblonlekoinmpopejldojgndjkjbfooclikieodipmanpjklnagkhjomkioddmgmcjindeblmfldglnnidnnehcopjglpgokdkekpjnckaklamjknbnpkigfeacdhfdkf'::cstring",
    "'ep:zz'::cstring",
];
const PADDED: [&str; 4] = [
    "NULL",
    "'0401 148 075'::character(30)",
    "''::character(1)",
    "repeat(' ', 1000000)::bpchar",
];

/// Texts that some function or other has a use for, and many that none has.
const TEXTS: [&str; 69] = [
    "NULL",
    "''",
    "' '",
    "'+61401148075'",
    "'0401 148 075'",
    "'+61401148075 x12'",
    "'0401148075;0401148076'",
    "'+'",
    "'00'",
    "'a'",
    "'AU'",
    "'AU,US'",
    "'AU,AU'",
    "'ZZ'",
    "','",
    "'cbc'",
    "'cbc-pbkdf2'",
    "'node-evp'",
    "'derived'",
    "'raw'",
    "'a915ee2b'",
    "'3a4e3936'",
    "'00000000'",
    "'A915EE2B'",
    "'text'",
    "'value '",
    "'value ff'",
    "'value f'",
    "'legacy cbc - -'",
    "'legacy node-evp a915ee2b AU,ZZ'",
    "'fill'",
    "'refuse'",
    "'phone'",
    "'id'",
    "'ctid'",
    "'national'",
    "'fixed_window'",
    "'token_bucket'",
    "'allow'",
    "'deny'",
    "'null'",
    "'delete'",
    "'now'",
    "'concurrently'",
    "'keep'",
    "'move'",
    "'admin'",
    "'1; SELECT 1'",
    "E'\\\\'''",
    "'%s%n%1$I'",
    "chr(31)",
    "E'\\n\\t'",
    "repeat('1', 1000000)",
    "repeat('+61401148075,', 80000)",
    "repeat('ab', 16) || ':01a915ee2b' || repeat('cd', 500000)",
    "repeat('x', 512)",
    "repeat('x', 513)",
    "repeat('\u{e9}', 300)",
    "'phone:0401148075'",
    "'phone_hash:' || repeat('a', 64)",
    "'policy:a:b'",
    "'9223372036854775808'",
    "'-0'",
    "'NaN'",
    "phone_encrypt('0401148075', chr(31) || 'c1')",
    "phone_encrypt_raw('x')",
    "'pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe'",
    "'pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMf'",
    "'calls:*'",
];

/// Names of columns and other things, most of which do not exist.
const NAMES: [&str; 18] = [
    "NULL",
    "''",
    "' '",
    "'phone'",
    "'id'",
    "'ctx'",
    "'seen'",
    "'ctid'",
    "'tableoid'",
    "'phone_hash'",
    "'phone_encrypted'",
    "'nowhere'",
    "'an ''odd'' column'",
    "E'\\''; --'",
    "'%s%n%1$I'",
    "repeat('\u{e9}', 100)",
    "repeat('n', 1000000)",
    "'23505'",
];

/// Texts of characters that not every encoding has; and of bytes that are none, where the database takes those.
const CHARACTERS: [&str; 5] = [
    "'\u{e9}'",
    "'\u{ff10}\u{ff14}\u{ff10}\u{ff11} 148 075'",
    "'\u{202e}+61401148075'",
    "'\u{1f600}'",
    "'a\u{301}'",
];
const BYTES: [&str; 4] = [
    "E'\\xff\\xfe'",
    "E'AU\\xff'",
    "E'+61\\xff401148075'",
    "E'\\xc3'",
];

/// Relations, some of which do not exist.
const OID_ARRAYS: [&str; 6] = [
    "NULL",
    "'{}'",
    "'{NULL}'",
    "'{pg_class,0}'",
    "'{phone_crypt.pinned_keys}'",
    "'{4294967295,pg_views}'",
];

const INETS: [&str; 11] = [
    "NULL",
    "'127.0.0.1'",
    "'::1'",
    "'10.0.0.0/8'",
    "'0.0.0.0/0'",
    "'::/0'",
    "'10.1.2.3/8'",
    "'::ffff:203.0.113.7'",
    "'64:ff9b::203.0.113.7/96'",
    "'2002:cb00:7107::1/16'",
    "'ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255'",
];
const NETWORK_ARRAYS: [&str; 8] = [
    "NULL",
    "'{}'",
    "'{NULL}'",
    "'{10.0.0.0/8,::/0}'",
    "'{0.0.0.0/0,NULL}'",
    "'{{192.0.2.0/24,::1},{10.0.0.1,127.0.0.0/8}}'",
    "'[-5:-4]={192.0.2.1,ffff::/16}'",
    "array_fill('::ffff:0.0.0.0/96'::cidr, ARRAY[1000])",
];
const ARRAYS: [&str; 14] = [
    "NULL",
    "'{}'",
    "'{NULL}'",
    "'{a}'",
    "'{1,2}'",
    "'{phone,id}'",
    "'{cbc,NULL}'",
    "'{cbc,a915ee2b}'",
    "'{{a,b},{c,d}}'",
    "'[0:1]={a,b}'",
    "'[-5:-4]={phone,id}'",
    "'{{{NULL}}}'",
    "array_fill('x'::text, ARRAY[1000])",
    "array_fill(NULL::text, ARRAY[3, 3])",
];
const INTERVAL_ARRAYS: [&str; 7] = [
    "NULL",
    "'{}'",
    "'{NULL}'",
    "'{1 hour}'",
    "'{-1 hour,178000000 years}'",
    "'{{1 s,2 s}}'",
    "'[5:6]={1 s,2 s}'",
];
const OBJECTS: [&str; 12] = [
    "NULL",
    "'{}'",
    "'[]'",
    "'1'",
    "'null'",
    "'\"x\"'",
    "'{\"a\": 1}'",
    "'{\"a\": \"x\"}'",
    "'{\"a\": 9223372036854775808}'",
    "'{\"a\": null, \"left_a\": 1}'",
    "'{\"left_a\": {\"b\": []}}'",
    "'{\"\": 1e400}'",
];
const ROLES: [&str; 5] = [
    "NULL",
    "'postgres'",
    "0::oid",
    "4294967295::oid",
    "'nobody_special'",
];
const ROLE_ARRAYS: [&str; 5] = [
    "NULL",
    "'{}'",
    "'{NULL}'",
    "ARRAY[4294967295::oid]",
    "'{{postgres,nobody_special}}'",
];
const ROW_IDS: [&str; 6] = [
    "NULL",
    "'(0,0)'",
    "'(0,1)'",
    "'(1,1)'",
    "'(4294967295,65535)'",
    "'(2147483648,0)'",
];
const TRANSACTIONS: [&str; 5] = ["NULL", "'0'", "'3'", "'2147483648'", "'4294967295'"];
const CONVERSIONS: [&str; 8] = [
    "NULL",
    "(SELECT c FROM phone_crypt.conversions AS c LIMIT 1)",
    "(SELECT c FROM phone_crypt.conversions AS c WHERE c.source <> 'text' LIMIT 1)",
    "ROW()",
    "jsonb_populate_record((SELECT c FROM phone_crypt.conversions AS c LIMIT 1), '{\"relation\": 4294967295}')",
    "jsonb_populate_record((SELECT c FROM phone_crypt.conversions AS c LIMIT 1), '{\"plain_number\": 99, \"encrypted_number\": -1}')",
    "jsonb_populate_record((SELECT c FROM phone_crypt.conversions AS c LIMIT 1), '{\"plain_column\": \"no where\", \"id\": null}')",
    "jsonb_populate_record((SELECT c FROM phone_crypt.conversions AS c LIMIT 1), '{\"state\": \"swapped\"}')",
];
const BYTE_STRINGS: [&str; 4] = [
    "NULL",
    "''",
    "'\\x6100620063'",
    "repeat('a', 1000000)::bytea",
];
const SMALL_INTEGERS: [&str; 6] = [
    "NULL",
    "0::smallint",
    "2::smallint",
    "(-1)::smallint",
    "32767::smallint",
    "(-32768)::smallint",
];

/// The name under which values of settings are asked for: PostgreSQL repeats those that it refuses, so that they are
/// no numbers.
pub const SETTING: &str = "a setting";
const SETTINGS: [&str; 20] = [
    "''",
    "' '",
    "'on'",
    "'off'",
    "'raw'",
    "'derived,raw'",
    "'raw,raw'",
    "'cbc'",
    "'AU,US'",
    "'AU,,US'",
    "'ZZ'",
    "'a915ee2b'",
    "'00000000'",
    "'table'",
    "'memory'",
    "'\u{e9}'",
    "repeat('AU,', 100000)",
    "repeat('k', 40)",
    "repeat('ab', 32)",
    "repeat('k', 40) || ',' || repeat('ab', 32)",
];

/// What an argument of this name is often given, so that calls get further than the first check.
fn likely(kind: &str, name: &str) -> &'static [&'static str] {
    match name {
        "source" if kind == "text" => &["'text'", "'value '", "'legacy cbc - -'"],
        "column" | "column_name" => &["'phone'"],
        "prefix" => &["'pc'"],
        "token" => &["'pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe'"],
        "token_id" => &["(SELECT max(token_id) FROM phone_crypt.tokens)"],
        "work" => &[
            "'fill'",
            "'read'",
            "'read_with_spelling'",
            "'clear'",
            "'reencrypt'",
            "'decrypt'",
        ],
        "scheme" => &[
            "'cbc'",
            "'node-evp'",
            "'phone-agent'",
            "'standard'",
            "'twilio'",
            "'vonage-sms'",
            "'plivo-v3'",
            "'aws-sns'",
        ],
        "endpoint" => &["'hook'", "'form'"],
        "headers" => &[
            "(SELECT jsonb_build_object('resend-signature', s.signature, 'resend-timestamp', s.timestamp)
                FROM public.webhook_sign('', 'secret') AS s)",
            "'{\"resend-signature\": [\"\", {\"a\": []}], \"Resend-Timestamp\": 1e400}'",
            "jsonb_build_object('Resend-Signature', repeat('a', 1000000), 'resend-signature', repeat('[', 1000))",
        ],
        "url" => &["'https://example.com/?sig=%00%ff%&&=&sig='", "'://'"],
        "context" | "hash_context" => &["''", "chr(31) || 'c1'"],
        "regions" => &["'AU,US'", "''"],
        "value" => &[
            "phone_encrypt('0401148075', chr(31) || 'c1')",
            "phone_encrypt_raw('x')",
        ],
        "phone" => &["'0401148075'", "'+14011480751'"],
        "style" => &["'national'", "'rfc3966'"],
        "algorithm" => &["'token_bucket'", "'sliding_window'"],
        "list" => &["'deny'"],
        "on_forget" => &["'delete'"],
        "profile" => &["'reader'"],
        "table" | "relation" | "leaf" => &[
            "'zoo.customers'::regclass",
            "'zoo.turning'::regclass",
            "'zoo.reading'::regclass",
            "'zoo.typed'::regclass",
        ],
        "pending" => &["'true'", "'t.phone IS NOT NULL'"],
        "encrypted" => &["'phone_encrypted'"],
        "plain" => &["'phone'"],
        "number" => &["2::smallint"],
        "source" | "target" => &[
            "'zoo.rate_limits'::regclass",
            "'phone_crypt.rate_limits'::regclass",
        ],
        "limit" | "cost" | "count" | "batch_size" | "size" => &["1", "3"],
        "window" | "duration" | "retention" => &["'1 hour'"],
        "policy" => &["NULL", "'a'"],
        "denied" => &["'{AU,+64}'", "'{all}'"],
        "rates" | "per_number" | "per_client" | "per_account" | "per_region" => {
            &["'{5/hour,3/10 minutes}'"]
        }
        "currency" => &["'USD'"],
        _ => &[],
    }
}

/// Whether an argument is a name of something, words of a message, or SQL: none of them is ever a number, and errors
/// repeat them.
fn is_named(kind: &str, argument: &str) -> bool {
    let words = [
        "column",
        "column_name",
        "encrypted",
        "pending",
        "plain",
        "stem",
        "title",
        "to_column",
        "wanted",
        "procedure",
        "state",
        "message",
        "detail",
        "hint",
        "template",
        "statement",
        "condition",
    ];
    kind == "name" || words.contains(&argument)
}

/// What a database's texts may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// Latin-1.
    Latin1,
    /// Any bytes.
    SqlAscii,
}

/// A value of a type, as an expression; `None` where there is none of it here.
pub fn value(numbers: &mut Numbers, kind: &str, name: &str, encoding: Encoding) -> Option<String> {
    let likely = likely(kind, name);
    if !likely.is_empty() && numbers.below(2) == 0 {
        return Some(format!("({})::{kind}", numbers.of(likely)));
    }
    let values: &[&str] = match kind {
        "text" if name == SETTING => match numbers.below(6) {
            0 if encoding == Encoding::SqlAscii => &BYTES,
            _ => &SETTINGS,
        },
        "text" | "name" if is_named(kind, name) => &NAMES,
        "text" | "name" => match numbers.below(8) {
            0 if encoding == Encoding::SqlAscii => &BYTES,
            1 if encoding == Encoding::Latin1 => &CHARACTERS[..1],
            1 => &CHARACTERS,
            _ => &TEXTS,
        },
        "public.encrypted_phone" => &TYPED,
        "public.encrypted_email" => &ADDRESSES,
        "cstring" => &C_STRINGS,
        "character" => &PADDED,
        "integer" => &INTEGERS,
        "bigint" => &BIGINTS,
        "numeric" => &NUMERICS,
        "boolean" => &BOOLEANS,
        "interval" => &INTERVALS,
        "timestamp with time zone" | "date" => &TIMES,
        "time without time zone" => &TIMES_OF_DAY,
        "inet" => &INETS,
        "cidr[]" => &NETWORK_ARRAYS,
        "text[]" | "name[]" => &ARRAYS,
        "interval[]" => &INTERVAL_ARRAYS,
        "jsonb" => &OBJECTS,
        "regrole" => &ROLES,
        "regrole[]" => &ROLE_ARRAYS,
        "regclass" | "oid" => &OIDS,
        "regclass[]" => &OID_ARRAYS,
        "tid" => &ROW_IDS,
        "xid" => &TRANSACTIONS,
        "phone_crypt.conversions" => &CONVERSIONS,
        "bytea" => &BYTE_STRINGS,
        "smallint" => &SMALL_INTEGERS,
        _ => return None,
    };
    Some(format!("({})::{kind}", numbers.of(values)))
}
