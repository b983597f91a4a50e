#!/bin/sh
# mlc repl, and tests that are written from kept records.
. "$SRC/tests/lib/tap.sh"

cp -r "$SRC/examples/rippling-exact" "$tmp/p"
chmod -R u+w "$tmp/p"
cd "$tmp/p" || exit 99

# ask OPTIONS: lines of standard input through mlc repl.
ask() { "$MLC" repl "$@" > "$tmp/out" 2> "$tmp/err"; echo $?; }

echo '{"id":"D1","name":"Sales","reference_code":"sal"}' > "$tmp/d.json"
is "$(printf '%s\n' 'department.name' 'let c = upper(department.reference_code)' '"{c else "-"}"' \
    'length(department.name) + 1' '10.00 EUR * 3' 'department.parent' '[1, 2]' |
    ask --as Rippling.department "$tmp/d.json")" 1 "a mistake among the lines: exit 1"
is "$(sed -n 1p "$tmp/out")" '"Sales"    text' "a field, with its type"
like "$(cat "$tmp/out")" '^30.00 EUR    an amount of money' "an amount"
like "$(cat "$tmp/out")" '^(missing)    a record of' "a record that is not there"
like "$(cat "$tmp/out")" '^\[1,2\]    a list' "a list"
like "$(cat "$tmp/err")" 'E0116\|E0111\|E0101' "the wrong line is told"
is "$(grep -c 'never used' "$tmp/err")" 0 "warnings are not"
is "$(printf '1 + 2\nround(10 / 3, 2)\n' | ask)" 0 "without a record"
is "$(cut -d' ' -f1 "$tmp/out" | tr '\n' ' ')" "3 3.33 " "it computes"
is "$(echo 1 | ask "$tmp/d.json")" 2 "a record of nothing known: exit 2"
like "$(cat "$tmp/err")" 'flow FLOW, or --as' "and what to say"
is "$(echo 1 | ask --flow nobody)" 2 "no such flow"
echo '{"id":' > "$tmp/half.json"
is "$(echo department.name | ask --as Rippling.department "$tmp/half.json")" 1 "half a record"
like "$(cat "$tmp/err")" 'the record cannot be read' "is told"

# ---- kept records
"$MLC" run payroll_dimensions cost_centers --sandbox > /dev/null 2>&1
key=$("$MLC" held list payroll_dimensions --sandbox | sed -n 's/^    \([0-9a-f]*\)$/\1/p' | head -n 1)
ok "$([ -n "$key" ]; echo $?)" "something is held: $key"
"$MLC" test --sandbox --flow payroll_dimensions --from "$key" > "$tmp/test" 2> "$tmp/err"
is $? 0 "a test of a held record"
like "$(cat "$tmp/test")" "^test \"payroll_dimensions $key\" {" "named after it"
like "$(cat "$tmp/test")" '^  expect hold "' "with what became of it"
is "$(grep -c '[0-9]\.[0-9]' "$tmp/test")" 0 "pay is not in it"
cat "$tmp/test" >> payroll-dimensions.mlc
"$MLC" check > /dev/null 2> "$tmp/err"
is $? 0 "it is sound"
"$MLC" test payroll-dimensions.mlc > "$tmp/out" 2>&1
is $? 0 "and passes"
is "$(echo employee.status | ask --sandbox --flow payroll_dimensions --held "$key")" 0 \
    "expressions on the held record"
like "$(cat "$tmp/out")" '^"[A-Z]*" ' "which is there"
"$MLC" test --sandbox --flow cost_centers --from nobody 2> "$tmp/err"
is $? 2 "a key nobody knows"
tap_done
