#!/bin/sh
# The power fails: what was not synced may be gone. Every write that had left
# for the target has its intent on the disk, and the file is whole [21, F5,
# figure 5]. A disk that forgets what it was told to keep shows that the test
# would see it.
. "$SRC/tests/lib/sandbox.sh"

command -v strace > /dev/null || skip_all "strace is not there"
strace -qq -o /dev/null true 2> /dev/null || skip_all "strace may not trace here"
python3 -c 'import sqlite3' 2> /dev/null || skip_all "python3 with sqlite3 is not there"
p=$tmp/project
cp -r "$SRC/examples/rippling-exact" "$p"
chmod -R u+w "$p"
cd "$p" || exit 99
sandbox_start exact rippling --ledger "$tmp/ledger" --switch exact.minute_limit=0 || exit 99
sandbox_sign_in || exit 99
"$MLC" plan cost_centers $sandbox_set > /dev/null 2>&1
cp -r .mlc "$tmp/before"
strace -f -xx -s 10000000 -o "$tmp/log" -e trace=openat,close,pwrite64,ftruncate,fdatasync,fsync,sendto \
    "$MLC" run cost_centers $sandbox_set > "$tmp/out" 2> "$tmp/err"
is "$?" 1 "a run"
cut() { python3 "$SRC/tests/e2e/powercut.py" "$tmp/log" "$tmp/before" "$p/.mlc/state.db" "${MLC_CUTS:-60}"; }
cut > "$tmp/cuts"
tap_diag < "$tmp/cuts"
like "$(cat "$tmp/cuts")" ' [1-9][0-9]* writes sent' "writes were sent"
like "$(cat "$tmp/cuts")" ': 0 intents missing, 0 files damaged' "[21] cut anywhere, each of them has its intent"
LIES=1 cut > "$tmp/lies"
tap_diag < "$tmp/lies"
check "on a disk that lies about syncing they are not, so the test can see it" sh -c "! grep -q ': 0 intents missing, 0 files' '$tmp/lies'"
sandbox_stop
tap_done
