-- What is found out of a column's rows before it is converted, and what is refused then.

-- How many rows have a number or an address that another row has, however it is written, under a unique index.
CREATE FUNCTION phone_crypt.count_repeated(relation regclass, column_name text, data_type text DEFAULT 'encrypted_phone')
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    -- A sort takes the same memory for any number of rows.
    SET enable_hashagg = off
AS $$
DECLARE
    unique_index record;
    repeated bigint;
    most bigint := 0;
BEGIN
    FOR unique_index IN
        SELECT ARRAY(SELECT b.attname::text FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS k (number)
                       JOIN pg_attribute AS b ON b.attrelid = relation AND b.attnum = k.number
                      WHERE b.attnum <> a.attnum) AS others
          FROM pg_attribute AS a, phone_crypt.carried_indexes(relation, a.attnum) AS c
          JOIN pg_index AS i ON i.indexrelid = c.index
         WHERE a.attrelid = relation AND a.attname = column_name AND c.is_unique
           AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
    LOOP
        SELECT coalesce(sum(n.count - 1), 0) INTO repeated
          FROM (SELECT count(*) AS count
                  FROM phone_crypt.read_as_owner(relation, ARRAY[column_name] || unique_index.others) AS r
                 CROSS JOIN LATERAL (SELECT CASE WHEN data_type = 'encrypted_phone' THEN @extschema@.phone_try_normalize(r.columns[1])
                                                 WHEN @extschema@.email_is_valid(r.columns[1])
                                                 THEN @extschema@.email_normalize(r.columns[1]) END) AS one (number)
                 WHERE number IS NOT NULL AND array_position(r.columns, NULL) IS NULL
                 GROUP BY number, r.columns[2:]) AS n;
        most := greatest(most, repeated);
    END LOOP;
    RETURN most;
END;
$$;
COMMENT ON FUNCTION phone_crypt.count_repeated(regclass, text, text) IS
    'how many rows repeat the number or address of another row under a unique index';

-- What cannot be plain text that somebody has written: it would be encrypted twice.
CREATE FUNCTION phone_crypt.count_encrypted_texts(relation regclass, column_name text, data_type text DEFAULT 'encrypted_phone')
    RETURNS bigint
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT phone_crypt.count_as_owner(relation, format(
        't.%1$I::pg_catalog.text OPERATOR(pg_catalog.~) %2$L OR t.%1$I::pg_catalog.text OPERATOR(pg_catalog.~) %3$L',
        column_name, CASE data_type WHEN 'encrypted_email' THEN '^(ee:|ep:[a-p]{45,}$)' ELSE '^(ep:|ee:[a-p]{45,}$)' END,
        '^[0-9a-fA-F]{32}:[0-9a-fA-F]+$'))
$$;
COMMENT ON FUNCTION phone_crypt.count_encrypted_texts(regclass, text, text) IS
    'how many rows have an encrypted value in a column of plain text';

-- Text that is too long for an index once it is encrypted: it does not compress any more.
CREATE FUNCTION phone_crypt.count_long_texts(relation regclass, column_name text) RETURNS bigint
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM pg_attribute AS a, phone_crypt.carried_indexes(relation, a.attnum)
                              WHERE a.attrelid = relation AND a.attname = column_name)
           THEN phone_crypt.count_as_owner(relation, format(
                    'pg_catalog.octet_length(t.%I::pg_catalog.text) OPERATOR(pg_catalog.>) 2500', column_name))
           ELSE 0 END
$$;
COMMENT ON FUNCTION phone_crypt.count_long_texts(regclass, text) IS
    'how many rows have text that is too long for an index of its encrypted column';

-- What a dry run finds out.
CREATE FUNCTION phone_crypt.source_counts(relation regclass, column_name text, source text, data_type text DEFAULT 'encrypted_phone')
    RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts jsonb;
BEGIN
    IF source = 'text' THEN
        SELECT jsonb_object_agg(o.outcome, o.rows) INTO counts
          FROM (SELECT phone_crypt.plain_outcome(r.columns[1], data_type) AS outcome, count(*) AS rows
                  FROM phone_crypt.read_as_owner(relation, ARRAY[column_name]) AS r
                 WHERE r.columns[1] IS NOT NULL
                 GROUP BY 1) AS o;
    ELSE
        SELECT jsonb_object_agg(o.outcome, o.rows) INTO counts
          FROM (SELECT phone_crypt.read_source(r.columns[1], source, data_type) AS outcome, count(*) AS rows
                  FROM phone_crypt.read_as_owner(relation, ARRAY[column_name]) AS r
                 WHERE r.columns[1] IS NOT NULL
                 GROUP BY 1) AS o;
    END IF;
    RETURN coalesce(counts, '{}');
END;
$$;
COMMENT ON FUNCTION phone_crypt.source_counts(regclass, text, text, text) IS
    'what the rows of a column are counted as';

CREATE FUNCTION phone_crypt.check_rows(
    relation regclass, column_name text, source text, duplicates text, data_type text DEFAULT 'encrypted_phone'
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    number bigint := CASE source WHEN 'text' THEN phone_crypt.count_encrypted_texts(relation, column_name, data_type) ELSE 0 END;
    kind text := CASE data_type WHEN 'encrypted_email' THEN 'email' ELSE 'phone' END;
BEGIN
    IF number > 0 THEN
        RAISE EXCEPTION '% rows of table % have encrypted values in column %, and others have not', number, relation,
            quote_ident(column_name)
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('They are those WHERE the column ~ ''^e[pe]:'' OR ~ ''^[0-9a-fA-F]{32}:''. Where they are your own, '
                                'and not pasted in by somebody, %s_encrypt() the others.', kind);
    END IF;
    number := CASE source WHEN 'text' THEN 0
              ELSE (phone_crypt.source_counts(relation, column_name, source, data_type) ->> 'unreadable')::bigint END;
    IF number > 0 THEN
        RAISE EXCEPTION '% values of table % cannot be read', number, relation
            USING ERRCODE = 'data_exception',
                  HINT = 'Are they of another key, context or scheme? Otherwise delete or correct them.';
    END IF;
    number := phone_crypt.count_long_texts(relation, column_name);
    IF number > 0 THEN
        RAISE EXCEPTION '% rows of table % have text that is too long for an index once it is encrypted', number, relation
            USING ERRCODE = 'program_limit_exceeded',
                  HINT = 'They are those WHERE octet_length(column) > 2500: shorten them, or drop the indexes of the column.';
    END IF;
    number := CASE WHEN duplicates = 'refuse' AND source = 'text'
              THEN phone_crypt.count_repeated(relation, column_name, data_type) ELSE 0 END;
    IF number > 0 THEN
        RAISE EXCEPTION '% rows of table % repeat % that another row has in another spelling', number, relation,
            CASE kind WHEN 'email' THEN 'an address' ELSE 'a number' END
            USING ERRCODE = 'unique_violation',
                  HINT = format('Merge them first: GROUP BY %s HAVING count(*) > 1 finds them. Or say '
                                'duplicates => ''text'': one row keeps each %s, and the others keep what is written there '
                                'as text that no look-up by the %2$s finds.',
                                CASE kind WHEN 'email' THEN 'CASE WHEN email_is_valid(column) THEN email_normalize(column) END'
                                     ELSE 'phone_try_normalize(column)' END,
                                CASE kind WHEN 'email' THEN 'address' ELSE 'number' END);
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_rows(regclass, text, text, text, text) IS
    'refuses rows that a conversion could not take';
