#!/bin/sh
# mlc sandbox in the foreground: comes up, says how to reach it, ends.
. "$SRC/tests/lib/sandbox.sh"

like "$("$MLC" help sandbox)" '/_sandbox/counts' "help says what can be asked of it"
like "$("$MLC" sandbox --list)" 'rippling.money=number|text' "--list shows the switches"
like "$("$MLC" sandbox --list)" 'drop-after' "and the faults"
exits 2 "an unknown fault is refused" "$MLC" sandbox --fault 'GET /x:1:sulk'
exits 2 "and an unknown system" "$MLC" sandbox sap

check "it comes up" sandbox_start rippling
like "$(sandbox_url rippling)" '^http://127.0.0.1:[0-9]*$' "its url is on loopback"
like "$sandbox_set" '^--set Rippling.url=http' "the options to reach it are ready to paste"
like "$(cat "$tmp/sandbox.out")" 'mlc auth set Rippling' "the line to store its keys too"
kill -TERM "$sandbox_pid"
wait "$sandbox_pid"
is $? 143 "SIGTERM: exit 143"

tap_done
