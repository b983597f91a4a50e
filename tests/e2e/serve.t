#!/bin/sh
# mlc serve from outside: events that come late, in another order or never;
# figures as OpenMetrics has them; a run that dies beside others; the units of
# systemd; how long it takes from webhook to record (HOOK_ROUNDS=20 for more).
. "$SRC/tests/lib/sandbox.sh"
. "$SRC/tests/lib/serve.sh"
mkdir "$tmp/project" && cd "$tmp/project" || exit 99
cat > project.mlc << 'END'
set language 1
set timezone "UTC"
connection Exact is exact
END
cat > flows.mlc << 'END'
set language 1
flow units "Items become cost units"
Exact.item -> Exact.costunit
{
  on change
  every 1 day
  read changes
  write creates and updates
  match on Code
  Code = left(item.Code, 8)
  Description = left(item.Description, 60)
}
flow ledger "Written down"
Exact.glaccount -> log
{
  every 1 day
  read everything
  Seen = glaccount.Code
}
END
sandbox_start exact --ledger "$tmp/ledger" --log "$tmp/calls" --switch exact.hook_seconds=0 --switch exact.minute_limit=0 || exit 99
sandbox_sign_in
exact=$(sandbox_url exact)
serve_start || exit 99
control() { curl -sS -X POST --data-binary "${2:-}" "$exact/_sandbox/$1"; }
figure() { curl -sS "$serve_url/metrics" | sed -n "s/^$1 //p"; }
edit() { control "edit?entity=Items&code=${2:-ARM-2}${3:-}" "{\"Description\":\"$1\"}" | sed 's/.*"value":"\([^"]*\)".*/\1/'; }
written() { control 'records?table=123456/CostUnits' | grep -q "\"Description\":\"$1\""; }
effects() { grep -c "\"did\":\"$1\"" "$tmp/ledger"; }
taken() { figure 'mlc_webhook_deliveries_total{outcome="taken"}'; }
# deliver ACTION KEY CREATED: an event by hand, signed as the vendor signs it.
deliver() {
    content="{\"Topic\":\"Items\",\"Division\":123456,\"Action\":\"$1\",\"Key\":\"$2\",\"EventCreatedOn\":\"$3\"}"
    hash=$(printf %s "$content" | openssl dgst -sha256 -hmac sandbox-webhook-secret | sed 's/.*= //' | tr a-f A-F)
    curl -sS -o /dev/null -w '%{http_code}' -d "{\"Content\":$content,\"HashCode\":\"$hash\"}" "$serve_url/webhook/Exact"
}
check "it serves" until_true 30 grep -q 'ledger: {' "$tmp/serve"
check "and has its webhooks" until_true 20 grep -q 'sends webhooks of item' "$tmp/serve"
until_true 20 serve_is_quiet

# ---- [173] out of order
edit older > /dev/null
key=$(edit newer)
check "[173] two changes: the newer one is written" until_true 15 written newer
until_true 15 serve_is_quiet
updates=$(effects update)
is "$(deliver Update "$key" 2020-01-01T00:00:00)" 200 "[173] an event of long ago comes late"
until_true 15 serve_is_quiet
is "$(deliver Create "$key" 2020-01-01T00:00:00)" 200 "[173] so does that of its making"
until_true 15 serve_is_quiet
is "$(deliver Delete "$key" 2020-01-01T00:00:00)" 200 "[173] and that of a deletion before it came back"
until_true 15 serve_is_quiet
check "[173] what is written is what is true now" written newer
is "$(effects update) $(effects delete)" "$updates 0" "[173] none of them wrote anything"
gone=$(edit short-lived GONE-1 '&new=1')
check "[173] a record that is made" until_true 15 written short-lived
until_true 15 serve_is_quiet
made=$(effects create) updates=$(effects update)
control 'edit?entity=Items&code=GONE-1&gone=1' > /dev/null
until_true 15 serve_is_quiet
is "$(deliver Update "$gone" 2030-01-01T00:00:00)" 200 "[173] an event of a record that is gone"
until_true 15 serve_is_quiet
is "$(effects create) $(effects update)" "$made $updates" "[173] brings nothing back"
runs=$(figure mlc_runs_started_total)
: > "$tmp/calls"
deliver Update "$key" 2021-01-01T00:00:00 > /dev/null
more_runs() { [ "$(figure mlc_runs_started_total)" -gt "$runs" ]; }
until_true 15 more_runs
check "[173] a thin event leads to a look at the record it names" until_true 15 grep -q "$key" "$tmp/calls"
until_true 15 serve_is_quiet

# ---- [161] changes in one second have the same bytes
until_true 15 serve_is_quiet
for word in one two three four five; do
    edit "at-once-$word" > /dev/null
    until_true 15 serve_is_quiet # what was taken is through
done
check "[161] the last of five changes in a second or two is written" until_true 5 written at-once-five

# ---- bad signatures
steady() { # figures may be a second old
    was=$(taken)
    sleep 1.5
    [ "$(taken)" = "$was" ]
}
until_true 15 steady
refused=$(figure 'mlc_webhook_deliveries_total{outcome="refused"}') before=$(taken)
curl -sS -o /dev/null -d '{"Content":{"Topic":"Items"},"HashCode":"00"}' "$serve_url/webhook/Exact"
counted() { [ "$(figure 'mlc_webhook_deliveries_total{outcome="refused"}')" = $((refused + 1)) ]; }
check "a bad signature is counted" until_true 5 counted
is "$(taken)" "$before" "and nothing was taken"

# ---- figures
curl -sS -D "$tmp/head" "$serve_url/metrics" > "$tmp/metrics"
rules() { LC_ALL=C awk -f "$SRC/tests/lib/openmetrics.awk" "$1" > "$tmp/rules" 2>&1; }
check "the figures keep the rules of OpenMetrics" rules "$tmp/metrics"
[ -s "$tmp/rules" ] && tap_diag < "$tmp/rules"
like "$(tr -d '\r' < "$tmp/head")" '^Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8$' "and say what they are"
for name in mlc_flow_last_success_age_seconds mlc_flow_last_run_records mlc_held_records mlc_held_oldest_seconds \
    mlc_quota_remaining mlc_token_days_left; do
    grep -q "^# TYPE $name gauge" "$tmp/metrics" || echo $name
done > "$tmp/missing"
none "none of the promised ones is missing" "$tmp/missing"
for spoil in 's/^# EOF$//' 's/_total{/{/' 's/^mlc_runs_now .*/&\n&/' 's/="taken"/="ta"ken"/' 's/^mlc_runs_now .*/mlc_runs_now many/' \
    's/^# TYPE mlc_runs_now .*//' 's/^mlc_runs_crashed_total .*/mlc_runs_crashed_total -1/'; do
    sed "$spoil" "$tmp/metrics" > "$tmp/spoilt"
    rules "$tmp/spoilt" && echo "$spoil"
done > "$tmp/missed"
none "each rule is seen to be broken" "$tmp/missed"
grep -c 'newer\|ARM-2\|short-lived' "$tmp/metrics" > "$tmp/found"
is "$(cat "$tmp/found")" 0 "nothing of a record is in them"

# ---- a run that dies
control 'fault?spec=GET%20*Items*:1:slow%3D8000' > /dev/null
control 'fault?spec=GET%20sync*:1:slow%3D8000' > /dev/null
edit survives > /dev/null
child() { ps -o pid= --ppid "$serve_pid" | head -n 1 | tr -dc 0-9; }
has_child() { [ -n "$(child)" ]; }
check "a run goes on" until_true 15 has_child
kill -9 "$(child)" 2> /dev/null
check "killed, it is told" until_true 15 grep -q 'died of signal 9' "$tmp/serve"
control calm > /dev/null
check "and the change is written all the same" until_true 25 written survives
is "$(curl -sS -o /dev/null -w '%{http_code}' "$serve_url/healthz")" 200 "the others live"
until_true 15 serve_is_quiet

# ---- how long it takes
n=1
: > "$tmp/took"
while [ $n -le "${HOOK_ROUNDS:-3}" ]; do
    from=$(date +%s%N)
    edit "round-$n" > /dev/null
    looks=0
    while ! grep -q "round-$n\"" "$tmp/ledger" && ! written "round-$n" && [ $looks -lt 500 ]; do looks=$((looks + 1)); done
    echo $((($(date +%s%N) - from) / 1000000)) >> "$tmp/took"
    until_true 15 serve_is_quiet
    n=$((n + 1))
done
sort -n "$tmp/took" | awk '{ t[NR] = $1 } END { printf "# webhook to finished write: %d ms at least, %d in the middle, %d at most\n", t[1], t[int((NR + 1) / 2)], t[NR] }'
check "each of them was written" written "round-$((n - 1))"

# ---- taken away again
serve_stop
is "$?" 143 "told to stop, it stops"
# shellcheck disable=SC2086
exits 0 "subscriptions are taken away" "$MLC" serve --remove-webhooks $sandbox_set
like "$(cat "$tmp/out")" 'no longer sends webhooks of item' "and it is said"
is "$(control 'records?table=123456/WebhookSubscriptions' | grep -c CallbackURL)" 0 "at the vendor there is none left"

# ---- the units of systemd
if command -v systemd-analyze > /dev/null 2>&1; then
    mkdir "$tmp/units"
    cp "$SRC"/dist/mlc-* "$tmp/units"
    sed -i "s|/usr/bin/mlc|$MLC|; /^Documentation=/d" "$tmp"/units/*
    check "systemd finds nothing wrong with its units" systemd-analyze verify "$tmp"/units/*.service "$tmp"/units/*.timer
    for unit in serve due; do
        check "mlc-$unit.service: exposure at most 1.9 of 10" systemd-analyze security --offline=yes --threshold=19 "$tmp/units/mlc-$unit.service"
    done
else
    skip "systemd finds nothing wrong with its units" "no systemd-analyze here"
fi
tap_done
