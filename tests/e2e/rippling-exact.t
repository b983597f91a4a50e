#!/bin/sh
# The example rippling-exact from end to end, over HTTP on loopback: what the
# run says is held against the sandbox's own ledger of effects.
. "$SRC/tests/lib/tap.sh"

cp -R "$SRC/examples/rippling-exact" "$tmp/example"
chmod -R u+w "$tmp/example"
cd "$tmp/example" || exit 99
MLC_SANDBOX_LEDGER=$tmp/ledger
export MLC_SANDBOX_LEDGER

# number NAME: of the summary in $tmp/out.
number() { grep -o "\"$1\":[0-9]*" "$tmp/out" | head -n 1 | tr -dc 0-9; }
adds_up() {
    [ "$(number read)" -eq $(($(number created) + $(number updated) + $(number unchanged) + $(number skipped) + \
        $(number held) + $(number rejected) + $(number waiting))) ]
}
effects() { [ -e "$tmp/ledger" ] && grep -c "\"$1\"" "$tmp/ledger" || echo 0; }

exits 0 "a plan" "$MLC" plan cost_centers --sandbox
is "$(grep -c '^  + create' "$tmp/out")" 7 "it would create seven"
is "$(wc -l < "$tmp/ledger" 2> /dev/null || echo 0)" 0 "and writes nothing"

exits 1 "a run: exit 1, some are held" "$MLC" run --sandbox --json
adds_up
ok $? "the numbers add up"
is "$(number created) $(number updated) $(number held)" "7 1 3" "created, updated, held"
is "$(wc -l < "$tmp/ledger" | tr -d ' ')" 8 "Exact saw as many effects as were told"

exits 0 "what waits" "$MLC" held list --sandbox
like "$(cat "$tmp/out")" 'Department LAB is not mapped to an existing G/L account' "the unmapped department, with its reason"
like "$(cat "$tmp/out")" 'is blocked in Exact' "the blocked account"
like "$(cat "$tmp/out")" 'has no reference code' "the department without a code"

exits 0 "a second run" "$MLC" run --sandbox --json
is "$(number created) $(number updated)" "0 0" "writes nothing"
is "$(wc -l < "$tmp/ledger" | tr -d ' ')" 8 "as Exact's ledger shows"

# Finance adds the missing line: the held department goes by itself.
echo 'LAB,4003' >> tables/department-accounts.csv
exits 1 "a run after the table grew" "$MLC" run --sandbox --json
is "$(number created)" 1 "one more cost center"
is "$(wc -l < "$tmp/ledger" | tr -d ' ')" 9 "one more effect"
"$MLC" held list --sandbox > "$tmp/out"
is "$(grep -c LAB "$tmp/out")" 0 "the department no longer waits"

exits 0 "the trail is whole" "$MLC" audit verify --sandbox
exits 0 "the trail" "$MLC" audit list --last 0 --sandbox
is "$(grep -c ' create ' "$tmp/out")" 8 "has a row for every cost center made"
like "$(cat "$tmp/out")" 'Code "LAB", Description "Research Lab"' "and what was written"
is "$(stat -c %a .mlc .mlc/sandbox.db | tr '\n' ' ')" "700 600 " "state is for its owner alone"
tap_done
