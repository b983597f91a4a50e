#!/bin/sh
# A trail that somebody changed: no flow runs on top of it until a backup is
# restored, or a person answers for it [51]. And a trail that cannot be
# written: nothing is sent [52].
. "$SRC/tests/lib/sandbox.sh"

command -v sqlite3 > /dev/null || skip_all "sqlite3 is not there"
p=$tmp/project
cp -r "$SRC/examples/rippling-exact" "$p"
chmod -R u+w "$p"
cd "$p" || exit 99
sandbox_start exact rippling --ledger "$tmp/ledger" --switch exact.minute_limit=0 || exit 99
sandbox_sign_in || exit 99
m() { "$MLC" "$@" $sandbox_set --set Exact.timeout=1 --set Exact.settle=0; }
effects() { cat "$tmp/ledger" 2> /dev/null | grep -c '"did"' || :; }

exits 1 "a run" m run cost_centers
made=$(effects)
m state backup saved.db 2> /dev/null
sqlite3 .mlc/state.db "UPDATE audit SET after = after || ' ' WHERE number = 1"
exits 1 "verify finds a row that was changed" "$MLC" audit verify
like "$(cat "$tmp/out")" "row 1 is not what was written" "and says which"
rm -f "$tmp/ledger"
sqlite3 .mlc/state.db "DELETE FROM settings WHERE name = 'audit looked'"
exits 6 "[51] then no flow runs" m run cost_units
like "$(cat "$tmp/err")" "row 1 of the audit trail" "for that reason"
like "$(cat "$tmp/err")" "mlc audit accept" "and says what to do"
exits 6 "nor is a plan applied or a state adopted" m adopt cost_units
is "$(effects)" 0 "nothing is written"
exits 0 "a plan may look" m plan cost_units

exits 2 "going on needs a reason" "$MLC" audit accept
exits 0 "with one it is accepted" "$MLC" audit accept --reason "row 1: a test by the auditor"
exits 0 "the trail counts as whole" "$MLC" audit verify
exits 1 "and flows run" m run cost_units
"$MLC" audit list --last 0 > "$tmp/out"
like "$(cat "$tmp/out")" "a test by the auditor" "the reason stays in the trail"
exits 2 "a whole trail has nothing to accept" "$MLC" audit accept --reason "again"
sqlite3 .mlc/state.db "UPDATE audit SET result = 'x' WHERE number = 2"
exits 1 "a change made after that is found" "$MLC" audit verify

rm .mlc/state.db
exits 0 "a backup is the other way out" m state restore saved.db
exits 0 "its trail is whole" "$MLC" audit verify

# ---- no audit, no write: the trail goes away under a run
rm -rf .mlc "$tmp/ledger" "$HOME/.local"
sandbox_stop
sandbox_start exact rippling --ledger "$tmp/ledger" --switch exact.minute_limit=0 --fault "exact:POST hrm:*:slow=300" || exit 99
sandbox_sign_in || exit 99
m plan cost_centers > /dev/null 2>&1
m run cost_centers > "$tmp/out" 2> "$tmp/err" &
run=$!
until_true 20 sh -c "[ \$(grep -c '\"did\"' '$tmp/ledger' 2> /dev/null || echo 0) -ge 2 ]"
until_true 10 sqlite3 .mlc/state.db "DROP TABLE audit" > /dev/null 2>&1
then=$(effects)
wait $run
code=$?
check "[52] a run whose decisions cannot be told ends with an error ($code)" test "$code" -gt 1
check "and nothing is sent any more ($then, then $(effects))" test "$(effects)" -le $((then + 1))
sandbox_stop
tap_done
