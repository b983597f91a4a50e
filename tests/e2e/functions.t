#!/bin/sh
# Functions as flows use them: through parser, checker, compiler and evaluator.
. "$SRC/tests/lib/tap.sh"

cd "$tmp" || exit 1

cat > flow.mlc <<'FLOW'
set language 1
set timezone "Europe/Amsterdam"

table Holidays (day date => name text) {
  2025-04-18 => "Good Friday"
  2025-04-21 => "Easter Monday"
}

flow centers "functions at work"
Rippling.employee -> Exact.costcenter where employee.department is present and employee.status is not "TERMINATED"
{
  read changes
  write creates and updates
  match on Code
  let due     = add_working_days(2025-04-17, 1, Holidays)
  let later   = add_months(2025-01-31, 1, "down")
  let parts   = allocate(100.00 EUR, [1, 1, 1])
  let biggest = max(p for each p in parts)
  let middle_part = average(number(p) for each p in parts, 3) else 0
  require due is 2025-04-22 else hold "due {due}"
  require later is 2025-02-28 else hold "later {later}"
  require biggest is 33.34 EUR else hold "biggest {biggest}"
  require sum(p for each p in parts) is 100 EUR else hold "a cent is lost"
  require middle_part is 33.333 else hold "average {middle_part}"
  require is_iban("NL91ABNA0417164300") else hold "iban"
  require "SAL-01" matches "[A-Z]{3}-\d+" else hold "matches"
  require round(10 / 3, 2) is 3.33 else hold "round"
  require length(record_key()) is 64 else hold "key"
  require join(upper(w) for each w in words("a  b"), "+") is "A+B" else hold "join"
  Code        = left(upper(fold(employee.department.name)), 8)
  Description = left(employee.department.name, 60)
}
FLOW
echo '{"id":"E1","status":"ACTIVE","department":{"id":"D1","name":"Café","reference_code":"sal"}}' > in.jsonl

check "the flow is sound" "$MLC" check flow.mlc
"$MLC" map flow.mlc --in in.jsonl --held held.jsonl > out.jsonl 2> err
is "$(cat out.jsonl)" '{"Code":"CAFE","Description":"Café"}' "and every function does its part"
is "$(cat held.jsonl 2> /dev/null)" "" "nothing is held"

sed -i 's/\[A-Z\]{3}-/(S)\\1-/' flow.mlc
"$MLC" check flow.mlc > refused 2>&1
is "$(grep -c E0335 refused)" 1 "a pattern that refers back is refused before anything runs"
tap_done
