-- Unique indexes of a partitioned table. PostgreSQL makes no constraint of an index of one: the index of each partition is made
-- first, while the column is empty, and becomes a constraint by itself. That of the table then takes them in.

-- Unique indexes of a partition that belong to nothing yet.
CREATE FUNCTION phone_crypt.loose_indexes(part regclass, column_name text, definition text) RETURNS oid[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ARRAY(
    SELECT i.indexrelid FROM pg_index AS i JOIN pg_class AS r ON r.oid = i.indexrelid
      JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])
     WHERE i.indrelid = part AND a.attname = column_name AND i.indisunique AND i.indisvalid AND NOT r.relispartition
       AND i.indexprs IS NULL AND i.indpred IS NULL
       AND phone_crypt.index_columns(i.indexrelid, a.attnum, column_name) = definition
       AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid AND c.conrelid = part)
     ORDER BY i.indexrelid);
END;
$$;
COMMENT ON FUNCTION phone_crypt.loose_indexes(regclass, text, text) IS
    'unique indexes of a partition that a constraint of its table can take in';

-- The statements that make an index of each partition that has fewer than nth of this kind.
CREATE FUNCTION phone_crypt.partition_index_sql(
    relation regclass, column_name text, definition text, nth bigint, wanted text, is_concurrent boolean, taken text[]
) RETURNS TABLE (name text, statement text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    leaf regclass;
BEGIN
    FOREACH leaf IN ARRAY phone_crypt.leaves(relation) LOOP
        CONTINUE WHEN cardinality(phone_crypt.loose_indexes(leaf, column_name, definition)) >= nth;
        name := phone_crypt.free_name(leaf, concat((SELECT c.relname FROM pg_class AS c WHERE c.oid = leaf), '_', wanted), taken);
        taken := taken || name;
        statement := format('CREATE UNIQUE INDEX %s%I ON %s USING btree %s',
                            CASE WHEN is_concurrent THEN 'CONCURRENTLY ' ELSE '' END, name, leaf, definition);
        RETURN NEXT;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION phone_crypt.partition_index_sql(regclass, text, text, bigint, text, boolean, text[]) IS
    'the statements that make a unique index of each partition that lacks it';

CREATE FUNCTION phone_crypt.partition_constraints_sql(conversion phone_crypt.conversions, back boolean) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    from_number smallint := CASE WHEN back THEN conversion.encrypted_number ELSE conversion.plain_number END;
    to_column text := CASE WHEN back THEN conversion.plain_column ELSE conversion.encrypted_column END;
    pair record;
    of_partitions text[] := '{}';
    of_table text[] := '{}';
    names text[] := '{}';
    seen text[] := '{}';
BEGIN
    FOR pair IN SELECT p.*, c.relname FROM phone_crypt.index_pairs(conversion, back) AS p
                  JOIN pg_class AS c ON c.oid = p.index WHERE p.is_unique AND p.counterpart IS NULL LOOP
        IF pair.definition <> ALL (seen) THEN
            of_partitions := of_partitions || ARRAY(
                SELECT format('ALTER TABLE %s ADD CONSTRAINT %I UNIQUE USING INDEX %2$I DEFERRABLE', l.leaf, c.relname)
                  FROM unnest(phone_crypt.leaves(conversion.relation)) AS l (leaf),
                       unnest(phone_crypt.loose_indexes(l.leaf, to_column, pair.definition)) AS i (index)
                  JOIN pg_class AS c ON c.oid = i.index);
            seen := seen || pair.definition;
        END IF;
        names := names || phone_crypt.free_name(conversion.relation,
            pair.relname || CASE WHEN back THEN '_dec' ELSE '_enc' END, names);
        of_table := of_table
            || format('ALTER TABLE %s ADD CONSTRAINT %I UNIQUE %s DEFERRABLE', conversion.relation,
                      names[cardinality(names)], phone_crypt.index_columns(pair.index, from_number, to_column, true))
            || format('SELECT phone_crypt.check_always(%L, %L)', conversion.relation, names[cardinality(names)]);
    END LOOP;
    IF names = '{}' THEN
        RETURN names;
    END IF;
    RETURN format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', conversion.relation) || of_partitions || of_table;
END;
$$;
COMMENT ON FUNCTION phone_crypt.partition_constraints_sql(phone_crypt.conversions, boolean) IS
    'the statements that make constraints of the unique indexes of partitions, and of their table';

-- Constraints that a session with session_replication_role = replica passes by: PostgreSQL makes them so for a partition that is
-- attached while a conversion is under way, and where one is restored.
CREATE FUNCTION phone_crypt.passable_constraints(conversion phone_crypt.conversions, back boolean)
    RETURNS TABLE (part regclass, name text, index oid)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE tree AS (
        SELECT c.* FROM pg_constraint AS c
         WHERE c.conrelid = conversion.relation AND c.contype = 'u' AND c.condeferrable
           AND CASE WHEN back THEN conversion.plain_number ELSE conversion.encrypted_number END = ANY (c.conkey)
        UNION ALL
        SELECT c.* FROM tree AS t JOIN pg_constraint AS c ON c.conparentid = t.oid)
    SELECT t.conrelid::regclass, t.conname::text, t.conindid
      FROM tree AS t JOIN pg_class AS r ON r.oid = t.conrelid
     WHERE t.condeferrable AND r.relkind <> 'p'
       AND NOT EXISTS (SELECT FROM pg_trigger AS g WHERE g.tgconstraint = t.oid AND g.tgenabled = 'A')
     ORDER BY 1, 2;
END;
$$;
COMMENT ON FUNCTION phone_crypt.passable_constraints(phone_crypt.conversions, boolean) IS
    'unique constraints of a conversion that are not checked for every session';

-- Under the lock of a swap.
CREATE FUNCTION phone_crypt.check_none_passable(conversion phone_crypt.conversions, back boolean) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part regclass := (SELECT p.part FROM phone_crypt.passable_constraints(conversion, back) AS p LIMIT 1);
BEGIN
    IF part IS NOT NULL THEN
        RAISE EXCEPTION 'a unique constraint of table % is not checked for every session yet', part
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'CALL it again.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_none_passable(phone_crypt.conversions, boolean) IS
    '55000 where a unique constraint of a conversion is not checked for every session';

-- Whether the rows of a table are what its unique index says they are.
CREATE FUNCTION phone_crypt.check_no_doubles(part regclass, index oid) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    same text := (
        SELECT string_agg(format('o.%1$I OPERATOR(%2$s.%3$s) t.%1$I', a.attname, o.oprnamespace::regnamespace, o.oprname),
                          ' AND ' ORDER BY k.place)
          FROM pg_index AS i CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) AS k (place)
          JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.place]
          JOIN pg_opclass AS c ON c.oid = i.indclass[k.place]
          -- Equality.
          JOIN pg_amop AS m ON m.amopfamily = c.opcfamily AND m.amopstrategy = 3
           AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype
          JOIN pg_operator AS o ON o.oid = m.amopopr
         WHERE i.indexrelid = check_no_doubles.index AND i.indrelid = part);
    number bigint := phone_crypt.count_as_owner(part, format(
        'EXISTS (SELECT FROM ONLY %s AS o WHERE o.ctid OPERATOR(pg_catalog.<>) t.ctid AND %s)', part, same));
BEGIN
    IF number > 0 THEN
        RAISE EXCEPTION '% rows of table % have what is unique in common with another row', number, part
            USING ERRCODE = 'unique_violation',
                  HINT = 'They were written while session_replication_role was replica. Change or delete them, and CALL it again.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_no_doubles(regclass, oid) IS
    '23505 where rows of a table have the same under one of its unique indexes';

CREATE PROCEDURE phone_crypt.make_impassable(conversion phone_crypt.conversions, back boolean)
    LANGUAGE plpgsql
AS $$
DECLARE
    parts pg_catalog.regclass[];
    names pg_catalog.text[];
    indexes pg_catalog.oid[];
    failure pg_catalog.text;
BEGIN
    SELECT pg_catalog.array_agg(p.part), pg_catalog.array_agg(p.name), pg_catalog.array_agg(p.index)
      INTO parts, names, indexes FROM phone_crypt.passable_constraints(conversion, back) AS p;
    FOR i IN 1 .. coalesce(pg_catalog.array_length(names, 1), 0) LOOP
        CALL phone_crypt.change_table(parts[i], ARRAY[
            pg_catalog.format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', parts[i]),
            pg_catalog.format('SELECT phone_crypt.check_always(%L, %L)', parts[i], names[i]),
            pg_catalog.format('SELECT phone_crypt.check_no_doubles(%L, %L)', parts[i], indexes[i])], failure);
    END LOOP;
END;
$$;
COMMENT ON PROCEDURE phone_crypt.make_impassable(phone_crypt.conversions, boolean) IS
    'has the unique constraints of a conversion checked for every session, and looks at the rows that may have passed by them';
