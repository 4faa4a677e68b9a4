-- Changes of a table that others use meanwhile.

-- Ends a job in the transaction of the change that it was for: a run that is stopped between the two would leave a job
-- that nothing goes on with.
CREATE FUNCTION phone_crypt.job_end_sql(job bigint, details jsonb) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('SELECT phone_crypt.job_end(%L, %L)', job, details)
$$;
COMMENT ON FUNCTION phone_crypt.job_end_sql(bigint, jsonb) IS
    'the statement that ends a job';

-- Runs statements that need a lock on the table, in one transaction: it waits for the lock for a second at most,
-- so that nobody queues behind it for longer, and tries again. What can run code of the table's owner (defaults,
-- domains, expressions of indexes) is run in the owner's name. failure: NULL, and what goes wrong is raised; '',
-- and it is given back as its SQLSTATE, for a run through many tables.
CREATE PROCEDURE phone_crypt.change_table(relation regclass, statements text[], INOUT failure text)
    LANGUAGE plpgsql
AS $$
DECLARE
    statement pg_catalog.text;
    attempts integer := 0;
BEGIN
    LOOP
        -- What was committed while the lock was waited for has to be seen once it is there.
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
        PERFORM phone_crypt.begin_batch();
        PERFORM pg_catalog.set_config('lock_timeout', '1s', true);
        BEGIN
            FOREACH statement IN ARRAY statements LOOP
                IF statement OPERATOR(pg_catalog.~) '^(ALTER TABLE|CREATE (UNIQUE )?INDEX|DROP INDEX) ' THEN
                    PERFORM phone_crypt.run_as_owner(relation, statement);
                ELSE
                    EXECUTE statement;
                END IF;
            END LOOP;
            EXIT;
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                attempts := attempts OPERATOR(pg_catalog.+) 1;
                IF attempts OPERATOR(pg_catalog.>=) 60 AND failure IS NULL THEN
                    RAISE EXCEPTION 'table % could not be locked in % attempts', relation, attempts
                        USING ERRCODE = 'lock_not_available',
                              HINT = 'Look in pg_stat_activity for long transactions that use it, and CALL it again.';
                ELSIF attempts OPERATOR(pg_catalog.>=) 60 THEN
                    failure := '55P03';
                    RETURN;
                END IF;
            WHEN OTHERS THEN
                IF failure IS NULL THEN
                    RAISE;
                END IF;
                failure := SQLSTATE;
                RETURN;
        END;
        COMMIT;
        PERFORM pg_catalog.pg_sleep(0.5);
    END LOOP;
    COMMIT;
    PERFORM phone_crypt.begin_batch();
END;
$$;
COMMENT ON PROCEDURE phone_crypt.change_table(regclass, text[], text) IS
    'runs statements that need a short lock, and tries again where it could not acquire the lock';
