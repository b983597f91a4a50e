%require "3.8"
%define api.pure full
%define api.prefix {mlc_yy}
%define api.value.type {int}
%param {void *scanner}
%{
#include "config.h"
#include "lang/parser.h"
int mlc_yylex(MLC_YYSTYPE *value, void *scanner);
static void mlc_yyerror(void *scanner, const char *text) { (void)scanner; (void)text; }
%}
%%
file: %empty ;
%%
