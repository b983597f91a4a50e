#!/bin/sh
# The example exact-monday where things go wrong: answers lost, killed in the
# middle. Every item and each of its lines is there once, whatever happens.
. "$SRC/tests/lib/sandbox.sh"

cp -R "$SRC/examples/exact-monday" "$tmp/example"
chmod -R u+w "$tmp/example"
cd "$tmp/example" || exit 99

effects() { grep -c "\"$1\".*\"$2\"" "$tmp/ledger" || true; }
quick="--set Monday.settle=0 --set Monday.timeout=5"
run() { "$MLC" run $sandbox_set $quick --json > "$tmp/out" 2> "$tmp/err"; }

# ---- the answer to a call is lost
check "the sandboxes come up" sandbox_start exact monday --ledger "$tmp/ledger" --fault 'monday:POST v2:2:drop-after' \
    --fault 'monday:POST v2:6:drop-after'
check "their keys are stored" sandbox_sign_in
run
run
run
is "$(effects create item) $(effects create subitem)" "8 9" "lost answers lose nothing and double nothing"
is "$(grep '"did":"create","object":"item"' "$tmp/ledger" | grep -o '"natural":"[^"]*"' | sort | uniq -d)" "" "no item twice"
calls=$(curl -s "$(sandbox_url monday)/_sandbox/counts" | grep -o '"all":[0-9]*' | tr -dc 0-9)
[ "$calls" -ge 11 ]
ok $? "nine calls and two of them again, with their keys: what was lost is told once more"

# A killed run's calls are looked for when their time is up: a short one.
quick="--set Monday.settle=0 --set Monday.timeout=1"

# ---- killed in the middle
for n in 1 3 4 5 6; do
    sandbox_stop
    rm -rf .mlc "$XDG_CONFIG_HOME/../.local" "$tmp/ledger"
    sandbox_start exact monday --ledger "$tmp/ledger" > /dev/null && sandbox_sign_in > /dev/null
    "$MLC" run purchase_board $sandbox_set $quick --json > "$tmp/out" 2> "$tmp/err" &
    victim=$!
    while kill -0 $victim 2> /dev/null && [ "$(wc -l 2> /dev/null < "$tmp/ledger")" -lt "$n" ]; do :; done
    kill -9 $victim 2> /dev/null
    wait $victim 2> /dev/null
    "$MLC" run purchase_board $sandbox_set $quick --json > "$tmp/out" 2> "$tmp/err"
    "$MLC" run purchase_board $sandbox_set $quick --json > "$tmp/out" 2> "$tmp/err"
    is "$(effects create item) $(effects create subitem)" "3 4" "killed after $n effects, run again: each item and each line once"
done
tap_done
