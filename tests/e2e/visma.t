#!/bin/sh
# Visma.net over HTTP on loopback, beyond what every connector is tried with:
# webhooks that come once or never, rows the system itself could not build, and
# a list that turns out not to be whole.
. "$SRC/tests/lib/sandbox.sh"
. "$SRC/tests/lib/serve.sh"

mkdir "$tmp/project" && cd "$tmp/project" || exit 99
cat > project.mlc << 'END'
set language 1
set timezone "UTC"
connection Visma is visma
END
cat > flows.mlc << 'END'
set language 1
flow staff "Employees, written down"
Visma.employee -> log
{
  on change
  every 1 day
  read changes
  number = employee.employeeCd
  name = employee.contact.lastName
}
flow units "Departments, written down"
Visma.department -> log
{
  on change
  every 1 day
  read changes
  code = department.departmentId
  name = department.description
}
END
company=7d1e4c60-1c5e-4a53-9a55-3f1f7b8a0c01
sandbox_start visma --log "$tmp/log" || exit 99
sandbox_sign_in || exit 99
control() { curl -s -X POST --data-binary "${2:-}" "$(sandbox_url visma)/_sandbox/$1"; }
m() { "$MLC" "$@" $sandbox_set; }
run() { m run "$@" --json > "$tmp/out" 2> "$tmp/err"; }
number() { sed -n "s/.*\"flow\":\"$1\".*\"$2\":\(-*[0-9]*\).*/\1/p" "$tmp/out" | head -n 1; }
asked() { grep -c '"method":"GET","target":"/v1/'"$1" "$tmp/log" || :; }
# told KEY TIMES: so often the log flows wrote the record down.
written() { "$MLC" audit list --last 0 --json | grep '"action":"log"' | grep -c "\"source_key\":\"$1\"" || :; }
told() { [ "$(written "$1")" -eq "$2" ]; }

exits 0 "the flows check" "$MLC" check
run
is "$(number staff logged) $(number units logged)" "4 2" "what is there"

# -------------------------------------------------- rows that cannot be built
control "change?table=$company/employee&key=3" "{\"errorInfo\":\"The calendar is gone.\",\"_ms\":$(date +%s)000}" > /dev/null
run staff
is "$(number staff held)" 1 "a row with errorInfo is held, though it has all its members"
like "$(m held list staff)" 'could not build it: The calendar is gone' "with Visma.net's reason"
control "change?table=$company/employee&key=3" "{\"errorInfo\":null,\"_ms\":$(($(date +%s) + 1))000}" > /dev/null
run staff
is "$(number staff held)" 0 "built again, it goes"
is "$(m held list staff)" "nothing waits" "and waits no more"

# --------------------------------------------------------------------- webhooks
check "mlc serve comes up" serve_start
until_true 10 grep -q "set it up at the vendor for $serve_url/webhook/Visma" "$tmp/serve"
ok $? "it says what a person has to set up"
control "subscribe?url=$serve_url/webhook/Visma" > /dev/null
sleep 1 # the readings at the start are done
before=$(asked employee)
control 'edit?entity=employee&key=3' '{"contact.lastName":"Renamed"}' > /dev/null
until_true 15 told 3 3
ok $? "a change comes as a webhook and its object's changes are read"
is "$(asked employee)" $((before + 1)) "by one call"
code=$(curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' -H 'Authorization: AAAA' \
    -d '{"eventId":"x","action":"Changed","resourceUri":"https://api.finance.visma.net/v1/employee/3"}' "$serve_url/webhook/Visma")
like "$code" '^40[013]$' "one that is not signed with the key is refused"
control 'edit?entity=department&key=OLD' '{"description":"Closed, renamed"}' > /dev/null
sleep 1.5
is "$(written OLD)" 1 "departments have no webhooks"
run units
is "$(written OLD)" 2 "the next reading finds what changed"

# A delivery is tried once: what came while nobody listened never comes again.
serve_stop
control 'edit?entity=employee&key=4' '{"contact.lastName":"Missed"}' > /dev/null
sleep 1
check "mlc serve comes up again" serve_start
until_true 15 told 4 2
ok $? "what came to nobody is found when somebody listens again"
serve_stop

control 'edit?entity=employee&key=29' '{"contact.lastName":"Swept"}' > /dev/null
run staff
is "$(written 29)" 2 "and by every scheduled run"
tap_done
