#!/bin/sh
# BILL over HTTP on loopback, beyond what every connector is tried with: several
# records in one call, lists that show records in part, payments and second
# factors.
. "$SRC/tests/lib/sandbox.sh"

mkdir "$tmp/project" && cd "$tmp/project" || exit 99
cat > project.mlc << 'END'
set language 1
set timezone "UTC"
connection Bill is bill
connection Exact is exact
END
cat > flows.mlc << 'END'
set language 1
flow accounts "G/L accounts become BILL's"
Exact.glaccount as account -> Bill.chart_of_account
{
  read changes
  write creates and updates
  match on account.number
  account.number = account.Code
  account.type = "EXPENSE"
  name = if account.Code is "4100" then " " else account.Description
}
flow whole "What a list shows in part"
Bill.bill -> log
{
  read everything
  due = bill.dueDate
  lines = count(line for each line in bill.billLineItems)
}
flow names "Vendors looked up by a field that takes no list of values"
Bill.bill -> log
{
  read everything
  find vendor in Bill.vendor where vendor.name is bill.invoice.invoiceNumber  // never
  country = vendor.address.country
}
flow own "The organization of the session"
Bill.organization as o -> log
{
  read everything
  name = o.name
}
flow pay "A bill is paid"
Bill.bill -> Bill.payment where bill.id is "00n01SBX00000000004"
{
  read everything
  write creates
  match on transactionNumber
  transactionNumber = left(text(bill.id), 50)
  vendorId = bill.vendorId
  billId = bill.id
  amount = bill.amount
  processDate = bill.dueDate
  fundingAccount.type = "BANK_ACCOUNT"
}
END

world() {
    [ -z "${sandbox_pid:-}" ] || sandbox_stop
    rm -rf .mlc "$tmp/ledger" "$tmp/log"
    sandbox_start exact bill --log "$tmp/log" --ledger "$tmp/ledger" --switch exact.minute_limit=0 "$@" || exit 99
    sandbox_sign_in || exit 99
}
m() { "$MLC" "$@" $sandbox_set; }
run() { m run "$@" --json > "$tmp/out" 2> "$tmp/err"; }
number() { sed -n "s/.*\"flow\":\"$1\".*\"$2\":\(-*[0-9]*\).*/\1/p" "$tmp/out" | head -n 1; }
control() { curl -s -X POST --data-binary "${2:-}" "$(sandbox_url bill)/_sandbox/$1"; }
calls() { control counts | grep -o "\"$1\":[0-9]*" | tr -dc 0-9; }
made() { grep '"did":"create","object":"chart_of_account"' "$tmp/ledger" | grep -o '"natural":"[^"]*"' | sort; }

exits 0 "the flows check" "$MLC" check

# ---------------------------------------------------------- several in one call
world
control 'counts?reset=1' > /dev/null
run accounts
cp "$tmp/out" "$tmp/accounts"
is "$(number accounts created)" "$(made | grep -c .)" "accounts: BILL saw as many as were told"
is "$(number accounts held)" 1 "the one without a name is held"
like "$(m held list)" 'name: must not be blank' "with BILL's reason"
is "$(made | uniq -d)" "" "none was made twice"
control 'counts?reset=1' > /dev/null
before=$(grep -c . "$tmp/ledger")
run accounts
is "$(number accounts created) $(calls "GET classifications/chart-of-accounts") $(grep -c . "$tmp/ledger")" "0  $before" "again: no call, and nothing is written"

# The same where BILL makes a part of what it refuses as one.
world --switch bill.bulk_partial=yes
run accounts
is "$(number accounts held)" 1 "a refused bulk of which a part was made: one is held"
is "$(made | uniq -d)" "" "what was made all the same is found, not made again"
is "$(made | grep -c .)" "$(sed -n 's/.*"created":\([0-9]*\).*/\1/p' "$tmp/accounts")" "and all the others are there"

# Answers that are lost: each of them is looked for on its own.
world --fault 'bill:POST accounts/bulk:1:drop-after'
"$MLC" run accounts $sandbox_set --set Bill.timeout=1 --set Bill.settle=0 > /dev/null 2>&1
"$MLC" run accounts $sandbox_set --set Bill.timeout=1 --set Bill.settle=0 > /dev/null 2>&1
is "$(made | uniq -d)" "" "a lost answer to a bulk makes nothing twice"
is "$(made | grep -c .)" "$(sed -n 's/.*"created":\([0-9]*\).*/\1/p' "$tmp/accounts")" "the next run makes what did not arrive"

# ------------------------------------------------------- lists that show a part
world --switch bill.thin_lists=much --switch bill.archived_filter=no
control 'counts?reset=1' > /dev/null
run whole
is "$(number whole logged) $(number whole held)" "12 0" "bills whose lines the list leaves out are read one by one"
is "$(calls "GET bills")" 14 "a call each, and the two of the list"
run own
is "$(number own logged)" 1 "the session's own organization"
world
control 'counts?reset=1' > /dev/null
run whole
is "$(number whole logged) $(calls "GET bills")" "12 2" "where nothing that is read is missing, two calls are enough"
m run whole --json --set Bill.whole_records=yes > "$tmp/out" 2>&1
is "$(calls "GET bills")" 16 "with whole_records each is read by itself"

# ------------------------------------------------------------------- look-ups
world --size 230
control 'counts?reset=1' > /dev/null
run names
is "$(number names read) $(calls "GET bills") $(calls "GET vendors")" "242 4 2" \
    "look-ups by a field that takes no list of values: the vendors are read once"

# --------------------------------------------------------------------- payments
world
run pay
is "$(number pay created)" 0 "a sync token pays nobody"
like "$(cat "$tmp/err")" 'can never pay' "it is said before anything is sent"
is "$(calls "POST payments")" "" "and nothing is"
login='{"username":"ap@tulip.example","password":"sandbox-password","organizationId":"00801SANDBOXTULIP001","devKey":"01SANDBOXDEVELOPERKEY"'
as_user() {
    printf 'dev_key=01SANDBOXDEVELOPERKEY\nusername=ap@tulip.example\npassword=sandbox-password\norganization_id=00801SANDBOXTULIP001\n%s' \
        "${1:-}" | "$MLC" auth set Bill --set Bill.auth=password > "$tmp/auth" 2>&1
}
sandbox_set="$sandbox_set --set Bill.auth=password"
as_user
run pay
like "$(m held list)" 'remember_me_id' "a session that nobody confirmed: held, with what to store"
# as the manual page says: a challenge, a code, and what comes back is stored
session=$(curl -s -H 'Content-Type: application/json' -d "$login}" "$(sandbox_url bill)/v3/login" |
    sed -n 's/.*"sessionId":"\([^"]*\)".*/\1/p')
ask() {
    curl -s -H "sessionId: $session" -H 'devKey: 01SANDBOXDEVELOPERKEY' -H 'Content-Type: application/json' \
        -d "$2" "$(sandbox_url bill)/v3/mfa/$1"
}
challenge=$(ask challenge '{"useBackup":false}' | sed -n 's/.*"challengeId":"\([^"]*\)".*/\1/p')
remembered=$(ask challenge/validate "{\"challengeId\":\"$challenge\",\"token\":\"123456\",\"device\":\"mlc-payables\",\"machineName\":\"mlc\",\"rememberMe\":true}" |
    sed -n 's/.*"rememberMeId":"\([^"]*\)".*/\1/p')
as_user "remember_me_id=$remembered
device=mlc-payables
"
control expire > /dev/null
exits 0 "a person says: again" "$MLC" held retry 00n01SBX00000000004
run pay
is "$(grep -c '"target":"/v3/bills/00n01SBX00000000004"' "$tmp/log")" 1 "the bill is read as it is today"
is "$(number pay created)" 1 "in a confirmed session the bill is paid"
run pay
is "$(number pay created)" 0 "once"
tap_done
