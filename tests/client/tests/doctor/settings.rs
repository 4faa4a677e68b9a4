//! Settings of the extension, and what the server's log would keep.

use phone_crypt_client_tests::Sql;

use crate::shared::{fires, is_quiet, pinned};

/// A setting of this session that makes a check fire, and what it says.
#[track_caller]
fn fires_with(settings: &[(&str, &str)], check: &str, severity: &str, text: &str) {
    let mut client = pinned();
    client.run("SET log_min_error_statement = panic; SET log_error_verbosity = terse");
    is_quiet(&mut client, check);
    for (name, value) in settings {
        client.run(&format!("SET {name} = '{value}'"));
    }
    fires(&mut client, check, severity, text);
    for (name, _) in settings {
        client.run(&format!("RESET {name}"));
    }
    client.run("SET log_min_error_statement = panic; SET log_error_verbosity = terse");
    is_quiet(&mut client, check);
}

#[test]
fn parameters_that_are_logged() {
    let unbounded = ("log_parameter_max_length", "-1");
    for logged in [
        ("log_statement", "ddl"),
        ("log_min_duration_statement", "1000"),
        ("log_min_duration_sample", "1000"),
        ("log_transaction_sample_rate", "0.5"),
    ] {
        fires_with(
            &[unbounded, logged],
            "logged_parameters",
            "warning",
            "bound parameters",
        );
    }
    let on_error = ("log_parameter_max_length_on_error", "-1");
    fires_with(
        &[on_error],
        "logged_parameters",
        "warning",
        "statements that fail",
    );
}

#[test]
fn statements_that_are_logged() {
    for setting in [
        ("log_statement", "mod"),
        ("log_statement", "all"),
        ("log_min_duration_statement", "0"),
        ("log_min_duration_sample", "0"),
        ("log_transaction_sample_rate", "1"),
        ("debug_print_parse", "on"),
        ("debug_print_rewritten", "on"),
        ("debug_print_plan", "on"),
    ] {
        fires_with(&[setting], "logged_statements", "warning", setting.0);
    }
}

#[test]
fn statements_that_are_logged_for_some() {
    let mut client = pinned();
    let database = client.text("SELECT current_database()::text", &[]);
    client.run(&format!(
        "ALTER DATABASE {database} SET log_statement = 'ddl'"
    ));
    is_quiet(&mut client, "logged_statements");
    client.run(&format!(
        "ALTER DATABASE {database} SET log_statement = 'all'"
    ));
    fires(
        &mut client,
        "logged_statements",
        "warning",
        &format!("log_statement (database {database})"),
    );
    client.run(&format!("ALTER DATABASE {database} RESET log_statement"));
    is_quiet(&mut client, "logged_statements");

    client.run(&format!(
        "CREATE ROLE \"doctor's app\";
         ALTER ROLE \"doctor's app\" IN DATABASE {database} SET log_min_duration_statement = '5s'"
    ));
    fires(
        &mut client,
        "logged_statements",
        "warning",
        "role \"doctor's app\", database",
    );
    let undo = crate::shared::remedy(&mut client, "logged_statements");
    client.run(&undo);
    is_quiet(&mut client, "logged_statements");
    client.run("DROP ROLE \"doctor's app\"");
}

#[test]
fn errors_that_are_logged() {
    let statement = ("log_min_error_statement", "error");
    fires_with(
        &[statement],
        "logged_errors",
        "info",
        "statements that fail",
    );
    fires_with(
        &[("log_error_verbosity", "default")],
        "logged_errors",
        "info",
        "DETAIL",
    );
}

#[test]
fn modules_that_log() {
    let mut client = pinned();
    is_quiet(&mut client, "logging_modules");
    client.run("LOAD 'auto_explain'; SET auto_explain.log_min_duration = '1h'");
    fires(
        &mut client,
        "logging_modules",
        "warning",
        "auto_explain logs plans with their bound parameters",
    );
    client.run("SET auto_explain.log_parameter_max_length = 0");
    fires(&mut client, "logging_modules", "info", "custom plans");
    client.run("SET plan_cache_mode = force_generic_plan");
    is_quiet(&mut client, "logging_modules");
    client.run("SET pgaudit.log = 'read'; SET pgaudit.log_parameter = 'on'");
    fires(&mut client, "logging_modules", "warning", "pgaudit");
    client.run("SET pgaudit.log = 'none'");
    is_quiet(&mut client, "logging_modules");

    let conf = "shared_preload_libraries = 'phone_crypt, pg_stat_statements'\n";
    let server = crate::shared::well_set_up(conf);
    let mut client = crate::shared::pinned_in(&server);
    fires(&mut client, "logging_modules", "info", "pg_stat_statements");
    client.run("SET pg_stat_statements.track_utility = off");
    is_quiet(&mut client, "logging_modules");
}

#[test]
fn settings_that_protect_less() {
    for (setting, text) in [
        (("phone_crypt.require_tls", "off"), "require_tls is off"),
        (("phone_crypt.verify_input", "off"), "verify_input is off"),
        (("phone_crypt.accept_legacy", "cbc"), "accept_legacy is on"),
    ] {
        fires_with(&[setting], "environment", "warning", text);
    }
    let mut client = pinned();
    let database = client.text("SELECT current_database()::text", &[]);
    client.run(&format!(
        "ALTER DATABASE {database} SET phone_crypt.require_tls = 'off'"
    ));
    fires(
        &mut client,
        "environment",
        "warning",
        &format!("phone_crypt.require_tls (database {database})"),
    );
    client.run(&format!(
        "ALTER DATABASE {database} SET phone_crypt.require_tls = 'on'"
    ));
    is_quiet(&mut client, "environment");
    client.run(&format!(
        "ALTER DATABASE {database} SET phone_crypt.accept_legacy = 'cbc'"
    ));
    fires(
        &mut client,
        "environment",
        "warning",
        "phone_crypt.accept_legacy (database",
    );
}
