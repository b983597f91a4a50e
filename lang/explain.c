/* The plan of a checked flow in words, for `mlc explain FLOW`. What the
 * requests look like is the engine's to tell. */
#include "config.h"

#include "lang/check.h"
#include "lang/explain.h"

static void say_schedule(const struct schedule *s, struct buf *out)
{
    static const char *const days[] = { "", "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday",
                                        "Sunday" };
    int hour = s->time / 3600, minute = s->time / 60 % 60;
    switch (s->kind) {
    case SCHEDULE_INTERVAL:
        if (s->seconds % 86400 == 0)
            buf_printf(out, "every %lld day%s", (long long)s->seconds / 86400,
                       s->seconds == 86400 ? "" : "s");
        else if (s->seconds % 3600 == 0)
            buf_printf(out, "every %lld hour%s", (long long)s->seconds / 3600,
                       s->seconds == 3600 ? "" : "s");
        else
            buf_printf(out, "every %lld minute%s", (long long)s->seconds / 60,
                       s->seconds == 60 ? "" : "s");
        break;
    case SCHEDULE_DAY: buf_printf(out, "every day at %02d:%02d", hour, minute); break;
    case SCHEDULE_WEEKDAY:
        buf_printf(out, "Monday to Friday at %02d:%02d", hour, minute);
        break;
    case SCHEDULE_WEEK:
        buf_printf(out, "every %s at %02d:%02d", days[s->day % 8], hour, minute);
        break;
    case SCHEDULE_MONTH:
        if (s->day)
            buf_printf(out, "on day %d of the month at %02d:%02d", s->day, hour,
                       minute);
        else
            buf_printf(out, "on the last day of the month at %02d:%02d", hour,
                       minute);
        break;
    case SCHEDULE_CHANGE: buf_str(out, "when the source says that something changed"); break;
    case SCHEDULE_AFTER:
        buf_printf(out, "after %.*s", TEXT_ARG(s->node->text));
        break;
    }
}

static void row(struct buf *out, const char *label)
{
    buf_printf(out, "  %-9s ", label);
}

static void say_when(const struct program *p, const struct flow *f,
                     struct buf *out)
{
    row(out, "when");
    if (!f->schedules)
        buf_str(out, "only when somebody runs it");
    for (const struct schedule *s = f->schedules; s; s = s->next) {
        buf_str(out, s == f->schedules ? "" : "; ");
        say_schedule(s, out);
    }
    (void)p;
    if (f->timezone.len && f->schedules)
        buf_printf(out, " (%.*s)", TEXT_ARG(f->timezone));
    buf_byte(out, '\n');
}

static void source_text(const struct program *p, const struct node *n,
                        struct buf *out)
{
    struct text t = span_text(&p->sources, n->span);
    bool blank = false;
    for (size_t i = 0; i < t.len; i++) {
        char ch = t.ptr[i];
        bool space = ch == ' ' || ch == '\n' || ch == '\r' || ch == '\t';
        if (!space)
            buf_byte(out, ch);
        else if (!blank)
            buf_byte(out, ' ');
        blank = space;
    }
}

/* What must agree in a group, as far as the key does not decide it. */
static void say_group(const struct program *p, const struct flow *f,
                      struct buf *out)
{
    size_t decided = 0, open = 0;
    for (const struct group_field *g = f->group_fields; g; g = g->next) {
        decided += g->decided;
        if (g->decided)
            continue;
        if (!open++)
            row(out, "must agree");
        else
            buf_str(out, ", ");
        source_text(p, g->node, out);
    }
    if (open)
        buf_str(out, "; a group in which they differ is held\n");
    else if (decided)
        buf_str(out, "            the key decides every field that is used\n");
}

static void say_read(const struct program *p, const struct flow *f,
                     struct buf *out)
{
    static const char *const feeds[] = {
        [CHANGES_NONE] = "everything",
        [CHANGES_TIME] = "what changed, by its time of change",
        [CHANGES_VERSION] = "what changed, by its row version",
        [CHANGES_LOG] = "what changed, deletions too, from a change log",
    };
    char day[11];
    row(out, "reads");
    buf_printf(out, "%.*s: %s", TEXT_ARG(f->source->label),
               f->reads_everything ? "everything" : feeds[f->source->changes]);
    if (f->read_from_given) {
        date_print(f->read_from, day);
        buf_printf(out, ", from %s", day);
    }
    if (f->recheck) {
        buf_str(out, "; completely ");
        say_schedule(f->recheck, out);
    }
    buf_byte(out, '\n');
    if (f->where) {
        row(out, "only");
        source_text(p, f->where, out);
        buf_byte(out, '\n');
    }
    if (f->each) {
        row(out, "each");
        source_text(p, f->each, out);
        buf_byte(out, '\n');
    }
    if (f->per) {
        row(out, "one per");
        source_text(p, f->per, out);
        buf_byte(out, '\n');
        say_group(p, f, out);
    }
}

static bool all_searchable(const struct node *n)
{
    if (n->kind == NODE_AND)
        return all_searchable(KID(n, AND, left)) &&
               all_searchable(KID(n, AND, right));
    const struct node *left = KID(n, COMPARE, left);
    return left && left->field && left->field->searchable;
}

static void say_find(const struct program *p, const struct node *n,
                     struct buf *out, size_t *lookups, size_t *preloads)
{
    const struct object *o = n->type ? n->type->object : NULL;
    row(out, "looks up");
    buf_printf(out, "%.*s in ", TEXT_ARG(n->text));
    if (o)
        buf_text(out, o->label);
    buf_str(out, " by ");
    source_text(p, KID(n, FIND, where), out);
    if (o && o->small) {
        buf_str(out, " (read whole, once a run)");
        ++*preloads;
    } else if (all_searchable(KID(n, FIND, where))) {
        buf_str(out, " (by key, each key once a run)");
        ++*lookups;
    }
    buf_byte(out, '\n');
}

static void say_body(const struct program *p, const struct node *first,
                     struct buf *out, size_t *lookups, size_t *preloads)
{
    for (const struct node *n = first; n; n = n->next) {
        if (n->kind == NODE_FIND)
            say_find(p, n, out, lookups, preloads);
        if (n->kind == NODE_ADD)
            say_body(p, KID(n, ADD, body), out, lookups, preloads);
    }
}

static void list_outcomes(const struct program *p, const struct node *n,
                          struct buf *out)
{
    if (!n)
        return;
    const struct node *message = NULL;
    if (n->kind == NODE_OUTCOME)
        message = KID(n, OUTCOME, message);
    else if (n->kind == NODE_VERB_WHEN)
        message = KID(n, VERB_WHEN, message);
    if (message) {
        row(out, verb_word(n->lit.verb));
        source_text(p, message, out);
        buf_byte(out, '\n');
    }
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *k = n->kid[i]; k; k = k->next)
            list_outcomes(p, k, out);
}

static void say_write(const struct program *p, const struct flow *f,
                      struct buf *out)
{
    row(out, "writes");
    if (!f->target) {
        buf_str(out, "nothing; every result is logged\n");
        return;
    }
    buf_printf(out, "%.*s: %s", TEXT_ARG(f->target->label),
               f->writes_creates && f->writes_updates ? "creates and updates"
               : f->writes_creates                     ? "creates"
                                                       : "updates");
    if (f->match_node) {
        buf_str(out, ", recognised by ");
        for (const struct node *n = KID(f->match_node, MATCH_ON, paths); n;
             n = n->next)
            buf_printf(out, "%.*s%s", TEXT_ARG(n->text), n->next ? ", " : "");
    }
    buf_byte(out, '\n');
    for (const struct node *n = f->body; n; n = n->next) {
        if (n->kind != NODE_ASSIGN)
            continue;
        row(out, "");
        buf_printf(out, "%.*s = ", TEXT_ARG(n->text));
        source_text(p, KID(n, ASSIGN, value), out);
        buf_str(out, n->lit.flag ? " once\n" : "\n");
    }
    for (const struct node *n = f->body; n; n = n->next) {
        if (n->kind != NODE_ADD)
            continue;
        row(out, "");
        buf_printf(out, "%.*s: a record", TEXT_ARG(n->text));
        if (KID(n, ADD, each)) {
            buf_byte(out, ' ');
            source_text(p, KID(n, ADD, each), out);
        }
        buf_byte(out, '\n');
    }
}

static void say_limits(const struct program *p, const struct flow *f,
                       struct buf *out)
{
    for (const struct node *n = f->body; n; n = n->next) {
        if (n->kind != NODE_LIMIT)
            continue;
        row(out, "stops");
        buf_printf(out, "before writing, when more than ");
        source_text(p, KID(n, LIMIT, amount), out);
        buf_printf(out, " would be %.*s\n", TEXT_ARG(n->text));
    }
}

static void say_calls(const struct flow *f, size_t lookups, size_t preloads,
                      struct buf *out)
{
    row(out, "calls");
    buf_printf(out, "a call per page of %.*s", TEXT_ARG(f->source->name));
    if (preloads)
        buf_printf(out, ", %zu list%s read whole", preloads,
                   preloads == 1 ? "" : "s");
    if (lookups)
        buf_printf(out, ", up to %zu lookup%s per new key", lookups,
                   lookups == 1 ? "" : "s");
    if (f->target)
        buf_str(out, f->match_node
                         ? ", one per changed record, one more the first time "
                           "a record is seen"
                         : ", one per changed record");
    buf_str(out, "; none for what did not change\n");
}

void explain_flow(const struct program *p, const struct flow *f,
                  struct buf *out)
{
    size_t lookups = 0, preloads = 0;
    buf_printf(out, "%.*s", TEXT_ARG(f->name));
    if (f->title.len)
        buf_printf(out, ": %.*s", TEXT_ARG(f->title));
    buf_byte(out, '\n');
    say_when(p, f, out);
    say_read(p, f, out);
    say_body(p, f->body, out, &lookups, &preloads);
    for (const struct node *n = f->body; n; n = n->next)
        if (n->kind != NODE_WHEN_GONE)
            list_outcomes(p, n, out);
    say_write(p, f, out);
    if (f->when_gone) {
        row(out, "gone");
        const struct node *outcome = KID(f->when_gone, WHEN_GONE, outcome);
        if (outcome)
            source_text(p, outcome, out);
        for (const struct node *n = KID(f->when_gone, WHEN_GONE, body); n;
             n = n->next) {
            source_text(p, n, out);
            buf_str(out, n->next ? "; " : "");
        }
        buf_byte(out, '\n');
    }
    say_limits(p, f, out);
    if (f->owner.len) {
        row(out, "owner");
        buf_printf(out, "%.*s\n", TEXT_ARG(f->owner));
    }
    say_calls(f, lookups, preloads, out);
}
