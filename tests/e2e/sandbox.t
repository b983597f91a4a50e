#!/bin/sh
# mlc sandbox in the foreground: comes up, says how to reach it, ends.
. "$SRC/tests/lib/sandbox.sh"

check "it comes up" sandbox_start rippling
like "$(sandbox_url rippling)" '^http://127.0.0.1:[0-9]*$' "its url is on loopback"
like "$sandbox_set" '^--set Rippling.url=http' "the options to reach it are ready to paste"
like "$(cat "$tmp/sandbox.out")" 'mlc auth set Rippling' "the line to store its keys too"
kill -TERM "$sandbox_pid"
wait "$sandbox_pid"
is $? 143 "SIGTERM: exit 143"

tap_done
