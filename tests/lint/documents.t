#!/bin/sh
# The documents say what the source does.
. "$SRC/tests/lib/lint.sh"

# Exit codes: exit.h against the help topic, both ways.
sed -n 's/^ *EXIT_[A-Z_]* = \([0-9]*\),.*/\1/p' "$SRC/cli/exit.h" | sort -n > "$tmp/source"
"$MLC" help exit-codes | sed -n 's/^  \([0-9][0-9]*\) .*/\1/p' | sort -n > "$tmp/topic"
check "help exit-codes lists what exit.h has" diff "$tmp/source" "$tmp/topic"

# Environment: every variable that is read is in the topic.
variables() {
    grep -rhoE 'getenv\("[A-Z_]+"\)' "$1/base" "$1/lang" "$1/runtime" "$1/connectors" "$1/cli" 2>/dev/null |
        sed 's/.*"\(.*\)".*/\1/' | sort -u | while read -r v; do
        case $v in
        # Guards switched off, for the tests that prove them.
        MLC_UNSAFE_*) grep -q "$v" "$SRC/tests/README.md" || echo "$v" ;;
        *) grep -q "$v" "$SRC/doc/help/environment.txt" || echo "$v" ;;
        esac
    done
}
guard "every variable that is read is in help environment" variables
planted "a variable nobody wrote down" variables cli/a.c 'getenv("MLC_SECRET_KNOB")'

# Every code of a message has its row in codes.def and, where `mlc explain` is
# to show them, its page; and every page has its code.
codes_used() {
    grep -rhoE '"[EWSFPN][0-9]{4}"' "$1/lang" "$1/runtime" "$1/cli" --include='*.[chyl]' 2>/dev/null |
        tr -d '"' | sort -u
}
rows() { sed -n 's/^CODE(\([A-Z][0-9]*\),.*/\1/p' "$SRC/lang/codes.def"; }
without_row() { codes_used "$1" | while read -r c; do rows | grep -qx "$c" || echo "$c"; done; }
guard "every message has its row" without_row
planted "a message without a row" without_row lang/a.c 'diag_add(d, DIAG_ERROR, "E9999", s, "x");'
rows | sort | uniq -d > "$tmp/found"
none "no code has two rows" "$tmp/found"
if [ -e "$SRC/cli/cmd_explain.c" ]; then
    for c in $(rows); do [ -s "$SRC/doc/codes/$c.md" ] || echo "$c has no page in doc/codes"; done > "$tmp/found"
    none "every message has its page" "$tmp/found"
    for page in "$SRC"/doc/codes/*.md; do
        rows | grep -qx "$(basename "$page" .md)" || echo "$page"
    done > "$tmp/found"
    none "every page has its message" "$tmp/found"
fi

# Every connector's page can be read without its source.
sed -n 's/^CONNECTOR(\([a-z]*\).*/\1/p' "$SRC/connectors/list.def" > "$tmp/connectors"
ok $([ "$(wc -l < "$tmp/connectors")" -ge 6 ]; echo $?) "there are connectors"
while read -r c; do
    "$MLC" help "$c" | tail -n "$(wc -l < "$SRC/connectors/$c/README.md")" | cmp -s - "$SRC/connectors/$c/README.md" || echo "$c"
done < "$tmp/connectors" > "$tmp/found"
none "mlc help shows each one's page" "$tmp/found"

# Every word is in the manual and known to the editors.
"$MLC" help words | sed -n 's/^  \([a-z]\)/\1/p' > "$tmp/words"
ok $([ "$(wc -l < "$tmp/words")" -gt 50 ]; echo $?) "mlc help words lists them"
while read -r w; do grep -q "^\\\\fB$w\\\\fR" "$BUILD/doc/mlc.7" || echo "$w"; done < "$tmp/words" > "$tmp/found"
none "every word is in mlc(7)" "$tmp/found"
for f in vim/syntax/mlc.vim vscode/syntaxes/mlc.tmLanguage.json; do
    while read -r w; do grep -qE "[ |<(]$w([ |)\\\\]|\$)" "$SRC/editors/$f" || echo "$f: $w"; done < "$tmp/words"
done > "$tmp/found"
none "every word is known to the editors" "$tmp/found"

# Every function is in the manual, as its row says.
sed -n 's/^BUILTIN(\([a-z_0-9]*\), .*/\1/p' "$SRC/lang/builtins.def" > "$tmp/functions"
ok $([ "$(wc -l < "$tmp/functions")" -gt 80 ]; echo $?) "the functions have rows"
while read -r f; do grep -q "^\\\\fB$f\\\\fR(" "$BUILD/doc/mlc.7" || echo "$f"; done < "$tmp/functions" > "$tmp/found"
none "every function is in mlc(7)" "$tmp/found"

# Commands named in README.md exist.
if "$MLC" run --help > /dev/null 2>&1; then
grep -oE '`(\./)?mlc [a-z]+' "$SRC/README.md" | sed 's/.* //' | sort -u | while read -r c; do
    [ "$c" = help ] || "$MLC" "$c" --help > /dev/null 2>&1 || echo "mlc $c"
done > "$tmp/found"
none "README.md names commands that exist" "$tmp/found"
fi
tap_done
