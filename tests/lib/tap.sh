# TAP for shell tests. A test script starts with
#   . "$SRC/tests/lib/tap.sh"
# and ends with tap_done. It gets $tmp, a folder of its own that goes away at
# the end together with the processes started by tap_background.
set -u
: "${SRC:?set by make check}" "${BUILD:?set by make check}" "${MLC:?set by make check}"
LC_ALL=C.UTF-8
export LC_ALL
unset MLC_STATE MLC_KEY_FILE NO_COLOR CLICOLOR CLICOLOR_FORCE 2>/dev/null
tap_count=0
tap_failed=0
tap_pids=
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mlc-test.XXXXXX") || exit 99
# A test never sees or changes what the person who runs it has stored.
HOME=$tmp/home
XDG_CONFIG_HOME=$tmp/home/.config
export HOME XDG_CONFIG_HOME
mkdir -p "$XDG_CONFIG_HOME"

tap_clean() {
    for pid in $tap_pids; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
    chmod -R u+w "$tmp" 2>/dev/null
    rm -rf "$tmp"
}
trap tap_clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ok STATUS NAME: STATUS 0 passes.
ok() {
    tap_count=$((tap_count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $tap_count - $2"
    else
        echo "not ok $tap_count - $2"
        tap_failed=1
    fi
}

# check NAME COMMAND...: passes when the command does.
check() {
    tap_name=$1
    shift
    if "$@" > "$tmp/.check" 2>&1; then ok 0 "$tap_name"; else
        ok 1 "$tap_name"
        tap_diag "$*"
        tap_diag < "$tmp/.check"
    fi
}

# is GOT WANT NAME
is() {
    [ "$1" = "$2" ]
    ok $? "$3"
    [ "$1" = "$2" ] || { tap_diag "got:  $1"; tap_diag "want: $2"; }
}

# like TEXT PATTERN NAME: the text holds the basic regular expression.
like() {
    printf '%s\n' "$1" | grep -q -e "$2"
    tap_status=$?
    ok $tap_status "$3"
    [ $tap_status -eq 0 ] || { tap_diag "no match for: $2"; tap_diag "in: $1"; }
}

# exits CODE NAME COMMAND...: the command ends with that code; its output is
# in $tmp/out and $tmp/err.
exits() {
    tap_want=$1
    tap_name=$2
    shift 2
    "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
    tap_status=$?
    is "$tap_status" "$tap_want" "$tap_name"
    [ "$tap_status" = "$tap_want" ] || tap_diag < "$tmp/err"
}

# none NAME FILE: passes when the file is empty; else shows it. (No test may
# be the end of a pipe: it would count in a shell of its own.)
none() {
    [ -e "$2" ] && [ ! -s "$2" ]
    tap_status=$?
    ok $tap_status "$1"
    [ $tap_status -eq 0 ] || tap_diag < "$2"
}

tap_diag() {
    if [ $# -gt 0 ]; then printf '%s\n' "$*"; else head -n 60; fi | sed 's/^/# /'
}

skip() { # NAME WHY
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

# tap_background COMMAND...: starts it; $! is its process, ended with the test.
tap_background() {
    "$@" &
    tap_pids="$tap_pids $!"
}

# until_true SECONDS COMMAND...: waits for it, ten looks a second.
until_true() {
    tap_looks=$(($1 * 10))
    shift
    while [ $tap_looks -gt 0 ]; do
        "$@" > /dev/null 2>&1 && return 0
        sleep 0.1
        tap_looks=$((tap_looks - 1))
    done
    return 1
}

tap_done() {
    echo "1..$tap_count"
    exit $tap_failed
}
