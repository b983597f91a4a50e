/* The grammar of mlc. It builds the tree and nothing else: what names and
 * words mean is the checker's. Nodes come from the program's arena, so error
 * recovery leaks nothing. Keep `%expect 0`: a new form that conflicts needs
 * another spelling, not a higher number. */
%require "3.8"
%define api.pure full
%define api.prefix {mlc_yy}
%define api.token.prefix {TOK_}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {struct parse *p}

%code requires {
#include "lang/parse.h"
}

%code provides {
int mlc_yylex(MLC_YYSTYPE *value, struct span *at, struct parse *p);
/* parse_error.c: the sentence about a token that cannot stand where it is. */
void parse_report(struct parse *p, struct span at, int token,
                  const char *token_name, const int *expected,
                  const char *const *expected_names, int count);
}

%{
#include "config.h"
#include "lang/parser.h"

#define YYMAXDEPTH 8000
#define YYLLOC_DEFAULT(cur, rhs, n)                                         \
    do {                                                                    \
        if (n) {                                                            \
            (cur).source = YYRHSLOC(rhs, 1).source;                         \
            (cur).start = YYRHSLOC(rhs, 1).start;                           \
            (cur).end = YYRHSLOC(rhs, n).end;                               \
        } else {                                                            \
            (cur).source = YYRHSLOC(rhs, 0).source;                         \
            (cur).start = (cur).end = YYRHSLOC(rhs, 0).end;                 \
        }                                                                   \
    } while (0)

/* After a mistake: go on at the token in hand, or drop it. */
#define RECOVER(what)                                                       \
    do {                                                                    \
        enum recovery how = build_recover(p, (what), yychar);               \
        if (how == RECOVERY_DROP)                                           \
            yyclearin;                                                      \
        if (how == RECOVERY_SURE)                                           \
            yyerrok;                                                        \
    } while (0)

static void mlc_yyerror(struct span *at, struct parse *p, const char *text);

static struct node *kids1(struct parse *p, enum node_kind kind,
                          struct span span, struct node *a)
{
    return node_pair(p, kind, span, a, NULL);
}

static struct node *kids3(struct parse *p, enum node_kind kind,
                          struct span span, struct node *a, struct node *b,
                          struct node *c)
{
    struct node *n = node_pair(p, kind, span, a, b);

    node_kid(p, n, 2, c);
    return n;
}

static struct node *named(struct parse *p, enum node_kind kind,
                          struct span span, struct text name,
                          struct span name_span, struct node *a)
{
    struct node *n = node_text(p, kind, span, name, name_span);

    node_kid(p, n, 0, a);
    return n;
}
%}

%union {
    struct text text;
    struct node *node;
    struct chain chain;
    enum verb verb;
}

%token START_FILE "a file" START_EXPR "an expression" START_HOLE "a hole"
%token <text>
    NAME "a name" FIELD "`field =`" STRING "a text in double quotes"
    NUMBER "a number" MONEY "an amount" PERCENT "a percentage" DATE "a date"
    TIME "a time" DURATION "a duration" YESNO "`yes` or `no`"
    MISSING "`missing`"
%token IF_BEHIND "`if` behind a value" /* of `a if c else b` */
%token QUESTION "`?`" /* of `c ? a : b` */
%token FORM "a value" /* a form of SQL or Excel, told */
%token
    USE "`use`" AS "`as`" SET "`set`" LET "`let`" DEFINE "`define`"
    TABLE "`table`" FROM "`from`" OTHERWISE "`otherwise`" FLOW "`flow`"
    WAS "`was`" CONNECTION "`connection`" OBJECT "`object`" TEST "`test`"
    GIVEN "`given`" EXPECT "`expect`"
    WHERE "`where`" FOR_EACH "`for each`" IN "`in`" ONE_PER "`one per`"
    EVERY "`every`" AT "`at`" ON "`on`" ON_CHANGE "`on change`"
    AFTER "`after`" OWNER "`owner`" READ "`read`" RECHECK "`recheck`"
    WRITE "`write`" LIMIT "`limit`" TO "`to`" MATCH_ON "`match on`"
    FIND "`find`" REQUIRE "`require`" ADD "`add`" WHEN_GONE "`when gone`"
    WHEN "`when`" ONCE "`once`"
    HOLD "`hold`" REJECT_RECORD "`reject`" SKIP "`skip`" WARN "`warn`"
    STOP "`stop`" LEAVE "`leave`" CLEAR "`clear`"
    IS "`is`" IS_NOT "`is not`" IS_MISSING "`is missing`"
    IS_PRESENT "`is present`" IS_ONE_OF "`is one of`"
    IS_NOT_ONE_OF "`is not one of`" AND "`and`" OR "`or`" NOT "`not`"
    BETWEEN "`between`" CONTAINS "`contains`" STARTS_WITH "`starts with`"
    ENDS_WITH "`ends with`" MATCHES "`matches`"
    IF "`if`" THEN "`then`" ELSE "`else`" CHOOSE "`choose`" TRY "`try`"
    ARROW "`->`" FATARROW "`=>`" LE "`<=`" GE "`>=`" JOIN "`&`"
    ONE_OF "`one of`" LIST_OF "`list of`" ID_OF "`id of`" RECORD "`record`"
    BY "`by`" ENDS "`ends`"
%token <text> FACT "a fact" FACT_ALONE "`small`" FLAG "a flag"
%token '=' "`=`" '(' "`(`" ')' "`)`" '[' "`[`" ']' "`]`" '{' "`{`" '}' "`}`"
    ',' "`,`" '.' "`.`" ':' "`:`" '+' "`+`" '-' "`-`" '*' "`*`" '/' "`/`"
    '<' "`<`" '>' "`>`"

%type <node> item use set const define table flow connection object_decl test
%type <node> param type from_text row outcome cell plain title_opt object
%type <node> alias_opt object_as target each each_opt where_opt per_opt
%type <node> mods was_opt stmt day amount else_opt loop_opt path
%type <node> row_default once_opt value fallback text
%type <node> expr choose arm armval or and not cmp add mul un post prim args
%type <node> arg clause record field rval setting fact field_decl ftype
%type <node> enum_value enum_wire flag flag_arg time
%type <chain> items params rows cells fbody stmts body names arms arg_list
%type <chain> clauses fields rvals settings settings_opt facts field_decls
%type <chain> enum_values flags flag_args fact_args params_opt write_what
%type <verb> verb

%start start
%%

start
    : START_FILE items {
        p->result = node_new(p, NODE_FILE, @$);
        node_kid(p, p->result, FILE_items, $2.first);
    }
    | START_EXPR value { p->result = $2; }
    | START_HOLE value { p->result = $2; }
    ;

/* ------------------------------------------------------------ file level */

items
    : %empty { $$ = (struct chain){ 0 }; }
    | items item { $$ = $1; node_take_doc(p, $2); chain_add(&$$, $2); }
    ;
item
    : use | set | const | define | table | flow | connection | object_decl
    | test
    | FORM { $$ = node_new(p, NODE_BROKEN, @$); }
    | error {
        $$ = node_new(p, NODE_BROKEN, @$);
        RECOVER(RECOVER_ITEM);
    }
    ;
use
    : USE STRING {
        $$ = named(p, NODE_USE, @$, text_plain(p, $2, @2)->text, @2, NULL);
    }
    | USE STRING AS NAME {
        $$ = named(p, NODE_USE, @$, text_plain(p, $2, @2)->text, @2,
                   node_name(p, $4, @4));
    }
    ;
set
    : SET NAME expr { $$ = named(p, NODE_SET, @$, $2, @2, $3); }
    | SET FIELD expr { $$ = build_set_field(p, $2, @2, @$, $3); }
    ;
const
    : LET FIELD value {
        $$ = build_field_value(p, NODE_CONST, $2, @2, @$, $3);
    }
    ;
define
    : DEFINE NAME '(' params_opt ')' '=' value {
        $$ = node_text(p, NODE_DEFINE, @$, name_decode(p, $2), @2);
        node_kid(p, $$, DEFINE_params, $4.first);
        node_kid(p, $$, DEFINE_value, $7);
    }
    | DEFINE NAME '(' params_opt ')' type '=' value {
        habit(p, @6, "", "what a function gives follows from its value");
        $$ = node_text(p, NODE_DEFINE, @$, name_decode(p, $2), @2);
        node_kid(p, $$, DEFINE_params, $4.first);
        node_kid(p, $$, DEFINE_value, $8);
    }
    | DEFINE NAME '(' params_opt ')' '{' value '}' {
        $$ = node_text(p, NODE_DEFINE, @$, name_decode(p, $2), @2);
        node_kid(p, $$, DEFINE_params, $4.first);
        node_kid(p, $$, DEFINE_value, $7);
        build_braced_define(p, @6, @8);
    }
    ;
params_opt
    : %empty { $$ = (struct chain){ 0 }; }
    | params
    ;
params
    : param { $$ = (struct chain){ 0 }; chain_add(&$$, $1); }
    | params ',' param { $$ = $1; chain_add(&$$, $3); }
    ;
param
    : NAME type {
        $$ = named(p, NODE_PARAM, @$, name_decode(p, $1), @1, $2);
    }
    | NAME ':' type {
        habit(p, @2, "", "the type stands right behind the name");
        $$ = named(p, NODE_PARAM, @$, name_decode(p, $1), @1, $3);
    }
    | NAME { $$ = build_bare_param(p, $1, @1); }
    ;
type
    : NAME { $$ = node_text(p, NODE_TYPE_NAME, @$, $1, @1); }
    | NAME '(' type ')' { $$ = named(p, NODE_TYPE_NAME, @$, $1, @1, $3); }
    | NAME '.' NAME {
        $$ = build_object(p, $1, $3, @1, @3);
        $$->kind = NODE_TYPE_NAME;
    }
    ;

table
    : TABLE NAME '(' params FATARROW params ')' '{' rows '}' {
        $$ = build_table(p, $2, @2, @$, $4.first, $6.first);
        node_kid(p, $$, TABLE_rows, $9.first);
    }
    | TABLE NAME '(' params ARROW params ')' '{' rows '}' {
        habit(p, @5, "=>", "the columns that are given stand behind `=>`");
        $$ = build_table(p, $2, @2, @$, $4.first, $6.first);
        node_kid(p, $$, TABLE_rows, $9.first);
    }
    | TABLE NAME '(' params FATARROW params ')' from_text {
        $$ = build_table(p, $2, @2, @$, $4.first, $6.first);
        node_kid(p, $$, TABLE_from, $8);
    }
    ;
from_text
    : FROM STRING { $$ = text_plain(p, $2, @2); }
    ;
rows
    : %empty { $$ = (struct chain){ 0 }; }
    | rows row { $$ = $1; chain_add(&$$, $2); }
    ;
row
    : cells FATARROW cells {
        $$ = node_pair(p, NODE_ROW, @$, $1.first, $3.first);
    }
    | cells ':' cells {
        habit(p, @2, " =>", "what a row gives stands behind `=>`");
        $$ = node_pair(p, NODE_ROW, @$, $1.first, $3.first);
    }
    | cells ARROW cells {
        habit(p, @2, "=>", "what a row gives stands behind `=>`");
        $$ = node_pair(p, NODE_ROW, @$, $1.first, $3.first);
    }
    | row_default FATARROW cells {
        habit(p, @1, "otherwise", "the row for all other keys is `otherwise`");
        $$ = node_pair(p, NODE_ROW, @$, NULL, $3.first);
    }
    | row_default FATARROW outcome {
        habit(p, @1, "otherwise", "the row for all other keys is `otherwise`");
        $$ = kids3(p, NODE_ROW, @$, NULL, NULL, $3);
    }
    | OTHERWISE FATARROW cells {
        $$ = node_pair(p, NODE_ROW, @$, NULL, $3.first);
    }
    | OTHERWISE FATARROW outcome {
        $$ = kids3(p, NODE_ROW, @$, NULL, NULL, $3);
    }
    ;
row_default /* as it is called elsewhere */
    : NAME { $$ = NULL; }
    | ELSE { $$ = NULL; }
    | '*' { $$ = NULL; }
    ;
cells
    : cell { $$ = (struct chain){ 0 }; chain_add(&$$, $1); }
    | cells ',' cell { $$ = $1; chain_add(&$$, $3); }
    ;
cell
    : STRING { $$ = text_plain(p, $1, @1); }
    | plain
    | '-' NUMBER {
        $$ = literal_negate(literal_number(p, $2, @2), @$);
    }
    | '-' MONEY { $$ = literal_negate(literal_money(p, $2, @2), @$); }
    | '-' PERCENT { $$ = literal_negate(literal_percent(p, $2, @2), @$); }
    | MISSING { $$ = node_new(p, NODE_MISSING_LIT, @$); }
    ;
plain /* literals that mean the same everywhere */
    : NUMBER { $$ = literal_number(p, $1, @1); }
    | MONEY { $$ = literal_money(p, $1, @1); }
    | PERCENT { $$ = literal_percent(p, $1, @1); }
    | DATE { $$ = literal_date(p, $1, @1); }
    | TIME { $$ = literal_time(p, $1, @1); }
    | DURATION { $$ = literal_duration(p, $1, @1); }
    | YESNO {
        $$ = node_new(p, NODE_YESNO_LIT, @$);
        $$->lit.flag = text_is($1, "yes") || text_equal_nocase($1, TEXT("true"));
    }
    ;

connection
    : CONNECTION NAME IS NAME settings_opt {
        $$ = named(p, NODE_CONNECTION, @$, name_decode(p, $2), @2, $5.first);
        $$->lit.word = name_decode(p, $4);
    }
    ;
settings_opt
    : %empty { $$ = (struct chain){ 0 }; }
    | '{' settings '}' { $$ = $2; }
    ;
settings
    : %empty { $$ = (struct chain){ 0 }; }
    | settings setting { $$ = $1; chain_add(&$$, $2); }
    ;
setting
    : FIELD cell {
        $$ = build_field_value(p, NODE_SETTING, $1, @1, @$, $2);
    }
    ;

/* ------------------------------------------------------- declared objects */

object_decl
    : OBJECT object title_opt '{' { build_body_open(p); }
      facts field_decls '}' {
        build_body_close(p);
        $$ = node_new(p, NODE_OBJECT_DECL, @$);
        node_kid(p, $$, OBJECT_DECL_object, $2);
        node_kid(p, $$, OBJECT_DECL_title, $3);
        node_kid(p, $$, OBJECT_DECL_facts, $6.first);
        node_kid(p, $$, OBJECT_DECL_fields, $7.first);
    }
    ;
title_opt
    : %empty { $$ = NULL; }
    | STRING { $$ = text_plain(p, $1, @1); }
    ;
facts
    : %empty { $$ = (struct chain){ 0 }; }
    | facts fact { $$ = $1; chain_add(&$$, $2); }
    ;
fact
    : FACT_ALONE { $$ = node_text(p, NODE_FACT, @$, $1, @1); }
    | FACT fact_args { $$ = build_fact(p, $1, @1, @$, $2.first, NULL); }
    | FACT fact_args BY path {
        $$ = build_fact(p, $1, @1, @$, $2.first, $4);
    }
    ;
fact_args
    : names
    | cell { $$ = (struct chain){ 0 }; chain_add(&$$, $1); }
    | path cell {
        $$ = (struct chain){ 0 };
        chain_add(&$$, $1);
        chain_add(&$$, $2);
    }
    ;
field_decls
    : %empty { $$ = (struct chain){ 0 }; }
    | field_decls field_decl {
        $$ = $1;
        node_take_doc(p, $2);
        chain_add(&$$, $2);
    }
    ;
field_decl
    : NAME ftype flags { $$ = build_field_decl(p, $1, @1, @$, $2, $3.first); }
    | error {
        $$ = node_new(p, NODE_BROKEN, @$);
        RECOVER(RECOVER_FIELD);
    }
    ;
ftype
    : NAME { $$ = node_text(p, NODE_FIELD_TYPE, @$, $1, @1); }
    | NAME '(' NUMBER ')' {
        $$ = named(p, NODE_FIELD_TYPE, @$, $1, @1,
                   literal_number(p, $3, @3));
    }
    | object {
        $$ = named(p, NODE_FIELD_TYPE, @$, TEXT("object"), @1, $1);
    }
    | ONE_OF enum_values {
        $$ = named(p, NODE_FIELD_TYPE, @$, TEXT("one of"), @1, $2.first);
    }
    | LIST_OF ftype {
        $$ = node_text(p, NODE_FIELD_TYPE, @$, TEXT("list of"), @1);
        node_kid(p, $$, FIELD_TYPE_item, $2);
    }
    | ID_OF object {
        $$ = named(p, NODE_FIELD_TYPE, @$, TEXT("id of"), @1, $2);
    }
    | RECORD '{' { build_body_open(p); } field_decls '}' {
        build_body_close(p);
        $$ = node_text(p, NODE_FIELD_TYPE, @$, TEXT("record"), @1);
        node_kid(p, $$, FIELD_TYPE_fields, $4.first);
    }
    ;
enum_values
    : enum_value { $$ = (struct chain){ 0 }; chain_add(&$$, $1); }
    | enum_values ',' enum_value { $$ = $1; chain_add(&$$, $3); }
    ;
enum_value
    : STRING enum_wire {
        $$ = named(p, NODE_ENUM_VALUE, @$, text_plain(p, $1, @1)->text, @1,
                   $2);
    }
    | STRING enum_wire ENDS {
        $$ = named(p, NODE_ENUM_VALUE, @$, text_plain(p, $1, @1)->text, @1,
                   $2);
        $$->lit.flag = true;
    }
    ;
enum_wire
    : %empty { $$ = NULL; }
    | AS cell { $$ = $2; }
    ;
flags
    : %empty { $$ = (struct chain){ 0 }; }
    | flags flag { $$ = $1; chain_add(&$$, $2); }
    ;
flag
    : FLAG { $$ = node_text(p, NODE_FLAG, @$, $1, @1); }
    | FLAG '(' flag_args ')' {
        $$ = named(p, NODE_FLAG, @$, $1, @1, $3.first);
    }
    | from_text
    ;
flag_args
    : flag_arg { $$ = (struct chain){ 0 }; chain_add(&$$, $1); }
    | flag_args ',' flag_arg { $$ = $1; chain_add(&$$, $3); }
    ;
flag_arg
    : path
    | STRING { $$ = text_pattern(p, $1, @1); }
    | plain
    ;

/* -------------------------------------------------------------- sentences */

flow
    : object_as arrow target mods fbody {
        $$ = build_flow(p, @$, $1, $3, $4, $5.first);
    }
    | NAME object_as arrow target mods fbody {
        habit(p, @1, "", "a flow is its sentence: App.object -> App.object");
        $$ = build_flow(p, @$, $2, $4, $5, $6.first);
    }
    | FLOW STRING object_as arrow target mods fbody {
        build_flow_told(p, $2, @2);
        $$ = build_flow(p, @$, $3, $5, $6, $7.first);
    }
    | FLOW NAME was_opt title_opt object_as arrow target mods fbody {
        $$ = build_flow(p, @$, $5, $7, $8, $9.first);
        build_flow_label(p, $$, node_name(p, $2, @2), $3, $4);
    }
    ;
arrow
    : ARROW
    | FATARROW { habit(p, @1, "->", "from source to target points `->`"); }
    | '<' '-' {
        habit(p, @$, NULL, "the source stands first: source -> target");
        p->swapped = true;
    }
    ;
was_opt
    : %empty { $$ = NULL; }
    | WAS NAME { $$ = node_name(p, $2, @2); }
    ;
object
    : NAME '.' NAME { $$ = build_object(p, $1, $3, @1, @3); }
    ;
object_as
    : object alias_opt {
        $$ = $1;
        $$->span = @$;
        node_kid(p, $$, OBJECT_REF_alias, $2);
    }
    ;
alias_opt
    : %empty { $$ = NULL; }
    | AS NAME { $$ = node_name(p, $2, @2); }
    ;
target
    : object_as
    | NAME { $$ = build_log(p, $1, @1); }
    ;
mods
    : each_opt where_opt per_opt {
        $$ = kids3(p, NODE_MODS, @$, $1, $2, $3);
    }
    ;
each
    : FOR_EACH NAME IN expr {
        $$ = named(p, NODE_EACH, @$, name_decode(p, $2), @2, $4);
    }
    ;
each_opt
    : %empty { $$ = NULL; }
    | each
    ;
where_opt
    : %empty { $$ = NULL; }
    | WHERE expr { $$ = $2; }
    ;
per_opt
    : %empty { $$ = NULL; }
    | ONE_PER expr { $$ = $2; }
    ;
loop_opt
    : %empty { $$ = NULL; }
    | each where_opt {
        $$ = $1;
        $$->span = @$;
        node_kid(p, $$, EACH_where, $2);
    }
    ;
fbody
    : %empty { $$ = (struct chain){ 0 }; }
    | body
    ;
body
    : '{' { build_body_open(p); } stmts '}' {
        build_body_close(p);
        $$ = $3;
    }
    ;

/* ------------------------------------------------------------- statements */

stmts
    : %empty { $$ = (struct chain){ 0 }; }
    | stmts stmt {
        $$ = $1;
        chain_add(&$$, $2);
        p->recovered = $2->kind == NODE_BROKEN;
        if (!p->recovered) yyerrok;
    }
    ;
stmt
    : error {
        $$ = node_new(p, NODE_BROKEN, @$);
        RECOVER(RECOVER_STATEMENT);
    }
    | EVERY DURATION {
        $$ = kids1(p, NODE_EVERY, @$, literal_duration(p, $2, @2));
    }
    | EVERY NAME AT time {
        $$ = node_text(p, NODE_EVERY, @$, $2, @2);
        node_kid(p, $$, EVERY_time, $4);
    }
    | EVERY NAME ON day AT time {
        $$ = node_text(p, NODE_EVERY, @$, $2, @2);
        node_kid(p, $$, EVERY_day, $4);
        node_kid(p, $$, EVERY_time, $6);
    }
    | ON_CHANGE { $$ = node_new(p, NODE_ON_CHANGE, @$); }
    | RECHECK EVERY DURATION {
        $$ = kids1(p, NODE_RECHECK, @$, literal_duration(p, $3, @3));
    }
    | AFTER NAME { $$ = node_text(p, NODE_AFTER, @$, name_decode(p, $2), @2); }
    | OWNER STRING {
        $$ = node_text(p, NODE_OWNER, @$, text_plain(p, $2, @2)->text, @2);
    }
    | READ NAME { $$ = node_text(p, NODE_READ, @$, $2, @2); }
    | READ NAME FROM DATE {
        $$ = named(p, NODE_READ, @$, $2, @2, literal_date(p, $4, @4));
    }
    | READ NAME FROM STRING {
        $$ = named(p, NODE_READ, @$, $2, @2, NULL);
        build_quoted_date(p, @4);
    }
    | WRITE write_what { $$ = kids1(p, NODE_WRITE, @$, $2.first); }
    | LIMIT NAME TO amount { $$ = named(p, NODE_LIMIT, @$, $2, @2, $4); }
    | MATCH_ON names { $$ = kids1(p, NODE_MATCH_ON, @$, $2.first); }
    | LET FIELD value {
        $$ = build_field_value(p, NODE_LET, $2, @2, @$, $3);
    }
    | FIND NAME IN object WHERE expr else_opt {
        $$ = node_text(p, NODE_FIND, @$, name_decode(p, $2), @2);
        node_kid(p, $$, FIND_object, $4);
        node_kid(p, $$, FIND_where, $6);
        node_kid(p, $$, FIND_outcome, $7);
    }
    | FIND NAME object WHERE expr else_opt {
        build_find_told(p, @3, "in ", TEXT_NONE, @2);
        $$ = node_text(p, NODE_FIND, @$, name_decode(p, $2), @2);
        node_kid(p, $$, FIND_object, $3);
        node_kid(p, $$, FIND_where, $5);
        node_kid(p, $$, FIND_outcome, $6);
    }
    | FIND NAME NAME object WHERE expr else_opt {
        build_find_told(p, @3, NULL, $3, @2);
        $$ = node_text(p, NODE_FIND, @$, name_decode(p, $2), @2);
        node_kid(p, $$, FIND_object, $4);
        node_kid(p, $$, FIND_where, $6);
        node_kid(p, $$, FIND_outcome, $7);
    }
    | FIND NAME NAME IN object WHERE expr else_opt {
        build_find_told(p, @3, NULL, TEXT_NONE, @2);
        $$ = node_text(p, NODE_FIND, @$, name_decode(p, $3), @3);
        node_kid(p, $$, FIND_object, $5);
        node_kid(p, $$, FIND_where, $7);
        node_kid(p, $$, FIND_outcome, $8);
    }
    | REQUIRE or OR outcome {
        habit(p, @3, "else", "what happens otherwise stands behind `else`");
        $$ = node_pair(p, NODE_REQUIRE, @$, $2, $4);
    }
    | REQUIRE expr OTHERWISE outcome {
        habit(p, @3, "else", "what happens otherwise stands behind `else`");
        $$ = node_pair(p, NODE_REQUIRE, @$, $2, $4);
    }
    | verb text WHEN expr {
        $$ = build_verb_when(p, $1, @$, $4, $2);
        build_reason_last(p, @1, @2, @4, @$);
    }
    | verb NAME expr text {
        $$ = build_verb_when(p, $1, @$, $3, $4);
        build_unless(p, $2, @2, @3);
    }
    | REQUIRE expr ELSE outcome {
        $$ = node_pair(p, NODE_REQUIRE, @$, $2, $4);
    }
    | verb WHEN expr text { $$ = build_verb_when(p, $1, @$, $3, $4); }
    | FIELD value once_opt {
        $$ = build_field_value(p, NODE_ASSIGN, $1, @1, @$, $2);
        $$->lit.flag = $3 != NULL;
    }
    | FORM { $$ = node_new(p, NODE_BROKEN, @$); }
    | MATCH_ON STRING {
        build_quoted_name(p, $2, @2);
        $$ = node_new(p, NODE_BROKEN, @$);
    }
    | ADD path loop_opt body {
        $$ = build_add(p, $2, $3, $4.first, @$);
    }
    | WHEN_GONE outcome {
        $$ = node_pair(p, NODE_WHEN_GONE, @$, $2, NULL);
    }
    | WHEN_GONE FIELD value {
        $$ = node_pair(p, NODE_WHEN_GONE, @$, NULL,
                       build_field_value(p, NODE_ASSIGN, $2, @2, @$, $3));
        build_gone_told(p, @2, @3);
    }
    | WHEN_GONE body {
        $$ = node_pair(p, NODE_WHEN_GONE, @$, NULL, $2.first);
    }
    ;
time
    : TIME { $$ = literal_time(p, $1, @1); }
    ;
day
    : NUMBER { $$ = literal_number(p, $1, @1); }
    | NAME { $$ = node_name(p, $1, @1); }
    ;
write_what
    : NAME { $$ = (struct chain){ 0 }; chain_add(&$$, node_name(p, $1, @1)); }
    | write_what OR NAME {
        habit(p, @2, "and", "what is new is created and what is there updated by `creates and updates`");
        $$ = $1;
        chain_add(&$$, node_name(p, $3, @3));
    }
    | write_what ',' NAME {
        habit(p, @2, " and", "what is new is created and what is there updated by `creates and updates`");
        $$ = $1;
        chain_add(&$$, node_name(p, $3, @3));
    }
    | write_what AND NAME { $$ = $1; chain_add(&$$, node_name(p, $3, @3)); }
    ;
amount
    : NUMBER { $$ = literal_number(p, $1, @1); }
    | PERCENT { $$ = literal_percent(p, $1, @1); }
    | MONEY { $$ = literal_money(p, $1, @1); }
    ;
names
    : path { $$ = (struct chain){ 0 }; chain_add(&$$, $1); }
    | names ',' path { $$ = $1; chain_add(&$$, $3); }
    ;
path
    : NAME { $$ = path_node(p, $1, @1); }
    | path '.' NAME {
        $$ = path_more(p, $1, $3, @3);
        $$->span = @$;
    }
    ;
else_opt
    : %empty { $$ = NULL; }
    | ELSE outcome { $$ = $2; }
    ;
once_opt
    : %empty { $$ = NULL; }
    | ONCE { $$ = node_new(p, NODE_NAME, @$); }
    ;
verb
    : HOLD { $$ = VERB_HOLD; }
    | REJECT_RECORD { $$ = VERB_REJECT; }
    | SKIP { $$ = VERB_SKIP; }
    | WARN { $$ = VERB_WARN; }
    | STOP { $$ = VERB_STOP; }
    ;
outcome
    : verb text {
        $$ = kids1(p, NODE_OUTCOME, @$, $2);
        $$->lit.verb = $1;
    }
    | LEAVE { $$ = node_new(p, NODE_OUTCOME, @$); $$->lit.verb = VERB_LEAVE; }
    | CLEAR { $$ = node_new(p, NODE_OUTCOME, @$); $$->lit.verb = VERB_CLEAR; }
    ;
text
    : STRING { $$ = text_with_holes(p, $1, @1); }
    ;

/* ------------------------------------------------------------ expressions */

value
    : expr
    | expr ELSE fallback { $$ = node_pair(p, NODE_ELSE, @$, $1, $3); }
    | expr IF_BEHIND or ELSE expr { $$ = build_choice(p, @$, $3, $1, $5); }
    | expr QUESTION expr ':' expr { $$ = build_choice(p, @$, $1, $3, $5); }
    ;
fallback
    : value
    | outcome
    | NAME STRING {
        habit(p, @1, "hold", "a record is kept back by `hold`, with a reason");
        $$ = kids1(p, NODE_OUTCOME, @$, text_with_holes(p, $2, @2));
        $$->lit.verb = VERB_HOLD;
    }
    ;
expr
    : IF expr THEN expr ELSE expr { $$ = kids3(p, NODE_IF, @$, $2, $4, $6); }
    | choose
    | or
    ;
choose
    : CHOOSE '{' arms '}' { $$ = kids1(p, NODE_CHOOSE, @$, $3.first); }
    ;
arms
    : arm { $$ = (struct chain){ 0 }; chain_add(&$$, $1); }
    | arms arm { $$ = $1; chain_add(&$$, $2); }
    ;
arm
    : WHEN expr FATARROW armval { $$ = node_pair(p, NODE_ARM, @$, $2, $4); }
    | OTHERWISE FATARROW armval {
        $$ = node_pair(p, NODE_ARM, @$, NULL, $3);
    }
    ;
armval
    : value
    | outcome
    ;
or
    : and
    | or OR and { $$ = node_pair(p, NODE_OR, @$, $1, $3); }
    ;
and
    : not
    | and AND not { $$ = node_pair(p, NODE_AND, @$, $1, $3); }
    ;
not
    : NOT not { $$ = kids1(p, NODE_NOT, @$, $2); }
    | cmp
    ;
cmp
    : add
    | add IS add { $$ = node_compare(p, OP_IS, @$, $1, $3); }
    | add IS_NOT add { $$ = node_compare(p, OP_IS_NOT, @$, $1, $3); }
    | add IS_MISSING { $$ = node_compare(p, OP_IS_MISSING, @$, $1, NULL); }
    | add IS_PRESENT { $$ = node_compare(p, OP_IS_PRESENT, @$, $1, NULL); }
    | add IS_ONE_OF add { $$ = node_compare(p, OP_IS_ONE_OF, @$, $1, $3); }
    | add IS_NOT_ONE_OF add {
        $$ = node_compare(p, OP_IS_NOT_ONE_OF, @$, $1, $3);
    }
    | add '<' add { $$ = node_compare(p, OP_LESS, @$, $1, $3); }
    | add LE add { $$ = node_compare(p, OP_LESS_EQUAL, @$, $1, $3); }
    | add '>' add { $$ = node_compare(p, OP_GREATER, @$, $1, $3); }
    | add GE add { $$ = node_compare(p, OP_GREATER_EQUAL, @$, $1, $3); }
    | add BETWEEN add AND add {
        $$ = node_compare(p, OP_BETWEEN, @$, $1, $3);
        node_kid(p, $$, COMPARE_high, $5);
    }
    | add CONTAINS add { $$ = node_compare(p, OP_CONTAINS, @$, $1, $3); }
    | add STARTS_WITH add {
        $$ = node_compare(p, OP_STARTS_WITH, @$, $1, $3);
    }
    | add ENDS_WITH add { $$ = node_compare(p, OP_ENDS_WITH, @$, $1, $3); }
    | add MATCHES STRING {
        $$ = node_compare(p, OP_MATCHES, @$, $1, text_pattern(p, $3, @3));
    }
    | add IN add { $$ = build_in(p, @$, $1, $3, @2, false); }
    | add NOT IN add { $$ = build_in(p, @$, $1, $4, @2, true); }
    | add NOT BETWEEN add AND add {
        $$ = node_compare(p, OP_BETWEEN, @$, $1, $4);
        node_kid(p, $$, COMPARE_high, $6);
        $$ = build_not(p, $$, @2);
    }
    | add NOT CONTAINS add {
        $$ = build_not(p, node_compare(p, OP_CONTAINS, @$, $1, $4), @2);
    }
    | add NOT STARTS_WITH add {
        $$ = build_not(p, node_compare(p, OP_STARTS_WITH, @$, $1, $4), @2);
    }
    | add NOT ENDS_WITH add {
        $$ = build_not(p, node_compare(p, OP_ENDS_WITH, @$, $1, $4), @2);
    }
    | add NOT MATCHES STRING {
        $$ = node_compare(p, OP_MATCHES, @$, $1, text_pattern(p, $4, @4));
        $$ = build_not(p, $$, @2);
    }
    ;
add
    : mul
    | add '+' mul { $$ = node_pair(p, NODE_ADD_OP, @$, $1, $3); }
    | add '-' mul { $$ = node_pair(p, NODE_SUB_OP, @$, $1, $3); }
    | add JOIN mul { $$ = node_new(p, NODE_BROKEN, @$); }
    ;
mul
    : un
    | mul '*' un { $$ = node_pair(p, NODE_MUL_OP, @$, $1, $3); }
    | mul '/' un { $$ = node_pair(p, NODE_DIV_OP, @$, $1, $3); }
    ;
un
    : '-' un { $$ = kids1(p, NODE_NEGATE, @$, $2); }
    | TRY un { $$ = kids1(p, NODE_TRY, @$, $2); }
    | post
    ;
post
    : prim
    | post '.' NAME {
        $$ = named(p, NODE_MEMBER, @$, name_decode(p, $3), @3, $1);
    }
    | post '.' NAME '(' ')' {
        $$ = build_method(p, $1, $3, @3, @$, NULL);
    }
    | post '.' NAME '(' args ')' {
        $$ = build_method(p, $1, $3, @3, @$, $5);
    }
    | post '[' args ']' { $$ = node_pair(p, NODE_INDEX, @$, $1, $3); }
    ;
prim
    : plain
    | text
    | FORM { $$ = node_new(p, NODE_BROKEN, @$); }
    | NAME { $$ = node_name(p, $1, @1); }
    | NAME '(' ')' { $$ = build_call(p, $1, @1, @$, NULL); }
    | NAME '(' args ')' { $$ = build_call(p, $1, @1, @$, $3); }
    | '(' value ')' { $$ = $2; $$->in_parens = true; }
    | '[' ']' { $$ = node_new(p, NODE_LIST, @$); }
    | '[' args ']' { $$ = kids1(p, NODE_LIST, @$, $2); }
    ;
args
    : arg_list { $$ = $1.first; }
    ;
arg_list
    : arg { $$ = (struct chain){ 0 }; chain_add(&$$, $1); }
    | arg_list ',' arg { $$ = $1; chain_add(&$$, $3); }
    ;
arg
    : value
    | HOLD { $$ = node_name(p, TEXT("hold"), @1); }
    | expr each where_opt {
        node_kid(p, $2, EACH_where, $3);
        $2->span.end = @$.end;
        $$ = node_pair(p, NODE_COMPREHENSION, @$, $1, $2);
    }
    ;

/* ------------------------------------------------------------------ tests */

test
    : TEST STRING '{' { build_body_open(p); } clauses '}' {
        build_body_close(p);
        $$ = named(p, NODE_TEST, @$, text_plain(p, $2, @2)->text, @2,
                   $5.first);
    }
    ;
clauses
    : %empty { $$ = (struct chain){ 0 }; }
    | clauses clause {
        $$ = $1;
        chain_add(&$$, $2);
        p->recovered = $2->kind == NODE_BROKEN;
        if (!p->recovered) yyerrok;
    }
    ;
clause
    : GIVEN object record {
        $$ = node_pair(p, NODE_GIVEN, @$, $2, $3);
    }
    | GIVEN NAME object record {
        $$ = named(p, NODE_GIVEN, @$, $2, @2, $3);
        node_kid(p, $$, GIVEN_record, $4);
    }
    | GIVEN NAME record {
        $$ = node_text(p, NODE_GIVEN, @$, name_decode(p, $2), @2);
        node_kid(p, $$, GIVEN_record, $3);
    }
    | GIVEN FIELD cell {
        $$ = build_field_value(p, NODE_GIVEN, $2, @2, @$, $3);
    }
    | EXPECT object record {
        $$ = node_pair(p, NODE_EXPECT, @$, $2, $3);
    }
    | EXPECT verb { $$ = build_expect_verb(p, $2, @2, @$, NULL); }
    | EXPECT verb STRING {
        $$ = build_expect_verb(p, $2, @2, @$, text_plain(p, $3, @3));
    }
    | EXPECT NAME object {
        $$ = named(p, NODE_EXPECT, @$, $2, @2, $3);
    }
    | EXPECT NAME object record {
        $$ = named(p, NODE_EXPECT, @$, $2, @2, $3);
        node_kid(p, $$, EXPECT_record, $4);
    }
    | error {
        $$ = node_new(p, NODE_BROKEN, @$);
        RECOVER(RECOVER_CLAUSE);
    }
    ;
record
    : '{' '}' { $$ = node_new(p, NODE_TEST_RECORD, @$); }
    | '{' fields '}' { $$ = kids1(p, NODE_TEST_RECORD, @$, $2.first); }
    | '{' fields ',' '}' { $$ = kids1(p, NODE_TEST_RECORD, @$, $2.first); }
    ;
fields
    : field { $$ = (struct chain){ 0 }; chain_add(&$$, $1); }
    | fields ',' field { $$ = $1; chain_add(&$$, $3); }
    ;
field
    : STRING ':' rval {
        build_quoted_name(p, $1, @1);
        $$ = named(p, NODE_TEST_FIELD, @$, text_plain(p, $1, @1)->text, @1,
                   $3);
    }
    | NAME ':' rval {
        $$ = named(p, NODE_TEST_FIELD, @$, name_decode(p, $1), @1, $3);
    }
    ;
rval
    : cell
    | record
    | '[' ']' { $$ = node_new(p, NODE_LIST, @$); }
    | '[' rvals ']' { $$ = kids1(p, NODE_LIST, @$, $2.first); }
    | '[' rvals ',' ']' { $$ = kids1(p, NODE_LIST, @$, $2.first); }
    ;
rvals
    : rval { $$ = (struct chain){ 0 }; chain_add(&$$, $1); }
    | rvals ',' rval { $$ = $1; chain_add(&$$, $3); }
    ;
%%

static void mlc_yyerror(struct span *at, struct parse *p, const char *text)
{
    (void)text; /* the only one left: the stack is full */
    parse_error(p, "E0107", *at, "this is nested too deeply to be read");
}

#define EXPECTED_MAX 200

static int yyreport_syntax_error(const yypcontext_t *context, struct parse *p)
{
    yysymbol_kind_t kinds[EXPECTED_MAX];
    int tokens[EXPECTED_MAX];
    const char *names[EXPECTED_MAX];
    int count = yypcontext_expected_tokens(context, kinds, EXPECTED_MAX);
    yysymbol_kind_t got = yypcontext_token(context);

    if (count < 0)
        return count;
    for (int i = 0; i < count; i++) {
        tokens[i] = (int)kinds[i];
        names[i] = yysymbol_name(kinds[i]);
    }
    parse_report(p, *yypcontext_location(context), (int)got,
                 got == YYSYMBOL_YYEMPTY ? "" : yysymbol_name(got), tokens,
                 names, count);
    return 0;
}
