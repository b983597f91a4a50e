" Flow files of mlc. Words: `mlc help words`; a test keeps this list whole.
if exists("b:current_syntax")
  finish
endif

syn iskeyword @,48-57,_
syn keyword mlcVerb hold reject skip warn stop leave clear
syn keyword mlcConstant yes no missing
syn keyword mlcWord add after and as at between choose contains define else every expect find flow given if in is let limit matches not on once or otherwise owner read recheck require set table test then try use was when where write by connection ends from log object to
syn match mlcWord "\<is not one of\>"
syn match mlcWord "\<starts with\>"
syn match mlcWord "\<is missing\>"
syn match mlcWord "\<is present\>"
syn match mlcWord "\<ends with\>"
syn match mlcWord "\<is one of\>"
syn match mlcWord "\<on change\>"
syn match mlcWord "\<when gone\>"
syn match mlcWord "\<for each\>"
syn match mlcWord "\<match on\>"
syn match mlcWord "\<one per\>"
syn match mlcWord "\<is not\>"
syn match mlcArrow "->\|=>"
syn match mlcNumber "\<\d[0-9_]*\(\.\d\+\)\?%\?"
syn match mlcDate "\<\d\{4}-\d\d-\d\d\>"
syn match mlcTime "\<\d\d:\d\d\>"
syn match mlcMoney "\<\d[0-9_]*\(\.\d\+\)\? [A-Z]\{3}\>"
syn match mlcQuoted "`[^`]*`"
syn match mlcField "^\s*[A-Za-z_][A-Za-z0-9_.]*\ze\s*=[^=>]"
syn region mlcText start=+"+ skip=+\\.+ end=+"+ oneline contains=mlcHole
syn match mlcHole "{[^}"]*}" contained
syn match mlcComment "//.*$" contains=mlcTodo
syn match mlcDoc "###.*$" contains=mlcTodo
syn keyword mlcTodo TODO FIXME contained

hi def link mlcVerb Exception
hi def link mlcConstant Boolean
hi def link mlcWord Statement
hi def link mlcArrow Operator
hi def link mlcNumber Number
hi def link mlcDate Number
hi def link mlcTime Number
hi def link mlcMoney Number
hi def link mlcQuoted Identifier
hi def link mlcField Identifier
hi def link mlcText String
hi def link mlcHole Special
hi def link mlcComment Comment
hi def link mlcDoc SpecialComment
hi def link mlcTodo Todo

let b:current_syntax = "mlc"
