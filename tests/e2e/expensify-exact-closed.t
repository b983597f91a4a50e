#!/bin/sh
# The example expensify-exact while the period is closed in Exact, and after.
. "$SRC/tests/lib/sandbox.sh"

cp -R "$SRC/examples/expensify-exact" "$tmp/closed"
chmod -R u+w "$tmp/closed"
number() { grep -o "\"$1\":[0-9]*" "$tmp/out" | head -n 1 | tr -dc 0-9; }
entries() { grep -c '"did":"create","object":"generaljournalentry/GeneralJournalEntries"' "$tmp/ledger"; }
labels() { grep -c '"object":"report label"' "$tmp/ledger"; }

cd "$tmp/closed" || exit 99
: > "$tmp/ledger"
check "the sandboxes come up" sandbox_start exact expensify --ledger "$tmp/ledger" --switch expensify.ready_seconds=0
sandbox_sign_in
year=$(date -u +%Y) month=$(date -u +%m | sed 's/^0//')
before=$((month == 1 ? year - 1 : year)) last=$((month == 1 ? 12 : month - 1))
for verb in close open; do
    curl -s -X POST "$(sandbox_url exact)/_sandbox/$verb?year=$year&period=$month" > /dev/null
    curl -s -X POST "$(sandbox_url exact)/_sandbox/$verb?year=$before&period=$last" > /dev/null
    # shellcheck disable=SC2086
    exits 1 "a run, $verb" "$MLC" run $sandbox_set --json
    [ $verb = close ] || break
    is "$(number created) $(entries) $(labels)" "0 0 0" "nothing is booked in a closed period, nothing is labelled"
    "$MLC" held list > "$tmp/held"
    like "$(cat "$tmp/held")" 'Periode is afgesloten' "and Exact's own words say why"
    # shellcheck disable=SC2086
    for id in R00HRRMv3z27 R00A6ipEIJeb R00oSRkovQo1; do "$MLC" held retry $id $sandbox_set > /dev/null 2>&1; done
done
is "$(number created) $(entries)" "3 3" "once it is open they go"
sandbox_stop
tap_done
