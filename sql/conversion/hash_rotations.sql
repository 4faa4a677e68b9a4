-- Columns of the data types whose hash key is being changed. The columns of the view are those of phone_crypt.conversions.
-- As conversions, they are known by their triggers: one
-- that never fires names the column and the one that is to take its place; one does the work, and names the key.

CREATE FUNCTION phone_crypt.trigger_argument(arguments bytea, number integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT nullif(split_part(encode(arguments, 'escape'), '\000', number), '')
$$;
COMMENT ON FUNCTION phone_crypt.trigger_argument(bytea, integer) IS
    'an argument of a trigger, counted from 1, as pg_trigger.tgargs has it';

CREATE VIEW phone_crypt.hash_rotations AS
    SELECT m.tgrelid::regclass AS relation,
           o.attname AS column_name, o.attnum AS column_number,
           n.attname AS next_column, n.attnum AS next_number,
           CASE WHEN w.oid IS NULL THEN 'prepared' ELSE 'filling' END AS state,
           m.tgname AS marker, m.id, w.tgname AS trigger, w.oid AS trigger_oid, w.hash_key_id,
           'text' AS source
      FROM (SELECT *, phone_crypt.trigger_argument(t.tgargs, 1) AS id FROM pg_catalog.pg_trigger AS t) AS m
      JOIN pg_catalog.pg_attribute AS o ON o.attrelid OPERATOR(pg_catalog.=) m.tgrelid
                                       AND o.attnum OPERATOR(pg_catalog.=) m.tgattr[0]
      JOIN pg_catalog.pg_attribute AS n ON n.attrelid OPERATOR(pg_catalog.=) m.tgrelid
                                       AND n.attnum OPERATOR(pg_catalog.=) m.tgattr[1]
      LEFT JOIN (SELECT t.oid, t.tgname, t.tgrelid, t.tgfoid, phone_crypt.trigger_argument(t.tgargs, 1) AS id,
                        phone_crypt.trigger_argument(t.tgargs, 2) AS hash_key_id
                   FROM pg_catalog.pg_trigger AS t WHERE t.tgattr[0] IS NULL) AS w
        ON w.tgrelid OPERATOR(pg_catalog.=) m.tgrelid AND w.tgfoid OPERATOR(pg_catalog.=) m.tgfoid
       AND w.id OPERATOR(pg_catalog.=) m.id
     WHERE m.tgfoid OPERATOR(pg_catalog.=) 'phone_crypt.rehash_row()'::regprocedure
       AND m.tgparentid OPERATOR(pg_catalog.=) 0::oid;
COMMENT ON VIEW phone_crypt.hash_rotations IS
    'columns of the data types whose hash key is being changed';
