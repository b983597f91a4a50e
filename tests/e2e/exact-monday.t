#!/bin/sh
# The example exact-monday from end to end, over HTTP on loopback: what the
# runs say is held against the sandboxes' own ledger of effects.
. "$SRC/tests/lib/sandbox.sh"

cp -R "$SRC/examples/exact-monday" "$tmp/example"
chmod -R u+w "$tmp/example"
cd "$tmp/example" || exit 99

number() { grep -o "\"$1\":[0-9]*" "$tmp/out" | tr -dc '0-9\n' | awk '{ n += $1 } END { print n + 0 }'; }
effects() { grep -c "\"$1\".*\"$2\"" "$tmp/ledger" || true; }
monday() { curl -s "$(sandbox_url monday)/_sandbox/$1" ; }
calls() { curl -s "$(sandbox_url monday)/_sandbox/counts" | grep -o '[0-9][0-9]*' | awk '{ n += $1 } END { print n + 0 }'; }
# item NAME: id of the item whose name begins with NAME.
item() { monday 'records?table=items' | sed 's/{"id"/\n{"id"/g' | sed -n "s/^{\"id\":\"\([0-9]*\)\",\"name\":\"$1 .*/\1/p" | head -n 1; }
row() { monday "records?table=items&key=$1"; }

check "the sandboxes come up" sandbox_start exact monday --ledger "$tmp/ledger"
check "their keys are stored" sandbox_sign_in
quick="--set Monday.settle=0 --set Monday.timeout=1"
run() { "$MLC" run $sandbox_set $quick --json > "$tmp/out" 2> "$tmp/err"; }

exits 0 "a plan" "$MLC" plan purchase_board $sandbox_set
is "$(grep -c '^  + create' "$tmp/out")" 3 "it would create three items"
is "$(wc -l < "$tmp/ledger" 2> /dev/null | tr -d ' ')" 0 "and writes nothing"

before=$(calls)
run
is $? 0 "a run"
is "$(number created) $(number updated) $(number held)" "8 0 0" "three invoices, two sales orders, three purchase orders"
is "$(effects create item) $(effects create subitem)" "8 9" "an item for each, a subitem for each line"
echo "# calls of the first run: $(($(calls) - before))"
like "$(row "$(item 26500003)")" '"color_flag":{"index":1}' "an item that nobody mapped is there, with a flag"
like "$(row "$(item 26500001)")" '"text_account":"Office supplies"' "the account's name"
like "$(row "$(item 26500001)")" '"text_gl":"4630"' "the G/L account's code"
like "$(row "$(item 26500001)")" '"text_center":"MKT"' "the cost center"
like "$(row "$(item 26500001)")" '"date_order":{"date":"20[0-9-]*"' "the date"
like "$(row "$(item 26500001)")" '"numeric_amount":"2750.00"' "the amount"

lines=$(wc -l < "$tmp/ledger")
run
is "$(number created) $(number updated)" "0 0" "a second run writes nothing"
is "$(wc -l < "$tmp/ledger")" "$lines" "as the ledger shows"

# People work on the board; then the order changes in Exact.
id=$(item 26500002)
curl -s -X POST "$(sandbox_url monday)/_sandbox/item?item=$id" -d \
    '{"person_owner":{"personsAndTeams":[{"id":99000002,"kind":"person"}]},"long_text_notes":"ask Carla"}' > /dev/null
archived=$(item 26600001)
curl -s -X POST "$(sandbox_url monday)/_sandbox/item?item=$archived" -d '{"state":"archived"}' > /dev/null
edit() { curl -s -X POST "$(sandbox_url exact)/_sandbox/edit?entity=$1&code=$2&by=OrderNumber" -d "$3" > /dev/null; }
edit PurchaseOrders 26500002 '{"OrderStatus":30}'
edit SalesOrders 26600001 '{"Status":21}'
run
is "$(number created) $(number updated) $(number held)" "0 1 1" "what changed in Exact is updated; an archived item is not"
like "$(row "$id")" '"color_state":{"index":2}' "the state is the new one"
like "$(row "$id")" '"person_owner":{"personsAndTeams"' "people's own columns are left alone"
like "$(row "$id")" '"long_text_notes":"ask Carla"' "all of them"
is "$(effects create subitem)" 9 "its subitem is changed, not made again"
"$MLC" held list $sandbox_set > "$tmp/out" 2> "$tmp/err"
like "$(cat "$tmp/out")" 'is archived; it is not made again' "the archived one waits, with the reason"
curl -s -X POST "$(sandbox_url monday)/_sandbox/item?item=$archived" -d '{"state":"active"}' > /dev/null
"$MLC" held list $sandbox_set | grep -o '[0-9a-f]*-[0-9a-f-]*-[0-9a-f-]*' | head -n 1 > "$tmp/key"
"$MLC" held retry "$(cat "$tmp/key")" $sandbox_set > "$tmp/out" 2>&1
run
is "$(number updated) $(number held)" "1 0" "and goes when a person has restored it"

# Finance maps the item: the flag goes.
echo 'SVC-H,4630,8100' >> tables/item-accounts.csv
edit PurchaseOrders 26500003 '{"Remarks":"mapped"}'
run
like "$(row "$(item 26500003)")" '"color_flag":{"index":2}' "a new line in the table changes the flag"

exits 0 "the trail is whole" "$MLC" audit verify $sandbox_set

# ---- the answer to a call is lost
sandbox_stop
rm -rf .mlc "$XDG_CONFIG_HOME/../.local" "$tmp/ledger"
check "afresh" sandbox_start exact monday --ledger "$tmp/ledger" --fault 'monday:POST v2:4:drop-after' \
    --fault 'monday:POST v2:7:drop-after'
check "their keys are stored again" sandbox_sign_in
run
run
run
is "$(effects create item) $(effects create subitem)" "8 9" "lost answers lose nothing and double nothing"
is "$(sed -n 's/.*"natural":"\([^"]*\)".*/\1/p' "$tmp/ledger" | sort | uniq -c | awk '$1 > 9' | wc -l | tr -d ' ')" 0 "no item twice"

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
