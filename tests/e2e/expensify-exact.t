#!/bin/sh
# The example expensify-exact from end to end, over HTTP on loopback: what the
# run says is held against the sandboxes' own ledger of effects.
. "$SRC/tests/lib/sandbox.sh"

cp -R "$SRC/examples/expensify-exact" "$tmp/example"
chmod -R u+w "$tmp/example"
cp -R "$tmp/example" "$tmp/crash"
cd "$tmp/example" || exit 99
MLC_SANDBOX_LEDGER=$tmp/ledger
export MLC_SANDBOX_LEDGER
: > "$tmp/ledger"

# number NAME: of the summary in $tmp/out.
number() { grep -o "\"$1\":[0-9]*" "$tmp/out" | head -n 1 | tr -dc 0-9; }
adds_up() {
    [ "$(number read)" -eq $(($(number created) + $(number updated) + $(number unchanged) + $(number skipped) + \
        $(number held) + $(number rejected) + $(number waiting))) ]
}
# entries, labels: of the ledger.
entries() { grep -c '"did":"create","object":"generaljournalentry/GeneralJournalEntries"' "$tmp/ledger"; }
labels() { grep -c '"object":"report label"' "$tmp/ledger"; }

exits 0 "a dry run" "$MLC" run expense_journals --sandbox --dry-run
is "$(grep -c '^  + create' "$tmp/out")" 3 "it would book three entries"
like "$(cat "$tmp/out")" '"CostCenter":"MKT","CostUnit":"ROBOT2","Description":"Deutsche Bahn (5921190374620011008)"' \
    "and prints their lines with cost center, cost unit and transaction"
like "$(cat "$tmp/out")" '"AmountFC":-214.50' "what the employee gets"
like "$(cat "$tmp/out")" 'company card","Notes":"expensify:R00[0-9A-Za-z]*","AmountFC":-89.00' \
    "and what was on the card, with the report on the line"
is "$(wc -l < "$tmp/ledger" | tr -d ' ')" 0 "it writes nothing, in neither system"

exits 1 "a run: exit 1, some are held" "$MLC" run --sandbox --json
adds_up
ok $? "the numbers add up"
is "$(number created) $(number held) $(number told)" "3 6 3" "booked, held, told to be booked"
is "$(entries)" 3 "Exact saw as many entries"
[ "$(number Expensify)" -le 5 ]
ok $? "in at most five calls to Expensify: job, looks, label"

exits 0 "what waits" "$MLC" held list --sandbox
for reason in 'Cost center LAB of Servo Parts 219.99 EUR does not exist in Exact' 'London trip is in GBP' \
    'Caltrain 10.50 USD: paid in USD' 'Category Moving costs is not mapped' 'Cost center OLD (Former workshop) has ended in Exact' \
    'Taxi Centrale 34.50 EUR has no department tag'; do
    like "$(cat "$tmp/out")" "$reason" "held: $reason"
done

exits 1 "a second run" "$MLC" run --sandbox --json
is "$(number created) $(number updated) $(entries)" "0 0 3" "books nothing"
is "$(labels)" 3 "three reports carry the label, those that were booked"

# What was missing comes to be: a line in the table, a cost center in Exact.
echo 'Moving costs,4700' >> tables/category-accounts.csv
cp "$SRC/examples/rippling-exact/cost-centers.mlc" .
cp "$SRC/examples/rippling-exact/tables/department-accounts.csv" tables/
chmod -R u+w .
echo 'LAB,4003' >> tables/department-accounts.csv
sed -i '/^connection Exact/a connection Rippling is rippling' project.mlc
"$MLC" run cost_centers --sandbox > "$tmp/out" 2>&1
like "$("$MLC" audit list --last 0 --sandbox)" 'create .*Code "LAB"' "another flow makes the cost center LAB"
exits 1 "a run after that" "$MLC" run expense_journals --sandbox --json
is "$(number created) $(entries)" "2 5" "the two reports go by themselves"
"$MLC" held list --sandbox > "$tmp/out"
is "$(grep -c 'LAB\|Moving' "$tmp/out")" 0 "and no longer wait"
exits 1 "a run more" "$MLC" run expense_journals --sandbox --json
is "$(number created) $(entries) $(labels)" "0 5 5" "books nothing, and they are labelled too"

exits 0 "the trail is whole" "$MLC" audit verify --sandbox
exits 0 "the trail" "$MLC" audit list --last 0 --sandbox
is "$(grep -c ' told ' "$tmp/out")" 5 "it has a row for every report that Expensify was told of"

# ------------------------------------------------ crash, loss, credentials
cd "$tmp/crash" || exit 99
unset MLC_SANDBOX_LEDGER
: > "$tmp/ledger"
check "sandboxes apart" sandbox_start exact expensify --ledger "$tmp/ledger" --switch expensify.ready_seconds=0 \
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

secret=$(sed -n 's/^partner_user_secret=//p' "$tmp/sandbox.out" | head -n 1)
[ ${#secret} -ge 40 ]
ok $? "the secret of the test is known"
# shellcheck disable=SC2086
"$MLC" run expense_journals -vv $sandbox_set $slow > "$tmp/said" 2>&1
like "$(cat "$tmp/said")" 'POST' "a run that says most"
is "$(grep -rlaF -e "$secret" .mlc "$tmp/out" "$tmp/err" "$tmp/said" | wc -l)" 0 \
    "it is nowhere in state, outbox, audit or messages"
is "$(grep -rlaF -e partnerUserSecret .mlc | wc -l)" 0 "nor is the place it goes to"
sandbox_stop
tap_done
