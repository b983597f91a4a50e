#!/bin/sh
# Every command has its file, help, examples that work with its options, and
# its place in the manual page and in the completions.
. "$SRC/tests/lib/lint.sh"

rows=$(sed -n 's/^COMMAND(\([a-z]*\),.*/\1/p' "$SRC/cli/commands.def")
"$MLC" help --man > "$tmp/man"
"$MLC" completions bash > "$tmp/bash"
"$MLC" completions zsh > "$tmp/zsh"
"$MLC" completions fish > "$tmp/fish"

for f in "$SRC"/cli/cmd_*.c; do
    c=$(basename "$f" .c)
    c=${c#cmd_}
    echo "$rows" | grep -qx "$c" || echo "$f has no row in commands.def"
done > "$tmp/found"
none "every command file has a row" "$tmp/found"

for c in $rows; do
    if ! grep -qsE "^int cmd_$c\(" "$SRC"/cli/cmd_*.c; then
        "$MLC" "$c" --help > /dev/null 2>&1 && echo "$c answers without a file"
        "$MLC" --help | grep -q "^  $c " && echo "$c is shown without a file"
        continue
    fi
    "$MLC" "$c" --help > "$tmp/help" 2>&1 || echo "$c: no help"
    grep -q '^Examples:' "$tmp/help" || echo "$c: no examples"
    "$MLC" --help | grep -q "^  $c " || echo "$c is not in mlc --help"
    grep -q "^\.SS mlc $c\$" "$tmp/man" || echo "$c is not in the manual page"
    grep -q "^        $c) words=" "$tmp/bash" || echo "$c is not completed by bash"
    grep -q "'$c:" "$tmp/zsh" || echo "$c is not completed by zsh"
    grep -q " -a $c " "$tmp/fish" || echo "$c is not completed by fish"
    sed -n '/^Examples:/,/^Usage:/p' "$tmp/help" | grep -oE "^  mlc $c .*" | sed 's/   .*//' |
        grep -oE -e '--[a-z-]+' | while read -r o; do
        sed -n '/^Usage:/,$p' "$tmp/help" | grep -qE -e "$o( |\$)" || echo "$c: an example uses $o"
    done
done > "$tmp/found"
none "every command has help, examples, manual and completions" "$tmp/found"

check "the bash completion is bash" bash -n "$tmp/bash"
if command -v zsh > /dev/null; then check "the zsh completion is zsh" zsh -n "$tmp/zsh"; else skip "the zsh completion is zsh" "no zsh here"; fi
if command -v fish > /dev/null; then check "the fish completion is fish" fish -n "$tmp/fish"; else skip "the fish completion is fish" "no fish here"; fi
if command -v groff > /dev/null; then
    groff -ww -man -Tutf8 -K utf8 "$tmp/man" > /dev/null 2> "$tmp/found"
    groff -ww -man -Tutf8 -K utf8 "$BUILD/doc/mlc.7" > /dev/null 2>> "$tmp/found"
    none "the manual pages are sound roff" "$tmp/found"
else
    skip "the manual pages are sound roff" "no groff here"
fi

# bash itself: "mlc help --js" completes to --json
got=$(bash -c '. "$1"; COMP_WORDS=(mlc help --js); COMP_CWORD=2; _mlc; echo "${COMPREPLY[*]}"' _ "$tmp/bash")
is "$got" "--json" "bash completes an option"
got=$(bash -c '. "$1"; COMP_WORDS=(mlc help --color a); COMP_CWORD=3; _mlc; echo "${COMPREPLY[*]}"' _ "$tmp/bash")
is "$got" "auto always" "bash completes a choice"
tap_done
