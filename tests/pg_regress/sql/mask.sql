-- phone_mask: calling code and at most the last three digits, never fewer than four hidden.
\pset format unaligned
\pset null '<NULL>'

SELECT input, phone_mask(input)
  FROM (VALUES ('+61401148075'), ('0401 148 075'), ('+14155552671'), ('4011480751'), ('+442070313000'),
               ('+1 650 253 0000 x123'), ('＋６１４０１１４８０７５')) AS example (input);

-- Short numbers show less of their end, and then nothing of it.
SELECT number, phone_is_possible(number) AS possible, phone_mask(number)
  FROM (VALUES ('+6729123'), ('+2474123'), ('+29024123'), ('+2902412'), ('+290241'), ('+61131114'), ('+678123456'),
               ('+67812345'), ('+6904123'), ('+690123')) AS example (number);

-- What is no phone number is masked entirely and at one length, which does not tell its own.
SELECT phone_mask(''), phone_mask('hello'), phone_mask('9876 5432'), phone_mask(repeat('1', 1000000)), phone_mask('+61'),
       phone_mask('☎'),
       phone_mask('000102030405060708090a0b0c0d0e0f');
SELECT phone_mask(NULL);

-- Its own output tells no more the second time.
SELECT phone_mask(phone_mask('+61401148075'));

-- Over every calling code and length: the mask shows the code and at most three digits, and hides at least four.
WITH written (input) AS (
    SELECT '+' || code || right(repeat('2345678901', 2), digits)
      FROM generate_series(1, 999) AS code, generate_series(4, 12) AS digits
), masked AS (
    SELECT phone_normalize(input) AS e164, phone_mask(input) AS mask FROM written WHERE phone_is_possible(input)
)
SELECT count(*) > 1000 AS many,
       bool_and(length(mask) = length(e164)) AS same_length,
       bool_and(length(mask) - length(replace(mask, '*', '')) >= 4) AS four_hidden,
       bool_and(mask ~ '^\+[0-9]{1,3}\*+[0-9]{0,3}$') AS shape,
       bool_and(e164 LIKE replace(mask, '*', '_')) AS truthful
  FROM masked;
