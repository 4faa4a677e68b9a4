-- Sending policies and prices. What judges by them is in src/sending.

CREATE TABLE phone_crypt.send_policies (
    -- Read by position (src/sending/policy.rs).
    name               text     COLLATE "C" PRIMARY KEY CHECK (name OPERATOR(pg_catalog.~) '^[A-Za-z0-9_.-]{1,63}$'),
    -- Where its state is, and where that of its trial is while it only records.
    space              integer  NOT NULL DEFAULT pg_catalog.nextval('phone_crypt.ratelimit_spaces'),
    trial_space        integer,
    record_only        boolean  NOT NULL DEFAULT false,
    regions            text[]   NOT NULL DEFAULT '{}' CHECK (phone_crypt.are_send_places(regions)),
    denied             text[]   NOT NULL DEFAULT '{}' CHECK (phone_crypt.are_send_places(denied)),
    refused_types      text[]   NOT NULL DEFAULT '{premium_rate,shared_cost,satellite,personal_number,pager,voicemail}'
                                CHECK (phone_crypt.are_send_types(refused_types)),
    refuse_invalid     boolean  NOT NULL DEFAULT true,
    per_number         text[]   NOT NULL DEFAULT '{3/10 minutes,5/hour,10/day}' CHECK (phone_crypt.are_send_rates(per_number)),
    per_client         text[]   NOT NULL DEFAULT '{10/hour,30/day}' CHECK (phone_crypt.are_send_rates(per_client)),
    per_account        text[]   NOT NULL DEFAULT '{10/hour,20/day}' CHECK (phone_crypt.are_send_rates(per_account)),
    per_block_1000     text[]   NOT NULL DEFAULT '{10/hour,30/day}' CHECK (phone_crypt.are_send_rates(per_block_1000)),
    per_block_10000    text[]   NOT NULL DEFAULT '{30/hour,100/day}' CHECK (phone_crypt.are_send_rates(per_block_10000)),
    per_region         text[]   NOT NULL DEFAULT '{}' CHECK (phone_crypt.are_send_rates(per_region)),
    currency           text     NOT NULL DEFAULT 'USD' CHECK (currency OPERATOR(pg_catalog.~) '^[A-Z]{3}$'),
    warn_at            numeric  NOT NULL DEFAULT 0.8
                                CHECK (warn_at OPERATOR(pg_catalog.>) 0 AND warn_at OPERATOR(pg_catalog.<=) 1),
    time_zone          text     NOT NULL DEFAULT 'UTC',
    budget_hour        numeric  CHECK (phone_crypt.is_amount(budget_hour)),
    budget_day         numeric  CHECK (phone_crypt.is_amount(budget_day)),
    budget_region_day  numeric  CHECK (phone_crypt.is_amount(budget_region_day)),
    conversion         boolean  NOT NULL DEFAULT false,
    verify_within      interval NOT NULL DEFAULT '10 minutes'
                                CHECK (verify_within OPERATOR(pg_catalog.>) '0' AND verify_within OPERATOR(pg_catalog.<=) '1 day'),
    regions_per_client integer  NOT NULL DEFAULT 3
                                CHECK (regions_per_client OPERATOR(pg_catalog.>=) 0 AND regions_per_client OPERATOR(pg_catalog.<=) 8),
    suspects           text     NOT NULL DEFAULT 'record'
                                CHECK (suspects OPERATOR(pg_catalog.=) ANY (ARRAY['record', 'warn', 'block', 'notify'])),
    require_consent    boolean  NOT NULL DEFAULT false,
    quiet_from         time,
    quiet_to           time,
    CHECK ((quiet_from IS NULL) OPERATOR(pg_catalog.=) (quiet_to IS NULL)),
    CHECK (record_only OPERATOR(pg_catalog.=) (trial_space IS NOT NULL))
);
COMMENT ON TABLE phone_crypt.send_policies IS
    'sending policies; written by phone_send_policy_set()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.send_policies', '');
CREATE TRIGGER announce_change
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phone_crypt.send_policies
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.announce_change();

CREATE CONSTRAINT TRIGGER drop_rows
    AFTER UPDATE OR DELETE ON phone_crypt.send_policies DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.drop_policy_rows('{5}');

-- Of several prices of a currency, that of the longest beginning counts.
CREATE TABLE phone_crypt.send_prices (
    -- Read by position (src/sending/prices.rs).
    prefix   text    COLLATE "C" NOT NULL CHECK (prefix OPERATOR(pg_catalog.~) '^[+]([1-9][0-9]{0,14})?$'),
    currency text    COLLATE "C" NOT NULL CHECK (currency OPERATOR(pg_catalog.~) '^[A-Z]{3}$'),
    price    numeric NOT NULL CHECK (phone_crypt.is_amount(price)),
    set_at   timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (prefix, currency)
);
COMMENT ON TABLE phone_crypt.send_prices IS
    'what a message costs, by the beginning of the number; written by phone_send_price_set()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.send_prices', '');
CREATE TRIGGER announce_change
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phone_crypt.send_prices
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.announce_change();

-- What is not given stays as it is, or is the default of the table: in an attack one thing is changed at a time. A budget of
-- infinity is none. SECURITY DEFINER here and below: whoever may administer policies need not own the tables.
CREATE FUNCTION phone_send_policy_set(
    name text, record_only boolean DEFAULT NULL, regions text[] DEFAULT NULL, denied text[] DEFAULT NULL,
    refused_types text[] DEFAULT NULL, refuse_invalid boolean DEFAULT NULL, per_number text[] DEFAULT NULL,
    per_client text[] DEFAULT NULL, per_account text[] DEFAULT NULL, per_block_1000 text[] DEFAULT NULL,
    per_block_10000 text[] DEFAULT NULL, per_region text[] DEFAULT NULL, budget_hour numeric DEFAULT NULL,
    budget_day numeric DEFAULT NULL, budget_region_day numeric DEFAULT NULL, currency text DEFAULT NULL,
    warn_at numeric DEFAULT NULL, time_zone text DEFAULT NULL, conversion boolean DEFAULT NULL,
    verify_within interval DEFAULT NULL, regions_per_client integer DEFAULT NULL, suspects text DEFAULT NULL,
    require_consent boolean DEFAULT NULL, quiet_from time DEFAULT NULL, quiet_to time DEFAULT NULL
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF name IS NULL THEN
        RAISE EXCEPTION 'name must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF name !~ '^[A-Za-z0-9_.-]{1,63}$' THEN
        RAISE EXCEPTION 'a policy''s name has 1 to 63 letters, digits, underscores, dots or hyphens'
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF currency !~ '^[A-Z]{3}$' THEN
        RAISE EXCEPTION 'a currency has three capital letters, such as USD' USING ERRCODE = 'invalid_parameter_value';
    ELSIF warn_at <= 0 OR warn_at > 1 THEN
        RAISE EXCEPTION 'warn_at is a share of the budget, above 0 and at most 1' USING ERRCODE = 'invalid_parameter_value';
    ELSIF verify_within <= interval '0' OR verify_within > interval '1 day' THEN
        RAISE EXCEPTION 'verify_within must be above 0 and at most a day' USING ERRCODE = 'invalid_parameter_value';
    ELSIF regions_per_client < 0 OR regions_per_client > 8 THEN
        RAISE EXCEPTION 'regions_per_client must be between 0 (no limit) and 8' USING ERRCODE = 'invalid_parameter_value';
    ELSIF (quiet_from IS NULL) <> (quiet_to IS NULL) THEN
        RAISE EXCEPTION 'quiet_from and quiet_to go together' USING ERRCODE = 'invalid_parameter_value';
    ELSIF suspects NOT IN ('record', 'warn', 'block', 'notify') THEN
        RAISE EXCEPTION 'suspects is one of: record, warn, block, notify' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF time_zone IS NOT NULL THEN
        PERFORM phone_crypt.check_time_zone(time_zone);
    END IF;
    INSERT INTO phone_crypt.send_policies AS p (name) VALUES (name)
        ON CONFLICT ON CONSTRAINT send_policies_pkey DO NOTHING;
    UPDATE phone_crypt.send_policies AS p
       SET record_only = coalesce(phone_send_policy_set.record_only, p.record_only),
           trial_space = CASE WHEN coalesce(phone_send_policy_set.record_only, p.record_only)
                              THEN coalesce(p.trial_space, nextval('phone_crypt.ratelimit_spaces')) END,
           regions = coalesce(phone_send_policy_set.regions, p.regions),
           denied = coalesce(phone_send_policy_set.denied, p.denied),
           refused_types = coalesce(phone_send_policy_set.refused_types, p.refused_types),
           refuse_invalid = coalesce(phone_send_policy_set.refuse_invalid, p.refuse_invalid),
           per_number = coalesce(phone_send_policy_set.per_number, p.per_number),
           per_client = coalesce(phone_send_policy_set.per_client, p.per_client),
           per_account = coalesce(phone_send_policy_set.per_account, p.per_account),
           per_block_1000 = coalesce(phone_send_policy_set.per_block_1000, p.per_block_1000),
           per_block_10000 = coalesce(phone_send_policy_set.per_block_10000, p.per_block_10000),
           per_region = coalesce(phone_send_policy_set.per_region, p.per_region),
           budget_hour = nullif(coalesce(phone_send_policy_set.budget_hour, p.budget_hour), 'infinity'),
           budget_day = nullif(coalesce(phone_send_policy_set.budget_day, p.budget_day), 'infinity'),
           budget_region_day = nullif(coalesce(phone_send_policy_set.budget_region_day, p.budget_region_day), 'infinity'),
           currency = coalesce(phone_send_policy_set.currency, p.currency),
           warn_at = coalesce(phone_send_policy_set.warn_at, p.warn_at),
           time_zone = coalesce(phone_send_policy_set.time_zone, p.time_zone),
           conversion = coalesce(phone_send_policy_set.conversion, p.conversion),
           verify_within = coalesce(phone_send_policy_set.verify_within, p.verify_within),
           regions_per_client = coalesce(phone_send_policy_set.regions_per_client, p.regions_per_client),
           suspects = coalesce(phone_send_policy_set.suspects, p.suspects),
           require_consent = coalesce(phone_send_policy_set.require_consent, p.require_consent),
           quiet_from = coalesce(phone_send_policy_set.quiet_from, p.quiet_from),
           quiet_to = coalesce(phone_send_policy_set.quiet_to, p.quiet_to)
     WHERE p.name = phone_send_policy_set.name COLLATE "C";
END;
$$;

CREATE FUNCTION phone_send_policy_drop(name text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF name IS NULL THEN
        RAISE EXCEPTION 'name must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM phone_crypt.send_policies AS p WHERE p.name = phone_send_policy_drop.name COLLATE "C";
    RETURN FOUND;
END;
$$;

-- Without a price, removes it.
CREATE FUNCTION phone_send_price_set(prefix text, price numeric, currency text DEFAULT 'USD') RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF prefix IS NULL OR currency IS NULL THEN
        RAISE EXCEPTION 'prefix and currency must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF prefix !~ '^[+]([1-9][0-9]{0,14})?$' THEN
        RAISE EXCEPTION 'a prefix is + and the first digits of numbers, such as +61; + alone is for all that have no other price'
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF currency !~ '^[A-Z]{3}$' THEN
        RAISE EXCEPTION 'a currency has three capital letters, such as USD' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF price IS NULL THEN
        DELETE FROM phone_crypt.send_prices AS p
         WHERE p.prefix = phone_send_price_set.prefix COLLATE "C" AND p.currency = phone_send_price_set.currency COLLATE "C";
        RETURN;
    END IF;
    INSERT INTO phone_crypt.send_prices AS p (prefix, currency, price) VALUES (prefix, currency, price)
        ON CONFLICT ON CONSTRAINT send_prices_pkey DO UPDATE SET price = excluded.price, set_at = now();
END;
$$;
