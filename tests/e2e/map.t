#!/bin/sh
# mlc map and mlc test: files through flows.
. "$SRC/tests/lib/tap.sh"

flows="$SRC/tests/golden/flows"
cp -r "$flows" "$tmp/p"
cd "$tmp/p" || exit 1

"$MLC" test > "$tmp/out" 2>&1
is $? 0 "the flows' own tests pass"
is "$(cat "$tmp/out")" "9 tests, 0 failed" "and say so in one line"

sed 's/Kind: "small", Date/Kind: "big", Date/; s/"customer C9 is unknown"/"customer C8 is unknown"/' \
    entries.mlc > other.mlc && mv other.mlc entries.mlc
"$MLC" test entries.mlc > "$tmp/out" 2>&1
is $? 1 "a wrong expectation: exit 1"
like "$(cat "$tmp/out")" 'Kind is "small", "big" expected' "what differs is told"
like "$(cat "$tmp/out")" 'no hold with this message; there was: hold "customer C9 is unknown"' "another message than the one expected"
like "$("$MLC" test --format tap entries.mlc)" '^not ok 1 - a whole order' "TAP"
like "$("$MLC" test --format junit entries.mlc)" '<testsuite name="mlc" tests="6" failures="2">' "JUnit"
cp "$flows/entries.mlc" .
like "$("$MLC" test --coverage entries.mlc)" 'never reached: entries.mlc:[0-9]*: row "NL", "Utrecht"' "coverage names a row"

# ------------------------------------------------------------------- map
"$MLC" map entries --in data/orders.jsonl --out "$tmp/entries.jsonl" --held "$tmp/held.jsonl" 2> "$tmp/err"
is $? 1 "held and rejected records: exit 1"
is "$(cat "$tmp/err")" "read 8 = written 1 + skipped 2 + held 2 + rejected 3" "the counts add up"
is "$(cat "$tmp/entries.jsonl")" '{"Key":"1","Title":"ACME, INC. of Delft","City":"N2","Kind":"small","Date":"2025-03-04","Total":30.50,"Share":0.667,"Flag":true,"Ref":"paid","Lines":[{"Sku":"x-apple","Amount":10.25,"Parts":[{"Name":"p1"}]},{"Sku":"y-pear","Amount":20.25,"Parts":[]}]}' "what is written"
is "$(grep -c . "$tmp/held.jsonl")" 5 "one line for each held or rejected record"
like "$(sed -n 1p "$tmp/held.jsonl")" '"outcome":"reject","row":2,.*"message":"customer Bad is blocked"' "a reject"
like "$(sed -n 2p "$tmp/held.jsonl")" 'several In.customer match C3: 2 rows of the file' "several are never guessed between"
like "$(sed -n 3p "$tmp/held.jsonl")" '"message":"state: .*X.* is none of the values it may have, byte 18"' "a value the catalog does not know"
like "$(sed -n 4p "$tmp/held.jsonl")" 'customer C9 is unknown.*lines add up to 4.00 EUR, the order says 5.00 EUR.*no kind called q' "every reason of one record"
like "$(sed -n 4p "$tmp/held.jsonl")" '"order.total":"5.00 EUR"' "with the values involved"
like "$(sed -n 5p "$tmp/held.jsonl")" '"row":8,.*a comma or a closing bracket was expected, byte 21' "a line cut short"

"$MLC" map entries < data/orders.jsonl > "$tmp/one" 2> /dev/null
is "$(cmp "$tmp/one" "$tmp/entries.jsonl" 2>&1)" "" "as a filter: the same bytes"
"$MLC" map entries --in no-such-file 2> "$tmp/err"
is $? 2 "a file that is not there: exit 2"
"$MLC" map nobody 2> /dev/null
is $? 2 "a flow that is not there: exit 2"

# A file is replaced whole or not at all.
echo before > "$tmp/kept.jsonl"
head -c 100 data/orders.jsonl > "$tmp/stop.jsonl"
sed 's/"id":"1"/"id":"STOP"/' data/orders.jsonl > "$tmp/stop.jsonl"
"$MLC" map entries --in "$tmp/stop.jsonl" --out "$tmp/kept.jsonl" 2> "$tmp/err"
is $? 6 "a stop: exit 6"
is "$(cat "$tmp/kept.jsonl")" before "and the old file is untouched"
is "$(ls "$tmp" | grep -c part)" 0 "no temporary file is left"

# ---------------------------------------------------- many rows, every way
awk 'BEGIN { for (i = 0; i < 20000; i++) {
    printf "{\"id\":\"%d\",\"state\":\"O\",\"customer\":\"K%d\",\"currency\":\"EUR\",\"total\":%d.%02d,\"rate\":1,\"addr\":{\"city\":\"U\"},\"lines\":[{\"sku\":\"s%d\",\"amount\":%d.%02d,\"parts\":[]}]}\n",
    i, i * 7 % 501, i % 1000, i % 100, i, i % 1000, i % 100 } }' > "$tmp/many.jsonl"
"$MLC" map pieces.mlc --threads 1 --in "$tmp/many.jsonl" --out "$tmp/p1" 2> "$tmp/err"
is $? 0 "many rows"
"$MLC" map pieces.mlc --threads 4 --in "$tmp/many.jsonl" --out "$tmp/p4" 2> "$tmp/err4"
is "$(cmp "$tmp/p1" "$tmp/p4" 2>&1)" "" "threads change no byte and no order"
is "$(cat "$tmp/err4")" "$(cat "$tmp/err")" "nor a count"
"$MLC" map totals --in "$tmp/many.jsonl" --out "$tmp/t1" 2> /dev/null
is "$(grep -c . "$tmp/t1")" 501 "groups that are not side by side"
"$MLC" map totals --group-memory 64 --in "$tmp/many.jsonl" --out "$tmp/t2" 2> /dev/null
is "$(cmp "$tmp/t1" "$tmp/t2" 2>&1)" "" "spilled to a file: the same bytes"
sum=$(sed 's/.*"Total":\([0-9.]*\).*/\1/' "$tmp/t1" | awk '{ s += $1 * 100 } END { printf "%.0f", s }')
want=$(awk 'BEGIN { for (i = 0; i < 20000; i++) s += (i % 1000) * 100 + i % 100; printf "%.0f", s }')
is "$sum" "$want" "and not a cent is lost"

# ----------------------------------------------------- CSV in many pieces
# Rows of all kinds over many pieces: what one thread makes of them, several
# make too, byte for byte, and held rows have the same numbers.
mkdir "$tmp/c"
cat > "$tmp/c/c.mlc" << 'EOF'
set language 1
object Files.given "Rows" { at "given.csv"  k text required  v number required  t text }
object Files.made "Rows" { at "made.jsonl"  K text required searchable  V number  T text
  L list of record { T text  V number } }
flow each_row "Rows as they are"
Files.given as row -> Files.made { read everything write creates match on K  K = row.k  V = row.v  T = row.t else clear }
flow by_key "Rows put together"
Files.given as row -> Files.made one per row.k { read everything write creates match on K  K = row.k
  V = sum(e.v for each e in group)
  add L for each e in group { T = e.t else clear  V = e.v } }
EOF
awk 'BEGIN { srand(3); printf "k,v,t\n"; for (i = 0; i < 30000; i++) { r = rand()
    t = r < .1 ? "\"a, \"\"b\"\"\nc" i "\"" : r < .2 ? "\"x\r\ny\"" : r < .21 ? "b\"ad" : "plain " i
    e = rand() < .5 ? "\r\n" : "\n"
    if (rand() < .01) printf e
    printf "k%d,%s,%s%s", i % 700, (rand() < .005 ? "word" : i), t, e } }' > "$tmp/c/given.csv"
for flow in each_row by_key; do
    for n in 1 2 5; do
        (cd "$tmp/c" && "$MLC" map $flow --threads $n --in given.csv --out $flow.$n --held $flow.held.$n 2> $flow.err.$n)
    done
    is "$(grep -c . "$tmp/c/$flow.1" | awk '{ print ($1 > 600) }')" 1 "$flow: rows were made"
    like "$(head -1 "$tmp/c/$flow.held.1")" '"row":[0-9]' "$flow: rows were held"
    for n in 2 5; do
        is "$(cd "$tmp/c"; cmp $flow.1 $flow.$n 2>&1; cmp $flow.held.1 $flow.held.$n 2>&1; cmp $flow.err.1 $flow.err.$n 2>&1)" "" "$flow: $n threads, the same bytes"
    done
done
(cd "$tmp/c" && "$MLC" map by_key --threads 3 --group-memory 64 --in given.csv --out spilled --held spilled.held 2> /dev/null)
is "$(cd "$tmp/c"; cmp by_key.1 spilled 2>&1; cmp by_key.held.1 spilled.held 2>&1)" "" "spilled to a file by several threads: the same bytes"

# ------------------------------------------------ numbers, digit by digit
mkdir "$tmp/n"
cat > "$tmp/n/n.mlc" << 'EOF'
set language 1
object Files.given "Numbers" { at "given.jsonl"  n number required }
object Files.made "Numbers" { at "made.jsonl"  n number required searchable }
flow n "Numbers as they are"
Files.given as row -> Files.made { read everything write creates match on n  n = row.n }
EOF
awk 'BEGIN { srand(7); for (i = 0; i < 20000; i++) {
    digits = 1 + int(rand() * 34); scale = int(rand() * 13); s = ""
    for (k = 0; k < digits; k++) s = s int(rand() * 10)
    sub(/^0+/, "", s); if (s == "") s = "0"
    while (length(s) <= scale) s = "0" s
    if (scale) s = substr(s, 1, length(s) - scale) "." substr(s, length(s) - scale + 1)
    if (rand() < .5 && s ~ /[1-9]/) s = "-" s
    print "{\"n\":" s "}" } }' > "$tmp/n/given.jsonl"
"$MLC" map "$tmp/n/n.mlc" --in "$tmp/n/given.jsonl" --out "$tmp/n/made.jsonl" 2> "$tmp/err"
is $? 0 "numbers of up to 34 digits"
is "$(cmp "$tmp/n/given.jsonl" "$tmp/n/made.jsonl" 2>&1)" "" "come out as they went in"
tap_done
