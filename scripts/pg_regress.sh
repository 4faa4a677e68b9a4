# What scripts/regress and scripts/isolation share, since pg_regress and
# pg_isolation_regress do. Source it after lib.sh.
# shellcheck shell=bash

# check_pairs TESTS DIRECTORY SCRIPT: each test of TESTS/DIRECTORY must have its
# file in TESTS/expected, and the other way round: without this check a forgotten
# file would be a test that never runs. The extension of a test is the
# directory's name in the singular (sql/x.sql, specs/x.spec).
check_pairs() {
    local tests=$1 directory=$2 script=$3 extension=${2%s} file name
    shopt -s nullglob
    for file in "$tests/$directory"/*."$extension"; do
        name=$(basename "$file" ".$extension")
        [[ -f $tests/expected/$name.out || -n ${accept:-} ]] ||
            fail "$file has no expected/$name.out; make it with: $script --accept MAJOR $name"
    done
    for file in "$tests"/expected/*.out; do
        name=$(basename "$file" .out)
        [[ -f $tests/$directory/$name.$extension || -f $tests/$directory/${name%_[0-9]}.$extension ]] ||
            fail "$file has no $directory/$name.$extension"
    done
}

# count OUTPUT…: how many tests passed and failed. From PostgreSQL 16 on
# pg_regress speaks TAP.
count() {
    local passed failed
    passed=$(cat "$@" | grep -cE '^(ok +[0-9]+ |test .*\.\.\. ok )' || true)
    failed=$(cat "$@" | grep -cE '^(not ok +[0-9]+ |test .*\.\.\. FAILED)' || true)
    echo "$passed passed, $failed failed"
    ((passed > 0 && failed == 0))
}
