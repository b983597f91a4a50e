/* Test blocks: their records against the schema, their tables and values, and
 * the flow they are about. */
#include "config.h"

#include "lang/check.h"

static bool fits_literal(const struct type *want, const struct node *n)
{
    switch ((int)n->kind) {
    case NODE_TEXT_LIT:
        return type_is_texty(want) || want->kind == TYPE_DATETIME ||
               want->kind == TYPE_TIME;
    case NODE_NUMBER_LIT:
        return type_is_numeric(want) ||
               (want->kind == TYPE_MONEY && decimal_is_zero(n->lit.number));
    case NODE_PERCENT_LIT: return type_is_numeric(want);
    case NODE_MONEY_LIT: return want->kind == TYPE_MONEY;
    case NODE_DATE_LIT: return want->kind == TYPE_DATE;
    case NODE_TIME_LIT: return want->kind == TYPE_TIME;
    case NODE_DURATION_LIT: return want->kind == TYPE_DURATION;
    case NODE_YESNO_LIT: return want->kind == TYPE_YESNO;
    default: return true;
    }
}

static void test_record(struct checker *c, struct node *record,
                        const struct object *object);

static void say_value(struct checker *c, const struct field *f,
                      struct node *value)
{
    const struct type *want = f->type;
    struct diag *m = say(c, "E0390", value->span, "`%.*s` is %s",
                         TEXT_ARG(f->name), type_words(c->arena, want));
    if (value->kind == NODE_NUMBER_LIT && type_is_texty(want))
        fix_wrap(c, m, FIX_SURE, value->span, "\"", "\"");
    else if (value->kind == NODE_NUMBER_LIT && want->kind == TYPE_MONEY)
        fix_wrap(c, m, want->currency[0] ? FIX_SURE : FIX_CHOICE, value->span,
                 "", arena_printf(c->arena, " %s",
                                  want->currency[0] ? want->currency : "EUR"));
    else if (value->kind == NODE_MONEY_LIT && type_is_numeric(want))
        fix_replace(c, m, FIX_SURE, value->span,
                    text_cstr(c->arena,
                              text_trim(text_slice(span_text(&c->p->sources,
                                                             value->span), 0,
                                                   span_text(&c->p->sources,
                                                             value->span).len -
                                                       3))));
    else if (as_literal(c, value, want))
        fix_replace(c, m, FIX_SURE, value->span, as_literal(c, value, want));
}

static void check_datetime(struct checker *c, const struct node *value)
{
    int64_t micros;
    bool offset;
    if (!datetime_parse(value->text, &micros, &offset))
        say(c, "E0390", value->span,
            "a date with a time is written \"2025-03-04T16:05:00Z\"");
}

static void test_value(struct checker *c, const struct field *f,
                       const struct type *want, struct node *value)
{
    if (want->kind == TYPE_UNKNOWN)
        return;
    value->type = want;
    if (value->kind == NODE_TEST_RECORD) {
        if (want->kind == TYPE_RECORD)
            test_record(c, value, want->object);
        else
            say_value(c, f, value);
        return;
    }
    if (value->kind == NODE_LIST) {
        if (want->kind != TYPE_LIST && want->kind != TYPE_EMPTY_LIST) {
            say_value(c, f, value);
            return;
        }
        for (struct node *i = KID(value, LIST, items); i; i = i->next)
            test_value(c, f, want->item, i);
        return;
    }
    if (!fits_literal(want, value)) {
        say_value(c, f, value);
        return;
    }
    if (want->kind == TYPE_ENUM && value->kind == NODE_TEXT_LIT)
        check_word(c, want, value->text, value->span, "E0306",
                   text_cstr(c->arena, f->name));
    if (want->kind == TYPE_DATETIME && value->kind == NODE_TEXT_LIT)
        check_datetime(c, value);
}

static void test_record(struct checker *c, struct node *record,
                        const struct object *object)
{
    record->type = type_record_of(c->arena, object);
    for (struct node *n = KID(record, TEST_RECORD, fields); n; n = n->next) {
        struct node *value = KID(n, TEST_FIELD, value);
        struct span at = n->name_span.source ? n->name_span : n->span;
        n->field = object_field(object, n->text);
        if (!n->field) {
            scope_unknown_field(c, object, n->text, at);
            continue;
        }
        for (struct node *o = KID(record, TEST_RECORD, fields); o != n; o = o->next)
            if (o->field == n->field)
                say(c, "E0390", at, "`%.*s` is given twice", TEXT_ARG(n->text));
        if (value)
            test_value(c, n->field, n->field->type, value);
    }
}

/* ------------------------------------------------------------------ clauses */
static void given_value(struct checker *c, struct node *n)
{
    struct node *value = KID(n, GIVEN, value);
    static const char *const names[] = { "today", "now", "timezone" };
    if (text_is(n->text, "today")) {
        if (value->kind != NODE_DATE_LIT)
            say(c, "E0390", value->span, "`today` is a date");
        return;
    }
    if (text_is(n->text, "now")) {
        if (value->kind == NODE_TEXT_LIT)
            check_datetime(c, value);
        else
            say(c, "E0390", value->span,
                "`now` is written \"2025-03-04T16:05:00Z\"");
        return;
    }
    struct near near;
    near_init(&near, n->text);
    near_try(&near, text_of(names[0]));
    near_try(&near, text_of(names[1]));
    struct diag *m = say(c, "E0390", n->name_span,
                         "a test gives records, tables, `today` or `now`");
    near_suggest(c, m, &near, n->name_span);
}

static void given_table(struct checker *c, struct node *n)
{
    struct symbol *s = map_get(&c->module->names, n->text);
    if (!s || s->kind != SYMBOL_TABLE || !s->table) {
        struct near near;
        near_init(&near, n->text);
        for (size_t i = 0; i < c->module->names.count; i++) {
            const struct symbol *o = c->module->names.entries[i].value;
            if (o->kind == SYMBOL_TABLE)
                near_try(&near, o->name);
        }
        struct diag *m = say(c, "E0390", n->name_span,
                             "there is no table `%.*s`", TEXT_ARG(n->text));
        near_suggest(c, m, &near, n->name_span);
        return;
    }
    s->used = true;
    n->symbol = s;
    struct node *record = KID(n, GIVEN, record);
    if (!record)
        return;
    test_record(c, record, s->table->whole);
    for (size_t i = 0; i < s->table->key_count; i++) {
        bool given = false;
        for (const struct node *f = KID(record, TEST_RECORD, fields); f;
             f = f->next)
            given |= text_equal(f->text, s->table->key_names[i]);
        if (!given)
            say(c, "E0390", record->span, "this row has no `%.*s`, the key of "
                "%.*s", TEXT_ARG(s->table->key_names[i]),
                TEXT_ARG(s->table->name));
    }
}

static bool is_one_of(struct text word, const char *const *words)
{
    for (; *words; words++)
        if (text_is(word, *words))
            return true;
    return false;
}

static void say_word(struct checker *c, const struct node *n,
                     const char *what, const char *const *words)
{
    struct near near;
    near_init(&near, n->text);
    for (; *words; words++)
        near_try(&near, text_of(*words));
    struct diag *m = say(c, "E0390", n->name_span, "%s", what);
    near_suggest(c, m, &near, n->name_span);
}

static void expect_word(struct checker *c, struct node *n)
{
    static const char *const words[] = { "nothing", "created", "updated",
                                         "unchanged", NULL };
    if (!n->text.len || n->lit.verb)
        return;
    if (!is_one_of(n->text, words))
        say_word(c, n, "a test expects a record, which may be `created`, "
                 "`updated` or `unchanged`, or `nothing`, or an outcome",
                 words);
    else if (text_is(n->text, "nothing") && KID(n, EXPECT, record))
        say(c, "E0390", KID(n, EXPECT, record)->span,
            "`expect nothing` is about every record of the object, so it "
            "names no fields");
}

/* `given gone App.object { … }`: linked before, no longer at the source. */
static void given_word(struct checker *c, struct node *n)
{
    static const char *const words[] = { "gone", NULL };
    if (n->text.len && !is_one_of(n->text, words))
        say_word(c, n, "a record is given, or given as `gone`", words);
}

static void check_clause(struct checker *c, struct node *n)
{
    bool given = n->kind == NODE_GIVEN;
    struct node *ref = given ? KID(n, GIVEN, object) : KID(n, EXPECT, object);
    struct node *record = given ? KID(n, GIVEN, record) : KID(n, EXPECT, record);
    if (ref) {
        const struct object *o = scope_object(c, ref, NULL);
        if (o && record)
            test_record(c, record, o);
        if (o)
            ref->type = type_record_of(c->arena, o);
    } else if (given && KID(n, GIVEN, value)) {
        given_value(c, n);
        return;
    } else if (given) {
        given_table(c, n);
        return;
    }
    if (given)
        given_word(c, n);
    else
        expect_word(c, n);
}

/* --------------------------------------------------------- the flow in test */
static bool same_object(const struct program *p, const struct node *ref,
                        const struct object *o, const struct connection *conn)
{
    (void)p;
    return ref && ref->type && ref->type->object == o && conn &&
           text_equal(schema_app(ref), conn->name);
}

static bool gives(const struct test *t, const struct flow *f)
{
    for (const struct node *n = KID(t->node, TEST, clauses); n; n = n->next)
        if (n->kind == NODE_GIVEN &&
            same_object(NULL, KID(n, GIVEN, object), f->source,
                        f->source_connection))
            return true;
    return false;
}

static bool expects(const struct test *t, const struct flow *f)
{
    for (const struct node *n = KID(t->node, TEST, clauses); n; n = n->next)
        if (n->kind == NODE_EXPECT && f->target &&
            same_object(NULL, KID(n, EXPECT, object), f->target,
                        f->target_connection))
            return true;
    return false;
}

/* The flow whose source is given and, when that leaves a choice, whose target
 * is expected; the nearest one above the test in its own file goes first. */
static struct flow *flow_of(const struct program *p, const struct test *t)
{
    struct flow *best = NULL;
    int best_score = 0;
    for (struct flow *f = p->flows; f; f = f->next) {
        if (f->broken || !f->source || !gives(t, f))
            continue;
        int score = 1 + (expects(t, f) ? 4 : 0) + (f->module == t->module ? 2 : 0);
        bool above = f->module == t->module &&
                     f->node->span.start < t->node->span.start;
        if (score > best_score || (score == best_score && above)) {
            best = f;
            best_score = score;
        }
    }
    return best;
}

/* --------------------------------------------- what the flow reads of it */
static bool node_reads(const struct node *n, const struct field *field,
                       int depth)
{
    if (!n || depth > 60)
        return false;
    if (n->kind == NODE_MEMBER && n->field == field)
        return true;
    if (n->kind == NODE_CALL && n->symbol && n->symbol->decl &&
        node_reads(KID(n->symbol->decl, DEFINE, value), field, depth + 1))
        return true;
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *k = n->kid[i]; k; k = k->next)
            if (node_reads(k, field, depth + 1))
                return true;
    return false;
}

static bool is_given(const struct node *record, const struct field *field)
{
    for (const struct node *n = KID(record, TEST_RECORD, fields); n; n = n->next)
        if (n->field == field)
            return true;
    return false;
}

/* A required field that is not given has a neutral value, which is a guess
 * as soon as the flow reads it. */
static void check_given(struct checker *c, const struct flow *f,
                        const struct node *record)
{
    const struct object *o = record->type ? record->type->object : NULL;
    for (size_t i = 0; o && i < o->field_count; i++) {
        const struct field *field = &o->fields[i];
        if (field->type->optional || field->type->kind == TYPE_LIST ||
            is_given(record, field) || !node_reads(f->node, field, 0))
            continue;
        struct diag *m = say(c, "E0391", record->span,
                             "`%.*s` reads %.*s.%.*s, and the test does not "
                             "give it",
                             TEXT_ARG(f->name), TEXT_ARG(o->name),
                             TEXT_ARG(field->name));
        diag_note(c->d, m, "it is %s", type_words(c->arena, field->type));
        return;
    }
    for (const struct node *n = KID(record, TEST_RECORD, fields); n; n = n->next) {
        const struct node *value = KID(n, TEST_FIELD, value);
        if (value && value->kind == NODE_TEST_RECORD)
            check_given(c, f, value);
        for (const struct node *k = value && value->kind == NODE_LIST
                                        ? KID(value, LIST, items) : NULL;
             k; k = k->next)
            if (k->kind == NODE_TEST_RECORD)
                check_given(c, f, k);
    }
}

static void check_all_given(struct checker *c, const struct test *t)
{
    for (const struct node *n = KID(t->node, TEST, clauses); n; n = n->next)
        if (n->kind == NODE_GIVEN && KID(n, GIVEN, object) &&
            KID(n, GIVEN, record))
            check_given(c, t->flow, KID(n, GIVEN, record));
}

static void check_gone(struct checker *c, const struct test *t)
{
    for (const struct node *n = KID(t->node, TEST, clauses); n; n = n->next) {
        const struct node *ref =
            n->kind == NODE_GIVEN ? KID(n, GIVEN, object) : NULL;
        if (!ref || !n->text.len)
            continue;
        if (!same_object(c->p, ref, t->flow->source,
                         t->flow->source_connection))
            say(c, "E0390", ref->span, "`%.*s` reads %.*s; nothing else can be "
                "gone from it", TEXT_ARG(t->flow->name),
                TEXT_ARG(t->flow->source->label));
        else if (!t->flow->when_gone)
            say(c, "E0390", n->name_span, "`%.*s` has no `when gone`, so "
                "nothing happens", TEXT_ARG(t->flow->name));
    }
}

void check_test(struct checker *c, struct test *t)
{
    c->module = t->module;
    size_t errors = c->d->error_count;
    for (struct node *n = KID(t->node, TEST, clauses); n; n = n->next)
        if (n->kind == NODE_GIVEN || n->kind == NODE_EXPECT)
            check_clause(c, n);
    t->flow = flow_of(c->p, t);
    bool broken = c->d->error_count != errors || !c->p->flows;
    for (const struct flow *f = c->p->flows; f; f = f->next)
        broken |= f->broken;
    if (t->flow && !broken) {
        check_all_given(c, t);
        check_gone(c, t);
    }
    for (const struct node *n = KID(t->node, TEST, clauses); n; n = n->next)
        broken |= n->kind == NODE_BROKEN;
    if (t->flow || broken)
        return;
    struct diag *m = say(c, "E0392", t->node->name_span,
                         "this test gives no record that a flow reads");
    for (const struct flow *f = c->p->flows; f; f = f->next)
        if (f->module == t->module && f->source)
            diag_note(c->d, m, "`%.*s` reads %.*s: given %.*s { … }",
                      TEXT_ARG(f->name), TEXT_ARG(f->source->label),
                      TEXT_ARG(f->source->label));
}
