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
COMMENT ON FUNCTION phone_mask(text, text) IS
    'calling code and last 3 digits, never fewer than 4 hidden; what is no phone number is masked entirely';
COMMENT ON FUNCTION phone_split(text, text) IS
    'the pieces of a text that holds several numbers, as they are written';
COMMENT ON FUNCTION phone_equivalents(text, text) IS
    'the number, then other forms under which its subscriber may have been stored before a numbering plan changed';
COMMENT ON FUNCTION phone_encrypt(text, text, text) IS
    'normalises, then encrypts under the primary key; decrypts only under the same context';
COMMENT ON FUNCTION phone_decrypt(text, text) IS
    'authenticates, then gives the E.164 number; 22000 if it is not authentic, 55000 if its key is not configured';
COMMENT ON FUNCTION phone_try_decrypt(text, text) IS
    'as phone_decrypt, NULL where the value is at fault';
COMMENT ON FUNCTION phone_reveal(text, text) IS
    'the number for whoever may execute phone_decrypt, else its mask; in a SECURITY DEFINER function both the definer and the outermost caller must be allowed to';
COMMENT ON FUNCTION phone_encrypt_raw(text, text) IS
    'encrypts any text as it is (kind 02)';
COMMENT ON FUNCTION phone_decrypt_raw(text, text) IS
    'the text that phone_encrypt_raw took';
COMMENT ON FUNCTION phone_hash(text, text, text) IS
    'keyed hash (blind index) of the normalised number: 64 hex digits';
COMMENT ON FUNCTION phone_hashes(text, text, text) IS
    'hashes under every scheme and configured key, the current one first, for = ANY(...)';
COMMENT ON FUNCTION phone_hashes_of(text[], text, text) IS
    'phone_hashes of several numbers, for = ANY(...), as of phone_equivalents';
COMMENT ON FUNCTION phone_ratelimit_key(text, text) IS
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
    'pins this database to the keys and default regions the server has now; next_key_id names a configured key that may become primary, then hash key';
COMMENT ON FUNCTION phone_crypt_version() IS
    'version, git revision, libphonenumber metadata, and the PostgreSQL major it was built for';
COMMENT ON FUNCTION phone_crypt.metadata_version() IS
    'behind phone_crypt.metadata';
COMMENT ON FUNCTION phone_crypt_grant(regrole, text) IS
    'gives a role the functions of a profile: masked, writer, reader, limiter, gateway, restore or admin';
COMMENT ON FUNCTION phone_crypt_revoke(regrole, text) IS
    'takes the functions of a profile back from a role';
COMMENT ON FUNCTION phone_crypt.configured_keys() IS
    'behind phone_crypt.key_status';
COMMENT ON FUNCTION phone_crypt.configured_regions() IS
    'phone_crypt.default_regions in the one form that is written down';
COMMENT ON FUNCTION phone_crypt.crypto_counters() IS
    'behind phone_crypt.crypto_stats';
COMMENT ON FUNCTION ratelimit_hit(text, bigint, interval, bigint, text, bigint) IS
    'counts a hit and says whether it is allowed and what is left; call it in FROM';
COMMENT ON FUNCTION ratelimit_allow(text, bigint, interval, bigint, text, bigint) IS
    'as ratelimit_hit, only whether the hit is allowed';
COMMENT ON FUNCTION ratelimit_peek(text, bigint, interval, bigint, text, bigint) IS
    'the answer ratelimit_hit would give; consumes nothing';
COMMENT ON FUNCTION ratelimit_hit_phone(text, bigint, interval, bigint, text, bigint, text) IS
    'ratelimit_hit on the keyed hash of a phone number, however it is written';
COMMENT ON FUNCTION ratelimit_check(text, text, bigint) IS
    'a hit against a policy; 22023 if there is no such policy';
COMMENT ON FUNCTION ratelimit_peek_policy(text, text, bigint) IS
    'the answer ratelimit_check would give; consumes nothing';
COMMENT ON FUNCTION ratelimit_check_phone(text, text, bigint, text) IS
    'ratelimit_check on the keyed hash of a phone number, however it is written';
COMMENT ON FUNCTION ratelimit_peek_policy_phone(text, text, bigint, text) IS
    'the answer ratelimit_check_phone would give; consumes nothing';
COMMENT ON FUNCTION ratelimit_check_all(text[], text[], bigint) IS
    'a hit against several policies, each with its key, all or nothing; policy is the one that decided';
COMMENT ON FUNCTION ratelimit_acquire(text, bigint, interval) IS
    'a lease of a key, of which at most so many are held at once; it ends by itself';
COMMENT ON FUNCTION ratelimit_release(text) IS
    'gives a lease back; whether it was still held';
COMMENT ON FUNCTION ratelimit_renew(text, interval) IS
    'lets a lease run from now on for so long; whether it was still held';
COMMENT ON FUNCTION ratelimit_address_key(inet, integer) IS
    'the key to count an address under: IPv4 as it is, also inside IPv6; of IPv6 the network';
COMMENT ON FUNCTION ratelimit_headers(text, text) IS
    'RateLimit-Policy, RateLimit, X-RateLimit-* and Retry-After of a key in a policy; consumes nothing';
COMMENT ON FUNCTION ratelimit_headers(text, text, bigint, interval, text, bigint) IS
    'the same for a limit that is no policy''s; name is what the headers call it';
COMMENT ON FUNCTION ratelimit_policy_set(text, bigint, interval, text, bigint, interval[], boolean, boolean, boolean, text, text) IS
    'makes or replaces a policy; penalties are the blocks after the 1st, 2nd, ... violation';
COMMENT ON FUNCTION ratelimit_policy_drop(text) IS
    'drops a policy and its state; whether there was one';
COMMENT ON FUNCTION ratelimit_reset(text, text) IS
    'forgets hits, violations and block of a key; whether there was anything';
COMMENT ON FUNCTION ratelimit_refund(text, bigint, text) IS
    'gives hits back, never below none used; whether any had been used';
COMMENT ON FUNCTION ratelimit_refund_hit(text, timestamptz, bigint, text) IS
    'gives back a hit that was counted at hit_at, as its answer said; true if it still counted';
COMMENT ON FUNCTION ratelimit_block(text, interval, text) IS
    'denies every hit on a key for so long; gives when the block ends';
COMMENT ON FUNCTION ratelimit_unblock(text, text) IS
    'lifts a block; whether there was one';
COMMENT ON FUNCTION ratelimit_list_key(text, text, text) IS
    'puts a key on the allow or deny list';
COMMENT ON FUNCTION ratelimit_list_network(text, inet, text) IS
    'puts a network on the allow or deny list, for keys that begin with an address';
COMMENT ON FUNCTION ratelimit_unlist_key(text) IS
    'takes a key off its list; whether it was on one';
COMMENT ON FUNCTION ratelimit_unlist_network(inet) IS
    'takes a network off its list; whether it was on one';
COMMENT ON FUNCTION email_forget(text) IS
    'removes an e-mail address from every column of type encrypted_email; what was done';
COMMENT ON FUNCTION phone_forget(text, text, boolean) IS
    'removes every trace of a number from encrypted columns, rate limits, lists and blocks; what was done';
COMMENT ON FUNCTION ratelimit_list_phone(text, text, text, text) IS
    'puts a phone number on the allow or deny list; stays listed when the hash key changes';
COMMENT ON FUNCTION ratelimit_unlist_phone(text, text) IS
    'takes a phone number off its list; whether it was on one';
COMMENT ON FUNCTION ratelimit_block_phone(text, interval, text, text) IS
    'denies every hit on a phone number for so long; stays blocked when the hash key changes';
COMMENT ON FUNCTION ratelimit_unblock_phone(text, text, text) IS
    'lifts the block of a phone number, under whichever key it was made; whether there was one';
COMMENT ON FUNCTION ratelimit_merge(text, bigint, bigint, interval) IS
    'adds a fixed window of a legacy application (start in ms since 1970) to what is live of a key';
COMMENT ON FUNCTION api_token_create(text, text[], interval, text, text, jsonb, cidr[], text) IS
    'makes an API token; its text is shown this once';
COMMENT ON FUNCTION api_token_verify(text, text, inet) IS
    'whether an API token may be used, and whose it is; never an error for what a client can send';
COMMENT ON FUNCTION api_token_rotate(text, interval) IS
    'makes a token that replaces another one, which stays valid for the grace period';
COMMENT ON FUNCTION api_token_revoke(text, text) IS
    'revokes an API token; every session refuses it from the commit on';
COMMENT ON FUNCTION api_token_revoke_all(text, text) IS
    'revokes all API tokens of an owner';
COMMENT ON FUNCTION api_token_expiring(interval) IS
    'API tokens that expire soon and that no other token replaces';
COMMENT ON FUNCTION api_token_import(text, bytea, text, text[], interval, text, text, jsonb, cidr[]) IS
    'takes over a token of a legacy application, by its text or its SHA-256';
COMMENT ON FUNCTION api_token_unlock(inet) IS
    'forgets the failed verifications from a client''s address';
COMMENT ON FUNCTION phone_crypt.new_token(text) IS
    'behind api_token_create: id, text and hash of a new token';
COMMENT ON FUNCTION phone_crypt.are_scopes(text[]) IS
    'whether an API token can have these scopes';
COMMENT ON FUNCTION phone_crypt.token_uses() IS
    'how API tokens were used since that was last written down';
COMMENT ON FUNCTION phone_crypt.take_token_uses() IS
    'behind flush_token_use: takes out what token_uses() shows';
COMMENT ON FUNCTION phone_crypt.lost_token_uses() IS
    'uses of API tokens that found no room in memory since the server started';
COMMENT ON FUNCTION ratelimit_flush() IS
    'waits until what was changed in memory is in phone_crypt.rate_limits';
COMMENT ON FUNCTION ratelimit_cleanup(integer) IS
    'deletes expired rows of phone_crypt.rate_limits; how many';
COMMENT ON FUNCTION phone_crypt.check_time_zone(text) IS
    'an error if the server knows no time zone of this name';
COMMENT ON FUNCTION phone_crypt.calendar_windows(text, text, timestamptz) IS
    'the hour, day, week or month of a time zone that a time is in, and when the next one ends';
COMMENT ON FUNCTION phone_crypt.is_policy(text, bigint, interval, text, bigint, interval[], text, text) IS
    'true, or the error that says why these are no policy';
COMMENT ON FUNCTION phone_crypt.ratelimit_drop_lost() IS
    'deletes rows of policies that are gone; behind ratelimit_cleanup';
COMMENT ON FUNCTION phone_crypt.ratelimit_entries() IS
    'behind phone_crypt.ratelimit_status and phone_crypt.ratelimit_top';
COMMENT ON FUNCTION phone_crypt.ratelimit_outcomes() IS
    'behind phone_crypt.ratelimit_policy_stats';
COMMENT ON FUNCTION phone_crypt.ratelimit_counters() IS
    'behind phone_crypt.ratelimit_stats';
COMMENT ON FUNCTION phone_crypt.check_owner(regclass) IS
    'nothing, or 42501 where the caller cannot act as the owner of the table';
COMMENT ON FUNCTION phone_crypt.check_may_commit() IS
    '25001 where the client has a transaction block open';
COMMENT ON FUNCTION phone_crypt.job_lock(regclass) IS
    'keeps other runs off the table; 55006 if one is at work';
COMMENT ON FUNCTION phone_crypt.job_unlock(regclass) IS
    'ends what job_lock began';
COMMENT ON FUNCTION phone_crypt.ratelimit_phone_keys(text, text) IS
    'rate-limit keys of a number under every configured key and both schemes, the present one first';
COMMENT ON FUNCTION phone_crypt.ratelimit_phone_keys_of(text, text) IS
    'the same of an encrypted number';
COMMENT ON FUNCTION phone_crypt.ratelimit_blocked_until(text, text) IS
    'when the block of a key ends; NULL where none is in force';
COMMENT ON FUNCTION phone_crypt.drop_ended_blocks() IS
    'forgets the numbers behind blocks that are over';
COMMENT ON FUNCTION phone_crypt.rekey_listed_phones() IS
    'behind phone_crypt.rekey_phones, for lists';
COMMENT ON FUNCTION phone_crypt.rekey_blocked_phones() IS
    'behind phone_crypt.rekey_phones, for blocks';
COMMENT ON FUNCTION phone_crypt.rekey_phones() IS
    'puts listed and blocked numbers under the present hash key and encrypts them under the primary key; how many';
COMMENT ON PROCEDURE phone_migrate_rate_limits(regclass, regclass, interval, integer, boolean, text, text) IS
    'turns the rows phone:... of the legacy application''s rate_limits into phone_hash:..., in place or into phone_crypt.rate_limits';
COMMENT ON FUNCTION phone_crypt.count_legacy_rows(regclass, boolean, boolean, boolean) IS
    'how many rows phone:..., phone_hash:... and of other kinds a table has';
COMMENT ON FUNCTION phone_crypt.legacy_key(text) IS
    'the key that phone_migrate_rate_limits would give a row, or why the row would stay as it is; and its kind';
COMMENT ON FUNCTION phone_crypt.migrate_batch(regclass, tid, tid, integer, timestamptz, interval, boolean, boolean, boolean, boolean) IS
    'a batch of phone_migrate_rate_limits';
COMMENT ON FUNCTION phone_crypt.purge_count(regclass, text, timestamptz) IS
    'how many rows of an encrypted column are older than that';
COMMENT ON FUNCTION phone_crypt.purge_batch(regclass, text, regclass, timestamptz, bigint, integer) IS
    'deletes or sets to NULL some of them; behind phone_purge_expired';
COMMENT ON FUNCTION phone_crypt.column_outcomes(oid, text, text) IS
    'behind phone_check_column';
COMMENT ON FUNCTION phone_crypt.forget_known_keys() IS
    'frees what phone_crypt.migrate_batch remembers of the keys of a table';
COMMENT ON FUNCTION phone_crypt_adopt_rate_limits(regclass, interval) IS
    'replaces a migrated rate_limits table by a read-only view of the live state; the table is kept under another name';
COMMENT ON FUNCTION phone_crypt_release_rate_limits(regclass) IS
    'undoes phone_crypt_adopt_rate_limits: the table comes back, with the live counts';
COMMENT ON FUNCTION phone_crypt.live_count(text) IS
    'what is counted of a key at the moment; behind phone_crypt.legacy_rate_limits';
COMMENT ON FUNCTION phone_crypt.unflushed_keys() IS
    'keys in memory that phone_crypt.rate_limits does not have yet; behind phone_crypt.legacy_rate_limits';
COMMENT ON FUNCTION phone_crypt.take_back_counts(regclass, regclass) IS
    'writes the rows of a view into a table; behind phone_crypt_release_rate_limits';
COMMENT ON FUNCTION phone_crypt.check_keys() IS
    'nothing, or 55000 where keys are missing or the database is pinned to others';
COMMENT ON FUNCTION phone_crypt.check_lasting_keys(text) IS
    'nothing, or 55000 where a key that data would be encrypted or hashed under is gone with the session, or public';
COMMENT ON FUNCTION phone_crypt.run_as_owner(regclass, text) IS
    'runs a statement in the name of the owner of a table, which the caller must be able to act for';
COMMENT ON FUNCTION phone_crypt.count_as_owner(regclass, text) IS
    'counts rows of a table that meet a condition, in the name of its owner';
COMMENT ON FUNCTION phone_crypt.read_as_owner(regclass, text[]) IS
    'columns of each row of a table as text, read in the name of its owner';

-- The data type encrypted_phone.
COMMENT ON FUNCTION encrypted_phone(text, text) IS
    'the encrypted_phone of a phone, read under a list of regions such as ''AU,US''';
COMMENT ON FUNCTION phone_decrypt(encrypted_phone) IS
    'the number in E.164, or the text that is none; all of the value is verified first';
COMMENT ON FUNCTION phone_show(encrypted_phone) IS
    'as phone_decrypt; phone_show(text) gives the text, so one query works before and after a conversion';
COMMENT ON FUNCTION phone_show(text) IS
    'the text; phone_show(encrypted_phone) decrypts';
COMMENT ON FUNCTION phone_original(encrypted_phone) IS
    'what was written, where the value keeps it, else as phone_decrypt';
COMMENT ON FUNCTION phone_extension(encrypted_phone) IS
    'the extension that was written after the number; NULL where there is none';
COMMENT ON FUNCTION phone_reveal(encrypted_phone) IS
    'the number for whoever may execute phone_decrypt, else its mask; in a SECURITY DEFINER function both the definer and the outermost caller must be allowed to';
COMMENT ON FUNCTION phone_mask(encrypted_phone) IS
    'calling code and the last three digits of the number';
COMMENT ON FUNCTION phone_region(encrypted_phone) IS
    'region of the number, such as AU; NULL where it has none, or is no number';
COMMENT ON FUNCTION phone_type(encrypted_phone) IS
    'mobile, fixed_line, ... or unknown; NULL for text that is no number';
COMMENT ON FUNCTION phone_timezones(encrypted_phone) IS
    'time zones where the line of the number may be; NULL for text that is no number';
COMMENT ON FUNCTION phone_timezones(text) IS
    'time zones where the line of a number may be: likely ones, since numbers move';
COMMENT ON FUNCTION phone_timezones(text, text) IS
    'time zones where the line of a number may be, read under a list of regions such as ''AU,US''';
COMMENT ON FUNCTION phone_suppressed(text, text) IS
    'whether a number must not be called or texted';
COMMENT ON FUNCTION phone_suppressed(encrypted_phone) IS
    'phone_suppressed of an encrypted number';
COMMENT ON FUNCTION consent_check(text, text, text) IS
    'whether consent is granted for a topic, or for all, by which state and since when';
COMMENT ON FUNCTION consent_check(encrypted_phone, text) IS
    'consent_check of an encrypted number';
COMMENT ON FUNCTION phone_crypt.number_value(text, text) IS
    'a number as consent and suppression keep it';
COMMENT ON FUNCTION phone_crypt.number_value(encrypted_phone) IS
    'an encrypted number as consent and suppression keep it';
COMMENT ON FUNCTION phone_crypt.phone_probes(encrypted_phone) IS
    'what rows of a number are found by, under every configured key';
COMMENT ON FUNCTION phone_crypt.rekey_consent_batch(text, bigint) IS
    'behind rekey_consents: rows of some pages under the present keys';
COMMENT ON FUNCTION phone_crypt.import_suppressions(regclass, text, text, text) IS
    'behind phone_suppress_import: suppresses the numbers in a column';
COMMENT ON FUNCTION phone_crypt.note_suppressed() IS
    'the trigger that enters suppressed numbers into the filter in shared memory';
COMMENT ON FUNCTION phone_crypt.filter_status() IS
    'behind phone_crypt.suppression_filter';
COMMENT ON FUNCTION phone_crypt.keep_consent_events() IS
    'the trigger that refuses changes of the history of consent';
COMMENT ON FUNCTION phone_stop_word(text, text) IS
    'what a message says as a whole: stop, start or help; NULL for anything else';
COMMENT ON FUNCTION phone_is_number(encrypted_phone) IS
    'whether it holds a phone number, as opposed to other text; needs no key';
COMMENT ON FUNCTION phone_require_number(encrypted_phone) IS
    'true, or 23514 where it holds other text: for CHECK; needs no key';
COMMENT ON FUNCTION phone_key_id(encrypted_phone) IS
    'id of the key it is encrypted under; needs no key';
COMMENT ON FUNCTION phone_hash_key_id(encrypted_phone) IS
    'id of the key it is compared under; needs no key';
COMMENT ON FUNCTION phone_reencrypt(encrypted_phone) IS
    'verified, and encrypted again under the primary key';
COMMENT ON FUNCTION phone_hash(encrypted_phone) IS
    'phone_hash of its number';
COMMENT ON FUNCTION phone_ratelimit_key(encrypted_phone) IS
    'phone_ratelimit_key of its number';
COMMENT ON FUNCTION phone_value(encrypted_phone) IS
    'the same value as text iv:encrypted_data; needs no key';
COMMENT ON FUNCTION phone_from_value(text, text) IS
    'the encrypted_phone that phone_value was given, and its hash key id; needs no key';
COMMENT ON FUNCTION phone_verify(encrypted_phone) IS
    'whether the value is authentic; shows nothing of it';
COMMENT ON PROCEDURE phone_verify_column(regclass, name) IS
    'verifies every value of a column and shows none; 22000 where some fail';
COMMENT ON FUNCTION phone_crypt.verify_column(regclass, text) IS
    'behind phone_verify_column';
COMMENT ON FUNCTION phone_column_keys(regclass, text) IS
    'how many values of a column are encrypted, and compared, under which key; needs no key';
COMMENT ON FUNCTION phone_column_keys() IS
    'the same of every column of tables that are yours; one that cannot be read is warned of';
COMMENT ON FUNCTION phone_crypt.count_column_keys(regclass, text) IS
    'behind phone_column_keys()';
COMMENT ON FUNCTION encrypted_phone_in(cstring) IS
    'encrypted_phone: input';
COMMENT ON FUNCTION encrypted_phone_out(encrypted_phone) IS
    'encrypted_phone: output';
COMMENT ON FUNCTION encrypted_phone_recv(internal) IS
    'encrypted_phone: binary input';
COMMENT ON FUNCTION encrypted_phone_send(encrypted_phone) IS
    'encrypted_phone: binary output';
COMMENT ON FUNCTION encrypted_phone_analyze(internal) IS
    'encrypted_phone: statistics that keep no values';
COMMENT ON FUNCTION encrypted_phone_from_text(text) IS
    'encrypted_phone: the cast';
COMMENT ON FUNCTION encrypted_phone_from_bpchar(character) IS
    'encrypted_phone: the cast';
COMMENT ON FUNCTION encrypted_phone_probe(text, internal) IS
    'encrypted_phone: a cast that is only compared';
COMMENT ON FUNCTION encrypted_phone_probe(character, internal) IS
    'encrypted_phone: a cast that is only compared';
COMMENT ON FUNCTION encrypted_phone_support(internal) IS
    'encrypted_phone: planner support for = and <>';
COMMENT ON FUNCTION encrypted_phone_sortsupport(internal) IS
    'encrypted_phone: sorting by abbreviated keys';
COMMENT ON FUNCTION encrypted_phone_hash(encrypted_phone) IS
    'encrypted_phone: hash of what is compared';
COMMENT ON FUNCTION encrypted_phone_hash_extended(encrypted_phone, bigint) IS
    'encrypted_phone: hash of what is compared';
COMMENT ON FUNCTION encrypted_phone_eq(encrypted_phone, encrypted_phone) IS
    'encrypted_phone: behind =';
COMMENT ON FUNCTION encrypted_phone_ne(encrypted_phone, encrypted_phone) IS
    'encrypted_phone: behind <>';
COMMENT ON FUNCTION encrypted_phone_lt(encrypted_phone, encrypted_phone) IS
    'encrypted_phone: behind ~<~';
COMMENT ON FUNCTION encrypted_phone_le(encrypted_phone, encrypted_phone) IS
    'encrypted_phone: behind ~<=~';
COMMENT ON FUNCTION encrypted_phone_ge(encrypted_phone, encrypted_phone) IS
    'encrypted_phone: behind ~>=~';
COMMENT ON FUNCTION encrypted_phone_gt(encrypted_phone, encrypted_phone) IS
    'encrypted_phone: behind ~>~';
COMMENT ON FUNCTION encrypted_phone_cmp(encrypted_phone, encrypted_phone) IS
    'encrypted_phone: behind the order';
COMMENT ON FUNCTION webhook_verify(bytea, text, text, text, interval) IS
    'whether the hex HMAC-SHA256 of signed_at.payload is the signature, and signed_at within the tolerance';
COMMENT ON FUNCTION webhook_verify_text(text, text, text, text, interval) IS
    'as webhook_verify for a payload that is text: its bytes in UTF-8';
COMMENT ON FUNCTION webhook_verify_standard(bytea, text, text, text, text, interval) IS
    'whether one signature of a list is right, as Standard Webhooks has it; the secret is whsec_... or whpk_...';
COMMENT ON FUNCTION webhook_sign(bytea, text, timestamptz) IS
    'the signature and timestamp that webhook_verify takes';
COMMENT ON FUNCTION webhook_receive(text, jsonb, bytea, text, text) IS
    'verifies a request to an endpoint, and stores that it was seen; never an error for what a sender can send';
COMMENT ON FUNCTION webhook_endpoint_create(text, text, text, interval, text, interval) IS
    'an endpoint for webhooks of this scheme, with a secret or a public key, which is stored encrypted';
COMMENT ON FUNCTION webhook_endpoint_rotate(text, text, interval) IS
    'gives an endpoint another secret or public key; the old one holds until the grace is over';
COMMENT ON FUNCTION webhook_endpoint_drop(text) IS
    'true if there was an endpoint of this name';
COMMENT ON FUNCTION webhook_endpoint_reencrypt() IS
    'encrypts stored secrets again that are not under the primary key; how many';
COMMENT ON FUNCTION webhook_cleanup(integer) IS
    'deletes what has expired: messages that were seen, and old secrets; how many rows';
COMMENT ON FUNCTION phone_crypt.webhook_seal(text, text, text, boolean) IS
    'the secret of an endpoint as it is stored';
COMMENT ON FUNCTION phone_crypt.webhook_reseal(text, text, text) IS
    'a stored secret under the primary key; NULL where it is under it already';
COMMENT ON FUNCTION phone_crypt.webhook_signs_time(text) IS
    'whether a scheme signs a time';
COMMENT ON FUNCTION phone_crypt.webhook_outcomes() IS
    'behind phone_crypt.webhook_stats';
COMMENT ON FUNCTION phone_crypt.convert_row() IS
    'the trigger of a column that is being converted';
COMMENT ON FUNCTION phone_crypt.page_batch(text, regclass, text, text, text, text, bigint, bigint, boolean, text) IS
    'one batch of work on a column of type encrypted_phone: the rows of some pages';
COMMENT ON FUNCTION phone_crypt.rehash_row() IS
    'trigger of a table with a column whose hash key is being changed';
COMMENT ON FUNCTION phone_crypt.rehash_differing(regclass, text, text, text) IS
    'how many rows have something else under the other hash key';
COMMENT ON FUNCTION phone_crypt.conversion_differing(regclass, text, text, text, text) IS
    'how many rows would lose something if the plain column of a conversion went';
COMMENT ON FUNCTION phone_crypt.make_immediate(regclass, oid, boolean) IS
    'a deferrable unique constraint of a table that is locked stops being deferrable';
COMMENT ON FUNCTION phone_crypt.same_texts(regclass, text) IS
    'how many values of a column hold as text a number that another value has';
COMMENT ON FUNCTION phone_crypt.plain_outcome(text, text) IS
    'what phone_encrypt_column would count plain text as';
COMMENT ON FUNCTION phone_crypt.is_own_error(text, text) IS
    'whether an error is the last that a batch of this session ended with by itself, so that it quotes no row';
COMMENT ON FUNCTION phone_crypt.read_source(text, text, text) IS
    'what a text of a column that is to be encrypted is counted as';
COMMENT ON FUNCTION phone_crypt.check_source(text) IS
    'refuses values that cannot be read: their scheme, key or regions';
COMMENT ON FUNCTION phone_crypt.check_always(regclass, text) IS
    'a deferrable unique constraint of a table that is locked is checked for every session';
COMMENT ON FUNCTION phone_crypt_lockdown(text, text) IS
    'locks down what decrypts and compares, tokens, sending, or all of it, in every session of this database';
COMMENT ON FUNCTION phone_crypt_lockdown_release(text) IS
    'ends lockdowns of this database; how many';
COMMENT ON FUNCTION phone_crypt_lockdown_cluster(text) IS
    'locks down every database of this server at once, also after a restart; for superusers';
COMMENT ON FUNCTION phone_crypt_lockdown_cluster_release() IS
    'ends the lockdown of the server; whether there was one';
COMMENT ON FUNCTION phone_crypt.is_locked_down(text) IS
    'whether the calls of a scope are refused now: decrypt, tokens, sending';
COMMENT ON FUNCTION phone_crypt.cluster_lockdown() IS
    'the lockdown of the server: since when, by whom, why';
COMMENT ON FUNCTION phone_crypt.warn_of_open_transaction() IS
    'behind phone_crypt_lockdown';
COMMENT ON FUNCTION phone_crypt_audit_checkpoint() IS
    'has all that waits written to the audit log, and gives the newest signed checkpoint';
COMMENT ON FUNCTION audit_inclusion_proof(bigint, bigint) IS
    'the proof that a record is in the audit log (RFC 6962)';
COMMENT ON FUNCTION audit_consistency_proof(bigint, bigint) IS
    'the proof that the audit log of then is the beginning of that of now (RFC 6962)';
COMMENT ON FUNCTION phone_crypt_audit_verify(text) IS
    'verifies the audit log, also against a checkpoint that was kept elsewhere; gives the first broken place';
COMMENT ON FUNCTION phone_crypt.audit_event(text, regclass, text, bigint) IS
    'records an event of phone_crypt in the audit log';
COMMENT ON FUNCTION phone_crypt.audit_unpack(bigint, bytea) IS
    'the audit records that a row of the log holds, given the number of the last one';
COMMENT ON FUNCTION phone_crypt.audit_queue() IS
    'what waits in shared memory for the audit log';
COMMENT ON FUNCTION phone_send_check(text, text, inet, text, text, numeric) IS
    'whether a sending policy lets a message or call to the number out now, and why not; counts it if so';
COMMENT ON FUNCTION phone_send_check(encrypted_phone, text, inet, text, text, numeric) IS
    'phone_send_check of an encrypted number';
COMMENT ON FUNCTION phone_send_policy_set(text, boolean, text[], text[], text[], boolean, text[], text[], text[], text[], text[], text[], numeric, numeric, numeric, text, numeric, text, boolean, interval, integer, text, boolean, time, time) IS
    'makes or changes a sending policy; what is not given stays as it is';
COMMENT ON FUNCTION phone_send_outcome(bigint, text) IS
    'reports what became of a message: sent, delivered, verified or failed';
COMMENT ON FUNCTION phone_send_outcome_phone(text, text) IS
    'reports what became of the messages to a number';
COMMENT ON FUNCTION phone_send_outcome_phone(encrypted_phone, text) IS
    'phone_send_outcome_phone of an encrypted number';
COMMENT ON FUNCTION phone_crypt.send_region_counts() IS
    'verified and unverified codes by region';
COMMENT ON FUNCTION phone_crypt.send_suspect_ranges() IS
    'ranges of numbers that look pumped';
COMMENT ON FUNCTION phone_send_policy_drop(text) IS
    'drops a sending policy and what it has counted';
COMMENT ON FUNCTION phone_send_price_set(text, numeric, text) IS
    'sets what a message to numbers that begin so costs; NULL removes the price';
COMMENT ON FUNCTION phone_crypt.are_send_rates(text[]) IS
    'whether a sending policy can have these rates';
COMMENT ON FUNCTION phone_crypt.are_send_places(text[]) IS
    'whether a sending policy can have these regions and beginnings of numbers';
COMMENT ON FUNCTION phone_crypt.are_send_types(text[]) IS
    'whether these are types of number';
COMMENT ON FUNCTION phone_crypt.is_amount(numeric) IS
    'whether it can be a price or a budget';
COMMENT ON FUNCTION phone_send_exempt(text, text) IS
    'enters a number that no sending policy is for, such as a test number';
COMMENT ON FUNCTION phone_send_exempt_network(inet, text) IS
    'enters a network of clients that no sending policy is for';
COMMENT ON FUNCTION phone_send_unexempt(text) IS
    'sending policies are for this number again';
COMMENT ON FUNCTION phone_send_unexempt_network(inet) IS
    'sending policies are for this network again';
COMMENT ON FUNCTION phone_crypt.unwritten_send_decisions() IS
    'what sending policies decided since that was last written down';
COMMENT ON FUNCTION phone_crypt.take_send_decisions() IS
    'the same, taken out of memory by whoever writes it down';
COMMENT ON FUNCTION phone_crypt.lost_send_decisions() IS
    'decisions of sending policies that found no room in memory since the server started';
COMMENT ON FUNCTION phone_crypt.send_budget_states() IS
    'behind the view phone_crypt.send_budgets';
