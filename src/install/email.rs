//! E-mail: its data type, before what takes columns of either type, and what `\df+` says.

pgrx::extension_sql_file!(
    "../../sql/encrypted_email/type.sql",
    name = "encrypted_email_type",
    requires = ["encrypted_phone_type"]
);
pgrx::extension_sql_file!(
    "../../sql/encrypted_email/operators.sql",
    name = "encrypted_email_operators",
    requires = ["encrypted_email_type"]
);
pgrx::extension_sql_file!(
    "../../sql/email/comments.sql",
    name = "email_comments",
    requires = [
        email::functions::email_normalize,
        email::functions::email_is_valid,
        email::functions::email_mask,
        email::functions::email_match_key,
        email::functions::email_encrypt,
        email::functions::email_decrypt,
        email::functions::email_hash,
        email::functions::email_hashes,
        email::values::decrypt_email,
        email::values::show_email,
        email::values::show_email_text,
        email::values::email_reveal,
        email::values::mask_email,
        email::values::email_is_address,
        email::values::email_require_address,
        email::values::email_key_id,
        email::values::email_hash_key_id,
        email::values::email_reencrypt,
        email::values::hash_of_email,
        email::values::email_value,
        email::values::email_from_value,
        email::values::email_verify,
        "encrypted_email_operators",
    ]
);
