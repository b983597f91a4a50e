#!/bin/sh
# SARIF of mlc check: every rule of the standard for the objects it writes. The
# published schema is in no Debian package, so its rules stand in sarif.py; a
# package with classes made from it is asked too, where it is installed.
. "$SRC/tests/lib/tap.sh"

if ! command -v python3 > /dev/null; then
    echo "1..0 # SKIP no python3"
    exit 0
fi
mkdir "$tmp/p" && cp "$SRC"/tests/data/practice/*.mlc "$tmp/p" && cd "$tmp/p" || exit 99
judge() { python3 "$SRC/tests/e2e/sarif.py" "$@"; }
sarif() { "$MLC" check --format sarif 2> /dev/null | judge "$@"; }

for f in "$SRC"/tests/golden/mistakes/*.mlc; do
    cp "$f" "$(basename "$f")"
done
is "$(sarif)" "sound: True" "all known mistakes in one log"
classes=$(sarif --classes)
if [ $? = 77 ]; then
    ok 0 "# SKIP python3-sarif-python-om is not installed"
else
    is "$classes" "sound: True" "and by the classes made from the schema"
fi
rm -f ./*.mlc && cp "$SRC"/tests/data/practice/*.mlc .
is "$(sarif)" "sound: False" "a project without a mistake"
printf 'flow a\nShop.order -> Books.entry\n' > 'a b%c#ü.mlc'
is "$(sarif)" "sound: True" "a file name that is no URI"

# what is wrong is found: one property at a time
"$MLC" check --format sarif > "$tmp/sound" 2> /dev/null
# broken SED-SCRIPT WHAT
broken() {
    sed "$1" "$tmp/sound" | judge > "$tmp/out"
    grep -q 'sound' "$tmp/out" && { tap_diag < "$tmp/out"; ok 1 "$2"; return; }
    ok 0 "$2"
}
broken 's/"version":"2.1.0"/"version":"2.0.0"/' "another version"
broken 's/"driver":/"engine":/' "a tool without driver"
broken 's/"name":"mlc"/"name":5/' "a name that is no text"
broken 's/"id":"E/"key":"E/' "a rule without id"
broken 's/"level":"error"/"level":"fatal"/' "a level there is not"
broken 's/"startLine":[0-9]*/"startLine":0/' "line 0"
broken 's/"startLine":/"line":/' "a region that starts nowhere"
broken 's/"ruleIndex":0/"ruleIndex":7/' "a rule that is not there"
broken 's/"uri":"[^"]*"/"uri":"a b"/' "a URI with a blank"
broken 's/"message":{"text":/"message":{"words":/' "a message without text"
broken 's/"results":\[/"results":[{},/' "an empty result"
broken 's/"columnKind":"[a-zA-Z0-9]*"/"columnKind":"bytes"/' "columns of bytes"
tap_done
