-- A partitioned table is converted as a whole: its statements reach the partitions, whose rows are worked on one by one.

-- The table, and where it is partitioned all below it, from the top down.
CREATE FUNCTION phone_crypt.tree(relation regclass) RETURNS regclass[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce((SELECT array_agg(t.relid ORDER BY t.level, t.relid) FROM pg_partition_tree(relation) AS t
                      WHERE EXISTS (SELECT FROM pg_class AS c WHERE c.oid = relation AND c.relkind = 'p')),
                    ARRAY[relation]);
END;
$$;
COMMENT ON FUNCTION phone_crypt.tree(regclass) IS
    'a table and its partitions, and theirs';

CREATE FUNCTION phone_crypt.leaves(relation regclass) RETURNS regclass[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(c.oid::regclass ORDER BY c.oid), '{}')
      FROM unnest(phone_crypt.tree(relation)) AS t (part) JOIN pg_class AS c ON c.oid = t.part WHERE c.relkind <> 'p'
$$;
COMMENT ON FUNCTION phone_crypt.leaves(regclass) IS
    'the tables that hold the rows of a table: itself, or its partitions';

CREATE FUNCTION phone_crypt.is_partitioned(relation regclass) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT c.relkind = 'p' FROM pg_class AS c WHERE c.oid = relation);
END;
$$;
COMMENT ON FUNCTION phone_crypt.is_partitioned(regclass) IS
    'whether a table is partitioned';

CREATE FUNCTION phone_crypt.table_size(relation regclass) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(sum(pg_relation_size(l.leaf)), 0)::bigint FROM unnest(phone_crypt.leaves(relation)) AS l (leaf)
$$;
COMMENT ON FUNCTION phone_crypt.table_size(regclass) IS
    'the bytes of a table and its partitions';

-- Refuses a table whose columns are not its own alone, or whose rows are elsewhere.
CREATE FUNCTION phone_crypt.check_table(relation regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own pg_class;
    part regclass;
BEGIN
    SELECT * INTO own FROM pg_class AS c WHERE c.oid = relation;
    IF own.relkind NOT IN ('r', 'p') THEN
        RAISE EXCEPTION '% is not a table', relation USING ERRCODE = 'wrong_object_type';
    ELSIF own.relpersistence = 't' THEN
        RAISE EXCEPTION 'table % is temporary', relation USING ERRCODE = 'feature_not_supported';
    ELSIF own.relispartition THEN
        RAISE EXCEPTION 'table % is a partition', relation USING ERRCODE = 'feature_not_supported',
            HINT = 'Name the table that it is a partition of.';
    ELSIF own.reloftype <> 0 OR own.relkind = 'r'
          AND EXISTS (SELECT FROM pg_inherits AS i WHERE relation IN (i.inhparent, i.inhrelid)) THEN
        RAISE EXCEPTION 'table % shares its columns with another table or type', relation
            USING ERRCODE = 'feature_not_supported';
    END IF;
    SELECT c.oid INTO part FROM unnest(phone_crypt.tree(relation)) AS t (part) JOIN pg_class AS c ON c.oid = t.part
     WHERE c.relkind NOT IN ('r', 'p') OR c.relowner <> own.relowner LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'partition % of table % has another owner, or is not a table', part, relation
            USING ERRCODE = 'feature_not_supported';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_table(regclass) IS
    'refuses a table that cannot be converted by itself';

-- What else is refused of a partitioned table: a column that it is partitioned by, and indexes that a partition has for itself.
CREATE FUNCTION phone_crypt.check_partitioned(relation regclass, column_name text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part regclass;
    indexes text;
BEGIN
    FOREACH part IN ARRAY phone_crypt.tree(relation) LOOP
        IF EXISTS (SELECT FROM pg_partitioned_table AS p JOIN pg_attribute AS a ON a.attrelid = p.partrelid
                    WHERE p.partrelid = part AND a.attname = column_name
                      -- A column of an expression belongs to its table as to an owner.
                      AND (a.attnum = ANY (p.partattrs::int2[])
                           OR EXISTS (SELECT FROM pg_depend AS d
                                       WHERE d.classid = 'pg_class'::regclass AND d.objid = part AND d.objsubid = a.attnum
                                         AND d.refclassid = 'pg_class'::regclass AND d.refobjid = part
                                         AND d.refobjsubid = 0 AND d.deptype = 'i'))) THEN
            RAISE EXCEPTION 'table % is partitioned by column %', part, quote_ident(column_name)
                USING ERRCODE = 'feature_not_supported';
        END IF;
        SELECT string_agg(i.indexrelid::regclass::text, ', ' ORDER BY i.indexrelid) INTO indexes
          FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid JOIN pg_class AS c ON c.oid = i.indexrelid
         WHERE i.indrelid = part AND a.attname = column_name AND a.attnum = ANY (i.indkey::int2[])
           AND part <> relation AND NOT c.relispartition;
        IF indexes IS NOT NULL THEN
            RAISE EXCEPTION 'partition % has indexes of column % for itself', part, quote_ident(column_name)
                USING ERRCODE = 'dependent_objects_still_exist', DETAIL = indexes,
                      HINT = 'Drop them, or make an index of the partitioned table and attach them to it.';
        END IF;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_partitioned(regclass, text) IS
    'refuses a column of a partitioned table that cannot be converted';

-- The statements that make an index, in the manner that nobody waits for where is_concurrent says so.
CREATE FUNCTION phone_crypt.index_sql(
    relation regclass, name text, is_unique boolean, definition text, is_concurrent boolean
) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part record;
    statements text[] := '{}';
    attachments text[] := '{}';
    names jsonb := '{}';
    taken text[] := ARRAY[name];
BEGIN
    IF NOT is_concurrent OR phone_crypt.tree(relation) = ARRAY[relation] THEN
        RETURN ARRAY[format('CREATE %sINDEX %s%I ON %s USING btree %s', CASE WHEN is_unique THEN 'UNIQUE ' ELSE '' END,
                            CASE WHEN is_concurrent THEN 'CONCURRENTLY ' ELSE '' END, name, relation, definition)];
    END IF;
    -- None of a partitioned table can be made concurrently: it begins invalid, and the partitions' are attached to it.
    FOR part IN SELECT t.relid, t.parentrelid, c.relname, c.relkind, c.relnamespace::regnamespace AS schema
                  FROM pg_partition_tree(relation) AS t JOIN pg_class AS c ON c.oid = t.relid
                 ORDER BY t.level, t.relid LOOP
        IF part.relid <> relation THEN
            taken := taken || phone_crypt.free_name(part.relid, concat(part.relname, '_', name), taken);
        END IF;
        names := names || jsonb_build_object(part.relid::oid::text,
                                             concat(part.schema, '.', quote_ident(taken[cardinality(taken)])));
        statements := statements || format(
            CASE part.relkind WHEN 'p' THEN 'CREATE INDEX %I ON ONLY %s USING btree %s'
                 ELSE 'CREATE INDEX CONCURRENTLY %I ON %s USING btree %s' END,
            taken[cardinality(taken)], part.relid, definition);
        IF part.relid <> relation THEN
            attachments := format('ALTER INDEX %s ATTACH PARTITION %s', names ->> part.parentrelid::oid::text,
                                  names ->> part.relid::oid::text) || attachments;
        END IF;
    END LOOP;
    RETURN statements || attachments;
END;
$$;
COMMENT ON FUNCTION phone_crypt.index_sql(regclass, text, boolean, text, boolean) IS
    'the statements that make an index of a table, also of a partitioned one';
