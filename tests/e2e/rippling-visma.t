#!/bin/sh
# The example rippling-visma from end to end, over HTTP on loopback: hire,
# termination, rehire, department and compensation changes, and people who wait
# for a cost center. What the runs say is held against the sandbox's ledger.
. "$SRC/tests/lib/sandbox.sh"

cp -R "$SRC/examples/rippling-visma" "$tmp/example"
chmod -R u+w "$tmp/example"
cd "$tmp/example" || exit 99

sandbox_start rippling visma --ledger "$tmp/ledger" || exit 99
sandbox_sign_in || exit 99
rippling=$(sandbox_url rippling)
visma=$(sandbox_url visma)

# mlc COMMAND...: on the sandbox.
mlc() { "$MLC" "$@" $sandbox_set; }
# number FLOW NAME: of the flow's summary in $tmp/out.
number() { grep "\"flow\":\"$1\"" "$tmp/out" | grep -o "\"$2\":[0-9]*" | head -n 1 | tr -dc 0-9; }
calls() { grep "\"flow\":\"$1\"" "$tmp/out" | grep -o "\"$2\":[0-9]*" | tail -n 1 | tr -dc 0-9; }
adds_up() {
    for flow in departments employees states; do
        [ "$(number $flow read)" -eq $(($(number $flow created) + $(number $flow updated) + $(number $flow unchanged) + \
            $(number $flow skipped) + $(number $flow held) + $(number $flow rejected) + $(number $flow waiting))) ] || return 1
    done
}
effects() { if [ -e "$tmp/ledger" ]; then wc -l < "$tmp/ledger" | tr -d ' '; else echo 0; fi; }
# post SANDBOX-URL CONTROL [BODY]: a person does something there.
post() { curl -sS -o "$tmp/.post" -X POST --data-binary "${3:-}" "$1/_sandbox/$2"; }
# id_where TABLE PATTERN: of the row of Rippling with that member.
id_where() {
    curl -sS "$rippling/_sandbox/records?table=$1" | tr '{' '\n' | grep "$2" |
        grep -o '"id":"[0-9a-f]*"' | head -n 1 | cut -d'"' -f4
}
# member KEY NAME: of an employee as Visma has it.
member() {
    curl -sS "$visma/_sandbox/records?table=7d1e4c60-1c5e-4a53-9a55-3f1f7b8a0c01/employee&key=$1" |
        grep -o "\"$2\":\"[^\"]*\"" | head -n 1 | cut -d'"' -f4
}

# ------------------------------------------------------------- the first run
exits 0 "a plan" mlc plan departments
is "$(effects)" 0 "writes nothing"
exits 1 "a run: exit 1, some are held" mlc run --json
adds_up
ok $? "the numbers add up"
is "$(number departments created) $(number departments updated) $(number departments held)" "8 1 3" \
    "departments made, brought up to date and held"
is "$(number employees created) $(number employees updated) $(number employees held)" "22 2 7" \
    "people made, brought up to date and held"
is "$(number states updated)" 1 "one who has left becomes inactive"
is "$(effects)" 34 "Visma saw as many effects as were told"
is "$(calls departments Visma) $(calls employees Visma) $(calls states Visma)" "11 28 2" \
    "a call for each write, and for each list that is looked into"
is "$(calls departments Rippling) $(calls employees Rippling) $(calls states Rippling)" "1 1 1" \
    "one page of Rippling each"
is "$(member 29 status)" Inactive "who has left is inactive"
is "$(member 4 status)" OnHold "who is on hold stays on hold"
is "$(member 32 department) $(member 33 department)" "FIN " "who came back has one employee, with the first number"
is "$(grep -c '"key":"LAB"\|"key":"FAC"' "$tmp/ledger")" 0 "nothing was written for a cost center that is not there"

exits 0 "what waits" mlc held list
like "$(cat "$tmp/out")" 'Cost center LAB does not exist in Visma' "the missing cost center"
like "$(cat "$tmp/out")" 'Cost center FAC (Facilities) is closed in Visma' "the closed one"
like "$(cat "$tmp/out")" 'has no reference code in Rippling' "the department without a code"
like "$(cat "$tmp/out")" 'Employee 27 has no department in Rippling' "somebody without a department"
exits 0 "the trail" mlc audit list --last 0
like "$(cat "$tmp/out")" 'hold .*Cost center LAB does not exist' "flags the ones that wait"

# ------------------------------------------------------------ the second run
exits 1 "a second run: departments still wait" mlc run --json
is "$(calls departments Visma) $(calls employees Visma) $(calls states Visma)" "1 2 0" "looks into what may have changed"
is "$(number departments created)$(number departments updated)$(number employees created)$(number employees updated)$(number states updated)" \
    00000 "writes nothing"
is "$(effects)" 34 "as Visma's ledger shows"

# ----------------------------------------------- finance adds the cost center
post "$visma" "segment?segment=2&value=LAB&description=Research"
exits 1 "a run after it was added" mlc run --json
is "$(number departments created) $(number employees created)" "1 2" "the department goes by itself, and its people"
is "$(member 23 department)" LAB "they are in it"
is "$(effects)" 37 "and nothing else is written"
mlc held list > "$tmp/out"
is "$(grep -c LAB "$tmp/out")" 0 "nothing waits for it any more"

# ------------------------------------------------- hire, move, pay, leave, return
post "$rippling" "worker?worker=36" '{"status":"ACTIVE"}'
exits 1 "a hire" mlc run --json
is "$(number employees created) $(member 36 department)" "1 SAL" "starts in the department"

sales=$(id_where departments '"reference_code":"SAL"')
post "$rippling" "worker?worker=9" "{\"department_id\":\"$sales\"}"
exits 1 "a move" mlc run --json
is "$(number employees updated) $(member 9 department)" "1 SAL" "to another department"

pay=$(id_where compensations "\"worker_id\":\"$(id_where workers '"number":18,')\"")
post "$rippling" "change?table=compensations&key=$pay" '{"payment_type":"HOURLY"}'
post "$rippling" "worker?worker=18" '{}'
exits 1 "another way to be paid" mlc run --json
is "$(number employees updated)" 1 "is an update"
like "$(curl -sS "$visma/_sandbox/records?table=7d1e4c60-1c5e-4a53-9a55-3f1f7b8a0c01/employee&key=18")" '"id":"HOURLY"' \
    "of the employee's class"

post "$rippling" "terminate?worker=36"
exits 1 "a termination" mlc run --json
is "$(number states updated) $(member 36 status)" "1 Inactive" "makes the employee inactive"
post "$rippling" "worker?worker=36" '{"status":"ACTIVE","end_date":null}'
exits 1 "a return" mlc run --json
is "$(number states updated) $(number employees created) $(member 36 status)" "1 0 Active" "makes the same employee active again"
before=$(effects)
exits 1 "a last run" mlc run --json
is "$(effects)" "$before" "writes nothing"

# ----------------------------------------- guarded against changes in between
post "$visma" "edit?entity=employee&key=9" '{"employeeLogin":"somebody"}'
post "$rippling" "worker?worker=9" '{"work_email":"ilse@tulip.example"}'
mlc run employees --json --set Visma.if_match=yes > "$tmp/out" 2> "$tmp/err"
is "$(number employees held) $(number employees updated)" "1 0" "with if_match a change made in Visma is not written over"
exits 0 "it is held" mlc held list employees
like "$(cat "$tmp/out")" 'changed in Visma.net\|has been changed' "with the reason"
hold=$(mlc held list employees --json | tr '{' '\n' | grep 'changed' | grep -o '"id":[0-9]*' | head -n 1 | tr -dc 0-9)
key=$(mlc held list employees --json | tr '{' '\n' | grep 'changed' | grep -o '"key":"[^"]*"' | head -n 1 | cut -d'"' -f4)
exits 0 "a person says it may be: $hold" mlc held retry "$key"
mlc run employees --json --set Visma.if_match=yes > "$tmp/out" 2> "$tmp/err"
is "$(number employees updated)" 1 "then it is written"

exits 0 "the trail is whole" mlc audit verify
tap_done
