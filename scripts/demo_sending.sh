# The chapter of scripts/demo on SMS pumping. Source it after demo's own functions.
# shellcheck shell=bash

# How many messages of those that a query asks for may go out, by reason.
attack() { # NAME NUMBERS
    show -c "SELECT s.reason, count(*) AS messages, to_char(count(*) * 0.25, '\$FM999,990.00') AS would_cost
               FROM generate_series(1, 3000) AS i,
                    phone_send_check($2, 'codes', ('10.' || i / 250 || '.' || i % 250 || '.1')::inet) AS s
              GROUP BY s.reason ORDER BY messages DESC"
}

sms_pumping() {
    chapter "SMS pumping: bots ask for codes to costly numbers, each from an address of its own"
    sql >/dev/null <<'SQL'
SELECT phone_send_policy_set('codes', regions => '{AU,NZ,UZ}', conversion => true, suspects => 'warn', verify_within => '2 seconds',
                             budget_day => 1000);
SELECT phone_send_price_set('+61', 0.05), phone_send_price_set('+64', 0.11), phone_send_price_set('+998', 0.25);
-- An ordinary day: people who verify, one after the other.
SELECT count(*) FILTER (WHERE phone_send_outcome(s.send_id, 'verified'))
  FROM generate_series(1, 200) AS i, phone_send_check('+6140' || (1000000 + 37013 * i), 'codes') AS s;
SQL
    say "   3,000 requests, numbers of one range in a row:"
    attack row "'+99890' || (1230000 + i)"
    say "   3,000 requests, numbers all over the country:"
    attack country "'+9989' || (10000000 + i * 26371)"
    sleep 3
    say "   Three seconds later, when the codes that did go out are late:"
    attack late "'+9989' || (10000000 + i * 19937)"
    show -c "SELECT region, verified_day AS verified, unverified_day AS unverified, threshold_day AS threshold,
                    stopped_until > now() + interval '20 hours' AS stopped FROM phone_crypt.send_regions ORDER BY region"
    show -c "SELECT range, unverified, numbers_at_least FROM phone_crypt.send_suspects"
    holds "of 9,000 messages that would have cost \$2,250, a hundred went out" \
        "$(sql -c "SELECT sum(decisions) FROM phone_crypt.send_decisions WHERE policy = 'codes' AND region = 'UZ' AND allowed")" 100
    holds "everybody else still gets a code" \
        "$(sql -c "SELECT string_agg(reason, ' ') FROM unnest(ARRAY['+61412345678', '+6421345678']) AS phone, phone_send_check(phone, 'codes')")" "ok ok"
}
