-- What is recorded of changes to our own tables, whoever makes them and by whatever function: a row each. What names the row
-- is the trigger's argument; a name that may hold a number is left out.

-- SECURITY DEFINER: whoever may change the table need not be allowed to record anything else.
CREATE FUNCTION phone_crypt.audit_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM phone_crypt.audit_event(TG_ARGV[0], CASE TG_ARGV[1] WHEN 'relation' THEN (to_jsonb(coalesce(NEW, OLD)) ->> 'relation')::regclass END,
                                    to_jsonb(coalesce(NEW, OLD)) ->> coalesce(TG_ARGV[2], TG_ARGV[1]), NULL);
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION phone_crypt.audit_row() IS
    'records a change of a row: the event, and the column that names it';
REVOKE EXECUTE ON FUNCTION phone_crypt.audit_row() FROM PUBLIC;

CREATE TRIGGER audit_pin AFTER INSERT OR UPDATE OR DELETE ON phone_crypt.pinned_keys
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('pins_changed', 'role');

CREATE TRIGGER audit_locked AFTER INSERT ON phone_crypt.database_lockdowns
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('locked_down', 'scope');
CREATE TRIGGER audit_released AFTER UPDATE ON phone_crypt.database_lockdowns
    FOR EACH ROW WHEN (OLD.released_at IS NULL AND NEW.released_at IS NOT NULL)
    EXECUTE FUNCTION phone_crypt.audit_row('lockdown_released', 'scope');
CREATE TRIGGER audit_deleted AFTER DELETE ON phone_crypt.database_lockdowns
    FOR EACH ROW WHEN (OLD.released_at IS NULL) EXECUTE FUNCTION phone_crypt.audit_row('lockdown_released', 'scope');

CREATE TRIGGER audit_set AFTER INSERT OR UPDATE ON phone_crypt.role_read_budgets
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('read_budget_set', 'role');
CREATE TRIGGER audit_dropped AFTER DELETE ON phone_crypt.role_read_budgets
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('read_budget_dropped', 'role');

CREATE TRIGGER audit_set AFTER INSERT OR UPDATE ON phone_crypt.activity_watches
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('watch_set', 'policy');
CREATE TRIGGER audit_dropped AFTER DELETE ON phone_crypt.activity_watches
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('watch_dropped', 'policy');

CREATE TRIGGER audit_created AFTER INSERT ON phone_crypt.api_tokens
    FOR EACH ROW WHEN (NOT NEW.is_legacy) EXECUTE FUNCTION phone_crypt.audit_row('token_created', 'token_id');
CREATE TRIGGER audit_imported AFTER INSERT ON phone_crypt.api_tokens
    FOR EACH ROW WHEN (NEW.is_legacy) EXECUTE FUNCTION phone_crypt.audit_row('token_imported', 'token_id');
CREATE TRIGGER audit_revoked AFTER UPDATE ON phone_crypt.api_tokens
    FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)
    EXECUTE FUNCTION phone_crypt.audit_row('token_revoked', 'token_id');
CREATE TRIGGER audit_rotated AFTER UPDATE ON phone_crypt.api_tokens
    FOR EACH ROW WHEN (OLD.replaced_by IS NULL AND NEW.replaced_by IS NOT NULL)
    EXECUTE FUNCTION phone_crypt.audit_row('token_rotated', 'token_id');
CREATE TRIGGER audit_deleted AFTER DELETE ON phone_crypt.api_tokens
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('token_deleted', 'token_id');

CREATE TRIGGER audit_created AFTER INSERT ON phone_crypt.webhook_endpoints
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('endpoint_created', 'name');
CREATE TRIGGER audit_dropped AFTER DELETE ON phone_crypt.webhook_endpoints
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('endpoint_dropped', 'name');
CREATE TRIGGER audit_secret AFTER INSERT OR UPDATE ON phone_crypt.webhook_secrets
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('endpoint_secret_set', 'endpoint');

CREATE TRIGGER audit_set AFTER INSERT OR UPDATE ON phone_crypt.ratelimit_policies
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('policy_set', 'name');
CREATE TRIGGER audit_dropped AFTER DELETE ON phone_crypt.ratelimit_policies
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('policy_dropped', 'name');
CREATE TRIGGER audit_listed AFTER INSERT OR UPDATE ON phone_crypt.ratelimit_lists
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('listed', 'list');
CREATE TRIGGER audit_unlisted AFTER DELETE ON phone_crypt.ratelimit_lists
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('unlisted', 'list');
CREATE TRIGGER audit_set AFTER INSERT OR UPDATE ON phone_crypt.ratelimit_policy_overrides
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('override_set', 'policy');
CREATE TRIGGER audit_dropped AFTER DELETE ON phone_crypt.ratelimit_policy_overrides
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('override_dropped', 'policy');

-- A new policy is made, and then set.
CREATE TRIGGER audit_created AFTER INSERT ON phone_crypt.send_policies
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('send_policy_created', 'name');
CREATE TRIGGER audit_set AFTER UPDATE ON phone_crypt.send_policies
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('send_policy_set', 'name');
CREATE TRIGGER audit_dropped AFTER DELETE ON phone_crypt.send_policies
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('send_policy_dropped', 'name');
-- Not the prefix, which may be a whole number.
CREATE TRIGGER audit_set AFTER INSERT OR UPDATE ON phone_crypt.send_prices
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('send_price_set', 'currency');
CREATE TRIGGER audit_removed AFTER DELETE ON phone_crypt.send_prices
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('send_price_removed', 'currency');
-- A new key changes the other columns.
CREATE TRIGGER audit_exempted AFTER INSERT OR UPDATE OF note ON phone_crypt.send_exempt
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('send_exempted', 'note');
CREATE TRIGGER audit_unexempted AFTER DELETE ON phone_crypt.send_exempt
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('send_unexempted', 'note');

-- Migrations, rotations, purges: each is a job.
CREATE TRIGGER audit_started AFTER INSERT ON phone_crypt.jobs
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.audit_row('job_started', 'relation', 'procedure');
CREATE TRIGGER audit_ended AFTER UPDATE ON phone_crypt.jobs
    FOR EACH ROW WHEN (OLD.state OPERATOR(pg_catalog.<>) NEW.state)
    EXECUTE FUNCTION phone_crypt.audit_row('job_ended', 'relation', 'procedure');
