#!/bin/sh
# What the language says, through the whole road: lists in lists and totals of
# what is built in tests; clear, once, when gone, limits, a rename, log, both
# directions in runs that write to Exact's sandbox, whose ledger and tables
# say what really happened.
. "$SRC/tests/lib/sandbox.sh"

cp -r "$SRC/tests/data/language" "$tmp/tests" && chmod -R u+w "$tmp/tests"
cd "$tmp/tests" || exit 99
exits 0 "nested adds, several adds, totals, explode, clear, once, gone" "$MLC" test
tap_diag < "$tmp/out"
like "$(cat "$tmp/out")" "6 tests, 0 failed" "in six tests"

mkdir "$tmp/p" "$tmp/p/in"
cd "$tmp/p" || exit 99
cat > project.mlc << 'END'
set language 1
set timezone "Europe/Amsterdam"
connection Files is files { folder = "in" }
connection Exact is exact
connection Rippling is rippling
END
cat > objects.mlc << 'END'
set language 1
object Files.unit "Units" {
  at "units.jsonl"
  key id
  id    text required searchable
  code  text(8) required
  name  text(60) required
  until date
  open  yes/no
}
END
# centers LABEL: the flow under that label.
centers() {
    cat > centers.mlc << END
set language 1
flow $1 "Units become cost centers"
Files.unit -> Exact.costcenter
{
  read everything
  write creates and updates
  match on Code
  Code        = unit.code
  Description = unit.name
  EndDate     = unit.until else clear
  Active      = unit.open else leave once
  when gone { Active = no }
  limit gone to 1
  limit created to 5
}
END
}
unit() { printf '{"id":"%s","code":"U%s","name":"%s"%s}\n' "$1" "$1" "$2" "${3:-}"; }
m() { "$MLC" "$@" $sandbox_set --set Exact.settle=0; }
code() { m "$@" > "$tmp/out" 2> "$tmp/err"; echo $?; }
writes() { cat "$tmp/ledger" 2> /dev/null | wc -l | tr -d ' '; }

sandbox_start exact rippling --ledger "$tmp/ledger" --size 3 --switch exact.minute_limit=0 || exit 99
sandbox_sign_in || exit 99

# ---- create, clear, once
centers centers
{ unit 1 One ',"until":"2025-03-31","open":true'; unit 2 Two; unit 3 Three; } > in/units.jsonl
is "$(code run centers)" 0 "three units are made"
is "$(writes)" 3 "in three writes"
is "$(code run centers)" 0 "once more"
is "$(writes)" 3 "writes nothing"
{ unit 1 Uno ',"open":false'; unit 2 Two; unit 3 Three; } > in/units.jsonl
is "$(code plan centers)" 0 "a new name, no end any more, and a field of once"
like "$(cat "$tmp/out")" 'Description "One" -> "Uno"' "the name will be written"
like "$(cat "$tmp/out")" 'EndDate "2025-03-31" -> (none)' "the end will be emptied"
is "$(grep -c Active "$tmp/out")" 0 "a field of once will not"
is "$(code run centers)" 0 "so it is"
is "$(writes)" 4 "in one write"

# ---- gone, and its limit
{ unit 1 Uno; unit 3 Three; } > in/units.jsonl
is "$(code plan centers)" 0 "a unit is gone"
like "$(cat "$tmp/out")" 'U2 .*Active .* -> false' "what when gone sets is written, of once or not"
is "$(code run centers)" 0 "and is"
is "$(writes)" 5 "in one write"
is "$(code run centers)" 0 "it stays gone"
is "$(writes)" 5 "without a further write"
unit 9 Nine > in/units.jsonl
is "$(code run centers)" 6 "two gone at once are over the limit"
is "$(writes)" 5 "and nothing is written"
like "$(cat "$tmp/err")" "2 of 3 would be gone" "which is said"

# ---- a rename keeps the links; without `was` it is an error
{ unit 1 Uno; unit 3 Three; } > in/units.jsonl
exits 0 "the lock knows the flow" "$MLC" check
centers renamed
is "$(code check)" 2 "a flow that is renamed silently"
like "$(cat "$tmp/out" "$tmp/err")" 'E0395' "is an error"
centers 'renamed was centers'
is "$(code run renamed)" 0 "with was it goes on"
is "$(writes)" 5 "and makes nothing twice"

# ---- log only
cat > log.mlc << 'END'
set language 1
flow looked "Units are looked at"
Files.unit -> log
{
  read everything
  Code = unit.code
  hold when unit.name is "Three" "three is not counted"
}
END
is "$(code run looked --json)" 1 "a flow to log, with a record held"
like "$(cat "$tmp/out")" '"logged":1' "one is logged"
is "$(writes)" 5 "and nothing is written"
rm log.mlc

# ---- both directions: what one flow made is not made back
cat > both.mlc << 'END'
set language 1
flow there "Departments become cost centers"
Rippling.department -> Exact.costcenter
{
  read everything
  write creates
  match on Code
  Code        = left(department.reference_code else hold "no code", 8)
  Description = left(department.name, 60)
}
flow back "Cost centers become departments"
Exact.costcenter -> Rippling.department where costcenter.Code is "SAL-NORD" or costcenter.Description is "Sales North"
{
  read everything
  write creates
  match on name
  name = "back {costcenter.Description}"
}
END
m run there > "$tmp/out" 2> "$tmp/err"
made=$(writes)
ok $((made > 5 ? 0 : 1)) "departments become cost centers: $made"
grep -c '"object":"departments' "$tmp/ledger" > "$tmp/before"
m run back > "$tmp/out" 2> "$tmp/err"
like "$(cat "$tmp/out")" "1 recognised" "the department it was made from is known"
is "$(grep -c '"object":"departments' "$tmp/ledger")" "$(cat "$tmp/before")" "none is made back"
sed -i 's/^  write creates$/  write creates and updates/; s/^  name = .*/  name = costcenter.Description/' both.mlc
is "$(code check both.mlc)" 2 "a field copied to and fro"
like "$(cat "$tmp/out" "$tmp/err")" 'E0327' "is refused"
rm both.mlc

# ---- against the systems
is "$(code check --live)" 0 "check --live reaches both"
sandbox_stop
is "$(code check --live)" 75 "and tells when it cannot"
tap_done
