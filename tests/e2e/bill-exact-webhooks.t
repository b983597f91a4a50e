#!/bin/sh
# The example bill-exact with the webhooks of both systems, through mlc serve:
# what somebody approves, pays or adds is there at once, and the books add up to
# the cent.
. "$SRC/tests/lib/sandbox.sh"
. "$SRC/tests/lib/serve.sh"

cp -R "$SRC/examples/bill-exact" "$tmp/project"
chmod -R u+w "$tmp/project"
cd "$tmp/project" || exit 99
sandbox_start exact bill --log "$tmp/log" --ledger "$tmp/ledger" --switch exact.minute_limit=1000 --switch exact.hook_seconds=0 \
    --switch bill.hook_seconds=0 --switch bill.hook_twice=sometimes || exit 99
sandbox_sign_in || exit 99
control() { curl -s -X POST --data-binary "${3:-}" "$(sandbox_url "$1")/_sandbox/$2"; }
m() { "$MLC" "$@" $sandbox_set; }
made() { grep '"did":"create"' "$tmp/ledger" | grep -c "\"object\":\"$1\"" || :; }
entries() { grep '"did":"create"' "$tmp/ledger" | grep -c '"object":"generaljournalentry/GeneralJournalEntries"' || :; }
has_entries() { [ "$(entries)" -ge "$1" ]; }
# every line of the dollar company, added up, and the debit, in cents
books() {
    control exact 'records?table=234567/TransactionLines' |
        grep -o '"AmountFC":-*[0-9.]*' | cut -d: -f2 |
        awk '{ c = int($1 < 0 ? $1 * 100 - 0.5 : $1 * 100 + 0.5); t += c; if (c > 0) d += c } END { printf "%d %d\n", t, d }'
}

exits 1 "a first run: some bills are held" "$MLC" run $sandbox_set
is "$(entries) $(books)" "7 0 413060" "five bills and two payments are booked"
check "mlc serve comes up" serve_start
subscribed() {
    [ "$(control bill 'records?table=subscriptions' | grep -o '"notificationUrl"' | grep -c .)" -eq 3 ] &&
        control exact 'records?table=234567/WebhookSubscriptions' | grep -q GLAccounts
}
until_true 15 subscribed
ok $? "and subscribes: bills, vendors and payments of BILL, G/L accounts of Exact"
sleep 2 # the readings at the start are done
is "$(entries)" 7 "which books nothing by itself"

# ---- BILL: somebody approves a bill
bill=$(control bill 'records?table=bills' | sed 's/},{"id":"00n/}\n{"id":"00n/g' | grep '"approvalStatus":"ASSIGNED"' |
    grep '"archived":false' | grep -o '"id":"00n[^"]*"' | head -n 1 | cut -d'"' -f4)
control bill "approve?bill=$bill" > /dev/null
until_true 15 has_entries 8
ok $? "a bill that is approved in BILL is booked at once"

# ---- BILL: what was scheduled is paid
control bill 'pay?payment=stp01SBX00000000003' > /dev/null
until_true 15 has_entries 9
ok $? "a payment that is carried out is booked at once"
set -- $(books)
is "$1" 0 "debit and credit are equal"

# ---- Exact: the account that a held bill waits for is added
accounts=$(made chart_of_account)
curl -s -X POST -H 'Content-Type: application/json' \
    -d '{"Description":"Legal","BalanceType":"W","BalanceSide":"D","Type":121,"UseCostcenter":0,"UseCostunit":0,"IsBlocked":false,"Compress":false,"Matching":false}' \
    "$(sandbox_url exact)/_sandbox/edit?entity=GLAccounts&code=6999&division=234567&new=1" > /dev/null
known() { grep '"connector":"bill"' "$tmp/ledger" | grep -q '"natural":"6999"'; }
until_true 15 known
ok $? "an account that is added in Exact is in BILL at once"
is "$(made chart_of_account)" "$accounts" "as the one that was there, not a second one"
serve_stop
m run bills > "$tmp/out" 2>&1
is "$(entries)" 10 "the bill that waited for it is booked by the next run"

grep '"did":"create"' "$tmp/ledger" | grep '"bill"' | grep -o '"natural":"[^"]*"' | sort | uniq -d > "$tmp/twice"
none "nothing was made twice, though some deliveries came twice" "$tmp/twice"
set -- $(books)
is "$1" 0 "the books balance"
m reconcile bills > "$tmp/out" 2>&1
debit=$2
m reconcile payments >> "$tmp/out" 2>&1
told=$(sed -n 's/.* debit: \([0-9.]*\) USD.*/\1/p' "$tmp/out" | awk '{ s += int($1 * 100 + 0.5) } END { print s + 0 }')
is "$told" "$debit" "and reconcile tells what they hold, to the cent"
exits 0 "the trail is whole" "$MLC" audit verify
tap_done
