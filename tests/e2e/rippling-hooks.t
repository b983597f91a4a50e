#!/bin/sh
# Rippling's webhooks (App Shop) from delivery to written record, through mlc
# serve: the token, the record read in full, one write in Exact; what is not
# Rippling's is refused; an id of the older API leads to the changes.
. "$SRC/tests/lib/tap.sh"
mkdir "$tmp/project" && cd "$tmp/project" || exit 99
cat > project.mlc << 'END'
set language 1
set timezone "UTC"
connection Rippling is rippling
connection Exact is exact
END
cat > people.mlc << 'END'
set language 1
set timezone "UTC"
flow people "People become cost units"
Rippling.employee -> Exact.costunit where employee.status is "ACTIVE"
{
  on change
  every 1 day
  read changes
  write creates and updates
  match on Code
  let number = employee.number else hold "no number"
  let title = employee.title else hold "no title"
  Code = "E{number}"
  Description = left(title, 60)
}
END
MLC_SANDBOX_LEDGER=$tmp/ledger
export MLC_SANDBOX_LEDGER
: > "$tmp/ledger"
effects() { grep -c "\"did\":\"$1\"" "$tmp/ledger"; }
effects_are() { [ "$(effects "$1")" -eq "$2" ]; }

tap_background "$MLC" serve --sandbox --listen 127.0.0.1:0 --public-url http://127.0.0.1:9 > "$tmp/log" 2>&1
check "it serves" until_true 20 grep -q 'people: {' "$tmp/log"
at=$(sed -n 's/.*listening on \([^ "}]*\).*/\1/p' "$tmp/log" | head -n 1)
case $at in http*) ;; *) at=http://$at ;; esac
rippling=$(sed -n 's/.*sandbox of Rippling: \([^ "}]*\).*/\1/p' "$tmp/log" | head -n 1)
created=$(effects create)
[ "$created" -gt 20 ]
ok $? "what is due runs at the start ($created cost units)"

control() { curl -sS -X POST --data-binary "${2:-}" "$rippling/_sandbox/$1"; }
calls() { control counts | grep -o '"all":[0-9]*' | head -n 1 | tr -dc 0-9; }
# deliver TOKEN BODY: the status of a delivery made by hand.
deliver() {
    curl -sS -o /dev/null -w '%{http_code}' -H "Authorization: $1" -H 'Content-Type: application/x-www-form-urlencoded' \
        --data "$2" "$at/webhook/Rippling"
}
control "hook?url=$at/webhook/Rippling&token=sandbox-hook-token" > /dev/null
control "switch?name=hook_seconds&value=0" > /dev/null
control "switch?name=hook_twice&value=always" > /dev/null

before=$(calls)
control "worker?worker=emma.smit@tulip.example" '{"title":"Chief Revenue Officer"}' > "$tmp/out"
id=$(sed 's/.*"id":"\([^"]*\)".*/\1/' "$tmp/out")
check "a change of an employee is written" until_true 10 effects_are update 1
told_twice() { [ $(($(calls) - before)) -ge 2 ]; }
check "told twice it looks twice: the second time may be another change" until_true 10 told_twice
sleep 0.5
is "$(effects update) $(($(calls) - before))" "1 2" "and writes once; a look is one call, for the record that was named"
like "$(tail -n 1 "$tmp/ledger")" 'Costunits' "in Exact"

is "$(deliver 'Bearer wrong' "event_name=employee.updated&company_id=c&id=$id")" 401 "another token is refused"
is "$(deliver '' "event_name=employee.updated&company_id=c&id=$id")" 401 "so is none"
is "$(deliver 'Bearer sandbox-hook-token' 'nothing=here')" 401 "and what is no event"

# The same event, but with an id that the REST API does not know.
control "switch?name=hook_seconds&value=300" > /dev/null
control "worker?worker=finn.meijer@tulip.example" '{"title":"Account Director"}' > /dev/null
is "$(deliver 'Bearer sandbox-hook-token' 'event_name=employee.updated&company_id=c&id=5b0f0f0f0f0f0f0f0f0f0f0f')" 200 "an id of the older API"
check "leads to the changes" until_true 10 effects_are update 2
# Losing the app is not leaving the company.
is "$(deliver 'Bearer sandbox-hook-token' "event_name=employee.deleted&company_id=c&id=$id")" 200 "employee.deleted"
sleep 1
is "$(effects update) $(effects create)" "2 $created" "is no deletion, and changes nothing"
tap_done
