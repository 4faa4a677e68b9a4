-- What \df+ says of the e-mail functions.

COMMENT ON FUNCTION email_normalize(text) IS
    'an e-mail address in its one spelling: domain in lower case and in ASCII, local part as it is';
COMMENT ON FUNCTION email_mask(text) IS
    'e-mail address to show: first character of both sides and the top-level domain';
COMMENT ON FUNCTION email_encrypt(text, text) IS
    'encrypts an e-mail address in its one spelling';
COMMENT ON FUNCTION email_decrypt(text, text) IS
    'e-mail address of a value of email_encrypt';
COMMENT ON FUNCTION email_hash(text, text) IS
    'keyed hash of an e-mail address, 64 hex digits, for unique indexes and look-ups';
COMMENT ON FUNCTION email_hashes(text, text) IS
    'hashes of an e-mail address under every configured key, that of email_hash first';
COMMENT ON FUNCTION email_is_valid(text) IS
    'whether a text is an e-mail address; says nothing of a mailbox';
COMMENT ON FUNCTION email_match_key(text, boolean, boolean) IS
    'equal for e-mail addresses taken for one person''s: in lower case; optionally without +tag, without Gmail''s dots';

-- The data type encrypted_email.
COMMENT ON FUNCTION email_decrypt(encrypted_email) IS
    'the e-mail address, or the text that is none';
COMMENT ON FUNCTION email_show(encrypted_email) IS
    'as email_decrypt; email_show(text) returns its argument, so one query works before and after a conversion';
COMMENT ON FUNCTION email_show(text) IS
    'the text; email_show(encrypted_email) decrypts';
COMMENT ON FUNCTION email_reveal(encrypted_email) IS
    'the address for whoever may decrypt, else its mask';
COMMENT ON FUNCTION email_mask(encrypted_email) IS
    'first character of both sides and the top-level domain; text that is no address is hidden entirely';
COMMENT ON FUNCTION email_is_address(encrypted_email) IS
    'whether it holds an e-mail address, as opposed to other text; needs no key';
COMMENT ON FUNCTION email_require_address(encrypted_email) IS
    'true, or an error that shows no row where it holds other text: for CHECK constraints; needs no key';
COMMENT ON FUNCTION email_key_id(encrypted_email) IS
    'id of the key it is encrypted under; needs no key';
COMMENT ON FUNCTION email_hash_key_id(encrypted_email) IS
    'id of the key it is compared under; needs no key';
COMMENT ON FUNCTION email_reencrypt(encrypted_email) IS
    'verified, and encrypted again under the primary key; what it equals stays';
COMMENT ON FUNCTION email_hash(encrypted_email) IS
    'hash of its address, as email_hash gives it of the plain text';
COMMENT ON FUNCTION email_value(encrypted_email) IS
    'the same value as text iv:encrypted_data; needs no key';
COMMENT ON FUNCTION email_from_value(text, text) IS
    'the encrypted_email that email_value was given, and its hash key id; needs no key';
COMMENT ON FUNCTION email_verify(encrypted_email) IS
    'whether it is authentic and its tag that of its plain text; shows nothing of it';
COMMENT ON FUNCTION encrypted_email_in(cstring) IS
    'encrypted_email: input';
COMMENT ON FUNCTION encrypted_email_out(encrypted_email) IS
    'encrypted_email: output';
COMMENT ON FUNCTION encrypted_email_recv(internal) IS
    'encrypted_email: binary input';
COMMENT ON FUNCTION encrypted_email_send(encrypted_email) IS
    'encrypted_email: binary output';
COMMENT ON FUNCTION encrypted_email_analyze(internal) IS
    'encrypted_email: statistics that keep no values';
COMMENT ON FUNCTION encrypted_email_from_text(text) IS
    'encrypted_email: the cast';
COMMENT ON FUNCTION encrypted_email_from_bpchar(character) IS
    'encrypted_email: the cast';
COMMENT ON FUNCTION encrypted_email_probe(text, internal) IS
    'encrypted_email: a cast that is only compared';
COMMENT ON FUNCTION encrypted_email_probe(character, internal) IS
    'encrypted_email: a cast that is only compared';
COMMENT ON FUNCTION encrypted_email_support(internal) IS
    'encrypted_email: planner support for = and <>';
COMMENT ON FUNCTION encrypted_email_sortsupport(internal) IS
    'encrypted_email: sorting by abbreviated keys';
COMMENT ON FUNCTION encrypted_email_hash(encrypted_email) IS
    'encrypted_email: hash of what is compared';
COMMENT ON FUNCTION encrypted_email_hash_extended(encrypted_email, bigint) IS
    'encrypted_email: hash of what is compared';
COMMENT ON FUNCTION encrypted_email_eq(encrypted_email, encrypted_email) IS
    'encrypted_email: behind =';
COMMENT ON FUNCTION encrypted_email_ne(encrypted_email, encrypted_email) IS
    'encrypted_email: behind <>';
COMMENT ON FUNCTION encrypted_email_lt(encrypted_email, encrypted_email) IS
    'encrypted_email: behind ~<~';
COMMENT ON FUNCTION encrypted_email_le(encrypted_email, encrypted_email) IS
    'encrypted_email: behind ~<=~';
COMMENT ON FUNCTION encrypted_email_ge(encrypted_email, encrypted_email) IS
    'encrypted_email: behind ~>=~';
COMMENT ON FUNCTION encrypted_email_gt(encrypted_email, encrypted_email) IS
    'encrypted_email: behind ~>~';
COMMENT ON FUNCTION encrypted_email_cmp(encrypted_email, encrypted_email) IS
    'encrypted_email: behind the order';
