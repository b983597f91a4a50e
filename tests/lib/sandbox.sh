# The vendors' sandboxes for e2e tests, over real HTTP, in the background.
#   . "$SRC/tests/lib/sandbox.sh"
#   sandbox_start exact rippling --ledger "$tmp/ledger"
#   sandbox_sign_in                      # stores the keys of all of them
#   $MLC run $sandbox_set                # --set Exact.url=… for each
. "$SRC/tests/lib/tap.sh"

# sandbox_start CONNECTOR... OPTION...: $sandbox_set holds the --set options,
# $sandbox_pid the process. Fails when it does not come up in 10 seconds.
sandbox_start() {
    rm -f "$tmp/sandbox.out"
    tap_background "$MLC" sandbox "$@" > "$tmp/sandbox.out" 2> "$tmp/sandbox.err"
    sandbox_pid=$!
    if ! until_true 30 grep -q '^Serving until' "$tmp/sandbox.out"; then
        tap_diag < "$tmp/sandbox.err"
        return 1
    fi
    sandbox_set=$(sed -n 's/^  \(--set .*\)$/\1/p' "$tmp/sandbox.out" | tr '\n' ' ')
}

# sandbox_url CONNECTOR: where it listens.
sandbox_url() {
    sed -n "s/^  --set [^ ]*\.url=\([^ ]*\).*/\1/p" "$tmp/sandbox.out" > "$tmp/.urls"
    sed -n 's/^  mlc auth set \([A-Za-z]*\) .*/\1/p' "$tmp/sandbox.out" |
        tr 'A-Z' 'a-z' | paste - "$tmp/.urls" | sed -n "s/^$1	//p"
}

# sandbox_sign_in: stores every sandbox's secrets as `mlc auth set` does,
# with the state options of the test ($@).
sandbox_sign_in() {
    sed -n 's/^  mlc auth set \([A-Za-z]*\) .*/\1/p' "$tmp/sandbox.out" > "$tmp/.names"
    while read -r sandbox_name; do
        sed -n "/^  mlc auth set $sandbox_name /,/^END\$/p" "$tmp/sandbox.out" | sed '1d;$d' |
            "$MLC" auth set "$sandbox_name" "$@" > "$tmp/.auth" 2>&1 || {
            tap_diag < "$tmp/.auth"
            return 1
        }
    done < "$tmp/.names"
}

sandbox_stop() {
    kill "$sandbox_pid" 2> /dev/null
    wait "$sandbox_pid" 2> /dev/null
}
