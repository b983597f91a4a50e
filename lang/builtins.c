/* The table of functions: signatures read once, arguments checked against
 * them, and the type of a call's result. */
#include "config.h"

#include "lang/builtins.h"
#include "base/iso.h"
#include "base/log.h"
#include <pthread.h>
#include <string.h>

static struct builtin table[BUILTIN_COUNT] = {
#define BUILTIN(fn, where, how, keeps, bits, said, x, y, z)                    \
    [BUILTIN_##fn] = { .id = BUILTIN_##fn,                                     \
                       .name = { #fn, sizeof #fn - 1 },                        \
                       .category = where,                                      \
                       .signature = how,                                       \
                       .rule = keeps,                                          \
                       .flags = bits,                                          \
                       .doc = said,                                            \
                       .examples = { x, y, z } },
#include "lang/builtins.def"
#undef BUILTIN
};

#define BIT(kind) (UINT32_C(1) << (kind))
#define TEXTS (BIT(TYPE_TEXT) | BIT(TYPE_ENUM) | BIT(TYPE_ID))
#define NUMBERS (BIT(TYPE_NUMBER) | BIT(TYPE_INTEGER) | BIT(TYPE_PERCENT))
#define LISTS (BIT(TYPE_LIST) | BIT(TYPE_EMPTY_LIST))
#define ANYTHING (~UINT32_C(0))

/* -------------------------------------------------- reading signatures */

struct word_kinds {
    const char *word;
    uint32_t kinds;
    enum type_kind kind; /* of a result */
};

static const struct word_kinds kind_words[] = {
    { "text", TEXTS, TYPE_TEXT },
    { "integer", NUMBERS, TYPE_INTEGER },
    { "number", NUMBERS, TYPE_NUMBER },
    { "amount", NUMBERS | BIT(TYPE_MONEY), TYPE_NUMBER },
    { "money", BIT(TYPE_MONEY), TYPE_MONEY },
    { "yes/no", BIT(TYPE_YESNO), TYPE_YESNO },
    { "date", BIT(TYPE_DATE), TYPE_DATE },
    { "time", BIT(TYPE_TIME), TYPE_TIME },
    { "datetime", BIT(TYPE_DATETIME), TYPE_DATETIME },
    { "list", LISTS, TYPE_LIST },
    { "any", ANYTHING, TYPE_UNKNOWN },
};

static const struct word_kinds *find_kind(struct text word)
{
    for (size_t i = 0; i < sizeof kind_words / sizeof *kind_words; i++) {
        if (text_is(word, kind_words[i].word))
            return &kind_words[i];
    }
    log_bug("a signature says \"%.*s\"", TEXT_ARG(word));
}

/* What is between "word(" and ")", or false. */
static bool inside(struct text t, const char *word, struct text *inner)
{
    struct text name = text_of(word);
    if (!text_starts(t, name) || t.len < name.len + 2 ||
        t.ptr[name.len] != '(')
        return false;
    *inner = text_slice(t, name.len + 1, t.len - name.len - 2);
    return true;
}

static uint32_t kinds_of(struct text t)
{
    uint32_t kinds = 0;
    size_t at;
    while (text_find(t, TEXT("|"), &at)) {
        kinds |= find_kind(text_slice(t, 0, at))->kinds;
        t = text_slice(t, at + 1, t.len);
    }
    return kinds | find_kind(t)->kinds;
}

static void read_param_type(struct builtin_param *p, struct text t)
{
    struct text inner;
    if (text_is(t, "locale")) {
        p->kinds = TEXTS;
        p->words = TEXT(BUILTIN_LOCALES);
    } else if (text_is(t, "dates")) {
        p->kinds = LISTS;
        p->item_kinds = BIT(TYPE_DATE);
        p->takes_table = true;
    } else if (inside(t, "word", &inner)) {
        p->kinds = TEXTS;
        p->words = inner;
    } else if (inside(t, "list", &inner)) {
        p->kinds = LISTS;
        p->item_kinds = kinds_of(inner);
    } else {
        p->kinds = kinds_of(t);
        p->item_kinds = ANYTHING;
    }
}

/* "value text", "[fill text]", "values any?..." */
static void read_param(struct builtin *b, struct text t)
{
    struct builtin_param *p = &b->params[b->param_count++];
    if (t.ptr[0] == '[') {
        p->optional = true;
        t = text_slice(t, 1, t.len - 2);
    } else {
        b->least_args = b->param_count;
    }
    size_t blank = 0;
    text_find(t, TEXT(" "), &blank);
    p->name = text_slice(t, 0, blank);
    t = text_slice(t, blank + 1, t.len);
    if (text_ends(t, TEXT("..."))) {
        p->variadic = true;
        t.len -= 3;
    }
    if (text_ends(t, TEXT("?"))) {
        p->takes_missing = true;
        t.len--;
    }
    read_param_type(p, t);
}

static void read_result(struct builtin *b, struct text t)
{
    struct text inner;
    if (text_ends(t, TEXT("?"))) {
        b->result_optional = true;
        t.len--;
    }
    if (text_is(t, "same")) {
        b->form = RESULT_SAME;
    } else if (text_is(t, "item")) {
        b->form = RESULT_ITEM;
    } else if (text_is(t, "list(same)")) {
        b->form = RESULT_LIST_SAME;
    } else if (inside(t, "list", &inner)) {
        b->form = RESULT_LIST;
        b->kind = find_kind(inner)->kind;
    } else {
        b->form = RESULT_KIND;
        b->kind = find_kind(t)->kind;
    }
}

/* Length of the parameter list, up to its closing parenthesis. */
static size_t params_end(struct text t)
{
    int depth = 0;
    for (size_t i = 0; i < t.len; i++) {
        depth += t.ptr[i] == '(';
        depth -= t.ptr[i] == ')';
        if (depth == 0)
            return i;
    }
    log_bug("a signature has no end: %.*s", TEXT_ARG(t));
}

static void read_signature(struct builtin *b)
{
    struct text t = text_of(b->signature);
    size_t end = params_end(t);
    read_result(b, text_slice(t, end + 2, t.len));
    t = text_slice(t, 1, end - 1);
    while (t.len) {
        size_t comma;
        if (!text_find(t, TEXT(", "), &comma))
            comma = t.len;
        read_param(b, text_slice(t, 0, comma));
        t = text_slice(t, comma + 2, t.len);
    }
}

static void read_signatures(void)
{
    for (size_t i = 0; i < BUILTIN_COUNT; i++)
        read_signature(&table[i]);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

const struct builtin *builtin_get(enum builtin_id id)
{
    pthread_once(&once, read_signatures);
    return id < BUILTIN_COUNT ? &table[id] : NULL;
}

const struct builtin *builtin_find(struct text name)
{
    pthread_once(&once, read_signatures);
    for (size_t i = 0; i < BUILTIN_COUNT; i++) {
        if (text_equal(table[i].name, name))
            return &table[i];
    }
    return NULL;
}

const struct builtin_param *builtin_param(const struct builtin *b, size_t i)
{
    if (i < b->param_count)
        return &b->params[i];
    if (b->param_count && b->params[b->param_count - 1].variadic)
        return &b->params[b->param_count - 1];
    return NULL;
}

bool builtin_param_is_list(const struct builtin_param *p)
{
    return (p->kinds & LISTS) != 0;
}

bool builtin_word_is(struct text words, struct text word)
{
    size_t at;
    while (text_find(words, TEXT("|"), &at)) {
        if (text_equal(text_slice(words, 0, at), word))
            return true;
        words = text_slice(words, at + 1, words.len);
    }
    return text_equal(words, word);
}

/* ------------------------------------------------------------- fitting */

static bool kind_fits(uint32_t kinds, const struct type *type)
{
    return type->kind == TYPE_UNKNOWN || (kinds & BIT(type->kind)) != 0;
}

bool builtin_param_fits(const struct builtin_param *p, const struct type *type)
{
    if (!kind_fits(p->kinds, type))
        return false;
    if (type->kind != TYPE_LIST || !type->item || p->item_kinds == 0)
        return true;
    return kind_fits(p->item_kinds, type->item);
}

static void print_kinds(uint32_t kinds, struct buf *out)
{
    bool any = false;
    if (kinds == ANYTHING) {
        buf_str(out, "anything");
        return;
    }
    for (size_t i = 0; i + 1 < sizeof kind_words / sizeof *kind_words; i++) {
        const struct word_kinds *w = &kind_words[i];
        if (w->kind == TYPE_INTEGER || text_is(text_of(w->word), "amount") ||
            (kinds & w->kinds) != w->kinds)
            continue;
        if (any)
            buf_str(out, " or ");
        buf_str(out, w->word);
        any = true;
    }
}

void builtin_param_print(const struct builtin_param *p, struct buf *out)
{
    if (p->words.len) {
        buf_str(out, "one of ");
        buf_text(out, p->words);
        return;
    }
    if (p->kinds != LISTS) {
        print_kinds(p->kinds, out);
        return;
    }
    buf_str(out, "list of ");
    print_kinds(p->item_kinds, out);
    if (p->takes_table)
        buf_str(out, ", or a table of dates");
}

static const char *kind_word(enum type_kind kind)
{
    static const char *const words[] = {
        "unknown", "text",    "a number", "a whole number",  "yes or no",
        "a date",  "a time",  "a datetime", "a length of time", "a percentage",
        "money",   "one of its words", "an id", "a record", "a list",
        "an empty list",
    };
    return words[kind];
}

/* ------------------------------------------------------------ checking */

struct call {
    const struct builtin *b;
    const struct builtin_arg *args;
    size_t count;
    struct arena *arena;
    struct builtin_misuse *why;
};

static bool __attribute__((format(printf, 4, 5)))
refuse(const struct call *c, enum misuse_kind kind, size_t arg,
       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *c->why = (struct builtin_misuse){
        .kind = kind,
        .arg = arg,
        .sentence = arena_vprintf(c->arena, format, args),
    };
    va_end(args);
    return false;
}

static void hint(const struct call *c, const char *sentence)
{
    c->why->hint = sentence;
}

static bool check_count(const struct call *c)
{
    const struct builtin *b = c->b;
    if (c->count < b->least_args) {
        refuse(c, MISUSE_TOO_FEW, c->count, "`%.*s` needs `%.*s`",
               TEXT_ARG(b->name), TEXT_ARG(b->params[c->count].name));
    } else if (c->count && !builtin_param(b, c->count - 1)) {
        refuse(c, MISUSE_TOO_MANY, b->param_count,
               "`%.*s` takes %s%zu argument%s, this is number %zu",
               TEXT_ARG(b->name), b->least_args < b->param_count ? "at most "
                                                                 : "",
               b->param_count, b->param_count == 1 ? "" : "s",
               b->param_count + 1);
    } else {
        return true;
    }
    hint(c, arena_printf(c->arena, "It is written %.*s%s.", TEXT_ARG(b->name),
                         b->signature));
    return false;
}

static bool check_type(const struct call *c, size_t i,
                       const struct builtin_param *p)
{
    const struct type *type = c->args[i].type;
    struct buf want, got;
    if (builtin_param_fits(p, type))
        return true;
    buf_init(&want, 0);
    buf_init(&got, 0);
    builtin_param_print(p, &want);
    buf_str(&got, kind_word(type->kind));
    refuse(c, MISUSE_TYPE, i, "`%.*s` takes %s as its %s, this is %s",
           TEXT_ARG(c->b->name), buf_cstr(&want),
           text_cstr(c->arena, p->name), buf_cstr(&got));
    buf_fini(&want);
    buf_fini(&got);
    return false;
}

static bool check_items(const struct call *c, size_t i,
                        const struct builtin_param *p)
{
    const struct type *type = c->args[i].type;
    bool may = c->b->id == BUILTIN_first || c->b->id == BUILTIN_last;
    if (p->kinds != LISTS || may || type->kind != TYPE_LIST ||
        !type->item || !type->item->optional)
        return true;
    refuse(c, MISUSE_MISSING_ITEMS, i,
           "`%.*s` cannot go over values that may be missing",
           TEXT_ARG(c->b->name));
    hint(c, "Leave those out with `where … is present`.");
    return false;
}

static bool check_word(const struct call *c, size_t i,
                       const struct builtin_param *p)
{
    const struct builtin_arg *arg = &c->args[i];
    if (!p->words.len || arg->type->kind == TYPE_UNKNOWN)
        return true;
    if (arg->constant && builtin_word_is(p->words, arg->text))
        return true;
    refuse(c, MISUSE_WORD, i, "`%.*s` takes one of %.*s as its %.*s",
           TEXT_ARG(c->b->name), TEXT_ARG(p->words), TEXT_ARG(p->name));
    c->why->words = p->words;
    return false;
}

/* A currency given as a text has to be one. */
static bool check_currency(const struct call *c)
{
    if (c->count < 2 || !c->args[1].constant ||
        (c->b->id != BUILTIN_money && c->b->id != BUILTIN_convert))
        return true;
    if (iso_currency_decimals(c->args[1].text) >= 0)
        return true;
    return refuse(c, MISUSE_CONSTANT, 1, "\"%.*s\" is not a currency",
                  TEXT_ARG(c->args[1].text));
}

static bool check_date_reading(const struct call *c)
{
    if (c->b->id != BUILTIN_date ||
        c->args[0].type->kind == TYPE_DATETIME ||
        c->args[0].type->kind == TYPE_UNKNOWN)
        return true;
    if (c->count < 2) {
        refuse(c, MISUSE_TOO_FEW, 1, "a text becomes a date only by a pattern");
        hint(c, "Say how the day is written, as in date(x, \"dd-mm-yyyy\").");
        return false;
    }
    const char *why;
    if (!c->args[1].constant || date_pattern_is_sound(c->args[1].text, &why))
        return true;
    return refuse(c, MISUSE_CONSTANT, 1, "%s", why);
}

/* Numbers that can never work, seen before any record is. */
static bool check_numbers(const struct call *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct builtin_param *p = builtin_param(c->b, i);
        const struct builtin_arg *arg = &c->args[i];
        if (!arg->constant || !(BIT(arg->type->kind) & NUMBERS))
            continue;
        int64_t whole;
        bool is_whole = decimal_to_int64(arg->number, &whole);
        int least = c->b->rule == RULE_ROUND ? -DECIMAL_DIGITS_MAX : 0;
        if (text_is(p->name, "decimals") &&
            (!is_whole || whole < least || whole > DECIMAL_SCALE_MAX))
            return refuse(c, MISUSE_CONSTANT, i,
                          "decimals are a whole number from %d to %d", least,
                          DECIMAL_SCALE_MAX);
        if (c->b->rule == RULE_VAT && text_is(p->name, "rate") &&
            (decimal_compare(arg->number, decimal_int(0)) < 0 ||
             decimal_compare(arg->number, decimal_int(1)) > 0)) {
            refuse(c, MISUSE_RATE, i, "a rate is between 0%% and 100%%");
            return false;
        }
        if (text_is(p->name, "first_month") &&
            (!is_whole || whole < 1 || whole > 12))
            return refuse(c, MISUSE_CONSTANT, i,
                          "a month is a whole number from 1 to 12");
        bool days = c->b->params[0].kinds == BIT(TYPE_DATE);
        if (text_is(p->name, "count") && (!is_whole || (whole < 0 && !days)))
            return refuse(c, MISUSE_CONSTANT, i,
                          "a count is a whole number%s",
                          days ? "" : " and not negative");
    }
    return true;
}

static bool check_empty(const struct call *c)
{
    enum builtin_id id = c->b->id;
    if ((id == BUILTIN_replace || id == BUILTIN_remove ||
         id == BUILTIN_split) &&
        c->args[1].constant && c->args[1].text.len == 0)
        return refuse(c, MISUSE_CONSTANT, 1, "an empty text is everywhere");
    return true;
}

static bool same_sort(const struct type *a, const struct type *b)
{
    uint32_t x = BIT(a->kind);
    uint32_t y = BIT(b->kind);
    return a->kind == b->kind || a->kind == TYPE_UNKNOWN ||
           b->kind == TYPE_UNKNOWN || ((x & NUMBERS) && (y & NUMBERS)) ||
           ((x & TEXTS) && (y & TEXTS));
}

static const struct type *item_of(const struct type *type)
{
    return type->kind == TYPE_LIST ? type->item : NULL;
}

static bool is_ordered(const struct type *type)
{
    return !(BIT(type->kind) & (BIT(TYPE_RECORD) | LISTS | BIT(TYPE_YESNO)));
}

static bool check_ordered(const struct call *c, const struct type *type,
                          size_t i)
{
    if (!type || is_ordered(type))
        return true;
    return refuse(c, MISUSE_TYPE, i, "`%.*s` needs values with an order",
                  TEXT_ARG(c->b->name));
}

/* min, max: several values of one sort, or one list. */
static bool check_sorts(const struct call *c)
{
    enum builtin_id id = c->b->id;
    if (id == BUILTIN_sort || (id == BUILTIN_top && c->count < 3))
        return check_ordered(c, item_of(c->args[0].type), 0);
    if (id == BUILTIN_sort_by)
        return check_ordered(c, item_of(c->args[1].type), 1);
    if (id == BUILTIN_top)
        return check_ordered(c, item_of(c->args[2].type), 2);
    if (id != BUILTIN_min && id != BUILTIN_max)
        return true;
    if (c->count == 1) {
        const struct type *item = item_of(c->args[0].type);
        if (item && item->optional) {
            refuse(c, MISUSE_MISSING_ITEMS, 0,
                   "`%.*s` cannot go over values that may be missing",
                   TEXT_ARG(c->b->name));
            hint(c, "Leave those out with `where … is present`.");
            return false;
        }
        return check_ordered(c, item, 0);
    }
    for (size_t i = 0; i < c->count; i++) {
        if (!check_ordered(c, c->args[i].type, i))
            return false;
        if (!same_sort(c->args[0].type, c->args[i].type))
            return refuse(c, MISUSE_MIXED, i,
                          "`%.*s` compares values of one kind only",
                          TEXT_ARG(c->b->name));
    }
    return true;
}

static bool check_arguments(const struct call *c)
{
    if (!check_count(c))
        return false;
    for (size_t i = 0; i < c->count; i++) {
        const struct builtin_param *p = builtin_param(c->b, i);
        if (c->b->flags & BUILTIN_OBJECT && i == 0)
            continue;
        if (!check_type(c, i, p) || !check_items(c, i, p) ||
            !check_word(c, i, p))
            return false;
    }
    return check_currency(c) && check_date_reading(c) && check_numbers(c) &&
           check_empty(c) && check_sorts(c);
}

/* ------------------------------------------------------- type of result */

/* The constant whole number of argument `i`, or `none`. */
static int constant_of(const struct call *c, size_t i, int none)
{
    int64_t whole;
    if (i >= c->count || !c->args[i].constant ||
        !decimal_to_int64(c->args[i].number, &whole) || whole < 0 ||
        whole > 1000000)
        return none;
    return (int)whole;
}

static int smaller_length(int a, int b)
{
    if (a == LENGTH_UNLIMITED || b == LENGTH_UNLIMITED)
        return a == LENGTH_UNLIMITED ? b : a;
    return a < b ? a : b;
}

static int wider_scale(int a, int b)
{
    if (a == SCALE_UNKNOWN || b == SCALE_UNKNOWN)
        return SCALE_UNKNOWN;
    return a > b ? a : b;
}

static int scale_of(const struct type *type)
{
    return type->kind == TYPE_INTEGER ? 0 : type->scale;
}

static int currency_scale(const char currency[4])
{
    return currency[0] ? iso_currency_decimals(text_of(currency))
                       : SCALE_UNKNOWN;
}

/* Longest text of a value of that type; names of enums by their words. */
static int text_length(const struct type *type)
{
    int most = 0;
    switch (type->kind) {
    case TYPE_TEXT:
        return type->length;
    case TYPE_YESNO:
        return 3;
    case TYPE_DATE:
        return 10;
    case TYPE_TIME:
        return 8;
    case TYPE_DATETIME:
        return 27;
    case TYPE_ENUM:
        for (size_t i = 0; i < type->value_count; i++) {
            int len = (int)utf8_count(type->values[i].word);
            most = len > most ? len : most;
        }
        return most;
    case TYPE_NUMBER:
    case TYPE_INTEGER:
    case TYPE_PERCENT:
        return DECIMAL_DIGITS_MAX + 3;
    case TYPE_MONEY:
        return DECIMAL_DIGITS_MAX + 7;
    case TYPE_UNKNOWN:
    case TYPE_DURATION:
    case TYPE_ID:
    case TYPE_RECORD:
    case TYPE_LIST:
    case TYPE_EMPTY_LIST:
        break;
    }
    return LENGTH_UNLIMITED;
}

static int replaced_length(const struct call *c)
{
    int length = c->args[0].type->length;
    if (length == LENGTH_UNLIMITED || !c->args[1].constant ||
        !c->args[2].constant)
        return LENGTH_UNLIMITED;
    size_t part = utf8_count(c->args[1].text);
    size_t with = utf8_count(c->args[2].text);
    if (part == 0 || with <= part)
        return length;
    return length + (int)((size_t)length / part * (with - part));
}

static int repeated_length(const struct call *c)
{
    int length = c->args[0].type->length;
    int count = constant_of(c, 1, -1);
    if (length == LENGTH_UNLIMITED || count < 0 || length > 10000 ||
        count > 10000)
        return LENGTH_UNLIMITED;
    return length * count;
}

static int padded_length(const struct call *c)
{
    int length = c->args[0].type->length;
    int count = constant_of(c, 1, -1);
    if (length == LENGTH_UNLIMITED || count < 0)
        return LENGTH_UNLIMITED;
    return length > count ? length : count;
}

static void set_currency(const struct call *c, struct type *r)
{
    if (c->args[1].constant && c->args[1].text.len == 3) {
        memcpy(r->currency, c->args[1].text.ptr, 3);
        r->currency[3] = '\0';
    }
}

static int widest_scale(const struct call *c)
{
    int scale = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct type *item = item_of(c->args[i].type);
        scale = wider_scale(scale, scale_of(item ? item : c->args[i].type));
    }
    return scale;
}

static int vat_scale(const struct call *c, const struct type *r)
{
    int scale = 2;
    if (c->count > 2)
        scale = constant_of(c, 2, SCALE_UNKNOWN);
    else if (r->kind == TYPE_MONEY)
        scale = currency_scale(r->currency);
    /* the VAT is what is left, so it has the decimals of both */
    return c->b->id == BUILTIN_vat_of
               ? wider_scale(scale, scale_of(c->args[0].type))
               : scale;
}

/* Rounding to tens and hundreds leaves no decimals. */
static int rounded_scale(const struct call *c)
{
    if (c->count < 2)
        return 0;
    if (c->args[1].constant && decimal_sign(c->args[1].number) < 0)
        return 0;
    return constant_of(c, 1, SCALE_UNKNOWN);
}

static int share_scale(const struct call *c, const struct type *r)
{
    int scale = scale_of(c->args[0].type);
    if (c->count > 2)
        return wider_scale(scale, constant_of(c, 2, SCALE_UNKNOWN));
    if (r->kind == TYPE_MONEY)
        return wider_scale(scale, currency_scale(r->currency));
    return scale;
}

static const struct type *first_value(const struct call *c)
{
    const struct type *item = item_of(c->args[0].type);
    return item ? item : c->args[0].type;
}

static void apply_rule(const struct call *c, struct type *r)
{
    const struct type *from = c->count ? c->args[0].type : NULL;
    switch (c->b->rule) {
    case RULE_PLAIN:
        break;
    case RULE_KEEP:
        r->length = text_length(first_value(c));
        r->scale = scale_of(first_value(c));
        break;
    case RULE_LEFT:
        r->length = smaller_length(text_length(from),
                                   constant_of(c, c->count - 1,
                                               LENGTH_UNLIMITED));
        break;
    case RULE_PAD:
        r->length = padded_length(c);
        break;
    case RULE_REPLACE:
        r->length = replaced_length(c);
        break;
    case RULE_REPEAT:
        r->length = repeated_length(c);
        break;
    case RULE_TEXT_OF:
        r->length = text_length(from);
        break;
    case RULE_LENGTH_3:
        r->length = 3;
        break;
    case RULE_LENGTH_36:
        r->length = 36;
        break;
    case RULE_LENGTH_64:
        r->length = 64;
        break;
    case RULE_WIDEST:
        r->scale = widest_scale(c);
        break;
    case RULE_ROUND:
        r->scale = rounded_scale(c);
        break;
    case RULE_WHOLE:
        r->scale = 0;
        break;
    case RULE_STEP:
        r->scale = wider_scale(scale_of(from), scale_of(c->args[1].type));
        break;
    case RULE_MONEY:
        r->scale = scale_of(from);
        set_currency(c, r);
        break;
    case RULE_CONVERT:
        set_currency(c, r);
        r->scale = c->count > 3 ? constant_of(c, 3, SCALE_UNKNOWN)
                                : currency_scale(r->currency);
        break;
    case RULE_VAT:
        r->scale = vat_scale(c, r);
        break;
    case RULE_SHARE:
        r->scale = share_scale(c, r);
        break;
    }
}

static struct type *plain_type(struct arena *arena, enum type_kind kind)
{
    struct type *t = ARENA_NEW(arena, struct type);
    t->kind = kind;
    t->scale = kind == TYPE_INTEGER ? 0 : SCALE_UNKNOWN;
    t->length = LENGTH_UNLIMITED;
    return t;
}

static struct type *copy_type(struct arena *arena, const struct type *from)
{
    struct type *t = arena_dup(arena, from, sizeof *from);
    t->optional = false;
    return t;
}

/* A number computed from whole numbers or percents is a number. */
static void widen_number(const struct call *c, struct type *r)
{
    if ((r->kind == TYPE_INTEGER || r->kind == TYPE_PERCENT) && r->scale != 0)
        r->kind = TYPE_NUMBER;
    for (size_t i = 1; i < c->count; i++) {
        if (c->b->rule == RULE_WIDEST && r->kind == TYPE_INTEGER &&
            c->args[i].type->kind != TYPE_INTEGER)
            r->kind = TYPE_NUMBER;
    }
}

static struct type *list_of(struct arena *arena, const struct type *item)
{
    struct type *t = plain_type(arena, TYPE_LIST);
    t->item = item;
    return t;
}

static struct type *base_type(const struct call *c)
{
    const struct type *from = c->count ? c->args[0].type : NULL;
    switch (c->b->form) {
    case RESULT_KIND:
    case RESULT_LIST:
        return plain_type(c->arena, c->b->kind);
    case RESULT_SAME:
    case RESULT_LIST_SAME:
        return copy_type(c->arena, from);
    case RESULT_ITEM:
        if (from->kind == TYPE_EMPTY_LIST)
            return plain_type(c->arena, TYPE_UNKNOWN);
        return copy_type(c->arena, first_value(c));
    }
    return plain_type(c->arena, TYPE_UNKNOWN);
}

static bool is_text_list(const struct type *t)
{
    return t->kind == TYPE_TEXT || t->kind == TYPE_NUMBER ||
           t->kind == TYPE_INTEGER || t->kind == TYPE_PERCENT ||
           t->kind == TYPE_MONEY;
}

static bool result_is_optional(const struct call *c)
{
    if (c->b->result_optional)
        return true;
    bool extreme = c->b->id == BUILTIN_min || c->b->id == BUILTIN_max;
    if (extreme && c->count == 1 && builtin_param_is_list(&c->b->params[0]) &&
        (BIT(c->args[0].type->kind) & LISTS))
        return true;
    for (size_t i = 0; i < c->count; i++) {
        const struct builtin_param *p = builtin_param(c->b, i);
        if (c->args[i].type->optional && !p->takes_missing)
            return true;
    }
    return false;
}

const struct type *builtin_result(const struct builtin *b,
                                  const struct builtin_arg *args, size_t count,
                                  struct arena *arena,
                                  struct builtin_misuse *why)
{
    struct call c = { b, args, count, arena, why };
    if (!check_arguments(&c))
        return NULL;
    struct type *r = base_type(&c);
    if (is_text_list(r)) {
        apply_rule(&c, r);
        widen_number(&c, r);
    }
    if (b->form == RESULT_LIST || b->form == RESULT_LIST_SAME)
        r = list_of(arena, r);
    r->optional = result_is_optional(&c);
    return r;
}

/* Amounts whose currencies only the records know. */
static bool may_mix_currencies(const struct builtin_arg *args, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct type *item = item_of(args[i].type);
        const struct type *type = item ? item : args[i].type;
        if (type->kind == TYPE_UNKNOWN ||
            (type->kind == TYPE_MONEY &&
             (!type->currency[0] ||
              (!item &&
               strcmp(type->currency, args[0].type->currency) != 0))))
            return true;
    }
    return false;
}

bool builtin_can_fail(const struct builtin *b, const struct builtin_arg *args,
                      size_t count)
{
    if (b->flags & BUILTIN_FAILS) {
        /* of a number, `number` only drops the currency */
        bool plain = b->id == BUILTIN_number && count == 1 &&
                     !(BIT(args[0].type->kind) & TEXTS);
        bool day = b->id == BUILTIN_date && count == 1;
        return !plain && !day;
    }
    if (!(b->flags & BUILTIN_FAILS_COUNT))
        return false;
    if (b->id == BUILTIN_min || b->id == BUILTIN_max || b->id == BUILTIN_sort)
        return may_mix_currencies(args, count);
    for (size_t i = 0; i < count; i++) {
        const struct builtin_param *p = builtin_param(b, i);
        bool size = (BIT(args[i].type->kind) & NUMBERS) && i > 0;
        bool word = i > 0 && (p->kinds & TEXTS);
        if ((size || word) && !args[i].constant)
            return true;
    }
    return false;
}
