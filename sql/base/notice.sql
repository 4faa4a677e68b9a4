-- Whoever creates the extension should know what numbers without + will mean, before any is stored.
DO $$
DECLARE
    level pg_catalog.text := pg_catalog.current_setting('client_min_messages');
    regions pg_catalog.text := phone_crypt.configured_regions();
BEGIN
    -- CREATE EXTENSION lets nothing below a warning through. Whoever wants errors only is not told.
    IF level OPERATOR(pg_catalog.=) 'warning' THEN
        PERFORM pg_catalog.set_config('client_min_messages', 'notice', true);
    END IF;
    RAISE NOTICE 'phone_crypt reads phone numbers without + in these regions: %',
        CASE WHEN regions OPERATOR(pg_catalog.=) '' THEN 'none' ELSE regions END
        USING HINT = pg_catalog.format(
            'For others, before numbers are stored: ALTER DATABASE %I SET phone_crypt.default_regions = ''GB,IE'';',
            pg_catalog.current_database());
    PERFORM pg_catalog.set_config('client_min_messages', level, true);
END;
$$;
