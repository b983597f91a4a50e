#!/bin/sh
# Calls and complexity that a thousand items with three lines each cost on
# monday.com, over HTTP against the sandbox, beside the least its API allows.
#   MLC=build/mlc SRC=. tests/bench/monday.sh [ITEMS]
# Complexity is the sandbox's: 10,000 a mutation, the figure most often
# published; another with PRICE=30001.
: "${MLC:=mlc}" "${SRC:=.}" "${PRICE:=10000}"
case $MLC in /*) ;; *) [ ! -x "$MLC" ] || MLC=$PWD/$MLC ;; esac
SRC=$(cd "$SRC" && pwd) || exit 99
BUILD=$SRC
export MLC SRC BUILD PRICE
. "$SRC/tests/lib/sandbox.sh"
items=${1:-1000}

# project FOLDER: orders in a file, and the flow that shows them on a board.
project() {
    mkdir "$1"
    cp "$SRC/examples/exact-monday/boards.mlc" "$1"
    printf 'set language 1\nconnection Orders is files\nconnection Monday is monday\n' > "$1/project.mlc"
    cat > "$1/flow.mlc" << 'END'
set language 1
object Orders.order "Orders" {
  at "orders.jsonl"
  key no
  no text(20) required
  amount number(2) required
  lines list of record { item text(50) required  qty number(2) required } required
}
flow board "Orders on the board"
Orders.order as o -> Monday.purchases {
  read everything
  write creates and updates
  match on `Order no.`
  Name        = "Order {o.no}"
  `Order no.` = o.no
  Amount      = o.amount
  Flag        = "OK"
  add Subitems for each l in o.lines {
    Name     = l.item
    Item     = l.item
    Quantity = l.qty
  }
}
END
    awk -v n="$items" 'BEGIN { for (i = 1; i <= n; i++)
        printf "{\"no\":\"O%d\",\"amount\":%d.5,\"lines\":[{\"item\":\"A\",\"qty\":1},{\"item\":\"B\",\"qty\":2},{\"item\":\"C\",\"qty\":3}]}\n", i, i }' \
        > "$1/orders.jsonl"
}
count() { curl -s "$url/_sandbox/counts" | grep -o "\"$1\":[0-9]*" | tr -dc 0-9; }
spent() { curl -s "$url/_sandbox/records?table=_limits" | grep -o '"total":[0-9]*' | tr -dc 0-9; }
# line NAME: what a run cost.
line() {
    calls=$(count all) points=$(spent)
    # shellcheck disable=SC2086
    "$MLC" run $sandbox_set --set "Monday.batch=$batch" --set Monday.daily_calls=25000 -q
    printf '%-34s %6d %14d\n' "$1" $(($(count all) - ${calls:-0})) $(($(spent) - ${points:-0}))
}

printf '%-34s %6s %14s\n' "$items items, 3 lines each" calls complexity
for batch in 30 150; do
    sandbox_start monday --speed 1 --switch monday.minute_complexity=9000000000000 --switch monday.plan=enterprise \
        --switch monday.daily_calls=25000 --switch "monday.create_cost=$PRICE" || exit 99
    url=$(sandbox_url monday)
    project "$tmp/p$batch"
    cd "$tmp/p$batch" || exit 99
    sandbox_sign_in
    line "first run, $batch in a document"
    line "nothing changed"
    sed -i '5s/"A"/"AA"/' orders.jsonl
    line "one item changed"
    sandbox_stop
done
most=$((5000000 / 30001)) # mutations in one call at the highest price published
printf '%-34s %6d %14d\n' "the least: $most in a call, 500 a look" \
    $((($items * 4 + most - 1) / most + (items + 499) / 500)) $((items * 4 * PRICE))
