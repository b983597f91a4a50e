#!/bin/sh
# Rules of the house that a look at the text can keep.
. "$SRC/tests/lib/lint.sh"

all() { for r in base lang runtime connectors cli; do sources "$1" $r; done; }

banned() {
    bare $(all "$1"; sources "$1" tests) |
        grep -E '[^A-Za-z0-9_](sprintf|vsprintf|strcpy|strcat|strtok|atoi|atol|atof|gets|system|popen|tmpnam|alloca)[ ]*\('
}

heap() {
    bare $(sources "$1" lang; sources "$1" runtime; sources "$1" connectors; sources "$1" cli) |
        grep -E '[^A-Za-z0-9_](malloc|calloc|realloc|strdup|strndup|asprintf|free)[ ]*\('
}

floats() {
    bare $(sources "$1" base; sources "$1" lang; sources "$1" runtime; sources "$1" connectors) |
        grep -E '(^|[^A-Za-z0-9_])(double|float|strtod|strtof|json_real|json_real_value|json_number_value|sqlite3_(bind|column|value|result)_double)([^A-Za-z0-9_]|$)'
}

long_files() {
    for f in $(all "$1"; sources "$1" tests) $(find "$1/tests" "$1/build-aux" -name '*.sh' -o -name '*.t' -type f -size -400k 2>/dev/null); do
        n=$(wc -l < "$f")
        [ "$n" -le 1200 ] || echo "$f: $n lines"
    done
}

# Every file opens with its job.
jobs() {
    for f in $(all "$1"); do
        head -c 3 "$f" | grep -qE '^(/\*|//|%)' || echo "$f"
    done
}

guards() {
    for f in $(all "$1"); do
        case $f in *.h) ;; *) continue ;; esac
        want=MLC_$(echo "${f#"$1"/}" | tr 'a-z/.' 'A-Z__')
        grep -q "^#define $want\$" "$f" || echo "$f: no $want"
    done
}

spaces() { grep -nE '[ 	]+$' $(all "$1") /dev/null; grep -nP '\t' $(all "$1" | grep '\.[ch]$') /dev/null; }

guard "no banned function" banned
guard "the heap is base's alone" heap
guard "no float where values go" floats
guard "no file over 1,200 lines" long_files
guard "every file opens with its job" jobs
guard "every header has its guard" guards
guard "no tabs, no blanks at line ends" spaces

planted "strcpy" banned cli/a.c 'void f(char *b) { strcpy(b, "x"); }'
planted "malloc" heap runtime/a.c 'char *p = malloc(3);'
planted "double" floats runtime/a.c 'static double rate;'
planted "float" floats lang/a.c 'float(x);'
planted "a long file" long_files lang/a.c "$(seq 1201)"
planted "no opening comment" jobs lang/a.c 'int x;'
planted "no header guard" guards lang/a.h 'int x;'
planted "a blank at the end" spaces lang/a.c 'int x; '
echo '/* double strcpy(a) */ const char *s = "malloc(double) // gets(";' > "$tmp/quiet.c"
is "$(bare "$tmp/quiet.c" | grep -cE 'double|malloc|gets|strcpy')" 0 "comments and texts are left out"
tap_done
