/* One flow: its sentence, its body, and then what only the whole shows:
 * required fields, recognising records, what a gone record needs. */
#include "config.h"

#include "lang/check.h"

/* -------------------------------------------------------------- sentence */
static struct symbol *record_symbol(struct checker *c, enum symbol_kind kind,
                                    struct node *ref,
                                    const struct object *object)
{
    struct node *alias = KID(ref, OBJECT_REF, alias);
    struct text name = alias ? alias->text : object->name;
    struct span span = alias ? alias->span : ref->name_span;
    struct symbol *s = scope_symbol(c, kind, name, ref, span);
    s->type = type_record_of(c->arena, object);
    s->used = true;
    ref->symbol = s;
    ref->type = s->type;
    return s;
}

void say_unreadable(struct checker *c, const struct node *ref,
                    const struct object *object)
{
    struct diag *m = say(c, "E0349", ref->span, "%.*s cannot be read",
                         TEXT_ARG(object->label));
    if (object->refusal.len)
        diag_note(c->d, m, "%.*s", TEXT_ARG(object->refusal));
}

static void bind_source(struct checker *c, struct flow *f)
{
    struct node *ref = KID(f->node, FLOW, source);
    f->source = scope_object(c, ref, &f->source_connection);
    if (!f->source) {
        f->broken = true;
        return;
    }
    f->source_symbol = record_symbol(c, SYMBOL_SOURCE, ref, f->source);
    scope_push(c, f->source_symbol);
    if (!(f->source->operations & OPERATION_READ)) {
        say_unreadable(c, ref, f->source);
        f->broken = true;
    }
}

static void bind_target(struct checker *c, struct flow *f)
{
    struct node *ref = KID(f->node, FLOW, target);
    if (ref->kind == NODE_LOG) {
        f->target_connection = f->source_connection;
        return;
    }
    f->target = scope_object(c, ref, &f->target_connection);
    if (!f->target) {
        f->broken = true;
        return;
    }
    struct symbol *s = scope_symbol(c, SYMBOL_TARGET, TEXT("target"), ref,
                                    ref->name_span);
    s->type = type_record_of(c->arena, f->target);
    s->used = true;
    f->target_symbol = s;
    ref->symbol = s;
    ref->type = s->type;
}

/* `target`, and its alias when it has one, stand for the record being built:
 * only in the body. */
static void push_target(struct checker *c, struct flow *f)
{
    struct node *ref = KID(f->node, FLOW, target);
    if (!f->target_symbol)
        return;
    scope_push(c, f->target_symbol);
    struct node *alias = KID(ref, OBJECT_REF, alias);
    if (!alias)
        return;
    struct symbol *s = ARENA_NEW(c->arena, struct symbol);
    *s = *f->target_symbol;
    s->name = alias->text;
    s->span = alias->span;
    scope_push(c, s);
}

void check_sentence(struct checker *c, struct flow *f)
{
    struct node *mods = KID(f->node, FLOW, mods);
    bind_source(c, f);
    bind_target(c, f);
    f->each = mods ? KID(mods, MODS, each) : NULL;
    f->where = mods ? KID(mods, MODS, where) : NULL;
    f->per = mods ? KID(mods, MODS, per) : NULL;
    if (f->broken)
        return;
    if (f->each)
        check_each(c, f->each);
    if (f->where) {
        check_condition(c, f->where);
        known_from(c, f->where, true);
    }
    if (f->per) {
        const struct type *t = check_expr(c, f->per);
        if (t->optional) {
            struct diag *m = say(c, "E0312", f->per->span,
                                 "`%s` may be missing, but `one per` needs a key",
                                 missing_name(c, f->per));
            struct span at = f->where ? f->where->span
                             : f->each ? f->each->span
                                       : KID(f->node, FLOW, target)->span;
            struct diag_fix *fix = diag_fix(c->d, m, FIX_CHOICE,
                                            "leave those records out");
            at.start = at.end;
            diag_edit(c->d, fix, at, " %s %s is present",
                      f->where ? "and" : "where", missing_path(c, f->per));
        } else if (t->kind == TYPE_RECORD || t->kind == TYPE_LIST) {
            struct diag *m = say(c, "E0310", f->per->span,
                                 "a key is one value; this is %s",
                                 type_words(c->arena, t));
            if (t->kind == TYPE_RECORD && t->object->key_count)
                fix_wrap(c, m, FIX_SURE, f->per->span, "",
                         arena_printf(c->arena, ".%s",
                                      name_written(c->arena,
                                                   t->object->keys[0])));
        }
        struct symbol *g = scope_symbol(c, SYMBOL_GROUP, TEXT("group"), f->per,
                                        f->per->span);
        g->type = type_list_of(c->arena,
                               type_record_of(c->arena, f->source));
        g->used = true;
        f->group_symbol = g;
        scope_push(c, g);
    }
}

/* --------------------------------------------------------------- coverage */
static bool is_set(const struct frame *frame, const struct field *field)
{
    for (const struct set_field *s = frame->sets; s; s = s->next)
        if (s->first == field)
            return true;
    return false;
}

/* A value for `field` that stands somewhere in the source, for a skeleton. */
static const char *likely_value(struct checker *c, const struct flow *f,
                                const struct field *field)
{
    struct near n;
    near_init(&n, field->name);
    for (size_t i = 0; i < f->source->field_count; i++)
        near_try(&n, f->source->fields[i].name);
    const struct field *same = object_field(f->source, field->name);
    const struct field *from =
        same ? same : near_found(&n) ? object_field(f->source, n.best) : NULL;
    if (!from)
        return "…";
    const char *value =
        arena_printf(c->arena, "%s.%s",
                     name_written(c->arena, f->source_symbol->name),
                     name_written(c->arena, from->name));
    if (from->type->kind == TYPE_TEXT && field->type->kind == TYPE_TEXT &&
        field->type->length >= 0 &&
        (from->type->length < 0 || from->type->length > field->type->length))
        value = arena_printf(c->arena, "left(%s, %d)", value,
                             field->type->length);
    if (from->type->optional)
        value = arena_printf(c->arena, "%s else hold \"%.*s is missing\"", value,
                             TEXT_ARG(from->name));
    return value;
}

static void add_skeleton(struct checker *c, const struct flow *f,
                         const struct object *object, const char *indent,
                         struct buf *out, int depth)
{
    for (size_t i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (!field->required || field->read_only)
            continue;
        if (field->type->kind == TYPE_LIST &&
            field->type->item->kind == TYPE_RECORD && depth < 3) {
            buf_printf(out, "%sadd %s for each … in … {\n", indent,
                       name_written(c->arena, field->name));
            add_skeleton(c, f, field->type->item->object,
                         arena_printf(c->arena, "%s  ", indent), out, depth + 1);
            buf_printf(out, "%s}\n", indent);
        } else {
            buf_printf(out, "%s%s = %s\n", indent,
                       name_written(c->arena, field->name),
                       depth ? "…" : likely_value(c, f, field));
        }
    }
}

static const char *skeleton(struct checker *c, const struct flow *f)
{
    struct buf b;
    buf_init(&b, 65536);
    buf_str(&b, "{\n");
    if (f->target->match_default.len)
        buf_printf(&b, "  match on %.*s\n", TEXT_ARG(f->target->match_default));
    add_skeleton(c, f, f->target, "  ", &b, 0);
    buf_str(&b, "}");
    const char *text = text_cstr(c->arena, buf_view(&b));
    buf_fini(&b);
    return text;
}

static size_t missing_fields(struct frame *frame, struct buf *out,
                             const struct field **one)
{
    size_t count = 0, total = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < frame->object->field_count; i++) {
            const struct field *f = &frame->object->fields[i];
            if (!f->required || f->read_only || is_set(frame, f))
                continue;
            if (pass) {
                buf_printf(out, "%s`%.*s`",
                           !count ? "" : count + 1 == total ? " and " : ", ",
                           TEXT_ARG(f->name));
                count++;
            } else {
                total++;
                *one = f;
            }
        }
    }
    return total;
}

/* A record is set part by part: those that must be. */
static void name_parts(struct checker *c, struct diag *m,
                       const struct field *record)
{
    const struct object *o = record->type->object;
    struct buf b;
    buf_init(&b, 4096);
    for (int pass = 0; pass < 2 && !b.len; pass++)
        for (size_t i = 0; i < o->field_count; i++)
            if (!o->fields[i].read_only && (pass || o->fields[i].required))
                buf_printf(&b, "%s`%.*s.%.*s`", b.len ? ", " : "",
                           TEXT_ARG(record->name), TEXT_ARG(o->fields[i].name));
    diag_note(c->d, m, "a record is set part by part: %s", buf_cstr(&b));
    buf_fini(&b);
}

static void offer_fields(struct checker *c, struct diag *m, struct flow *f,
                         const struct frame *frame, const struct field *one)
{
    struct node *at = frame->add ? NULL : f->node;
    const char *value = at ? likely_value(c, f, one) : "…";
    if (at && value[0] != '.' && text_of(value).len && value[0] != '\xe2') {
        struct diag_fix *fix = diag_fix(c->d, m, FIX_CHOICE, "set it, if this is "
                                        "what is meant: %s = %s",
                                        name_written(c->arena, one->name), value);
        struct span end = { at->span.source, at->span.end - 1,
                            at->span.end - 1 };
        diag_edit(c->d, fix, end, "  %s = %s\n",
                  name_written(c->arena, one->name), value);
    } else if (one->type->kind == TYPE_RECORD) {
        name_parts(c, m, one);
    } else {
        diag_note(c->d, m, "`%.*s` is %s", TEXT_ARG(one->name),
                  type_words(c->arena, one->type));
    }
}

void check_coverage(struct checker *c, struct flow *f, struct frame *frame)
{
    const struct field *one = NULL;
    struct buf names;
    if (!frame->object || frame->in_gone || f->broken || f->refused)
        return;
    if (!frame->add && !f->writes_creates)
        return;
    buf_init(&names, 4096);
    size_t count = missing_fields(frame, &names, &one);
    if (count) {
        struct span span = frame->add ? frame->add->name_span
                                      : KID(f->node, FLOW, target)->span;
        bool bare = !f->body;
        const char *label = text_cstr(
            c->arena, frame->object->label.len ? frame->object->label
                                               : frame->object->name);
        struct diag *m =
            say(c, bare ? "E0328" : "E0320", span,
                bare ? "%s needs %s, and nothing sets %s yet"
                     : "%s needs %s, and nothing sets %s",
                label, buf_cstr(&names), count == 1 ? "it" : "them");
        if (bare)
            diag_note(c->d, m, "a skeleton to start from:\n%s", skeleton(c, f));
        else
            offer_fields(c, m, f, frame, one);
    }
    buf_fini(&names);
}

/* -------------------------------------------------- recognising a record */
static bool path_is_set(const struct flow *f, struct text path)
{
    for (const struct set_field *s = f->sets; s; s = s->next)
        if (!s->in_gone && text_equal(s->path, path))
            return true;
    return false;
}

static bool names_other(const struct flow *f, const struct node *path,
                        struct text *name)
{
    size_t dot = 0, at;
    *name = path->text;
    while (text_find(text_slice(*name, dot, name->len - dot), TEXT("."), &at))
        dot += at + 1;
    (void)f;
    return dot > 0;
}

static void check_match(struct checker *c, struct flow *f)
{
    if (!f->match_node)
        return;
    for (struct node *p = KID(f->match_node, MATCH_ON, paths); p; p = p->next) {
        struct text name;
        if (!p->field || path_is_set(f, p->text) ||
            (p->field->required && f->writes_creates &&
             object_field(f->target, p->field->name) == p->field))
            continue; /* a required one that is not set was told */
        names_other(f, p, &name);
        bool also = false; /* set by its other name */
        for (const struct set_field *s = f->sets; s; s = s->next)
            also |= s->field == p->field;
        if (also)
            continue;
        struct diag *m = say(c, "E0346", p->span,
                             "records are matched on `%.*s`, but nothing sets it",
                             TEXT_ARG(p->text));
        diag_note(c->d, m,
                  "a record is recognised by the value this flow gives the "
                  "field: set it, or match on a field that is set");
        for (const struct set_field *s = f->sets; s; s = s->next)
            if (s->field && s->field->searchable && !p->next &&
                s->field->type->kind == TYPE_TEXT &&
                KID(f->match_node, MATCH_ON, paths) == p &&
                object_field(f->target, s->field->name) == s->field)
                fix_replace(c, m, FIX_CHOICE, p->span,
                            name_written(c->arena, s->field->name));
    }
}

static bool can_repeat(const struct flow *f)
{
    return object_fact(f->target, "idempotency_key") ||
           object_fact(f->target, "idempotent") ||
           text_is(f->target_connection->connector, "files");
}

static void check_blind_create(struct checker *c, struct flow *f)
{
    struct node *first = f->body;
    if (!f->target || !f->writes_creates || f->match_node || can_repeat(f) ||
        !f->body)
        return;
    struct node *write = first;
    while (write && write->kind != NODE_WRITE)
        write = write->next;
    struct span span = write ? write->span : KID(f->node, FLOW, target)->span;
    struct diag *m = say(c, "E0347", span,
                         "a lost reply would create the same record twice: say "
                         "what it is matched on");
    struct text by = f->target->match_default;
    struct span end = { first->span.source, first->span.start,
                        first->span.start };
    if (by.len && path_is_set(f, by)) {
        struct diag_fix *fix = diag_fix(c->d, m, FIX_SURE, "add `match on %.*s`",
                                        TEXT_ARG(by));
        diag_edit(c->d, fix, end, "match on %s\n  ",
                  name_written(c->arena, by));
        return;
    }
    for (size_t i = 0; i < f->target->field_count; i++) {
        const struct field *field = &f->target->fields[i];
        if (!field->searchable || !path_is_set(f, field->name))
            continue;
        struct diag_fix *fix =
            diag_fix(c->d, m, FIX_CHOICE, "if it is unique: match on %.*s",
                     TEXT_ARG(field->name));
        diag_edit(c->d, fix, end, "match on %s\n  ",
                  name_written(c->arena, field->name));
        return;
    }
    diag_note(c->d, m, "set a searchable field to a key of the source and write "
              "`match on` it");
}

/* --------------------------------------------------------------- when gone */
static void check_gone(struct checker *c, struct flow *f)
{
    const struct node *n = f->when_gone;
    const struct node *outcome = n ? KID(n, WHEN_GONE, outcome) : NULL;
    if (!n || (outcome && outcome->lit.verb == VERB_LEAVE))
        return;
    if (f->reads_everything || f->recheck || f->source->deletes_seen)
        return;
    struct diag *m = say(c, "E0371", n->span,
                         "`when gone` can never run: nothing here reads "
                         "everything");
    diag_set_label(c->d, m, "%.*s does not report what was deleted",
                   TEXT_ARG(f->source->label));
    for (const struct node *r = f->body; r; r = r->next)
        if (r->kind == NODE_READ)
            diag_label(c->d, m, r->span, "only what changed is read");
    struct diag_fix *fix =
        diag_fix(c->d, m, FIX_SURE, "add `recheck every 1 day`");
    struct span at = { n->span.source, n->span.start, n->span.start };
    diag_edit(c->d, fix, at, "recheck every 1 day\n  ");
}

static void end_states(struct checker *c, struct flow *f, const struct node *n)
{
    if (!n)
        return;
    if (n->kind == NODE_AND) {
        end_states(c, f, KID(n, AND, left));
        end_states(c, f, KID(n, AND, right));
        return;
    }
    const struct node *left = n->kind == NODE_COMPARE ? KID(n, COMPARE, left)
                                                      : NULL;
    const struct node *right = left ? KID(n, COMPARE, right) : NULL;
    if (!left || !right || !left->type || left->type->kind != TYPE_ENUM)
        return;
    for (size_t i = 0; i < left->type->value_count; i++) {
        const struct enum_value *v = &left->type->values[i];
        bool named = right->kind == NODE_TEXT_LIT &&
                     text_equal(right->text, v->word);
        for (const struct node *k = right->kind == NODE_LIST
                                        ? KID(right, LIST, items) : NULL;
             k; k = k->next)
            named |= k->kind == NODE_TEXT_LIT && text_equal(k->text, v->word);
        bool excluded = n->lit.op == OP_IS || n->lit.op == OP_IS_ONE_OF
                            ? !named
                            : (n->lit.op == OP_IS_NOT ||
                               n->lit.op == OP_IS_NOT_ONE_OF) && named;
        if (!v->end_state || !excluded)
            continue;
        struct diag *m = say(c, "N0502", n->span,
                             "records that become \"%.*s\" leave this flow, and "
                             "the target keeps their last state",
                             TEXT_ARG(v->word));
        diag_note(c->d, m, "say what should happen then: when gone { … }, or "
                  "when gone leave");
        return;
    }
}

static void check_reading(struct checker *c, struct flow *f)
{
    if (f->recheck && f->reads_everything) {
        struct diag *m = say(c, "W0415", f->recheck->node->span,
                             "`read everything` is complete each time; this "
                             "adds nothing");
        struct diag_fix *fix = diag_fix(c->d, m, FIX_SURE, "remove it");
        diag_edit(c->d, fix, f->recheck->node->span, "%s", "");
    }
    if (f->where && !f->when_gone && f->target && !c->flow_errors)
        end_states(c, f, f->where);
}

/* ---------------------------------------------------------------- log only */
static void make_logged(struct checker *c, struct flow *f,
                        const struct frame *frame)
{
    struct object *o = ARENA_NEW(c->arena, struct object);
    size_t count = 0;
    for (const struct set_field *s = frame->sets; s; s = s->next)
        count++;
    o->name = TEXT("log");
    o->label = TEXT("log");
    o->record_only = true;
    map_init(&o->by_name);
    o->next = c->p->all_objects;
    c->p->all_objects = o;
    o->fields = ARENA_ARRAY(c->arena, struct field, count ? count : 1);
    for (struct set_field *s = frame->sets; s; s = s->next) {
        struct field *copy = &o->fields[o->field_count];
        struct node *n = ARENA_NEW(c->arena, struct node);
        (void)n;
        *copy = *s->field;
        copy->index = (uint32_t)o->field_count++;
        s->field = copy;
        map_put(&o->by_name, copy->name, copy);
    }
    f->logged = o;
}

static void bind_logged(struct flow *f)
{
    for (struct node *n = f->body; n && f->logged; n = n->next)
        if (n->kind == NODE_ASSIGN)
            n->field = KID(n, ASSIGN, path)->field =
                object_field(f->logged, n->text);
}

void check_flow(struct checker *c, struct flow *f)
{
    struct frame frame = { .object = NULL };
    size_t errors = c->d->error_count;
    frame.last_set = &frame.sets;
    f->body = KID(f->node, FLOW, body);
    c->flow = f;
    check_sentence(c, f);
    if (f->broken)
        return;
    frame.object = f->target;
    push_target(c, f);
    frame.object = f->target;
    check_header(c, f, f->body);
    c->frame = &frame;
    check_body(c, f->body);
    check_coverage(c, f, &frame);
    if (!f->target) {
        make_logged(c, f, &frame);
        bind_logged(f);
    }
    if (!f->broken && !f->refused) {
        check_match(c, f);
        check_blind_create(c, f);
    }
    check_gone(c, f);
    c->flow_errors = c->d->error_count != errors;
    check_reading(c, f);
    check_group(c, f);
    check_balance(c, f);
    c->frame = NULL;
}
