#!/bin/sh
# A disk that fails under a run: no space, input/output errors on writing and
# on syncing, once and from then on. Whatever fails, the next run on a sound
# disk ends with every record in the target once [41-44, figure 4]. Also a
# state that is made or upgraded while the program is killed [24].
. "$SRC/tests/lib/sandbox.sh"

command -v strace > /dev/null || skip_all "strace is not there"
strace -qq -o /dev/null -e inject=getpid:error=EIO true 2> /dev/null || skip_all "strace may not trace here"

p=$tmp/project
cp -r "$SRC/examples/rippling-exact" "$p"
chmod -R u+w "$p"
cd "$p" || exit 99
m() { "$MLC" "$@" $sandbox_set --set Exact.timeout=1 --set Exact.settle=0; }
twice() { grep '"did":"create"' "$tmp/ledger" | grep -o '"natural":"[^"]*"' | sort | uniq -d; }
effects() { cat "$tmp/ledger" 2> /dev/null | grep -c '"did":"create"' || :; }

# world: an empty target and a state that has signed in, every time.
world() {
    [ -z "${sandbox_pid:-}" ] || sandbox_stop
    rm -rf .mlc "$tmp/ledger" "$HOME/.local"
    sandbox_start exact rippling --ledger "$tmp/ledger" --switch exact.minute_limit=0 || exit 99
    sandbox_sign_in || exit 99
}
traced() { # STRACE OPTION...: a run under it
    strace -f -qq "$@" "$MLC" run cost_centers $sandbox_set --set Exact.timeout=1 --set Exact.settle=0
}
calls() { sed -n "s/^ *[0-9.]* *[0-9.]* *[0-9]* *\([0-9]*\) .*$1\$/\1/p" "$tmp/calls"; }

world
traced -c -o "$tmp/calls" > /dev/null 2>&1
is "$(effects)" 7 "a run on a sound disk"
for share in 5 7 9; do
    for fault in fdatasync:EIO: pwrite64:ENOSPC:+ pwrite64:EIO: ftruncate:EIO:+; do
        call=${fault%%:*}
        rest=${fault#*:}
        at=$(($(calls $call) * share / 10))
        world
        traced -o /dev/null -e "inject=$call:error=${rest%%:*}:when=$at${rest#*:}" > "$tmp/out" 2> "$tmp/err"
        code=$?
        then=$(effects)
        for i in 1 2 3; do
            m run cost_centers > "$tmp/out2" 2> "$tmp/err2"
            [ $? -le 1 ] && break
        done
        is "$(twice) $(effects)" " 7" "$call fails with ${rest%%:*} at $at${rest#*:} (exit $code after $then effects): then all are there, once"
        [ "$(effects)" -eq 7 ] || cat "$tmp/err" "$tmp/err2" | tap_diag
    done
done
"$MLC" doctor $sandbox_set > "$tmp/out" 2>&1
is "$(grep -c 'does not lock' "$tmp/out")" 0 "doctor finds locks that work"
strace -f -qq -o /dev/null -e inject=fcntl:retval=0 "$MLC" doctor $sandbox_set > "$tmp/out" 2>&1
like "$(cat "$tmp/out")" "does not lock" "[29] and a file system that only says it locks"
m audit verify > "$tmp/out" 2>&1
like "$(cat "$tmp/out")" "whole" "the trail is whole"
tap_done
