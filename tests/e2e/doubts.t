#!/bin/sh
# What no source settles, or sources disagree on, either way: the example
# rippling-exact does the same whatever the answers look like, and says so
# where it costs calls.
. "$SRC/tests/lib/sandbox.sh"
cp -R "$SRC/examples/rippling-exact" "$tmp/example"
chmod -R u+w "$tmp/example"
cd "$tmp/example" || exit 99
rm cost-units.mlc payroll-dimensions.mlc
cat > items.mlc << 'END'
set language 1
set timezone "UTC"
flow items "Items become cost units"
Exact.item -> Exact.costunit
{
  every 1 day
  read changes
  write creates and updates
  match on Code
  Code = left(item.Code, 8)
  Description = left(item.Description, 60)
}
END

sandbox_pid=
world() { # OPTION...: a new one, with nothing stored of another
    [ -z "$sandbox_pid" ] || sandbox_stop
    rm -rf .mlc
    sandbox_start exact rippling "$@" && sandbox_sign_in
}
# shellcheck disable=SC2086
run() { "$MLC" run "$@" $sandbox_set --json > "$tmp/out" 2> "$tmp/err" < /dev/null; }
number() { grep -o "\"$1\":[0-9]*" "$tmp/out" | head -n 1 | tr -dc 0-9; }
told() { echo "$(number created) $(number updated) $(number held)"; }
control() { curl -sS -X POST --data-binary "${3:-}" "$(sandbox_url "$1")/_sandbox/$2" > /dev/null; }
change_someone() { control rippling "worker?worker=emma.smit@tulip.example" '{"title":"Head"}'; }

as_ever() { # NAME OPTION...
    name=$1
    shift
    check "$name: the systems are up" world "$@"
    run cost_centers
    is "$? $(told)" "1 7 1 3" "$name: created, updated, held"
    run cost_centers
    is "$(number created) $(number updated)" "0 0" "$name: nothing twice"
    run items
    is "$? $(told)" "0 3 0 0" "$name: items by version"
    control exact "edit?entity=Items&code=ARM-2" '{"Description":"Changed"}'
    run items
    is "$? $(told)" "0 0 1 0" "$name: a changed one"
}

as_ever "one way" --switch exact.lists=bare --switch exact.int64=number --switch exact.expires_in=number \
    --switch exact.post_reply=whole --switch exact.put_reply=body --switch exact.fixed_fields=refuse \
    --switch exact.sync_twice=yes --switch exact.errors=empty --switch exact.language=en \
    --switch exact.unknown_key=403 --switch rippling.money=text --switch rippling.next_link=path \
    --switch rippling.time_quotes=quoted --switch rippling.errors=list --switch rippling.limit_over=refuse \
    --switch rippling.rotate=yes
run cost_centers
like "$(cat "$tmp/out")" 'change the setting quote_times' "times that are wanted in quotes: it is told"

as_ever "another way" --switch exact.errors=html --switch exact.sync_select=no --switch exact.post_reply=key \
    --switch rippling.time_quotes=bare --switch rippling.errors=page --switch rippling.spec=2025 \
    --switch rippling.unfilterable=ignore
change_someone
run cost_centers
like "$(cat "$tmp/out")" 'ignored the filter `updated_at ge' "a filter that is ignored: it is told"
run cost_centers --set Rippling.time_filter=no
is "$(grep -c 'ignored the filter' "$tmp/out")" 0 "and not asked for again, by the setting"

check "an older API" world --switch rippling.spec=2025 --switch rippling.unfilterable=refuse \
    --fault 'exact:GET sync/Deleted:*:403'
run cost_centers
is "$(told)" "7 1 3" "an older API: created, updated, held"
change_someone
run cost_centers
is "$(number created) $(number updated)" "0 0" "which refuses a filter on times: the newest are read"
like "$(cat "$tmp/out")" 'set time_filter' "and it is told"
run items
control exact "edit?entity=Items&code=ARM-2" '{"Description":"Changed"}'
run items
is "$? $(told)" "0 0 1 0" "an app that is not shown deletions sees changes"
like "$(cat "$tmp/out")" 'does not show this app what was deleted' "and is told what it does not see"

# A page to sign in is a token that is not taken; there is no new one so soon.
for form in page redirect; do
    check "a $form: the systems are up" world --switch "exact.signed_out=$form"
    run items
    control exact expire
    run items
    is $? 75 "a $form to sign in: worth another try later"
    like "$(cat "$tmp/err")" 'no new one yet' "since a new token is not given so soon"
done

check "a link elsewhere: the systems are up" world --switch rippling.next_link=foreign --size 150
run cost_centers
[ $? -ne 0 ]
ok $? "a next page on another server is not followed"
like "$(cat "$tmp/err")" 'leads to another server' "and it says so"
sandbox_stop
tap_done
