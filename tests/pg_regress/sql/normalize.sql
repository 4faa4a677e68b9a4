-- phone_normalize and phone_try_normalize: the rule for ordered regions, its limits, its errors.
\pset format unaligned
\pset null '<NULL>'

-- The default regions are AU,US.
SELECT input, t.outcome('phone_normalize($1)', input)
  FROM (VALUES ('0401148075'), ('0401 148 075'), ('+61 401 148 075'), ('+61401148075'), ('61401148075'),
               ('4011480751'), ('+1 (401) 148-0751'), ('1-800-FLOWERS'), ('0011 1 650 253 0000'),
               ('9876 5432'), ('tel:+61-401-148-075'), ('+1 650 253 0000 x123'), ('(02) 9374 4000 ext. 5'),
               ('00 44 20 7031 3000')) AS example (input);

-- An explicit list wins over the setting, in its own order.
SELECT input, regions, t.outcome('phone_normalize($1, $2)', input, regions)
  FROM (VALUES ('0401148075', 'AU'), ('0401148075', 'US'), ('0401148075', 'US,AU'), ('4155552671', 'DE,FR,US'),
               ('4155552671', 'GB,US'), ('020 7031 3000', 'GB'), ('020 7031 3000', 'gb'), ('020 7031 3000', ' us , gb '),
               ('06 12 34 56 78', 'FR'), ('+33142764978', 'US'), ('0061401148075', 'GB,US')) AS example (input, regions);

-- An empty list: only numbers with +, ASCII or fullwidth.
SELECT input, t.outcome('phone_normalize($1, '''')', input)
  FROM (VALUES ('+61401148075'), ('＋61401148075'), ('0401148075'), ('0061401148075'), ('61401148075')) AS example (input);

-- The setting is read at each call, and only by the form without a list.
SET phone_crypt.default_regions = 'GB';
SELECT phone_normalize('020 7031 3000'), t.outcome($$phone_normalize('020 7031 3000', 'AU,US')$$);
SET phone_crypt.default_regions = '';
SELECT phone_normalize('+442070313000'), t.outcome($$phone_normalize('020 7031 3000')$$);
RESET phone_crypt.default_regions;

-- NULL phone: NULL. NULL regions: an error, whatever the phone.
SELECT phone_normalize(NULL), phone_normalize(NULL, 'AU'), phone_try_normalize(NULL), phone_try_normalize(NULL, 'AU');
SELECT t.outcome($$phone_normalize('0401148075', NULL)$$), t.outcome('phone_normalize(NULL, NULL)'),
       t.outcome($$phone_try_normalize('0401148075', NULL)$$);

-- A region that does not exist is an error for the try_ form as well. More than three letters are not echoed:
-- a phone number passed in the wrong place would reach a log.
SELECT regions, t.outcome('phone_normalize($1, $2)', '0401148075', regions),
       t.outcome('phone_try_normalize($1, $2)', 'garbage', regions)
  FROM (VALUES ('XX'), ('AUS'), ('ZZ'), ('001'), ('AU,,US'), (','), ('AU,US,'), ('AU;US'), ('AU,au'), ('0401148075'),
               ('AU,0401148075'), ('Ä')) AS example (regions);

-- What is no phone number is never echoed.
SELECT input, t.outcome('phone_normalize($1)', input), phone_try_normalize(input), phone_try_normalize(input, 'AU,US')
  FROM (VALUES (''), (' '), ('+'), ('hello'), ('12'), ('+0'), ('+61'), ('+614011480751234567'), ('999999999999999999999'),
               ('+999123456789'), ('0000000000'), ('call me: no'), ('☎'), ('''; DROP TABLE users; --'),
               ('1;phone-context=2tel:3'), ('+61401148075;phone-context=tel:tel:'),
               (';phone-context=+1tel:')) AS example (input);
SELECT count(DISTINCT t.outcome('phone_normalize($1)', input)) AS error_texts
  FROM (VALUES ('hello'), ('0000000000'), ('+999123456789'), ('☎')) AS example (input);

-- Digits of any script, and the punctuation that word processors put in.
SELECT input, t.outcome('phone_normalize($1)', input)
  FROM (VALUES ('＋６１４０１１４８０７５'), ('０４０１１４８０７５'), ('٠٤٠١١٤٨٠٧٥'), ('۰۴۰۱۱۴۸۰۷۵'), ('०४०११४८०७५'),
               ('0401–148–075'), ('0401‑148‑075'), (U&'0401\00A0148\00A0075'), (U&'\200E+61401148075'), (U&'\FEFF0401148075'),
               ('（0401）148075')) AS example (input);

-- 250 bytes are read, 251 are refused before anything looks at them; bytes, not characters.
SELECT t.outcome('phone_normalize($1)', rpad('+61401148075', 250)) AS "250 bytes",
       t.outcome('phone_normalize($1)', rpad('+61401148075', 251)) AS "251 bytes",
       t.outcome('phone_normalize($1)', '+61401148075' || repeat('０', 80)) AS "92 characters of 252 bytes",
       t.outcome('phone_normalize($1)', repeat('1', 1000000)) AS "1 MB",
       phone_try_normalize(rpad('+61401148075', 251)) AS try;

-- What comes out goes in unchanged; a text whose answer would not is no phone number.
SELECT count(*) AS numbers, bool_and(phone_normalize(number) = number AND phone_normalize(number, '') = number) AS idempotent
  FROM (SELECT phone_normalize(input) AS number
          FROM (VALUES ('0401148075'), ('4011480751'), ('1-800-FLOWERS'), ('13 11 14'), ('+39 06 698 12345'),
                       ('+979 123 456 789')) AS example (input)) AS once;
SELECT input, t.outcome('phone_normalize($1)', input)
  FROM (VALUES ('+430012345678901'), ('+4300 1234567890'), ('+44 0038 658269'), ('+55 068 9440123')) AS example (input);

-- Two numbers in one text are refused; phone_split gives the pieces, and what is one number stays one.
SELECT input, phone_split(input), t.outcome('phone_normalize($1)', input) AS normalized
  FROM (VALUES ('0401 148 075; 0401 148 076'), (E'+61401148075\n+1 650 253 0000 x12'), ('0401148075 or (02) 9374 4000, 650 253 0000'),
               ('0401 148 075'), ('ask for Bob'), (''), (NULL)) AS example (input);
SELECT phone_split('030 12345678 / 030 87654321', 'DE'), phone_split('0401 148 075; 0401 148 076', ''),
       t.outcome($$phone_split('0401148075', NULL)$$), t.outcome($$phone_split('0401148075', 'XX')$$);

-- Numbers of changed plans: the other forms come after the number itself.
SELECT phone_equivalents('0401 148 075'), phone_equivalents('+52 55 1234 5678'), phone_equivalents('020 7031 3000', 'GB'),
       phone_equivalents(NULL), t.outcome($$phone_equivalents('ask for Bob')$$), t.outcome($$phone_equivalents('1', NULL)$$);
SELECT * FROM phone_crypt.metadata;
SELECT phone_crypt_version() LIKE '%libphonenumber ' || version || ')%' AS says_so FROM phone_crypt.metadata;
