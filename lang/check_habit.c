/* Functions of Excel, SQL, Python and JavaScript: what they are called here,
 * or how the same is said. */
#include "config.h"

#include "lang/builtins.h"
#include "lang/check.h"

#define ARGS_WRITTEN 8

/* Another name for a function that takes the same values. */
static const struct {
    const char *name, *ours;
} renamed[] = {
    { "avg", "average" }, { "ceil", "round_up" },
    { "ceiling", "round_up" }, { "char_length", "length" },
    { "floor", "round_down" }, { "getdate", "today" },
    { "curdate", "today" }, { "current_date", "today" },
    { "sysdate", "now" }, { "current_timestamp", "now" },
    { "getutcdate", "now" }, { "isemail", "is_email" },
    { "isnumeric", "is_digits" }, { "isnumber", "is_digits" },
    { "isdigit", "is_digits" }, { "lcase", "lower" }, { "len", "length" },
    { "lowercase", "lower" }, { "lpad", "pad_left" }, { "ltrim", "trim" },
    { "mid", "middle" }, { "mod", "remainder" }, { "clean", "trim" },
    { "networkdays", "working_days_between" }, { "padstart", "pad_left" },
    { "zfill", "pad_left" }, { "rjust", "pad_left" }, { "ljust", "pad_right" },
    { "parsefloat", "number" }, { "parseint", "number" },
    { "int", "whole" }, { "float", "number" }, { "decimal", "number" },
    { "proper", "title" }, { "initcap", "title" }, { "capitalize", "title" },
    { "roundup", "round_up" }, { "rounddown", "round_down" },
    { "rpad", "pad_right" }, { "rtrim", "trim" }, { "str", "text" },
    { "string", "text" }, { "strip", "trim" }, { "strlen", "length" },
    { "substitute", "replace" }, { "substr", "middle" },
    { "substring", "middle" }, { "to_char", "text" },
    { "to_number", "number" }, { "to_text", "text" },
    { "tolower", "lower" }, { "tolowercase", "lower" },
    { "tostring", "text" }, { "toupper", "upper" },
    { "touppercase", "upper" }, { "trunc", "round_down" },
    { "truncate", "round_down" }, { "ucase", "upper" },
    { "uppercase", "upper" }, { "value", "number" },
    { "workday", "add_working_days" }, { "uuid", "uuid_from" },
    { "sha256", "hash" }, { "md5", "hash" }, { "unique", "distinct" },
    { "total", "sum" }, { "isoweeknum", "iso_week" }, { "weeknum", "iso_week" },
};

/* A call that is written otherwise: $1, $2 … are its values. */
static const struct {
    const char *name;
    size_t count;
    const char *form;
} rewritten[] = {
    { "edate", 2, "add_months($1, $2, down)" },
    { "eomonth", 1, "last_of_month($1)" },
    { "last_day", 1, "last_of_month($1)" },
    { "add_days_to", 2, "add_days($1, $2)" },
    { "datediff", 2, "days_between($1, $2)" },
    { "days", 2, "days_between($2, $1)" },
    { "text", 2, "format_date($1, $2)" },
    { "to_char", 2, "format_date($1, $2)" },
    { "date_format", 2, "format_date($1, $2)" },
    { "strftime", 2, "format_date($1, $2)" },
    { "to_date", 2, "date($1, $2)" },
    { "strptime", 2, "date($1, $2)" },
    { "datevalue", 1, "date($1, \"dd-mm-yyyy\")" },
    { "convert", 2, "text($2)" },
    { "exists", 1, "($1 is present)" },
    { "has", 1, "($1 is present)" },
    { "defined", 1, "($1 is present)" },
    { "notempty", 1, "($1 is present)" },
    { "isnotnull", 1, "($1 is present)" },
    { "isempty", 1, "($1 is missing)" },
    { "is_empty", 1, "($1 is missing)" },
    { "empty", 1, "($1 is missing)" },
    { "isblank", 1, "($1 is missing)" },
    { "isna", 1, "($1 is missing)" },
    { "is_null", 1, "($1 is missing)" },
    { "startswith", 2, "($1 starts with $2)" },
    { "endswith", 2, "($1 ends with $2)" },
    { "includes", 2, "($1 contains $2)" },
    { "regexmatch", 2, "($1 matches $2)" },
    { "regexp_like", 2, "($1 matches $2)" },
    { "rlike", 2, "($1 matches $2)" },
    { "round", 1, "round($1, 0)" },
};

/* What is said in another way altogether. */
static const struct {
    const char *name, *advice;
} advised[] = {
    { "vlookup", "a code is looked up in a table: T[key].column; a record in "
                 "another system with find" },
    { "hlookup", "a code is looked up in a table: T[key].column" },
    { "xlookup", "a code is looked up in a table: T[key].column; a record in "
                 "another system with find" },
    { "lookup", "a code is looked up in a table: T[key].column; a record in "
                "another system with find" },
    { "match", "a code is looked up in a table: T[key].column" },
    { "index", "a code is looked up in a table: T[key].column" },
    { "query", "another system is looked into so: find x in App.object where "
               "x.Field is value" },
    { "fetch", "another system is looked into so: find x in App.object where "
               "x.Field is value" },
    { "sumif", "sum(x.amount for each x in list where condition)" },
    { "sumifs", "sum(x.amount for each x in list where condition)" },
    { "sumproduct", "sum(x.price * x.quantity for each x in list)" },
    { "countif", "count(x for each x in list where condition)" },
    { "countifs", "count(x for each x in list where condition)" },
    { "counta", "count(x for each x in list where x.field is present)" },
    { "averageif", "average(x.amount for each x in list where condition, 2)" },
    { "maxifs", "max(x.amount for each x in list where condition)" },
    { "minifs", "min(x.amount for each x in list where condition)" },
    { "map", "lists are gone through with `for each x in list`" },
    { "filter", "lists are filtered with `for each x in list where …`" },
    { "reduce", "a list is added up: sum(x.amount for each x in list)" },
    { "textjoin", "the texts of a list are joined so: join(x.name for each x "
                  "in list, \", \")" },
    { "string_agg", "the texts of a list are joined so: join(x.name for each x "
                    "in list, \", \")" },
    { "listagg", "the texts of a list are joined so: join(x.name for each x in "
                 "list, \", \")" },
    { "group_concat", "the texts of a list are joined so: join(x.name for each "
                      "x in list, \", \")" },
    { "find", "before(x, \"-\") and after(x, \"-\") give the parts of a text; "
              "x contains \"-\" asks" },
    { "search", "before(x, \"-\") and after(x, \"-\") give the parts of a "
                "text; x contains \"-\" asks" },
    { "charindex", "before(x, \"-\") and after(x, \"-\") give the parts of a "
                   "text; x contains \"-\" asks" },
    { "instr", "before(x, \"-\") and after(x, \"-\") give the parts of a text; "
               "x contains \"-\" asks" },
    { "indexof", "before(x, \"-\") and after(x, \"-\") give the parts of a "
                 "text; x contains \"-\" asks" },
    { "split_part", "before(x, \"-\") and after(x, \"-\") give the parts of a "
                    "text" },
    { "regexp_replace", "keep_digits(x), only_letters(x), replace(x, a, b) and "
                        "before and after do this" },
    { "regexreplace", "keep_digits(x), only_letters(x), replace(x, a, b) and "
                      "before and after do this" },
    { "random", "nothing here is random, so that a run can be repeated; "
                "record_key() is the same at every run" },
    { "rand", "nothing here is random; record_key() is the same at every "
              "run" },
    { "newid", "nothing here is random; record_key() is the same at every "
               "run" },
    { "row_number", "records have no order; record_key() is the same at every "
                    "run" },
    { "rank", "records have no order: each one is taken by itself" },
    { "format", "a date is format_date(day, \"dd-mm-yyyy\"), a number "
                "format_number(n, 2, \"nl\")" },
    { "switch", "choose { when … => … otherwise => … }" },
    { "ifs", "choose { when … => … otherwise => … }" },
    { "case", "choose { when … => … otherwise => … }" },
    { "iif", "if condition then a else b" },
    { "if", "if condition then a else b" },
    { "decode", "choose { when … => … otherwise => … }, or a table: "
                "T[key].column" },
    { "nullif", "say what counts then: if a is b then … else a" },
    { "power", "powers are written out: x * x" },
    { "pow", "powers are written out: x * x" },
    { "print", "what a person should know is told so: warn when condition "
               "\"message\"" },
    { "convert", "convert(amount, \"EUR\", rate) changes a currency; kinds are "
                 "changed by text(x), number(x), date(x, \"yyyy-mm-dd\")" },
    { "date", "a date stands as it is: 2024-12-31; of a text it is made by "
              "date(x, \"dd-mm-yyyy\")" },
    { "fail", "a record is held so: x else hold \"why\"" },
    { "error", "a record is held so: x else hold \"why\"" },
    { "raise", "a record is held so: x else hold \"why\"" },
    { "throw", "a record is held so: x else hold \"why\"" },
    { "datedif", "days_between(from, to), months_between(from, to)" },
};

#define LENGTH_OF(table) (sizeof(table) / sizeof *(table))

static const char *name_here(struct text name)
{
    for (size_t i = 0; i < LENGTH_OF(renamed); i++)
        if (text_equal_nocase(name, text_of(renamed[i].name)))
            return renamed[i].ours;
    return NULL;
}

const char *function_here(struct text name)
{
    for (int i = 0; i < BUILTIN_COUNT; i++)
        if (text_equal_nocase(name, builtin_get((enum builtin_id)i)->name))
            return builtin_get((enum builtin_id)i)->name.ptr;
    return name_here(name);
}

static const char *form_here(struct text name, size_t count)
{
    for (size_t i = 0; i < LENGTH_OF(rewritten); i++)
        if (rewritten[i].count == count &&
            text_equal_nocase(name, text_of(rewritten[i].name)))
            return rewritten[i].form;
    return NULL;
}

static const char *advice_on(struct text name)
{
    for (size_t i = 0; i < LENGTH_OF(advised); i++)
        if (text_equal_nocase(name, text_of(advised[i].name)))
            return advised[i].advice;
    return NULL;
}

/* ------------------------------------------------------------- rewriting */
static size_t written_args(struct checker *c, const struct node *call,
                           struct text *args)
{
    size_t count = 0;
    for (const struct node *a = KID(call, CALL, args); a; a = a->next) {
        if (count < ARGS_WRITTEN)
            args[count] = span_text(&c->p->sources, a->span);
        count++;
    }
    return count;
}

static const char *filled(struct checker *c, const char *form,
                          const struct text *args)
{
    struct buf b;
    buf_init(&b, 65536);
    for (; *form; form++)
        if (form[0] == '$' && form[1] >= '1' && form[1] <= '9')
            buf_text(&b, args[*++form - '1']);
        else
            buf_byte(&b, *form);
    const char *text = text_cstr(c->arena, buf_view(&b));
    buf_fini(&b);
    return text;
}

/* DATEADD(month, 1, d), DATEDIFF(day, a, b): the unit stands first. */
static const char *date_form(struct text name, const struct text *args,
                             size_t count)
{
    static const char *const units[][3] = {
        { "d", "add_days($3, $2)", "days_between($2, $3)" },
        { "m", "add_months($3, $2, down)", "months_between($2, $3)" },
        { "y", "add_years($3, $2, down)", "months_between($2, $3)" },
    };
    bool adds = text_equal_nocase(name, TEXT("dateadd"));
    if (count != 3 || (!adds && !text_equal_nocase(name, TEXT("datediff"))))
        return NULL;
    struct text unit = args[0];
    if (unit.len && unit.ptr[0] == '"')
        unit = text_slice(unit, 1, unit.len - 1);
    for (size_t i = 0; unit.len && i < LENGTH_OF(units); i++)
        if ((unit.ptr[0] | 32) == units[i][0][0] &&
            !text_equal_nocase(text_slice(unit, 0, 2), TEXT("mi")))
            return units[i][adds ? 1 : 2];
    return NULL;
}

/* DATE(2024, 12, 31) */
static const char *date_literal(struct checker *c, const struct text *args,
                                size_t count)
{
    int32_t days;
    struct decimal d;
    int64_t part[3];
    if (count != 3)
        return NULL;
    for (size_t i = 0; i < 3; i++)
        if (decimal_parse(args[i], &d) != DECIMAL_OK ||
            !decimal_to_int64(d, &part[i]) || part[i] < 1 || part[i] > 9999)
            return NULL;
    const char *text = arena_printf(c->arena, "%04d-%02d-%02d", (int)part[0],
                                    (int)part[1], (int)part[2]);
    return date_parse(text_of(text), &days) ? text : NULL;
}

/* CONCAT("a", b): one text, when no value needs quotes in its hole. */
static const char *one_text(struct checker *c, const struct node *call)
{
    struct buf b;
    size_t at;
    bool fine = true;
    buf_init(&b, 65536);
    buf_byte(&b, '"');
    for (const struct node *a = KID(call, CALL, args); a; a = a->next) {
        struct text t = span_text(&c->p->sources, a->span);
        if (a->kind == NODE_TEXT_LIT && t.len >= 2)
            buf_text(&b, text_slice(t, 1, t.len - 2));
        else if (text_find(t, TEXT("\""), &at))
            fine = false;
        else
            buf_printf(&b, "{%.*s}", TEXT_ARG(t));
    }
    buf_byte(&b, '"');
    const char *text = fine ? text_cstr(c->arena, buf_view(&b)) : NULL;
    buf_fini(&b);
    return text;
}

static bool is_concat(struct text name)
{
    return text_equal_nocase(name, TEXT("concat")) ||
           text_equal_nocase(name, TEXT("concatenate"));
}

/* coalesce(a, b), ifnull, nvl: `a else b`; iferror(a, b): `try a else b`. */
static const char *fallback_form(struct checker *c, const struct node *call)
{
    static const char *const names[] = { "coalesce", "ifnull", "isnull", "nvl",
                                         "iferror", "ifna", "nz" };
    const struct node *a = KID(call, CALL, args);
    bool found = false, failing = false;
    for (size_t i = 0; i < LENGTH_OF(names); i++)
        if (text_equal_nocase(call->text, text_of(names[i]))) {
            found = true;
            failing = names[i][2] == 'e' || names[i][3] == 'a';
        }
    if (!found || !a)
        return NULL;
    struct buf b;
    buf_init(&b, 65536);
    for (; a; a = a->next)
        buf_printf(&b, "%s%s%.*s", b.len ? " else " : "(",
                   failing && !b.len ? "try " : "",
                   TEXT_ARG(span_text(&c->p->sources, a->span)));
    buf_str(&b, KID(call, CALL, args)->next ? ")" : " is missing)");
    const char *text = text_cstr(c->arena, buf_view(&b));
    buf_fini(&b);
    return text;
}

/* The whole call as it is said here, or NULL. */
static const char *said_here(struct checker *c, const struct node *call)
{
    struct text args[ARGS_WRITTEN];
    size_t count = written_args(c, call, args);
    const char *form;
    if (count > ARGS_WRITTEN)
        return NULL;
    if (is_concat(call->text))
        return one_text(c, call);
    if (text_equal_nocase(call->text, TEXT("date")))
        return date_literal(c, args, count);
    if (text_equal_nocase(call->text, TEXT("eomonth")) && count == 2)
        return filled(c, text_is(args[1], "0")
                             ? "last_of_month($1)"
                             : "last_of_month(add_months($1, $2, down))", args);
    form = date_form(call->text, args, count);
    if (!form)
        form = form_here(call->text, count);
    return form ? filled(c, form, args) : NULL;
}

/* ------------------------------------------------------------- messages */
static void use_names(struct checker *c, const struct node *n)
{
    struct symbol *s = n->kind == NODE_NAME ? scope_find(c, n->text) : NULL;
    if (s)
        s->used = true;
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *k = n->kid[i]; k; k = k->next)
            use_names(c, k);
}

static bool says_declared(struct checker *c, struct node *n)
{
    struct symbol *s = scope_find(c, n->text);
    if (!s)
        return false;
    s->used = true;
    struct diag *m = say(c, "E0309", n->name_span, "`%.*s` is no function",
                         TEXT_ARG(n->text));
    diag_label(c->d, m, s->span, "declared here");
    if (s->kind == SYMBOL_TABLE)
        diag_note(c->d, m, "a table is asked with brackets: %.*s[key].column",
                  TEXT_ARG(n->text));
    return true;
}

static void suggest_function(struct checker *c, struct diag *m,
                             const struct node *n)
{
    struct near near;
    near_init(&near, n->text);
    for (int i = 0; i < BUILTIN_COUNT; i++)
        near_try(&near, builtin_get((enum builtin_id)i)->name);
    for (size_t i = 0; c->module && i < c->module->names.count; i++) {
        const struct symbol *other = c->module->names.entries[i].value;
        if (other->kind == SYMBOL_DEFINE)
            near_try(&near, other->name);
    }
    near_suggest(c, m, &near, n->name_span);
    struct symbol *s = near_found(&near) ? scope_find(c, near.best) : NULL;
    if (s)
        s->used = true;
}

/* A name of ours in other letters, as SUM. */
static const struct builtin *in_other_case(struct text name)
{
    for (int i = 0; i < BUILTIN_COUNT; i++)
        if (text_equal_nocase(name, builtin_get((enum builtin_id)i)->name))
            return builtin_get((enum builtin_id)i);
    return NULL;
}

static bool is_of_list(const struct node *call)
{
    const struct node *first = KID(call, CALL, args);
    return first && first->type && first->type->kind == TYPE_LIST;
}

const struct type *unknown_function(struct checker *c, struct node *n)
{
    if (scope_is_lost(c, n->text)) {
        for (struct node *a = KID(n, CALL, args); a; a = a->next)
            check_arg(c, a);
        return fail_type(n);
    }
    bool declared = scope_find(c, n->text);
    const char *fallback = declared ? NULL : fallback_form(c, n);
    const char *said = declared || fallback ? NULL : said_here(c, n);
    const char *ours = name_here(n->text), *advice = advice_on(n->text);
    const struct builtin *same = in_other_case(n->text);
    bool other = !declared && (said || (advice && !same));
    if (other)
        use_names(c, n); /* its arguments will be others */
    for (struct node *a = other ? NULL : KID(n, CALL, args); a; a = a->next)
        check_arg(c, a);
    if (says_declared(c, n))
        return fail_type(n);
    struct diag *m = say(c, "E0309", n->name_span,
                         fallback ? "there is no function `%.*s`: a fallback "
                                    "is written with `else`"
                                  : "there is no function `%.*s`",
                         TEXT_ARG(n->text));
    if (fallback || said)
        fix_replace(c, m, FIX_SURE, n->span, fallback ? fallback : said);
    else if (is_concat(n->text))
        diag_note(c->d, m, "texts are put together with holes: \"{a} {b}\"; a "
                  "value with quotes in it gets a name with `let` first");
    else if (ours)
        fix_replace(c, m, FIX_SURE, n->name_span,
                    text_is(text_of(ours), "length") && is_of_list(n) ? "count"
                                                                      : ours);
    else if (advice)
        diag_note(c->d, m, "%s", advice);
    else
        suggest_function(c, m, n);
    return fail_type(n);
}

bool says_function_name(struct checker *c, struct node *n)
{
    const struct builtin *b = in_other_case(n->text);
    const char *ours = name_here(n->text);
    const struct builtin_param *first = b ? builtin_param(b, 0) : NULL;
    if (!b && (!ours || builtin_param(builtin_find(text_of(ours)), 0)))
        return false;
    struct diag *m = say(c, "E0301", n->span,
                         "`%.*s` is a function: it is written with brackets",
                         TEXT_ARG(n->text));
    if (!b || !first || first->optional)
        fix_replace(c, m, FIX_SURE, n->span,
                    arena_printf(c->arena, "%.*s()",
                                 TEXT_ARG(b ? b->name : text_of(ours))));
    return true;
}
