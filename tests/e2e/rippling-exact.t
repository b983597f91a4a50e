#!/bin/sh
# The example rippling-exact from end to end, over HTTP on loopback: what the
# run says is held against the sandbox's own ledger of effects.
. "$SRC/tests/lib/tap.sh"

cp -R "$SRC/examples/rippling-exact" "$tmp/example"
chmod -R u+w "$tmp/example"
cd "$tmp/example" || exit 99
MLC_SANDBOX_LEDGER=$tmp/ledger
export MLC_SANDBOX_LEDGER

# number NAME: of the summary in $tmp/out.
number() { grep -o "\"$1\":[0-9]*" "$tmp/out" | head -n 1 | tr -dc 0-9; }
adds_up() {
    [ "$(number read)" -eq $(($(number created) + $(number updated) + $(number unchanged) + $(number skipped) + \
        $(number held) + $(number rejected) + $(number waiting))) ]
}
# calls FLOW: what each system was asked in that run. A sandbox is a new place
# every time, so what is learnt of Exact (two calls) is learnt by each command.
calls() { grep "\"flow\":\"$1\"" "$tmp/out" | sed 's/.*"calls":{\([^}]*\)}.*/\1/; s/"//g'; }
effects() { [ -e "$tmp/ledger" ] && grep -c "\"$1\"" "$tmp/ledger" || echo 0; }

# Before anything is asked: the requests, with what the systems are to leave out.
exits 0 "the requests of a flow" "$MLC" explain payroll_dimensions
like "$(cat "$tmp/out")" "Rippling GET /workers/?limit=100&expand=compensation,department,level&filter=status eq 'ACTIVE'" \
    "the filter and the parts of the record that are read"
like "$(cat "$tmp/out")" 'select=ID,Modified,Code$' "only the fields that the look-up needs"
exits 0 "the requests of another flow" "$MLC" explain cost_centers
like "$(cat "$tmp/out")" 'Exact POST /api/v1/{division}/hrm/Costcenters' "a write; what only Exact can tell stands by its name"

exits 0 "a plan" "$MLC" plan cost_centers --sandbox
is "$(grep -c '^  + create' "$tmp/out")" 7 "it would create seven"
is "$(wc -l < "$tmp/ledger" 2> /dev/null || echo 0)" 0 "and writes nothing"

exits 1 "a run: exit 1, some are held" "$MLC" run cost_centers --sandbox --json
adds_up
ok $? "the numbers add up"
is "$(number created) $(number updated) $(number held)" "7 1 3" "created, updated, held"
is "$(calls cost_centers)" "Rippling:1,Exact:13" "a call for the source, one for each list looked at, one for each write"
is "$(wc -l < "$tmp/ledger" | tr -d ' ')" 8 "Exact saw as many effects as were told"

exits 0 "what waits" "$MLC" held list --sandbox
like "$(cat "$tmp/out")" 'Department LAB is not mapped to an existing G/L account' "the unmapped department, with its reason"
like "$(cat "$tmp/out")" 'is blocked in Exact' "the blocked account"
like "$(cat "$tmp/out")" 'has no reference code' "the department without a code"

exits 0 "a second run" "$MLC" run cost_centers --sandbox --json
is "$(number created) $(number updated)" "0 0" "writes nothing"
is "$(calls cost_centers)" "Rippling:1,Exact:0" "and asks the source once, the target not at all"
is "$(wc -l < "$tmp/ledger" | tr -d ' ')" 8 "as Exact's ledger shows"

# Finance adds the missing line: the held department goes by itself.
echo 'LAB,4003' >> tables/department-accounts.csv
exits 1 "a run after the table grew" "$MLC" run cost_centers --sandbox --json
is "$(number created)" 1 "one more cost center"
is "$(wc -l < "$tmp/ledger" | tr -d ' ')" 9 "one more effect"
"$MLC" held list --sandbox > "$tmp/out"
is "$(grep -c LAB "$tmp/out")" 0 "the department no longer waits"

exits 0 "the trail is whole" "$MLC" audit verify --sandbox
exits 0 "the trail" "$MLC" audit list --last 0 --sandbox
is "$(grep -c ' create ' "$tmp/out")" 8 "has a row for every cost center made"
like "$(cat "$tmp/out")" 'Code "LAB", Description "Research Lab"' "and what was written"
is "$(stat -c %a .mlc .mlc/sandbox.db | tr '\n' ' ')" "700 600 " "state is for its owner alone"

# The other flows: cost units, the proof before the payroll, and the way back.
exits 1 "all flows" "$MLC" run --sandbox --json
flow() { grep "\"flow\":\"$1\"" "$tmp/out" | grep -o "\"$2\":[0-9]*" | head -n 1 | tr -dc 0-9; }
is "$(flow cost_units created) $(flow cost_units held)" "5 1" "five levels become cost units, one waits"
is "$(flow payroll_dimensions created) $(flow payroll_dimensions logged)" "0 25" "the proof of salaries writes nothing"
is "$(flow payroll_dimensions held)" 6 "and holds what lacks a dimension"
is "$(flow finance_departments created)" 0 "no cost center that came from Rippling goes back as a new department"
is "$(wc -l < "$tmp/ledger" | tr -d ' ')" 14 "five effects more"
"$MLC" held list --sandbox > "$tmp/out"
like "$(cat "$tmp/out")" 'Level Board has no cost unit' "the unmapped level, with its reason"
exits 1 "all flows once more" "$MLC" run --sandbox --json
is "$(grep -o '"created":[1-9]\|"updated":[1-9]' "$tmp/out" | wc -l | tr -d ' ')" 0 "write nothing"
is "$(for f in cost_centers cost_units finance_departments payroll_dimensions; do calls $f; done | tr '\n' ' ')" \
    "Rippling:1,Exact:0 Rippling:1,Exact:0 Exact:3,Rippling:0 Rippling:1,Exact:4 " \
    "and cost a call for each list that has to be looked at (two for which company it is)"
is "$(wc -l < "$tmp/ledger" | tr -d ' ')" 14 "as the ledger shows"

# What this pair cannot do is refused before anything runs, with the reason.
cat > wrong.mlc <<'END'
set language 1
set timezone "Europe/Amsterdam"
flow hires "people"
Exact.employee -> Rippling.employee { read everything  write creates  match on work_email  work_email = employee.Email }
flow payroll "journals"
Rippling.journal_entry -> log { read everything }
END
exits 2 "writing workers, reading journals" "$MLC" check wrong.mlc
like "$(cat "$tmp/out" "$tmp/err")" 'no way to create or change workers' "workers are read-only, and why"
like "$(cat "$tmp/out" "$tmp/err")" 'no journal, chart of accounts' "Rippling has no journal, and why"
tap_done
