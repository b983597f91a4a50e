#!/bin/sh
# Prints the automake lists of every room: what lies in a room's folder is built,
# so a new source file, test or connector needs no edit of the build.
# connectors/list.def decides which connector folders count.

export LC_ALL=C

list() { # NAME FILES...: an automake list, one name per line
    name=$1; shift
    printf '%s = \\\n' "$name"
    for f in "$@"; do [ -e "$f" ] && printf '\t%s \\\n' "$f"; done
    printf '\t$(NULL)\n\n'
}

echo "# Made by build-aux/rooms.sh; do not edit."
echo
list base_files base/*.[ch] base/*.def
list lang_files $(ls lang/*.[ch] lang/*.def 2>/dev/null | grep -vE '^lang/(parser\.[ch]|lexer\.c|embedded_)')
list runtime_files $(ls runtime/*.[ch] runtime/*.def 2>/dev/null | grep -v '^runtime/embedded_')
list cli_files $(ls cli/*.[ch] cli/*.def 2>/dev/null | grep -vE '^cli/(embedded_|main\.c)')

names=$(sed -n 's/^CONNECTOR(\([a-z_]*\)).*/\1/p' connectors/list.def)
files=
catalogs=
for n in $names; do
    files="$files $(ls connectors/$n/*.[ch] connectors/$n/*.def 2>/dev/null | tr '\n' ' ')"
    catalogs="$catalogs $(ls connectors/$n/catalog.mlc 2>/dev/null || :)"
done
list connector_files connectors/list.def $files
list connector_catalogs $catalogs
list connector_pages $(for n in $names; do ls connectors/$n/*.md 2>/dev/null; done)
list code_pages $(ls doc/codes/*.md 2>/dev/null)
list example_files $(find examples -type f \( -name '*.mlc' -o -name '*.csv' -o -name README.md \) ! -path '*/.mlc/*' | sort)
list help_topics $(ls doc/help/*.txt 2>/dev/null)

tests=
for f in tests/unit/*.c; do
    [ -e "$f" ] || continue
    t=$(basename "$f" .c)
    tests="$tests tests/unit/$t.t"
    id=$(echo "tests_unit_${t}_t" | tr -c 'a-zA-Z0-9_\n' '_')
    printf '%s_SOURCES = %s\n%s_LDADD = $(test_ldadd)\n\n' "$id" "$f" "$id"
done
printf 'unit_programs = \\\n'
for t in $tests; do printf '\t%s \\\n' "$t"; done
printf '\t$(NULL)\n\n'
list test_scripts $(ls tests/golden/*.t tests/wire/*.t tests/e2e/*.t tests/lint/*.t 2>/dev/null)
list long_scripts $(ls tests/long/*.t 2>/dev/null)
list lint_scripts $(ls tests/lint/*.t 2>/dev/null)

programs=
samples=
for f in tests/fuzz/*.c; do
    [ -e "$f" ] || continue
    t=$(basename "$f" .c)
    programs="$programs tests/fuzz/$t"
    samples="$samples tests/fuzz/$t.t"
    printf 'tests_fuzz_%s_t_SOURCES = %s tests/lib/fuzz_sample.c\ntests_fuzz_%s_t_LDADD = $(test_ldadd)\n' "$t" "$f" "$t"
    printf 'tests_fuzz_%s_SOURCES = %s\ntests_fuzz_%s_LDADD = $(rooms_ldadd) $(libs_ldadd)\n' "$t" "$f" "$t"
    printf 'tests_fuzz_%s_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer\n\n' "$t"
done
printf 'fuzz_samples = \\\n'
for t in $samples; do printf '\t%s \\\n' "$t"; done
printf '\t$(NULL)\n\n'
printf 'fuzz_programs = \\\n'
for t in $programs; do printf '\t%s \\\n' "$t"; done
printf '\t$(NULL)\n\n'
list dist_data $(find tests examples doc editors connectors -type f \
    ! -path 'tests/unit/*' ! -name '*.gcda' ! -path 'tests/fuzz/*.t' ! -path 'tests/fuzz/*.o' ! -name '*.got' ! -name '*.log' ! -name '*.trs' ! -path '*/.mlc/*' ! -name '.dirstamp' \
    ! -path '*/.deps/*' ! -name '*.o' ! -name '*.a' ! -name 'embedded_*' 2>/dev/null | sort)
