#!/bin/sh
# The editors know every word of the language; a word left out is seen.
. "$SRC/tests/lib/tap.sh"
check "the highlighting is what lang/words.def says" sh "$SRC/editors/generate.sh" --check
mkdir -p "$tmp/copy/lang"
cp -R "$SRC/editors" "$tmp/copy/" && chmod -R u+w "$tmp/copy"
sed '/^WORD("recheck"/d' "$SRC/lang/words.def" > "$tmp/copy/lang/words.def"
exits 1 "a word more or less is seen" sh "$tmp/copy/editors/generate.sh" --check
for f in "$SRC"/editors/vscode/*.json "$SRC"/editors/vscode/syntaxes/*.json; do
    if command -v python3 > /dev/null; then
        check "$(basename "$f") is JSON" python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$f"
    fi
done
if command -v python3 > /dev/null; then
    check "words of several parts are seen whole" python3 -c '
import json, re, sys
rules = json.load(open(sys.argv[1]))["patterns"]
for text in "is  not one of", "for each", "when gone", "is missing":
    hits = [re.match(r["match"], text) for r in rules if "match" in r]
    assert any(m and m.group(0) == text for m in hits), text
' "$SRC/editors/vscode/syntaxes/mlc.tmLanguage.json"
fi
# Every word of the table is one to the parser: as a bare name it is refused.
for word in $(sed -n 's/^WORD("\([a-z]*\)", *[A-Z_]*, *KEY, .*/\1/p' "$SRC/lang/words.def"); do
    printf 'let %s = 1\n' "$word" > "$tmp/word.mlc"
    "$BUILD/tests/unit/tree.t" "$tmp/word.mlc" 2>&1 | grep -q E0106 || echo "$word"
done > "$tmp/words"
none "every word of the table is one to the parser" "$tmp/words"
tap_done
