#!/bin/sh
# BILL's webhooks from the subscription to the booked record, through mlc serve
# and over HTTP on loopback: signed, told twice, forged, missed.
. "$SRC/tests/lib/sandbox.sh"
. "$SRC/tests/lib/serve.sh"

mkdir "$tmp/project" && cd "$tmp/project" || exit 99
cat > project.mlc << 'END'
set language 1
set timezone "UTC"
connection Bill is bill
connection Exact is exact
END
cat > flows.mlc << 'END'
set language 1
flow suppliers "Vendors become suppliers"
Bill.vendor -> Exact.account where not vendor.archived
{
  on change
  every 1 day
  read changes
  write creates and updates
  match on SearchCode
  SearchCode = text(vendor.id)
  Name = left(vendor.name, 50)
}
flow paid "What BILL pays is written down"
Bill.payment -> log where payment.status is "PAID"
{
  on change
  every 1 day
  read changes
  reference = payment.transactionNumber
}
END
control() { curl -s -X POST --data-binary "${2:-}" "$(sandbox_url bill)/_sandbox/$1"; }
sandbox_start exact bill --log "$tmp/log" --ledger "$tmp/ledger" --switch bill.hook_seconds=0 --switch bill.hook_twice=always --switch bill.hook_tries=1 || exit 99
sandbox_sign_in || exit 99
updated() { [ "$(grep -c '"connector":"exact","did":"update"' "$tmp/ledger")" -ge "$1" ]; }
subscriptions() { control 'records?table=subscriptions'; }
login='{"username":"ap@tulip.example","password":"sandbox-password","organizationId":"00801SANDBOXTULIP001","devKey":"01SANDBOXDEVELOPERKEY"}'
session=$(curl -s -H 'Content-Type: application/json' -d "$login" "$(sandbox_url bill)/v3/login" |
    sed -n 's/.*"sessionId":"\([^"]*\)".*/\1/p')
# change ID NAME: somebody changes a vendor in BILL.
change() {
    curl -s -o /dev/null -X PATCH -H "sessionId: $session" -H 'devKey: 01SANDBOXDEVELOPERKEY' \
        -H 'Content-Type: application/json' -d "{\"name\":\"$2\"}" "$(sandbox_url bill)/v3/vendors/$1"
}
exits 0 "a first run" "$MLC" run suppliers $sandbox_set
check "mlc serve comes up" serve_start
two_subscribed() { [ "$(subscriptions | grep -o '"notificationUrl"' | grep -c .)" -eq 2 ]; }
until_true 10 two_subscribed
ok $? "and subscribes: vendors and payments"
like "$(subscriptions)" "\"notificationUrl\":\"$serve_url/webhook/Bill\"" "to this address"
like "$(grep connect-events "$tmp/log")" 'POST.*"target":"/connect-events/v3/subscriptions".*"status":200' "below connect-events"
key=$(subscriptions | grep -o '"_key":"[^"]*"' | head -n 1 | cut -d'"' -f4)
is "${#key} $(cat .mlc/state.db* "$tmp/serve" | grep -c "$key")" "${#key} 0" "the key it was told lies nowhere in plain text"
[ ${#key} -gt 10 ]
ok $? "and there is one"

change 00901SBX00000000001 "Cedar Office Supply Renamed"
until_true 15 updated 1
ok $? "a change in BILL comes as a webhook and is written to Exact"
sleep 1.2 # the same delivery comes once more
is "$(grep '"connector":"exact","did":"update"' "$tmp/ledger" | grep -c .)" 1 "once, though it came twice"
is "$(grep -c '"target":"/v3/vendors/00901SBX00000000001"' "$tmp/log")" 2 "by one call for the record, beside the change itself"

control 'pay?payment=stp01SBX00000000003' > /dev/null
paid() { "$MLC" audit list --last 0 | grep -q 'stp01SBX00000000003'; }
until_true 15 paid
ok $? "a payment that is carried out comes as well"

code=$(curl -s -o /dev/null -w '%{http_code}' -H 'x-bill-sha-signature: AAAA' -H 'Content-Type: application/json' \
    -d '{"metadata":{"eventId":"x","eventType":"vendor.updated"},"vendor":{"id":"00901SBX00000000002"}}' "$serve_url/webhook/Bill")
like "$code" '^40[013]$' "a delivery that BILL did not sign is refused"

# The receiver is down: BILL gives up and switches the subscription off.
serve_stop
ids() { subscriptions | grep -o '"id":"[^"]*"'; }
before=$(ids)
change 00901SBX00000000002 "Changed While Nobody Listened"
all_off() { subscriptions | grep -q '"enabled":false'; }
until_true 15 all_off
ok $? "while nobody listens BILL switches the subscription off"
check "mlc serve comes up again" serve_start
all_on() { ! all_off; }
until_true 15 all_on
ok $? "and switches it on again"
until_true 15 updated 2
ok $? "what came to nobody is found all the same"
is "$(ids)" "$before" "they are the same subscriptions"
serve_stop
exits 0 "taking them away" "$MLC" serve --remove-webhooks $sandbox_set
is "$(subscriptions)" "[]" "leaves none"
tap_done
