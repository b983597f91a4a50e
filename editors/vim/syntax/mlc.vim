" Vim syntax file: mlc. Made by editors/generate.sh from lang/words.def:
" add|after|and|as|at|between|by|choose|clear|connection|contains|define|else|ends|ends with|every|expect|find|flow|for each|from|given|hold|if|in|is|is missing|is not|is not one of|is one of|is present|leave|let|limit|log|match on|matches|missing|no|not|object|on|on change|once|one per|or|otherwise|owner|read|recheck|reject|require|set|skip|starts with|stop|table|test|then|to|try|use|warn|was|when|when gone|where|write|yes
if exists("b:current_syntax")
  finish
endif
syn case match
syn match mlcNumber /\<\d\+\(_\d\+\)*\(\.\d\+\)\?\(%\|\s*[A-Z]\{3}\>\|\s\+\(second\|minute\|hour\|day\|week\|month\|year\)s\?\>\)\?/
syn match mlcDate /\<\d\{4}-\d\d-\d\d\>\|\<\d\d:\d\d\>/
syn match mlcOperator /->\|=>\|<=\|>=\|[-+*<>]/
syn match mlcFunction /\<\h\w*\ze\s*(/
syn keyword mlcType text number integer date time datetime duration percent money list record
syn match mlcType #yes/no#
syn keyword mlcFlag required always needed read_only create_only write_only searchable unique sensitive float_noise empty_is_missing
syn keyword mlcValue missing yes no
syn match mlcWord /\<otherwise\>/
syn match mlcWord /\<contains\>/
syn match mlcWord /\<between\>/
syn match mlcWord /\<matches\>/
syn match mlcWord /\<recheck\>/
syn match mlcWord /\<require\>/
syn match mlcWord /\<choose\>/
syn match mlcWord /\<define\>/
syn match mlcWord /\<expect\>/
syn match mlcWord /\<reject\>/
syn match mlcWord /\<after\>/
syn match mlcWord /\<clear\>/
syn match mlcWord /\<every\>/
syn match mlcWord /\<given\>/
syn match mlcWord /\<leave\>/
syn match mlcWord /\<limit\>/
syn match mlcWord /\<owner\>/
syn match mlcWord /\<table\>/
syn match mlcWord /\<where\>/
syn match mlcWord /\<write\>/
syn match mlcWord /\<else\>/
syn match mlcWord /\<find\>/
syn match mlcWord /\<flow\>/
syn match mlcWord /\<hold\>/
syn match mlcWord /\<once\>/
syn match mlcWord /\<read\>/
syn match mlcWord /\<skip\>/
syn match mlcWord /\<stop\>/
syn match mlcWord /\<test\>/
syn match mlcWord /\<then\>/
syn match mlcWord /\<warn\>/
syn match mlcWord /\<when\>/
syn match mlcWord /\<add\>/
syn match mlcWord /\<and\>/
syn match mlcWord /\<let\>/
syn match mlcWord /\<not\>/
syn match mlcWord /\<set\>/
syn match mlcWord /\<try\>/
syn match mlcWord /\<use\>/
syn match mlcWord /\<was\>/
syn match mlcWord /\<as\>/
syn match mlcWord /\<at\>/
syn match mlcWord /\<if\>/
syn match mlcWord /\<in\>/
syn match mlcWord /\<is\>/
syn match mlcWord /\<on\>/
syn match mlcWord /\<or\>/
syn match mlcWord /\<is\_s\+not\_s\+one\_s\+of\>/
syn match mlcWord /\<starts\_s\+with\>/
syn match mlcWord /\<is\_s\+missing\>/
syn match mlcWord /\<is\_s\+present\>/
syn match mlcWord /\<ends\_s\+with\>/
syn match mlcWord /\<is\_s\+one\_s\+of\>/
syn match mlcWord /\<on\_s\+change\>/
syn match mlcWord /\<when\_s\+gone\>/
syn match mlcWord /\<for\_s\+each\>/
syn match mlcWord /\<match\_s\+on\>/
syn match mlcWord /\<one\_s\+per\>/
syn match mlcWord /\<is\_s\+not\>/
syn match mlcWord /^\s*\zs\(connection\|object\)\>/
syn match mlcWord /->\s*\zslog\>/
syn match mlcWord /\<\(from\|to\)\ze\s\+["0-9]/
syn match mlcField /\(\h\w*\|`[^`]*`\)\(\.\(\h\w*\|`[^`]*`\)\)*\ze\s*=\([=>]\)\@!/
syn match mlcMember /\.\@<=\h\w*/
syn match mlcKey /\<\h\w*\ze\s*:/
syn match mlcQuoted /`[^`]*`/
syn match mlcEscape /\\\(u{\x*}\|.\)/ contained
syn match mlcHole /{[^{}"]*}/ contained
syn region mlcText start=/"/ skip=/\\./ end=/"/ oneline contains=mlcEscape,mlcHole
syn match mlcComment #//.*# contains=@Spell
syn match mlcDoc /^\s*###.*/ contains=@Spell

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
