-- The doctor: what stopped half-way.

CREATE FUNCTION phone_crypt.doctor_jobs() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('%s stopped half-way: %s', phone_crypt.counted(count(*), 'job has', 'jobs have'),
                             phone_crypt.some_of(array_agg(format('%s of %s', p.procedure, p.relation) ORDER BY p.started_at))),
           'CALL the procedure again, with the same arguments: it goes on where it stopped. SELECT * FROM phone_crypt.progress; has more.'
      FROM phone_crypt.progress AS p
     WHERE p.state = 'cancelled' AND EXISTS (SELECT FROM pg_class AS c WHERE c.oid = p.relation)
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION phone_crypt.doctor_jobs() IS
    'finds jobs that stopped half-way';

CREATE FUNCTION phone_crypt.doctor_conversions() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('the conversion of %s of %s is not finished: the plain column %s is still there',
                             quote_ident(CASE c.state WHEN 'swapped' THEN c.encrypted_column ELSE c.plain_column END), c.relation,
                             quote_ident(c.plain_column)),
           CASE c.state WHEN 'swapped' THEN format('CALL phone_drop_plaintext(%L, %L);', c.relation, c.encrypted_column)
                ELSE format('CALL phone_encrypt_column(%L, %L);', c.relation, c.plain_column) END
           || ' with the arguments that it began with'
      FROM phone_crypt.conversions AS c
$$;
COMMENT ON FUNCTION phone_crypt.doctor_conversions() IS
    'finds conversions that are not finished';
