#!/bin/sh
# The acceptance suite, for Expensify.
connector=expensify name=Expensify object=report key=reportID text=reportName
path=ExpensifyIntegrations table=reports loses=401
rows=13 row=R00HRRMv3z27 fresh=yes
extra="--switch expensify.ready_seconds=0"
touch='{"reportName":"Another name"}' poison='{"approved":"yesterday"}' poison_says=approved mend='{"approved":"2026-11-19 10:00:00"}'
skip_ties="reports have no time of change: what is in the window is read each time"
skip_future="the cursor is the day of the run, never a date of a record"
skip_schema="Expensify has no objects of a company's own making"
. "$SRC/tests/lib/acceptance.sh"
acceptance
