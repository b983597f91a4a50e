#!/bin/sh
# A change on a monday.com board runs the flow that reads it: the challenge is
# answered, the token's signature is checked, the item is read again. Subitems
# tell of their item; what a personal token's webhook sends is not taken.
. "$SRC/tests/lib/sandbox.sh"

mkdir "$tmp/p"
cd "$tmp/p" || exit 99
cp "$SRC/examples/exact-monday/boards.mlc" .
printf 'set language 1\nconnection Monday is monday\n' > project.mlc
cat > seen.mlc << 'END'
set language 1
flow seen "What is on the board"
Monday.purchases as item -> log {
  on change
  read everything
  Name     = item.Name
  Currency = item.Currency else "none"
  Lines    = count(item.Subitems)
}
END

# A free port: one that another server had a moment ago.
sandbox_start monday || exit 99
port=$(sandbox_url monday | sed 's/.*:\([0-9]*\).*/\1/')
sandbox_stop

check "the sandbox comes up" sandbox_start monday
monday=$(sandbox_url monday)
app=$(curl -s -X POST "$monday/_sandbox/token?kind=app" | sed 's/.*"id":"\([^"]*\)".*/\1/')
printf 'token=%s\nsigning_secret=sandbox-signing-secret\n' "$app" | "$MLC" auth set Monday > "$tmp/out" 2>&1
# change QUERY: somebody works on the board; prints the id.
change() {
    curl -s "$monday/v2" -H "Authorization: $app" -H 'Content-Type: application/json' -d "{\"query\":\"mutation { m: $1 { id } }\"}" |
        sed 's/.*"m":{"id":"\([0-9]*\)".*/\1/'
}
hooks() { curl -s "http://127.0.0.1:$port/metrics" | sed -n "s/^mlc_webhook_deliveries_total{outcome=\"$1\"} //p"; }
saw() { "$MLC" audit export --format json 2> /dev/null | grep -qF -- "$1"; }

item=$(change 'create_item(board_id: 18390000101, item_name: \"First\")')
# shellcheck disable=SC2086
tap_background "$MLC" serve --listen "127.0.0.1:$port" --public-url "http://127.0.0.1:$port" $sandbox_set \
    > "$tmp/serve.out" 2> "$tmp/serve.err"
serve=$!
check "the first run sees what is there" until_true 20 saw '"Name":"First","Currency":"none","Lines":0'
subscribed() { grep -q 'Monday sends webhooks of purchases' "$tmp/serve.err"; }
check "and webhooks are subscribed to" until_true 20 subscribed
is "$(hooks handshake)" 11 "each of the eleven events was challenged"

change "change_simple_column_value(board_id: 18390000101, item_id: $item, column_id: \\\"text_currency\\\", value: \\\"EUR\\\")" > /dev/null
check "a changed cell is seen" until_true 20 saw '"Name":"First","Currency":"EUR","Lines":0'
sub=$(change "create_subitem(parent_item_id: $item, item_name: \\\"line\\\")")
check "a new subitem is seen on its item" until_true 20 saw '"Currency":"EUR","Lines":1'
second=$(change 'create_item(board_id: 18390000101, item_name: \"Second\")')
check "a new item is seen" until_true 20 saw '"Name":"Second"'
taken() { [ "$(hooks taken)" -ge 3 ]; }
check "all of it by webhook" until_true 20 taken
is "$(hooks refused)" 0 "none was refused"

curl -s -X POST "$monday/_sandbox/switch?name=hook_signature&value=wrong" > /dev/null
change "change_simple_column_value(board_id: 18390000101, item_id: $second, column_id: \\\"text_currency\\\", value: \\\"USD\\\")" > /dev/null
refused() { [ "$(hooks refused)" -ge 1 ]; }
check "a wrong signature is refused" until_true 20 refused
is "$(curl -s -o /dev/null -w '%{http_code}' -d '{"event":{"pulseId":1,"type":"create_pulse"}}' "http://127.0.0.1:$port/webhook/Monday")" \
    401 "and so is what is not signed"
is "$(curl -s -o /dev/null -w '%{http_code}' -d '{"challenge":"x"}' "http://127.0.0.1:$port/webhook/Monday")" 404 \
    "a challenge that nobody waits for is not answered"
: "$sub"
kill "$serve" 2> /dev/null
wait "$serve" 2> /dev/null
sandbox_stop
tap_done
