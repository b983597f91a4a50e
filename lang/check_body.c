/* The statements of a flow that say what a record becomes: let, find,
 * require, outcomes, fields and child records. What a flow says about itself
 * (when, how, how much) is check_header.c's. */
#include "config.h"

#include "lang/check.h"

/* ------------------------------------------------------------ target paths */
static bool starts_with_target(struct checker *c, const struct node *part)
{
    const struct flow *f = c->flow;
    return part->next &&
           (text_is(part->text, "target") ||
            (f->target_symbol && text_equal(part->text, f->target_symbol->name)) ||
            (f->target && text_equal(part->text, f->target->name)));
}

static bool says_target_prefix(struct checker *c, const struct object *object,
                               const struct node *path)
{
    const struct node *part = KID(path, PATH, parts);
    if (!part || !starts_with_target(c, part) ||
        object_field(object, part->text))
        return false;
    struct diag *m = say(c, "E0304", part->span,
                         "a field that is set is written without `%.*s`",
                         TEXT_ARG(part->text));
    struct span span = { part->span.source, part->span.start,
                         part->next->span.start };
    struct diag_fix *fix = diag_fix(c->d, m, FIX_SURE, "remove it");
    diag_edit(c->d, fix, span, "%s", "");
    return true;
}

/* total = total + 1: a name that means one value, set as if it were a field. */
static bool says_name_set(struct checker *c, const struct node *part,
                          const struct node *path)
{
    struct symbol *s = scope_find(c, part->text);
    if (part != KID(path, PATH, parts) || part->next || !s ||
        (s->kind != SYMBOL_LET && s->kind != SYMBOL_CONST))
        return false;
    s->used = true;
    struct diag *m = say(c, "E0304", part->span,
                         "`%.*s` is the name of one value, which never changes; "
                         "only fields of the target are set",
                         TEXT_ARG(part->text));
    diag_label(c->d, m, s->span, "named here");
    diag_note(c->d, m, "a total of a list is sum(x.amount for each x in list)");
    return true;
}

/* Steps from `object` along the path; the last field, or NULL when said. */
static const struct field *walk_path(struct checker *c,
                                     const struct object *object,
                                     struct node *path, bool through_lists,
                                     const struct field **first)
{
    const struct field *f = NULL;
    if (says_target_prefix(c, object, path))
        return NULL;
    for (struct node *part = KID(path, PATH, parts); part; part = part->next) {
        const struct type *t = f ? f->type : NULL;
        if (t && t->kind == TYPE_LIST && through_lists)
            t = t->item;
        if (t && t->kind == TYPE_UNKNOWN)
            return NULL;
        if (t && t->kind != TYPE_RECORD) {
            struct diag *m = say(c, "E0329", part->span,
                                 "`%.*s` is %s and has no field `%.*s`",
                                 TEXT_ARG(f->name), type_words(c->arena, t),
                                 TEXT_ARG(part->text));
            if (t->kind == TYPE_LIST)
                diag_note(c->d, m, "child records are added: add %.*s { %.*s = … }",
                          TEXT_ARG(f->name), TEXT_ARG(part->text));
            return NULL;
        }
        const struct object *in = t ? t->object : object;
        f = object_field(in, part->text);
        if (!f) {
            if (!says_name_set(c, part, path))
                scope_unknown_field(c, in, part->text, part->span);
            return NULL;
        }
        if (first && !*first)
            *first = f;
    }
    path->field = f;
    return f;
}

const struct field *check_path(struct checker *c, const struct object *object,
                               struct node *path)
{
    return walk_path(c, object, path, true, NULL);
}

static const char *written_path(struct checker *c, const struct node *n)
{
    return text_cstr(c->arena, n->text);
}

/* Where in the target the frame's fields are: "Lines.". */
static struct text full_path(struct checker *c, const struct frame *frame,
                             struct text path)
{
    for (; frame && frame->add; frame = frame->up)
        path = text_of(arena_printf(c->arena, "%.*s.%.*s",
                                    TEXT_ARG(frame->add->text), TEXT_ARG(path)));
    return path;
}

static bool covers(struct text a, struct text b)
{
    return text_equal(a, b) ||
           (text_starts(b, a) && b.len > a.len && b.ptr[a.len] == '.');
}

static bool check_twice(struct checker *c, const struct node *n,
                        struct text path)
{
    for (const struct set_field *s = c->frame->sets; s; s = s->next) {
        if (!covers(s->path, path) && !covers(path, s->path))
            continue;
        if (s->node->kind == NODE_ADD && n->kind == NODE_ADD)
            continue;
        struct diag *m = say(c, "E0321", n->name_span, "`%.*s` is set twice",
                             TEXT_ARG(n->text));
        diag_label(c->d, m, s->node->name_span, "first here");
        diag_note(c->d, m,
                  "a field has one value: choose { when … => … otherwise => … }");
        return true;
    }
    return false;
}

static void remember_as(struct checker *c, const struct node *n,
                        struct text path, const struct field *field,
                        const struct field *first)
{
    struct set_field *s = ARENA_NEW(c->arena, struct set_field);
    *s = (struct set_field){ .path = path, .field = field, .first = first,
                             .node = n, .in_gone = c->frame->in_gone };
    *c->frame->last_set = s;
    c->frame->last_set = &s->next;
    struct set_field *all = ARENA_NEW(c->arena, struct set_field);
    *all = *s;
    all->next = c->flow->sets;
    all->path = full_path(c, c->frame, path);
    c->flow->sets = all;
}

/* False: told that it is set twice. */
static bool remember(struct checker *c, const struct node *n,
                     const struct field *field, const struct field *first)
{
    bool twice = check_twice(c, n, n->text);
    remember_as(c, n, n->text, field, first);
    return !twice;
}

/* A field whose name is misspelt counts as set: one mistake, one message. */
static void remember_misspelt(struct checker *c, const struct node *n)
{
    const struct object *o = c->frame->object;
    const struct node *part = KID(KID(n, ASSIGN, path), PATH, parts);
    struct near near;
    if (!part || part->next)
        return;
    near_init(&near, part->text);
    for (size_t i = 0; i < o->field_count; i++)
        near_try(&near, o->fields[i].name);
    const struct field *f = near_found(&near) ? object_field(o, near.best)
                                              : NULL;
    if (f)
        remember_as(c, n, f->name, f, f);
}

static bool has_operation(const struct flow *f, enum operation op)
{
    return f->target && f->target->operations & op;
}

static bool is_matched(const struct flow *f, const struct field *field)
{
    for (size_t i = 0; i < f->match_count; i++)
        if (f->match[i] == field)
            return true;
    return false;
}

/* False: told that the system fills it itself. */
static bool check_writable(struct checker *c, const struct node *n,
                           const struct field *f, const struct field *first)
{
    const struct flow *flow = c->flow;
    const char *owner = text_cstr(c->arena, flow->target_connection->name);
    if (f->read_only || (first && first->read_only)) {
        struct diag *m = say(c, "E0323", n->name_span,
                             "%s fills `%.*s` itself; it cannot be set", owner,
                             TEXT_ARG(n->text));
        if (f->note.len)
            diag_note(c->d, m, "%.*s", TEXT_ARG(f->note));
        struct diag_fix *fix = diag_fix(c->d, m, FIX_CHOICE, "remove this line");
        diag_edit(c->d, fix, n->span, "%s", "");
        return false;
    }
    if (is_matched(flow, f) && !c->frame->in_gone)
        return true; /* its value is what records are found by */
    if (f->create_only && (c->frame->in_gone ||
                           (flow->writes_updates && !flow->writes_creates))) {
        struct diag *m = say(c, "E0324", n->name_span,
                             "%s takes `%.*s` only when a record is created",
                             owner, TEXT_ARG(n->text));
        diag_note(c->d, m, "%s", c->frame->in_gone
                      ? "`when gone` changes records that exist"
                      : "this flow only updates");
        struct diag_fix *fix = diag_fix(c->d, m, FIX_CHOICE, "remove this line");
        diag_edit(c->d, fix, n->span, "%s", "");
    }
    return true;
}

static void check_once(struct checker *c, const struct node *n)
{
    if (!n->lit.flag)
        return;
    const char *why =
        c->frame->in_gone ? "`when gone` never creates a record"
        : c->frame->add   ? "a child record is written with its parent"
        : !c->flow->writes_creates ? "this flow never creates a record"
                                   : NULL;
    if (!why)
        return;
    struct diag *m = say(c, "E0332", n->span, "`once` has no meaning here: %s",
                         why);
    struct text t = span_text(&c->p->sources, n->span);
    if (text_ends(t, TEXT("once"))) {
        struct diag_fix *fix = diag_fix(c->d, m, FIX_SURE, "remove `once`");
        struct span span = { n->span.source,
                             KID(n, ASSIGN, value)->span.end, n->span.end };
        diag_edit(c->d, fix, span, "%s", "");
    }
}

static void check_logged(struct checker *c, struct node *n,
                         const struct type *t)
{
    struct field *f = ARENA_NEW(c->arena, struct field);
    f->name = f->wire = n->text;
    f->type = t;
    f->span = n->name_span;
    n->field = KID(n, ASSIGN, path)->field = f;
    remember(c, n, f, f);
}

static void check_assign(struct checker *c, struct node *n)
{
    struct node *value = KID(n, ASSIGN, value);
    const struct field *first = NULL;
    const struct field *f = NULL;
    bool logs = !c->frame->object;
    if (!logs)
        f = walk_path(c, c->frame->object, KID(n, ASSIGN, path), false, &first);
    n->field = f;
    if (!f && !logs)
        remember_misspelt(c, n);
    bool fresh = f && remember(c, n, f, first);
    if (fresh && c->flow->target)
        fresh = check_writable(c, n, f, first);
    if (fresh)
        check_once(c, n);
    c->is_fallback_target = c->may_outcome = true;
    const struct type *t = check_expr(c, value);
    if (fresh) {
        struct target_place place = {
            .field = f,
            .shown = written_path(c, n),
            .owner = text_cstr(c->arena, c->flow->target_connection->name),
            .node = n,
        };
        assign_check(c, &place, value, t);
    }
    c->is_fallback_target = c->may_outcome = false;
    n->type = t;
    if (logs)
        check_logged(c, n, t);
}

/* --------------------------------------------------------------- let, find */
static void check_let(struct checker *c, struct node *n)
{
    c->may_outcome = true;
    const struct type *t = check_expr(c, KID(n, LET, value));
    c->may_outcome = false;
    struct symbol *s = scope_symbol(c, SYMBOL_LET, n->text, n, n->name_span);
    s->type = t;
    n->type = t;
    n->symbol = s;
    scope_push(c, s);
}

static bool mentions(const struct node *n, const struct symbol *s)
{
    if (!n)
        return false;
    if (n->kind == NODE_NAME && n->symbol == s)
        return true;
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *k = n->kid[i]; k; k = k->next)
            if (mentions(k, s))
                return true;
    return false;
}

static bool is_found_field(const struct node *n, const struct symbol *s)
{
    return n && n->kind == NODE_MEMBER &&
           KID(n, MEMBER, record)->kind == NODE_NAME &&
           KID(n, MEMBER, record)->symbol == s;
}

static void say_find_shape(struct checker *c, struct node *n, struct symbol *s,
                           const struct object *object)
{
    struct diag *m = say(c, "E0343", n->span,
                         "`find` looks a record up by `field is value`, joined "
                         "by `and`");
    bool plain = is_found_field(n, s);
    if (plain || (n->kind == NODE_NOT && is_found_field(KID(n, NOT, value), s))) {
        struct node *field = plain ? n : KID(n, NOT, value);
        if (field->field && (field->field->searchable || object->small))
            fix_replace(c, m, FIX_SURE, n->span,
                    arena_printf(c->arena, "%s is %s", shown(c, field->span),
                                 plain ? "yes" : "no"));
        else
            diag_note(c->d, m, "test it after the record is found: require %s "
                      "else hold \"…\"", shown(c, n->span));
        return;
    }
    diag_note(c->d, m, "test other things of the record after it is found: "
              "require %.*s.… else hold \"…\"", TEXT_ARG(s->name));
}

static void check_searchable(struct checker *c, struct node *field,
                             const struct object *object)
{
    const struct field *f = field->field;
    if (!f || f->searchable || object->small)
        return;
    struct diag *m = say(c, "E0344", field->span,
                         "%.*s cannot be looked up by `%.*s`",
                         TEXT_ARG(object->label), TEXT_ARG(f->name));
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < object->field_count; i++)
        if (object->fields[i].searchable)
            buf_printf(&b, "%s%.*s", b.len ? ", " : "",
                       TEXT_ARG(object->fields[i].name));
    if (b.len)
        diag_note(c->d, m, "it can be looked up by %s", buf_cstr(&b));
    buf_fini(&b);
}

static void check_find_term(struct checker *c, struct node *n,
                            struct symbol *s, const struct object *object)
{
    struct node *left = KID(n, COMPARE, left);
    struct node *right = KID(n, COMPARE, right);
    if (n->kind != NODE_COMPARE || n->lit.op != OP_IS) {
        if (!n->type || n->type->kind != TYPE_UNKNOWN)
            say_find_shape(c, n, s, object);
        return;
    }
    if (!is_found_field(left, s) && is_found_field(right, s)) {
        n->kid[COMPARE_left] = right; /* the found record's side goes left */
        n->kid[COMPARE_right] = left;
        left = KID(n, COMPARE, left);
        right = KID(n, COMPARE, right);
    }
    if (left->type->kind == TYPE_UNKNOWN || right->type->kind == TYPE_UNKNOWN)
        return;
    if (!is_found_field(left, s)) {
        say_find_shape(c, n, s, object);
    } else if (mentions(right, s)) {
        say(c, "E0343", right->span,
            "both sides speak of `%.*s`, which is only being looked for",
            TEXT_ARG(s->name));
    } else {
        check_searchable(c, left, object);
    }
}

static void check_find_where(struct checker *c, struct node *n,
                             struct symbol *s, const struct object *object)
{
    if (n->kind == NODE_AND) {
        check_find_where(c, KID(n, AND, left), s, object);
        check_find_where(c, KID(n, AND, right), s, object);
        return;
    }
    check_find_term(c, n, s, object);
}

/* The terms one by one, since a missing value on the other side finds nothing
 * and narrows nothing. */
static void check_terms(struct checker *c, struct node *where)
{
    if (where->kind == NODE_AND) {
        check_terms(c, KID(where, AND, left));
        check_terms(c, KID(where, AND, right));
        where->type = &type_yesno;
        return;
    }
    check_expr(c, where);
}

static bool ends_record(const struct node *outcome)
{
    return outcome && (outcome->lit.verb == VERB_HOLD ||
                       outcome->lit.verb == VERB_REJECT ||
                       outcome->lit.verb == VERB_SKIP ||
                       outcome->lit.verb == VERB_STOP);
}

static void check_find(struct checker *c, struct node *n)
{
    struct node *ref = KID(n, FIND, object);
    struct node *where = KID(n, FIND, where);
    struct node *outcome = KID(n, FIND, outcome);
    const struct connection *connection;
    const struct object *object = scope_object(c, ref, &connection);
    struct symbol *s = scope_symbol(c, SYMBOL_FIND, n->text, n, n->name_span);
    s->type = object ? type_record_of(c->arena, object) : &type_unknown;
    if (object && !(object->operations & OPERATION_READ))
        say_unreadable(c, ref, object);
    scope_push(c, s);
    bool used = s->used;
    struct known *known = c->known;
    size_t errors = c->d->error_count;
    check_terms(c, where);
    c->known = known;
    if (object && c->d->error_count == errors)
        check_find_where(c, where, s, object);
    s->used = used;
    if (outcome) {
        bool fits = outcome->lit.verb != VERB_LEAVE &&
                    outcome->lit.verb != VERB_CLEAR;
        if (!fits)
            say(c, "E0332", outcome->span,
                "`%s` stands only where a field of the target is set",
                verb_word(outcome->lit.verb));
        else
            check_outcome(c, outcome);
        s->existence = true;
    }
    if (!ends_record(outcome))
        s->type = type_optional(c->arena, s->type, true);
    n->symbol = s;
    n->type = s->type;
}

/* --------------------------------------------------------- require, verbs */
static void check_constant(struct checker *c, struct node *condition)
{
    if (condition->kind == NODE_YESNO_LIT)
        say(c, "W0405", condition->span, "this condition is always %s",
            condition->lit.flag ? "yes" : "no");
}

static void check_require(struct checker *c, struct node *n)
{
    struct node *condition = KID(n, REQUIRE, condition);
    struct node *outcome = KID(n, REQUIRE, outcome);
    check_condition(c, condition);
    check_constant(c, condition);
    if (!outcome)
        return;
    if (outcome->lit.verb == VERB_LEAVE || outcome->lit.verb == VERB_CLEAR)
        say(c, "E0332", outcome->span,
            "`%s` stands only where a field of the target is set",
            verb_word(outcome->lit.verb));
    else
        check_outcome(c, outcome);
    if (ends_record(outcome))
        known_from(c, condition, true);
}

static void check_verb_when(struct checker *c, struct node *n)
{
    struct node *condition = KID(n, VERB_WHEN, condition);
    check_condition(c, condition);
    check_constant(c, condition);
    check_message(c, KID(n, VERB_WHEN, message));
    if (n->lit.verb != VERB_WARN)
        known_from(c, condition, false);
}

/* ------------------------------------------------------------------- add */
static const struct object *item_object(const struct field *f)
{
    const struct type *t = f->type;
    return t->kind == TYPE_LIST && t->item->kind == TYPE_RECORD
               ? t->item->object : NULL;
}

static void check_add(struct checker *c, struct node *n)
{
    struct local *locals = c->locals;
    struct known *known = c->known;
    struct node *each = KID(n, ADD, each);
    const struct field *first = NULL, *f = NULL;
    if (c->frame->object)
        f = walk_path(c, c->frame->object, KID(n, ADD, path), false, &first);
    else
        say(c, "E0329", n->name_span,
            "a flow that only logs has no child records to add");
    n->field = f;
    n->type = f ? f->type : &type_unknown;
    const struct object *item = f ? item_object(f) : NULL;
    if (f) {
        if (item)
            remember(c, n, f, first);
        if (!item && f->type->kind != TYPE_UNKNOWN) {
            struct diag *m = say(c, "E0329", n->name_span,
                                 "`%.*s` is %s; only a list of records is added "
                                 "to", TEXT_ARG(n->text),
                                 type_words(c->arena, f->type));
            diag_note(c->d, m, "a field is set: %.*s = …", TEXT_ARG(n->text));
        } else if (c->flow->target) {
            check_writable(c, n, f, first);
        }
    }
    if (each) {
        check_each(c, each);
        struct node *where = KID(each, EACH, where);
        if (where) {
            check_condition(c, where);
            known_from(c, where, true);
        }
    }
    struct frame frame = { .object = item, .up = c->frame, .add = n,
                           .in_gone = c->frame->in_gone };
    frame.last_set = &frame.sets;
    c->frame = &frame;
    if (item) {
        check_body(c, KID(n, ADD, body));
        check_coverage(c, c->flow, &frame);
    }
    c->frame = frame.up;
    c->locals = locals;
    c->known = known;
}

/* ------------------------------------------------------------- when gone */
static void check_when_gone(struct checker *c, struct node *n)
{
    struct node *outcome = KID(n, WHEN_GONE, outcome);
    struct known *known = c->known;
    struct local *locals = c->locals;
    if (c->frame->add || c->frame->in_gone) {
        say(c, "E0333", n->span, "`when gone` stands in the flow's own body");
        return;
    }
    if (outcome) {
        enum verb verb = outcome->lit.verb;
        if (verb == VERB_LEAVE)
            return;
        if (verb != VERB_HOLD && verb != VERB_STOP && verb != VERB_WARN) {
            say(c, "E0332", outcome->span,
                "after `when gone` comes leave, hold, warn, stop or a block of "
                "fields");
            return;
        }
        check_outcome(c, outcome);
        return;
    }
    struct frame frame = { .object = c->frame->object, .up = c->frame,
                           .in_gone = true };
    frame.last_set = &frame.sets;
    c->frame = &frame;
    check_body(c, KID(n, WHEN_GONE, body));
    if (c->flow->target && !has_operation(c->flow, OPERATION_UPDATE) &&
        frame.sets)
        say(c, "E0325", n->span, "%.*s cannot be updated, so nothing can be "
            "set when a record is gone", TEXT_ARG(c->flow->target->label));
    c->frame = frame.up;
    c->known = known;
    c->locals = locals;
}

static void say_not_here(struct checker *c, const struct node *n)
{
    say(c, "E0333", n->span, "`%s` stands in the flow's own body",
        node_word(n->kind));
}

void check_body(struct checker *c, struct node *first)
{
    bool inner = c->frame->add || c->frame->in_gone;
    for (struct node *n = first; n; n = n->next) {
        switch ((int)n->kind) {
        case NODE_LET: check_let(c, n); break;
        case NODE_FIND: check_find(c, n); break;
        case NODE_REQUIRE: check_require(c, n); break;
        case NODE_VERB_WHEN: check_verb_when(c, n); break;
        case NODE_ASSIGN: check_assign(c, n); break;
        case NODE_ADD: check_add(c, n); break;
        case NODE_WHEN_GONE: check_when_gone(c, n); break;
        case NODE_BROKEN: c->flow->broken = true; break;
        default:
            if (inner)
                say_not_here(c, n);
        }
    }
}
