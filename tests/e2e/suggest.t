#!/bin/sh
# mlc suggest over the catalogs: every guess checks as it stands; what is left
# to say is what nothing sets yet.
. "$SRC/tests/lib/tap.sh"

mkdir "$tmp/p" && cd "$tmp/p" || exit 99
# pair SOURCE TARGET GUESSES: at least so many, and no other mistake.
pair() {
    printf 'set timezone "Europe/Amsterdam"\nflow f\n%s -> %s\n' "$1" "$2" > flow.mlc
    "$MLC" suggest f > body 2> err
    is "$?" 0 "$1 -> $2"
    cat body >> flow.mlc
    guesses=$(grep -c 'guess; ' body)
    ok $((guesses >= $3 ? 0 : 1)) "$guesses guesses, at least $3"
    "$MLC" check --brief > out 2>&1
    is "$(grep 'error\[' out | grep -vcE 'E03(20|46|47)')" 0 "each of them checks"
    "$MLC" fmt --check body > /dev/null 2>&1 || :
}
pair Rippling.employee Exact.costcenter 3
pair Expensify.report Exact.journal_entry 4
pair BILL.bill Exact.purchase_entry 4
pair BILL.vendor Exact.account 8
pair Exact.account BILL.vendor 7
pair Exact.sales_invoice Visma.customer_invoice 8
pair BILL.customer Visma.customer 8
pair Exact.item BILL.item 2

printf 'set timezone "Europe/Amsterdam"\nflow f\nExpensify.report -> Exact.journal_entry\n' > flow.mlc
"$MLC" suggest f > body
like "$(cat body)" 'add Lines for each line in report.transactionList' "a list goes to a list"
like "$(cat body)" 'AmountFC = line.amount' "and its fields to fields"
like "$(cat body)" '// find glaccount in Exact.glaccount where glaccount.Code is' "an id is looked up"
printf 'set timezone "Europe/Amsterdam"\nflow f\nBILL.customer -> Visma.customer\n' > flow.mlc
"$MLC" suggest f > body
like "$(cat body)" 'mainAddress.city = customer.billingAddress.city' "a nested field to a nested field"
is "$(grep -c county body)" 0 "a county is no country"
printf 'set timezone "Europe/Amsterdam"\nflow f\nRippling.employee -> Visma.employee { contact.email = "x" }\n' > flow.mlc
"$MLC" suggest f > body
is "$(grep -c 'contact.email' body)" 0 "what is set already is left out"
tap_done
