#!/bin/sh
# Flow files that change while mlc serve runs: taken over between runs once they
# check clean; broken ones are told, and the last good ones stay at work.
. "$SRC/tests/lib/sandbox.sh"
. "$SRC/tests/lib/serve.sh"
mkdir -p "$tmp/project/tables" && cd "$tmp/project" || exit 99
cat > project.mlc << 'END'
set language 1
set timezone "UTC"
connection Exact is exact
connection Alerts is notify { kind = "slack" }
END
printf 'code,word\nARM-2,first\n' > tables/words.csv
units() { # the flow, with a prefix for its descriptions
    cat << END
set language 1
table Words (code text => word text) from "tables/words.csv"
flow units "Items become cost units"
Exact.item -> Exact.costunit
{
  on change
  every 1 day
  read changes
  write creates and updates
  match on Code
  Code = left(item.Code, 8)
  let word = Words[item.Code].word else "other"
  Description = left("$1 {word} {item.Description}", 60)
}
END
}
units one > units.mlc
sandbox_start exact --ledger "$tmp/ledger" --switch exact.hook_seconds=0 --switch exact.minute_limit=0 || exit 99
sandbox_sign_in
exact=$(sandbox_url exact)
serve_start || exit 99
check "it serves" until_true 30 grep -q 'units: {' "$tmp/serve"
check "and has its webhooks" until_true 20 grep -q 'sends webhooks of item' "$tmp/serve"
edits=0
# edit: a change of an item, which the vendor tells of.
edit() {
    edits=$((edits + 1))
    curl -sS -d "{\"Description\":\"edit $edits\"}" "$exact/_sandbox/edit?entity=Items&code=ARM-2" > "$tmp/.edit"
}
written() { curl -sS "$exact/_sandbox/records?table=123456/CostUnits" | grep -q "\"$1\""; }
# writes TEXT NAME: an edit leads to that description.
writes() {
    edit
    check "$2" until_true 8 written "$1 edit $edits"
}
said() { grep -c "$1" "$tmp/serve"; }
says() { [ "$(said "$1")" -ge "$2" ]; }
figure() { curl -sS "$serve_url/metrics" | sed -n "s/^$1 //p"; }
health() { curl -sS "$serve_url/healthz"; }
writes "one first" "a webhook leads to a write"

units two > units.mlc
check "a changed flow is taken over without a restart" until_true 10 says 'the flow files changed: 1 flow ' 1
writes "two first" "and what it says now is done"
printf 'code,word\nARM-2,second\n' > tables/words.csv
check "so is a changed table" until_true 10 says 'the flow files changed: 1 flow ' 2
writes "two second" "and its rows count"

printf 'set language 1\nflow ledger "Written down"\nExact.glaccount -> log\n{\n  every 15 minutes\n  read everything\n  Seen = glaccount.ID\n}\n' > ledger.mlc
check "a new file brings a new flow" until_true 10 says 'the flow files changed: 2 flows ' 1
check "that runs at once" until_true 20 grep -q 'ledger: {' "$tmp/serve"
rm ledger.mlc
check "a file that goes takes its flow away" until_true 10 says 'the flow files changed: 1 flow ' 3

units three | sed 's/left(item.Code, 8)/left(item.Cod, 8)/' > units.mlc
check "a broken file is told in the log" until_true 20 grep -q 'cannot be used; the last good ones stay at work' "$tmp/serve"
check "with what is wrong, and where" grep -q 'units.mlc:11: \[E[0-9]*\]' "$tmp/serve"
check "once as a notice" until_true 10 grep -q 'the flow files have errors' "$tmp/serve"
like "$(health)" '"flow_files":"broken' "in health"
is "$(figure mlc_flow_files_broken)" 1 "and in the figures"
writes "two second" "the last good one stays at work"
printf 'code;word;more\nx' > tables/words.csv
sleep 3
writes "two second" "with its table, whatever became of that"
is "$(said 'the flow files have errors')" 1 "one notice, however often it is broken"

printf 'code,word\nARM-2,third\n' > tables/words.csv
units four > units.mlc
kill -HUP "$serve_pid"
check "told by a signal it looks at once" until_true 10 says 'the flow files changed: 1 flow ' 4
check "that they are good again is told too" until_true 10 grep -q 'the flow files are good again' "$tmp/serve"
writes "four third" "and at work"
like "$(health)" '"flow_files":"good"' "health says so"
kill -HUP "$serve_pid"
check "asked without need it says so" until_true 10 says 'the flow files did not change' 1
writes "four third" "a signal without a change harms nothing"
is "$(figure mlc_flow_files_broken) $(figure mlc_runs_crashed_total)" "0 0" "no run died"

# A run that goes on while its flow is taken away ends as it began.
until_true 10 serve_is_quiet
curl -sS -X POST "$exact/_sandbox/fault?spec=GET%20Items:1:slow%3D4000" > /dev/null
edit
running() { health | grep -q '"running":1'; }
check "a run is going on" until_true 10 running
mv units.mlc units.kept
printf 'set language 1\nflow other "Another"\nExact.journal -> log\n{\n  every 1 day\n  read everything\n  Seen = journal.ID\n}\n' > other.mlc
kill -HUP "$serve_pid"
check "its flow is taken away" until_true 10 grep -q 'other: {' "$tmp/serve"
check "and it ends well" until_true 8 written "four third edit $edits"
mv units.kept units.mlc
rm other.mlc
kill -HUP "$serve_pid"
edit
check "back again it looks for what came meanwhile" until_true 10 written "four third edit $edits"

serve_stop
is "$?" 143 "told to stop, it stops"
tap_done
