#!/bin/sh
# The acceptance suite, for BILL.
iso() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%S.000Z; }
now=$(date +%s)
connector=bill name=Bill object=vendor key=id text=accountType
path=/v3/vendors table=vendors loses=401
rows=8 row=00901SBX00000000001 row2=00901SBX00000000002 extra=
touch="{\"updatedTime\":\"$(iso "$now")\",\"_changed\":${now}000,\"shortName\":\"a\"}"
touch_again="{\"updatedTime\":\"$(iso $((now + 1)))\",\"_changed\":$((now + 1))000,\"shortName\":\"b\"}"
touch_future='{"updatedTime":"2099-01-01T00:00:00.000Z","_changed":4070908800000}'
touch_later="{\"updatedTime\":\"$(iso $((now + 2)))\",\"_changed\":$((now + 2))000,\"shortName\":\"c\"}"
poison="{\"accountType\":\"NONSENSE\",\"updatedTime\":\"$(iso $((now + 3)))\"}" poison_says='none of the values'
mend="{\"accountType\":\"BUSINESS\",\"updatedTime\":\"$(iso $((now + 4)))\"}"
skip_schema="the forms of BILL are the same for every organization"
. "$SRC/tests/lib/acceptance.sh"
acceptance
