-- The doctor: keys and pins.

CREATE FUNCTION phone_crypt.doctor_no_key() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM phone_crypt.pinned_keys) THEN 'critical' ELSE 'warning' END,
           'this session has no key, or the source of keys cannot be used: nothing is encrypted or decrypted',
           'SELECT * FROM phone_crypt.key_status; as a superuser says what is wrong. Where there is no key yet, put what'
           ' phone_crypt_generate_key() gives into a file outside the data directory, and name it in phone_crypt.key_file.'
     WHERE NOT EXISTS (SELECT FROM phone_crypt.doctor_keys())
$$;
COMMENT ON FUNCTION phone_crypt.doctor_no_key() IS
    'finds that there is no key';

CREATE FUNCTION phone_crypt.doctor_key_source() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT f.severity, f.detail, f.remedy
      FROM phone_crypt.doctor_keys() AS k
     CROSS JOIN LATERAL (VALUES
        ('development', 'critical', 'the public development key is in use: everybody has it, and can read what it encrypts',
         'Give the server a key of its own (phone_crypt.key_file) and set phone_crypt.environment = production.'),
        ('session', 'warning', 'this session has a key of its own, which goes with it: other sessions may have another, or none',
         'RESET phone_crypt.encryption_key; and configure the key for the server (phone_crypt.key_file).'),
        ('environment', 'info', 'the key comes from the environment variable, which can be read in /proc by the server''s user'
         ' and root while the server runs',
         'Put the key into a file outside the data directory, and name it in phone_crypt.key_file.'))
       AS f (source, severity, detail, remedy)
     WHERE k.is_primary AND f.source = k.source
$$;
COMMENT ON FUNCTION phone_crypt.doctor_key_source() IS
    'finds a development key, one of this session, or one in the environment';

CREATE FUNCTION phone_crypt.doctor_key_form() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN k.is_strong THEN 'warning' ELSE 'critical' END,
           format('%s %s', CASE WHEN k.is_primary THEN 'the primary key' ELSE 'a previous key' END,
                  CASE WHEN k.is_strong THEN 'is a text and not 64 hexadecimal digits: it may be a passphrase, which can be guessed'
                       ELSE 'is a known or a trivial one, which production refuses' END),
           CASE WHEN k.is_primary
                THEN 'Make a random key with phone_crypt_generate_key(), and change to it: docs/rotation.md.'
                ELSE 'Re-encrypt what is under it: CALL phone_rotate_all(); then remove it from the configuration.' END
      FROM phone_crypt.doctor_keys() AS k
     WHERE k.source <> 'development' AND NOT (k.is_hex AND k.is_strong)
$$;
COMMENT ON FUNCTION phone_crypt.doctor_key_form() IS
    'finds keys that are no 32 random bytes';

CREATE FUNCTION phone_crypt.doctor_key_file_place() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'critical', 'everybody on the machine may read the key file; new sessions refuse it',
           'chmod 600 the file of phone_crypt.key_file, and change the key: it must be taken for known.'
      FROM phone_crypt.doctor_key_file() AS f WHERE f.is_world_readable
    UNION ALL
    SELECT 'critical', 'the key file is in the data directory: every base backup holds the key beside the data',
           'Move the file out of the data directory, change phone_crypt.key_file, and SELECT pg_reload_conf();'
      FROM phone_crypt.doctor_key_file() AS f WHERE f.is_in_data_directory
$$;
COMMENT ON FUNCTION phone_crypt.doctor_key_file_place() IS
    'finds a key file that everybody may read, or that is in the data directory';

CREATE FUNCTION phone_crypt.doctor_key_in_configuration() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'critical',
           'a key stands in a configuration file within the data directory: every base backup holds the key beside the data',
           'Put it into a file outside the data directory, and name it in phone_crypt.key_file. Then take it out of '
           || CASE WHEN bool_or(f.sourcefile LIKE '%/postgresql.auto.conf')
                   THEN 'the configuration: ALTER SYSTEM RESET phone_crypt.encryption_key; ALTER SYSTEM RESET phone_crypt.previous_keys;'
                   ELSE 'the file.' END
      FROM pg_file_settings AS f
     WHERE lower(f.name) IN ('phone_crypt.encryption_key', 'phone_crypt.previous_keys') AND f.setting <> ''
       AND starts_with(f.sourcefile, current_setting('data_directory') || '/')
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION phone_crypt.doctor_key_in_configuration() IS
    'finds a key in a configuration file within the data directory';

CREATE FUNCTION phone_crypt.doctor_pins() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', 'this database is not pinned to its keys: a server with another key would look up nothing, and write'
           ' what the right one cannot read',
           'SELECT * FROM phone_crypt_pin_keys();'
     WHERE NOT EXISTS (SELECT FROM phone_crypt.pinned_keys)
    UNION ALL
    SELECT 'warning', 'the default regions are not pinned: a server with others would read numbers without + as other numbers',
           'SELECT * FROM phone_crypt_pin_keys();'
     WHERE EXISTS (SELECT FROM phone_crypt.pinned_keys AS p WHERE p.role = 'hash' AND p.default_regions IS NULL)
    UNION ALL
    SELECT 'critical', format('this session reads numbers without + in the regions %s, and the database is pinned to %s',
                              coalesce(nullif(phone_crypt.configured_regions(), ''), 'none'), coalesce(nullif(p.default_regions, ''), 'none')),
           format('ALTER DATABASE %I SET phone_crypt.default_regions = %L;', current_database(), p.default_regions)
      FROM phone_crypt.pinned_keys AS p
     WHERE p.role = 'hash' AND p.default_regions <> phone_crypt.configured_regions()
$$;
COMMENT ON FUNCTION phone_crypt.doctor_pins() IS
    'finds a database that is not pinned, or pinned to other default regions';

CREATE FUNCTION phone_crypt.doctor_pinned_keys() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'critical', format('this database is pinned to key %s, which this session does not have: nothing can be read or written',
                              p.key_id),
           'Configure that key again. SELECT * FROM phone_crypt.key_status; shows the ones there are.'
      FROM (SELECT DISTINCT k.key_id, k.fingerprint FROM phone_crypt.pinned_keys AS k) AS p
     WHERE EXISTS (SELECT FROM phone_crypt.doctor_keys())
       AND NOT EXISTS (SELECT FROM phone_crypt.configured_keys() AS c WHERE c.fingerprint = p.fingerprint)
$$;
COMMENT ON FUNCTION phone_crypt.doctor_pinned_keys() IS
    'finds pinned keys that are gone';
-- On purpose, perhaps: but what is copied from one to the other cannot be read there, or is not found. Only databases in which
-- somebody has needed a key since the server was started are known here.
CREATE FUNCTION phone_crypt.doctor_other_pins_differ() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'info', format('database %I is pinned to other %s than this one: do not copy encrypted numbers or hashes between them',
                          d.datname, string_agg(p.what, ' and ' ORDER BY p.what COLLATE "C")),
           'If it was not meant: SELECT * FROM phone_crypt.keys; in each, and docs/rotation.md.'
      FROM (SELECT o.database, CASE o.role WHEN 'hash' THEN format('hash keys (%s)', o.key_id) ELSE format('keys (%s)', o.key_id) END AS what
              FROM phone_crypt.doctor_other_pins() AS o
             WHERE o.role IN ('primary', 'hash') AND EXISTS (SELECT FROM phone_crypt.pinned_keys)
               AND NOT EXISTS (SELECT FROM phone_crypt.pinned_keys AS k
                                WHERE k.fingerprint = o.fingerprint AND (o.role <> 'hash' OR k.role = 'hash'))
            UNION ALL
            SELECT o.database, format('regions (%s)', coalesce(nullif(o.default_regions, ''), 'none'))
              FROM phone_crypt.doctor_other_pins() AS o
              JOIN phone_crypt.pinned_keys AS k ON k.role = 'hash' AND o.role = 'hash' AND k.default_regions <> o.default_regions) AS p
      JOIN pg_database AS d ON d.oid = p.database
     GROUP BY d.datname ORDER BY d.datname LIMIT 20
$$;
COMMENT ON FUNCTION phone_crypt.doctor_other_pins_differ() IS
    'finds other databases of this server that are pinned to other keys or regions';

-- Also in a database that was restored into a server with a newer library.
CREATE FUNCTION phone_crypt.doctor_metadata() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'info', format('this database was pinned with the numbering plans of libphonenumber %s, and the library has those of %s: a few'
                          ' numbers in a hundred thousand are read otherwise now', p.metadata_version, phone_crypt.metadata_version()),
           'See in CHANGELOG.md whether regions of yours have changed. SELECT * FROM phone_crypt_pin_keys(); takes note of the new ones.'
      FROM phone_crypt.pinned_keys AS p
     WHERE p.role = 'hash' AND p.metadata_version <> phone_crypt.metadata_version()
$$;
COMMENT ON FUNCTION phone_crypt.doctor_metadata() IS
    'finds numbering plans that are others than when the database was pinned';
COMMENT ON FUNCTION phone_crypt.doctor_other_pins() IS
    'what other databases are pinned to, as far as the server knows';
COMMENT ON FUNCTION phone_crypt.doctor_keys() IS
    'the keys of this session, without their ids: where from, and of what form';
COMMENT ON FUNCTION phone_crypt.doctor_key_file() IS
    'whether everybody may read the key file, and whether it is in the data directory';
