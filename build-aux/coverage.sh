#!/bin/sh
# Run in a build made with --enable-coverage after its tests: prints for every
# room, and for the files below 70%, how many lines were reached.
set -e
find . -name '*.gcda' | grep -vE 'tests/|libgrammar|embedded_' > gcda.list
gcov -n $(cat gcda.list) 2>/dev/null | awk '
/^File / { f = $2; gsub(/\047/, "", f); if (match(f, /(base|lang|runtime|connectors|cli)\/[^\/]*(\/[^\/]*)?$/)) f = substr(f, RSTART); next }
/^Lines executed:/ && f ~ /^(base|lang|runtime|connectors|cli)\/.*\.c$/ && !seen[f]++ {
    split($0, a, /[:% ]+/); share = a[3]; n = $NF
    room = f; sub(/\/.*/, "", room)
    lines[room] += n; hit[room] += n * share / 100
    if (share < 70) low[f] = sprintf("%5.1f%% of %d", share, n)
    f = ""
}
END {
    for (r in lines) printf "%-12s %5.1f%% of %d lines\n", r, 100 * hit[r] / lines[r], lines[r]
    for (f in low) printf "  below 70%%: %-36s %s\n", f, low[f]
}' | sort
