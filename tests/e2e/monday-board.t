#!/bin/sh
# A board with a column of each kind: written, read back, changed and cleared
# through the sandbox; labels; one bad item among good ones; a column that is
# not there; limits.
. "$SRC/tests/lib/sandbox.sh"

mkdir "$tmp/p"
cd "$tmp/p" || exit 99
printf 'set language 1\nconnection Things is files\nconnection Monday is monday\n' > project.mlc
cat > board.mlc << 'END'
set language 1
object Things.thing "Things" {
  at "things.jsonl"
  key code
  code text(20) required  name text(50) required  text text  long text(2000)  number number(2)  status text(30)
  choice text(30)  day date  moment datetime  people text  link text  mail text  phone text  check yes/no  span text
  week text  country text  stars integer  hour text  place text  zone text
}
object Monday.everything "Everything" {
  at "18390000401"
  key id
  operations read, create, update
  changes none
  id       text always read_only unique searchable from "id"
  Name     text(255) required searchable from "name"
  Code     text searchable encoding("column text") from "text_a"
  Long     text(2000) encoding("column long_text") from "long_text_a"
  Number   number(2) searchable encoding("column numbers") from "numeric_a"
  Status   text encoding("column status") from "color_a"
  Choice   text encoding("column dropdown") from "dropdown_a"
  Day      date encoding("column date") from "date_a"
  People   text encoding("column people") from "person_a"
  Link     text encoding("column link") from "link_a"
  Mail     text encoding("column email") from "email_a"
  Phone    text encoding("column phone") from "phone_a"
  Check    yes/no encoding("column checkbox") from "boolean_a"
  Span     text encoding("column timeline") from "timerange_a"
  Week     text encoding("column week") from "week_a"
  Country  text encoding("column country") from "country_a"
  Stars    number encoding("column rating") from "rating_a"
  Hour     text encoding("column hour") from "hour_a"
  Place    text encoding("column location") from "location_a"
  Zone     text encoding("column world_clock") from "world_clock_a"
}
flow things "Things on the board"
Things.thing as t -> Monday.everything {
  read everything
  write creates and updates
  match on Code
  Name = t.name
  Code = t.code
  Long = t.long else clear
  Number = t.number else clear
  Status = t.status else clear
  Choice = t.choice else clear
  Day = t.day else clear
  People = t.people else clear
  Link = t.link else clear
  Mail = t.mail else clear
  Phone = t.phone else clear
  Check = t.check else clear
  Span = t.span else clear
  Week = t.week else clear
  Country = t.country else clear
  Stars = t.stars else clear
  Hour = t.hour else clear
  Place = t.place else clear
  Zone = t.zone else clear
}
flow back "What stands on the board"
Monday.everything as i -> log {
  read everything
  Name = i.Name  Code = i.Code  Long = i.Long  Number = i.Number  Status = i.Status  Choice = i.Choice  Day = i.Day
  People = i.People  Link = i.Link  Mail = i.Mail  Phone = i.Phone  Check = i.Check  Span = i.Span  Week = i.Week
  Country = i.Country  Stars = i.Stars  Hour = i.Hour  Place = i.Place  Zone = i.Zone
}
END
full='"name":"First","long":"two\nlines \"quoted\" 🍝","number":1234.50,"status":"Done","choice":"Green","day":"2026-06-15","people":"99000001,99000002","link":"https://x.example/1","mail":"a@b.example","phone":"NL +31 20 123","check":true,"span":"2026-06-01 - 2026-06-30","week":"2026-06-01 - 2026-06-07","country":"NL Netherlands","stars":3,"hour":"09:05","place":"52.37 4.89 Dam 1","zone":"Europe/Amsterdam"'
thing() { printf '{"code":"%s",%s}\n' "$1" "$2"; }
number() { grep -o "\"$1\":[0-9]*" "$tmp/out" | head -n 1 | tr -dc 0-9; }
run() {
    # shellcheck disable=SC2086
    "$MLC" run "$@" $sandbox_set --json > "$tmp/out" 2> "$tmp/err"
}
back() {
    run back
    # shellcheck disable=SC2086
    "$MLC" audit export --flow back --format json > "$tmp/all" 2> "$tmp/err"
    tail -n 1 "$tmp/all"
}

check "the sandbox comes up" sandbox_start monday
check "its keys are stored" sandbox_sign_in
thing A "$full" > things.jsonl
run things
is "$? $(number created)" "0 1" "an item with a cell of each kind"
like "$(back)" '"Name":"First","Code":"A","Long":"two\\nlines \\"quoted\\" 🍝","Number":1234.50,"Status":"Done","Choice":"Green","Day":"2026-06-15","People":"99000001,99000002","Link":"https://x.example/1","Mail":"a@b.example","Phone":"+3120123","Check":true,"Span":"2026-06-01 - 2026-06-30","Week":"2026-06-01 - 2026-06-07","Country":"NL","Stars":3,"Hour":"09:05","Place":"52.37 4.89 Dam 1","Zone":"Europe/Amsterdam"' \
    "reads back as it was written"
run things
is "$(number unchanged) $(number updated)" "1 0" "a second run writes nothing"
thing A '"name":"First"' > things.jsonl
run things
is "$(number updated)" 1 "all of it is cleared"
like "$(back)" '"after":{"Name":"First","Code":"A","Check":false}' "and nothing is left, no zero either"

# ---- labels, and one bad item among good ones
for c in B C D; do thing $c '"name":"'$c'","status":"Done"'; done >> things.jsonl
thing E '"name":"E","status":"Nobody knows this"' >> things.jsonl
thing F '"name":"F","status":"Working"' >> things.jsonl
run things
is "$(number created) $(number held)" "4 1" "four are made, the one with an unknown label is held"
like "$("$MLC" held list)" "label doesn't exist" "with monday.com's reason"
# shellcheck disable=SC2086
"$MLC" held retry E $sandbox_set > "$tmp/out" 2>&1
run things --set Monday.create_labels=yes
is "$(number created) $(number held)" "1 0" "where labels may be made, it goes"
like "$(curl -s "$(sandbox_url monday)/_sandbox/records?table=boards&key=18390000401")" 'Nobody knows this' "and the board has it"

# ---- a column that is not there: monday.com says nothing when an item is made
sed 's/^  Zone     text.*/&\n  Ghost    text encoding("column text") from "text_ghost"/; s/^  Name = t.name$/&\n  Ghost = t.name/' board.mlc > "$tmp/ghost"
cp board.mlc "$tmp/board"
cp "$tmp/ghost" board.mlc
thing G '"name":"G"' > things.jsonl
run things
is "$(number created) $(number held)" "0 1" "an item of a column that is not there is held"
like "$("$MLC" held list)" "column" "and says so"
cp "$tmp/board" board.mlc
# shellcheck disable=SC2086
"$MLC" held retry G $sandbox_set > "$tmp/out" 2>&1
run things
is "$(number held)" 0 "it goes when the column is out of the flow"
is "$(curl -s "$(sandbox_url monday)/_sandbox/records?table=items" | grep -o '"name":"G"' | wc -l | tr -d ' ')" 1 "and is there once"

# ---- look-ups by text ignore case there; here they do not
thing b '"name":"small b"' > things.jsonl
run things
is "$(number created) $(number adopted)" "1 0" "a key in other letters is another item"
token=$(sed -n 's/^token=//p' "$tmp/sandbox.out" | head -n 1)
for n in 1 2; do
    curl -s "$(sandbox_url monday)/v2" -H "Authorization: $token" -H 'Content-Type: application/json' -d \
        '{"query":"mutation { create_item(board_id: 18390000401, item_name: \"twin\", column_values: \"{\\\"text_a\\\":\\\"T\\\"}\") { id } }"}' > /dev/null
done
thing T '"name":"T"' >> things.jsonl
run things
is "$(number created) $(number held)" "0 1" "a key that two items have is held"
like "$("$MLC" held list)" "several Monday.everything have this key: 183[0-9]*, 183" "with both of them named"
thing b '"name":"small b"' > things.jsonl

# ---- limits and failures in between
refuse() { curl -s -X POST "$(sandbox_url monday)/_sandbox/refuse?what=$1&times=1" > /dev/null; }
thing H '"name":"H"' >> things.jsonl
refuse maxConcurrencyExceeded
run things
is "$? $(number created)" "0 1" "too many calls at once: waited for"
thing I '"name":"I"' >> things.jsonl
refuse server
run things
is "$? $(number created)" "0 1" "a server error: the call again"
thing J '"name":"J"' >> things.jsonl
refuse DAILY_LIMIT_EXCEEDED
run things
code=$?
is "$(number created)" 0 "the day's calls are spent: nothing is written"
[ $code -gt 1 ]
ok $? "and the run says that it did not end"
like "$(cat "$tmp/err" "$tmp/out")" 'aily limit' "with the reason"
sandbox_stop
tap_done
