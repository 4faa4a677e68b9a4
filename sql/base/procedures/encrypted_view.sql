-- A view that reads as the table did: the phone column is the number for whoever may have it, else its mask.
CREATE FUNCTION phone_crypt.view_sql(spec phone_crypt.columns, view_name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('CREATE VIEW %I.%I %s AS SELECT %s FROM %s AS t', n.nspname, view_name,
                  CASE WHEN current_setting('server_version_num')::int >= 150000
                       THEN 'WITH (security_invoker = true)' ELSE '' END,
                  (SELECT string_agg(
                              CASE WHEN a.attname = spec.column_name
                                   THEN format('@extschema@.phone_reveal(t.%I::text, %s) AS %I', spec.encrypted_column,
                                               CASE WHEN spec.context_column IS NULL THEN quote_literal(spec.context)
                                                    ELSE format('%L || t.%I::text', spec.context || chr(31),
                                                                spec.context_column) END,
                                               a.attname)
                                   ELSE format('t.%I', a.attname) END,
                              ', ' ORDER BY a.attnum)
                     FROM pg_attribute AS a
                    WHERE a.attrelid = spec.relation AND a.attnum > 0 AND NOT a.attisdropped
                      AND (a.attname = spec.column_name
                           OR a.attname <> ALL (ARRAY[spec.encrypted_column, spec.hash_column, spec.raw_column]))),
                  spec.relation)
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = spec.relation
$$;
COMMENT ON FUNCTION phone_crypt.view_sql(phone_crypt.columns, text) IS
    'the statement that makes the view of a table with an encrypted column';

-- Writes to such a view go to its table. While the table has the plain column, its trigger encrypts what is written there;
-- afterwards this one does, which takes the right to phone_encrypt(). A NULL in a new row leaves the column to its
-- default. Arguments: table, phone column, encrypted column, context, context column.
CREATE FUNCTION phone_crypt.write_through() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation regclass := TG_ARGV[0]::regclass;
    phone_column text := TG_ARGV[1];
    has_plaintext boolean := EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = relation
                                        AND a.attname = phone_column AND a.attnum > 0 AND NOT a.attisdropped);
    before jsonb := CASE TG_OP WHEN 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END;
    after jsonb := CASE TG_OP WHEN 'DELETE' THEN '{}' ELSE to_jsonb(NEW) END;
    this_row text;
    written text[] := '{}';
    expressions text[] := '{}';
    context text;
    stored jsonb;
    deleted bigint;
    name text;
BEGIN
    SELECT format('(%s) = (%s)', string_agg(format('t.%I', a.attname), ', ' ORDER BY k.place),
                  string_agg(format('($1).%I', a.attname), ', ' ORDER BY k.place))
      INTO this_row
      FROM pg_index AS i CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
      JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
     WHERE i.indrelid = relation AND i.indisprimary AND k.place <= i.indnkeyatts;
    IF TG_OP = 'DELETE' THEN
        EXECUTE format('DELETE FROM %s AS t WHERE %s', relation, this_row) USING OLD;
        GET DIAGNOSTICS deleted = ROW_COUNT;
        RETURN CASE WHEN deleted > 0 THEN OLD END;
    END IF;

    FOR name IN SELECT key FROM jsonb_each(after) AS n (key, value)
                 WHERE value IS DISTINCT FROM coalesce(before -> key, 'null') ORDER BY key COLLATE "C"
    LOOP
        IF name = phone_column AND NOT has_plaintext THEN
            context := CASE WHEN TG_ARGV[4] = '' THEN quote_literal(TG_ARGV[3])
                            ELSE format('%L || ($2).%I::text', TG_ARGV[3] || chr(31), TG_ARGV[4]) END;
            written := written || quote_ident(TG_ARGV[2]);
            expressions := expressions || format('@extschema@.phone_encrypt(($2).%I, %s)', name, context);
        ELSE
            written := written || quote_ident(name);
            expressions := expressions || format('($2).%I', name);
        END IF;
    END LOOP;
    IF TG_OP = 'UPDATE' AND cardinality(written) = 0 THEN
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' THEN
        EXECUTE format('UPDATE %s AS t SET (%s) = ROW (%s) WHERE %s RETURNING to_jsonb(t.*)', relation,
                       array_to_string(written, ', '), array_to_string(expressions, ', '), this_row)
           INTO stored USING OLD, NEW;
    ELSIF cardinality(written) = 0 THEN
        EXECUTE format('INSERT INTO %s AS t DEFAULT VALUES RETURNING to_jsonb(t.*)', relation) INTO stored;
    ELSE
        EXECUTE format('INSERT INTO %s AS t (%s) SELECT %s RETURNING to_jsonb(t.*)', relation,
                       array_to_string(written, ', '), array_to_string(expressions, ', '))
           INTO stored USING OLD, NEW;
    END IF;
    IF stored IS NULL THEN
        RETURN NULL;
    END IF;
    -- RETURNING shows defaults and what triggers have made; the phone as it was given.
    NEW := jsonb_populate_record(NEW, stored - phone_column);
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION phone_crypt.write_through() IS
    'trigger of views that phone_add_encrypted_column makes: writes go to the table';

CREATE FUNCTION phone_crypt.view_trigger_sql(spec phone_crypt.columns, view_name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('CREATE TRIGGER write_through INSTEAD OF INSERT OR UPDATE OR DELETE ON %I.%I FOR EACH ROW '
                  'EXECUTE FUNCTION phone_crypt.write_through(%L, %L, %L, %L, %L)', n.nspname, view_name,
                  format('%I.%I', n.nspname, c.relname), spec.column_name, spec.encrypted_column, spec.context,
                  coalesce(spec.context_column, ''))
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = spec.relation
$$;
COMMENT ON FUNCTION phone_crypt.view_trigger_sql(phone_crypt.columns, text) IS
    'the statement that makes writes to such a view go to its table';
