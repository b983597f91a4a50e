#!/bin/sh
# Every header compiles alone.
. "$SRC/tests/lib/lint.sh"
: "${CC:=cc}"

alone() {
    for h in $(for r in base lang runtime connectors cli; do sources "$1" $r; done); do
        case $h in *.h) ;; *) continue ;; esac
        printf '#include "config.h"\n#include "%s"\ntypedef int not_empty;\n' "${h#"$1"/}" > "$tmp/alone.c"
        $CC -std=gnu11 -Wall -Wextra -fsyntax-only -I"$1" -I"$SRC" -I"$BUILD" "$tmp/alone.c" 2>&1 |
            grep -qE 'error|warning' && echo "$h"
    done
}

guard "every header compiles alone" alone
planted "a header that needs another" alone runtime/a.h 'size_t f(struct text t);'
tap_done
