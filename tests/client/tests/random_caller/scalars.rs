//! Hostile numbers, truth values, times and spans of time, each an SQL expression.

/// Numbers without bounds.
pub const NUMERICS: [&str; 8] = [
    "NULL",
    "0",
    "-0.5",
    "'NaN'",
    "'Infinity'",
    "'-Infinity'",
    "1e131071",
    "1e-16383",
];

pub const INTEGERS: [&str; 11] = [
    "NULL",
    "0",
    "1",
    "-1",
    "2",
    "64",
    "65",
    "5000",
    "100001",
    "2147483647",
    "(-2147483648)",
];
pub const BIGINTS: [&str; 9] = [
    "NULL",
    "0",
    "1",
    "-1",
    "4294967296",
    "1700000000000",
    "9223372036854775807",
    "(-9223372036854775808)",
    "10",
];
pub const BOOLEANS: [&str; 3] = ["NULL", "true", "false"];
pub const TIMES_OF_DAY: [&str; 5] = [
    "NULL",
    "'00:00'",
    "'24:00'",
    "'12:00:00.000001'",
    "'23:59:59.999999'",
];
pub const INTERVALS: [&str; 14] = [
    "NULL",
    "'0'",
    "'1 hour'",
    "'-1 hour'",
    "'1 microsecond'",
    "'1 millisecond'",
    "'10 years'",
    "'10 years 1 day'",
    "'1 month -30 days'",
    "'178000000 years'",
    "'-178000000 years'",
    "'2147483647 days'",
    "'infinity'",
    "'-infinity'",
];
pub const TIMES: [&str; 8] = [
    "NULL",
    "now()",
    "'infinity'",
    "'-infinity'",
    "'epoch'",
    "'294276-12-31 23:59:59+00'",
    "'4714-11-24 00:00:00+00 BC'",
    "'2036-01-01'",
];
