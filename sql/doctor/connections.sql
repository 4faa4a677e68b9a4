-- The doctor: connections without TLS.

CREATE FUNCTION phone_crypt.doctor_tls() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', 'ssl is off, and the server listens on the network: numbers that clients send go in plain text',
           'Give the server a certificate: ssl_cert_file, ssl_key_file, ssl = on, and SELECT pg_reload_conf();'
     WHERE current_setting('ssl') = 'off'
       AND EXISTS (SELECT FROM unnest(string_to_array(current_setting('listen_addresses'), ',')) AS a (address)
                    WHERE btrim(a.address) NOT IN ('', 'localhost', '127.0.0.1', '::1'))
    UNION ALL
    SELECT 'warning', format('ssl_min_protocol_version is %s: clients may use an old version of TLS', s.setting),
           'ALTER SYSTEM RESET ssl_min_protocol_version; SELECT pg_reload_conf();'
      FROM pg_settings AS s WHERE s.name = 'ssl_min_protocol_version' AND s.setting IN ('', 'TLSv1', 'TLSv1.1')
$$;
COMMENT ON FUNCTION phone_crypt.doctor_tls() IS
    'finds a server on the network without TLS, or with an old version of it';

-- The rules as the file has them now. Addresses are not shown.
CREATE FUNCTION phone_crypt.doctor_hba() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning',
           format('pg_hba.conf lets other machines in without TLS: %s %s', CASE count(*) WHEN 1 THEN 'line' ELSE 'lines' END,
                  phone_crypt.some_of(array_agg(h.line_number::text ORDER BY h.line_number))),
           'Write hostssl instead of host there, and SELECT pg_reload_conf();'
      FROM pg_hba_file_rules AS h
     WHERE h.error IS NULL AND h.type IN ('host', 'hostnossl') AND h.auth_method <> 'reject'
       AND NOT coalesce(h.address IN ('samehost', 'localhost') OR h.address = '127.0.0.1' OR h.address LIKE '127.%' OR h.address = '::1', false)
       AND (current_database() = ANY (h.database) OR 'all' = ANY (h.database))
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION phone_crypt.doctor_hba() IS
    'finds lines of pg_hba.conf that let other machines in without TLS';
