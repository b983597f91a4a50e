/* Runs a compiled flow over one record: statements top to bottom, every
 * reason collected, what depends on a failure left out. */
#include "config.h"

#include "runtime/eval_call.h"
#include "runtime/ir.h"

#include <string.h>

#define REASONS_MAX 200 /* of one record; further ones say nothing new */

/* ------------------------------------------------------------- reasons */
static void print_leaf(struct frame *f, const struct ir_leaf *leaf,
                       struct buf *b)
{
    struct value v;
    enum got got = ir_eval(f, leaf->ir, &v);
    if (b->len)
        buf_byte(b, '\n');
    buf_text(b, leaf->shown);
    buf_str(b, " = ");
    if (got != GOT_VALUE) {
        buf_str(b, "(unknown)");
        return;
    }
    if (leaf->sensitive && v.tag != VALUE_MISSING) {
        buf_str(b, "(hidden)");
        return;
    }
    bool quoted = v.tag == VALUE_TEXT;
    if (quoted)
        buf_byte(b, '"');
    value_print(&v, b);
    if (quoted)
        buf_byte(b, '"');
}

static struct text leaf_values(struct frame *f, const struct ir_leaf *leaves,
                               size_t count)
{
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < count; i++)
        print_leaf(f, &leaves[i], &b);
    struct text t = buf_dup(f->arena, &b);
    buf_fini(&b);
    return t;
}

static struct reason *add_reason(struct frame *f, enum verb verb,
                                 struct text message, struct span span)
{
    struct reason *r = arena_zalloc(f->arena, sizeof *r);
    r->verb = verb;
    r->message = message;
    r->span = span;
    if (verb == VERB_WARN) {
        *f->next_warning = r;
        f->next_warning = &r->next;
        return r;
    }
    if (f->reason_count++ < REASONS_MAX) {
        *f->next_reason = r;
        f->next_reason = &r->next;
    }
    f->stopped |= verb == VERB_STOP;
    f->skipped |= verb == VERB_SKIP;
    f->rejected |= verb == VERB_REJECT;
    return r;
}

static struct reason *add_outcome(struct frame *f,
                                  const struct ir_statement *st,
                                  const struct ir_outcome *outcome,
                                  struct text message)
{
    struct reason *r = add_reason(f, outcome->verb, message, st->span);
    r->values = leaf_values(f, st->leaves, st->leaf_count);
    return r;
}

/* An expression over several lines, in one. */
static struct text on_one_line(struct arena *arena, struct text t)
{
    char *out = arena_alloc(arena, t.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) {
        bool blank = t.ptr[i] == ' ' || t.ptr[i] == '\n' ||
                     t.ptr[i] == '\r' || t.ptr[i] == '\t';
        if (!blank || (n && out[n - 1] != ' '))
            out[n++] = blank ? ' ' : t.ptr[i];
    }
    return (struct text){ out, n };
}

static struct text failure_text(struct frame *f, const struct node *failed,
                                const char *why)
{
    struct text shown = TEXT_NONE;
    if (failed && failed->span.source)
        shown = span_text(&f->c->program->sources, failed->span);
    if (!shown.len)
        return text_of(why);
    if (memchr(shown.ptr, '\n', shown.len))
        shown = on_one_line(f->arena, shown);
    if (shown.len > 80)
        shown = utf8_left(shown, 70);
    return text_of(arena_printf(f->arena, "cannot compute `%.*s`: %s",
                                TEXT_ARG(shown), why));
}

static struct reason *add_failure(struct frame *f, struct span span,
                                  const struct ir_leaf *leaves, size_t count)
{
    const char *why = f->failure;
    const struct node *failed = f->failed;
    struct reason *r =
        add_reason(f, VERB_HOLD, failure_text(f, failed, why), span);
    r->failure = true;
    r->values = leaf_values(f, leaves, count);
    return r;
}

/* Why a statement has no value; nothing when that was told before. */
static void report(struct frame *f, const struct ir_statement *st,
                   enum got got)
{
    if (got == GOT_FAILURE) {
        add_failure(f, st->span, st->leaves, st->leaf_count);
    } else if (got == GOT_OUTCOME) {
        struct text table = f->fired_table, key = f->fired_key;
        struct reason *r = add_outcome(f, st, f->fired, f->fired_message);
        r->awaited_table = table;
        r->awaited_key = table.len ? key : r->awaited_key;
    }
}

static void poison(struct value *v)
{
    memset(v, 0, sizeof *v);
    v->tag = TAG_POISON;
}

static void trace_value(struct frame *f, const struct ir_statement *st,
                        struct text name, const struct value *v)
{
    struct place at = { 0, 0 };
    if (!f->trace)
        return;
    if (st->span.source)
        at = sources_place(&f->c->program->sources, st->span.source,
                           st->span.start);
    buf_printf(f->trace, "%u: %.*s = ", at.line, TEXT_ARG(name));
    if (v->tag == TAG_POISON)
        buf_str(f->trace, "(none)");
    else
        value_print(v, f->trace);
    buf_byte(f->trace, '\n');
}

/* ------------------------------------------------------------- find */
static struct text joined_keys(struct frame *f, const struct value *keys,
                               size_t count, const char *between)
{
    struct buf b;
    if (count == 1 && keys[0].tag == VALUE_TEXT)
        return value_as_text(&keys[0]);
    buf_init(&b, 0);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_str(&b, between);
        value_canonical(&keys[i], &b);
    }
    struct text t = buf_dup(f->arena, &b);
    buf_fini(&b);
    return t;
}

static void note_find(struct frame *f, const struct find_site *site,
                      struct text key, bool found)
{
    struct lookup *l = arena_zalloc(f->arena, sizeof *l);
    l->name = site->name;
    l->key = key;
    l->found = found;
    *f->next_lookup = l;
    f->next_lookup = &l->next;
}

/* Whether all keys are there: 1 yes, 0 one is missing, -1 one has failed. */
static int find_keys(struct frame *f, const struct ir_statement *st,
                     struct value *keys)
{
    int present = 1;
    for (size_t i = 0; i < st->find->site.key_count; i++) {
        enum got got = ir_eval(f, st->find->keys[i], &keys[i]);
        if (got != GOT_VALUE) {
            report(f, st, got);
            return -1;
        }
        if (keys[i].tag == VALUE_MISSING)
            present = 0;
    }
    return present;
}

static void find_none(struct frame *f, const struct ir_statement *st,
                      struct text key, struct value *slot)
{
    memset(slot, 0, sizeof *slot);
    if (!st->outcome)
        return;
    struct text message = eval_message(f, st->outcome->message);
    poison(slot);
    eval_reach(f->c, st->reach);
    struct reason *r = add_outcome(f, st, st->outcome, message);
    r->awaits = &f->c->finds[st->find->site.index];
    r->awaited_key = key;
}

static const char *site_title(struct frame *f, const struct find_site *site)
{
    struct text app =
        site->connection ? site->connection->name : site->object->app;
    return arena_printf(f->arena, "%.*s.%.*s", TEXT_ARG(app),
                        TEXT_ARG(site->object->name));
}

static void find_failed(struct frame *f, const struct ir_statement *st,
                        const struct find_answer *answer, const char *shown)
{
    const struct find_site *site = &st->find->site;
    const char *title = site_title(f, site);
    f->failed = NULL;
    if (answer->status == FIND_MANY)
        f->failure = arena_printf(f->arena, "several %s match %s: %.*s", title,
                                  shown, TEXT_ARG(answer->matches));
    else
        f->failure = arena_printf(
            f->arena, "%s could not be read%s%.*s", title,
            answer->matches.len ? ": " : "", TEXT_ARG(answer->matches));
    add_failure(f, st->span, st->leaves, st->leaf_count);
}

static void set_record(struct value *v, const struct record *record)
{
    union {
        const struct record *from;
        struct record *to;
    } r = { .from = record };
    memset(v, 0, sizeof *v);
    v->tag = VALUE_RECORD;
    v->record = r.to;
}

static void run_find(struct frame *f, const struct ir_statement *st)
{
    const struct find_site *site = &f->c->finds[st->find->site.index];
    struct value *slot = &f->slots[st->slot], keys[16];
    struct find_answer answer = { .status = FIND_FAILED };
    int present = find_keys(f, st, keys);
    if (present < 0) {
        poison(slot);
        return;
    }
    struct text key =
        present ? joined_keys(f, keys, site->key_count, "\x1f") : TEXT_NONE;
    if (!present)
        answer.status = FIND_NONE;
    else if (f->env->find)
        f->env->find(f->env->ctx, site, keys, &answer);
    note_find(f, site, key, answer.status == FIND_ONE);
    switch (answer.status) {
    case FIND_ONE:
        set_record(slot, answer.record);
        break;
    case FIND_NONE:
        find_none(f, st, key, slot);
        break;
    case FIND_LATER:
        f->later = true;
        poison(slot);
        break;
    case FIND_MANY:
    case FIND_FAILED:
        poison(slot);
        find_failed(f, st, &answer,
                    text_cstr(f->arena,
                              joined_keys(f, keys, site->key_count, ", ")));
        break;
    }
}

/* ------------------------------------------------------------- targets */
static struct record *new_target(struct frame *f, const struct shape *shape)
{
    size_t size = sizeof(struct record) + shape->count * sizeof(struct value);
    struct record *r = arena_alloc(f->arena, size);
    r->shape = shape;
    for (size_t i = 0; i < shape->count; i++)
        r->slots[i] = (struct value){ .coef = 0, .tag = VALUE_LEAVE };
    return r;
}

static struct value *place_slot(struct frame *f, const struct ir_place *place)
{
    struct record *r = f->record;
    for (uint32_t i = 0; i + 1 < place->count; i++) {
        struct value *v = &r->slots[place->steps[i]];
        if (v->tag != VALUE_RECORD)
            set_record(v, new_target(f, place->shapes[i]));
        r = v->record;
    }
    return &r->slots[place->steps[place->count - 1]];
}

static const char *fit_text(struct frame *f, const struct field *field,
                            const struct value *v)
{
    const struct type *type = field->type;
    struct text t = value_as_text(v);
    if (type->kind == TYPE_ENUM) {
        for (size_t i = 0; i < type->value_count; i++)
            if (text_equal(type->values[i].word, t))
                return NULL;
        return arena_printf(f->arena, "`%.*s` cannot be \"%.*s\"",
                            TEXT_ARG(field->name), TEXT_ARG(t));
    }
    if (type->kind != TYPE_TEXT || type->length < 0 ||
        t.len <= (size_t)type->length)
        return NULL;
    size_t count = utf8_count(t);
    if (count <= (size_t)type->length)
        return NULL;
    return arena_printf(f->arena,
                        "`%.*s` takes at most %d characters; this has %zu",
                        TEXT_ARG(field->name), type->length, count);
}

static const char *fit_amount(struct frame *f, const struct field *field,
                              struct value *v)
{
    const struct type *type = field->type;
    int scale = type->kind == TYPE_INTEGER ? 0 : type->scale;
    struct decimal d;
    if (type->kind == TYPE_MONEY && type->currency[0] && v->currency &&
        v->currency != currency_pack(type->currency))
        return arena_printf(f->arena, "`%.*s` takes only %s",
                            TEXT_ARG(field->name), type->currency);
    if (type->kind != TYPE_MONEY && type->kind != TYPE_NUMBER &&
        type->kind != TYPE_INTEGER && type->kind != TYPE_PERCENT)
        return NULL;
    if (scale == SCALE_UNKNOWN || v->scale <= scale)
        return NULL;
    if (decimal_rescale(value_as_decimal(v), scale, &d) != DECIMAL_OK)
        return arena_printf(f->arena,
                            "`%.*s` takes %d decimals; this has more",
                            TEXT_ARG(field->name), scale);
    v->coef = d.coef;
    v->scale = (uint8_t)d.scale;
    return NULL;
}

/* What check proves mostly; data of unknown length and scale is proved here. */
static const char *fit(struct frame *f, const struct field *field,
                       struct value *v)
{
    if (!field->type)
        return NULL;
    if (v->tag == VALUE_TEXT)
        return fit_text(f, field, v);
    if (v->tag == VALUE_NUMBER || v->tag == VALUE_MONEY)
        return fit_amount(f, field, v);
    return NULL;
}

static void run_assign(struct frame *f, const struct ir_statement *st)
{
    struct value v;
    enum got got = ir_get(f, st->a, &v);
    struct value *slot = st->place.count == 1
                             ? &f->record->slots[st->place.steps[0]]
                             : place_slot(f, &st->place);
    if (got == GOT_VALUE && v.tag < VALUE_CLEAR && v.tag != VALUE_MISSING) {
        const char *why = fit(f, st->place.field, &v);
        if (why) {
            f->failure = why;
            f->failed = NULL;
            got = GOT_FAILURE;
        }
    }
    if (got != GOT_VALUE) {
        report(f, st, got);
        poison(slot);
    } else if (v.tag == VALUE_MISSING) {
        memset(slot, 0, sizeof *slot);
        slot->tag = VALUE_LEAVE;
    } else {
        *slot = v;
    }
    if (f->trace)
        trace_value(f, st, st->place.field->name, slot);
}

struct growing_list {
    struct value_list list;
    size_t cap;
};

static void append(struct frame *f, struct value *slot,
                   const struct record *record)
{
    struct growing_list *g;
    if (slot->tag == TAG_POISON)
        return;
    if (slot->tag != VALUE_LIST) {
        g = arena_zalloc(f->arena, sizeof *g);
        memset(slot, 0, sizeof *slot);
        slot->tag = VALUE_LIST;
        slot->list = &g->list;
    }
    g = (struct growing_list *)(void *)slot->list;
    if (g->list.count == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 8;
        struct value *items = arena_alloc(f->arena, cap * sizeof *items);
        if (g->list.count)
            memcpy(items, g->list.items, g->list.count * sizeof *items);
        g->list.items = items;
        g->cap = cap;
    }
    set_record(&g->list.items[g->list.count++], record);
}

static void run_body(struct frame *f, const struct ir_statement *st);

static void add_line(struct frame *f, const struct ir_statement *st,
                     struct value *slot)
{
    struct record *outer = f->record;
    struct record *line = new_target(f, st->record_shape);
    append(f, slot, line);
    f->record = line;
    run_body(f, st->body);
    f->record = outer;
}

static void add_lines(struct frame *f, const struct ir_statement *st,
                      struct value *slot, const struct value *list)
{
    for (size_t i = 0; i < list->list->count; i++) {
        if (f->stopped || f->skipped)
            return;
        f->slots[st->slot] = list->list->items[i];
        if (st->where) {
            bool pass;
            enum got got = ir_truth(f, st->where, &pass);
            if (got != GOT_VALUE)
                report(f, st, got);
            if (got != GOT_VALUE || !pass)
                continue;
        }
        add_line(f, st, slot);
    }
}

static void run_add(struct frame *f, const struct ir_statement *st)
{
    struct value *slot = place_slot(f, &st->place), list;
    if (!st->a) {
        add_line(f, st, slot);
        return;
    }
    enum got got = ir_eval(f, st->a, &list);
    if (got != GOT_VALUE) {
        report(f, st, got);
        poison(slot);
    } else if (list.tag == VALUE_LIST) {
        if (slot->tag != VALUE_LIST && slot->tag != TAG_POISON) {
            append(f, slot, NULL); /* an empty list is a list */
            slot->list->count = 0;
        }
        add_lines(f, st, slot, &list);
    }
}

/* ------------------------------------------------------------- statements */
static void run_let(struct frame *f, const struct ir_statement *st)
{
    struct value *slot = &f->slots[st->slot], v;
    enum got got = ir_eval(f, st->a, &v);
    if (got == GOT_VALUE) {
        *slot = v;
    } else {
        report(f, st, got);
        poison(slot);
    }
    if (f->trace)
        trace_value(f, st, st->node->text, slot);
}

static void run_condition(struct frame *f, const struct ir_statement *st)
{
    bool yes;
    enum got got = ir_truth(f, st->a, &yes);
    if (got != GOT_VALUE) {
        report(f, st, got);
        return;
    }
    if (yes == (st->kind == ST_WHEN)) {
        eval_reach(f->c, st->reach);
        add_outcome(f, st, st->outcome,
                    eval_message(f, st->outcome->message));
    }
}

static void run_body(struct frame *f, const struct ir_statement *st)
{
    for (; st && !f->stopped && !f->skipped; st = st->next)
        switch (st->kind) {
        case ST_LET:
            run_let(f, st);
            break;
        case ST_FIND:
            run_find(f, st);
            break;
        case ST_REQUIRE:
        case ST_WHEN:
            run_condition(f, st);
            break;
        case ST_ASSIGN:
            run_assign(f, st);
            break;
        case ST_ADD:
            run_add(f, st);
            break;
        }
}

/* ------------------------------------------------------------- the record */
static void start(struct frame *f, const struct compiled *c,
                  const struct eval_env *env, const struct eval_input *input,
                  struct evaluated *out)
{
    memset(f, 0, sizeof *f);
    memset(out, 0, sizeof *out);
    f->c = c;
    f->env = env;
    f->input = input;
    f->arena = env->arena;
    f->slots =
        arena_zalloc(env->arena, c->slot_count * sizeof(struct value));
    f->out = out;
    f->next_reason = &out->reasons;
    f->next_warning = &out->warnings;
    f->next_lookup = &f->lookups;
    if (input->source)
        set_record(&f->slots[c->source_slot], input->source);
}

static struct text print_lookups(struct frame *f)
{
    struct buf b;
    buf_init(&b, 16384);
    for (const struct lookup *l = f->lookups; l; l = l->next) {
        if (b.len)
            buf_str(&b, ", ");
        if (l->table.len)
            buf_printf(&b, "%s row \"%.*s\" of %.*s",
                       l->found ? "found" : "no", TEXT_ARG(l->key),
                       TEXT_ARG(l->table));
        else
            buf_printf(&b, "%.*s %.*s %s", TEXT_ARG(l->name),
                       TEXT_ARG(l->key), l->found ? "found" : "not found");
    }
    for (size_t i = 0; i < b.len; i++)
        if (b.ptr[i] == '\x1f')
            b.ptr[i] = ' ';
    struct text t = buf_dup(f->arena, &b);
    buf_fini(&b);
    return t;
}

static const struct value *match_value(const struct frame *f,
                                       const struct ir_place *place)
{
    const struct record *r = f->target;
    for (uint32_t i = 0;; i++) {
        const struct value *v = &r->slots[place->steps[i]];
        if (i + 1 == place->count)
            return v;
        if (v->tag == VALUE_LIST && v->list->count)
            v = &v->list->items[0];
        if (v->tag != VALUE_RECORD)
            return NULL;
        r = v->record;
    }
}

static struct text match_key(struct frame *f)
{
    struct value keys[16];
    for (size_t i = 0; i < f->c->match_count; i++) {
        const struct value *v = match_value(f, &f->c->match[i]);
        if (!v || !value_is_present(v))
            return TEXT_NONE;
        keys[i] = *v;
    }
    return f->c->match_count ? joined_keys(f, keys, f->c->match_count, "\x1f")
                             : TEXT_NONE;
}

/* An amount's currency must be the one its record says. */
static void check_currencies(struct frame *f, const struct record *r,
                             const struct record *around, struct span span);

static void check_currency(struct frame *f, const struct record *r,
                           const struct record *around, size_t slot,
                           struct span span)
{
    const struct field *field = r->shape->fields[slot].field;
    const struct value *amount = &r->slots[slot];
    const struct value *code = record_get(r, field->currency_from);
    if (!code && around)
        code = record_get(around, field->currency_from);
    if (!code || code->tag != VALUE_TEXT || code->len != 3 ||
        currency_pack(code->ptr) == amount->currency)
        return;
    char own[4];
    currency_unpack(amount->currency, own);
    f->failed = NULL;
    f->failure = arena_printf(
        f->arena, "`%.*s` is in %s, but `%.*s` says %.*s",
        TEXT_ARG(field->name), own, TEXT_ARG(field->currency_from),
        TEXT_ARG(value_as_text(code)));
    add_failure(f, span, NULL, 0);
}

static void check_currencies(struct frame *f, const struct record *r,
                             const struct record *around, struct span span)
{
    for (size_t i = 0; i < r->shape->count; i++) {
        const struct value *v = &r->slots[i];
        if (v->tag == VALUE_MONEY && v->currency &&
            r->shape->fields[i].field->currency_from.len)
            check_currency(f, r, around, i, span);
        else if (v->tag == VALUE_RECORD)
            check_currencies(f, v->record, r, span);
        else if (v->tag == VALUE_LIST)
            for (size_t k = 0; k < v->list->count; k++)
                if (v->list->items[k].tag == VALUE_RECORD)
                    check_currencies(f, v->list->items[k].record, r, span);
    }
}

static void finish(struct frame *f)
{
    struct evaluated *out = f->out;
    struct span span = f->c->flow->node ? f->c->flow->node->span : SPAN_NONE;
    if (!f->reason_count && !f->later)
        check_currencies(f, f->target, NULL, span);
    if (f->stopped)
        out->verdict = VERDICT_STOP;
    else if (f->skipped)
        out->verdict = VERDICT_SKIP;
    else if (f->later)
        out->verdict = VERDICT_LATER;
    else if (f->rejected)
        out->verdict = VERDICT_REJECT;
    else if (f->reason_count)
        out->verdict = VERDICT_HOLD;
    else
        out->verdict = VERDICT_WRITE;
    if (out->verdict == VERDICT_WRITE) {
        out->target = f->target;
        if (f->c->match_count)
            out->match_key = match_key(f);
    } else if (f->lookups) {
        out->lookups = print_lookups(f);
    }
}

/* ------------------------------------------------------------- sentence */
/* Puts the element of `for each` into its slot. */
static enum got set_element(struct frame *f, size_t element)
{
    struct value list;
    if (!f->c->each_list)
        return GOT_VALUE;
    enum got got = ir_eval(f, f->c->each_list, &list);
    if (got != GOT_VALUE)
        return got;
    struct value *slot = &f->slots[f->c->each_slot];
    memset(slot, 0, sizeof *slot);
    if (list.tag == VALUE_LIST && element < list.list->count)
        *slot = list.list->items[element];
    return GOT_VALUE;
}

static void report_sentence(struct frame *f, enum got got)
{
    const struct node *where = f->c->flow->where;
    struct ir_statement st;
    memset(&st, 0, sizeof st);
    if (where)
        st.span = where->span;
    st.leaves = f->c->where_leaves;
    st.leaf_count = f->c->where_leaf_count;
    report(f, &st, got);
}

/* Whether the record is meant for this flow; -1 with a reason. */
static int in_scope(struct frame *f, size_t element)
{
    bool wanted = true;
    enum got got = set_element(f, element);
    if (got == GOT_VALUE && f->c->where) {
        got = ir_truth(f, f->c->where, &wanted);
        if (got == GOT_VALUE && !wanted)
            return 0;
    }
    if (got == GOT_VALUE)
        return 1;
    report_sentence(f, got);
    return -1;
}

static void set_member(struct frame *f, size_t i)
{
    const struct eval_input *in = f->input;
    set_record(&f->slots[f->c->source_slot], in->members[i]);
    set_element(f, in->member_elements ? in->member_elements[i] : 0);
}

static void say_disagreement(struct frame *f, const struct ir_leaf *leaf,
                             const struct value *a, const struct value *b)
{
    struct buf text;
    buf_init(&text, 0);
    buf_printf(&text, "`%.*s` differs within one group: ",
               TEXT_ARG(leaf->shown));
    if (leaf->sensitive) {
        buf_str(&text, "(hidden)");
    } else {
        value_print(a, &text);
        buf_str(&text, " and ");
        value_print(b, &text);
    }
    struct reason *r =
        add_reason(f, VERB_HOLD, buf_dup(f->arena, &text),
                   leaf->ir->node ? leaf->ir->node->span : SPAN_NONE);
    r->failure = true;
    f->out->disagrees = true;
    buf_fini(&text);
}

/* Every source field that the body uses must be the same in the group. */
static void check_agreement(struct frame *f)
{
    const struct compiled *c = f->c;
    size_t members = f->input->member_count;
    struct value *firsts =
        arena_zalloc(f->arena, c->agree_count * sizeof(struct value));
    bool *told = arena_zalloc(f->arena, c->agree_count * sizeof(bool) + 1);
    for (size_t m = 0; m < members; m++) {
        set_member(f, m);
        for (size_t i = 0; i < c->agree_count; i++) {
            struct value v;
            if (told[i] || ir_get(f, c->agree[i].ir, &v) != GOT_VALUE)
                continue;
            if (m == 0) {
                firsts[i] = v;
            } else if (!value_equal(&firsts[i], &v)) {
                told[i] = true;
                say_disagreement(f, &c->agree[i], &firsts[i], &v);
            }
        }
    }
    set_member(f, 0);
}

void flow_evaluate(const struct compiled *c, const struct eval_env *env,
                   const struct eval_input *input, struct evaluated *out)
{
    struct frame f;
    struct buf trace;
    start(&f, c, env, input, out);
    bool grouped = c->per && input->member_count;
    int scope = grouped ? 1 : in_scope(&f, input->element);
    if (scope == 0) {
        out->verdict = VERDICT_SKIP;
        out->outside = true;
        return;
    }
    if (grouped && input->member_count > 1)
        check_agreement(&f);
    else if (grouped)
        set_member(&f, 0);
    if (env->trace) {
        buf_init(&trace, 0);
        f.trace = &trace;
    }
    f.target = f.record = new_target(&f, c->target_shape);
    if (scope > 0)
        run_body(&f, c->body);
    finish(&f);
    if (env->trace) {
        out->trace = buf_dup(env->arena, &trace);
        buf_fini(&trace);
    }
}

size_t flow_elements(const struct compiled *c, const struct eval_env *env,
                     const struct record *source)
{
    struct frame f;
    struct evaluated out;
    struct eval_input input = { .source = source };
    struct value list;
    if (!c->each_list)
        return 1;
    start(&f, c, env, &input, &out);
    if (ir_eval(&f, c->each_list, &list) != GOT_VALUE ||
        list.tag != VALUE_LIST)
        return 0;
    return list.list->count;
}

int flow_group_key(const struct compiled *c, const struct eval_env *env,
                   const struct eval_input *input, bool *scope,
                   struct text *key, struct evaluated *out)
{
    struct frame f;
    struct value v;
    start(&f, c, env, input, out);
    int in = in_scope(&f, input->element);
    *scope = in > 0;
    *key = TEXT_NONE;
    enum got got = GOT_VALUE;
    if (in > 0 && c->per) {
        got = ir_get(&f, c->per, &v);
        if (got == GOT_VALUE)
            *key = joined_keys(&f, &v, 1, "");
        else
            report_sentence(&f, got);
    }
    if (in >= 0 && got == GOT_VALUE)
        return 0;
    f.target = f.record = new_target(&f, c->target_shape);
    finish(&f);
    return -1;
}

void flow_evaluate_gone(const struct compiled *c, const struct eval_env *env,
                        const struct record *last_source,
                        struct evaluated *out)
{
    struct frame f;
    struct eval_input input = { .source = last_source };
    start(&f, c, env, &input, out);
    f.target = f.record = new_target(&f, c->target_shape);
    if (c->gone_outcome)
        add_reason(&f, c->gone_outcome->verb,
                   eval_message(&f, c->gone_outcome->message),
                   c->gone_outcome->span);
    else
        run_body(&f, c->gone);
    finish(&f);
    if (!c->gone && !c->gone_outcome)
        out->verdict = VERDICT_SKIP;
}
