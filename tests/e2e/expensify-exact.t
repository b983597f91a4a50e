#!/bin/sh
# The example expensify-exact from end to end, over HTTP on loopback: what the
# run says is held against the sandboxes' own ledger of effects.
. "$SRC/tests/lib/sandbox.sh"

cp -R "$SRC/examples/expensify-exact" "$tmp/example"
chmod -R u+w "$tmp/example"
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

# ---- the dry run prints each entry whole
exits 0 "a dry run" "$MLC" run expense_journals --sandbox --dry-run
is "$(grep -c '^  + create' "$tmp/out")" 3 "it would book three entries"
grep -o 'POST .*GeneralJournalEntries {.*}' "$tmp/out" | sed 's/^[^{]*//' > "$tmp/entries"
is "$(wc -l < "$tmp/entries" | tr -d ' ')" 3 "and prints all of them as they would be sent"
is "$(grep -c '"JournalCode":"90","Currency":"EUR","FinancialYear":20[0-9]*,"FinancialPeriod":[0-9]*,' "$tmp/entries")" 3 \
    "memorandum journal 90, in a year and a period"
is "$(sed 's/"AmountFC":/\n&/g' "$tmp/entries" | awk -F'[:,}]' '
    /JournalCode/ { if (NR > 1 && (s > 0.001 || s < -0.001)) bad++; s = 0 }
    /^"AmountFC"/ { s += $2; n++ } END { print bad + (s > 0.001 || s < -0.001), n }')" "0 12" "twelve lines, and every entry adds up to zero"
is "$(grep -o '"Date":"20[0-9-]*T' "$tmp/entries" | wc -l | tr -d ' ')" 12 "a date on each line"
is "$(grep -o '"Notes":"expensify:R00[0-9A-Za-z]*"' "$tmp/entries" | wc -l | tr -d ' ')" 12 "the report's id on each line"
is "$(grep -o '"Description":"[^"\\]*\(\\"[^"\\]*\)*([0-9]\{19\})"' "$tmp/entries" | sort -u | wc -l | tr -d ' ')" 7 \
    "a transaction's id on each of the seven lines of cost"
is "$(grep -o '"CostCenter":"[A-Z]*"' "$tmp/entries" | wc -l | tr -d ' ')" 7 "which have a cost center each"
like "$(cat "$tmp/entries")" '"CostCenter":"MKT","CostUnit":"ROBOT2","Description":"Deutsche Bahn (5921190374620011008)"' \
    "cost center and cost unit come from the tags"
like "$(cat "$tmp/entries")" '"Description":"Café \\"Zur Post\\", Hannover (5921190374620021015)"' "a merchant with quotes and a comma"
like "$(cat "$tmp/entries")" '"Description":"Kantoor & Zo (5921190374620071050)",[^}]*"AmountFC":-15.50' "a refund is negative"
like "$(cat "$tmp/entries")" 'to an@tulip.example",[^}]*"AmountFC":-214.50' "what the employee gets"
like "$(cat "$tmp/entries")" 'company card",[^}]*"AmountFC":-89.00' "and what was on the card"
like "$(cat "$tmp/entries")" 'to bram@tulip.example",[^}]*"AmountFC":-86.52' "the corrected amount where one was corrected"
is "$(grep -c 'Q-Park' "$tmp/out")" 0 "what was approved today is for tomorrow"
is "$(wc -l < "$tmp/ledger" | tr -d ' ')" 0 "it writes nothing, in neither system"

# ---- the run
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
is "$(grep -c 'R00NZqLcUa5H' "$tmp/ledger")" 0 "of the report with the unknown cost center nothing is booked, not even what is known"
"$MLC" trace Expensify.report:R00NZqLcUa5H --sandbox > "$tmp/out" 2>&1
like "$(cat "$tmp/out")" 'LAB' "and its trace says what is missing"

exits 1 "a second run" "$MLC" run --sandbox --json
is "$(number created) $(number updated) $(entries)" "0 0 3" "books nothing"
is "$(labels)" 3 "three reports carry the label, those that were booked"
is "$(grep -n 'report label' "$tmp/ledger" | head -n 1 | cut -d: -f1)" 4 "none before the entries were there"

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

tap_done
