# The chapters of scripts/demo on changing a key and forgetting a number. Source it after demo's own functions.
# shellcheck shell=bash disable=SC2154 # home, key, writes and the like are demo's

# key_id KEY_STATUS_CONDITION
key_id() { sql -c "SELECT key_id FROM phone_crypt.key_status WHERE $1"; }

key_changed() {
    chapter "A new key, while the application goes on"
    local before old next
    before=$(sql -c "SELECT count(*) FROM customers")
    old=$(key_id "'primary' = ANY (roles)")
    next=$(new_key)
    say "   What values are compared by stays under the old key."
    sql -c "ALTER SYSTEM SET phone_crypt.hash_key_id = '$old'"
    say "   1. The new key can decrypt. 2. It encrypts."
    restart_with_keys "$key" "$next"
    sql >/dev/null -c "SELECT phone_crypt_pin_keys('$(key_id "'previous' = ANY (roles)")')"
    restart_with_keys "$next" "$key"
    sql >/dev/null -c "SELECT phone_crypt_pin_keys()"
    say "   3. What is there is encrypted again:"
    application_writes
    tells "CALL phone_rotate_all()"
    stops_writing
    holds "no value is under the old key any more" \
        "$(sql -c "SELECT count(*) FILTER (WHERE phone_key_id(c.phone) = '$old') || ' of ' || count(*) FROM customers AS c")" \
        "0 of $before"
    holds "in no table" "$(sql -c "SELECT count(*) FROM legacy.customers WHERE phone_key_id(phone) = '$old'")" 0
    holds "numbers are found as before" "$(sql -c "SELECT count(*) FROM customers WHERE phone = '(02) 1234 1463'")" 1
    holds "the application noticed nothing" "$(grep -c ERROR "$home/customers.out" || true)" 0
}

number_forgotten() {
    chapter "Forgetting a number"
    sql >/dev/null <<'SQL'
SELECT phone_column_policy('customer', 'phone', on_forget => 'delete'),
       phone_column_policy('customers', 'phone', on_forget => 'null'),
       phone_column_policy('legacy.customers', 'phone', on_forget => 'delete'),
       ratelimit_list_phone('deny', '+61212341463', 'complaint 4711');
SQL
    show -c "SET client_min_messages = error" -c "SELECT * FROM phone_forget('(02) 1234 1463')"
    holds "no row has it any more" "$(sql -c "SELECT count(*) FROM customers WHERE phone = '+61212341463'")" 0
    holds "and every column was searched" "$(sql -c "SET client_min_messages = error" -c "SELECT count(sqlstate) FROM phone_forget('+61212341463')")" 0
}
