#!/bin/sh
# embed.sh NAME FILE...: prints a C source with the texts of FILEs as a table
# `struct embedded_text NAME[]`, ended by a row without name. A row's name is
# the file's path without its first folder and its ending, e.g. "exact/catalog";
# with --whole before NAME the ending stays.
set -e
ending='s|\.[^./]*$||'
if [ "$1" = --whole ]; then ending=; shift; fi
name=$1; shift
echo '/* Made by build-aux/embed.sh; do not edit. */'
echo '#include "config.h"'
echo '#include "base/embedded.h"'
n=0
for f in "$@"; do
    printf 'static const unsigned char text_%d[] = {\n' $n
    od -An -v -tu1 "$f" | sed 's/  */,/g; s/^,//; s/$/,/'
    echo '0 };'
    n=$((n + 1))
done
printf 'const struct embedded_text %s[] = {\n' "$name"
n=0
for f in "$@"; do
    row=$(printf '%s' "$f" | sed 's|.*/\(connectors\|doc\|lang\|examples\)/||; s|^[a-z]*/||; '"$ending")
    printf '{ "%s", (const char *)text_%d, sizeof text_%d - 1 },\n' "$row" $n $n
    n=$((n + 1))
done
echo '{ 0, 0, 0 } };'
