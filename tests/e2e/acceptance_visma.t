#!/bin/sh
# The acceptance suite, for Visma.net.
now=$(date +%s)
company=7d1e4c60-1c5e-4a53-9a55-3f1f7b8a0c01
connector=visma name=Visma object=employee key=employeeCd text=status
path=/v1/employee table=$company/employee loses=401
rows=4 row=3 row2=29 extra=
touch="{\"_ms\":${now}000,\"employeeLogin\":\"a\"}"
touch_again="{\"_ms\":$((now + 1))000,\"employeeLogin\":\"b\"}"
touch_future='{"_ms":4102444800000}'
poison='{"status":"Nonsense"}' poison_says='none of the values' mend='{"status":"Active"}'
skip_schema="the forms of Visma.net are the same for every company"
. "$SRC/tests/lib/acceptance.sh"
acceptance
