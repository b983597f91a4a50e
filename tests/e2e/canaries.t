#!/bin/sh
# Forty secrets in every slot there is, everything run once, and not one of
# them in any byte that was written [154].
. "$SRC/tests/lib/sandbox.sh"

cp -R "$SRC/examples/rippling-exact" "$tmp/project"
chmod -R u+w "$tmp/project"
mkdir "$tmp/seen" "$tmp/hidden"
cd "$tmp/project" || exit 99
for n in 1 2 3 4 5 6 7 8; do echo "connection Spare$n is exact { }" >> project.mlc; done

sandbox_start exact rippling || { echo "Bail out! no sandbox"; exit 99; }
sandbox_sign_in
sed -n 's/^\([a-z_]*\)=\(.*\)$/\2/p' "$tmp/sandbox.out" > "$tmp/hidden/values"
for n in 1 2 3 4 5 6 7 8; do
    for f in client_id client_secret refresh_token webhook_secret; do
        v="canary-$n-$f-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')/+&x"
        echo "$v" >> "$tmp/hidden/values"
        echo "$f=$v"
    done > "$tmp/hidden/pairs"
    "$MLC" auth set "Spare$n" < "$tmp/hidden/pairs" > "$tmp/seen/set$n" 2>&1
done
is "$(($(wc -l < "$tmp/hidden/values") >= 40))" 1 "forty secrets are stored"

url=$(sandbox_url exact)
shown() { # NAME COMMAND...: its output is kept for the search
    s_name=$1
    shift
    "$@" > "$tmp/seen/$s_name.out" 2> "$tmp/seen/$s_name.err" < /dev/null
}
shown run "$MLC" run -vv $sandbox_set
shown json "$MLC" run --json $sandbox_set
shown plan "$MLC" plan cost_centers $sandbox_set
shown dry "$MLC" run --dry-run $sandbox_set
shown ping "$MLC" ping -vv Exact Rippling $sandbox_set
shown refused "$MLC" ping -vv Spare1 --set "Spare1.url=$url"
shown refused2 "$MLC" ping --json Spare2 --set "Spare2.url=$url"
shown gone "$MLC" ping Spare3 --set Spare3.url=http://127.0.0.1:1
shown status "$MLC" auth status
shown statusj "$MLC" auth status --json
shown doctor "$MLC" doctor
shown doctorj "$MLC" doctor --json
shown key "$MLC" key check
shown held "$MLC" held list
shown runs "$MLC" runs
shown audit "$MLC" audit list
shown auditj "$MLC" audit export
shown backup "$MLC" state backup "$tmp/seen/backup.db"
like "$(cat "$tmp/seen/run.out" "$tmp/seen/run.err")" "created" "a run really ran"
like "$(cat "$tmp/seen/refused.err")" "Spare1" "a sign-in was really refused"

# what a process shows of itself while it holds secrets
"$MLC" auth login Spare4 --set "Spare4.url=$url" < /dev/zero > "$tmp/seen/login.out" 2> "$tmp/seen/login.err" &
login=$!
tap_pids="$tap_pids $login"
until_true 5 grep -q 'state=' "$tmp/seen/login.err"
tr '\0' '\n' < /proc/$login/cmdline > "$tmp/seen/argv" 2> /dev/null
tr '\0' '\n' < /proc/$login/environ > "$tmp/seen/environ" 2> /dev/null
is "$(sed -n 's/^Max core file size *\([0-9]*\).*/\1/p' /proc/$login/limits)" 0 "[153] it makes no core file"
kill $login 2> /dev/null

cp -R "$tmp/project" "$tmp/seen/project"
found=0 negative=0
while read -r v; do
    [ ${#v} -ge 6 ] || continue
    case $v in sandbox-app) continue ;; esac
    coded=$(printf '%s' "$v" | base64 -w 0)
    for s in "$v" "${coded%?????}"; do
        [ ${#s} -ge 6 ] || continue
        grep -rqF -e "$s" "$tmp/hidden" "$tmp/sandbox.out" && negative=$((negative + 1))
        where=$(grep -rlF -e "$s" "$tmp/seen") || continue
        # the address of a sign-in page names the app: that is public
        case $v:$where in canary-4-client_id*:"$tmp/seen/login.err") continue ;; esac
        found=$((found + 1))
        tap_diag "a secret is in: $where"
    done
done < "$tmp/hidden/values"
is $found 0 "no secret is in any file, output, backup or list of processes"
is "$((negative >= 40))" 1 "the same search finds them where they are"
sandbox_stop
tap_done
