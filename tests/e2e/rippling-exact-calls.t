#!/bin/sh
# What the example rippling-exact costs in calls, by number, on the sandboxes'
# own small company: the least that the two APIs allow. The same script
# counts for 1,000 employees in 60 departments: make bench-calls.
. "$SRC/tests/lib/tap.sh"
CALLS_SIZE=41 sh "$SRC/tests/bench/calls.sh" > "$tmp/calls" 2> "$tmp/err"
tap_diag < "$tmp/err"
line=0
while read -r want; do
    line=$((line + 1))
    is "$(sed -n "${line}s/ least [0-9/]* / /p" "$tmp/calls")" "$want" "$want"
done << 'END'
1/10 cost_centers: the first run
1/0 cost_centers: nothing changed
1/2 cost_centers: an employee changed, no cost center
1/0 cost_centers: nothing changed since
1/4 cost_centers: a department more
1/3 cost_centers: a department renamed
1/0 cost_centers: nothing changed since
1/2 cost_centers: an employee changed later
1/2 cost_centers: a department renamed, one employee tells
1/3 cost_centers: complete, since they differed
1/6 cost_units: the first run
1/0 cost_units: nothing changed
1/1 finance_departments: the first run
0/1 finance_departments: nothing changed
1/3 payroll_dimensions: the first run
1/4 payroll_dimensions: once more
END
tap_done
