<?php
// The data type through PDO. Called by test_encrypted_phone_pdo.py with a DSN, a role and the number of rows; prints
// what failed and exits with 1, or prints "ok".
declare(strict_types=1);

function mobile(int $n): string
{
    return sprintf('+6140%07d', $n);
}

function spelling(int $n): string
{
    return '0' . substr(mobile($n), 3, 3) . ' ' . substr(mobile($n), 6);
}

function check(mixed $found, mixed $expected, string $what): void
{
    if ($found !== $expected) {
        throw new RuntimeException("$what: " . json_encode($found) . ' instead of ' . json_encode($expected));
    }
}

/** The customer who has this number in any spelling, with the number. */
function find(PDO $database, string $phone): array|false
{
    $query = $database->prepare('SELECT id, phone_show(phone) AS phone FROM customer WHERE phone = ?');
    $query->execute([$phone]);
    return $query->fetch(PDO::FETCH_ASSOC);
}

/** An array as PDO has no type for it: PostgreSQL's text form, quoted as JSON is. */
function text_array(array $texts): string
{
    return '{' . substr(json_encode($texts, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), 1, -1) . '}';
}

/** The ids that a look-up gives, which goes through the index; so often that its plan is kept. */
function found(PDO $database, string $query, array $parameters): array
{
    $explain = $database->prepare("EXPLAIN (COSTS OFF) $query");
    $explain->execute($parameters);
    $plan = implode("\n", $explain->fetchAll(PDO::FETCH_COLUMN));
    check(str_contains($plan, 'customer_phone_key') && !str_contains($plan, 'Seq Scan on customer'), true, $plan);
    $statement = $database->prepare($query);
    for ($time = 0; $time < 7; $time++) {
        $statement->execute($parameters);
        $ids = $statement->fetchAll(PDO::FETCH_COLUMN);
        sort($ids);
    }
    return $ids;
}

function run(PDO $database, int $rows): void
{
    $equal = 'SELECT id FROM customer WHERE phone = ?';
    check(found($database, $equal, [spelling(7)]), [7], 'equal');
    check(found($database, $equal, [mobile(7)]), [7], 'equal');
    check(found($database, $equal, ['ask for Bob']), [], 'no number');
    $either = 'SELECT id FROM customer WHERE phone IN (?, ?)';
    check(found($database, $either, [spelling(7), mobile(8)]), [7, 8], 'IN');
    foreach (['?', '?::text[]'] as $parameter) {
        $any = "SELECT id FROM customer WHERE phone = ANY($parameter)";
        check(found($database, $any, [text_array([spelling(7), mobile(8), 'ask for "Bob"'])]), [7, 8], 'ANY');
    }
    $join = 'SELECT c.id FROM typed JOIN customer AS c ON c.phone = entered WHERE entered = ?';
    check(found($database, $join, ['040 0000 005']), [5], 'join');

    $upsert = $database->prepare(
        'INSERT INTO customer VALUES (?, ?) ON CONFLICT (phone) DO UPDATE SET id = EXCLUDED.id RETURNING id'
    );
    foreach ([[$rows, spelling($rows)], [$rows + 1, mobile($rows)]] as $row) {
        $upsert->execute($row);
        check($upsert->fetchColumn(), $row[0], 'upsert');
    }
    check(find($database, spelling($rows)), ['id' => $rows + 1, 'phone' => mobile($rows)], 'find');
    check(find($database, 'ask for Bob'), false, 'find');
    check(str_starts_with($database->query('SELECT phone FROM customer WHERE id = 7')->fetchColumn(), 'ep:'), true, 'select');

    $database->pgsqlCopyFromArray('customer', ["5000\t" . spelling(5000), "5001\t" . spelling(5001)]);
    check(found($database, $equal, [mobile(5001)]), [5001], 'COPY');
    $lines = $database->pgsqlCopyToArray('customer');
    check(count($lines), $rows + 3, 'COPY TO');
    check(count(preg_grep('/^\d+\tep:[a-p]+$/', $lines)), $rows + 3, 'COPY TO shows ciphertext');

    try {
        $upsert->execute([-1, '4155550123 or 4155550124']);
        throw new RuntimeException('text that is no number was taken');
    } catch (PDOException $error) {
        check($error->getCode(), '23514', 'code');
        check(str_contains((string) $error, '415555'), false, 'the error shows the number');
    }
}

function main(string $dsn, string $role, int $rows): void
{
    // Bound by the server, as is the default, and written into the statement by PDO.
    foreach ([false, true] as $emulated) {
        $database = new PDO($dsn, $role, null, [PDO::ATTR_EMULATE_PREPARES => $emulated]);
        $database->beginTransaction();
        run($database, $rows);
        $database->rollBack();
    }
    echo "ok\n";
}

main($argv[1], $argv[2], (int) $argv[3]);
