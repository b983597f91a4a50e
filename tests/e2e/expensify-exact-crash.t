#!/bin/sh
# The example expensify-exact where things go wrong: killed with an answer lost,
# then run again; a dry run over the wire; and where the key pair is not.
. "$SRC/tests/lib/sandbox.sh"

cp -R "$SRC/examples/expensify-exact" "$tmp/crash"
chmod -R u+w "$tmp/crash"
cp -R "$tmp/crash" "$tmp/unmarked"
cp -R "$tmp/crash" "$tmp/dry"

# number NAME: of the summary in $tmp/out.
number() { grep -o "\"$1\":[0-9]*" "$tmp/out" | head -n 1 | tr -dc 0-9; }
# entries, labels: of the ledger.
entries() { grep -c '"did":"create","object":"generaljournalentry/GeneralJournalEntries"' "$tmp/ledger"; }
labels() { grep -c '"object":"report label"' "$tmp/ledger"; }

# ---- without `mark_exported` nothing in Expensify is touched
cd "$tmp/unmarked" || exit 99
sed -i 's/ { mark_exported = "mlc" }//' project.mlc
: > "$tmp/ledger"
check "sandboxes to themselves" sandbox_start exact expensify --ledger "$tmp/ledger" --speed 100 --switch expensify.ready_seconds=0
sandbox_sign_in
# shellcheck disable=SC2086
exits 1 "a run that marks nothing" "$MLC" run $sandbox_set --json
is "$(number created) $(entries) $(labels)" "4 4 0" "books one more, which carries the label already, and puts none"
# shellcheck disable=SC2086
exits 1 "and again" "$MLC" run $sandbox_set --json
is "$(number created) $(entries) $(labels)" "0 4 0" "books nothing twice"
sandbox_stop

# ---- a dry run at a distance
cd "$tmp/dry" || exit 99
: > "$tmp/ledger"
check "sandboxes apart" sandbox_start exact expensify --ledger "$tmp/ledger" --log "$tmp/log" \
    --switch expensify.ready_seconds=0
sandbox_sign_in
# shellcheck disable=SC2086
"$MLC" run expense_journals $sandbox_set --dry-run > "$tmp/out" 2>&1
is "$(grep -c '^  + create' "$tmp/out")" 3 "a dry run over the wire"
is "$(grep -c '"method":"POST","target":"[^"]*GeneralJournalEntries' "$tmp/log")" 0 "sends no entry"
is "$(wc -l < "$tmp/ledger" | tr -d ' ')" 0 "and has no effect, no label either"
# shellcheck disable=SC2086
"$MLC" run expense_journals --dry-run -vv $sandbox_set > "$tmp/said" 2>&1
like "$(cat "$tmp/said")" 'POST' "one that says most"

# ---- killed, with an answer lost
sandbox_stop
cd "$tmp/crash" || exit 99
check "sandboxes that lose an answer" sandbox_start exact expensify --ledger "$tmp/ledger" --switch expensify.ready_seconds=0 \
    --fault 'exact:POST *GeneralJournalEntries:2:drop-after' --fault 'exact:POST *GeneralJournalEntries:3:slow=4000'
sandbox_sign_in
slow="--set Exact.settle=1 --set Exact.timeout=5"
# shellcheck disable=SC2086
"$MLC" run expense_journals $sandbox_set $slow --json > "$tmp/out" 2> "$tmp/err" &
run=$!
until_true 20 sh -c "[ \$(grep -c GeneralJournalEntries '$tmp/ledger') -ge 2 ]"
sleep 1
kill -9 $run 2> /dev/null
wait $run 2> /dev/null
sleep 6
# shellcheck disable=SC2086
"$MLC" run expense_journals $sandbox_set $slow --json > "$tmp/out" 2> "$tmp/err"
is $? 1 "a run after one that was killed with an answer lost"
# shellcheck disable=SC2086
"$MLC" run expense_journals $sandbox_set $slow --json > "$tmp/out" 2> "$tmp/err"
is "$(number created)" 0 "and one more"
is "$(entries)" 3 "three entries in all"
is "$(grep GeneralJournalEntries "$tmp/ledger" | grep -o '"natural":"[^"]*"' | sort | uniq -d)" "" "none twice"
is "$(labels)" 3 "every booked report is labelled, also those of the killed run"

# ---- where the key pair is not
secret=$(sed -n 's/^partner_user_secret=//p' "$tmp/sandbox.out" | head -n 1)
[ ${#secret} -ge 40 ]
ok $? "the secret of the test is known"
is "$(grep -rlaF -e "$secret" .mlc "$tmp/dry" "$tmp/out" "$tmp/err" "$tmp/said" | wc -l)" 0 \
    "it is nowhere in state, outbox, audit or messages"
is "$(grep -rlaF -e partnerUserSecret .mlc "$tmp/dry" | wc -l)" 0 "nor is the place it goes to"
sandbox_stop
tap_done
