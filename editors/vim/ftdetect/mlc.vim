autocmd BufNewFile,BufRead *.mlc setfiletype mlc
