#!/bin/sh
# mlc serve behind a proxy on another machine: who may speak to it, whose
# address counts, what the token opens [177].
. "$SRC/tests/lib/sandbox.sh"
. "$SRC/tests/lib/serve.sh"
mkdir "$tmp/project" && cd "$tmp/project" || exit 99
printf 'set language 1\nset timezone "UTC"\nconnection Exact is exact\n' > project.mlc
printf 'set language 1\nflow ledger "Written down"\nExact.glaccount -> log\n{\n  every 1 day\n  read everything\n  Seen = glaccount.Code\n}\n' > flows.mlc
(umask 077 && echo 0123456789abcdef-of-the-token > token)
sandbox_start exact || exit 99
sandbox_sign_in
# start OPTION...: with a free port on every address, its messages in serve.
start() {
    : > "$tmp/serve"
    # shellcheck disable=SC2086
    tap_background "$MLC" serve -v --log text --public-url https://mlc.example.com --token-file token $sandbox_set "$@" > "$tmp/serve" 2>&1
    serve_pid=$!
    until_true 20 grep -q 'listening on' "$tmp/serve"
    port=$(sed -n 's|.*listening on http://.*:\([0-9]*\).*|\1|p' "$tmp/serve")
}
status() { curl -s -m 10 -o "$tmp/body" -w '%{http_code}' "$@"; }
token='Authorization: Bearer 0123456789abcdef-of-the-token'

start --listen 127.0.0.1:0 --trusted-proxy 127.0.0.1 --trusted-proxy 10.7.0.0/16
at=http://127.0.0.1:$port
is "$(status "$at/metrics")" 401 "no figures without the token, not even from this machine"
is "$(status -H 'Authorization: Bearer 0123456789abcdef-of-the-tokeN' "$at/metrics")" 401 "nor with another"
is "$(status -H 'Authorization: Bearer 0123456789abcdef-of-the-tok' "$at/metrics")" 401 "nor with a part of it"
is "$(status -H "$token" "$at/metrics")" 200 "with it they come"
is "$(status "$at/healthz")" 200 "health answers everybody"
is "$(grep -c loop_age "$tmp/body")" 0 "with one word"
is "$(status -H "$token" "$at/healthz") $(grep -c loop_age "$tmp/body")" "200 1" "and with the token with more"
# says NAME FORWARDED CLIENT: whose address an unsigned webhook is booked to.
says() {
    status -H "X-Forwarded-For: $2" -d '{}' "$at/webhook/Exact" > "$tmp/status"
    check "$1" until_true 5 grep -q "a webhook from $3 was not signed" "$tmp/serve"
}
says "the last hop a proxy vouches for" '203.0.113.5' 203.0.113.5
says "not what the caller wrote before it" '198.51.100.9, 203.0.113.6' 203.0.113.6
says "past the proxies of the list" '203.0.113.7, 10.7.3.4' 203.0.113.7
says "not past what is none" '203.0.113.8, 10.8.3.4' 10.8.3.4
says "and not past rubbish" '203.0.113.9, "><script>' 127.0.0.1
is "$(grep -c script "$tmp/serve")" 0 "which is not repeated"
serve_stop

own=$(hostname -I 2> /dev/null | tr ' ' '\n' | grep '^[0-9.]*$' | head -n 1)
if [ -n "$own" ]; then
    start --listen 0.0.0.0:0 --trusted-proxy 192.0.2.1
    at=http://$own:$port
    is "$(status "$at/healthz")" 403 "who is no proxy of the list is turned away"
    is "$(status -H 'X-Forwarded-For: 192.0.2.1' "$at/healthz")" 403 "whatever he says he is"
    is "$(status -d '{}' "$at/webhook/Exact")" 403 "at every door"
    is "$(status "http://127.0.0.1:$port/healthz")" 200 "this machine may look"
    serve_stop
    start --listen 0.0.0.0:0 --trusted-proxy "$own/32"
    is "$(status "http://$own:$port/healthz")" 200 "a proxy of the list comes in"
    is "$(status -d '{}' "http://$own:$port/webhook/Exact")" 401 "and its webhooks are looked at"
    serve_stop
else
    skip "who is no proxy of the list is turned away" "this machine has no address of its own"
fi

# refuses NAME OPTION...
refuses() {
    tap_what=$1
    shift
    # shellcheck disable=SC2086
    exits 2 "$tap_what" timeout 10 "$MLC" serve $sandbox_set "$@"
}
url=https://mlc.example.com
refuses "[177] open to all: not without a token" --listen 0.0.0.0:0 --public-url $url --trusted-proxy 10.0.0.2
refuses "[177] nor without a proxy" --listen 0.0.0.0:0 --public-url $url --token-file token
refuses "[177] nor without TLS before it" --listen 0.0.0.0:0 --trusted-proxy 10.0.0.2 --token-file token
refuses "[177] nor on all addresses of IPv6" --listen '[::]:0'
refuses "[177] nor where 127 only begins a name" --listen 127.example.com:0
refuses "a proxy is an address" --trusted-proxy proxy.example.com
refuses "a range has an end" --trusted-proxy 10.0.0.0/33
ln -s token link
refuses "the token is no link" --token-file link
start --listen :0
listening=$(awk -v p="$(printf %04X "${port:-0}")" '$4 == "0A" && $2 ~ ":" p "$" { print $2 }' /proc/net/tcp)
like "$listening" '^0100007F:' "[177] without an address it listens on this machine alone"
serve_stop
tap_done
