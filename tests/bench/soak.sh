#!/bin/bash
# mlc serve for an hour: 20 flows over three sandboxes, webhooks all the time,
# faults of the transport, abuse of the listener and killed runs at random; then
# the oracle: what the sources say is what the targets hold, each record once.
#   MLC=build/mlc SRC=. tests/bench/soak.sh [MINUTES] [SEED] > soak.log
# A line a minute: memory of the server (KB), its descriptors and threads, what
# it did so far. Ends with 0 when nothing was lost or doubled and the memory of
# the second half rose by less than a tenth.
: "${MLC:=mlc}" "${SRC:=.}"
case $MLC in /*) ;; *) [ ! -x "$MLC" ] || MLC=$PWD/$MLC ;; esac
SRC=$(cd "$SRC" && pwd) || exit 99
BUILD=$SRC
export MLC SRC BUILD
. "$SRC/tests/lib/sandbox.sh"
. "$SRC/tests/lib/serve.sh"
minutes=${1:-60}
RANDOM=${2:-7}
mkdir "$tmp/project" && cd "$tmp/project" || exit 99
cat > project.mlc << 'END'
set language 1
set timezone "UTC"
connection Rippling is rippling
connection Exact is exact
connection Visma is visma
END
cat > writing.mlc << 'END'
set language 1
flow units "Items become cost units"
Exact.item -> Exact.costunit
{
  on change
  every 3 minutes
  read changes
  write creates and updates
  match on Code
  Code = left(item.Code, 8)
  Description = left(item.Description, 60)
}
flow people "People become cost centers"
Rippling.employee -> Exact.costcenter where employee.status is "ACTIVE"
{
  on change
  every 3 minutes
  read changes
  write creates and updates
  match on Code
  let number = employee.number else hold "no number"
  let title = employee.title else hold "no title"
  Code = left("E{number}", 8)
  Description = left(title, 60)
  when gone leave
}
flow departments "Departments in both systems"
Rippling.department -> Visma.department
{
  every 3 minutes
  read everything
  write creates and updates
  match on departmentId
  let code = department.reference_code else hold "no reference"
  departmentId = upper(left(code, 8))
  description = left(department.name, 60)
  when gone leave
}
END
# watch NAME CONNECTION.OBJECT KEY WHEN
watch() {
    printf 'flow %s "Written down"\n%s -> log\n{\n  %s\n  read everything\n  Seen = %s.%s\n}\n' \
        "$1" "$2" "$4" "${2#*.}" "$3" >> watching.mlc
}
echo 'set language 1' > watching.mlc
watch relations Exact.account ID 'on change'
watch ledger Exact.glaccount ID 'every 2 minutes'
watch journals Exact.journal ID 'every 3 minutes'
watch centers_seen Exact.costcenter ID 'after people'
watch units_seen Exact.costunit ID 'after units'
watch invoices Exact.sales_invoice InvoiceID 'every 3 minutes'
watch orders Exact.purchase_order PurchaseOrderID 'every 3 minutes'
watch sales Exact.sales_order OrderID 'every 3 minutes'
watch titles Rippling.title id 'every 2 minutes'
watch places Rippling.work_location id 'every 3 minutes'
watch teams Rippling.team id 'every 3 minutes'
watch levels Rippling.level id 'every 3 minutes'
watch users Rippling.user id 'every 2 minutes'
watch pay Rippling.compensation id 'every 3 minutes'
watch visma_departments Visma.department departmentId 'every 3 minutes'
watch visma_people Visma.employee employeeCd 'every 3 minutes'
watch visma_suppliers Visma.supplier number 'every 3 minutes'
"$MLC" check || exit 1
flows=$(cat ./*.mlc | grep -c '^flow ')

sandbox_start exact rippling visma --ledger "$tmp/ledger" --switch exact.minute_limit=0 --switch exact.day_limit=0 \
    --switch exact.velocity=off --switch exact.hook_seconds=0 --switch rippling.hook_seconds=0 --switch visma.hour_limit=0 || exit 1
sandbox_sign_in || exit 1
exact=$(sandbox_url exact) rippling=$(sandbox_url rippling) visma=$(sandbox_url visma)
serve_start || exit 1
# shellcheck disable=SC2154
serve=$serve_url pid=$serve_pid
control() { curl -sS -m 20 -X POST --data-binary "${3:-}" "$1/_sandbox/$2"; }
control "$rippling" "hook?url=$serve/webhook/Rippling&token=sandbox-hook-token" > /dev/null

figure() { awk -v n="$1" '$1 == n { print $2 }' "$tmp/metrics"; }
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"; }
report() {
    curl -s -m 20 "$serve/metrics" > "$tmp/metrics"
    printf '%3d min: %d KB, %d descriptors, %d threads, %s runs, %s crashed, %s taken, %s refused, %s faults\n' \
        "$1" "$(memory)" "$(ls "/proc/$pid/fd" | wc -l)" "$(ls "/proc/$pid/task" | wc -l)" \
        "$(figure mlc_runs_started_total)" "$(figure mlc_runs_crashed_total)" \
        "$(figure 'mlc_webhook_deliveries_total{outcome="taken"}')" \
        "$(figure 'mlc_webhook_deliveries_total{outcome="refused"}')" "$faults"
}

calm() { for system in "${systems[@]}"; do control "${system#* }" calm > /dev/null; done; }
kinds=(500 503=1 429=1 502 504 drop-before drop-after 500-after cut garble empty html slow=1500 drip=5 late=1000)
systems=("exact $exact" "rippling $rippling" "visma $visma")
fault() {
    local system=${systems[RANDOM % 3]} method=GET
    [ $((RANDOM % 3)) -ne 0 ] || method='*'
    control "${system#* }" "fault?spec=$(printf '%s %s*:%d:%s' "$method" / $((1 + RANDOM % 3)) "${kinds[RANDOM % ${#kinds[@]}]}" |
        sed 's/ /%20/g; s/=/%3D/g; s/\*/%2A/g')" > /dev/null
    faults=$((faults + 1))
    # the table of faults has an end: start over now and then
    [ $((faults % 20)) -ne 0 ] || calm
}
items=(ARM-2 ARM-3 FEE-1)
edit() {
    changes=$((changes + 1))
    control "$exact" "edit?entity=Items&code=$item" "{\"Description\":\"change $changes\"}" > /dev/null
}
people=(emma.smit finn.meijer)
retitle() {
    changes=$((changes + 1))
    control "$rippling" "worker?worker=${people[RANDOM % 2]}@tulip.example" "{\"title\":\"title $changes\"}" > /dev/null
}
abuse() {
    case $((RANDOM % 4)) in
    0) curl -s -m 5 -o /dev/null -d '{"Content":{},"HashCode":"00"}' "$serve/webhook/Exact" ;;
    1) head -c 2000000 /dev/zero | curl -s -m 5 -o /dev/null --data-binary @- "$serve/webhook/Exact" ;;
    2) printf 'POST /webhook/Exact HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf' |
        timeout 3 bash -c "cat > /dev/tcp/127.0.0.1/${serve##*:}; sleep 2" 2> /dev/null ;;
    3) curl -s -m 5 -o /dev/null --path-as-is "$serve/webhook/../../etc/passwd" ;;
    esac
}
# Exact's renewal is lost when its answer is: then a person signs in again.
sign_in_again() {
    curl -s -m 20 "$serve/metrics" | grep -q '^mlc_sign_in_needed{connection="Exact"} 1' || return 0
    local id=9cac0c98-b98e-40b4-a7d1-d46267c1a466 back=http%3A%2F%2F127.0.0.1%3A9%2Fcb code token
    code=$(curl -s -m 20 -o /dev/null -w '%{redirect_url}' \
        "$exact/api/oauth2/auth?client_id=$id&redirect_uri=$back&response_type=code&state=x" | sed 's/.*code=\([^&]*\).*/\1/')
    token=$(curl -s -m 20 -d grant_type=authorization_code -d "code=$code&redirect_uri=$back&client_id=$id" \
        -d client_secret=sandbox-client-secret "$exact/api/oauth2/token" | sed 's/.*"refresh_token":"\([^"]*\)".*/\1/')
    # shellcheck disable=SC2086
    printf 'refresh_token=%s\n' "$token" | "$MLC" auth set Exact $sandbox_set > "$tmp/.auth" 2>&1 && sign_ins=$((sign_ins + 1))
}
kill_a_run() {
    local list
    mapfile -t list < <(ps -o pid= --ppid "$pid")
    [ ${#list[@]} -eq 0 ] || kill -9 "${list[RANDOM % ${#list[@]}]}" 2> /dev/null
}

faults=0 changes=0 sign_ins=0 sizes=()
sleep 20
mapfile -t items < <(control "$exact" 'records?table=123456/Items' | grep -o '"Code":"[^"]*"' | cut -d '"' -f 4)
[ ${#items[@]} -gt 0 ] || items=(ARM-2)
report 0
sizes+=("$(memory)")
SECONDS=0
while [ $SECONDS -lt $((minutes * 60)) ] && kill -0 "$pid" 2> /dev/null; do
    item=${items[RANDOM % ${#items[@]}]}
    edit
    [ $((RANDOM % 3)) -ne 0 ] || retitle
    [ $((RANDOM % 2)) -ne 0 ] || fault
    [ $((RANDOM % 4)) -ne 0 ] || abuse
    [ $((RANDOM % 20)) -ne 0 ] || kill_a_run
    sleep $((1 + RANDOM % 2))
    if [ $((SECONDS / 60)) -ge ${#sizes[@]} ]; then
        report ${#sizes[@]}
        sizes+=("$(memory)")
        sign_in_again
    fi
done
kill -0 "$pid" || exit 1

# What waits is worked off, then the two sides are compared.
calm
is_quiet() {
    curl -s -m 20 "$serve/metrics" > "$tmp/metrics"
    [ "$(figure mlc_webhooks_waiting)" = 0 ] && [ "$(figure mlc_runs_now)" = 0 ]
}
sign_in_again
sleep 200 # the sweep of each flow, after its longest interval
until_true 300 is_quiet
report ${#sizes[@]}
control "$exact" 'records?table=123456/Items' > "$tmp/items"
control "$exact" 'records?table=123456/CostUnits' > "$tmp/units"
[ -z "${SOAK_OUT:-}" ] || cp "$tmp/items" "$tmp/units" "$tmp/serve" "$tmp/metrics" "$SOAK_OUT"
pairs() { grep -o '{[^{}]*}' "$1" | sed -n 's/.*"Code":"\([^"]*\)".*"Description":"\([^"]*\)".*/\1 \2/p' | sort; }
pairs "$tmp/items" > "$tmp/want"
pairs "$tmp/units" > "$tmp/got"
lost=$(comm -23 "$tmp/want" "$tmp/got" | wc -l)
double=$(cut -d ' ' -f 1 "$tmp/got" | uniq -d | wc -l)
half=$((${#sizes[@]} / 2))
echo "$flows flows, $changes changes, $faults faults, $sign_ins sign-ins; items not as their source: $lost; doubled: $double; memory ${sizes[0]} KB at the start, ${sizes[half]} KB half way, $(memory) KB at the end"
[ "$lost" -eq 0 ] && [ "$double" -eq 0 ] && [ "$(memory)" -lt $((sizes[half] * 11 / 10)) ]
status=$?
serve_stop
exit $status
