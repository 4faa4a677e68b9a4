-- Checks a whole column of either data type without showing anything of it.

CREATE PROCEDURE phone_verify_column("table" regclass, "column" name)
    LANGUAGE plpgsql
AS $$
DECLARE
    counted record;
BEGIN
    IF "table" IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_class AS c
         WHERE c.oid OPERATOR(pg_catalog.=) "table" AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,m,f}'))
    THEN
        RAISE EXCEPTION '% is not a table', "table" USING ERRCODE = 'wrong_object_type';
    END IF;
    SELECT v.total, v.failing INTO counted FROM phone_crypt.verify_column("table", "column") AS v;
    IF counted.failing OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION '% of % values failed verification', counted.failing, counted.total
            USING ERRCODE = 'data_exception', HINT = 'They are where phone_verify() or email_verify() of the column is false.';
    END IF;
    RAISE NOTICE '% values verified', counted.total;
END;
$$;
