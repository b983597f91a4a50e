#!/bin/sh
# The acceptance suite, for Rippling.
iso() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%S+00:00; }
now=$(date +%s)
connector=rippling name=Rippling object=employee key=id text=status
path=workers table=workers loses=401
rows=41 row=6506f56414780c58a1929020 row2=659918f5a9e612483d701c2c extra=
touch="{\"title\":\"Another title\",\"updated_at\":\"$(iso "$now")\"}"
touch_again="{\"title\":\"A third title\",\"updated_at\":\"$(iso $((now + 1)))\"}"
touch_future='{"updated_at":"2099-01-01T00:00:00+00:00"}'
poison="{\"status\":\"NONSENSE\",\"updated_at\":\"$(iso $((now + 2)))\"}" poison_says='none of the values'
mend="{\"status\":\"ACTIVE\",\"updated_at\":\"$(iso $((now + 3)))\"}"
skip_schema="Rippling's own objects are the same for every company; custom ones are written by hand"
. "$SRC/tests/lib/acceptance.sh"
acceptance
