#!/bin/sh
# Writes the highlighting of both editors from lang/words.def, so that a new
# word of the language is never missing there. A lint test runs it with
# --check.
set -e
cd "$(dirname "$0")/.."
words() { # GROUP: its words, the longest first
    sed -n "s/^WORD(\"\\([a-z ]*\\)\", *[A-Z_]*, *$1, .*/\\1/p" lang/words.def |
        awk '{ print length($0), $0 }' | sort -k1,1nr -k2 | cut -d' ' -f2-
}
alternatives() { # GROUP SEPARATOR-FOR-BLANKS
    words "$1" | sed "s/ /$2/g" | paste -sd'|' -
}
all_words() {
    for group in KEY VALUE SOFT MULTI; do words $group; done | LC_ALL=C sort | paste -sd'|' -
}
types='text|number|integer|yes/no|date|time|datetime|duration|percent|money|list|record'
flags='required|always|needed|read_only|create_only|write_only|searchable|unique|sensitive|float_noise|empty_is_missing'

textmate() {
    cat <<END
{
  "name": "mlc",
  "scopeName": "source.mlc",
  "comment": "made by editors/generate.sh from lang/words.def: $(all_words)",
  "fileTypes": ["mlc"],
  "patterns": [
    { "match": "^\\\\s*###.*\$", "name": "comment.line.documentation.mlc" },
    { "match": "//.*\$", "name": "comment.line.double-slash.mlc" },
    {
      "begin": "\"", "end": "\"|\$", "name": "string.quoted.double.mlc",
      "patterns": [
        { "match": "\\\\\\\\(u\\\\{[0-9A-Fa-f]*\\\\}|.)", "name": "constant.character.escape.mlc" },
        { "match": "\\\\{[^{}\"]*\\\\}", "name": "meta.embedded.hole.mlc" }
      ]
    },
    { "match": "\`[^\`\\\\n]*\`", "name": "variable.other.quoted.mlc" },
    {
      "match": "((?:[A-Za-z_]\\\\w*|\`[^\`]*\`)(?:\\\\.(?:[A-Za-z_]\\\\w*|\`[^\`]*\`))*)[ \\\\t]*(=)(?![=>])",
      "captures": {
        "1": { "name": "entity.name.variable.mlc" },
        "2": { "name": "keyword.operator.assignment.mlc" }
      }
    },
    { "match": "(?<=\\\\.)[A-Za-z_]\\\\w*", "name": "variable.other.member.mlc" },
    { "match": "\\\\b[A-Za-z_]\\\\w*(?=[ \\\\t]*:)", "name": "variable.other.member.mlc" },
    { "match": "\\\\b\\\\d{4}-\\\\d{2}-\\\\d{2}\\\\b|\\\\b\\\\d{2}:\\\\d{2}(:\\\\d{2})?\\\\b", "name": "constant.other.date.mlc" },
    { "match": "\\\\b\\\\d+(_\\\\d+)*(\\\\.\\\\d+)?(%|[ \\\\t]*[A-Z]{3}\\\\b|[ \\\\t]+(second|minute|hour|day|week|month|year)s?\\\\b)?", "name": "constant.numeric.mlc" },
    { "match": "\\\\b($(alternatives MULTI '\\\\s+'))\\\\b", "name": "keyword.control.mlc" },
    { "match": "\\\\b($(alternatives KEY ' '))\\\\b", "name": "keyword.control.mlc" },
    { "match": "\\\\b($(alternatives VALUE ' '))\\\\b", "name": "constant.language.mlc" },
    { "match": "^\\\\s*(connection|object)\\\\b|(?<=->)[ \\\\t]*log\\\\b|\\\\b(from|to)\\\\b(?=[ \\\\t]+[\"0-9])", "name": "keyword.other.mlc" },
    { "match": "\\\\b($types)\\\\b", "name": "support.type.mlc" },
    { "match": "\\\\b($flags)\\\\b", "name": "storage.modifier.mlc" },
    { "match": "\\\\b[A-Za-z_]\\\\w*(?=[ \\\\t]*\\\\()", "name": "support.function.mlc" },
    { "match": "->|=>|<=|>=|[-+*/<>=]", "name": "keyword.operator.mlc" }
  ]
}
END
}

vim() {
    cat <<END
" Vim syntax file: mlc. Made by editors/generate.sh from lang/words.def:
" $(all_words)
if exists("b:current_syntax")
  finish
endif
syn case match
syn match mlcNumber /\\<\\d\\+\\(_\\d\\+\\)*\\(\\.\\d\\+\\)\\?\\(%\\|\\s*[A-Z]\\{3}\\>\\|\\s\\+\\(second\\|minute\\|hour\\|day\\|week\\|month\\|year\\)s\\?\\>\\)\\?/
syn match mlcDate /\\<\\d\\{4}-\\d\\d-\\d\\d\\>\\|\\<\\d\\d:\\d\\d\\>/
syn match mlcOperator /->\\|=>\\|<=\\|>=\\|[-+*<>]/
syn match mlcFunction /\\<\\h\\w*\\ze\\s*(/
syn keyword mlcType $(echo "$types" | tr '|' '\n' | grep -v / | paste -sd' ' -)
syn match mlcType #yes/no#
syn keyword mlcFlag $(echo "$flags" | tr '|' ' ')
syn keyword mlcValue $(words VALUE | paste -sd' ' -)
$(words KEY | sed 's/.*/syn match mlcWord \/\\<&\\>\//')
$(words MULTI | sed 's/ /\\_s\\+/g; s/.*/syn match mlcWord \/\\<&\\>\//')
syn match mlcWord /^\\s*\\zs\\(connection\\|object\\)\\>/
syn match mlcWord /->\\s*\\zslog\\>/
syn match mlcWord /\\<\\(from\\|to\\)\\ze\\s\\+["0-9]/
syn match mlcField /\\(\\h\\w*\\|\`[^\`]*\`\\)\\(\\.\\(\\h\\w*\\|\`[^\`]*\`\\)\\)*\\ze\\s*=\\([=>]\\)\\@!/
syn match mlcMember /\\.\\@<=\\h\\w*/
syn match mlcKey /\\<\\h\\w*\\ze\\s*:/
syn match mlcQuoted /\`[^\`]*\`/
syn match mlcEscape /\\\\\\(u{\\x*}\\|.\\)/ contained
syn match mlcHole /{[^{}"]*}/ contained
syn region mlcText start=/"/ skip=/\\\\./ end=/"/ oneline contains=mlcEscape,mlcHole
syn match mlcComment #//.*# contains=@Spell
syn match mlcDoc /^\\s*###.*/ contains=@Spell

hi def link mlcNumber Number
hi def link mlcDate Number
hi def link mlcOperator Operator
hi def link mlcFunction Function
hi def link mlcType Type
hi def link mlcFlag StorageClass
hi def link mlcValue Constant
hi def link mlcWord Keyword
hi def link mlcField Identifier
hi def link mlcQuoted Identifier
hi def link mlcEscape Special
hi def link mlcHole Special
hi def link mlcText String
hi def link mlcComment Comment
hi def link mlcDoc SpecialComment
let b:current_syntax = "mlc"
END
}

one() { # FUNCTION FILE
    if [ "$check" ]; then
        $1 | cmp -s - "$2" || { echo "$2 is not what lang/words.def says: run editors/generate.sh"; exit 1; }
    else
        $1 > "$2.new" && mv "$2.new" "$2"
    fi
}
check=
[ "${1:-}" != --check ] || check=yes
one textmate editors/vscode/syntaxes/mlc.tmLanguage.json
one vim editors/vim/syntax/mlc.vim
