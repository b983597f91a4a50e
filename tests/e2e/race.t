#!/bin/sh
# Several runners of one flow: started together one of them runs [25, 26]; one
# that is paused keeps its lock, and one whose place another took meanwhile
# writes nothing any more when it wakes [27, 28].
. "$SRC/tests/lib/sandbox.sh"

p=$tmp/project
cp -r "$SRC/examples/rippling-exact" "$p"
chmod -R u+w "$p"
cd "$p" || exit 99
m() { "$MLC" "$@" $sandbox_set --set Exact.timeout=1 --set Exact.settle=0; }
effects() { cat "$tmp/ledger" 2> /dev/null | grep -c '"did":"create"' || :; }
twice() { grep '"did":"create"' "$tmp/ledger" | grep -o '"natural":"[^"]*"' | sort | uniq -d; }

world() { # FAULT...: an empty target and a state that has signed in
    [ -z "${sandbox_pid:-}" ] || sandbox_stop
    rm -rf .mlc "$tmp/ledger" "$HOME/.local"
    sandbox_start exact rippling --ledger "$tmp/ledger" --switch exact.minute_limit=0 "$@" || exit 99
    sandbox_sign_in || exit 99
}

# Fifty at once.
world
m plan cost_centers > /dev/null 2>&1
i=0
while [ $i -lt 50 ]; do
    (m run cost_centers > "$tmp/out.$i" 2>&1; echo $? > "$tmp/code.$i") &
    i=$((i + 1))
done
i=0
while [ $i -lt 50 ]; do
    until_true 60 test -s "$tmp/code.$i" || break
    i=$((i + 1))
done
is "$i" 50 "fifty runners come to an end"
is "$(effects)" 7 "each record is made [26]"
is "$(twice)" "" "once"
ran=$(cat "$tmp"/code.* | grep -c '^1$')
locked=$(cat "$tmp"/code.* | grep -c '^5$')
is "$((ran + locked + $(cat "$tmp"/code.* | grep -c '^0$')))" 50 "each ran, or was told that another does"
check "some were told [25]" test "$locked" -gt 0
is "$(sed -n 's/.*created \([0-9]*\),.*/\1/p' "$tmp"/out.* | awk '{ n += $1 } END { print n }')" 7 "and one of them made all seven"

# A holder that is stopped keeps its lock; another does not get in.
pause() { # until it has made two records
    m run cost_centers > "$tmp/first" 2>&1 &
    first=$!
    until_true 20 sh -c "[ \$(grep -c '\"did\":\"create\"' '$tmp/ledger' 2> /dev/null || echo 0) -ge 2 ]"
    kill -STOP "$first"
}
world --fault "exact:POST hrm:*:slow=300"
m plan cost_centers > /dev/null 2>&1
pause
exits 5 "while the first is paused another is told so" m run cost_centers
kill -CONT "$first"
wait "$first"
is "$? $(effects)" "1 7" "the first goes on to its end"
is "$(twice)" "" "with nothing twice"

# Its place taken over all the same, as after a restored lock file or on
# another host: it wakes and writes nothing more.
if command -v sqlite3 > /dev/null; then
    world --fault "exact:POST hrm:*:slow=300"
    m plan cost_centers > /dev/null 2>&1
    pause
    until_true 10 sqlite3 .mlc/state.db "UPDATE leases SET fence = fence + 1 WHERE name = 'flow:cost_centers'" > /dev/null 2>&1
    before=$(effects)
    sleep 0.5
    kill -CONT "$first"
    wait "$first"
    code=$?
    after=$(effects)
    check "a holder that lost its place ends with its own code, not with 0 or 1" test "$code" -gt 1
    check "and at most the call in flight arrives ($before, then $after) [28]" test "$after" -le $((before + 1))
    is "$(twice)" "" "nothing twice"
    exits 1 "the next run" m run cost_centers
    is "$(effects)" 7 "makes the rest"
    is "$(twice)" "" "nothing twice"
fi
sandbox_stop
tap_done
