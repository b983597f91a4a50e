#!/bin/sh
# make bench: T1 (map and filter), T2 (join with a table), T3 (group) of bench/
# through mlc map, and through whatever else is installed that can do them: same
# data, one run, whole processes. The answers are those of an independent
# program (data.py): a wrong output of mlc fails; for the others it says how
# many lines are not the answer. Nothing fails by time.
#   BENCH_ROWS   rows of the data, 200000
#   BENCH_SLOW   rows for tools that would take minutes, 20000
set -e
: "${SRC:=.}" "${MLC:=./mlc}" "${BENCH_ROWS:=200000}" "${BENCH_SLOW:=20000}"
[ "$BENCH_SLOW" -le "$BENCH_ROWS" ] || BENCH_SLOW=$BENCH_ROWS
here=$SRC/tests/bench
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT INT TERM
command -v python3 > /dev/null || { echo "make bench needs python3 for its data and answers"; exit 1; }
[ -x /usr/bin/time ] || { echo "make bench needs GNU time: apt-get install time"; exit 1; }
for size in "$BENCH_ROWS" "$BENCH_SLOW"; do
    [ -d "$tmp/$size" ] && continue
    mkdir "$tmp/$size"
    cp "$SRC"/bench/*.mlc "$tmp/$size"
    python3 "$here/data.py" make "$tmp/$size" "$size"
done
has() { command -v "$1" > /dev/null; }

# measure NAME SIZE COMMAND...: in the folder of that size
measure() {
    name=$1; rows=$2; shift 2
    cd "$tmp/$rows"
    status=0
    /usr/bin/time -f '%e %U %S %M' -o "$tmp/time" "$@" > "$tmp/stdout" 2> "$tmp/stderr" || status=$?
    # 1: records were held, which T2 means to
    if [ "$status" -gt 1 ]; then
        printf '  %-34s does not run here: %s\n' "$name" "$(head -n 1 "$tmp/stderr" | cut -c 1-80)"
        return 1
    fi
    bytes=$(wc -c < "$in")
    tail -n 1 "$tmp/time" | awk -v name="$name" -v rows="$rows" -v bytes="$bytes" -v base="$base" \
        '{ s = $1 > 0 ? $1 : 0.005; r = rows / s
           printf "  %-34s %9d rows %8.2f s %8.2f s cpu %10.0f rows/s %7.1f MB/s %8.1f MB", name, rows, $1, $2 + $3, r, bytes / s / 1e6, $4 / 1024
           if (base > 0) printf "  %6.2f", r / base
           print r > "'"$tmp"'/rate" }'
}
# other NAME SIZE COMMAND...: a tool; what it made is in $task.other
other() {
    rm -f "$tmp/$2/$task.other"
    if measure "$@"; then
        wrong=$(python3 "$here/data.py" differs $task . $task.other)
        [ "$wrong" = 0 ] && echo "  right" || echo "  $wrong lines are not the answer"
    fi
}
part() { # FILE TASK: its part of a file of SQL
    sed -n "/^-- @$2\$/,/^-- @/p" "$here/$1" | grep -v '^-- @' | sed "s/@OUT@/$2.other/" > "$2.sql"
}
shell() { # writes the command down, so that its redirections are measured too
    printf '%s\n' "$1" > "$tmp/command"
    echo "$tmp/command"
}

echo "wall seconds, processor seconds, rows and megabytes a second, peak memory, rows/s as a multiple of mlc with one thread"
for task in t1 t2 t3; do
    in=employees.jsonl
    [ $task = t3 ] && in=expenses.csv
    base=0
    echo
    echo "$task, $(wc -c < "$tmp/$BENCH_ROWS/$in" | awk '{ printf "%.0f", $1 / 1e6 }') MB"
    measure "mlc map, 1 thread" "$BENCH_ROWS" "$MLC" map $task --threads 1 --in $in --out $task.one --held $task.held
    base=$(cat "$tmp/rate")
    python3 "$here/data.py" check $task . $task.one
    echo "    1.00  right"
    measure "mlc map" "$BENCH_ROWS" "$MLC" map $task --in $in --out $task.out --held $task.held2
    cmp $task.one $task.out
    cmp $task.held $task.held2
    echo "  the same bytes"
    measure "the floor: cat" "$BENCH_ROWS" cat $in && echo
    measure "the floor: wc -l" "$BENCH_ROWS" wc -l $in && echo
    cd "$tmp/$BENCH_ROWS"
    if has duckdb; then
        for threads in 1 $(getconf _NPROCESSORS_ONLN); do
            part tools.duck.sql $task
            sed -i "1i SET threads = $threads;" $task.sql
            other "duckdb, $threads threads" "$BENCH_ROWS" sh "$(shell "duckdb < $task.sql")"
        done
    fi
    has node && other "node, a script of its own" "$BENCH_ROWS" node "$here/tools.js" $task $in $task.other $task.rest
    other "python3, json and decimal" "$BENCH_ROWS" python3 "$here/tools.py" $task $in $task.other $task.rest
    if has sqlite3; then
        part tools.sql $task
        other "sqlite3" "$BENCH_ROWS" sh "$(shell "sqlite3 :memory: < $task.sql")"
    fi
    cd "$tmp/$BENCH_SLOW"
    file=departments.csv
    [ $task = t3 ] && file=categories.csv
    json=$in
    [ $task = t3 ] && json=expenses.jsonl
    has jq && other "jq" "$BENCH_SLOW" sh "$(shell "tail -n +2 $file > table; jq -c -n --arg task $task --rawfile table table -f '$here/tools.jq' $json > $task.other")"
    if has mlr; then
        case $task in
        t1) mlr="mlr --ijsonl --ojsonl put -q -f '$here/tools.mlr' then cut -x -f code $in" ;;
        t2) mlr="mlr --ijsonl --ojsonl put -q -f '$here/tools.mlr' then join -i csv -f departments.csv -j code then put '\$GLAccount = string(\$gl_account); \$CostCenter = string(\$cost_center)' then cut -x -f code,gl_account,cost_center,name,active $in" ;;
        t3) mlr="mlr --icsv --ojsonl join --ur -f categories.csv -j category then put -q -f '$here/tools.mlr' $in" ;;
        esac
        other "miller" "$BENCH_SLOW" sh "$(shell "$mlr > $task.other")"
    fi
    if [ $task != t3 ] && has gawk; then
        other "gawk" "$BENCH_SLOW" sh "$(shell "gawk -v task=$task -f '$here/tools.awk' $in > $task.other")"
    fi
done

# starts NAME COMMAND...: a hundred starts
starts() {
    name=$1; shift
    printf 'i=0; while [ $i -lt 100 ]; do "$@" > /dev/null 2>&1; i=$((i + 1)); done\n' > "$tmp/starts"
    /usr/bin/time -f '%e %U %S %M' -o "$tmp/time" sh "$tmp/starts" "$@"
    tail -n 1 "$tmp/time" | awk -v name="$name" '{ printf "  %-34s %6.1f ms\n", name, $1 * 10 }'
}
echo
echo "start-up, the mean of a hundred starts"
cd "$tmp/$BENCH_ROWS"
starts "an empty program (true)" /bin/true
starts "mlc --version" "$MLC" --version
starts "mlc check t1.mlc" "$MLC" check t1.mlc
starts "mlc check of an example" "$MLC" check "$SRC/examples/rippling-exact"
for tool in jq mlr sqlite3 node python3 duckdb; do has $tool && starts "$tool --version" $tool --version; done

SRC=$SRC MLC=$MLC sh "$here/engine.sh"
SRC=$SRC MLC=$MLC sh "$here/transport.sh"
