#!/bin/sh
# make bench-calls: the calls that examples/rippling-exact costs for 1,000
# employees in 60 departments (or CALLS_SIZE), beside the least number the two
# APIs allow. The sandboxes count them. A line for each case, Rippling/Exact:
#   10/56  least 10/56  cost_centers: the first run
# The least: pages of 100 employees and of 60 cost centers or cost units, 1,000
# G/L accounts a page, one write a call; a look at a list whose records decide
# a write is one call for what changed and one for what was deleted there.
# Signing in, and which company it is (asked once), are not counted.
. "$SRC/tests/lib/sandbox.sh"

cp -R "$SRC/examples/rippling-exact" "$tmp/example"
chmod -R u+w "$tmp/example"
cd "$tmp/example" || exit 99
awk 'BEGIN { for (i = 1; i <= 48; i++) printf "D%03d,4001\n", i }' >> tables/department-accounts.csv
: "${CALLS_SIZE:=1000}"
pages=$(((CALLS_SIZE + 99) / 100))
sandbox_start exact rippling --size "$CALLS_SIZE" --switch exact.minute_limit=0 && sandbox_sign_in || exit 99

counted() { curl -sS "$(sandbox_url "$1")/_sandbox/counts" | grep -o '"all":[0-9]*' | head -n 1 | tr -dc 0-9; }
control() { curl -sS -X POST --data-binary "${3:-}" "$(sandbox_url "$1")/_sandbox/$2"; }
writes() { grep -o '"created":[0-9]*\|"updated":[0-9]*' "$tmp/out" | tr -dc '0-9\n' | awk '{ n += $1 } END { print n }'; }
# of NAME READS LOOKS COMMAND...: least is READS of the source, and LOOKS and
# the writes that were made of the target; the source of the way back is Exact.
of() {
    name=$1 reads=$2 looks=$3
    shift 3
    r=$(counted rippling) e=$(counted exact)
    # shellcheck disable=SC2086
    "$MLC" run "$@" $sandbox_set --json > "$tmp/out" 2> "$tmp/err" < /dev/null
    [ $? -le 1 ] || tap_diag < "$tmp/err"
    r=$(($(counted rippling) - r)) e=$(($(counted exact) - e)) w=$(writes)
    case $name in
        finance_departments*) printf '%s/%s least %s/%s %s\n' "$r" "$e" "$((w + looks))" "$reads" "$name" ;;
        *) printf '%s/%s least %s/%s %s\n' "$r" "$e" "$reads" "$((w + looks))" "$name" ;;
    esac
}
# The department of that name, by its id.
department() {
    control rippling "records?table=departments" | tr '{' '\n' | grep "\"name\":\"$1\"" |
        sed 's/.*"id":"\([^"]*\)".*/\1/'
}
change() { control rippling "worker?worker=$1" "$2" > /dev/null; }

# shellcheck disable=SC2086
"$MLC" ping $sandbox_set > /dev/null 2>&1 # which company it is
of "cost_centers: the first run" "$pages" 2 cost_centers
of "cost_centers: nothing changed" 1 0 cost_centers
change carla.bakker@tulip.example '{"title":"Chief Financial Officer"}'
of "cost_centers: an employee changed, no cost center" 1 2 cost_centers
of "cost_centers: nothing changed since" 1 0 cost_centers
# Vendors move a worker's time when the department changes, or not; here they do.
lab=$(department "Research Lab")
people=$(control rippling "records?table=workers" | sed 's/{"id":"/\n/g' | grep "\"department_id\":\"$lab\"" | cut -d'"' -f1)
touch_lab() {
    control rippling "change?table=departments&key=$lab" "$1" > /dev/null
    for id in $people; do change "$id" '{}'; done
}
touch_lab '{"reference_code":"RND"}'
echo 'RND,4003' >> tables/department-accounts.csv
of "cost_centers: a department more" 1 3 cost_centers
touch_lab '{"name":"Research"}'
of "cost_centers: a department renamed" 1 2 cost_centers
of "cost_centers: nothing changed since" 1 0 cost_centers
# Only one of its people tells of a new name, long after the others were read:
# they differ until all are read once more.
later() { # MINUTES NAME: a worker changed that much later
    change "$2" '{}'
    control rippling "change?table=workers&key=$2" \
        "{\"updated_at\":\"$(date -u -d "@$(($(date +%s) + $1 * 60))" +%Y-%m-%dT%H:%M:%S+00:00)\"}" > /dev/null
}
carla=$(control rippling "records?table=workers" | sed 's,{"id":",\n,g' | grep carla.bakker | head -n 1 | cut -d'"' -f1)
one=$(echo "$people" | head -n 1)
later 20 "$carla"
of "cost_centers: an employee changed later" 1 2 cost_centers
control rippling "change?table=departments&key=$lab" '{"name":"Laboratory"}' > /dev/null
later 40 "$one"
of "cost_centers: a department renamed, one employee tells" 1 2 cost_centers
of "cost_centers: complete, since they differed" "$pages" 2 cost_centers
of "cost_units: the first run" 1 1 cost_units
of "cost_units: nothing changed" 1 0 cost_units
of "finance_departments: the first run" 1 1 finance_departments
of "finance_departments: nothing changed" 1 0 finance_departments
of "payroll_dimensions: the first run" "$pages" 3 payroll_dimensions
of "payroll_dimensions: once more" "$pages" 4 payroll_dimensions
exit 0
