#!/bin/sh
# The functions in mlc(7) are those of lang/builtins.def, word for word.
. "$SRC/tests/lib/lint.sh"

sh "$SRC/build-aux/functions.sh" > "$tmp/want"
sed -n '/^\.\\" functions:/,/^\.\\" end of functions/p' "$SRC/doc/mlc.7" > "$tmp/got"
diff "$tmp/want" "$tmp/got" > "$tmp/found" 2>&1
none "mlc(7) has every function as its row says (build-aux/functions.sh --update)" "$tmp/found"
rows=$(grep -c '^BUILTIN(' "$SRC/lang/builtins.def")
is "$(grep -c '^\.TP' "$tmp/want")" "$rows" "and no row is left out"
tap_done
