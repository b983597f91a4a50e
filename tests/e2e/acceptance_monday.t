#!/bin/sh
# The acceptance suite, for monday.com: its users, read whole every time.
connector=monday name=Monday object=user key=id text=name
path=/v2 table=users loses=401
reads=everything rows=2 row=99000002 row2=99000001 extra=
touch='{"name":"Carla B."}'
touch_again='{"name":"The same"}'
touch_future='{"created_at":"2100-01-01T00:00:00Z"}'
poison='{"name":null}' poison_says='name' mend='{"name":"Carla"}'
skip_future="monday.com has no feed of changes: everything is read every time"
schema_id=18390000101
. "$SRC/tests/lib/acceptance.sh"
acceptance
