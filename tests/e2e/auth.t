#!/bin/sh
# Credentials from the command line to the wire: stored, used, never shown.
. "$SRC/tests/lib/tap.sh"
cd "$tmp" || exit 99

"$MLC" sandbox exact rippling > sandbox.out 2>&1 &
tap_pids="$tap_pids $!"
n=0
while ! grep -q Serving sandbox.out && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
exact=$(sed -n 's/^ *--set \(Exact.url=.*\)/\1/p' sandbox.out)
rippling=$(sed -n 's/^ *--set \(Rippling.url=.*\)/\1/p' sandbox.out)
secrets() { awk -v n="$1" '$0 ~ "mlc auth set " n { f = 1; next } /^END/ { f = 0 } f' sandbox.out; }
secrets Exact > exact.secrets
secrets Rippling > rippling.secrets
sed 's/^[a-z_]*=//' exact.secrets rippling.secrets > values

is "$("$MLC" auth status Exact > out 2>&1; echo $?)" 4 "before anything is stored a person must sign in"
like "$(cat out)" "Run: mlc auth set Exact" "with the command to run"
is "$("$MLC" auth set Exact < exact.secrets 2>&1)" \
    "Exact: stored client_id, client_secret, refresh_token, webhook_secret" "secrets come from standard input"
"$MLC" auth set Rippling < rippling.secrets > /dev/null 2>&1
is "$("$MLC" auth status Exact > out 2>&1; echo $?)" 0 "then nothing is missing"

"$MLC" ping Exact Rippling --set "$exact" --set "$rippling" > ping.out 2> ping.err
code=$?
[ $code -eq 0 ] || tap_diag < ping.err
is $code 0 "both systems answer"
like "$(cat ping.out)" "Exact: fine" "Exact is fine"
like "$(cat ping.out)" "division" "its company is told"
like "$(cat ping.out)" "calls this day" "and what is left of the limits"
like "$("$MLC" auth status Exact --set "$exact")" "token good for .*, .* old" "a token is kept, and its age is told"
"$MLC" ping Exact Rippling --json --set "$exact" --set "$rippling" > ping.json 2>> ping.err
command -v python3 > /dev/null && check "ping --json is JSON" python3 -c 'import json,sys; d=json.load(open("ping.json")); assert d["version"]==1 and all(c["fine"] for c in d["connections"])'

# what people do wrong
bad() { # WANT-CODE TEXT NAME INPUT ARGS...
    bad_want=$1 bad_text=$2 bad_name=$3 bad_in=$4
    shift 4
    printf "$bad_in" | "$MLC" "$@" > out 2>&1
    is $? "$bad_want" "$bad_name"
    like "$(cat out)" "$bad_text" "… says so"
}
bad 2 "takes no secret called" "an unknown name" 'bogus=1\n' auth set Exact
bad 2 "is empty" "an empty value" 'client_id=\n' auth set Exact
bad 2 "given twice" "a name twice" 'client_id=a\nclient_id=b\n' auth set Exact
bad 2 "held no secret" "nothing on standard input" '' auth set Exact
bad 2 "control character" "a control character" 'client_id=a\001b\n' auth set Exact
bad 2 "command line" "a secret as argument" '' auth set Exact client_secret=hunter2hunter2
is "$(grep -c hunter2 out)" 0 "… and does not repeat it"
bad 2 "no connection Exat" "a connection that is not there" '' auth status Exat
like "$(cat out)" "Did you mean Exact" "… with the near one"
bad 2 "plain http" "plain http to another machine" '' ping Exact --set Exact.url=http://example.com
bad 2 "not an http" "a url that is none" '' ping Exact --set Exact.url=gopher://x
bad 2 "no setting" "a setting that is not there" '' ping Exact --set Exact.colour=red

if command -v curl > /dev/null; then
# signing in with the browser: the page comes back to a loopback port
"$MLC" auth login Exact --set "$exact" < /dev/zero > login.out 2> login.err &
login=$!
n=0
while ! grep -q 'state=' login.err && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
url=$(sed -n 's/^  \(http.*\)/\1/p' login.err)
back=$(printf '%s' "$url" | sed 's/.*redirect_uri=\([^&]*\).*/\1/; s/%3A/:/g; s/%2F/\//g')
state=$(printf '%s' "$url" | sed 's/.*state=\([^&]*\).*/\1/')
like "$back" "^http://127.0.0.1:[0-9]*/callback" "the address to come back to is this machine's"
is "$(curl -s -o /dev/null -w '%{http_code}' "$back?code=evil&state=wrong")" 400 "[146] another state is refused"
is "$(curl -s -o /dev/null -w '%{http_code}' -H 'Host: evil.example' "$back?code=evil&state=$state")" 404 "[146] another host is refused"
answer=$(curl -s -o /dev/null -w '%{redirect_url}' "$url")
if [ -n "$answer" ]; then
    is "$(curl -s -o /dev/null -w '%{http_code}' "$answer")" 200 "the browser comes back"
    wait $login
    is $? 0 "signed in"
    like "$(cat login.out)" "signed in" "… and says so"
else
    kill $login 2> /dev/null
fi

fi

# the master key
like "$("$MLC" key check)" "opens all" "the key opens what is stored"
"$MLC" key export > key.copy
"$MLC" key rotate > out && like "$(cat out)" "replaces" "a new key"
"$MLC" ping Exact --set "$exact" > /dev/null 2>> ping.err
is $? 0 "… works on"
mv "$HOME/.config/mlc/key" key.away
"$MLC" ping Exact --set "$exact" > out 2>&1
is $? 2 "[149] without the key nothing runs"
like "$(cat out)" "master key" "… and says why"
mv key.away "$HOME/.config/mlc/key"
"$MLC" doctor > doctor.out 2>&1
like "$(cat doctor.out)" "key .* opens all" "doctor looks at the key"
chmod 644 "$HOME/.config/mlc/key"
"$MLC" doctor > doctor2.out 2>&1
is $? 1 "doctor finds a key that others can read"
like "$(cat doctor2.out)" "chmod 600" "… with the command that mends it"
chmod 600 "$HOME/.config/mlc/key"

# a secret shows up nowhere
is "$(stat -c %a .mlc .mlc/state.db | tr '\n' ' ')" "700 600 " "[153] state is its owner's only"
"$MLC" -vv ping Exact --set "$exact" > loud.out 2> loud.err
mkdir seen
cp -R .mlc ping.out ping.err ping.json out doctor.out doctor2.out loud.out loud.err login.out seen/
found=0
while read -r v; do
    [ ${#v} -ge 6 ] || continue
    grep -rqF -e "$v" seen && { found=$((found + 1)); tap_diag "shown: $(grep -rlF -e "$v" seen)"; }
done < values
is $found 0 "[154] no stored secret is in any file or output"

"$MLC" auth remove Exact > /dev/null
is "$("$MLC" auth status Exact > out 2>&1; echo $?)" 4 "removed is removed"
tap_done
