#!/bin/sh
# Trees of what is right, messages for what is not. Every code of the parser
# has a case.
. "$SRC/tests/lib/golden.sh"
for code in $(sed -n 's/^CODE(\(E01[0-9]*\),.*/\1/p' "$SRC/lang/codes.def"); do
    grep -q "\[$code\]" "$SRC"/tests/golden/parse/*/err "$SRC"/tests/golden/fmt/*/err
    ok $? "$code is shown"
done
golden parse
