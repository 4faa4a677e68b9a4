//! API tokens and webhooks.

use phone_crypt_client_tests::Sql;

use crate::shared::{fires, is_quiet, pinned};

#[test]
fn tokens_without_end_unused_and_ending() {
    let mut client = pinned();
    client.run("SELECT api_token_create('app', ARRAY['read'], '30 days')");
    is_quiet(&mut client, "tokens");
    client.run("SELECT api_token_create('for ever', expires_in => NULL)");
    fires(&mut client, "tokens", "warning", "1 API token has no end");
    client.run("UPDATE phone_crypt.api_tokens SET created_at = now() - interval '100 days'");
    fires(
        &mut client,
        "tokens",
        "warning",
        "2 API tokens have not been used for 90 days",
    );
    client.run("UPDATE phone_crypt.api_tokens SET expires_at = now() + interval '10 days' WHERE name = 'app'");
    fires(
        &mut client,
        "tokens",
        "warning",
        "1 API token expires within 14 days",
    );
    client.run("SELECT api_token_revoke(token_id, 'test') FROM phone_crypt.tokens");
    is_quiet(&mut client, "tokens");
}

#[test]
fn secrets_of_webhooks_that_are_old() {
    let mut client = pinned();
    client.run(
        "SELECT webhook_endpoint_create('mail', 'standard', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')",
    );
    is_quiet(&mut client, "webhooks");
    client.run("UPDATE phone_crypt.webhook_secrets SET created_at = now() - interval '13 months'");
    fires(
        &mut client,
        "webhooks",
        "warning",
        "1 webhook endpoint has had the same secret for more than a year: mail",
    );
    client.run("SELECT webhook_endpoint_rotate('mail', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx')");
    is_quiet(&mut client, "webhooks");
}
