#!/bin/sh
# What a person looks at in the night: the past must be told while the systems
# are down and while a flow file is broken.
. "$SRC/tests/lib/tap.sh"

cp -R "$SRC/examples/rippling-exact" "$tmp/example"
chmod -R u+w "$tmp/example"
cd "$tmp/example" || exit 99
exits 1 "a run of everything" "$MLC" run --sandbox --json

"$MLC" held list > "$tmp/out" 2> "$tmp/err"
like "$(cat "$tmp/err")" 'add --sandbox' "what waits without --sandbox: where to look is said"
"$MLC" held list --sandbox > "$tmp/out" 2> "$tmp/err"
is "$(cat "$tmp/err")" "" "with it nothing is added"
for command in plan reconcile; do
    "$MLC" $command --sandbox --json > "$tmp/out" 2> "$tmp/err"
    is "$(grep -c '"read":' "$tmp/out")" "$(grep -c '^flow ' ./*.mlc | awk -F: '{ n += $2 } END { print n }')" "$command without a flow: all of them"
done
exits 2 "a saved plan is of one flow" "$MLC" plan --sandbox --out plan.json
exits 0 "a record by its match key" "$MLC" trace Exact.costcenter:SAL --sandbox
like "$(cat "$tmp/out")" 'create .*flow cost_centers' "tells what made it"
like "$(cat "$tmp/out")" 'flow finance_departments' "and the flow that reads it"
cp "$tmp/out" "$tmp/by-match"
exits 0 "a record by a text that stands in it" "$MLC" trace Rippling.department:SAL --sandbox
like "$(cat "$tmp/out")" 'create .*flow cost_centers' "tells the same story"
is "$(grep -c ' create ' "$tmp/out")" 1 "each row once"
exits 2 "a record nobody has" "$MLC" trace Exact.costunit:NONE --sandbox
like "$(cat "$tmp/err")" 'nothing is known of' "is said to be unknown"

echo 'flow broken {' >> cost-units.mlc
exits 2 "with a broken flow file nothing runs" "$MLC" run --sandbox
exits 0 "but the past is told" "$MLC" trace Exact.costcenter:SAL --sandbox
like "$(cat "$tmp/out")" 'create .*flow cost_centers' "whole"
like "$(cat "$tmp/out")" 'cannot be told: the project has errors' "and why the present is not"
for command in "held list" "held show LAB-none" "runs" "audit list" "audit verify" "audit export" "state backup $tmp/copy.db"; do
    $MLC $command --sandbox > "$tmp/out" 2> "$tmp/err"
    is "$(grep -c 'error\[' "$tmp/err")" 0 "mlc ${command%% /*} does not mind it"
done

# What a log flow recorded is the source's: its personal fields stay masked.
"$MLC" audit export --format json --sandbox > "$tmp/out" 2> "$tmp/err"
is "$(grep -c '"date_of_birth":"[0-9]' "$tmp/out")" 0 "an export masks a birth date in a logged record"
like "$(cat "$tmp/out")" '"date_of_birth":"(masked)"' "which is there"

cp "$SRC/examples/rippling-exact/cost-units.mlc" cost-units.mlc
timeout 60 "$MLC" trace Exact.costcenter:SAL --state .mlc/sandbox.db --set Rippling.url=http://127.0.0.1:9 \
    --set Exact.url=http://127.0.0.1:9 > "$tmp/out" 2> "$tmp/err"
is "$?" 0 "with the systems down the past is told"
like "$(cat "$tmp/out")" 'create .*flow cost_centers' "whole"
like "$(cat "$tmp/out")" 'cannot be told: Exact' "and what could not be asked"
tap_done
