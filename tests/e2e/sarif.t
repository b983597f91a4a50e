#!/bin/sh
# SARIF of mlc check: every rule of the standard for the objects it writes. The
# published schema is not in Debian, so its rules stand in sarif.py.
. "$SRC/tests/lib/tap.sh"

if ! command -v python3 > /dev/null; then
    echo "1..0 # SKIP no python3"
    exit 0
fi
mkdir "$tmp/p" && cp "$SRC"/tests/data/practice/*.mlc "$tmp/p" && cd "$tmp/p" || exit 99
sarif() { "$MLC" check --format sarif "$@" 2> /dev/null | python3 "$SRC/tests/e2e/sarif.py"; }

for f in "$SRC"/tests/golden/mistakes/*.mlc; do
    cp "$f" "$(basename "$f")"
done
is "$(sarif)" "sound: True" "all known mistakes in one log"
rm -f ./*.mlc && cp "$SRC"/tests/data/practice/*.mlc .
is "$(sarif)" "sound: False" "a project without a mistake"
printf 'flow a\nShop.order -> Books.entry\n' > 'a b%c#ü.mlc'
is "$(sarif)" "sound: True" "a file name that is no URI"
is "$(echo '{"version":"2.1.0","runs":[{"tool":{"driver":{}},"results":[{"level":"bad"}]}]}' |
    python3 "$SRC/tests/e2e/sarif.py" | wc -l | tr -d ' ')" 5 "what is wrong is found"
tap_done
