#!/bin/sh
# What happens to output that cannot be written, and to closed streams.
. "$SRC/tests/lib/tap.sh"

if [ -w /dev/full ]; then
    "$MLC" help functions > /dev/full 2> "$tmp/err"
    is $? 1 "a full disk under standard output: exit 1"
    is "$(cat "$tmp/err")" "mlc: could not write the output: No space left on device" "and it is said"
    "$MLC" hepl > /dev/full 2> "$tmp/err"
    is $? 2 "nothing was to be written: the command's own code stays"
else
    skip "a full disk under standard output" "no /dev/full"
fi

{ sleep 0.2; "$MLC" help functions 2> "$tmp/err"; echo $? > "$tmp/code"; } | true
is "$(cat "$tmp/code")" 1 "a reader that left: exit 1"
is "$(cat "$tmp/err")" "" "and no message"

"$MLC" --help >&- 2> "$tmp/err"
is $? 1 "standard output closed: exit 1"
"$MLC" hepl 2>&-
is $? 2 "standard error closed: the code stays"
"$MLC" help exit-codes <&- > "$tmp/out"
is $? 0 "standard input closed: fine"

# A file that is opened later must never get the number of a closed stream.
mkdir "$tmp/dir"
"$MLC" init "$tmp/dir/new" --source rippling --target exact --no-run <&- >&- 2>&-
is "$(head -c 2 "$tmp/dir/new/ci.sh")" "#!" "files are whole with all streams closed"
is "$(cmp "$SRC/examples/rippling-exact/README.md" "$tmp/dir/new/README.md" 2>&1)" "" "and hold nothing else"
tap_done
