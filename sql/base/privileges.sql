-- Who may do what. Everything that encrypts, decrypts, hashes or changes state is revoked from PUBLIC;
-- profiles give it back in portions. This view is the only list: grants, revokes and tests read it.

CREATE VIEW phone_crypt.profiles (profile, object, kind) AS
    WITH function (least, signature) AS (VALUES
        ('masked', '@extschema@.phone_reveal(text,text)'::regprocedure),
        ('masked', '@extschema@.phone_reveal(@extschema@.encrypted_phone)'),
        ('masked', '@extschema@.phone_mask(@extschema@.encrypted_phone)'),
        ('masked', '@extschema@.phone_region(@extschema@.encrypted_phone)'),
        ('masked', '@extschema@.phone_type(@extschema@.encrypted_phone)'),
        ('masked', '@extschema@.phone_timezones(@extschema@.encrypted_phone)'),
        ('masked', '@extschema@.phone_quiet_until(@extschema@.encrypted_phone,time,time,timestamptz)'),
        ('writer', '@extschema@.encrypted_phone(text,text)'),
        ('writer', '@extschema@.phone_reencrypt(@extschema@.encrypted_phone)'),
        ('writer', '@extschema@.phone_hash(@extschema@.encrypted_phone)'),
        ('writer', '@extschema@.phone_ratelimit_key(@extschema@.encrypted_phone)'),
        ('writer', '@extschema@.phone_verify(@extschema@.encrypted_phone)'),
        ('reader', '@extschema@.phone_decrypt(@extschema@.encrypted_phone)'),
        ('reader', '@extschema@.phone_show(@extschema@.encrypted_phone)'),
        ('reader', '@extschema@.phone_original(@extschema@.encrypted_phone)'),
        ('reader', '@extschema@.phone_extension(@extschema@.encrypted_phone)'),
        ('restore', '@extschema@.phone_from_value(text,text)'),
        ('admin',  '@extschema@.phone_verify_column(regclass,name)'),
        ('admin',  'phone_crypt.verify_column(regclass,text)'),
        ('admin',  '@extschema@.phone_column_keys()'),
        ('admin',  '@extschema@.phone_column_keys(regclass,text)'),
        ('admin',  'phone_crypt.count_column_keys(regclass,text)'),
        ('writer', '@extschema@.phone_encrypt(text,text,text)'),
        ('writer', '@extschema@.phone_encrypt_raw(text,text)'),
        ('writer', '@extschema@.phone_reencrypt(text,text)'),
        ('writer', '@extschema@.phone_hash(text,text,text)'),
        ('writer', '@extschema@.phone_hashes(text,text,text)'),
        ('writer', '@extschema@.phone_hashes_of(text[],text,text)'),
        ('writer', '@extschema@.phone_ratelimit_key(text,text)'),
        ('writer', '@extschema@.email_encrypt(text,text)'),
        ('writer', '@extschema@.email_hash(text,text)'),
        ('writer', '@extschema@.email_hashes(text,text)'),
        ('reader', '@extschema@.email_decrypt(text,text)'),
        ('reader', '@extschema@.phone_decrypt(text,text)'),
        ('reader', '@extschema@.phone_try_decrypt(text,text)'),
        ('reader', '@extschema@.phone_decrypt_raw(text,text)'),
        ('reader', '@extschema@.phone_decrypt_legacy(text,text,text)'),
        ('admin',  '@extschema@.phone_decrypt_legacy_with_key(text,text,text)'),
        ('admin',  '@extschema@.phone_crypt_pin_keys(text)'),
        ('admin',  '@extschema@.phone_crypt_lockdown(text,text)'),
        ('admin',  '@extschema@.phone_crypt_lockdown_release(text)'),
        ('admin',  'phone_crypt.cluster_lockdown()'),
        ('admin',  'phone_crypt.warn_of_open_transaction()'),
        ('gateway', 'phone_crypt.is_locked_down(text)'),
        ('admin',  'phone_crypt.configured_keys()'),
        ('admin',  'phone_crypt.configured_regions()'),
        ('admin',  'phone_crypt.metadata_version()'),
        ('admin',  'phone_crypt.crypto_counters()'),
        ('limiter', '@extschema@.ratelimit_hit(text,bigint,interval,bigint,text,bigint)'),
        ('limiter', '@extschema@.ratelimit_allow(text,bigint,interval,bigint,text,bigint)'),
        ('limiter', '@extschema@.ratelimit_peek(text,bigint,interval,bigint,text,bigint)'),
        ('limiter', '@extschema@.ratelimit_hit_phone(text,bigint,interval,bigint,text,bigint,text)'),
        ('limiter', '@extschema@.ratelimit_check(text,text,bigint)'),
        ('limiter', '@extschema@.ratelimit_peek_policy(text,text,bigint)'),
        ('limiter', '@extschema@.ratelimit_check_phone(text,text,bigint,text)'),
        ('limiter', '@extschema@.ratelimit_peek_policy_phone(text,text,bigint,text)'),
        ('limiter', '@extschema@.ratelimit_check_all(text[],text[],bigint)'),
        ('limiter', '@extschema@.ratelimit_acquire(text,bigint,interval)'),
        ('limiter', '@extschema@.ratelimit_release(text)'),
        ('limiter', '@extschema@.ratelimit_renew(text,interval)'),
        ('limiter', '@extschema@.ratelimit_address_key(inet,integer)'),
        ('limiter', '@extschema@.ratelimit_headers(text,text)'),
        ('limiter', '@extschema@.ratelimit_headers(text,text,bigint,interval,text,bigint)'),
        ('limiter', '@extschema@.phone_send_check(text,text,inet,text,text,numeric)'),
        ('limiter', '@extschema@.phone_send_check(@extschema@.encrypted_phone,text,inet,text,text,numeric)'),
        ('limiter', '@extschema@.phone_send_outcome(bigint,text)'),
        ('limiter', '@extschema@.phone_send_outcome_phone(text,text)'),
        ('limiter', '@extschema@.phone_send_outcome_phone(@extschema@.encrypted_phone,text)'),
        ('admin',  'phone_crypt.send_region_counts()'),
        ('admin',  'phone_crypt.send_suspect_ranges()'),
        ('admin',  '@extschema@.phone_send_policy_set(text,boolean,text[],text[],text[],boolean,text[],text[],text[],text[],text[],text[],numeric,numeric,numeric,text,numeric,text,boolean,interval,integer,text,boolean,time,time)'),
        ('admin',  '@extschema@.phone_send_policy_drop(text)'),
        ('admin',  '@extschema@.phone_send_price_set(text,numeric,text)'),
        ('admin',  '@extschema@.phone_send_exempt(text,text)'),
        ('admin',  '@extschema@.phone_send_exempt_network(inet,text)'),
        ('admin',  '@extschema@.phone_send_unexempt(text)'),
        ('admin',  '@extschema@.phone_send_unexempt_network(inet)'),
        ('admin',  'phone_crypt.send_hashes(text)'),
        ('admin',  'phone_crypt.rekey_exempt_phones()'),
        ('admin',  'phone_crypt.unwritten_send_decisions()'),
        ('admin',  'phone_crypt.flush_send_decisions()'),
        ('admin',  'phone_crypt.lost_send_decisions()'),
        ('admin',  'phone_crypt.send_budget_states()'),
        ('admin',  'phone_crypt.are_send_rates(text[])'),
        ('admin',  'phone_crypt.are_send_places(text[])'),
        ('admin',  'phone_crypt.are_send_types(text[])'),
        ('admin',  'phone_crypt.is_amount(numeric)'),
        ('admin',  'phone_crypt.drop_send_rows()'),
        ('gateway', '@extschema@.api_token_verify(text,text,inet)'),
        ('admin',  '@extschema@.api_token_create(text,text[],interval,text,text,jsonb,cidr[],text)'),
        ('admin',  '@extschema@.api_token_import(text,bytea,text,text[],interval,text,text,jsonb,cidr[])'),
        ('admin',  '@extschema@.api_token_rotate(text,interval)'),
        ('admin',  '@extschema@.api_token_revoke(text,text)'),
        ('admin',  '@extschema@.api_token_revoke_all(text,text)'),
        ('admin',  '@extschema@.api_token_expiring(interval)'),
        ('admin',  '@extschema@.api_token_unlock(inet)'),
        ('admin',  'phone_crypt.are_scopes(text[])'),
        ('admin',  'phone_crypt.checked_networks(cidr[])'),
        ('admin',  'phone_crypt.check_token(text,text[],interval,text,jsonb)'),
        ('admin',  'phone_crypt.flush_token_use()'),
        ('admin',  'phone_crypt.lost_token_uses()'),
        ('admin',  'phone_crypt.token_uses()'),
        ('admin',  '@extschema@.ratelimit_reset(text,text)'),
        ('admin',  '@extschema@.ratelimit_refund(text,bigint,text)'),
        ('admin',  '@extschema@.ratelimit_refund_hit(text,timestamptz,bigint,text)'),
        ('admin',  '@extschema@.ratelimit_block(text,interval,text)'),
        ('admin',  '@extschema@.ratelimit_unblock(text,text)'),
        ('admin',  '@extschema@.ratelimit_merge(text,bigint,bigint,interval)'),
        ('admin',  '@extschema@.ratelimit_flush()'),
        ('admin',  '@extschema@.ratelimit_cleanup(integer)'),
        ('admin',  '@extschema@.ratelimit_policy_set(text,bigint,interval,text,bigint,interval[],boolean,boolean,boolean,text,text)'),
        ('admin',  '@extschema@.ratelimit_policy_drop(text)'),
        ('admin',  '@extschema@.ratelimit_policy_override(text,text,bigint,interval,bigint,timestamptz,text)'),
        ('admin',  '@extschema@.ratelimit_policy_override_drop(text,text)'),
        ('admin',  '@extschema@.ratelimit_list_key(text,text,text)'),
        ('admin',  '@extschema@.ratelimit_list_network(text,inet,text)'),
        ('admin',  '@extschema@.ratelimit_unlist_key(text)'),
        ('admin',  '@extschema@.ratelimit_unlist_network(inet)'),
        ('admin',  '@extschema@.ratelimit_list_phone(text,text,text,text)'),
        ('admin',  '@extschema@.ratelimit_unlist_phone(text,text)'),
        ('admin',  '@extschema@.ratelimit_block_phone(text,interval,text,text)'),
        ('admin',  '@extschema@.ratelimit_unblock_phone(text,text,text)'),
        ('admin',  'phone_crypt.ratelimit_phone_keys(text,text)'),
        ('admin',  'phone_crypt.ratelimit_phone_keys_of(text,text)'),
        ('admin',  'phone_crypt.ratelimit_blocked_until(text,text)'),
        ('admin',  'phone_crypt.drop_ended_blocks()'),
        ('admin',  'phone_crypt.rekey_listed_phones()'),
        ('admin',  'phone_crypt.rekey_blocked_phones()'),
        ('admin',  'phone_crypt.rekey_phones()'),
        ('gateway', '@extschema@.webhook_verify(bytea,text,text,text,interval)'),
        ('gateway', '@extschema@.webhook_verify_text(text,text,text,text,interval)'),
        ('gateway', '@extschema@.webhook_verify_standard(bytea,text,text,text,text,interval)'),
        ('gateway', '@extschema@.webhook_sign(bytea,text,timestamptz)'),
        ('gateway', '@extschema@.webhook_receive(text,jsonb,bytea,text,text)'),
        ('admin',  '@extschema@.webhook_endpoint_create(text,text,text,interval,text,interval)'),
        ('admin',  '@extschema@.webhook_endpoint_rotate(text,text,interval)'),
        ('admin',  '@extschema@.webhook_endpoint_drop(text)'),
        ('admin',  '@extschema@.webhook_endpoint_reencrypt()'),
        ('admin',  '@extschema@.webhook_cleanup(integer)'),
        ('admin',  'phone_crypt.webhook_seal(text,text,text,boolean)'),
        ('admin',  'phone_crypt.webhook_reseal(text,text,text)'),
        ('admin',  'phone_crypt.webhook_secret_keys()'),
        ('admin',  'phone_crypt.webhook_outcomes()'),
        ('admin',  'phone_crypt.webhook_signs_time(text)'),
        ('admin',  'phone_crypt.check_webhook_interval(interval,text,interval)'),
        ('auditor', '@extschema@.phone_crypt_audit_checkpoint()'),
        ('auditor', '@extschema@.audit_inclusion_proof(bigint,bigint)'),
        ('auditor', '@extschema@.audit_consistency_proof(bigint,bigint)'),
        ('auditor', '@extschema@.phone_crypt_audit_verify(text)'),
        ('auditor', 'phone_crypt.audit_queue()'),
        ('admin',  'phone_crypt.audit_event(text,regclass,text,bigint)'),
        ('limiter', '@extschema@.phone_suppressed(text,text)'),
        ('limiter', '@extschema@.phone_suppressed(@extschema@.encrypted_phone)'),
        ('limiter', '@extschema@.consent_check(text,text,text)'),
        ('limiter', '@extschema@.consent_check(@extschema@.encrypted_phone,text)'),
        ('writer', '@extschema@.consent_record(text,text,text,text,jsonb,timestamptz,text)'),
        ('writer', '@extschema@.consent_record(@extschema@.encrypted_phone,text,text,text,jsonb,timestamptz)'),
        ('writer', '@extschema@.consent_reply(text,text,text,text,text)'),
        ('writer', '@extschema@.consent_reply(@extschema@.encrypted_phone,text,text,text)'),
        ('writer', '@extschema@.phone_suppress(text,text,text)'),
        ('writer', '@extschema@.phone_suppress(@extschema@.encrypted_phone,text)'),
        ('admin',  '@extschema@.phone_unsuppress(text,text)'),
        ('admin',  '@extschema@.phone_unsuppress(@extschema@.encrypted_phone)'),
        ('admin',  '@extschema@.phone_suppress_import(regclass,name,text,text)'),
        ('reader', '@extschema@.consent_history(text,text)'),
        ('reader', '@extschema@.consent_history(@extschema@.encrypted_phone)'),
        ('admin',  'phone_crypt.check_consent_text(text,text)'),
        ('admin',  'phone_crypt.import_suppressions(regclass,text,text,text)'),
        ('admin',  'phone_crypt.rekey_consent_batch(text,bigint)'),
        ('admin',  'phone_crypt.rekey_consents(bigint,bigint,text)'),
        ('admin',  'phone_crypt.consent_keys()'),
        ('admin',  'phone_crypt.quiet_until_of_zones(text[],time,time)'),
        ('admin',  'phone_crypt.filter_status()'),
        ('admin',  '@extschema@.phone_forget(text,text,boolean)'),
        ('admin',  '@extschema@.phone_column_policy(regclass,name,text,interval,name)'),
        ('admin',  '@extschema@.phone_purge_expired(integer,boolean)'),
        ('admin',  'phone_crypt.purge_count(regclass,text,timestamptz)'),
        ('admin',  'phone_crypt.purge_batch(regclass,text,regclass,timestamptz,bigint,integer)'),
        ('admin',  'phone_crypt.try_purge_batch(regclass,text,regclass,timestamptz,bigint,integer)'),
        ('admin',  'phone_crypt.purge_column(regclass,text,text,timestamptz,integer,boolean,text,text)'),
        ('admin',  'phone_crypt.retentions()'),
        ('admin',  'phone_crypt.tables_with_rows(regclass)'),
        ('admin',  'phone_crypt.is_time_column(regclass,text)'),
        ('admin',  'phone_crypt.check_time_zone(text)'),
        ('admin',  'phone_crypt.calendar_windows(text,text,timestamptz)'),
        ('admin',  'phone_crypt.check_overrides()'),
        ('admin',  'phone_crypt.is_policy(text,bigint,interval,text,bigint,interval[],text,text)'),
        ('admin',  'phone_crypt.ratelimit_drop_lost()'),
        ('admin',  'phone_crypt.drop_policy_rows()'),
        ('admin',  'phone_crypt.ratelimit_entries()'),
        ('admin',  'phone_crypt.ratelimit_counters()'),
        ('admin',  'phone_crypt.ratelimit_outcomes()'),
        ('admin',  'phone_crypt.check_owner(regclass)'),
        ('admin',  'phone_crypt.run_as_owner(regclass,text)'),
        ('admin',  'phone_crypt.count_as_owner(regclass,text)'),
        ('admin',  'phone_crypt.read_as_owner(regclass,text[])'),
        ('admin',  'phone_crypt.check_may_commit()'),
        ('admin',  'phone_crypt.job_phase(bigint,text)'),
        ('admin',  'phone_crypt.job_lock(regclass)'),
        ('admin',  'phone_crypt.job_unlock(regclass)'),
        ('admin',  'phone_crypt.check_keys()'),
        ('admin',  'phone_crypt.check_lasting_keys(text)'),
        ('admin',  'phone_crypt.owns(regclass)'),
        ('admin',  'phone_crypt.begin_batch()'),
        ('admin',  'phone_crypt.end_batch(text[])'),
        ('admin',  'phone_crypt.job_begin(text,regclass,name,bigint)'),
        ('admin',  'phone_crypt.job_title(text,regclass,name)'),
        ('admin',  'phone_crypt.job_progress(bigint,bigint,jsonb)'),
        ('admin',  'phone_crypt.job_end(bigint,jsonb)'),
        ('admin',  'phone_crypt.job_end_sql(bigint,jsonb)'),
        ('admin',  'phone_crypt.add_counts(jsonb,jsonb)'),
        ('admin',  'phone_crypt.counts_text(jsonb)'),
        ('admin',  'phone_crypt.batch_failed(text,regclass,text,text,text)'),
        ('admin',  'phone_crypt.left_over(jsonb)'),
        ('admin',  'phone_crypt.without_left_over(jsonb)'),
        ('admin',  'phone_crypt.change_table(regclass,text[],text)'),
        ('admin',  'phone_crypt.check_batch_size(integer)'),
        ('admin',  'phone_crypt.base_type(oid,integer)'),
        ('admin',  'phone_crypt.announce_pin(text)'),
        ('admin',  'phone_crypt.pin_if_not_pinned(text)'),
        ('admin',  'phone_crypt.was_decrypted(regclass,text)'),
        ('admin',  '@extschema@.phone_check_column(regclass,name,text)'),
        ('admin',  'phone_crypt.column_outcomes(oid,text,text)'),
        ('admin',  'phone_crypt.trigger_argument(bytea,integer)'),
        ('admin',  'phone_crypt.conversion(regclass,text)'),
        ('admin',  'phone_crypt.index_columns(oid,smallint,text)'),
        ('admin',  'phone_crypt.carried_indexes(regclass,smallint)'),
        ('admin',  'phone_crypt.free_name(regclass,text,text[])'),
        ('admin',  '@extschema@.phone_column_statements(regclass,name)'),
        ('admin',  'phone_crypt.sync_trigger_name(smallint)'),
        ('admin',  'phone_crypt.column_obstacles(regclass,smallint)'),
        ('admin',  'phone_crypt.users_of_type(regclass,smallint)'),
        ('admin',  'phone_crypt.roles_without_right(regclass,smallint)'),
        ('admin',  'phone_crypt.check_obstacles(regclass,smallint,boolean)'),
        ('admin',  'phone_crypt.check_convertible(regclass,text)'),
        ('admin',  'phone_crypt.check_rights(regclass,smallint)'),
        ('admin',  'phone_crypt.is_encrypted_column(regclass,text)'),
        ('admin',  'phone_crypt.trigger_version(phone_crypt.conversions)'),
        ('admin',  'phone_crypt.has_older_snapshots(xid)'),
        ('admin',  'phone_crypt.wait_for_snapshots()'),
        ('admin',  'phone_crypt.swap_columns(regclass,text,text,text)'),
        ('admin',  'phone_crypt.rehearse_swap(regclass,text,boolean)'),
        ('admin',  'phone_crypt.count_repeated(regclass,text)'),
        ('admin',  'phone_crypt.count_encrypted_texts(regclass,text)'),
        ('admin',  'phone_crypt.check_rows(regclass,text,text,text)'),
        ('admin',  'phone_crypt.unfilled(phone_crypt.conversions)'),
        ('admin',  'phone_crypt.prepare_sql(regclass,text,text)'),
        ('admin',  'phone_crypt.free_trigger_name(regclass,text)'),
        ('admin',  'phone_crypt.sync_trigger_sql(phone_crypt.conversions,text)'),
        ('admin',  'phone_crypt.not_null_check(phone_crypt.conversions)'),
        ('admin',  'phone_crypt.not_null_sql(phone_crypt.conversions)'),
        ('admin',  'phone_crypt.constraints_sql(phone_crypt.conversions)'),
        ('admin',  '@extschema@.phone_encrypt_column(regclass,name,boolean,text,integer,boolean,text)'),
        ('admin',  'phone_crypt.drop_plain_column(regclass,text,text)'),
        ('admin',  'phone_crypt.plain_remains(text,regclass)'),
        ('admin',  'phone_crypt.convert_row()'),
        ('admin',  'phone_crypt.page_batch(text,regclass,text,text,text,text,bigint,bigint,boolean,text)'),
        ('admin',  'phone_crypt.pages_of_batch(regclass,integer)'),
        ('admin',  'phone_crypt.page_count(regclass)'),
        ('admin',  'phone_crypt.work_through_pages(text,text,regclass,text,text,text,text,boolean,integer,bigint,jsonb,text)'),
        ('admin',  'phone_crypt.check_reencryptable(regclass,text)'),
        ('admin',  'phone_crypt.under_another_key(text)'),
        ('admin',  'phone_crypt.reencrypt_column(regclass,text,boolean,integer,boolean,text)'),
        ('admin',  '@extschema@.phone_rotate_hash_key(text,integer,boolean)'),
        ('admin',  'phone_crypt.rehash_row()'),
        ('admin',  'phone_crypt.rehash_differing(regclass,text,text,text)'),
        ('admin',  'phone_crypt.hash_rotation(regclass,text)'),
        ('admin',  'phone_crypt.under_another_hash_key(text)'),
        ('admin',  'phone_crypt.not_under_hash_keys(text,text[])'),
        ('admin',  'phone_crypt.types_with_values()'),
        ('admin',  'phone_crypt.stored_constants()'),
        ('admin',  'phone_crypt.check_no_other_values()'),
        ('admin',  'phone_crypt.carried_checks(regclass,smallint)'),
        ('admin',  'phone_crypt.check_rehash_obstacles(regclass,smallint)'),
        ('admin',  'phone_crypt.check_rehashable(regclass,text)'),
        ('admin',  'phone_crypt.prepare_rehash_sql(regclass,text)'),
        ('admin',  'phone_crypt.rehash_trigger_sql(phone_crypt.conversions,text)'),
        ('admin',  'phone_crypt.completeness_check(phone_crypt.conversions)'),
        ('admin',  'phone_crypt.missing_checks(phone_crypt.conversions)'),
        ('admin',  'phone_crypt.rehash_checks_sql(phone_crypt.conversions)'),
        ('admin',  'phone_crypt.validate_checks_sql(phone_crypt.conversions)'),
        ('admin',  'phone_crypt.drop_rehash_sql(phone_crypt.conversions)'),
        ('admin',  'phone_crypt.prepare_rehash(regclass,text,text,boolean)'),
        ('admin',  'phone_crypt.fill_rehash(regclass,text,integer)'),
        ('admin',  'phone_crypt.verify_rehash(regclass,text,text,text)'),
        ('admin',  'phone_crypt.swap_rehashed(regclass,text,text)'),
        ('admin',  'phone_crypt.pin_next_hash(text,regclass[])'),
        ('admin',  'phone_crypt.lock_pins()'),
        ('admin',  'phone_crypt.pin_hash(text)'),
        ('admin',  'phone_crypt.check_hash_key(text)'),
        ('admin',  'phone_crypt.rehashed_columns()'),
        ('admin',  'phone_crypt.wait_for_transactions()'),
        ('admin',  'phone_crypt.lock_for_hash_key(regclass[])'),
        ('admin',  'phone_crypt.change_hash_key(text,regclass[],text[],text[])'),
        ('admin',  'phone_crypt.give_up_rehash(text)'),
        ('admin',  'phone_crypt.try_interval(text)'),
        ('admin',  'phone_crypt.rotated_columns()'),
        ('admin',  'phone_crypt.conversion_differing(regclass,text,text,text,text)'),
        ('admin',  'phone_crypt.make_immediate(regclass,oid,boolean)'),
        ('admin',  'phone_crypt.check_always(regclass,text)'),
        ('admin',  'phone_crypt.carried_sql(regclass,text,text)'),
        ('admin',  'phone_crypt.check_decryptable(regclass,text)'),
        ('admin',  'phone_crypt.index_pairs(phone_crypt.conversions,boolean)'),
        ('admin',  'phone_crypt.is_going_back(phone_crypt.conversions)'),
        ('admin',  'phone_crypt.missing_indexes(phone_crypt.conversions,boolean,boolean)'),
        ('admin',  'phone_crypt.not_null_again(regclass,text)'),
        ('admin',  'phone_crypt.pending_index(phone_crypt.conversions)'),
        ('admin',  'phone_crypt.prepare_back_sql(regclass,text)'),
        ('admin',  'phone_crypt.swap_back(regclass,text,text,boolean,text)'),
        ('admin',  'phone_crypt.swap_indexes(phone_crypt.conversions,boolean)'),
        ('admin',  'phone_crypt.undecrypted(phone_crypt.conversions)'),
        ('admin',  'phone_crypt.same_texts(regclass,text)'),
        ('admin',  'phone_crypt.count_same_texts(regclass,text)'),
        ('admin',  'phone_crypt.check_same_texts(regclass,text)'),
        ('admin',  'phone_crypt.count_long_texts(regclass,text)'),
        ('admin',  'phone_crypt.check_trigger(phone_crypt.conversions,text)'),
        ('admin',  'phone_crypt.check_may_make_indexes(regclass,smallint)'),
        ('admin',  'phone_crypt.has_other_snapshots()'),
        ('admin',  'phone_crypt.warn_of_order(text,regclass,smallint,smallint)'),
        ('admin',  'phone_crypt.finish_rows(phone_crypt.conversions,text,text,text)'),
        ('admin',  'phone_crypt.not_null_later_sql(regclass,boolean,text,text,smallint)'),
        ('admin',  'phone_crypt.late_check_name(smallint)'),
        ('admin',  'phone_crypt.has_late_check(regclass,text)'),
        ('admin',  'phone_crypt.source_of(regclass,text,text)'),
        ('admin',  'phone_crypt.source_counts(regclass,text,text)'),
        ('admin',  'phone_crypt.encrypt_column(text,regclass,text,text,text,boolean,text,integer,boolean)'),
        ('admin',  'phone_crypt.plain_outcome(text)'),
        ('admin',  'phone_crypt.is_own_error(text,text)'),
        ('reader', 'phone_crypt.read_source(text,text)'),
        ('admin',  'phone_crypt.check_source(text)'),
        ('admin',  'phone_crypt.types_of_values()'),
        ('admin',  'phone_crypt.tree(regclass)'),
        ('admin',  'phone_crypt.leaves(regclass)'),
        ('admin',  'phone_crypt.table_size(regclass)'),
        ('admin',  'phone_crypt.check_table(regclass)'),
        ('admin',  'phone_crypt.check_partitioned(regclass,text)'),
        ('admin',  'phone_crypt.index_sql(regclass,text,boolean,text,boolean)'),
        ('admin',  'phone_crypt.check_obstacles_of_all(regclass,text,boolean)'),
        ('admin',  'phone_crypt.count_differing(regclass,text,text,text,text)'),
        ('admin',  'phone_crypt.check_new_columns(regclass,text)'),
        ('admin',  '@extschema@.phone_drop_plaintext(regclass,name,boolean)'),
        ('admin',  '@extschema@.phone_decrypt_column(regclass,name,boolean,integer,boolean)'),
        ('admin',  '@extschema@.phone_rotate_column(regclass,name,boolean,integer,boolean)'),
        ('admin',  '@extschema@.phone_rotate_all(boolean,integer,boolean)'),
        ('admin',  '@extschema@.phone_import_legacy_column(regclass,name,text,text,text,boolean,text,integer,boolean)'),
        ('admin',  '@extschema@.phone_migrate_rate_limits(regclass,regclass,interval,integer,boolean,text,text)'),
        ('admin',  'phone_crypt.has_legacy_columns(regclass)'),
        ('admin',  'phone_crypt.find_legacy_table(name[])'),
        ('admin',  'phone_crypt.check_legacy_table(regclass,boolean)'),
        ('admin',  'phone_crypt.count_legacy_rows(regclass,boolean,boolean,boolean)'),
        ('admin',  'phone_crypt.preview_migration(regclass,interval,boolean,boolean,boolean)'),
        ('admin',  'phone_crypt.foreign_hashes(regclass)'),
        ('admin',  'phone_crypt.legacy_key(text)'),
        ('admin',  'phone_crypt.migrate_batch(regclass,tid,tid,integer,timestamptz,interval,boolean,boolean,boolean,boolean)'),
        ('admin',  'phone_crypt.forget_known_keys()'),
        ('admin',  '@extschema@.phone_crypt_adopt_rate_limits(regclass,interval)'),
        ('admin',  '@extschema@.phone_crypt_release_rate_limits(regclass)'),
        ('admin',  'phone_crypt.live_count(text)'),
        ('admin',  'phone_crypt.unflushed_keys()'),
        ('admin',  'phone_crypt.refuse_write()'),
        ('admin',  'phone_crypt.relation_grants(regclass)'),
        ('admin',  'phone_crypt.let_read_live_counts(regrole,regrole[],boolean)'),
        ('admin',  'phone_crypt.kept_name(name)'),
        ('admin',  'phone_crypt.take_back_counts(regclass,regclass)')
    ), relation (least, name) AS (VALUES
        ('auditor', 'phone_crypt.audit_log'::regclass),
        ('auditor', 'phone_crypt.audit_status'),
        ('auditor', 'phone_crypt.audit_keys'),
        ('admin', 'phone_crypt.keys'),
        ('admin', 'phone_crypt.key_status'),
        ('admin', 'phone_crypt.lockdowns'),
        ('admin', 'phone_crypt.metadata'),
        ('admin', 'phone_crypt.crypto_stats'),
        ('admin', 'phone_crypt.rate_limits'),
        ('admin', 'phone_crypt.ratelimit_policies'),
        ('admin', 'phone_crypt.ratelimit_lists'),
        ('admin', 'phone_crypt.ratelimit_policy_overrides'),
        ('admin', 'phone_crypt.ratelimit_overrides'),
        ('admin', 'phone_crypt.ratelimit_blocked_phones'),
        ('admin', 'phone_crypt.ratelimit_status'),
        ('admin', 'phone_crypt.ratelimit_stats'),
        ('admin', 'phone_crypt.ratelimit_policy_stats'),
        ('admin', 'phone_crypt.ratelimit_top'),
        ('admin', 'phone_crypt.send_policies'),
        ('admin', 'phone_crypt.send_prices'),
        ('admin', 'phone_crypt.send_regions'),
        ('admin', 'phone_crypt.send_suspects'),
        ('admin', 'phone_crypt.send_exempt'),
        ('admin', 'phone_crypt.send_decisions'),
        ('admin', 'phone_crypt.send_status'),
        ('admin', 'phone_crypt.send_budgets'),
        ('admin', 'phone_crypt.tokens'),
        ('admin', 'phone_crypt.webhook_endpoints'),
        ('admin', 'phone_crypt.webhook_rotations'),
        ('admin', 'phone_crypt.webhook_stats'),
        ('admin', 'phone_crypt.suppression_filter'),
        ('admin', 'phone_crypt.progress'),
        ('admin', 'phone_crypt.conversions'),
        ('admin', 'phone_crypt.hash_rotations'),
        ('admin', 'phone_crypt.encrypted_columns'),
        ('admin', 'phone_crypt.legacy_rate_limits')
    ), writable (least, name) AS (VALUES
        -- A trigger lets in only what is about tables of the caller's.
        ('admin', 'phone_crypt.jobs'::regclass)
    ), contains (profile, least) AS (VALUES
        -- A reader does what writers and masked roles do, a gateway what a limiter does, an admin everything.
        ('masked', 'masked'), ('writer', 'writer'), ('limiter', 'limiter'),
        ('restore', 'restore'), ('auditor', 'auditor'), ('gateway', 'limiter'), ('gateway', 'gateway'),
        ('reader', 'masked'), ('reader', 'writer'), ('reader', 'reader'),
        ('admin', 'masked'), ('admin', 'writer'), ('admin', 'reader'), ('admin', 'limiter'), ('admin', 'restore'),
        ('admin', 'gateway'), ('admin', 'auditor'), ('admin', 'admin')
    )
    SELECT c.profile, f.signature::text,
           CASE WHEN p.prokind OPERATOR(pg_catalog.=) 'p' THEN 'procedure' ELSE 'function' END
      FROM contains AS c JOIN function AS f ON f.least OPERATOR(pg_catalog.=) c.least
      JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) f.signature
    UNION ALL
    SELECT c.profile, r.name::text, 'table'
      FROM contains AS c JOIN relation AS r ON r.least OPERATOR(pg_catalog.=) c.least
    UNION ALL
    SELECT c.profile, w.name::text, 'writable table'
      FROM contains AS c JOIN writable AS w ON w.least OPERATOR(pg_catalog.=) c.least;
COMMENT ON VIEW phone_crypt.profiles IS
    'what each profile of phone_crypt_grant() may use';

-- One statement a privilege of the profile, made from a template: %1$s is the privilege, %2$s the object, %3$s
-- the role. SECURITY INVOKER: whoever calls needs the right to grant.
CREATE FUNCTION phone_crypt.apply_profile(role regrole, profile text, template text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    item record;
BEGIN
    IF role IS NULL OR profile IS NULL THEN
        RAISE EXCEPTION 'role and profile must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.oid = role) THEN
        RAISE EXCEPTION 'there is no such role' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF profile NOT IN ('masked', 'writer', 'reader', 'limiter', 'gateway', 'restore', 'auditor', 'admin') THEN
        RAISE EXCEPTION 'there is no such profile' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'One of: masked, writer, reader, limiter, gateway, restore, auditor, admin.';
    END IF;
    FOR item IN SELECT CASE p.kind WHEN 'table' THEN 'SELECT'
                                   WHEN 'writable table' THEN 'SELECT, INSERT, UPDATE, DELETE'
                                   ELSE 'EXECUTE' END AS privilege,
                       replace(p.kind, 'writable ', '') || ' ' || p.object AS object
                  FROM phone_crypt.profiles AS p
                 WHERE p.profile = apply_profile.profile
    LOOP
        -- regprocedure, regclass and regrole print themselves quoted and, under this path, qualified.
        EXECUTE format(template, item.privilege, item.object, role);
    END LOOP;
    IF has_function_privilege('phone_crypt.audit_event(text,regclass,text,bigint)', 'EXECUTE') THEN
        PERFORM phone_crypt.audit_event(CASE left(template, 5) WHEN 'GRANT' THEN 'profile_granted' ELSE 'profile_revoked' END,
                                        NULL, profile || ' ' || role::oid::regrole::text);
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.apply_profile(regrole, text, text) IS
    'behind phone_crypt_grant and phone_crypt_revoke';

CREATE FUNCTION phone_crypt_grant(role regrole, profile text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM phone_crypt.apply_profile(role, profile, 'GRANT %1$s ON %2$s TO %3$s');
END;
$$;

CREATE FUNCTION phone_crypt_revoke(role regrole, profile text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM phone_crypt.apply_profile(role, profile, 'REVOKE %1$s ON %2$s FROM %3$s');
END;
$$;

DO $$
DECLARE
    item record;
BEGIN
    FOR item IN SELECT DISTINCT p.object FROM phone_crypt.profiles AS p
                 WHERE p.kind OPERATOR(pg_catalog.<>) ALL (ARRAY['table', 'writable table']) LOOP
        EXECUTE pg_catalog.format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', item.object);
    END LOOP;
END;
$$;
-- Only their own callers use these: one gives the text of a token, the other takes counts out of memory.
REVOKE EXECUTE ON FUNCTION phone_crypt.new_token(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.take_token_uses() FROM PUBLIC;
-- They look whether their caller is a superuser, too.
REVOKE EXECUTE ON FUNCTION phone_crypt_lockdown_cluster(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt_lockdown_cluster_release() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.take_send_decisions() FROM PUBLIC;
-- What looks a number up, whoever asks: for the extension's own functions.
REVOKE EXECUTE ON FUNCTION phone_crypt.number_value(text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.number_value(@extschema@.encrypted_phone) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.phone_probes(@extschema@.encrypted_phone) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.keep_consent_events() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.note_suppressed() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt_grant(regrole, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt_revoke(regrole, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.apply_profile(regrole, text, text) FROM PUBLIC;

-- Only the worker uses these.
REVOKE EXECUTE ON FUNCTION phone_crypt.audit_partition(text, date) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.audit_old_partition(text, date) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.audit_settings(text) FROM PUBLIC;

-- Monitoring roles read the counters without reading anything else.
GRANT EXECUTE ON FUNCTION phone_crypt.crypto_counters() TO pg_monitor;
GRANT SELECT ON phone_crypt.crypto_stats TO pg_monitor;
GRANT SELECT ON phone_crypt.progress TO pg_monitor;
GRANT EXECUTE ON FUNCTION phone_crypt.is_locked_down(text) TO pg_monitor;
GRANT EXECUTE ON FUNCTION phone_crypt.metadata_version() TO pg_monitor;
GRANT SELECT ON phone_crypt.metadata TO pg_monitor;
GRANT EXECUTE ON FUNCTION phone_crypt.audit_queue() TO pg_monitor;
GRANT SELECT ON phone_crypt.audit_status TO pg_monitor;
GRANT EXECUTE ON FUNCTION phone_crypt.webhook_outcomes() TO pg_monitor;
GRANT SELECT ON phone_crypt.webhook_stats TO pg_monitor;
GRANT EXECUTE ON FUNCTION phone_crypt.ratelimit_counters() TO pg_monitor;
GRANT SELECT ON phone_crypt.ratelimit_stats TO pg_monitor;
GRANT EXECUTE ON FUNCTION phone_crypt.ratelimit_outcomes() TO pg_monitor;
GRANT SELECT ON phone_crypt.ratelimit_policy_stats TO pg_monitor;
