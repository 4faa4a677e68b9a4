//! The events that SQL of ours may record, and their classes. Nothing else can be recorded from SQL.

use phone_crypt_core::audit::Class;

const EVENTS: [(&str, Class); 33] = [
    ("token_created", Class::Auth),
    ("token_imported", Class::Auth),
    ("token_rotated", Class::Auth),
    ("token_revoked", Class::Auth),
    ("tokens_revoked", Class::Auth),
    ("token_unlocked", Class::Auth),
    ("endpoint_created", Class::Admin),
    ("endpoint_rotated", Class::Admin),
    ("endpoint_dropped", Class::Admin),
    ("endpoints_reencrypted", Class::Admin),
    ("keys_pinned", Class::Admin),
    ("pins_changed", Class::Admin),
    ("hash_key_pinned", Class::Admin),
    ("profile_granted", Class::Admin),
    ("profile_revoked", Class::Admin),
    ("job_started", Class::Admin),
    ("job_ended", Class::Admin),
    ("policy_of_column", Class::Admin),
    ("number_forgotten", Class::Admin),
    ("rows_purged", Class::Admin),
    ("rate_limits_adopted", Class::Admin),
    ("rate_limits_released", Class::Admin),
    ("blocked", Class::Limit),
    ("unblocked", Class::Limit),
    ("reset", Class::Limit),
    ("listed", Class::Limit),
    ("unlisted", Class::Limit),
    ("policy_set", Class::Limit),
    ("policy_dropped", Class::Limit),
    ("override_set", Class::Limit),
    ("override_dropped", Class::Limit),
    ("anomaly", Class::Limit),
    ("columns_checked", Class::Admin),
];

/// An event by its name.
pub fn find(name: &str) -> Option<(&'static str, Class)> {
    EVENTS.into_iter().find(|(event, _)| *event == name)
}
