#!/bin/sh
# Writes whose end nobody saw, one by one [11-18, 117, 118]: what may be said of
# them, what is asked, and what is never done. The sandbox's records say what
# really happened.
. "$SRC/tests/lib/sandbox.sh"

command -v sqlite3 > /dev/null || skip_all "sqlite3 is not there"
p=$tmp/project
mkdir "$p"
cd "$p" || exit 99
printf 'set language 1\nset timezone "UTC"\nconnection Rippling is rippling\nconnection Exact is exact\n' > project.mlc
flow() { # WHERE [LINE]
    cat > people.mlc << END
set language 1
set timezone "UTC"
flow branches "Departments become relations"
Rippling.department -> Exact.account where $1
{
  read everything
  write creates and updates
  match on SearchCode
  Name       = left(department.name, 50)
  SearchCode = text(department.id)
${2:-}
}
END
}
one='department.reference_code is "SAL"'
world() { # OPTION...: new systems, and a state that has signed in and looked
    [ -z "${sandbox_pid:-}" ] || sandbox_stop
    rm -rf .mlc mlc.lock "$tmp/ledger" "$HOME/.local"
    sandbox_start exact rippling --ledger "$tmp/ledger" --switch exact.minute_limit=0 "$@" || exit 99
    sandbox_sign_in || exit 99
    flow "$one"
    m plan branches > /dev/null 2>&1
}
m() { "$MLC" "$@" $sandbox_set --set Exact.timeout=1 --set Exact.settle=0; }
control() { curl -s -X POST "$(sandbox_url "$1")/_sandbox/$2" ${3:+-d "$3"}; }
rows() { curl -s "$(sandbox_url "$1")/_sandbox/records?table=$2" | sed 's/{"/\n{"/g'; }
ours() { rows exact 123456/Accounts | grep -c "\"SearchCode\":\"$key\"" || :; }
posts() { control exact counts | sed -n 's/.*"POST other":\([0-9]*\).*/\1/p'; }
# in_doubt: as if the run had been killed before it looked for what it had lost.
in_doubt() { sqlite3 .mlc/state.db "DELETE FROM links; DELETE FROM owned; UPDATE intents SET state = 1, settle_until = 0"; }
run() { m run branches --json > "$tmp/out" 2> "$tmp/err"; }

# ---- several have its key
world --fault 'exact:POST Accounts:1:drop-after'
key=$(rows rippling departments | grep '"reference_code":"SAL"' | sed -n 's/.*{"id":"\([^"]*\)".*/\1/p')
m run branches > /dev/null 2>&1
is "$(ours)" 1 "a create whose answer is lost arrives"
other=$(rows exact 123456/Accounts | grep -v "\"SearchCode\":\"$key\"" | sed -n 's/.*"ID":"\([^"]*\)".*/\1/p' | head -n 1)
in_doubt
control exact "change?table=123456/Accounts&key=$other" "{\"SearchCode\":\"$key\"}" > /dev/null
before=$(posts)
run
is "$(posts)" "$before" "[12] two of them have its key: nothing is written"
m held list > "$tmp/out" 2>&1
like "$(cat "$tmp/out")" "several .* have its key: .*$other" "and both are named"
m held show "$key" > "$tmp/out" 2>&1
like "$(cat "$tmp/out")" "the answer to a write was lost" "with the reason"

# ---- the look-up fails
world --fault 'exact:POST Accounts:1:drop-after'
m run branches > /dev/null 2>&1
in_doubt
before=$(posts)
control exact 'fault?spec=exact:GET%20Accounts:*:500' > /dev/null
run
code=$?
is "$(posts)" "$before" "[13] a look-up that fails is never taken for absent"
check "and the run ends with an error ($code)" test "$code" -gt 1
control exact calm > /dev/null
run
is "$(posts) $(ours)" "$before 1" "the next one finds the record and writes nothing"

# ---- the source changes before it is settled
world --fault 'exact:POST Accounts:1:drop-before'
m run branches > /dev/null 2>&1
control rippling "change?table=departments&key=$key" '{"name":"Sales, renamed"}' > /dev/null
control exact calm > /dev/null
run
run
is "$(ours)" 1 "[16] the record is made once"
is "$(rows exact 123456/Accounts | grep "\"SearchCode\":\"$key\"" | grep -c 'Sales, renamed')" 1 "as it is now, not as it was"
"$MLC" audit list --last 0 > "$tmp/out"
check "and the bytes that were never taken are closed" test "$(sqlite3 .mlc/state.db "SELECT count(*) FROM intents WHERE state IN (0, 1, 4)")" -eq 0

# ---- the target refuses what it has already
world --fault 'exact:POST Accounts:1:late=900'
m run branches > /dev/null 2>&1
run
run
is "$(ours)" 1 "[10, 11] a server that shows it late has it once"

# ---- nothing to recognise it by
sed '/match on/d' people.mlc > blind.mlc
mkdir "$tmp/blind"
mv blind.mlc "$tmp/blind/"
cp project.mlc "$tmp/blind/"
exits 2 "[14] a create that nothing can recognise is an error" "$MLC" check "$tmp/blind/blind.mlc"
like "$(cat "$tmp/out" "$tmp/err")" "E0347" "which says so"

# ---- nobody reads what the run says
world
"$MLC" run branches $sandbox_set 2> /dev/null | true
is "$(ours)" 1 "[18] a run whose reader has left does its work"
is "$(sqlite3 .mlc/state.db "SELECT outcome FROM runs ORDER BY id DESC LIMIT 1")" "done" "and comes to its end"

# ---- a wider filter
world
m run branches > /dev/null 2>&1
flow 'department.name is present' '  limit created to 3'
exits 6 "[117] a filter that lets many more in stops at the limit" m run branches
like "$(cat "$tmp/err")" "created" "and says what would happen"
is "$(rows exact 123456/Accounts | grep -c '"SearchCode":"[0-9a-f]\{24\}"')" 1 "before anything is written"
exits 3 "a plan shows the wave" m plan branches --exit-code
is "$(grep -c '^  + create' "$tmp/out")" 11 "record by record"
sandbox_stop
tap_done
