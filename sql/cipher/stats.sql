-- Statistics. The counters live in shared memory (or in the backend, without preload); see src/cipher/stats.rs.

CREATE VIEW phone_crypt.crypto_stats AS
    SELECT operation, calls, failures, since, shared FROM phone_crypt.crypto_counters();
COMMENT ON VIEW phone_crypt.crypto_stats IS
    'calls and failures of encrypt, decrypt, hash and normalize since start';
