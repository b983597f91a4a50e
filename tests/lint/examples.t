#!/bin/sh
# Every example is in the one layout, sound, and passes its own tests; so is
# every whole file in the manual.
. "$SRC/tests/lib/lint.sh"

is_there() { "$MLC" "$1" --help > /dev/null 2>&1; }

for d in "$SRC"/examples/*/; do
    e=$(basename "$d")
    cp -R "$d" "$tmp/$e"
    chmod -R u+w "$tmp/$e"
    cd "$tmp/$e" || exit 99
    check "$e: in the one layout" "$MLC" fmt --check --diff
    for f in README.md project.mlc .gitignore; do
        [ -s "$f" ]
        ok $? "$e: has $f"
    done
    if is_there check; then check "$e: mlc check" "$MLC" check; fi
    if is_there test; then check "$e: mlc test" "$MLC" test; fi
    cd "$tmp" || exit 99
done

# Blocks of mlc(7) after a line `.\" flow` are whole files.
awk -v dir="$tmp" '
/^\.\\" flow$/ { n++; want = 1; next }
/^\.EX$/ && want { on = 1; want = 0; next }
/^\.EE$/ { on = 0 }
on { print > (dir "/manual" n ".mlc") }' "$SRC/doc/mlc.7.in"
ok $([ -s "$tmp/manual1.mlc" ]; echo $?) "the manual has whole files in it"
for f in "$tmp"/manual*.mlc; do
    check "$(basename "$f"): in the one layout" "$MLC" fmt --check --diff "$f"
    if is_there check; then check "$(basename "$f"): mlc check" "$MLC" check "$f"; fi
done
tap_done
