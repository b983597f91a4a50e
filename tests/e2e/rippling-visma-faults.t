#!/bin/sh
# The example rippling-visma when things go wrong on the way: lost answers, a
# server error after the effect, throttling, a run that is killed. Afterwards
# everything is there once, says the sandbox's ledger.
. "$SRC/tests/lib/sandbox.sh"

cp -R "$SRC/examples/rippling-visma" "$tmp/example"
chmod -R u+w "$tmp/example"
cd "$tmp/example" || exit 99

sandbox_start rippling visma --ledger "$tmp/ledger" \
    --fault 'visma:POST /v1/department:2:drop-after' \
    --fault 'visma:POST /v1/department:5:500-after' \
    --fault 'visma:POST /v1/employee:3:drop-after' \
    --fault 'visma:POST /v1/employee:6:429=1' \
    --fault 'visma:POST /v1/employee:9:drop-before' \
    --fault 'visma:POST /v1/employee:14+:slow=200' \
    --fault 'visma:PUT /v1/employee:1:drop-after' || exit 99
sandbox_sign_in || exit 99
mlc() { "$MLC" "$@" $sandbox_set --set Visma.settle=1 --set Visma.timeout=1; }
creates() { if [ -e "$tmp/ledger" ]; then grep -c '"did":"create"' "$tmp/ledger"; else echo 0; fi; }
doubles() {
    grep '"did":"create"' "$tmp/ledger" | grep -o '"object":"[^"]*","key":"[^"]*"' | sort | uniq -d
}

# A department that cannot be read may be the one that is looked for: nothing is
# made as long as nobody can tell.
edit() {
    curl -sS -o "$tmp/.edit" -X POST --data-binary "$2" "$(sandbox_url visma)/_sandbox/edit?entity=department&key=$1"
}
edit OLD '{"description":["unreadable"]}'
mlc run departments --json > "$tmp/out" 2> "$tmp/err"
is "$(creates)" 0 "one department cannot be read: none is made"
mlc plan departments > "$tmp/out" 2> "$tmp/err"
like "$(cat "$tmp/out")" 'cannot be told whether the record is there already' "the plan says why"
edit OLD '{"description":"Closed office"}'

# The first run is killed while it writes.
mlc run --json > "$tmp/first" 2>&1 &
victim=$!
until_true 30 grep -q '"did":"create","object":"employee"' "$tmp/ledger"
kill -9 $victim 2> /dev/null
wait $victim 2> /dev/null
[ "$(creates)" -lt 30 ]
ok $? "the run was killed in the middle: $(creates) were made"

runs=0
while [ $runs -lt 6 ]; do
    runs=$((runs + 1))
    mlc run --json > "$tmp/out" 2> "$tmp/err"
    grep -q '"waiting":[1-9]' "$tmp/out" || [ "$(creates)" -lt 30 ] || break
    sleep 2
done
is "$(creates)" 30 "after $runs more runs eight departments and 22 people were made"
doubles > "$tmp/doubles"
none "none of them twice" "$tmp/doubles"
is "$(grep -c '"waiting":[1-9]' "$tmp/out")" 0 "nothing is in doubt"
before=$(wc -l < "$tmp/ledger")
mlc run --json > "$tmp/out" 2> "$tmp/err"
is "$(wc -l < "$tmp/ledger")" "$before" "one more run writes nothing"
exits 0 "the trail is whole" mlc audit verify
tap_done
