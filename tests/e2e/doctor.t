#!/bin/sh
# What will go wrong, found before it does, each finding with what mends it.
. "$SRC/tests/lib/sandbox.sh"

mkdir "$tmp/empty" && cd "$tmp/empty" || exit 99
"$MLC" doctor > "$tmp/out" 2>&1
is $? 0 "where nothing is set up nothing is wrong"
is "$(grep -c '^wrong' "$tmp/out")" 0 "nobody is told to sign in everywhere"

cp -R "$SRC/examples/exact-monday" "$tmp/board"
chmod -R u+w "$tmp/board"
cd "$tmp/board" || exit 99
"$MLC" doctor > "$tmp/out" 2>&1
is $? 1 "a project without credentials"
like "$(cat "$tmp/out")" "Run: mlc auth set Exact" "says how to store them"

"$MLC" doctor --live --sandbox > "$tmp/out" 2>&1
is $? 0 "live systems as the project takes them to be"
like "$(cat "$tmp/out")" "Monday.orders is as flows take it to be" "a board is compared with its live form"
like "$(cat "$tmp/out")" "Exact.glaccount is as flows take it to be" "a resource is read with the fields in use"
"$MLC" doctor --live --sandbox --json > "$tmp/json" 2> "$tmp/err"
command -v python3 > /dev/null && check "--json is JSON, every finding with its grade" python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
assert d["wrong"] == 0 and len(d["findings"]) == d["fine"] + d["notes"] + d["wrong"]' "$tmp/json"

sed -i 's/"text_no"/"text_gone"/; s/encoding("column date")    from "date_due"/encoding("column text")    from "date_due"/' boards.mlc
"$MLC" doctor --live --sandbox > "$tmp/out" 2>&1
is $? 1 "a board that was rebuilt is found"
like "$(cat "$tmp/out")" "the column Order no. (text_gone) is not there any more" "a column that is gone is named"
like "$(cat "$tmp/out")" "the column Due date (date_due) is of another kind now" "one that has changed too"
like "$(cat "$tmp/out")" "Run: mlc schema pull Monday.purchases 18390000101" "with the command that mends it"

# the machine
cp "$SRC/examples/exact-monday/boards.mlc" .
chmod 666 project.mlc
"$MLC" doctor > "$tmp/out" 2>&1
like "$(cat "$tmp/out")" "Run: chmod o-w .*project.mlc" "a project that anybody can change"
chmod 644 project.mlc
http_proxy=http://proxy.example:3128 "$MLC" doctor > "$tmp/out" 2>&1
like "$(cat "$tmp/out")" "http_proxy is set; mlc does not use it" "a proxy in the environment [73]"
tap_done
