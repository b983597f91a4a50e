#!/bin/sh
# Every field that Expensify's catalog names, through the template that the
# vendor renders and back: quotes, line ends, emoji, ids longer than a number
# can hold, refunds, corrections, a report's own field; and the lists of a
# policy.
. "$SRC/tests/lib/sandbox.sh"

mkdir "$tmp/p"
cd "$tmp/p" || exit 99
# fields OBJECT: the names of its scalar fields.
fields() {
    sed -n "/^object expensify.$1 /,/^}/p" "$SRC/connectors/expensify/catalog.mlc" |
        sed -n 's/^  \([a-z][A-Za-z0-9]*\)  *\(id of\|one of\|text\|money\|number\|date\|datetime\|yes\).*/\1/p' | grep -v '^changes$'
}
# flow NAME OBJECT
flow() {
    printf 'flow %s "All of it"\nExpensify.%s as row -> log {\n  read everything\n' "$1" "$2"
    for f in $(fields "$2"); do printf '  %s = row.%s\n' "$f" "$f"; done
    printf '}\n'
}
cat > project.mlc << 'END'
set language 1
connection Expensify is expensify { policy = "7D2C4E8A91B3F605" }
END
{
    echo 'set language 1'
    flow reports report
    flow expenses expense
    for o in policy policy_category policy_tag policy_report_field policy_tax_rate policy_employee domain_card; do
        flow "$o"_rows $o
    done
    cat << 'END'
object Expensify.project_report "Reports with the company's own field" {
  at "combinedReportData"
  key reportID
  operations read
  changes none
  fact source "export"
  reportID text always
  Project  text from "customField.Project_no_"
  transactionList list of expensify.expense always
}
flow own "A report's own field"
Expensify.project_report as row -> log { read everything  Project = row.Project  Report = row.reportID }
END
} > all.mlc
exits 0 "flows over all fields" "$MLC" check
check "the sandbox comes up" sandbox_start expensify --speed 100 --switch expensify.ready_seconds=0 --switch expensify.escape=yes
url=$(sandbox_url expensify)
curl -s -X POST "$url/_sandbox/change?table=reports&key=R00HRRMv3z27" -d '{"customField":{"Project_no_":"P-7 \"x\" & y"}}' > /dev/null
# shown FLOW: what its trail says it saw goes to $tmp/rows, one a line. A state
# of its own each time, so that no limit of calls is waited for.
shown() {
    mkdir "$tmp/$1"
    sandbox_sign_in --state "$tmp/$1/state.db"
    # shellcheck disable=SC2086
    "$MLC" run "$1" --state "$tmp/$1/state.db" $sandbox_set --json > "$tmp/out" 2> "$tmp/err" || tap_diag < "$tmp/err"
    # shellcheck disable=SC2086
    "$MLC" audit export --flow "$1" --format json --state "$tmp/$1/state.db" > "$tmp/rows" 2> "$tmp/err"
}
# sees TEXT NAME: some row has it.
sees() { grep -qF -- "$1" "$tmp/rows"; ok $? "$2"; }

shown reports
is "$(grep -o '"logged":[0-9]*' "$tmp/out")" '"logged":13' "every report"
sees '"oldReportID":"71000001"' "a number without grouping signs"
sees '"status":"Reimbursed","total":30.00' "cents become money"
sees '"approved":"2026-' "moments"
sees '"managerID":"1204511"' "ids as text"

shown expenses
sees '"transactionID":"5921190374620021015"' "19 digits"
sees '"merchant":"Café \"Zur Post\", Hannover"' "quotes and commas"
sees '"comment":"lunch with <Servo & Parts>,\n4 people 🍝"' "line ends, marks and emoji, unescaped once"
sees '"amount":-15.50,"originalAmount":-15.50' "a refund keeps its sign"
sees '"amount":86.52,"originalAmount":94.76' "a correction wins, what was first stays"
sees '"amount":10.50,"originalAmount":10.50,"convertedAmount":9.71,"currency":"USD","reportCurrency":"EUR"' \
    "each amount with its currency"
sees '"categoryGlCode":"4510"' "the category's G/L code"
sees '"tag":"MKT\\: Marketing:ROBOT2\\: Second robot line","ntag1":"MKT: Marketing","ntag1GlCode":"MKT","ntag2":"ROBOT2: Second robot line"' \
    "tags of several levels, joined and one by one"
sees '"reimbursable":false,"bank":"' "a company card's expense"

shown own
sees '"Project":"P-7 \"x\" & y","Report":"R00HRRMv3z27"' "a report's own field"
is "$(grep -c '"Project"' "$tmp/rows")" 1 "missing where there is none"

shown policy_category_rows
sees '"name":"Travel","enabled":true,"glCode":"4520"' "categories with G/L codes"
shown policy_tag_rows
sees '"level":"Department"' "tags with their level"
sees '"name":"MKT: Marketing"' "and name"
shown policy_employee_rows
sees '"policyID":"7D2C4E8A91B3F605"' "employees"
shown policy_tax_rate_rows
is "$(grep -o '"rejected":[0-9]*' "$tmp/out")" '"rejected":0' "tax rates, if there are any"
shown domain_card_rows
sees '"cardID":"' "company cards"
shown policy_rows
sees '"outputCurrency":"EUR"' "policies"
sandbox_stop
tap_done
