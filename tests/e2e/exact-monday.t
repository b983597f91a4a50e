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
calls() { curl -s "$(sandbox_url monday)/_sandbox/counts" | grep -o '"all":[0-9]*' | tr -dc 0-9; }
# item NAME: id of the item whose name begins with NAME.
item() { monday 'records?table=items' | sed 's/{"id"/\n{"id"/g' | sed -n "s/^{\"id\":\"\([0-9]*\)\",\"name\":\"$1 .*/\1/p" | head -n 1; }
row() { monday "records?table=items&key=$1"; }
# line ITEM TEXT: is there a subitem of it with these cells?
line() { monday 'records?table=items' | sed 's/{"id"/\n{"id"/g' | grep "\"parent\":\"$1\"" | grep -q "$2"; }

check "the sandboxes come up" sandbox_start exact monday --ledger "$tmp/ledger"
check "their keys are stored" sandbox_sign_in
quick="--set Monday.settle=0"
run() { "$MLC" run $sandbox_set $quick --json > "$tmp/out" 2> "$tmp/err"; }

exits 0 "a plan" "$MLC" plan purchase_board $sandbox_set
is "$(grep -c '^  + create' "$tmp/out")" 3 "it would create three items"
is "$(wc -l < "$tmp/ledger" 2> /dev/null | tr -d ' ')" 0 "and writes nothing"

before=$(calls)
run
is $? 0 "a run"
is "$(number created) $(number updated) $(number held)" "8 0 0" "three invoices, two sales orders, three purchase orders"
is "$(effects create item) $(effects create subitem)" "8 9" "an item for each, a subitem for each line"
is "$(($(calls) - before))" 9 "three calls a board: look, items, lines"
like "$(row "$(item 26500003)")" '"color_flag":{"index":1}' "an item that nobody mapped is there, with a flag"
like "$(row "$(item 26500001)")" '"text_account":"Office supplies"' "the account's name"
like "$(row "$(item 26500001)")" '"text_gl":"4630"' "the G/L account's code"
like "$(row "$(item 26500001)")" '"text_center":"MKT"' "the cost center"
like "$(row "$(item 26500001)")" '"date_order":{"date":"20[0-9-]*"' "the date"
like "$(row "$(item 26500001)")" '"numeric_amount":"2750.00"' "the amount"
line "$(item 26500001)" '"text_item":"ARM-2".*"numeric_amount":"2750.00".*"text_gl":"4630".*"text_center":"MKT"'
ok $? "a line with item, amount, account and cost center"
like "$(row "$(item 26500003)")" '"text_supplier":"Kantoor & Zo"' "the one without a mapping has all else"
for cell in '"text_customer":"[A-Z]' '"date_order":{"date":"20' '"numeric_amount":"[0-9.]*' '"text_account":"[A-Z]' '"text_gl":"8' '"text_center":"[A-Z]'; do
    like "$(row "$(item 26600001)")" "$cell" "a sales order: $cell"
done
for cell in '"text_customer":"[A-Z]' '"date_invoice":{"date":"20' '"numeric_amount":"[0-9.]*' '"text_account":"[A-Z]' '"text_gl":"8' '"text_center":"[A-Z]'; do
    like "$(monday 'records?table=items' | sed 's/{"id"/\n{"id"/g' | grep '"board":"18390000201".*"text_no":"26700001"')" "$cell" "an invoice: $cell"
done

lines=$(wc -l < "$tmp/ledger")
before=$(calls)
run
is "$(($(calls) - before))" 0 "a second run makes no call"
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
before=$(calls)
run
is "$(($(calls) - before))" 3 "two changes: an item and its lines, and the archived one"
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

# Somebody deletes the first of two lines: the other stays what it is.
subitem() { monday 'records?table=items' | sed 's/{"id"/\n{"id"/g' | grep '"state":"active".*"parent":"'"$1"'"' | sed -n "s/^{\"id\":\"\([0-9]*\)\",\"name\":\"$2\".*/\1/p"; }
order=$(item 26500001)
grip=$(subitem "$order" GRIP-1)
curl -s -X POST "$(sandbox_url monday)/_sandbox/item?item=$(subitem "$order" ARM-2)" -d '{"state":"deleted"}' > /dev/null
edit PurchaseOrders 26500001 '{"OrderStatus":20}'
run
is "$(subitem "$order" GRIP-1)" "$grip" "a line keeps its subitem when another is gone"
is "$(subitem "$order" ARM-2 | wc -l | tr -d ' ')" 1 "which is made again"

# Finance maps the item: the flag goes.
echo 'SVC-H,4630,8100' >> tables/item-accounts.csv
edit PurchaseOrders 26500003 '{"Remarks":"mapped"}'
run
like "$(row "$(item 26500003)")" '"color_flag":{"index":2}' "a new line in the table changes the flag"

exits 0 "the trail is whole" "$MLC" audit verify $sandbox_set

# A small document: the same, in more calls.
sandbox_stop
rm -rf .mlc "$tmp/ledger"
check "afresh" sandbox_start exact monday --ledger "$tmp/ledger"
check "their keys are stored again" sandbox_sign_in
# shellcheck disable=SC2086
"$MLC" run purchase_board $sandbox_set $quick --set Monday.batch=2 --json > "$tmp/out" 2> "$tmp/err"
is "$(effects create item) $(effects create subitem) $(calls)" "3 4 5" "two in a document: a look, two for items, two for lines"
sandbox_stop
tap_done
