#!/bin/sh
# Signing in by a person: the one answer to the one question, on this machine
# or pasted from another [146-148].
. "$SRC/tests/lib/sandbox.sh"
cd "$tmp" || exit 99
command -v curl > /dev/null || { echo "1..0 # SKIP no curl"; exit 0; }

sandbox_start exact || { echo "Bail out! no sandbox"; exit 99; }
sed -n '/^client_/p' "$tmp/sandbox.out" | "$MLC" auth set Exact > /dev/null 2>&1
status() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
part() { printf '%s' "$url" | sed -n "s/.*[?&]$1=\([^&]*\).*/\1/p" | sed 's/%3A/:/g; s/%2F/\//g'; }

# begin INPUT OPTION...: a sign-in under way: $login, $url, $back, $state
begin() {
    b_input=$1
    rm -f "$tmp/login.out" "$tmp/login.err"
    shift
    "$MLC" auth login Exact $sandbox_set "$@" < "$b_input" > "$tmp/login.out" 2> "$tmp/login.err" &
    login=$!
    tap_pids="$tap_pids $login"
    until_true 5 grep -q 'state=' "$tmp/login.err"
    url=$(sed -n 's/^  \(http.*\)/\1/p' "$tmp/login.err")
    back=$(part redirect_uri) state=$(part state)
}
# ends CODE NAME
ends() {
    wait "$login"
    is $? "$1" "$2"
}

# ---- the answer of another server, and one that says no
begin /dev/zero
is "$(status "$back?code=stolen&state=$state&iss=https://evil.example")" 200 "an answer comes"
ends 4 "[147] one that another server issued ends the sign-in"
like "$(cat "$tmp/login.err")" "another server than was asked" "… and is told"
begin /dev/zero
one=$state
status "$back?error=access_denied&state=$state" > /dev/null
ends 4 "who says no is not signed in"
like "$(cat "$tmp/login.err")" "access_denied" "… with the server's word"
begin /dev/zero
is "$([ "$one" != "$state" ] && [ ${#state} -ge 40 ]; echo $?)" 0 "[146] every question has a state of its own"
is "$(status "$back?code=stolen&state=$one")" 400 "[146] an answer to an earlier question is refused"
is "$(status "$back?code=stolen")" 400 "[146] … and one without"
is "$(status "${back%callback}other?code=x&state=$state")" 404 "nothing else is served"
like "$back" "^http://127.0.0.1:[0-9]*/" "[146] it listens on this machine alone"
kill "$login" && wait "$login" 2> /dev/null

# ---- a machine without a browser: the address is pasted
mkfifo "$tmp/keyboard"
exec 3<> "$tmp/keyboard"
begin "$tmp/keyboard" --set Exact.redirect_url=https://app.example.com/done
like "$(cat "$tmp/login.err")" "Then paste the address" "[148] without a browser the address is asked for"
is "$back" "https://app.example.com/done" "… the app's own"
answer=$(curl -s -o /dev/null -w '%{redirect_url}' "$url")
like "$answer" "^https://app.example.com/done?.*code=" "the vendor sends the browser there"
printf '%s\n' "${answer%state=*}state=wrong" >&3
until_true 5 grep -q "not the answer" "$tmp/login.err"
like "$(cat "$tmp/login.err")" "not the answer to this sign-in" "[148] another address is not taken"
printf '%s\n' "$answer" >&3
ends 0 "[148] the right one signs in"
like "$(cat "$tmp/login.out" "$tmp/login.err")" "signed in" "… and says so"
like "$(cat "$tmp/login.out")" "company" "… naming the company, for a person to compare"
code=$(printf '%s' "$answer" | sed 's/.*code=\([^&]*\).*/\1/')
is "$(cat "$tmp/login.out" "$tmp/login.err" | grep -cF "$code")" 0 "… and the code is not shown"
begin "$tmp/keyboard" --set Exact.redirect_url=https://app.example.com/done
printf '%s\n' "$(printf '%s' "$answer" | sed "s/state=[^&]*/state=$state/")" >&3
ends 4 "[146] a code that was used before is refused"
exec 3>&-
begin /dev/null --set Exact.redirect_url=https://app.example.com/done
ends 4 "nobody there to paste: it ends"
like "$(cat "$tmp/login.err")" "Run: mlc auth login Exact" "… with the command"
sandbox_stop
tap_done
