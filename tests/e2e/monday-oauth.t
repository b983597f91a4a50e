#!/bin/sh
# monday.com's two sign-ins of an app, from the browser to the first call: the
# legacy one, whose token never ends, and 2.1, whose tokens are renewed.
. "$SRC/tests/lib/sandbox.sh"

# project AUTH OPTION...: a project with that sign-in, and its sandbox.
project() {
    folder=$tmp/$(echo "$1" | tr ' .' '__')
    mkdir "$folder"
    cd "$folder" || exit 99
    printf 'set language 1\nconnection Monday is monday { auth = "%s" }\n' "$1" > project.mlc
    cat > flow.mlc << 'END'
set language 1
flow boards "All boards"
Monday.board as board -> log { read everything  Name = board.name }
END
    shift
    sandbox_start monday "$@" || exit 99
    printf 'client_id=sandbox-app\nclient_secret=sandbox-app-secret\n' | "$MLC" auth set Monday > "$tmp/out" 2>&1
}
# sign_in: what a person and the browser do.
sign_in() {
    # shellcheck disable=SC2086
    "$MLC" auth login Monday $sandbox_set < /dev/zero > "$tmp/login.out" 2> "$tmp/login.err" &
    login=$!
    until_true 10 grep -q 'state=' "$tmp/login.err" || return 1
    url=$(sed -n 's/^  \(http.*\)/\1/p' "$tmp/login.err")
    curl -s -L -o /dev/null "$url"
    wait $login
}
run() {
    # shellcheck disable=SC2086
    "$MLC" run $sandbox_set --json > "$tmp/out" 2> "$tmp/err"
}
asked() { curl -s "$(sandbox_url monday)/_sandbox/counts" | grep -o "\"POST $1\":[0-9]*" | sed "s,.*:,," | tr -dc 0-9; }

# ---- legacy
project oauth
run
is $? 4 "without a sign-in: exit 4"
like "$(cat "$tmp/err")" 'mlc auth login Monday' "and what to do"
check "legacy: signed in" sign_in
is "$(echo "$url" | grep -c 'code_challenge')" 0 "without a challenge"
like "$url" 'scope=boards%3Aread' "with the scopes it needs"
run
is $? 0 "and read with it"
is "$(asked token)" 1 "one token"
run
is "$(asked token)" 1 "which never ends"
# The app is taken off the account.
curl -s -X POST "$(sandbox_url monday)/_sandbox/reset" > /dev/null
run
is $? 4 "taken away: exit 4"
like "$(cat "$tmp/err")" 'withdrawn\|mlc auth login Monday' "and what to do"
sandbox_stop

# ---- 2.1: tokens of a second, and two minutes of margin: renewed each time
project "oauth 2.1" --switch monday.token_life=inside --switch monday.token_seconds=125
check "2.1: signed in" sign_in
like "$url" 'code_challenge_method=S256' "with a challenge"
run
is $? 0 "and read with it"
is "$(asked token)" 1 "one token"
sleep 6
run
is $? 0 "nearly ended"
is "$(asked token)" 2 "renewed in time, by what the token says itself"
run
is $? 0 "and again with the newest refresh token"
curl -s -X POST "$(sandbox_url monday)/_sandbox/reset" > /dev/null
run
is $? 4 "taken away: exit 4"
sandbox_stop
tap_done
