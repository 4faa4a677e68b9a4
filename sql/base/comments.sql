-- The short form of each function's documentation, for \df+. The long form is docs/functions.md.

COMMENT ON FUNCTION phone_normalize(text) IS
    'E.164 form under phone_crypt.default_regions; 22023 if it is not a phone number';
COMMENT ON FUNCTION phone_normalize(text, text) IS
    'E.164 form under a list of regions such as ''AU,US'' ('''' = numbers with + only); 22023 if it is not a phone number';
COMMENT ON FUNCTION phone_try_normalize(text) IS
    'as phone_normalize, NULL instead of "not a phone number"';
COMMENT ON FUNCTION phone_try_normalize(text, text) IS
    'as phone_normalize, NULL instead of "not a phone number"';
COMMENT ON FUNCTION phone_is_valid(text) IS
    'whether the numbering plan assigns the number; never an error for the phone';
COMMENT ON FUNCTION phone_is_valid(text, text) IS
    'whether the numbering plan assigns the number; never an error for the phone';
COMMENT ON FUNCTION phone_is_possible(text) IS
    'whether phone_normalize takes it; never an error for the phone';
COMMENT ON FUNCTION phone_is_possible(text, text) IS
    'whether phone_normalize takes it; never an error for the phone';
COMMENT ON FUNCTION phone_region(text) IS
    'region of the number, such as AU; NULL where it has none';
COMMENT ON FUNCTION phone_region(text, text) IS
    'region of the number, such as AU; NULL where it has none';
COMMENT ON FUNCTION phone_type(text) IS
    'mobile, fixed_line, fixed_line_or_mobile, toll_free, ... or unknown';
COMMENT ON FUNCTION phone_type(text, text) IS
    'mobile, fixed_line, fixed_line_or_mobile, toll_free, ... or unknown';
COMMENT ON FUNCTION phone_format(text, text) IS
    'the number in style e164, international, national or rfc3966';
COMMENT ON FUNCTION phone_format(text, text, text) IS
    'the number in style e164, international, national or rfc3966';
COMMENT ON FUNCTION phone_mask(text) IS
    'calling code and last 3 digits, never fewer than 4 hidden; what is no phone number is masked entirely';
COMMENT ON FUNCTION phone_encrypt(text, text) IS
    'normalises, then encrypts under the primary key; decrypts only under the same context';
COMMENT ON FUNCTION phone_decrypt(text, text) IS
    'authenticates, then gives the E.164 number; 22000 if it is not authentic, 55000 if its key is not configured';
COMMENT ON FUNCTION phone_try_decrypt(text, text) IS
    'as phone_decrypt, NULL where the value is at fault';
COMMENT ON FUNCTION phone_reveal(text, text) IS
    'the number for whoever may execute phone_decrypt, else its mask';
COMMENT ON FUNCTION phone_encrypt_raw(text, text) IS
    'encrypts any text as it is (kind 02)';
COMMENT ON FUNCTION phone_decrypt_raw(text, text) IS
    'the text that phone_encrypt_raw took';
COMMENT ON FUNCTION phone_hash(text, text) IS
    'keyed hash (blind index) of the normalised number: 64 hex digits';
COMMENT ON FUNCTION phone_hashes(text, text) IS
    'hashes under every scheme and configured key, the current one first, for = ANY(...)';
COMMENT ON FUNCTION phone_ratelimit_key(text) IS
    'phone_hash: and the hash, the conventional rate-limit key of a phone';
COMMENT ON FUNCTION phone_key_id(text) IS
    'id of the key the value is encrypted under; legacy if it is unauthenticated; needs no key';
COMMENT ON FUNCTION phone_reencrypt(text, text) IS
    'authenticates, then encrypts again under the primary key; a value already under it comes back as it is';
COMMENT ON FUNCTION phone_decrypt_legacy(text, text, text) IS
    'reads an unauthenticated iv:data value of scheme cbc, cbc-pbkdf2 or node-evp under a configured key';
COMMENT ON FUNCTION phone_decrypt_legacy_with_key(text, text, text) IS
    'as phone_decrypt_legacy, under a key given as text: pass it as a bound parameter, literals reach logs';
COMMENT ON FUNCTION phone_crypt_generate_key() IS
    'a new key: 64 hex digits from the system random source';
COMMENT ON FUNCTION phone_crypt_pin_keys(text) IS
    'pins this database to the keys the server has now; next_key_id names a configured key that may become primary';
COMMENT ON FUNCTION phone_crypt_version() IS
    'version, git revision, and the PostgreSQL major it was built for';
COMMENT ON FUNCTION phone_crypt_grant(regrole, text) IS
    'gives a role the functions of a profile: masked, writer, reader, limiter or admin';
COMMENT ON FUNCTION phone_crypt_revoke(regrole, text) IS
    'takes the functions of a profile back from a role';
COMMENT ON FUNCTION phone_crypt.configured_keys() IS
    'behind phone_crypt.key_status';
COMMENT ON FUNCTION phone_crypt.crypto_counters() IS
    'behind phone_crypt.crypto_stats';
