#!/bin/sh
# A change in Exact is an item on the board: webhook, signature, the record
# fetched, the item. Prints how long that takes; HOOK_ROUNDS=20 measures more.
. "$SRC/tests/lib/sandbox.sh"

rounds=${HOOK_ROUNDS:-3}
cp -R "$SRC/examples/exact-monday" "$tmp/example"
chmod -R u+w "$tmp/example"
cd "$tmp/example" || exit 99

# A free port: one that another server had a moment ago.
sandbox_start monday || exit 99
port=$(sandbox_url monday | sed 's/.*:\([0-9]*\).*/\1/')
sandbox_stop

: > "$tmp/ledger"
check "the sandboxes come up" sandbox_start exact monday --ledger "$tmp/ledger" --switch exact.hook_seconds=0
check "their keys are stored" sandbox_sign_in
exact=$(sandbox_url exact)
monday=$(sandbox_url monday)
# shellcheck disable=SC2086
tap_background "$MLC" serve --listen "127.0.0.1:$port" --public-url "http://127.0.0.1:$port" $sandbox_set \
    > "$tmp/serve.out" 2> "$tmp/serve.err"
serve=$!
effects() { grep -c "\"did\":\"$1\",\"object\":\"$2\"" "$tmp/ledger" || true; }
has() { [ "$(effects "$1" "$2")" -ge "$3" ]; }
# edit ENTITY CODE BODY [MORE]: somebody works in Exact.
edit() { curl -s -X POST "$exact/_sandbox/edit?entity=$1&code=$2&by=OrderNumber${4:-}" -d "$3"; }
hooks() { curl -s "http://127.0.0.1:$port/metrics" | sed -n "s/^mlc_webhook_deliveries_total{outcome=\"$1\"} //p"; }
item() {
    curl -s "$monday/_sandbox/records?table=items" | sed 's/{"id"/\n{"id"/g' | grep "\"name\":\"$1 " | tail -n 1
}

check "eight items and nine subitems at the start" until_true 20 has create subitem 9
subscribed() { [ "$(grep -c 'Exact sends webhooks of' "$tmp/serve.err")" -eq 3 ]; }
check "webhooks of three objects are subscribed to" until_true 20 subscribed
ends() { grep -c 'outcome' "$tmp/serve.err"; }
all_ended() { [ "$(ends)" -ge 3 ]; }
check "the first runs end" until_true 20 all_ended

# ---- changes, one after another
n=1
: > "$tmp/took"
while [ $n -le "$rounds" ]; do
    from=$(date +%s%N)
    edit PurchaseOrders 26500002 "{\"OrderStatus\":$((n % 2 ? 30 : 20))}" > /dev/null
    until_true 20 has update item $n || break
    echo $((($(date +%s%N) - from) / 1000000)) >> "$tmp/took"
    n=$((n + 1))
done
is "$(effects update item)" "$rounds" "$rounds changes in Exact, $rounds changes of the item"
like "$(item 26500002)" "\"color_state\":{\"index\":$((rounds % 2 ? 2 : 1))}" "the last of them is what stands there"
sort -n "$tmp/took" | awk '{ t[NR] = $1 }
    END { printf "# from the change in Exact to the item: %d ms at least, %d in the middle, %d at most (%d rounds)\n",
          t[1], t[int((NR + 1) / 2)], t[NR], NR }'
is "$(hooks refused)" 0 "every delivery was signed as it must be"

# ---- a new order
made=$(effects create item)
order=$(edit PurchaseOrders 26500099 '{"OrderNumber":26500099,"SupplierName":"Nieuw BV","OrderDate":1795046400000,
    "Currency":"EUR","AmountFC":12.5,"OrderStatus":10}' '&new=1' | sed 's/.*"value":"\([^"]*\)".*/\1/')
check "a new order is a new item" until_true 20 has create item $((made + 1))
like "$(item 26500099)" '"text_supplier":"Nieuw BV"' "with its supplier"
like "$(item 26500099)" '"color_flag":{"index":1}' "and a flag: it has no line yet"
lines=$(effects create subitem)
edit PurchaseOrderLines 1 "{\"PurchaseOrderID\":\"$order\",\"LineNumber\":1,\"Description\":\"Grip\",\"ItemCode\":\"GRIP-1\",
    \"Quantity\":1,\"AmountFC\":12.5,\"CostCenter\":\"MKT\"}" '&new=1' > /dev/null
edit PurchaseOrders 26500099 '{"PurchaseOrderLineCount":1}' > /dev/null
check "its line is a subitem" until_true 20 has create subitem $((lines + 1))
like "$(item 26500099)" '"color_flag":{"index":0}' "and the flag goes"

# ---- what is not signed as it must be
curl -s -X POST "$exact/_sandbox/switch?name=hook_hash&value=wrong" > /dev/null
before=$(effects update item)
edit PurchaseOrders 26500002 '{"OrderStatus":40}' > /dev/null
refused() { [ "$(hooks refused)" -ge 1 ]; }
check "a delivery with a wrong signature is refused" until_true 20 refused
sleep 1
is "$(effects update item)" "$before" "and changes nothing"
curl -s -X POST -d '{"Content":{},"HashCode":"00"}' "http://127.0.0.1:$port/webhook/Exact" -o /dev/null -w '%{http_code}' > "$tmp/code"
is "$(cat "$tmp/code")" 401 "nor is a stranger let in"

kill "$serve" 2> /dev/null
wait "$serve" 2> /dev/null
sandbox_stop
tap_done
