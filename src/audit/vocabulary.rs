//! The events that SQL of ours may record, and their classes. Nothing else can be recorded from SQL.

use phone_crypt_core::audit::Class;

const EVENTS: &[(&str, Class)] = &[
    ("token_created", Class::Auth),
    ("token_imported", Class::Auth),
    ("token_rotated", Class::Auth),
    ("token_revoked", Class::Auth),
    ("token_deleted", Class::Auth),
    ("endpoint_created", Class::Admin),
    ("endpoint_dropped", Class::Admin),
    ("endpoint_secret_set", Class::Admin),
    ("pins_changed", Class::Admin),
    ("profile_granted", Class::Admin),
    ("profile_revoked", Class::Admin),
    ("locked_down", Class::Admin),
    ("lockdown_released", Class::Admin),
    ("read_budget_set", Class::Admin),
    ("read_budget_dropped", Class::Admin),
    ("watch_set", Class::Admin),
    ("watch_dropped", Class::Admin),
    ("job_started", Class::Admin),
    ("job_ended", Class::Admin),
    ("send_policy_created", Class::Admin),
    ("send_policy_set", Class::Admin),
    ("send_policy_dropped", Class::Admin),
    ("send_price_set", Class::Admin),
    ("send_price_removed", Class::Admin),
    ("send_exempted", Class::Admin),
    ("send_unexempted", Class::Admin),
    ("suppressed", Class::Admin),
    ("unsuppressed", Class::Admin),
    ("consent_recorded", Class::Admin),
    ("listed", Class::Limit),
    ("unlisted", Class::Limit),
    ("policy_set", Class::Limit),
    ("policy_dropped", Class::Limit),
    ("override_set", Class::Limit),
    ("override_dropped", Class::Limit),
];

/// An event by its name.
pub fn find(name: &str) -> Option<(&'static str, Class)> {
    let mut events = EVENTS.iter().copied();
    events.find(|(event, _)| *event == name)
}
