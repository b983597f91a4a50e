autocmd BufNewFile,BufRead *.mlc setlocal filetype=mlc commentstring=//\ %s
