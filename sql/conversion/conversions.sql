-- Conversions under way. Nothing is registered: a conversion is known by its triggers, which follow when the table or a
-- column is renamed, and go into dumps. One trigger, which never fires, names the two columns; one does the work.

CREATE VIEW phone_crypt.conversions AS
    SELECT m.tgrelid::regclass AS relation,
           p.attname AS plain_column, p.attnum AS plain_number,
           e.attname AS encrypted_column, e.attnum AS encrypted_number,
           CASE WHEN pg_catalog.split_part(w.work, '_', 1) OPERATOR(pg_catalog.=) 'clear' THEN 'swapped'
                WHEN pg_catalog.split_part(w.work, '_', 1) OPERATOR(pg_catalog.=) ANY (ARRAY['fill', 'read']) THEN 'filling'
                ELSE 'prepared' END AS state,
           m.tgname AS marker, m.id, w.tgname AS trigger, w.oid AS trigger_oid, w.work,
           coalesce(m.source, 'text') AS source
      FROM (SELECT *, phone_crypt.trigger_argument(t.tgargs, 1) AS id, phone_crypt.trigger_argument(t.tgargs, 3) AS source
              FROM pg_catalog.pg_trigger AS t) AS m
      JOIN pg_catalog.pg_attribute AS p ON p.attrelid OPERATOR(pg_catalog.=) m.tgrelid
                                       AND p.attnum OPERATOR(pg_catalog.=) m.tgattr[0]
      JOIN pg_catalog.pg_attribute AS e ON e.attrelid OPERATOR(pg_catalog.=) m.tgrelid
                                       AND e.attnum OPERATOR(pg_catalog.=) m.tgattr[1]
      LEFT JOIN (SELECT t.oid, t.tgname, t.tgrelid, t.tgfoid, phone_crypt.trigger_argument(t.tgargs, 1) AS id,
                        phone_crypt.trigger_argument(t.tgargs, 2) AS work
                   FROM pg_catalog.pg_trigger AS t WHERE t.tgattr[0] IS NULL) AS w
        ON w.tgrelid OPERATOR(pg_catalog.=) m.tgrelid AND w.tgfoid OPERATOR(pg_catalog.=) m.tgfoid
       AND w.id OPERATOR(pg_catalog.=) m.id
     -- Partitions have copies.
     WHERE m.tgfoid OPERATOR(pg_catalog.=) 'phone_crypt.convert_row()'::regprocedure
       AND m.tgparentid OPERATOR(pg_catalog.=) 0::oid;
COMMENT ON VIEW phone_crypt.conversions IS
    'columns on their way to encrypted_phone or encrypted_email: prepared, filling, or swapped and what they were not yet dropped';

-- The conversion of a column, by the name that the application knows it by.
CREATE FUNCTION phone_crypt.conversion(relation regclass, column_name text) RETURNS phone_crypt.conversions
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found phone_crypt.conversions;
BEGIN
    SELECT * INTO found FROM phone_crypt.conversions AS c
     WHERE c.relation = conversion.relation
       AND conversion.column_name = CASE c.state WHEN 'swapped' THEN c.encrypted_column ELSE c.plain_column END
     LIMIT 1;
    RETURN found;
END;
$$;
COMMENT ON FUNCTION phone_crypt.conversion(regclass, text) IS
    'the conversion of a column; NULL where there is none';

-- NULL for what is no interval: a label that somebody has written past its check must not be in the way of the others.
CREATE FUNCTION phone_crypt.try_interval(text) RETURNS interval
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN $1::interval;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION phone_crypt.try_interval(text) IS
    'an interval; NULL for what is none';

-- Every column of the data types, or of a domain made of one, but for the extension's own tables (sql/consent), which are
-- changed by functions of their own. The policy is a security label of the column, as
-- phone_column_policy() writes it.
CREATE VIEW phone_crypt.encrypted_columns AS
    SELECT a.attrelid::regclass AS relation, a.attname AS column_name,
           EXISTS (SELECT FROM pg_catalog.pg_index AS i
                    WHERE i.indrelid OPERATOR(pg_catalog.=) a.attrelid AND i.indisunique AND i.indisvalid
                      AND i.indnkeyatts OPERATOR(pg_catalog.=) 1 AND i.indpred IS NULL
                      AND i.indkey[0] OPERATOR(pg_catalog.=) a.attnum) AS is_unique,
           a.attnotnull AS is_not_null,
           c.plain_column, c.state AS conversion,
           p.words[1] AS on_forget, phone_crypt.try_interval(p.words[2]) AS retention, p.words[3] AS retention_column,
           h.data_type
      FROM pg_catalog.pg_attribute AS a
      JOIN pg_catalog.pg_class AS r ON r.oid OPERATOR(pg_catalog.=) a.attrelid
      JOIN phone_crypt.types_of_values() AS h ON h.type OPERATOR(pg_catalog.=) a.atttypid AND NOT h.is_array AND NOT h.is_nested
      LEFT JOIN phone_crypt.conversions AS c ON c.relation OPERATOR(pg_catalog.=) a.attrelid
                                            AND c.encrypted_number OPERATOR(pg_catalog.=) a.attnum
      LEFT JOIN pg_catalog.pg_seclabel AS l ON l.objoid OPERATOR(pg_catalog.=) a.attrelid
                                           AND l.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass
                                           AND l.objsubid OPERATOR(pg_catalog.=) a.attnum
                                           AND l.provider OPERATOR(pg_catalog.=) 'phone_crypt'
     CROSS JOIN LATERAL (SELECT pg_catalog.regexp_match(l.label,
                   '^on_forget=(null|delete)(?:, retention=([^,]*), retention_column=(.+))?$') AS words) AS p
     WHERE r.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,m,f}') AND a.attnum OPERATOR(pg_catalog.>) 0
       AND NOT a.attisdropped
       AND r.relnamespace OPERATOR(pg_catalog.<>) 'phone_crypt'::regnamespace
       -- What holds the same under another hash key goes with its column.
       AND NOT EXISTS (SELECT FROM phone_crypt.hash_rotations AS n
                        WHERE n.relation OPERATOR(pg_catalog.=) a.attrelid
                          AND n.next_number OPERATOR(pg_catalog.=) a.attnum);
COMMENT ON VIEW phone_crypt.encrypted_columns IS
    'every column of type encrypted_phone or encrypted_email, its policy, and what is left of its conversion';
