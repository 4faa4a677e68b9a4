-- Tables of the legacy application's form: which ones there are, and what a migration cannot do with.

-- Whether a relation has the five columns, each of a type that fits (a domain counts as what is below it).
CREATE FUNCTION phone_crypt.has_legacy_columns(relation regclass) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*) = 5
      FROM pg_attribute AS a
      JOIN pg_type AS t ON t.oid = a.atttypid
      JOIN (VALUES ('id'::name,     ARRAY['text', 'varchar']::regtype[]),
                   ('count',        ARRAY['int4', 'int8']::regtype[]),
                   ('window_start', ARRAY['int8']::regtype[]),
                   ('created_at',   ARRAY['timestamptz', 'timestamp']::regtype[]),
                   ('updated_at',   ARRAY['timestamptz', 'timestamp']::regtype[])) AS wanted (name, types)
        ON wanted.name = a.attname
     WHERE a.attrelid = relation AND a.attgenerated = ''
       AND CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END = ANY (wanted.types)
$$;
COMMENT ON FUNCTION phone_crypt.has_legacy_columns(regclass) IS
    'whether a table has the columns of the legacy application''s rate_limits';

-- The table called rate_limits that a search_path leads to.
CREATE FUNCTION phone_crypt.find_legacy_table(path name[]) RETURNS regclass
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_one boolean := false;
    candidate regclass;
BEGIN
    FOR candidate IN
        SELECT c.oid FROM unnest(path) WITH ORDINALITY AS p (schema, place)
          JOIN pg_namespace AS n ON n.nspname = p.schema
          JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'rate_limits'
         WHERE c.oid <> 'phone_crypt.rate_limits'::regclass
         ORDER BY p.place
    LOOP
        found_one := true;
        IF phone_crypt.has_legacy_columns(candidate) THEN
            RETURN candidate;
        END IF;
    END LOOP;
    IF found_one THEN
        RAISE EXCEPTION 'no table rate_limits on the search_path has the columns of the legacy application'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'They are id text, count integer, window_start bigint, created_at and updated_at timestamptz.';
    END IF;
    RAISE EXCEPTION 'there is no table rate_limits on the search_path'
        USING ERRCODE = 'undefined_table', HINT = 'Name the table: source => ''schema.table''.';
END;
$$;
COMMENT ON FUNCTION phone_crypt.find_legacy_table(name[]) IS
    'the rate_limits table of the legacy application on a search_path';

-- Raises what stands in the way of migrating a table: 22023, 42501, 42809 or 55000.
CREATE FUNCTION phone_crypt.check_legacy_table(relation regclass, into_engine boolean) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    class pg_class;
    problem text;
    advice text;
BEGIN
    SELECT * INTO class FROM pg_class AS c WHERE c.oid = relation;
    IF relation = 'phone_crypt.rate_limits'::regclass THEN
        RAISE EXCEPTION 'the source cannot be the extension''s own table' USING ERRCODE = 'invalid_parameter_value';
    ELSIF class.relkind <> 'r' OR class.relhassubclass OR class.relispartition THEN
        RAISE EXCEPTION '% is not an ordinary table', relation
            USING ERRCODE = 'wrong_object_type',
                  HINT = 'Copy partitions, or tables that inherit from each other, into one table first.';
    END IF;
    PERFORM phone_crypt.check_owner(relation);

    IF NOT phone_crypt.has_legacy_columns(relation) THEN
        problem := 'lacks a column of the legacy application''s rate_limits, or has it of another type';
        advice := 'They are id text, count integer, window_start bigint, created_at and updated_at timestamptz.';
    ELSIF class.relforcerowsecurity THEN
        problem := 'has row-level security for its owner, who would not see every row';
        advice := 'ALTER TABLE ... NO FORCE ROW LEVEL SECURITY for the time of the migration.';
    ELSIF EXISTS (SELECT FROM pg_constraint AS c WHERE c.contype = 'f' AND c.confrelid = relation) THEN
        problem := 'is referenced by a foreign key: rows that are merged would leave rows of the other table behind';
        advice := 'Drop the foreign key first.';
    ELSIF NOT into_engine AND EXISTS (
        -- phone_hash: and 64 digits; the modifier of varchar counts 4 more.
        SELECT FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = 'id' AND a.atttypmod BETWEEN 0 AND 78)
    THEN
        problem := 'has no room in column id for a hash: it takes 75 characters';
        advice := 'ALTER TABLE ... ALTER COLUMN id TYPE text.';
    ELSIF NOT into_engine AND NOT EXISTS (
        SELECT FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attname = 'id'
         WHERE i.indrelid = relation AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indnkeyatts = 1
           AND i.indkey[0] = a.attnum AND i.indpred IS NULL)
    THEN
        problem := 'has no primary key or unique index on id alone';
        advice := 'ALTER TABLE ... ADD PRIMARY KEY (id).';
    END IF;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'table % %', relation, problem
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = advice;
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_legacy_table(regclass, boolean) IS
    'nothing, or the error that says why a table cannot be migrated';
