# Golden tests. tests/golden/STAGE/CASE/ holds
#   cmd        shell lines, run in a copy of the folder; $MLC is the program
#   out err    what they must print; absent: nothing
#   exit       the code they must end with; absent: 0
#   want/NAME  what the file NAME must hold afterwards
# and the input files. The copy's path reads as DIR in the output. A difference
# leaves out.got, err.got ... beside the case; `make update-golden` accepts
# what is printed now, on purpose.
. "$SRC/tests/lib/tap.sh"

# Puts `got` where a person finds it: beside the case, else in the build.
golden_leave() { # CASE-FOLDER NAME FILE
    cp "$3" "$1/$2.got" 2>/dev/null || cp "$3" "$BUILD/$(basename "$1").$2.got"
}

golden_one() { # CASE-FOLDER NAME FILE: 0 when alike
    golden_want=$1/$2
    if [ -n "${GOLDEN_UPDATE:-}" ]; then
        if [ -s "$3" ]; then
            cmp -s "$3" "$golden_want" || { mkdir -p "$(dirname "$golden_want")"; cp "$3" "$golden_want"; }
        else
            rm -f "$golden_want"
        fi
        rm -f "$golden_want.got"
        return 0
    fi
    [ -e "$golden_want" ] || golden_want=/dev/null
    if cmp -s "$3" "$golden_want"; then
        rm -f "$1/$2.got" 2>/dev/null
        return 0
    fi
    diff -u "$golden_want" "$3" | tap_diag
    golden_leave "$1" "$2" "$3"
    return 1
}

golden_case() { # STAGE CASE-FOLDER
    golden_name=$1/$(basename "$2")
    golden_dir=$tmp/$golden_name
    mkdir -p "$tmp/$1"
    cp -R "$2" "$golden_dir"
    chmod -R u+w "$golden_dir"
    rm -f "$golden_dir"/*.got
    (cd "$golden_dir" && exec sh ./cmd) > "$tmp/g.out" 2> "$tmp/g.err" < /dev/null
    golden_code=$?
    [ $golden_code -eq 0 ] && : > "$tmp/g.exit" || echo $golden_code > "$tmp/g.exit"
    sed -i "s|$golden_dir|DIR|g" "$tmp/g.out" "$tmp/g.err"
    golden_bad=0
    golden_one "$2" out "$tmp/g.out" || golden_bad=1
    golden_one "$2" err "$tmp/g.err" || golden_bad=1
    golden_one "$2" exit "$tmp/g.exit" || golden_bad=1
    for golden_file in "$2"/want/*; do
        case $golden_file in *.got) continue ;; esac
        [ -e "$golden_file" ] || continue
        golden_n=$(basename "$golden_file")
        [ -e "$golden_dir/$golden_n" ] || : > "$golden_dir/$golden_n"
        golden_one "$2" "want/$golden_n" "$golden_dir/$golden_n" || golden_bad=1
    done
    ok $golden_bad "$golden_name"
}

# golden STAGE...: every case of the stages.
golden() {
    for golden_stage in "$@"; do
        for golden_cmd in "$SRC/tests/golden/$golden_stage"/*/cmd; do
            [ -e "$golden_cmd" ] || continue
            golden_case "$golden_stage" "$(dirname "$golden_cmd")"
        done
    done
    [ $tap_count -gt 0 ] || { echo "no case in tests/golden/$*"; exit 99; }
    tap_done
}
