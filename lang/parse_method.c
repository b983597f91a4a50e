/* What Python and JavaScript write behind or around a value: methods, `a if c
 * else b`, `c ? a : b`, `x in y`. The grammar reads them; here they are
 * answered, with what to write instead. The tree has a BROKEN node in their
 * place, so nothing that follows from it is told. */
#include "config.h"

#include "lang/builtins.h"
#include "lang/parser.h"

#define ARGS_MAX 6

/* $0 is what stands before the dot, $1 … are the values in brackets. */
static const struct {
    const char *name;
    int args;
    const char *form;
} methods[] = {
    { "startswith", 1, "($0 starts with $1)" },
    { "endswith", 1, "($0 ends with $1)" },
    { "contains", 1, "($0 contains $1)" },
    { "includes", 1, "($0 contains $1)" },
    { "has", 1, "($0 contains $1)" },
    { "equals", 1, "($0 is $1)" },
    { "equalsignorecase", 1, "(lower($0) is lower($1))" },
    { "isempty", 0, "($0 is missing)" },
    { "tofixed", 1, "round($0, $1)" },
    { "toisostring", 0, "format_date($0, \"yyyy-mm-dd\")" },
    { "isoformat", 0, "format_date($0, \"yyyy-mm-dd\")" },
    { "strftime", 1, "format_date($0, $1)" },
    { "getfullyear", 0, "year($0)" },
    { "getmonth", 0, "month($0)" },
    { "getdate", 0, "day($0)" },
    { "getday", 0, "weekday($0)" },
    { "weekday", 0, "weekday($0)" },
    { "isdigit", 0, "is_digits($0)" },
    { "isnumeric", 0, "is_digits($0)" },
    { "padstart", 2, "pad_left($0, $1, $2)" },
    { "zfill", 1, "pad_left($0, $1, \"0\")" },
    { "adddays", 1, "add_days($0, $1)" },
    { "addmonths", 1, "add_months($0, $1, down)" },
    { "localecompare", 1, "($0 is $1)" },
};

/* Of lists: they are gone through by `for each`. */
static const char *const of_lists[] = {
    "filter", "map",  "reduce", "foreach", "some",   "every",
    "find",   "flat", "slice",  "push",    "append", "forEach",
};

static const char *source_of(struct parse *p, struct span span)
{
    struct text t = span_text(p->sources, span);

    return arena_printf(p->arena, "%.*s", TEXT_ARG(t));
}

static int list_args(struct parse *p, const struct node *args,
                     const char **texts)
{
    int count = 0;

    for (; args; args = args->next) {
        if (count == ARGS_MAX)
            return ARGS_MAX + 1;
        texts[count++] = source_of(p, args->span);
    }
    return count;
}

static const char *fill(struct parse *p, const char *form, const char *receiver,
                        const char **args)
{
    struct buf b;
    const char *text;

    buf_init(&b, 65536);
    for (; *form; form++) {
        if (form[0] == '$' && form[1] >= '0' && form[1] <= '9') {
            form++;
            buf_str(&b, *form == '0' ? receiver : args[*form - '1']);
        } else {
            buf_byte(&b, *form);
        }
    }
    text = arena_printf(p->arena, "%s", buf_cstr(&b));
    buf_fini(&b);
    return text;
}

static bool is_word(struct text name, const char *word)
{
    return text_equal_nocase(name, text_of(word));
}

/* Math.round(x), datetime.now(): what stands before the dot is a library. */
static bool is_library(const struct node *receiver)
{
    static const char *const names[] = { "Math", "datetime", "date", "Date",
                                         "Number", "String", "str", "math",
                                         "Object", "dt", "moment", "np", "pd",
                                         "JSON", "console", "logging" };

    if (receiver->kind == NODE_MEMBER)
        return is_library(receiver->kid[MEMBER_record]);
    if (receiver->kind != NODE_NAME)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_is(receiver->text, names[i]))
            return true;
    return false;
}

/* f(receiver, args), or f(args) of a library, when there is an f here. */
static const char *as_call(struct parse *p, struct text name,
                           const char *receiver, const char **args, int count)
{
    const char *ours = function_here(name);
    struct buf b;
    const char *text;
    bool first = true;

    if (!ours)
        return NULL;
    buf_init(&b, 65536);
    buf_printf(&b, "%s(", ours);
    if (receiver) {
        buf_str(&b, receiver);
        first = false;
    }
    for (int i = 0; i < count; i++) {
        buf_printf(&b, "%s%s", first ? "" : ", ", args[i]);
        first = false;
    }
    buf_byte(&b, ')');
    text = arena_printf(p->arena, "%s", buf_cstr(&b));
    buf_fini(&b);
    return text;
}

/* employee.get("country", "NL") */
static const char *as_field(struct parse *p, struct text name,
                            const char *receiver, const struct node *args,
                            const char **texts, int count)
{
    if (!is_word(name, "get") || count < 1 || count > 2 ||
        args->kind != NODE_TEXT_LIT || !args->text.len)
        return NULL;
    return count == 1 ? arena_printf(p->arena, "%s.%.*s", receiver,
                                     TEXT_ARG(args->text))
                      : arena_printf(p->arena, "(%s.%.*s else %s)", receiver,
                                     TEXT_ARG(args->text), texts[1]);
}

static const char *rewrite(struct parse *p, const struct node *receiver,
                           const char *before, struct text name,
                           const struct node *args)
{
    const char *texts[ARGS_MAX];
    int count = list_args(p, args, texts);
    const char *field;

    if (count > ARGS_MAX)
        return NULL;
    if (is_library(receiver)) {
        if (is_word(name, "strptime") && count == 2)
            return fill(p, "date($1, $2)", before, texts);
        if (is_word(name, "round") && count == 1)
            return fill(p, "round($1, 0)", before, texts);
        return as_call(p, name, NULL, texts, count);
    }
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (methods[i].args == count && is_word(name, methods[i].name))
            return fill(p, receiver->kind == NODE_LIST &&
                                   methods[i].name[0] == 'i' && count
                               ? "($1 is one of $0)" : methods[i].form,
                        before, texts);
    if (is_word(name, "join") && count == 1 && receiver->kind == NODE_TEXT_LIT)
        return fill(p, "join($1, $0)", before, texts);
    field = as_field(p, name, before, args, texts, count);
    return field ? field : as_call(p, name, before, texts, count);
}

static bool is_of_lists(struct text name)
{
    for (size_t i = 0; i < sizeof of_lists / sizeof *of_lists; i++)
        if (is_word(name, of_lists[i]))
            return true;
    return false;
}

struct node *build_method(struct parse *p, struct node *receiver,
                          struct text name, struct span name_span,
                          struct span span, struct node *args)
{
    struct node *broken = node_new(p, NODE_BROKEN, span);
    const char *before = receiver->text.ptr && receiver->kind == NODE_BROKEN
                             ? arena_printf(p->arena, "%.*s",
                                            TEXT_ARG(receiver->text))
                             : source_of(p, receiver->span);
    bool list = is_of_lists(name);
    const char *form = list ? NULL : rewrite(p, receiver, before, name, args);
    struct diag *d;
    struct diag_fix *fix;

    broken->text = form ? text_of(form) : TEXT_NONE;
    if (receiver->kind == NODE_BROKEN && p->method_end == receiver->span.end) {
        d = p->method; /* x.strip().lower(): one message */
        d->span.end = span.end;
        d->fixes = NULL;
        if (!receiver->text.len)
            form = NULL;
    } else if (args && p->method_told &&
               p->method_told == args->span.end) {
        return broken; /* x => … told what is to say */
    } else {
        d = parse_error(p, "E0101", span, list
                            ? "lists are gone through with `for each`: "
                              "sum(x.amount for each x in list where …)"
                            : "a function stands before its values: f(x), not "
                              "x.f()");
    }
    (void)name_span;
    p->method = d;
    p->method_end = span.end;
    if (!form)
        return broken;
    fix = diag_fix(p->diags, d, FIX_SURE, "write `%s`", form);
    diag_edit(p->diags, fix, span, "%s", form);
    return broken;
}

/* ---------------------------------------------------- one of two values */
struct node *build_choice(struct parse *p, struct span span, struct node *c,
                          struct node *yes, struct node *no)
{
    const char *form = arena_printf(
        p->arena, "if %s then %s else %s", source_of(p, c->span),
        source_of(p, yes->span), source_of(p, no->span));
    struct node *n = node_pair(p, NODE_IF, span, c, yes);

    habit(p, span, form, "one of two values is written `if c then a else b`");
    node_kid(p, n, IF_no, no);
    return n;
}

/* ------------------------------------------------------- x in y, of texts */
struct node *build_in(struct parse *p, struct span span, struct node *left,
                      struct node *right, struct span word, bool not)
{
    bool text = left->kind == NODE_TEXT_LIT && right->kind != NODE_LIST;
    const char *a = source_of(p, left->span), *b = source_of(p, right->span);
    const char *form = text ? arena_printf(p->arena, "%s%s contains %s",
                                           not ? "not " : "", b, a)
                            : arena_printf(p->arena, "%s %s %s", a,
                                           not ? "is not one of" : "is one of",
                                           b);
    struct diag *d =
        parse_error(p, "E0101", word, text ? "to look into a text write "
                                             "`contains`"
                                           : "to look in a list write `is one "
                                             "of`");
    struct diag_fix *fix = diag_fix(p->diags, d, FIX_SURE, "write `%s`", form);

    diag_edit(p->diags, fix, span, "%s", form);
    return node_new(p, NODE_BROKEN, span);
}
