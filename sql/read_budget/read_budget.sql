-- How many numbers roles may read in a window; src/read_budget counts and refuses.

CREATE TABLE phone_crypt.role_read_budgets (
    -- The first three are read by position (src/read_budget/budgets.rs). A name, so that it can be restored before the role.
    role     text        PRIMARY KEY,
    count    bigint      NOT NULL CHECK (count OPERATOR(pg_catalog.>=) 0),
    "window" interval    NOT NULL
             CHECK ("window" OPERATOR(pg_catalog.>=) '1 second'::pg_catalog.interval
                    AND "window" OPERATOR(pg_catalog.<=) '3650 days'::pg_catalog.interval),
    set_by   text        NOT NULL DEFAULT SESSION_USER,
    set_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE phone_crypt.role_read_budgets IS
    'how many numbers a role, and each of its members, may read in a window; written by phone_crypt_read_budget()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.role_read_budgets', '');

CREATE FUNCTION phone_crypt.announce_read_budget() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'announce_read_budget_wrapper';
REVOKE EXECUTE ON FUNCTION phone_crypt.announce_read_budget() FROM PUBLIC;
COMMENT ON FUNCTION phone_crypt.announce_read_budget() IS
    'makes every session read the read budgets again';
-- A trigger, so that COPY from a dump counts; always, so that what logical replication brings counts.
CREATE TRIGGER announce_read_budget
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phone_crypt.role_read_budgets
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.announce_read_budget();
ALTER TABLE phone_crypt.role_read_budgets ENABLE ALWAYS TRIGGER announce_read_budget;

CREATE VIEW phone_crypt.read_budgets AS
    SELECT b.role, b.count, b."window", c.reader, c.used, c.refused, c.began_at,
           c.began_at OPERATOR(pg_catalog.+) b."window" AS ends_at, b.set_by, b.set_at
      FROM phone_crypt.role_read_budgets AS b
      LEFT JOIN phone_crypt.read_counts() AS c
        ON c.role OPERATOR(pg_catalog.=) b.role
       AND c.began_at OPERATOR(pg_catalog.+) b."window" OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp();
COMMENT ON VIEW phone_crypt.read_budgets IS
    'budgets of decryptions by role, and who has read how many numbers of each in its present window';

-- SECURITY DEFINER: whoever may set budgets need not own the table.
CREATE FUNCTION phone_crypt_read_budget(role regrole, count bigint, "window" interval) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name text := (SELECT r.rolname FROM pg_roles AS r WHERE r.oid = phone_crypt_read_budget.role);
BEGIN
    IF role IS NULL OR count IS NULL OR "window" IS NULL THEN
        RAISE EXCEPTION 'role, count and window must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF name IS NULL THEN
        RAISE EXCEPTION 'there is no such role' USING ERRCODE = 'invalid_parameter_value';
    ELSIF count < 0 THEN
        RAISE EXCEPTION 'count must not be negative' USING ERRCODE = 'invalid_parameter_value';
    ELSIF "window" < interval '1 second' OR "window" > interval '3650 days' THEN
        RAISE EXCEPTION 'window must be between 1 second and 3650 days' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO phone_crypt.role_read_budgets AS b (role, count, "window")
        VALUES (name, phone_crypt_read_budget.count, phone_crypt_read_budget."window")
        ON CONFLICT ON CONSTRAINT role_read_budgets_pkey
        DO UPDATE SET count = excluded.count, "window" = excluded."window", set_by = excluded.set_by, set_at = excluded.set_at;
END;
$$;
COMMENT ON FUNCTION phone_crypt_read_budget(regrole, bigint, interval) IS
    'lets a role, and each of its members, read so many numbers in a window';

CREATE FUNCTION phone_crypt_read_budget_drop(role text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL THEN
        RAISE EXCEPTION 'role must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM phone_crypt.role_read_budgets AS b WHERE b.role = phone_crypt_read_budget_drop.role;
    RETURN FOUND;
END;
$$;
COMMENT ON FUNCTION phone_crypt_read_budget_drop(text) IS
    'ends the read budget of a role, which need not exist any more; whether there was one';
COMMENT ON FUNCTION phone_crypt.read_counts() IS
    'what is used of each read budget, by reader';
