-- The doctor: the library and the machine.

CREATE FUNCTION phone_crypt.doctor_preload() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning',
           'phone_crypt is not in shared_preload_libraries: rate limits are part of the caller''s transaction, the audit log'
           ' loses what a ROLLBACK takes back, and nothing is done in the background',
           'Add phone_crypt to shared_preload_libraries in postgresql.conf, and restart the server.'
      FROM phone_crypt.doctor_server() AS s WHERE NOT s.is_preloaded
$$;
COMMENT ON FUNCTION phone_crypt.doctor_preload() IS
    'finds a library that is not preloaded';

CREATE FUNCTION phone_crypt.doctor_version() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('the library is version %s, the functions in this database are of version %s', s.version, e.extversion),
           CASE WHEN string_to_array(s.version, '.')::int[] < string_to_array(e.extversion, '.')::int[]
                THEN 'Install the newer library on the server, and restart it.'
                ELSE 'ALTER EXTENSION phone_crypt UPDATE;' END
      FROM phone_crypt.doctor_server() AS s, pg_extension AS e
     WHERE e.extname = 'phone_crypt' AND e.extversion <> s.version
       AND e.extversion ~ '^\d{1,4}(\.\d{1,4})*$'
$$;
COMMENT ON FUNCTION phone_crypt.doctor_version() IS
    'finds a library of another version than the functions';

CREATE FUNCTION phone_crypt.doctor_core_files() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', 'a crash leaves a core file, with keys and numbers that were in memory',
           'Start the server with core files off: "ulimit -c 0" before pg_ctl, or LimitCORE=0 in its systemd unit.'
      FROM phone_crypt.doctor_server() AS s WHERE s.has_core_files
$$;
COMMENT ON FUNCTION phone_crypt.doctor_core_files() IS
    'finds core files that are on';

CREATE FUNCTION phone_crypt.doctor_swap() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'info', 'the machine has swap space, where keys and numbers that are in memory can come to lie',
           'Encrypt the swap space (with a random key at each boot), or switch it off: swapoff -a'
      FROM phone_crypt.doctor_server() AS s WHERE s.has_swap
$$;
COMMENT ON FUNCTION phone_crypt.doctor_swap() IS
    'finds swap space';

CREATE FUNCTION phone_crypt.doctor_checksums() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', 'data checksums are off: damage on disk is found when a value no longer decrypts',
           'Stop the server; pg_checksums --enable -D ' || quote_literal(current_setting('data_directory')) || '; start it.'
     WHERE current_setting('data_checksums') = 'off'
$$;
COMMENT ON FUNCTION phone_crypt.doctor_checksums() IS
    'finds data checksums that are off';
COMMENT ON FUNCTION phone_crypt.doctor_server() IS
    'what the doctor needs to know of the library and the machine';
