#!/bin/sh
# Rooms depend downwards only, and every library has one owner.
. "$SRC/tests/lib/lint.sh"

# includes ROOT ROOM: "file: included" for includes from the root.
includes() {
    for f in $(sources "$1" "$2"); do
        sed -n 's|^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*|\1|p' "$f" | sed "s|^|$f: |"
    done
}

upward() {
    includes "$1" base | grep -vE ': (config\.h|base/.*)$'
    includes "$1" lang | grep -vE ': (config\.h|(base|lang)/.*)$'
    includes "$1" runtime | grep -vE ': (config\.h|(base|lang|runtime)/.*|connectors/list\.def)$'
    includes "$1" cli | grep -vE ': (config\.h|(base|lang|runtime|cli)/.*)$'
}

# A connector sees the contract, what the contract is made of, and helpers that
# know neither network nor disk.
connectors() {
    includes "$1" connectors | grep -vE ': (config\.h|base/.*|lang/(schema|ast)\.h|runtime/(connector|value|record|json|uri|crypto|sandbox|zone)[a-z_]*\.h|connectors/list\.def)$' |
        while IFS=' ' read -r file name; do
            folder=${file%/*}
            folder=${folder##*/connectors/}
            case $name in connectors/"$folder"/*) ;; *) echo "$file $name" ;; esac
        done
}

# Only the registry reads the list of connectors.
registries() {
    includes "$1" runtime | grep 'connectors/list\.def$' | sort -u | tail -n +2
}

relative() {
    for room in base lang runtime connectors cli; do
        includes "$1" $room | grep -vE ': (config\.h|[a-z]+/)'
        includes "$1" $room | grep -E '\.c$'
    done
}

# owned HEADER-PATTERN OWNER-PATTERN
owners() {
    while read -r header owner; do
        grep -rlE "#[ ]*include[ ]*<$header" "$1/base" "$1/lang" "$1/runtime" "$1/connectors" "$1/cli" 2>/dev/null |
            grep -vE "/runtime/$owner$" | grep -v '/cli/embedded_' | sed "s|\$|: <$header>|"
    done <<'EOF'
curl/ http[a-z_]*\.[ch]
sqlite3 store[a-z_]*\.[ch]
openssl/ (crypto|vault)[a-z_]*\.c
microhttpd server[a-z_]*\.[ch]
pcre2 [a-z_]*regex[a-z_]*\.c
unicode/ [a-z_]*icu[a-z_]*\.c
EOF
}

clock() {
    bare $(sources "$1" base; sources "$1" lang; sources "$1" runtime; sources "$1" connectors; sources "$1" cli) |
        grep -E '[^a-z_](clock_gettime|gettimeofday|time|localtime|localtime_r|gmtime|mktime)[ ]*\(' |
        grep -vE '^[^:]*/runtime/clock\.c:|CLOCK_(MONOTONIC|BOOTTIME)'
}

first_is_config() {
    for f in $(sources "$1" base; sources "$1" lang; sources "$1" runtime; sources "$1" connectors; sources "$1" cli); do
        case $f in *.c) ;; *) continue ;; esac
        [ "$(sed -n 's/^#include *\(.*\)/\1/p' "$f" | head -n 1)" = '"config.h"' ] || echo "$f"
    done
}

guard "no room includes a room above it" upward
guard "connectors see the contract and pure helpers only" connectors
guard "one registry reads the list of connectors" registries
guard "includes are written from the root" relative
guard "one owner per library" owners
guard "one owner of the wall clock" clock
guard "config.h comes first" first_is_config

planted "base includes lang" upward base/a.c '#include "lang/ast.h"'
planted "lang includes runtime" upward lang/a.c '#include "runtime/value.h"'
planted "runtime includes cli" upward runtime/a.c '#include "cli/command.h"'
planted "a connector includes the store" connectors connectors/a/a.c '#include "runtime/store.h"'
planted "a connector includes another" connectors connectors/a/a.c '#include "connectors/b/b.h"'
planted "an include without its room" relative base/a.c '#include "text.h"'
planted "SQLite outside the store" owners runtime/run.c '#include <sqlite3.h>'
planted "libcurl in a connector" owners connectors/a/a.c '#include <curl/curl.h>'
planted "the clock outside its owner" clock lang/a.c 'int64_t t = time(NULL);'
planted "config.h not first" first_is_config base/a.c '#include <stdio.h>'
tap_done
