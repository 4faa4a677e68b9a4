-- What is told of a number without a key: valid, possible, region, type, formats.
\pset format unaligned
\pset null '<NULL>'

SELECT input, phone_is_valid(input) AS valid, phone_is_possible(input) AS possible,
       t.outcome('phone_region($1)', input) AS region, t.outcome('phone_type($1)', input) AS type
  FROM (VALUES ('0401148075'), ('(02) 9374 4000'), ('4011480751'), ('+14155552671'), ('1-800-FLOWERS'), ('1900 123 456'),
               ('13 11 14'), ('+442070313000'), ('+447911123456'), ('+800 1234 5678'), ('+979 123 456 789'),
               ('+39 06 698 12345'), ('+61 2 1234'), ('garbage'), ('')) AS example (input);

SELECT input, regions, phone_is_valid(input, regions) AS valid, phone_is_possible(input, regions) AS possible,
       t.outcome('phone_region($1, $2)', input, regions) AS region, t.outcome('phone_type($1, $2)', input, regions) AS type
  FROM (VALUES ('0401148075', 'AU'), ('0401148075', 'US'), ('0401148075', ''), ('020 7031 3000', 'GB'),
               ('06 12 34 56 78', 'FR'), ('garbage', 'AU')) AS example (input, regions);

-- One calling code, several regions.
SELECT number, phone_region(number, '') AS region
  FROM (VALUES ('+12042345678'), ('+12025550123'), ('+18765550123'), ('+441481960194'), ('+441534440099'), ('+77123456789'),
               ('+74957777777'), ('+85221234567')) AS example (number);

SELECT input, style, t.outcome('phone_format($1, $2)', input, style)
  FROM (VALUES ('0401148075'), ('+14155552671'), ('+442070313000'), ('garbage')) AS example (input),
       (VALUES ('e164'), ('international'), ('national'), ('rfc3966')) AS form (style);
SELECT phone_format('020 7031 3000', 'international', 'GB'), phone_format('+1 650 253 0000 x123', 'international'),
       phone_format('+1 650 253 0000 x123', 'e164');

-- Styles are exact; what is given instead is not echoed.
SELECT style, t.outcome('phone_format($1, $2)', '0401148075', style)
  FROM (VALUES ('E164'), (''), (' e164'), ('0401148075')) AS example (style);

-- NULL phone: NULL. NULL regions or style: an error. An unknown region is one too, also for the questions.
SELECT phone_is_valid(NULL), phone_is_possible(NULL), phone_region(NULL), phone_type(NULL), phone_format(NULL, 'e164');
SELECT phone_is_valid(NULL, 'AU'), phone_is_possible(NULL, 'AU'), phone_region(NULL, 'AU'), phone_type(NULL, 'AU'),
       phone_format(NULL, 'e164', 'AU');
SELECT expression, t.outcome(expression)
  FROM (VALUES ($$phone_is_valid('0401148075', NULL)$$), ($$phone_is_possible('0401148075', NULL)$$),
               ($$phone_region('0401148075', NULL)$$), ($$phone_type('0401148075', NULL)$$),
               ($$phone_format('0401148075', NULL)$$), ($$phone_format('0401148075', 'e164', NULL)$$),
               ($$phone_format(NULL, NULL)$$), ($$phone_is_valid('0401148075', 'XX')$$),
               ($$phone_is_possible('0401148075', 'XX')$$), ($$phone_region('0401148075', 'XX')$$),
               ($$phone_type('0401148075', 'XX')$$), ($$phone_format('0401148075', 'e164', 'XX')$$)) AS example (expression);

-- Never an error for the phone.
SELECT bool_or(phone_is_valid(input)) AS valid, bool_or(phone_is_possible(input)) AS possible
  FROM (VALUES (repeat('1', 1000000)), (rpad('+61401148075', 251)), ('1;phone-context=2tel:3'), ('☎'),
               (U&'\FFFD')) AS example (input);

-- phone_is_possible is whether phone_normalize takes it.
SELECT count(*) AS numbers, bool_and(phone_is_possible(input) = (phone_try_normalize(input) IS NOT NULL)) AS agree
  FROM (VALUES ('0401148075'), ('4011480751'), ('9876 5432'), ('0000000000'), ('+61'), ('13 11 14'),
               ('garbage')) AS example (input);
