-- The doctor: numbers and addresses that are not encrypted, and columns of the data types. What columns hold is seen in what ANALYZE
-- remembers, and in a few rows; src/doctor/columns.rs reads both, without running anything of the table's owner.

-- Columns of text of users' tables, the largest tables first. A domain counts as what is below it.
CREATE FUNCTION phone_crypt.doctor_text_columns(most integer) RETURNS TABLE (relation oid, number smallint, name name)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.oid, a.attnum, a.attname
      FROM pg_class AS c
      JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type AS t ON t.oid = a.atttypid
     WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
       AND c.relnamespace <> ALL ('{pg_catalog,information_schema,phone_crypt}'::regnamespace[])
       AND (t.oid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype)
            OR t.typtype = 'd' AND t.typcategory = 'S')
       -- A conversion that is not finished is a finding of its own: of the table, where this is a partition.
       AND NOT EXISTS (SELECT FROM phone_crypt.conversions AS v
                        WHERE v.relation = CASE WHEN c.relispartition THEN pg_partition_root(c.oid) ELSE c.oid END
                          AND v.plain_column = a.attname)
     ORDER BY c.relpages DESC, c.oid, a.attnum
     LIMIT most
$$;
COMMENT ON FUNCTION phone_crypt.doctor_text_columns(integer) IS
    'columns of text of users'' tables, the largest tables first';

-- What holds numbers, by statistics or rows. "Looks like" is: three values at least, and half of those that were looked at.
CREATE FUNCTION phone_crypt.doctor_plain_numbers() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH text_column AS MATERIALIZED (
        SELECT * FROM phone_crypt.doctor_text_columns(5000)
    ), remembered AS MATERIALIZED (
        SELECT c.relation, c.number, c.name, s.looked_at, s.phones, s.unauthenticated
          FROM text_column AS c CROSS JOIN LATERAL phone_crypt.doctor_statistics(c.relation, c.number) AS s
    ), suspect AS (
        -- What was never analyzed is looked at itself; and so is what the statistics say, which may be old.
        SELECT r.relation, r.number, r.name, true AS is_remembered FROM remembered AS r
         WHERE greatest(r.phones, r.unauthenticated) >= 3 AND 2 * greatest(r.phones, r.unauthenticated) >= r.looked_at
        UNION ALL
        SELECT c.relation, c.number, c.name, false FROM text_column AS c
         WHERE NOT EXISTS (SELECT FROM remembered AS r WHERE r.relation = c.relation AND r.number = c.number)
    ), looked AS MATERIALIZED (
        SELECT s.relation, s.number, s.name, s.is_remembered, r.looked_at, r.phones, r.unauthenticated
          FROM (SELECT * FROM suspect AS u ORDER BY u.is_remembered DESC LIMIT 200) AS s
          LEFT JOIN LATERAL phone_crypt.doctor_rows(s.relation, s.number) AS r ON true
    ), judged AS (
        SELECT l.*, coalesce(CASE WHEN l.relation IN (SELECT p.inhrelid FROM pg_inherits AS p) THEN pg_partition_root(l.relation) END,
                             l.relation::regclass) AS root,
               CASE WHEN l.phones >= 3 AND 2 * l.phones >= l.looked_at THEN 'plain'
                    WHEN l.unauthenticated >= 3 AND 2 * l.unauthenticated >= l.looked_at THEN 'unauthenticated'
                    -- Locked, just now: then the statistics are believed.
                    WHEN l.is_remembered AND l.looked_at IS NULL THEN 'plain'
                    WHEN l.is_remembered AND r.phones >= 3 AND l.looked_at > 0 AND l.phones = 0 THEN 'old statistics' END AS verdict
          FROM looked AS l LEFT JOIN remembered AS r ON r.relation = l.relation AND r.number = l.number
    ), found AS (
        SELECT j.root, j.name, j.verdict, sum(j.looked_at) AS looked_at, sum(j.phones) AS phones,
               sum(j.unauthenticated) AS unauthenticated,
               (SELECT min(e.column_name) FROM phone_crypt.encrypted_columns AS e WHERE e.relation = j.root) AS beside,
               row_number() OVER (ORDER BY j.root::text COLLATE "C", j.name) AS place
          FROM judged AS j WHERE j.verdict IS NOT NULL GROUP BY j.root, j.name, j.verdict
    )
    SELECT 'warning',
           CASE f.verdict
               WHEN 'plain' THEN format('column %I of %s has phone numbers as plain text%s%s', f.name, f.root,
                                        ': ' || f.phones || ' of the ' || f.looked_at || ' values that were looked at',
                                        ', beside the encrypted column ' || quote_ident(f.beside))
               WHEN 'unauthenticated' THEN format('column %I of %s has values without authentication: %s of the %s that were looked at',
                                                  f.name, f.root, f.unauthenticated, f.looked_at)
               ELSE format('the statistics of column %I of %s still have plain numbers, which its rows have not', f.name, f.root) END,
           CASE f.verdict
               WHEN 'plain' THEN format('SELECT * FROM phone_check_column(%L, %L); then CALL phone_encrypt_column(%L, %L);',
                                        f.root, f.name, f.root, f.name)
               WHEN 'unauthenticated' THEN format('CALL phone_import_legacy_column(%L, %L, ...); docs/migration.md', f.root, f.name)
               ELSE format('ANALYZE %s;', f.root) END
      FROM found AS f WHERE f.place <= 20
    UNION ALL
    SELECT 'warning', format('%s more like these', count(*)), 'See to those above, and ask again.'
      FROM found AS f WHERE f.place > 20 HAVING count(*) > 0
    UNION ALL
    SELECT 'info', 'only the 5,000 columns of the largest tables were looked at for plain numbers',
           'SELECT * FROM phone_check_column(''table'', ''column''); looks at a whole column.'
      FROM text_column HAVING count(*) = 5000
$$;
COMMENT ON FUNCTION phone_crypt.doctor_plain_numbers() IS
    'finds columns of text with phone numbers or unauthenticated values, and statistics that still have numbers';

-- E-mail addresses, found as numbers are. Many an application means to keep them as text, so this is no warning.
CREATE FUNCTION phone_crypt.doctor_plain_addresses() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH remembered AS MATERIALIZED (
        SELECT c.relation, c.number, c.name, s.looked_at, s.addresses
          FROM phone_crypt.doctor_text_columns(5000) AS c
          LEFT JOIN LATERAL phone_crypt.doctor_statistics(c.relation, c.number) AS s ON true
    ), looked AS MATERIALIZED (
        -- What was never analyzed is looked at itself; and so is what the statistics say, which may be old. Where the table is
        -- locked just now, they are believed.
        SELECT s.relation, s.name, coalesce(r.looked_at, s.looked_at) AS looked_at, coalesce(r.addresses, s.addresses) AS addresses
          FROM (SELECT * FROM remembered AS m
                 WHERE m.looked_at IS NULL OR m.addresses >= 3 AND 2 * m.addresses >= m.looked_at
                 ORDER BY m.looked_at IS NULL LIMIT 200) AS s
          LEFT JOIN LATERAL phone_crypt.doctor_rows(s.relation, s.number) AS r ON true
    ), found AS (
        SELECT l.name, sum(l.looked_at) AS looked_at, sum(l.addresses) AS addresses,
               coalesce(CASE WHEN l.relation IN (SELECT p.inhrelid FROM pg_inherits AS p) THEN pg_partition_root(l.relation) END,
                        l.relation::regclass) AS root
          FROM looked AS l WHERE l.addresses >= 3 AND 2 * l.addresses >= l.looked_at
         GROUP BY root, l.name
    )
    SELECT 'info', format('column %I of %s has e-mail addresses as plain text: %s of the %s values that were looked at',
                          f.name, f.root, f.addresses, f.looked_at),
           format('To encrypt them: CALL phone_encrypt_column(%L, %L, type => ''encrypted_email'');', f.root, f.name)
      FROM found AS f ORDER BY f.root::text COLLATE "C", f.name LIMIT 20
$$;
COMMENT ON FUNCTION phone_crypt.doctor_plain_addresses() IS
    'finds columns of text with e-mail addresses';

-- Numbers that are no texts of their own. Statistics only. Many an id has as many digits as a number, so of integers nearly all must
-- be valid numbers.
CREATE FUNCTION phone_crypt.doctor_other_types() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH other AS MATERIALIZED (
        SELECT c.oid AS relation, a.attnum, a.attname, a.atttypid,
               a.atttypid IN ('int8'::regtype, 'numeric'::regtype) AS is_integer
          FROM pg_class AS c
          JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
           AND c.relnamespace <> ALL ('{pg_catalog,information_schema,phone_crypt}'::regnamespace[])
           AND a.atttypid IN ('int8'::regtype, 'numeric'::regtype, 'jsonb'::regtype, 'text[]'::regtype, 'varchar[]'::regtype)
         ORDER BY c.relpages DESC, c.oid, a.attnum LIMIT 2000
    ), found AS (
        SELECT o.attname, o.atttypid, o.is_integer, sum(s.looked_at) AS looked_at, sum(s.phones) AS phones,
               coalesce(CASE WHEN o.relation IN (SELECT p.inhrelid FROM pg_inherits AS p) THEN pg_partition_root(o.relation) END,
                        o.relation::regclass) AS root
          FROM other AS o CROSS JOIN LATERAL phone_crypt.doctor_other_statistics(o.relation, o.attnum) AS s
         WHERE CASE WHEN o.is_integer THEN s.phones >= 10 AND 10 * s.phones >= 9 * s.looked_at
                    ELSE s.phones >= 3 AND 2 * s.phones >= s.looked_at END
         GROUP BY root, o.attname, o.atttypid, o.is_integer
    )
    SELECT CASE WHEN f.is_integer THEN 'info' ELSE 'warning' END,
           format('column %I of %s (%s) %s phone numbers: %s of the %s values that were looked at', f.attname, f.root,
                  format_type(f.atttypid, NULL), CASE WHEN f.is_integer THEN 'has what may be' ELSE 'has' END, f.phones, f.looked_at),
           'Put each number into a column of text of its own, and encrypt that: docs/migration.md.'
      FROM found AS f ORDER BY f.root::text COLLATE "C", f.attname LIMIT 20
$$;
COMMENT ON FUNCTION phone_crypt.doctor_other_types() IS
    'finds columns of integers, jsonb and arrays that have phone numbers, by their statistics';

-- An index over phone_normalize(plain) has the numbers, and so have its statistics.
CREATE FUNCTION phone_crypt.doctor_indexed_numbers() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('index %s of %s is over an expression that gives phone numbers as plain text', i.indexrelid::regclass, i.indrelid::regclass),
           format('DROP INDEX %s; when the column it reads is encrypted.', i.indexrelid::regclass)
      FROM (SELECT x.indexrelid, x.indrelid, a.attnum
              FROM pg_index AS x JOIN pg_attribute AS a ON a.attrelid = x.indexrelid
             WHERE x.indexprs IS NOT NULL AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype)
             ORDER BY x.indexrelid LIMIT 1000) AS i
     CROSS JOIN LATERAL phone_crypt.doctor_statistics(i.indexrelid, i.attnum) AS s
     WHERE s.phones >= 3 AND 2 * s.phones >= s.looked_at
$$;
COMMENT ON FUNCTION phone_crypt.doctor_indexed_numbers() IS
    'finds indexes over expressions that give phone numbers';

CREATE FUNCTION phone_crypt.doctor_columns() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'info', format('%s no policy, so %s() leaves it alone: %s',
                          phone_crypt.counted(count(*), format('column of type %s has', e.type), format('columns of type %s have', e.type)),
                          CASE e.type WHEN 'encrypted_email' THEN 'email_forget' ELSE 'phone_forget' END,
                          phone_crypt.some_of(array_agg(e.title ORDER BY e.title COLLATE "C"))),
           'SELECT phone_column_policy(''table'', ''column'', on_forget => ''null'');'
      FROM (SELECT format('%s.%I', c.relation, c.column_name) AS title, t.typname::text AS type FROM phone_crypt.encrypted_columns AS c
              JOIN pg_class AS r ON r.oid = c.relation AND NOT r.relispartition
              JOIN pg_type AS t ON t.oid = c.data_type
             WHERE c.on_forget IS NULL) AS e
     GROUP BY e.type
    UNION ALL
    SELECT 'warning', format('%I of %s is not unique, and the plain column %I is', v.encrypted_column, v.relation, v.plain_column),
           format('CREATE UNIQUE INDEX CONCURRENTLY ON %s (%I);', v.relation, v.encrypted_column)
      FROM phone_crypt.conversions AS v
     WHERE v.state = 'swapped'
       AND EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = v.relation AND i.indisunique AND i.indnkeyatts = 1
                      AND i.indkey[0] = v.plain_number AND i.indpred IS NULL)
       AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = v.relation AND i.indisunique AND i.indnkeyatts = 1
                          AND i.indkey[0] = v.encrypted_number AND i.indpred IS NULL AND i.indisvalid)
$$;
COMMENT ON FUNCTION phone_crypt.doctor_columns() IS
    'finds columns of the data types without a policy, or without the unique index that the plain one has';

-- Of each column a few values, from the beginning and the end of the table: enough to find what nobody can read, not enough
-- to say that a key is needed no longer.
CREATE FUNCTION phone_crypt.doctor_keys_of_values() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH configured AS (
        SELECT c.key_id, c.roles FROM phone_crypt.configured_keys() AS c WHERE EXISTS (SELECT FROM phone_crypt.doctor_keys())
    ), seen AS MATERIALIZED (
        SELECT format('%s.%I', c.oid::regclass, a.attname) AS title, k.key_id, k.hash_key_id
          FROM (SELECT c.oid, a.attnum FROM phone_crypt.types_of_values() AS h
                  JOIN pg_attribute AS a ON a.atttypid = h.type AND a.attnum > 0 AND NOT a.attisdropped
                  JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
                 WHERE NOT h.is_array AND NOT h.is_nested AND c.relnamespace <> 'phone_crypt'::regnamespace
                 ORDER BY c.relpages DESC LIMIT 500) AS c
          JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = c.attnum
         CROSS JOIN LATERAL phone_crypt.doctor_keys_of_rows(c.oid, c.attnum) AS k
        UNION ALL
        SELECT 'phone_crypt.webhook_secrets', w.key_id, NULL FROM phone_crypt.webhook_secret_keys() AS w
    )
    SELECT 'critical', format('%s has values under key %s, which this session does not have: they cannot be read or found', g.title, g.key_id),
           'Add that key to the configuration, as a previous one. SELECT * FROM phone_column_keys(); counts.'
      FROM (SELECT s.title, u.key_id FROM seen AS s CROSS JOIN LATERAL (VALUES (s.key_id), (s.hash_key_id)) AS u (key_id)
             WHERE u.key_id IS NOT NULL AND EXISTS (SELECT FROM configured)
            EXCEPT SELECT s.title, c.key_id FROM seen AS s, configured AS c) AS g
    UNION ALL
    SELECT 'info', format('%s still needed, for values in %s', phone_crypt.counted(count(DISTINCT n.key_id), 'previous key is', 'previous keys are'),
                          phone_crypt.some_of(array_agg(DISTINCT format('%s (%s)', n.title, n.key_id)))),
           'CALL phone_rotate_all(); re-encrypts them, CALL phone_rotate_hash_key(); changes the hash key: docs/rotation.md.'
      FROM (SELECT s.title, c.key_id FROM configured AS c JOIN seen AS s ON c.key_id IN (s.key_id, s.hash_key_id)
             WHERE 'previous' = ANY (c.roles)) AS n
    HAVING count(*) > 0
    UNION ALL
    SELECT 'info', format('%s perhaps no longer needed: no value was seen under %s',
                          phone_crypt.counted(count(*), 'previous key is', 'previous keys are'),
                          string_agg(c.key_id, ', ' ORDER BY c.key_id)),
           'SELECT * FROM phone_column_keys(); counts all values. Keys that are in none, nor in texts of phone_encrypt() or backups, may go.'
      FROM configured AS c
     WHERE c.roles = '{previous}' AND NOT EXISTS (SELECT FROM seen AS s WHERE c.key_id IN (s.key_id, s.hash_key_id))
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION phone_crypt.doctor_keys_of_values() IS
    'finds values under keys that are gone, and previous keys that are still or no longer needed';

CREATE FUNCTION phone_crypt.doctor_regions() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('most of the last messages went to numbers of %s, and numbers without + are read as ones of %s, the default',
                             r.region, phone_crypt.configured_regions()),
           format('If people type numbers of %s without +: ALTER DATABASE %I SET phone_crypt.default_regions = %L; before any are stored,'
                  ' else docs/numbers.md.', r.region, current_database(), r.region)
      FROM (SELECT s.region, sum(s.decisions) AS decisions, sum(sum(s.decisions)) OVER () AS of_all
              FROM (SELECT * FROM phone_crypt.send_records AS s WHERE s.region IS NOT NULL ORDER BY s.last_at DESC LIMIT 10000) AS s
             GROUP BY s.region) AS r
     WHERE 2 * r.decisions > r.of_all AND r.of_all >= 100
       AND (SELECT s.source FROM pg_settings AS s WHERE s.name = 'phone_crypt.default_regions') = 'default'
       AND r.region <> ALL (string_to_array(phone_crypt.configured_regions(), ','))
$$;
COMMENT ON FUNCTION phone_crypt.doctor_regions() IS
    'finds default regions that were left as they are although most messages go elsewhere';
COMMENT ON FUNCTION phone_crypt.doctor_statistics(oid, smallint) IS
    'how many of the texts that the statistics of a column remember are phone numbers, unauthenticated values or e-mail addresses';
COMMENT ON FUNCTION phone_crypt.doctor_other_statistics(oid, smallint) IS
    'how many of the integers, documents or elements of arrays that the statistics of a column remember are or have phone numbers';
COMMENT ON FUNCTION phone_crypt.doctor_rows(oid, smallint) IS
    'how many of some texts of a column are phone numbers, unauthenticated values or e-mail addresses';
COMMENT ON FUNCTION phone_crypt.doctor_keys_of_rows(oid, smallint) IS
    'under which keys some values of a column are';
