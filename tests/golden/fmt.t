#!/bin/sh
# mlc fmt. Then every flow file of the tree: formatted it has the same tree,
# and formatting it again changes nothing.
. "$SRC/tests/lib/golden.sh"
tree=$BUILD/tests/unit/tree.t
for f in $(find "$SRC/tests/golden" "$SRC/examples" "$SRC/connectors" -name '*.mlc' | sort); do
    "$tree" "$f" > "$tmp/before" 2> /dev/null || continue
    "$MLC" fmt - < "$f" > "$tmp/once.mlc" && "$MLC" fmt - < "$tmp/once.mlc" > "$tmp/twice.mlc" &&
        cmp -s "$tmp/once.mlc" "$tmp/twice.mlc"
    bad=$?
    "$tree" "$tmp/once.mlc" > "$tmp/after"
    grep -q 'SET "language"' "$tmp/before" || sed -i '/^  items: SET "language"$/,+1d' "$tmp/after"
    cmp -s "$tmp/before" "$tmp/after" || bad=1
    ok $bad "${f#"$SRC"/}"
done
golden fmt
