#!/bin/sh
# make bench: T1 (map and filter), T2 (join with a table), T3 (group) of bench/
# through mlc map, beside the machine's own limits and what is installed. Every
# output is compared with the answer of an independent program; only a wrong
# output fails. BENCH_ROWS sets the size.
set -e
: "${SRC:=.}" "${MLC:=./mlc}" "${BENCH_ROWS:=200000}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT INT TERM
cp "$SRC"/bench/*.mlc "$tmp"
command -v python3 > /dev/null || { echo "make bench needs python3 for its data and answers"; exit 1; }
python3 "$SRC/tests/bench/data.py" make "$tmp" "$BENCH_ROWS"
cd "$tmp"

# measure NAME COMMAND...: seconds by the wall and by the processor, rows and
# megabytes a second by the wall, peak memory
measure() {
    name=$1; shift
    status=0
    /usr/bin/time -f '%e %U %S %M' -o "$tmp/time" "$@" > "$tmp/stdout" 2> "$tmp/stderr" || status=$?
    # 1: records were held, which T2 means to
    [ "$status" -le 1 ] || { cat "$tmp/stderr"; exit 1; }
    tail -1 "$tmp/time" | awk -v name="$name" -v rows="$BENCH_ROWS" -v bytes="$bytes" \
        '{ s = $1 > 0 ? $1 : 0.01; printf "%-34s %7.2f s %7.2f s %9.0f rows/s %7.1f MB/s %8.1f MB\n", name, $1, $2 + $3, rows / s, bytes / s / 1e6, $4 / 1024 }'
}

if [ ! -x /usr/bin/time ]; then
    echo "make bench needs GNU time: apt-get install time"
    exit 1
fi
echo "$BENCH_ROWS rows; wall seconds, processor seconds, rows and megabytes a second, peak memory"
for task in t1 t2 t3; do
    in=employees.jsonl
    [ $task = t3 ] && in=expenses.csv
    bytes=$(wc -c < $in)
    measure "$task floor: cat" cat $in
    measure "$task floor: wc -l" wc -l $in
    measure "$task mlc map, 1 thread" "$MLC" map $task --threads 1 --in $in --out $task.one --held $task.held
    python3 "$SRC/tests/bench/data.py" check $task . $task.one
    measure "$task mlc map" "$MLC" map $task --in $in --out $task.out --held $task.held
    cmp $task.one $task.out
    [ $task = t1 ] || continue
    if command -v jq > /dev/null; then
        measure "t1 jq (amounts by double, wrong)" jq -c \
            'select(.status == "ACTIVE" and .compensation.annual > 0) | {Code: .employee_number, Description: (.first_name + " " + .last_name)[:50], Active: (.end_date == null or .end_date >= "2025-07-01"), Email: (.work_email | ascii_downcase), MonthlyCost: (.compensation.annual / 12 * 100 | round / 100), StartDate: (.start_date | split("-") | reverse | join("-"))}' $in
    fi
    if command -v mlr > /dev/null; then
        measure "t1 miller (filter only)" mlr --ijsonl --ojsonl filter '$status == "ACTIVE"' $in
    fi
    measure "t1 python3, json and decimal" python3 -c '
import json
from decimal import Decimal, ROUND_HALF_EVEN
for line in open("employees.jsonl", encoding="utf-8"):
    o = json.loads(line, parse_float=Decimal)
    a = o["compensation"]["annual"]
    if o["status"] == "ACTIVE" and a > 0:
        print(json.dumps({"Code": o["employee_number"], "Description": (o["first_name"] + " " + o["last_name"]).strip()[:50], "Email": o["work_email"].lower(), "MonthlyCost": str((a / 12).quantize(Decimal("0.01"), ROUND_HALF_EVEN))}))'
    command -v node > /dev/null && measure "t1 node (amounts by double, wrong)" node -e '
const rl = require("readline").createInterface({ input: require("fs").createReadStream("employees.jsonl") });
rl.on("line", l => { const o = JSON.parse(l); if (o.status === "ACTIVE" && o.compensation.annual > 0) console.log(JSON.stringify({ Code: o.employee_number, Description: (o.first_name + " " + o.last_name).trim().slice(0, 50), Email: o.work_email.toLowerCase(), MonthlyCost: Math.round(o.compensation.annual / 12 * 100) / 100 })); });'
done
bytes=0
BENCH_ROWS=1 measure "start-up: mlc --version" "$MLC" --version
BENCH_ROWS=1 measure "start-up: mlc check t1.mlc" "$MLC" check t1.mlc
