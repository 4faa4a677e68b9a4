# Shared shell functions. Source it from a script in this directory:
#   . "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# It sets `repo`, `cache`, `target` and the PATH, and changes nothing else.
# shellcheck shell=bash disable=SC2034

set -euo pipefail
shopt -s inherit_errexit

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
all_majors="14 15 16 17 18"

# Everything downloaded or built once lives here, outside the checkout.
if [[ -n ${PHONE_CRYPT_CACHE:-} ]]; then
    cache=$PHONE_CRYPT_CACHE
elif ((EUID == 0)); then
    cache=/var/cache/phone_crypt
else
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/phone_crypt
fi
export PHONE_CRYPT_CACHE=$cache

target=${CARGO_TARGET_DIR:-$repo/target}
export CARGO_TARGET_DIR=$target
logs=$target/logs

# cargo-pgrx passes a flag to the linker with every crate, which builds each of them
# once more; build.rs passes it where it is needed.
export CARGO_PGRX_DISABLE_GC_SECTIONS_WORKAROUND=1

case ":$PATH:" in
    *":$cache/cargo/bin:"*) ;;
    *) PATH=$cache/cargo/bin:$PATH ;;
esac

# say TEXT: a line for the person watching. It goes to stderr, since the
# standard output of several scripts is their answer.
say() { printf '%s\n' "$*" >&2; }

# fail TEXT: end with a sentence that says what to do.
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# step LABEL LOG COMMAND…: run a command with its output in a log file, print
# one line with the outcome, and the end of the log if it failed. A function
# given as the command must chain with &&: errexit is off inside it.
step() {
    local label=$1 log=$2 started=$SECONDS status=0 ticker=
    shift 2
    mkdir -p "$(dirname "$log")"
    : >"$log"
    printf '  %-44s ' "$label" >&2
    if [[ -t 2 ]]; then
        show_progress "$label" "$log" &
        ticker=$!
    fi
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if [[ -n $ticker ]]; then
        kill "$ticker" && wait "$ticker" 2>/dev/null || true
        printf '\r\033[K  %-44s ' "$label" >&2
    fi
    if ((status == 0)); then
        say "ok ($((SECONDS - started)) s)"
        return 0
    fi
    say "FAILED ($((SECONDS - started)) s)"
    say "  --- the end of $log ---"
    tail -n 40 "$log" >&2
    say "  --- the whole of it: $log ---"
    return "$status"
}

# show_progress LABEL LOG: on a terminal, the seconds so far and the log's last
# line, once a second until killed.
show_progress() {
    local label=$1 log=$2 started=$SECONDS
    while sleep 1; do
        printf '\r\033[K  %-44s %3d s  %.40s' "$label" $((SECONDS - started)) \
            "$(tail -n 1 "$log" | tr -d '\r\033' | tr -s ' ')" >&2
    done
}

# locked NAME COMMAND…: run a command while no other run on this machine holds
# the lock of that name. -o keeps the lock out of the hands of servers that the
# command starts and leaves running.
locked() {
    local lock=$cache/locks/$1
    shift
    mkdir -p "$cache/locks" 2>/dev/null ||
        fail "$cache cannot be written to; name another place: PHONE_CRYPT_CACHE=/some/directory"
    if ! flock -n "$lock" true; then
        say "  waiting for another run that holds $lock"
    fi
    flock -o "$lock" "$@"
}

# in_lane NAME COMMAND…: runs a command, or a function, while no other of this checkout is
# in the lane of that name. Unlocked by hand: a server that the command leaves behind may
# have the descriptor.
in_lane() {
    local lane status=0
    exec {lane}>"$target/$1.lane"
    shift
    flock "$lane"
    "$@" || status=$?
    flock -u "$lane"
    exec {lane}>&-
    return "$status"
}

# need_current_lock MANIFEST: stops where the Cargo.lock beside it is not that of
# its dependencies. Not every cargo subcommand takes --locked, and one that does
# not would change the file.
need_current_lock() {
    cargo metadata --locked --format-version 1 --manifest-path "$1" >/dev/null ||
        fail "${1%.toml}.lock is not up to date; run: cargo metadata --manifest-path $1 >/dev/null, and commit it."
}

# server_lock PG_CONFIG: the name of the lock of that server. Whoever installs
# the extension there, or tests what was installed, holds it.
server_lock() {
    printf 'server-%s' "$(realpath "$1" | cksum | cut -d' ' -f1)"
}

# need_command COMMAND PACKAGE, need_file PATTERN PACKAGE: remember the Debian
# package when the command, or every file of that pattern, is missing.
missing_packages=()
need_command() {
    command -v "$1" >/dev/null || missing_packages+=("$2")
}
need_file() {
    compgen -G "$1" >/dev/null || missing_packages+=("$2")
}

# install_missing: install what the functions above remembered.
install_missing() {
    ((${#missing_packages[@]})) || return 0
    local line="apt-get install -y ${missing_packages[*]}"
    command -v apt-get >/dev/null ||
        fail "this needs what Debian calls: ${missing_packages[*]}. Install those with your package manager and run it again."
    ((EUID == 0)) || fail "packages are missing. Run: sudo $line"
    step "installing ${#missing_packages[@]} Debian package(s)" "$cache/logs/apt.log" apt_install "${missing_packages[@]}" ||
        fail "$line did not work; the log above says why."
    missing_packages=()
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get -o DPkg::Lock::Timeout=600 update -q &&
        apt-get -o DPkg::Lock::Timeout=600 install -qy --no-install-recommends "$@"
}

# server_user: who runs throw-away servers. PostgreSQL refuses to run as root.
server_user() {
    if ((EUID != 0)); then
        id -un
    elif id postgres &>/dev/null; then
        echo postgres
    else
        id phone_crypt_test &>/dev/null ||
            useradd --system --no-create-home --shell /usr/sbin/nologin phone_crypt_test
        echo phone_crypt_test
    fi
}

# as_server_user COMMAND…: run it as that user, who needs no access to the
# current directory of the caller.
as_server_user() {
    local user
    user=$(server_user)
    if ((EUID == 0)); then
        (cd / && HOME=/tmp setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups "$@")
    else
        "$@"
    fi
}

# give_to_server_user FILE…: hand files to that user, readable by nobody else,
# as PostgreSQL asks of key files.
give_to_server_user() {
    ((EUID != 0)) || chown -R "$(server_user):" "$@"
    chmod -R u=rwX,go= "$@"
}

# scratch_in_memory: from now on throw-away servers, those of the commands called too, have their
# directories in memory, if there is room for them and nobody has named a place. A new database
# is 300 files: a disk's file system spends ten times as long on them.
scratch_in_memory() {
    if [[ -z ${PHONE_CRYPT_SCRATCH:-} ]]; then
        export PHONE_CRYPT_SCRATCH=/tmp
        ! memory_has_room || PHONE_CRYPT_SCRATCH=/dev/shm
    fi
}

memory_has_room() {
    local gib=$((1024 * 1024)) mount available limit
    # Some tests put programs there.
    mount=$(findmnt -no FSTYPE,OPTIONS -T /dev/shm 2>/dev/null) || return 1
    [[ -w /dev/shm && $mount == tmpfs* && $mount != *noexec* ]] || return 1
    available=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
    # A container's share of it.
    limit=$(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || true)
    [[ ! $limit =~ ^[0-9]{1,18}$ ]] || ((limit / 1024 >= 12 * gib)) || return 1
    (($(df -k --output=avail /dev/shm | tail -n 1) >= 6 * gib && available >= 10 * gib))
}

# scratch_dir: a new directory for a throw-away server. Its path is short,
# because a Unix socket's path may have at most 107 bytes.
scratch_dir() {
    local dir
    dir=$(mktemp -d "${PHONE_CRYPT_SCRATCH:-/tmp}/phone_crypt.XXXXXX")
    give_to_server_user "$dir"
    echo "$dir"
}

# major_of PG_CONFIG: the major version of the server it belongs to.
major_of() {
    "$1" --version 2>/dev/null | sed -E 's/^PostgreSQL ([0-9]+).*/\1/'
}

# test_step NAME LABEL COMMAND…: a step whose log says how many tests passed and
# failed; the counts go to a file of that name in PHONE_CRYPT_TEST_RESULTS.
test_step() {
    local name=$1 label=$2 log=$logs/$1.log status=0 counts
    shift 2
    step "$label" "$log" "$@" || status=$?
    counts=$(count_tests "$log")
    # A step that broke before any test could fail is a failure as well.
    if ((status != 0)) && [[ $counts == *" 0 failed" ]]; then
        counts=${counts/ 0 failed/ 1 failed}
    fi
    echo "$counts" >"$PHONE_CRYPT_TEST_RESULTS/$name"
    return "$status"
}

# count_tests LOG: the sum of the closing lines of cargo test and of our own.
count_tests() {
    awk '
        /^test result: / { passed += $4; failed += $6 }
        /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3 }
        END { printf "%d passed, %d failed\n", passed, failed }' "$1"
}

# sum_of_tests STATUS: one line for all that test_step has counted. What broke
# outside any test, a status other than 0, is a failure too.
sum_of_tests() {
    local total
    total=$(cat "$PHONE_CRYPT_TEST_RESULTS"/* | awk '{ passed += $1; failed += $3 } END { printf "%d passed, %d failed", passed, failed }')
    (($1 == 0)) || total=${total/%, 0 failed/, 1 failed}
    echo "$total"
}
