//! The checks of the doctor: each reads what its theme needs, and the list of them comes last.

pgrx::extension_sql_file!(
    "../../sql/doctor/finding.sql",
    name = "doctor_finding",
    requires = ["schema"]
);
pgrx::extension_sql_file!(
    "../../sql/doctor/server.sql",
    name = "doctor_server",
    requires = ["doctor_finding", doctor::functions::doctor_server]
);
pgrx::extension_sql_file!(
    "../../sql/doctor/keys.sql",
    name = "doctor_keys",
    requires = [
        "doctor_finding",
        "pins",
        doctor::functions::doctor_keys,
        doctor::functions::doctor_other_pins,
        doctor::functions::doctor_key_file
    ]
);
pgrx::extension_sql_file!(
    "../../sql/doctor/settings.sql",
    name = "doctor_settings",
    requires = ["doctor_finding"]
);
pgrx::extension_sql_file!(
    "../../sql/doctor/connections.sql",
    name = "doctor_connections",
    requires = ["doctor_finding"]
);
pgrx::extension_sql_file!(
    "../../sql/doctor/limits.sql",
    name = "doctor_limits",
    requires = ["doctor_finding", "ratelimit_phones", "send_records"]
);
pgrx::extension_sql_file!(
    "../../sql/doctor/tokens.sql",
    name = "doctor_tokens",
    requires = ["doctor_finding", "token_functions", "webhooks"]
);
pgrx::extension_sql_file!(
    "../../sql/doctor/audit.sql",
    name = "doctor_audit",
    requires = ["doctor_finding", "audit_views"]
);
pgrx::extension_sql_file!(
    "../../sql/doctor/jobs.sql",
    name = "doctor_jobs",
    requires = ["doctor_finding", "jobs", "conversions"]
);
pgrx::extension_sql_file!(
    "../../sql/doctor/privileges.sql",
    name = "doctor_privileges",
    requires = ["doctor_finding"]
);
pgrx::extension_sql_file!(
    "../../sql/doctor/data.sql",
    name = "doctor_data",
    requires = [
        "doctor_finding",
        "column_keys_of_all",
        "conversions",
        "send_records",
        doctor::columns::doctor_statistics,
        doctor::columns::doctor_other_statistics,
        doctor::columns::doctor_rows,
        doctor::columns::doctor_keys_of_rows,
    ]
);
pgrx::extension_sql_file!(
    "../../sql/doctor/doctor.sql",
    name = "doctor",
    requires = [
        "doctor_server",
        "doctor_keys",
        "doctor_settings",
        "doctor_connections",
        "doctor_limits",
        "doctor_tokens",
        "doctor_audit",
        "doctor_jobs",
        "doctor_privileges",
        "doctor_data",
    ]
);
