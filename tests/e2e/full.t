#!/bin/sh
# A disk that fills up just while a new token is on its way [144]: there is
# room for it, kept aside before it was asked for. Without that room the token
# is not asked for at all.
. "$SRC/tests/lib/sandbox.sh"
cd "$tmp" || exit 99
mkdir small
command -v curl > /dev/null && unshare -rm mount -t tmpfs -o size=4m none small 2> /dev/null || skip_all "no file system of its own may be made here"

sandbox_start exact --fault 'exact:POST token:1:slow=1500' || { echo "Bail out! no sandbox"; exit 99; }
sed -n '/^client_/p; /^refresh_/p' "$tmp/sandbox.out" > pairs
cat > inside.sh <<'END'
mount -t tmpfs -o size=4m none small || exit 1
export MLC_STATE=$PWD/small/state.db
fill() { dd if=/dev/zero of=small/filling bs=1k count=8000 2> /dev/null; }
"$MLC" auth set Exact < pairs > out 2>&1
fill
"$MLC" ping Exact $sandbox_set > before 2>&1
echo "$? $(curl -s "$url/_sandbox/counts" | grep -c oauth2)" > before.code
rm small/filling
"$MLC" ping Exact $sandbox_set > during 2>&1 &
sleep 0.7
fill
wait $!
echo $? > during.code
rm small/filling
"$MLC" ping Exact $sandbox_set > after 2>&1
echo $? > after.code
END
url=$(sandbox_url exact)
export url sandbox_set
unshare -rm sh inside.sh
is "$(cat before.code)" "2 0" "a disk that is full before: no token is asked for"
like "$(cat before)" "Make room on the disk" "… and says what to do"
is "$(cat after.code)" 0 "a disk that fills up while the token comes: the token is kept"
is "$(curl -s "$url/_sandbox/counts" | grep -o '"POST oauth2/token":[0-9]*')" '"POST oauth2/token":1' "… and nobody had to ask for another"
is "$(grep -c 'must be signed in' during after | grep -cv ':0$')" 0 "… nor to sign in again"
[ "$(cat after.code)" = 0 ] || tap_diag < after
sandbox_stop
tap_done
