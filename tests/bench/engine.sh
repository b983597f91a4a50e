#!/bin/sh
# The engine's figures, for make bench: commits a second on this disk, linked
# records made and read again, what their state takes, memory while many are
# read, and how long the first run after a kill takes. The systems are doubles
# or the sandbox, so what is measured is mlc. Nothing fails by time.
#   BENCH_LINKS  records that are linked, 100000
#   BENCH_READ   records that are read and left out, 1000000
: "${SRC:=.}" "${MLC:=./mlc}" "${BENCH_LINKS:=100000}" "${BENCH_READ:=1000000}"
BUILD=${BUILD:-$(dirname "$MLC")}
scale=$BUILD/tests/unit/scale.t
if [ ! -x "$scale" ]; then
    echo "the engine is measured after make check has built tests/unit/scale.t"
    exit 0
fi
echo
echo "the engine"
MLC_SCALE=1 MLC_SCALE_READ=1 MLC_SCALE_FOLDER=${TMPDIR:-/var/tmp} "$scale" | sed -n 's/^# \([0-9]* commits\/s\) in.*/  \1, on disk/p'
MLC_SCALE=$BENCH_LINKS MLC_SCALE_READ=$BENCH_READ "$scale" | sed -n 's/^# \([a-z ]*: .*\)/  \1/p'

. "$SRC/tests/lib/sandbox.sh"
cp -r "$SRC/examples/rippling-exact" "$tmp/project"
chmod -R u+w "$tmp/project"
cd "$tmp/project" || exit 1
sandbox_start exact rippling --ledger "$tmp/ledger" --switch exact.minute_limit=0 --fault "exact:POST hrm:*:slow=200" || exit 1
sandbox_sign_in || exit 1
m() { "$MLC" "$@" $sandbox_set --set Exact.timeout=1 --set Exact.settle=0; }
m plan cost_centers > /dev/null 2>&1
m run cost_centers > /dev/null 2>&1 &
run=$!
until_true 20 sh -c "[ \$(grep -c '\"did\"' '$tmp/ledger' 2> /dev/null || echo 0) -ge 2 ]"
kill -9 $(ps -o pid= --ppid $run) 2> /dev/null || kill -9 $run
wait $run 2> /dev/null
curl -s "$(sandbox_url exact)/_sandbox/calm" > /dev/null
m run cost_centers --json > "$tmp/out" 2> "$tmp/err"
echo "  the first run after a kill: $(sed -n 's/.*"took_ms":\([0-9]*\).*/\1/p' "$tmp/out") ms, up to 1000 of them waiting until the lost call must have settled"
m run cost_centers --json > "$tmp/out" 2> "$tmp/err"
echo "  the run after that: $(sed -n 's/.*"took_ms":\([0-9]*\).*/\1/p' "$tmp/out") ms"
sandbox_stop
