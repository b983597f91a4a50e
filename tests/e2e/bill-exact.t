#!/bin/sh
# The example bill-exact from end to end, over HTTP on loopback: reference data
# first, then vendors, bills and payments. What the runs say is held against
# the sandboxes' ledger of effects, and the calls they make are counted.
. "$SRC/tests/lib/sandbox.sh"

p=$tmp/project
cp -R "$SRC/examples/bill-exact" "$p"
chmod -R u+w "$p"
cd "$p" || exit 99

world() {
    [ -z "${sandbox_pid:-}" ] || sandbox_stop
    rm -rf "$p/.mlc" "$tmp/ledger"
    sandbox_start exact bill --ledger "$tmp/ledger" --switch exact.minute_limit=100000 "$@" || exit 99
    sandbox_sign_in || exit 99
}
patience=2 # seconds an answer of Exact is waited for
m() { "$MLC" "$@" $sandbox_set --set Exact.timeout=$patience --set Exact.settle=0 --set Bill.timeout=2 --set Bill.settle=0; }
run() { m run "$@" --json > "$tmp/out" 2> "$tmp/err"; }
# number FLOW NAME: of that flow's summary in $tmp/out
number() { sed -n "s/.*\"flow\":\"$1\".*\"$2\":\(-*[0-9]*\).*/\1/p" "$tmp/out" | head -n 1; }
made() { cat "$tmp/ledger" 2> /dev/null | grep '"did":"create"' | grep -c "\"object\":\"$1\"" || :; }
effects() { cat "$tmp/ledger" 2> /dev/null | grep -c . || :; }
twice() { grep '"did":"create"' "$tmp/ledger" | grep '"bill"' | grep -o '"natural":"[^"]*"' | sort | uniq -d; }
control() { curl -s "$(sandbox_url "$1")/_sandbox/$2"; }
# reads CONNECTOR: calls that only read
reads() { control "$1" counts | grep -o '"GET [^,}]*' | grep -o '[0-9]*$' | awk '{ n += $1 } END { print n + 0 }'; }
calls() { control "$1" counts | sed -n "s/.*\"all\":\([0-9]*\).*/\1/p"; }
calm() { control bill 'counts?reset=1' > /dev/null; control exact 'counts?reset=1' > /dev/null; }
adds_up() {
    [ "$(number "$1" read)" -eq $(($(number "$1" created) + $(number "$1" updated) + $(number "$1" unchanged) \
        + $(number "$1" skipped) + $(number "$1" held) + $(number "$1" rejected) + $(number "$1" waiting))) ]
}
# every journal entry of the dollar company, its lines added up, in cents
books() {
    control exact 'records?table=234567/TransactionLines' |
        grep -o '"AmountFC":-*[0-9.]*' | cut -d: -f2 |
        awk '{ s += ($1 < 0 ? $1 * 100 - 0.5 : $1 * 100 + 0.5) - 0; n++
               c = int($1 < 0 ? $1 * 100 - 0.5 : $1 * 100 + 0.5); t += c; if (c > 0) d += c }
             END { printf "%d %d\n", t, d }'
}

world
exits 0 "a plan of the reference data" m plan gl_accounts
is "$(effects)" 0 "writes nothing"

calm
exits 1 "the first run: some bills are held" m run --json
is "$(calls bill) $(calls exact)" "22 27" "it makes 22 calls to BILL and 27 to Exact"
is "$(control bill counts | grep -o '"POST classifications/chart-of-accounts":[0-9]*')" '"POST classifications/chart-of-accounts":1' \
    "all new accounts go in one of them"
cp "$tmp/out" "$tmp/first"
for f in gl_accounts cost_centers vendors bills payments purchase_orders; do
    adds_up $f
    ok $? "$f: the numbers add up"
done
is "$(number gl_accounts created)" "$(made chart_of_account)" "accounts: BILL saw as many as were told"
is "$(number vendors created)" 7 "seven live vendors become suppliers"
is "$(number bills created) $(number bills held) $(number bills skipped)" "5 4 3" "bills: created, held, left alone"
is "$(number payments created)" 2 "payments of booked bills"
is "$(number purchase_orders logged)" 2 "purchase orders are logged"
is "$(made purchase_order)" 0 "and not written"
is "$(books)" "0 413060" "the books balance, and debit is what was booked, to the cent"

m held list > "$tmp/held" 2>&1
like "$(cat "$tmp/held")" 'G/L account 6999 (Legal and professional) does not exist in Exact' \
    "the unmatched account is named, with why"
like "$(cat "$tmp/held")" 'Keys: no account is filled in in BILL' "a line without an account"
like "$(cat "$tmp/held")" 'is in CAD; only USD' "another currency"
like "$(cat "$tmp/held")" 'department SHOP is not a cost center' "a department that is no cost center"

# ---- a second run
before=$(effects)
calm
exits 0 "a second run" m run --json
is "$(effects)" "$before" "writes nothing"
is "$(calls bill) $(calls exact)" "7 4" "and asks BILL 7 times and Exact 4 times"

# ---- reconcile
m reconcile bills > "$tmp/out" 2>&1
like "$(cat "$tmp/out")" 'source  amount: 3880.00 USD' "reconcile adds up BILL's side"
like "$(cat "$tmp/out")" 'credit: -3900.60 USD' "and Exact's"
m reconcile payments > "$tmp/out" 2>&1
like "$(cat "$tmp/out")" 'debit: 230.00 USD' "payments as well"

# ---- the account is added in Exact: the held bill goes by itself
world
run vendors
run bills
run payments
curl -s -X POST -H 'Content-Type: application/json' \
    -d '{"Description":"Legal","BalanceType":"W","BalanceSide":"D","Type":121,"UseCostcenter":0,"UseCostunit":0,"IsBlocked":false,"Compress":false,"Matching":false}' \
    "$(sandbox_url exact)/_sandbox/edit?entity=GLAccounts&code=6999&division=234567&new=1" > /dev/null
run bills
is "$(number bills created)" 1 "the bill that waited is booked once its account exists"
m held list > "$tmp/held" 2>&1
is "$(grep -c 6999 "$tmp/held")" 0 "and waits no more"
is "$(twice)" "" "nothing was made twice"

# ---- BILL pays what was scheduled: only that moves
control bill 'pay?payment=stp01SBX00000000003' > /dev/null
before=$(effects)
run payments
is "$(number payments created)" 1 "a payment that was carried out since is booked"
is "$(effects)" "$((before + 1))" "by one effect"

# ---- a payment that was booked is voided: held, so that somebody books the reversal
control bill 'void?payment=stp01SBX00000000001' > /dev/null
before=$(effects)
run payments
is "$(effects)" "$before" "a voided payment changes nothing that is booked"
m held list > "$tmp/held" 2>&1
like "$(cat "$tmp/held")" 'was voided or has failed in BILL' "it is held for its reversal"

# ---- a bill that was booked is archived: held as well
session=$(curl -s -X POST -H 'Content-Type: application/json' -d '{"username":"ap@tulip.example","password":"sandbox-password","organizationId":"00801SANDBOXTULIP001","devKey":"01SANDBOXDEVELOPERKEY"}' \
    "$(sandbox_url bill)/v3/login" | sed -n 's/.*"sessionId":"\([^"]*\)".*/\1/p')
curl -s -o /dev/null -X POST -H "sessionId: $session" -H 'devKey: 01SANDBOXDEVELOPERKEY' \
    "$(sandbox_url bill)/v3/bills/00n01SBX00000000001/archive"
before=$(effects)
run bills
is "$(effects)" "$before" "an archived bill changes nothing that is booked"
m held list > "$tmp/held" 2>&1
like "$(cat "$tmp/held")" 'was archived or is no longer approved in BILL: book its reversal' "it is held for its reversal"
like "$(grep -A3 'was archived' "$tmp/held")" 00n01SBX00000000001 "it and no other"

# ---- sixty bills more: no call for each of them but its own
world --size 60
calm
run
is "$(number bills created)" 65 "every bill is booked"
is "$(reads bill) $(reads exact)" "19 16" "with 19 reads of BILL and 16 of Exact: what bills refer to is asked for in one go"
calm
run
is "$(calls bill) $(calls exact)" "7 4" "and a run without news costs what it did"

# ---- answers lost after the effect, late effects, a kill in the middle
world --fault 'exact:POST GeneralJournalEntries:2:drop-after' --fault 'bill:POST chart-of-accounts:3:drop-after' \
    --fault 'exact:POST GeneralJournalEntries:4:late=500'
run
sleep 0.6
run gl_accounts bills
run payments
is "$(made bill)" 0 "no bill is written to BILL"
is "$(twice)" "" "an account whose answer was lost is there once"
is "$(books)" "0 413060" "lost answers book nothing twice, to the cent"

world --fault 'exact:POST GeneralJournalEntries:3:slow=3000'
patience=8 # longer than the slow call, whichever run makes it
m run vendors > /dev/null 2>&1
"$MLC" run bills $sandbox_set --set Exact.settle=0 --set Exact.timeout=$patience > /dev/null 2>&1 &
killed=$!
until_true 20 sh -c "[ \$(grep -c GeneralJournal '$tmp/ledger') -ge 2 ]"
kill -9 $killed 2> /dev/null
wait $killed 2> /dev/null
sleep 3
run bills
run bills # what did not arrive is done again by the next one
run payments
is "$(books)" "0 413060" "a kill in the middle and a rerun book everything once"
patience=2

# ---- what BILL may do: empty pages, null at the end, limits, ended sessions
world --switch bill.empty_page=always --switch bill.list_end=null --size 230
run bills --dry-run
is "$(number bills read)" 242 "pages without records are no end"
world --switch bill.limit_status=429 --fault 'bill:GET bills:1:429'
run vendors
run bills
is "$(number bills created)" 5 "BDC_1322 is waited for"
control bill expire > /dev/null
exits 0 "a session that has ended is opened again" m run vendors

# ---- four calls at once are one too many for BILL
world --fault 'bill:GET users:*:slow=30000'
session=$(curl -s -X POST -H 'Content-Type: application/json' -d '{"username":"ap@tulip.example","password":"sandbox-password","organizationId":"00801SANDBOXTULIP001","devKey":"01SANDBOXDEVELOPERKEY"}' \
    "$(sandbox_url bill)/v3/login" | sed -n 's/.*"sessionId":"\([^"]*\)".*/\1/p')
bill_get() { # PATH FILE: the status goes to the file
    curl -s -o /dev/null -w '%{http_code}' -H "sessionId: $session" -H 'devKey: 01SANDBOXDEVELOPERKEY' \
        "$(sandbox_url bill)/v3/$1" > "$2"
}
one_more() {
    bill_get vendors "$tmp/call"
    grep -q 422 "$tmp/call"
}
one_more
is "$(cat "$tmp/call")" 200 "one call is answered"
for i in 1 2 3; do
    bill_get users "$tmp/call$i" &
    tap_pids="$tap_pids $!"
done
check "beside three that wait it is refused" until_true 25 one_more
tap_done
