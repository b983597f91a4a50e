#!/bin/sh
# Records that wait: told by reason with counts, with the values and the line;
# looked at again with what has changed since; going by themselves when the
# record, the flow or the table changes, or what they wait for appears [86,
# 118, 196]; and runs that died, which are not told as running.
. "$SRC/tests/lib/sandbox.sh"

mkdir -p "$tmp/project/tables"
cd "$tmp/project" || exit 99
printf 'set language 1\nset timezone "UTC"\nconnection Rippling is rippling\nconnection Exact is exact\n' > project.mlc
printf 'code,name\nSAL,Sales\n' > tables/names.csv
flow() { # CHECK
    cat > branches.mlc << END
set language 1
set timezone "UTC"
table Names (code text => name text) from "tables/names.csv"
flow branches "Departments become cost centers"
Rippling.department -> Exact.costcenter where department.reference_code is present
{
  read everything
  write creates and updates
  match on Code
  let reference = department.reference_code
  let name = Names[reference].name else hold "{reference} is not in the table"
  $1
  Code        = upper(left(replace(reference, " ", ""), 8))
  Description = left("{name}: {department.name}", 60)
}
END
}
flow 'require reference is not "SAL" else hold "Sales waits for the auditor"'
sandbox_start exact rippling --ledger "$tmp/ledger" --switch exact.minute_limit=0 || exit 99
sandbox_sign_in || exit 99
m() { "$MLC" "$@" $sandbox_set --set Exact.timeout=1 --set Exact.settle=0; }
control() { curl -s -X POST "$(sandbox_url "$1")/_sandbox/$2" ${3:+-d "$3"} > /dev/null; }
department() { curl -s "$(sandbox_url rippling)/_sandbox/records?table=departments" | sed 's/{"/\n{"/g' | grep "\"reference_code\":\"$1\"" | sed -n 's/.*{"id":"\([^"]*\)".*/\1/p'; }
made() { grep -c '"did"' "$tmp/ledger" 2> /dev/null || :; }
held() { m run branches --json 2> /dev/null | sed -n 's/.*"held":\([0-9]*\).*/\1/p'; }

all=$(held)
check "records wait ($all)" test "$all" -gt 5
exits 0 "what waits" m held list
like "$(cat "$tmp/out")" "$((all - 1)) × .*is not in the table" "is told by reason, with counts"
like "$(cat "$tmp/out")" "1 × Sales waits for the auditor" "each reason once"
sal=$(department SAL)
fin=$(department FIN)
exits 0 "one of them" m held show "$sal"
like "$(cat "$tmp/out")" "branches.mlc:12" "with the line of the flow"
like "$(cat "$tmp/out")" 'reference = "SAL"' "and the values"
is "$(held) $(made)" "$all 0" "another run tries none of them in vain"

# ---- looked at again
control rippling "change?table=departments&key=$sal" '{"name":"Sales and service"}'
exits 0 "a replay looks first" m replay "$sal"
like "$(cat "$tmp/out")" 'the record: name "Sales" -> "Sales and service"' "tells what changed since"
like "$(cat "$tmp/out")" "was" "what it was held for"
like "$(cat "$tmp/out")" "-> hold" "and what would happen now"
like "$(cat "$tmp/err")" "Nothing was done yet" "and does nothing"
is "$(made)" 0 "as the ledger shows"
exits 1 "done all the same" m replay "$sal" --yes
is "$(made)" 0 "it waits on"
m audit list --last 0 --json > "$tmp/out"
like "$(cat "$tmp/out")" '"action":"replay".*"result":"a person asked for it"' "and the trail has it"

# ---- what lets them go
printf 'code,name\nSAL,Sales\nFIN,Finance\n' > tables/names.csv
is "$(held) $(made)" "$((all - 1)) 1" "[86] a row in the table lets its record go"
flow ''
is "$(held) $(made)" "$((all - 2)) 2" "[86] another flow text lets its record go"
gen=$(department GEN)
control rippling "change?table=departments&key=$gen" '{"reference_code":"SAL"}'
m run branches > /dev/null 2>&1
m held list > "$tmp/out" 2>&1
is "$(grep -c "$gen.*GEN is not in the table" "$tmp/out")" 0 "[86] another record is looked at anew"

# ---- already right
m held list > "$tmp/out" 2>&1
printf 'code,name\nSAL,Sales\nFIN,Finance\nLEG,Legal\n' > tables/names.csv
control rippling "change?table=departments&key=$fin" '{"name":"Finance"}'
m run branches > /dev/null 2>&1
writes=$(wc -l < "$tmp/ledger")
m run branches > /dev/null 2>&1
is "$(wc -l < "$tmp/ledger")" "$writes" "[196] what is right already is not written again"

# ---- a run that died
control exact 'fault?spec=exact:POST%20hrm:*:slow=3000'
printf 'code,name\nSAL,Sales\nFIN,Finance\nLEG,Legal\nRND,Research\nGEN,General\nLAB,Lab\nOPS,Operations\nMKT,Marketing\nSUP,Support\n' > tables/names.csv
"$MLC" run branches $sandbox_set > /dev/null 2>&1 &
run=$!
until_true 20 sh -c '"$MLC" runs | grep -q running'
m runs > "$tmp/out" 2>&1
like "$(cat "$tmp/out")" "running" "a run is told as running"
kill -9 $run
wait $run 2> /dev/null
m runs > "$tmp/out" 2>&1
is "$(grep -c running "$tmp/out")" 0 "[27] killed, it is not"
sandbox_stop
tap_done
