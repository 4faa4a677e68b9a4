-- Rows as the legacy application left them in its rate_limits, the same in every run, with what phone each of them
-- means: known from how it was made, not from any function of phone_crypt. Parameters: :rows, :now_ms.

-- A number below `most` that looks random and depends on the row and the name alone.
CREATE FUNCTION draw(n bigint, name text, most bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('x' || substr(md5(n || name), 1, 15))::bit(60)::bigint % most
$$;

-- One row in five repeats the phone of another; a tenth remain, since not all are of a kind that has a phone, and
-- spelled in the same way they would be the same row.
CREATE TABLE made AS
SELECT n, draw(n, 'kind', 100) AS kind, draw(n, 'spelling', 6) AS spelling,
       CASE WHEN draw(n, 'again', 9) < 2 THEN draw(n, 'which', n) + 1 ELSE n END AS phone
  FROM generate_series(1::bigint, :rows) AS n;

CREATE TABLE spelled AS
SELECT n, kind, e164,
       CASE WHEN e164 LIKE '+61%' THEN (ARRAY[
                e164, '0' || a || b || c, '0' || a || ' ' || b || ' ' || c, '+61 ' || a || '-' || b || '-' || c,
                '0011 61 ' || a || ' ' || b || c,
                -- +1 was glued to what had no country.
                '+10' || a || b || c])[spelling + 1]
            ELSE (ARRAY[
                e164, '1-' || a || '-' || b || '-' || c, '(' || a || ') ' || b || '-' || c,
                '+1 (' || a || ') ' || b || '-' || c, a || '.' || b || '.' || c, '001 ' || a || ' ' || b || ' ' || c
                ])[spelling + 1] END AS spelling,
       e164 LIKE '+61%' AND spelling = 5 AS is_naive
  FROM (SELECT n, kind, spelling,
               CASE WHEN phone % 2 = 0 THEN '+61' || a || b || c ELSE '+1' || a || b || c END AS e164, a, b, c
          FROM (SELECT n, kind, spelling, phone,
                       -- Mobiles of Australia: 4, a digit up to 5, and seven; of ten area codes of the USA: the
                       -- exchange does not begin with 0 or 1.
                       CASE WHEN phone % 2 = 0 THEN '4' || lpad((phone / 1000000 % 60)::text, 2, '0')
                            ELSE (ARRAY['212', '305', '312', '415', '503', '617', '650', '702', '808', '919']
                                 )[phone / 8000000 % 10 + 1]
                       END AS a,
                       CASE WHEN phone % 2 = 0 THEN lpad((phone / 1000 % 1000)::text, 3, '0')
                            ELSE (200 + phone / 10000 % 800)::text END AS b,
                       CASE WHEN phone % 2 = 0 THEN lpad((phone % 1000)::text, 3, '0')
                            ELSE lpad((phone % 10000)::text, 4, '0') END AS c
                  FROM made) AS parts) AS numbers;

-- What becomes of the row: it means a phone (repaired or not), is a hash already, or stays as it is.
CREATE TYPE meaning AS ENUM ('phone', 'repaired', 'hash', 'naive', 'garbage', 'other');

CREATE TABLE legacy AS
SELECT DISTINCT ON (id) *
  FROM (SELECT n,
               (CASE WHEN kind < 74 THEN 'phone:' || spelling
                     WHEN kind < 79 THEN 'phone_hash:' || encode(hmac(e164, :'key', 'sha256'), 'hex')
                     -- Not a number with or without the +1: there is no area code 099, and no 09 9 in Australia.
                     WHEN kind = 79 AND n % 2 = 0 THEN 'phone:+1099' || lpad(n::text, 7, '0')
                     WHEN kind = 79 THEN 'phone:somebody ' || translate(n::text, '0123456789', 'abcdefghij')
                     ELSE n || '@example.com:login' END)::varchar(255) AS id,
               CASE WHEN kind < 74 THEN e164 WHEN kind < 79 THEN e164 END AS e164,
               (CASE WHEN kind < 74 AND is_naive THEN 'repaired' WHEN kind < 74 THEN 'phone' WHEN kind < 79 THEN 'hash'
                     WHEN kind = 79 AND n % 2 = 0 THEN 'naive' WHEN kind = 79 THEN 'garbage' ELSE 'other' END)::meaning
                   AS meaning,
               -- Now and then so many that with those of another row they are more than fits.
               CASE WHEN draw(n, 'many', 100) = 0 THEN 2147483646 ELSE 1 + draw(n, 'count', 9) END::int AS count,
               -- Half of the windows of an hour are over.
               :now_ms - draw(n, 'start', 7200000) AS window_start,
               CASE WHEN draw(n, 'made', 100) > 0
                    THEN timestamptz '2026-01-01 00:00+00' + draw(n, 'age', 10000000) * interval '1 s'
                    END AS created_at,
               timestamptz '2026-06-01 00:00+00' + draw(n, 'use', 10000000) * interval '1 s' AS updated_at
          FROM spelled) AS rows
 ORDER BY id, n;

-- In the order in which they came, not in that of their keys.
CREATE TABLE rate_limits (
    id varchar(255) PRIMARY KEY, count integer NOT NULL, window_start bigint NOT NULL,
    created_at timestamptz, updated_at timestamptz
);
INSERT INTO rate_limits SELECT id, count, window_start, created_at, updated_at FROM legacy ORDER BY n;
ANALYZE rate_limits;
