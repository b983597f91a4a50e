#!/bin/sh
# The acceptance suite, for Exact Online: an object read by row versions.
connector=exact name=Exact object=glaccount key=ID text=BalanceType
path=GLAccounts table=123456/GLAccounts loses=401
rows=28 row=5fef7f8d-6c9a-4990-a48d-a1c33b2a9e1d row2=f85ee034-8a75-4af7-a8ba-913f00d61e43 extra=
touch='{"BalanceType":"B","_version":2000000010}' touch_again='{"BalanceType":"W","_version":2000000020}'
poison='{"BalanceType":"X","_version":2000000030}' poison_says='none of the values'
mend='{"BalanceType":"W","_version":2000000040}'
# a new token is granted only 570 s after the last
loses_exit=75 loses_says='no new one yet'
skip_ties="every change has a row version of its own"
skip_future="a row version is no time"
skip_schema="the forms of Exact Online are the same for every company"
. "$SRC/tests/lib/acceptance.sh"
acceptance
