-- Indexes that a conversion makes anew on the encrypted column: those of PostgreSQL's plainest kind, of any columns.
-- What is asked under the lock of the swap is in PL/pgSQL, which keeps its plans.

-- What follows the table's name in the definition of an index, with another name for one column.
-- of_constraint: as a constraint is written.
CREATE FUNCTION phone_crypt.index_columns(
    index oid, number smallint, column_name text, of_constraint boolean DEFAULT false
) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
    SELECT format('(%s)', string_agg(k.name || k.direction, ', ' ORDER BY k.place) FILTER (WHERE k.is_key))
           || coalesce(' INCLUDE (' || string_agg(k.name, ', ' ORDER BY k.place) FILTER (WHERE NOT k.is_key) || ')', '')
           || coalesce(' WITH (' || max(k.options) || ')', '')
           || coalesce(CASE WHEN of_constraint THEN ' USING INDEX' ELSE '' END || ' TABLESPACE '
                       || quote_ident(max(k.tablespace)), '')
      FROM (SELECT c.place, c.place <= i.indnkeyatts AS is_key,
                   quote_ident(CASE c.number WHEN index_columns.number THEN column_name ELSE a.attname END) AS name,
                   CASE i.indoption[c.place - 1] & 3
                       WHEN 1 THEN ' DESC NULLS LAST' WHEN 2 THEN ' NULLS FIRST' WHEN 3 THEN ' DESC' ELSE '' END
                       AS direction,
                   array_to_string(r.reloptions, ', ') AS options, s.spcname AS tablespace
              FROM pg_index AS i JOIN pg_class AS r ON r.oid = i.indexrelid
              LEFT JOIN pg_tablespace AS s ON s.oid = r.reltablespace,
                   unnest(i.indkey::int2[]) WITH ORDINALITY AS c (number, place), pg_attribute AS a
             WHERE i.indexrelid = index AND a.attrelid = i.indrelid AND a.attnum = c.number) AS k);
END;
$$;
COMMENT ON FUNCTION phone_crypt.index_columns(oid, smallint, text, boolean) IS
    'the columns and options in the definition of an index, with another name for one column';

-- Unique constraints and indexes, and others, that a column stands in and that can be made the same on another column.
CREATE FUNCTION phone_crypt.carried_indexes(relation regclass, number smallint)
    RETURNS TABLE (index oid, constraint_oid oid, is_unique boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT i.indexrelid, c.oid, i.indisunique
      FROM pg_index AS i JOIN pg_class AS r ON r.oid = i.indexrelid JOIN pg_am AS m ON m.oid = r.relam
      LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid
     WHERE i.indrelid = relation AND carried_indexes.number = ANY (i.indkey::int2[]) AND m.amname = 'btree'
       AND i.indisvalid AND i.indexprs IS NULL AND i.indpred IS NULL
       AND NOT (i.indisprimary OR i.indisexclusion OR i.indisreplident OR i.indisclustered)
       -- PostgreSQL makes no constraint of one in another order.
       AND NOT (i.indisunique AND 0 <> ANY (i.indoption::int2[]))
       -- Of PostgreSQL 15 and later.
       AND coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'false'
       AND (c.oid IS NULL OR c.contype = 'u' AND NOT c.condeferrable)
       -- Of the other columns, what each has by default.
       AND NOT EXISTS (
           SELECT FROM generate_series(0, i.indnkeyatts - 1) AS k (place)
             JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.place]
             JOIN pg_opclass AS o ON o.oid = i.indclass[k.place]
            WHERE a.attnum <> carried_indexes.number
              AND NOT (o.opcdefault AND i.indcollation[k.place] = a.attcollation));
END;
$$;
COMMENT ON FUNCTION phone_crypt.carried_indexes(regclass, smallint) IS
    'the indexes of a column that a conversion makes anew';

-- Each of them, and its counterpart on the other column where that is there. On the way back the two change sides.
CREATE FUNCTION phone_crypt.index_pairs(conversion phone_crypt.conversions, back boolean)
    RETURNS TABLE (index oid, constraint_oid oid, is_unique boolean, definition text, counterpart oid,
                   counterpart_constraint oid)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT o.index, o.constraint_oid, o.is_unique, o.definition, n.index, n.constraint_oid
      FROM (SELECT CASE WHEN back THEN conversion.encrypted_number ELSE conversion.plain_number END AS from_number,
                   CASE WHEN back THEN conversion.plain_number ELSE conversion.encrypted_number END AS to_number,
                   CASE WHEN back THEN conversion.plain_column ELSE conversion.encrypted_column END AS to_column) AS w
     CROSS JOIN LATERAL (
            SELECT i.index, i.constraint_oid, i.is_unique, d.definition,
                   row_number() OVER (PARTITION BY i.is_unique, d.definition ORDER BY i.index) AS nth
              FROM phone_crypt.carried_indexes(conversion.relation, w.from_number) AS i,
                   phone_crypt.index_columns(i.index, w.from_number, w.to_column) AS d (definition)) AS o
      LEFT JOIN LATERAL (
            -- Several may be alike: an index for patterns is one like any other once its column is encrypted.
            SELECT i.indexrelid AS index, c.oid AS constraint_oid, i.indisunique, d.definition,
                   row_number() OVER (PARTITION BY i.indisunique, d.definition ORDER BY i.indexrelid) AS nth
              FROM pg_index AS i
              LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid,
                   phone_crypt.index_columns(i.indexrelid, w.to_number, w.to_column) AS d (definition)
             WHERE i.indrelid = conversion.relation AND i.indisvalid AND i.indexprs IS NULL AND i.indpred IS NULL
               AND w.to_number = ANY (i.indkey::int2[])) AS n
        ON n.indisunique = o.is_unique AND n.definition = o.definition AND n.nth = o.nth
     ORDER BY o.is_unique DESC, o.index;
END;
$$;
COMMENT ON FUNCTION phone_crypt.index_pairs(phone_crypt.conversions, boolean) IS
    'the indexes of the one column of a conversion, and those of the other that stand for them';

-- A name that no relation of the table's schema has, nor will have, of at most 63 bytes.
CREATE FUNCTION phone_crypt.free_name(relation regclass, wanted text, taken text[]) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stem text := wanted;
    name text := wanted;
    number integer := 0;
BEGIN
    WHILE octet_length(stem) > 56 LOOP
        stem := left(stem, -1);
        name := stem;
    END LOOP;
    WHILE name = ANY (taken) OR EXISTS (SELECT FROM pg_class AS c JOIN pg_class AS o USING (relnamespace)
                                         WHERE c.oid = relation AND o.relname = name) LOOP
        number := number + 1;
        name := stem || '_' || number;
    END LOOP;
    RETURN name;
END;
$$;
COMMENT ON FUNCTION phone_crypt.free_name(regclass, text, text[]) IS
    'a name that no relation of the table''s schema has';

-- The condition that a row is still to be filled.
CREATE FUNCTION phone_crypt.unfilled(conversion phone_crypt.conversions) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('t.%I IS NOT NULL AND t.%I IS NULL', conversion.plain_column, conversion.encrypted_column)
$$;
COMMENT ON FUNCTION phone_crypt.unfilled(phone_crypt.conversions) IS
    'the condition that a row is still to be encrypted';

-- The condition that a row is still to be decrypted, on the way back.
CREATE FUNCTION phone_crypt.undecrypted(conversion phone_crypt.conversions) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('t.%I IS NOT NULL AND t.%I IS NULL', conversion.encrypted_column, conversion.plain_column)
$$;
COMMENT ON FUNCTION phone_crypt.undecrypted(phone_crypt.conversions) IS
    'the condition that a row is still to be decrypted';

-- The index of the rows that are still to be read or decrypted: it lets the last of them be found under the lock of the
-- swap.
CREATE FUNCTION phone_crypt.pending_index(conversion phone_crypt.conversions) RETURNS regclass
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT i.indexrelid FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
     WHERE i.indrelid = conversion.relation AND i.indisvalid AND i.indpred IS NOT NULL
       AND c.relname LIKE 'phone\_crypt\_pending%'
       AND pg_get_expr(i.indpred, i.indrelid) = CASE WHEN conversion.state = 'swapped'
               THEN format('((%I IS NOT NULL) AND (%I IS NULL))', conversion.encrypted_column, conversion.plain_column)
               ELSE format('((%I IS NOT NULL) AND (%I IS NULL))', conversion.plain_column, conversion.encrypted_column) END
     LIMIT 1
$$;
COMMENT ON FUNCTION phone_crypt.pending_index(phone_crypt.conversions) IS
    'the index of the rows that are still to be read or decrypted; NULL where there is none';

-- The statements that make what is missing. Several may be missing: their names must differ.
CREATE FUNCTION phone_crypt.missing_indexes(
    conversion phone_crypt.conversions, is_concurrent boolean, back boolean
) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    pair record;
    own record;
    invalid record;
    statements text[] := '{}';
    names text[] := '{}';
    manner text := CASE WHEN is_concurrent THEN 'CONCURRENTLY ' ELSE '' END;
    to_column text := CASE WHEN back THEN conversion.plain_column ELSE conversion.encrypted_column END;
BEGIN
    -- What a CREATE INDEX CONCURRENTLY that failed has left behind. With an index of a partitioned table those of its
    -- partitions go.
    FOR invalid IN SELECT i.indexrelid, c.relkind = 'I' AS is_partitioned
                     FROM unnest(phone_crypt.tree(conversion.relation)) WITH ORDINALITY AS t (part, place)
                     JOIN pg_index AS i ON i.indrelid = t.part JOIN pg_class AS c ON c.oid = i.indexrelid
                     JOIN pg_attribute AS a ON a.attrelid = t.part AND a.attnum = ANY (i.indkey::int2[])
                    WHERE NOT i.indisvalid AND NOT c.relispartition AND a.attname = to_column
                    ORDER BY t.place LOOP
        statements := statements || format('DROP INDEX %s%s', CASE WHEN invalid.is_partitioned THEN '' ELSE manner END,
                                           invalid.indexrelid::regclass);
    END LOOP;
    FOR pair IN SELECT p.*, c.relname,
                       row_number() OVER (PARTITION BY p.is_unique, p.definition ORDER BY p.index) AS nth
                  FROM phone_crypt.index_pairs(conversion, back) AS p
                  JOIN pg_class AS c ON c.oid = p.index WHERE p.counterpart IS NULL ORDER BY p.is_unique DESC, p.index LOOP
        IF pair.is_unique AND phone_crypt.is_partitioned(conversion.relation) THEN
            FOR own IN SELECT * FROM phone_crypt.partition_index_sql(conversion.relation, to_column, pair.definition, pair.nth,
                           pair.relname || CASE WHEN back THEN '_dec' ELSE '_enc' END, is_concurrent, names) LOOP
                names := names || own.name;
                statements := statements || own.statement;
            END LOOP;
            CONTINUE;
        END IF;
        names := names || phone_crypt.free_name(conversion.relation,
            pair.relname || CASE WHEN back THEN '_dec' ELSE '_enc' END, names);
        statements := statements || phone_crypt.index_sql(conversion.relation, names[cardinality(names)], pair.is_unique,
                                                          pair.definition, is_concurrent);
    END LOOP;
    IF (back OR conversion.source <> 'text') AND phone_crypt.pending_index(conversion) IS NULL THEN
        statements := statements || phone_crypt.index_sql(conversion.relation,
            phone_crypt.free_name(conversion.relation, 'phone_crypt_pending', names), false, '((1)) WHERE ' ||
            replace(CASE WHEN back THEN phone_crypt.undecrypted(conversion) ELSE phone_crypt.unfilled(conversion) END,
                    't.', ''), is_concurrent);
    END IF;
    IF NOT is_concurrent AND cardinality(statements) > 0 AND phone_crypt.is_partitioned(conversion.relation) THEN
        -- The table before its partitions, as whoever writes it locks them.
        RETURN format('LOCK TABLE %s IN SHARE MODE', conversion.relation) || statements;
    END IF;
    RETURN statements;
END;
$$;
COMMENT ON FUNCTION phone_crypt.missing_indexes(phone_crypt.conversions, boolean, boolean) IS
    'the statements that make the indexes of a conversion that are not there yet';

-- Whether somebody has begun to decrypt the column.
CREATE FUNCTION phone_crypt.is_going_back(conversion phone_crypt.conversions) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT conversion.state = 'swapped'
           AND EXISTS (SELECT FROM phone_crypt.jobs AS j
                        WHERE j.relation = conversion.relation AND j.column_name = conversion.encrypted_column
                          AND j.procedure = 'phone_decrypt_column' AND j.state = 'running')
$$;
COMMENT ON FUNCTION phone_crypt.is_going_back(phone_crypt.conversions) IS
    'whether an encrypted column is being decrypted';

CREATE FUNCTION phone_column_statements("table" regclass, "column" name) RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    conversion phone_crypt.conversions;
BEGIN
    IF "table" IS NULL OR "column" IS NULL THEN
        RAISE EXCEPTION 'table and column must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    conversion := phone_crypt.conversion("table", "column"::text);
    IF conversion.relation IS NULL THEN
        conversion := phone_crypt.hash_rotation("table", "column"::text);
    END IF;
    IF conversion.state IN ('prepared', 'filling') OR phone_crypt.is_going_back(conversion) THEN
        RETURN QUERY
        SELECT s || ';'
          FROM unnest(phone_crypt.missing_indexes(conversion, true, phone_crypt.is_going_back(conversion))) AS u (s);
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_column_statements(regclass, name) IS
    'the statements that phone_encrypt_column(), phone_decrypt_column() or phone_rotate_hash_key() waits for, for \gexec: CREATE INDEX CONCURRENTLY runs in no procedure';
