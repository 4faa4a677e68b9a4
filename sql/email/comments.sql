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
