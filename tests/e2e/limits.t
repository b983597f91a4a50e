#!/bin/sh
# A vendor's limits: told before a run, learnt from its answers, kept for every
# process, and never slept through.
. "$SRC/tests/lib/sandbox.sh"
cp -R "$SRC/examples/rippling-exact" "$tmp/project"
chmod -R u+w "$tmp/project"
cd "$tmp/project" || exit 99
command -v curl > /dev/null || { echo "1..0 # SKIP no curl"; exit 0; }
calls() { curl -s "$(sandbox_url exact)/_sandbox/counts" | sed -n 's/.*"all":\([0-9]*\).*/\1/p'; }

sandbox_start exact rippling || { echo "Bail out! no sandbox"; exit 99; }
sandbox_sign_in
"$MLC" plan cost_centers $sandbox_set > "$tmp/out" 2>&1
like "$(cat "$tmp/out")" "Exact: about [0-9]* of 5,000 daily calls, 4,99[0-9] left" "a plan says what a run will take of the day's calls"
sandbox_stop

rm -rf .mlc
sandbox_start exact rippling --switch exact.day_limit=9 || { echo "Bail out! no sandbox"; exit 99; }
sandbox_sign_in
"$MLC" plan cost_centers $sandbox_set > "$tmp/out" 2>&1
like "$(cat "$tmp/out")" "of 9 daily calls, [0-9] left; not enough, the rest waits until" "the vendor's own figure counts, and what does not fit is said"
"$MLC" run cost_centers $sandbox_set > "$tmp/out" 2>&1
is $? 75 "a run comes as far as the limit"
like "$(cat "$tmp/out")" "worth another try at" "and says until when"
before=$(calls)
for i in 1 2 3; do "$MLC" run cost_centers $sandbox_set > "$tmp/out" 2>&1; done
is $? 75 "other processes"
is "$(calls)" "$before" "do not call before"
"$MLC" doctor > "$tmp/out" 2>&1
like "$(cat "$tmp/out")" "Exact.* rests until" "doctor knows"
sandbox_stop
tap_done
