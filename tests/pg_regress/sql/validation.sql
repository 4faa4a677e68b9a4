-- Validators answer with a code and never repeat the input; html_escape makes text safe to show.
\pset format unaligned
\pset null NULL

SELECT html_escape('<a href="x" title=''y''>Ann & Bob</a>'), html_escape(''), html_escape(NULL);

SELECT v, validate_range(v, 0, 100) FROM (VALUES ('0'), ('100'), ('-0.5'), ('100.001'), ('1e2'), ('1E-999'), ('1e1000'), ('9e999'),
    (''), (' 1'), ('1 '), ('01'), ('+1'), ('.5'), ('1.'), ('NaN'), ('Infinity'), ('0x10'), ('1_000'), ('١'), (E'1\n'), (NULL)) AS t (v);
SELECT validate_range(repeat('9', 1000)), validate_range(repeat('9', 1001)), validate_range('-1', maximum => 0),
       validate_range('-1', minimum => 0);
SELECT validate_range('1', 2, 1);

SELECT v, validate_timestamp(v, '2026-01-01 00:00+00', '2026-12-31 23:59:59+00') FROM (VALUES ('2026-01-01T00:00:00Z'),
    ('2026-01-01T00:00:00+00:01'), ('2026-12-31T23:59:59.000001Z'), ('1767225600'), ('1767225599'), ('1767225600000'),
    ('2026-02-30T00:00:00Z'), ('now'), ('infinity'), (''), (NULL)) AS t (v);
SELECT validate_timestamp('0'), validate_timestamp('0', 'infinity'), validate_timestamp('0', latest => '-infinity'),
       validate_timestamp('0', '-infinity', 'infinity');
SELECT validate_timestamp('0', '2026-01-02', '2026-01-01');

SELECT validate_text('Ann'), validate_text(''), validate_text(NULL), validate_text('', 0), validate_text('abcd', 1, 3),
       validate_text(E'a\nb'), validate_text(E'a\nb', multiline => true), validate_text(E'a\x1b[2J'), validate_text(E'a\tb');
SELECT validate_text('a', 2, 1);
SELECT validate_text('a', -1);
SELECT validate_text('a', NULL);
SELECT validate_text('a', multiline => NULL);
