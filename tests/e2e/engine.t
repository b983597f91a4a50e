#!/bin/sh
# The engine from outside, over real HTTP: lost answers, late effects, poison
# records, limits, saved plans, locks, restored states and held records that
# come back by themselves. The sandbox's ledger says what really happened.
. "$SRC/tests/lib/sandbox.sh"

p=$tmp/project
cp -r "$SRC/examples/rippling-exact" "$p"
chmod -R u+w "$p"
cd "$p" || exit 99

# world OPTION...: sandboxes of their own, and a fresh state that is signed in.
world() {
    [ -z "${sandbox_pid:-}" ] || sandbox_stop
    rm -rf "$p/.mlc" "$tmp/ledger" "$XDG_CONFIG_HOME/../.local"
    sandbox_start exact rippling --ledger "$tmp/ledger" \
        --switch exact.minute_limit=0 "$@" || exit 99
    sandbox_sign_in || exit 99
}
m() { "$MLC" "$@" $sandbox_set --set Exact.timeout=1 --set Exact.settle=0; }
number() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$tmp/out" | head -n 1; }
twice() { grep '"did":"create"' "$tmp/ledger" | grep -o '"natural":"[^"]*"' | sort | uniq -d; }
posts() { exact_control counts | sed -n 's/.*"POST other":\([0-9]*\).*/\1/p'; }
effects() { cat "$tmp/ledger" 2> /dev/null | grep -c '"create' || :; }
code() { "$@" > "$tmp/out" 2> "$tmp/err"; echo $?; }
exact_control() { curl -s "$(sandbox_url exact)/_sandbox/$1"; }

# ---- plan, apply, limits [195]
world
is "$(code m plan cost_centers --out plan.json --exit-code)" 3 "a plan with changes: exit 3"
is "$(effects)" 0 "a plan writes nothing [194]"
is "$(code m plan cost_centers --out plan.json)" 2 "a plan file is never written over"
sed -i 's/limit held to .*/limit created to 3/' cost-centers.mlc
is "$(code m apply plan.json)" 6 "a plan of another flow text is refused"
rm plan.json
is "$(code m run cost_centers)" 6 "a limit stops the run: exit 6"
is "$(effects)" 0 "before the first write"
like "$(cat "$tmp/err")" "mlc plan cost_centers" "and says what to do"
m plan cost_centers --out plan.json > /dev/null 2>&1
is "$(code m apply plan.json --json)" 1 "a person applies the plan"
is "$(number created)" 7 "what was planned is made"
rm -f plan.json
m plan cost_centers --out plan.json > /dev/null 2>&1
is "$(code m apply plan.json --json)" 0 "nothing is left to apply"
is "$(number created)" 0 "and nothing is made twice"
cp "$SRC/examples/rippling-exact/cost-centers.mlc" .

# ---- a copied, an older and a restored state [22, 23, 116]
m state backup saved.db 2> /dev/null
cp .mlc/state.db other.db && chmod 600 other.db
is "$(code m run cost_centers --state other.db)" 6 "a copied state is noticed"
like "$(cat "$tmp/err")" "mlc adopt" "and says what to do"
rm -rf .mlc/state.db
is "$(code m state restore saved.db)" 0 "a backup is put back"
is "$(code m run cost_centers)" 6 "it must be adopted first"
before=$(effects)
is "$(code m adopt cost_centers --json)" 0 "adopting"
is "$(effects)" "$before" "writes nothing"
is "$(code m run cost_centers --json)" 1 "then it runs"
is "$(effects)" "$before" "and makes nothing twice"
m audit verify > "$tmp/out"
like "$(cat "$tmp/out")" "whole" "the trail is whole"

# ---- state lost, target full [116]
rm -rf .mlc
sandbox_stop
world > /dev/null
m run cost_centers > /dev/null 2>&1
made=$(effects)
cp .mlc/state.db "$tmp/keys.db"
sqlite3 .mlc/state.db "DELETE FROM links; DELETE FROM owned; DELETE FROM cursors" 2> /dev/null
is "$(code m run cost_centers --json)" 1 "a run without links"
is "$(effects)" "$made" "recognises what is there by its key"
is "$(number adopted)" "$((made + 2))" "every one of them"

# ---- answers lost after and before the effect [4, 5, 57]
world --fault 'exact:POST Costcenters:2:drop-after' --fault 'exact:POST Costcenters:4:drop-before'
is "$(code m run cost_centers --json)" 1 "a run with two lost answers"
m run cost_centers --json > "$tmp/out" 2> "$tmp/err"
is "$(effects)" 7 "all are made"
is "$(twice)" "" "none twice"

# ---- a server that commits late [F2, 10]
world --fault 'exact:POST Costcenters:2:late=700'
is "$(code m run cost_centers --json)" 1 "a run against a late server"
m run cost_centers > /dev/null 2>&1
is "$(twice)" "" "makes nothing twice"
is "$(effects)" 7 "and loses nothing"

# ---- what is refused is not sent again as it was [86, F12]
world --fault 'exact:POST Costcenters:*:404'
m run cost_centers --json > "$tmp/out" 2> "$tmp/err"
is "$(posts)" 7 "seven creates are refused"
for i in 1 2 3; do m run cost_centers > /dev/null 2>&1; done
is "$(posts)" 7 "three more runs send nothing again"
m held list > "$tmp/out"
like "$(cat "$tmp/out")" "refuses it" "they wait with the vendor's words"
exact_control calm > /dev/null
key=$(grep -A1 'refuses it' "$tmp/out" | sed -n 's/^    \([0-9a-f]\{24\}\).*/\1/p' | head -n 1)
is "$(code m held retry "$key")" 0 "a person says again"
m run cost_centers --json > "$tmp/out" 2>&1
is "$(effects)" 1 "that one goes"

# ---- five hundred poison records cost at most eight errors an hour [87, F12]
mkdir "$tmp/poison"
cp project.mlc "$tmp/poison/"
cat > "$tmp/poison/people.mlc" << 'END'
set language 1
set timezone "Europe/Amsterdam"
flow people "Employees become relations"
Rippling.employee -> Exact.account
{
  read everything
  write creates and updates
  match on SearchCode
  Name       = left(text(employee.id), 50)
  SearchCode = text(employee.id)
}
END
world --size 500 --fault 'exact:POST Accounts:*:404'
rm -rf "$tmp/poison/.mlc"
cp -r .mlc "$tmp/poison/.mlc"
cd "$tmp/poison" || exit 99
m adopt people > /dev/null 2>&1
m run people --json > "$tmp/out" 2> "$tmp/err"
m run people > /dev/null 2>&1
cd "$p" || exit 99
ok "$([ "$(posts)" -le 8 ]; echo $?)" \
    "five hundred poison records: at most 8 errors in two runs"
ok "$([ "$(number waiting)" -gt 480 ]; echo $?)" "the others wait unsent"
exact_control calm > /dev/null

# ---- drop needs a reason and leaves evidence
world
m run cost_centers > /dev/null 2>&1
m held list > "$tmp/out"
key=$(sed -n 's/^    \([0-9a-f]\{24\}\).*/\1/p' "$tmp/out" | head -n 1)
is "$(code m held drop "$key")" 2 "drop without a reason"
is "$(code m held drop "$key" --reason 'made by hand')" 0 "drop with one"
m audit list --last 0 > "$tmp/out"
like "$(cat "$tmp/out")" "made by hand" "the reason is in the trail"

# ---- held until what it waits for exists, then by itself
world
cat > people.mlc << 'END'
set language 1
set timezone "Europe/Amsterdam"
flow people "Employees become relations"
Rippling.employee -> Exact.account where employee.department is present and employee.status is not "TERMINATED"
{
  read changes
  write creates
  match on SearchCode
  let code = upper(left(replace(employee.department.reference_code else "", " ", ""), 8))
  find center in Exact.costcenter where center.Code is code
    else hold "Cost center {code} does not exist yet"
  Name       = left("{center.Code} {employee.id}", 50)
  SearchCode = text(employee.id)
}
END
m run people --json > "$tmp/out" 2> "$tmp/err"
held=$(number held)
ok "$([ "$held" -gt 10 ]; echo $?)" "people wait for their cost centers ($held)"
m run people --json > "$tmp/out" 2> "$tmp/err"
cat "$tmp/err" | tap_diag
is "$(number created)" 0 "they are not tried again in vain"
m run cost_centers > "$tmp/out" 2>&1
m run people --json > "$tmp/out" 2> "$tmp/err"
ok "$([ "$(number created)" -gt 10 ]; echo $?)" "the cost centers are there: $(number created) go by themselves"
rm people.mlc

# ---- one runner at a time [25], and SIGTERM [17]
world --fault 'exact:POST Costcenters:*:slow=400'
"$MLC" run cost_centers $sandbox_set --set Exact.timeout=3 --set Exact.settle=0 > "$tmp/first" 2>&1 &
first_pid=$!
until_true 10 sh -c "[ \$(grep -c . '$tmp/ledger' 2>/dev/null || echo 0) -gt 0 ]"
is "$(code m run cost_centers)" 5 "a second run of the flow: exit 5"
like "$(cat "$tmp/err")" "running already: process" "and who has it"
m runs > "$tmp/out"
like "$(cat "$tmp/out")" "running" "it is shown as running"
kill -TERM $first_pid
wait $first_pid
ok "$([ $? -eq 143 ]; echo $?)" "SIGTERM: exit 143"
m runs > "$tmp/out"
is "$(grep -c running "$tmp/out")" 0 "nothing is shown as running"
exact_control calm > /dev/null
m run cost_centers --json > "$tmp/out" 2> "$tmp/err"
[ "$(effects)" -eq 7 ] || cat "$tmp/out" "$tmp/err" "$tmp/first" | tap_diag
is "$(effects)" 7 "the next run does the rest, nothing twice"
tap_done
