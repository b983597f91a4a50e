# What the lint tests share: the sources, and the sources without comments and
# texts. A guard is a function that prints what breaks its rule; each test runs
# it on the tree, where it must print nothing, and on a planted mistake, where
# it must not.
. "$SRC/tests/lib/tap.sh"

# sources ROOT ROOM...: C sources and tables of the rooms, without what is made.
sources() {
    lint_root=$1
    shift
    for lint_room in "$@"; do
        find "$lint_root/$lint_room" -name '*.[chly]' -o -name '*.def' 2>/dev/null
    done | grep -vE '/(room\.c|embedded_[a-z]*\.c|lang/parser\.[ch]|lang/lexer\.c)$' | sort
}

# bare FILE...: "file:line:text" without comments and without what is in quotes.
bare() {
    awk '
    FNR == 1 { deep = 0 }
    {
        s = $0; r = ""
        while (length(s)) {
            if (deep) {
                e = index(s, "*/")
                if (!e) { s = ""; break }
                s = substr(s, e + 2); deep = 0; continue
            }
            c = substr(s, 1, 2)
            if (c == "/*") { deep = 1; s = substr(s, 3); continue }
            if (c == "//") break
            c = substr(s, 1, 1)
            if (c == "\"" && match(s, /^"([^"\\]|\\.)*"/)) {
                r = r "\"\""; s = substr(s, RLENGTH + 1); continue
            }
            if (c == "\047" && match(s, /^\047([^\047\\]|\\.)+\047/)) {
                r = r "0"; s = substr(s, RLENGTH + 1); continue
            }
            r = r c; s = substr(s, 2)
        }
        if (r ~ /[^ \t]/) print FILENAME ":" FNR ":" r
    }' /dev/null "$@"
}

# guard NAME FUNCTION: nothing found in the tree.
guard() {
    "$2" "$SRC" | sed "s|^$SRC/||" > "$tmp/found"
    none "$1" "$tmp/found"
}

# planted NAME FUNCTION FILE TEXT: the guard sees a mistake in that file.
planted() {
    rm -rf "$tmp/planted"
    for lint_room in base lang runtime connectors cli tests build-aux; do mkdir -p "$tmp/planted/$lint_room"; done
    mkdir -p "$tmp/planted/$(dirname "$3")"
    printf '%s\n' "$4" > "$tmp/planted/$3"
    [ -n "$("$2" "$tmp/planted" 2> /dev/null)" ]
    ok $? "seen when planted: $1"
}
