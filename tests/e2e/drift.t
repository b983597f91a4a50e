#!/bin/sh
# What people changed in the target since mlc wrote it: a plan says so, with
# both values; a run leaves it alone until its source changes; and a plan that
# was approved is not applied over an edit nobody saw [195, 196].
. "$SRC/tests/lib/sandbox.sh"

mkdir "$tmp/project"
cd "$tmp/project" || exit 99
printf 'set language 1\nset timezone "UTC"\nconnection Rippling is rippling\nconnection Exact is exact\n' > project.mlc
cat > centers.mlc << 'END'
set language 1
set timezone "UTC"
flow centers "Departments become cost centers"
Rippling.department -> Exact.costcenter where department.reference_code is present
{
  read everything
  write creates and updates
  match on Code
  Code        = upper(left(replace(department.reference_code, " ", ""), 8))
  Description = left(department.name, 60)
}
END
sandbox_start exact rippling --ledger "$tmp/ledger" --switch exact.minute_limit=0 || exit 99
sandbox_sign_in || exit 99
m() { "$MLC" "$@" $sandbox_set; }
control() { curl -s -X POST "$(sandbox_url "$1")/_sandbox/$2" -d "$3" > /dev/null; }
rows() { curl -s "$(sandbox_url "$1")/_sandbox/records?table=$2" | sed 's/{"/\n{"/g'; }
named() { rows exact 123456/CostCenters | grep "\"Code\":\"$1\"" | sed -n 's/.*"Description":"\([^"]*\)".*/\1/p'; }
department() { rows rippling departments | grep "\"reference_code\":\"$1\"" | sed -n 's/.*"id":"\([^"]*\)".*/\1/p'; }
writes() { grep -c '"did"' "$tmp/ledger" || :; }

exits 0 "a first run" m run centers
exits 0 "a plan after it" m plan centers --exit-code
is "$(grep -c 'drift' "$tmp/out")" 0 "has nothing to tell"

control exact "edit?entity=CostCenters&code=SAL" '{"Description":"Sales!"}'
exits 0 "a plan after somebody edited a cost center" m plan centers --exit-code
like "$(cat "$tmp/out")" '~ drift .*SAL .*Description was edited in Exact to "Sales!"; mlc wrote "Sales"; it stays until its source changes' "tells it with both values"
is "$(grep -c '~ drift' "$tmp/out")" 1 "that one alone"
before=$(writes)
exits 0 "a run" m run centers
is "$(writes) $(named SAL)" "$before Sales!" "leaves it alone"

control rippling "change?table=departments&key=$(department SAL)" '{"name":"Sales department"}'
exits 3 "a plan when the department has a new name" m plan centers --exit-code --out plan.json
like "$(cat "$tmp/out")" '~ drift .*Description was edited in Exact to "Sales!"; will be "Sales department"' "tells what it would overwrite"
like "$(cat plan.json)" '"found":{[^}]*"Description":"Sales!"' "also in the file"

control exact "edit?entity=CostCenters&code=SAL" '{"Description":"Sales?"}'
exits 0 "[195] applied after yet another edit" m apply plan.json
is "$(named SAL)" "Sales?" "it is not written over what nobody saw"
rm plan.json
m plan centers --out plan.json > /dev/null 2>&1
exits 0 "a new plan, applied" m apply plan.json
is "$(named SAL)" "Sales department" "overwrites what was seen"
exits 0 "afterwards" m plan centers --exit-code
is "$(grep -c drift "$tmp/out")" 0 "there is no drift"
m audit list --last 1 --json > "$tmp/out"
like "$(cat "$tmp/out")" '"action":"update"' "the trail calls it an update"

control rippling "change?table=departments&key=$(department SAL)" '{"name":"Sales team"}'
rm plan.json
m plan centers --out plan.json > /dev/null 2>&1
control exact "edit?entity=CostCenters&code=SAL" '{"Description":"Sales by hand"}'
exits 0 "[195] an edit between plan and apply" m apply plan.json
is "$(named SAL)" "Sales by hand" "keeps the planned update back"
sandbox_stop
tap_done
