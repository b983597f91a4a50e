# mlc serve for e2e tests: in the background, on a free port of this machine,
# with webhooks. After tests/lib/sandbox.sh:
#   serve_start OPTION...     $serve_url, $serve_pid; its messages in $tmp/serve;
#                             a second time at the same address
#   serve_is_quiet            no run goes on and no delivery waits
#   serve_stop
serve_start() {
    serve_try=0
    while [ $serve_try -lt 20 ]; do
        serve_try=$((serve_try + 1))
        [ -n "${serve_port:-}" ] || serve_port=$((20000 + ($$ * 7 + serve_try * 131 + $(date +%N | sed 's/^0*//')) % 30000))
        serve_url=http://127.0.0.1:$serve_port
        # shellcheck disable=SC2086
        tap_background "$MLC" serve --listen "127.0.0.1:$serve_port" --public-url "$serve_url" --log text \
            $sandbox_set "$@" >> "$tmp/serve" 2>&1
        serve_pid=$!
        until_true 10 serve_answers && kill -0 "$serve_pid" 2> /dev/null && return 0
        serve_port=
    done
    tap_diag < "$tmp/serve"
    return 1
}

serve_answers() {
    kill -0 "$serve_pid" 2> /dev/null || return 0 # the port was taken
    curl -s -o /dev/null "$serve_url/healthz"
}

# Not from /metrics: those may be a second old.
serve_is_quiet() {
    curl -s "$serve_url/healthz" > "$tmp/.health"
    grep -q '"running":0,"webhooks_waiting":0' "$tmp/.health"
}

serve_stop() {
    kill "$serve_pid" 2> /dev/null
    wait "$serve_pid" 2> /dev/null
}
