/* What a flow says about itself: when it runs, how it reads, what it may
 * write, how it recognises records, how much it may do. */
#include "config.h"

#include "lang/check.h"

#include <string.h>

static const char *const day_names[] = { "Monday", "Tuesday", "Wednesday",
                                         "Thursday", "Friday", "Saturday",
                                         "Sunday" };

/* Other words for the same. */
static const char *word_meant(struct text word, const char *const *words,
                              size_t count)
{
    static const char *const same[][2] = {
        { "all", "everything" },     { "full", "everything" },
        { "complete", "everything" }, { "whole", "everything" },
        { "new", "changes" },        { "changed", "changes" },
        { "delta", "changes" },      { "incremental", "changes" },
        { "updates", "changes" },    { "inserts", "creates" },
        { "new", "creates" },        { "upserts", "creates and updates" },
        { "changes", "updates" },    { "everything", "creates and updates" },
        { "all", "creates and updates" }, { "deleted", "gone" },
        { "removed", "gone" },       { "errors", "held" },
        { "failed", "held" },        { "inserted", "created" },
        { "changed", "updated" },
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        for (size_t j = 0; j < count; j++)
            if (text_equal_nocase(word, text_of(same[i][0])) &&
                text_starts(text_of(same[i][1]), text_of(words[j])))
                return same[i][1];
    return NULL;
}

static void unknown_word(struct checker *c, const char *code, struct text word,
                         struct span span, const char *where,
                         const char *const *words, size_t count)
{
    struct near n;
    struct buf b;
    near_init(&n, word);
    buf_init(&b, 1024);
    for (size_t i = 0; i < count; i++) {
        near_try(&n, text_of(words[i]));
        buf_printf(&b, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ",
                   words[i]);
    }
    struct diag *m = say(c, code, span, "after `%s` comes %s, not `%.*s`", where,
                         buf_cstr(&b), TEXT_ARG(word));
    buf_fini(&b);
    if (!near_suggest(c, m, &n, span) && word_meant(word, words, count))
        fix_replace(c, m, FIX_CHOICE, span, word_meant(word, words, count));
}

/* -------------------------------------------------------------- schedules */
static int64_t unit_seconds(struct text unit)
{
    static const struct {
        const char *word;
        int64_t seconds;
    } units[] = { { "minute", 60 }, { "hour", 3600 }, { "day", 86400 },
                  { "week", 604800 } };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (text_starts(unit, text_of(units[i].word)))
            return units[i].seconds;
    return 0;
}

static bool interval(struct checker *c, const struct node *duration,
                     int64_t *seconds)
{
    int64_t count, unit = unit_seconds(duration->lit.word);
    if (!unit) {
        struct diag *m = say(c, "E0370", duration->span,
                             "an interval is in minutes, hours, days or weeks");
        diag_note(c->d, m, "for a day of the month write: every month on 1 at "
                  "06:00");
        return false;
    }
    if (!decimal_to_int64(duration->lit.number, &count) || count < 1 ||
        count > 525600) {
        say(c, "E0370", duration->span,
            "an interval is a whole number from 1 on");
        return false;
    }
    *seconds = count * unit;
    return true;
}

static bool day_of_week(struct text word, int32_t *day)
{
    for (int i = 0; i < 7; i++)
        if (text_is(word, day_names[i])) {
            *day = i + 1;
            return true;
        }
    return false;
}

static void month_day(struct checker *c, const struct node *n,
                      struct schedule *s)
{
    const struct node *day = KID(n, EVERY, day);
    int64_t number;
    if (!day) {
        struct diag *m = say(c, "E0370", n->span, "on which day of the month?");
        struct span at = { n->span.source, n->name_span.end, n->name_span.end };
        struct diag_fix *fix = diag_fix(c->d, m, FIX_CHOICE, "on the first");
        diag_edit(c->d, fix, at, " on 1");
        return;
    }
    if (day->kind == NODE_NAME) {
        if (!text_is(day->text, "last")) {
            struct diag *m = say(c, "E0370", day->span,
                                 "a day of the month is a number or `last`");
            fix_replace(c, m, FIX_CHOICE, day->span, "last");
        }
        return;
    }
    if (!decimal_to_int64(day->lit.number, &number) || number < 1 ||
        number > 31) {
        struct diag *m = say(c, "E0370", day->span,
                             "a month has the days 1 to 31");
        fix_replace(c, m, FIX_CHOICE, day->span, "last");
        return;
    }
    if (number > 28) {
        struct diag *m = say(c, "W0418", day->span,
                             "not every month has a day %lld; those months are "
                             "left out",
                             (long long)number);
        fix_replace(c, m, FIX_CHOICE, day->span, "last");
    }
    s->day = (int32_t)number;
}

static void need_zone(struct checker *c, struct span span)
{
    if (c->module->timezone.len)
        return;
    struct diag *m = say(c, "E0361", span,
                         "a time of day needs a timezone, and none is set");
    struct node *item = KID(c->module->tree.file, FILE, items);
    struct diag_fix *fix = diag_fix(c->d, m, FIX_CHOICE, "set the timezone");
    uint32_t at = item && item->kind == NODE_SET ? item->span.end : 0;
    uint32_t source = c->module->tree.source;
    diag_edit(c->d, fix, (struct span){ source, at, at },
              at ? "\nset timezone \"Europe/Amsterdam\""
                 : "set timezone \"Europe/Amsterdam\"\n");
}

static void every(struct checker *c, const struct node *n, struct schedule *s)
{
    static const char *const words[] = { "day", "weekday", "month", "Monday",
                                         "Tuesday", "Wednesday", "Thursday",
                                         "Friday", "Saturday", "Sunday" };
    const struct node *duration = KID(n, EVERY, duration);
    const struct node *time = KID(n, EVERY, time);
    if (duration) {
        s->kind = SCHEDULE_INTERVAL;
        interval(c, duration, &s->seconds);
        return;
    }
    if (time) {
        s->time = time->lit.seconds;
        need_zone(c, time->span);
    }
    if (text_is(n->text, "month")) {
        s->kind = SCHEDULE_MONTH;
        month_day(c, n, s);
        return;
    }
    if (KID(n, EVERY, day))
        say(c, "E0370", KID(n, EVERY, day)->span,
            "only `every month` has a day of the month");
    if (text_is(n->text, "day"))
        s->kind = SCHEDULE_DAY;
    else if (text_is(n->text, "weekday"))
        s->kind = SCHEDULE_WEEKDAY;
    else if (day_of_week(n->text, &s->day))
        s->kind = SCHEDULE_WEEK;
    else
        unknown_word(c, "E0370", n->text, n->name_span, "every", words,
                     sizeof words / sizeof *words);
}

static struct schedule *add_schedule(struct checker *c, const struct node *n,
                                     enum schedule_kind kind)
{
    struct schedule *s = ARENA_NEW(c->arena, struct schedule);
    struct schedule **last = &c->flow->schedules;
    s->node = n;
    s->kind = kind;
    while (*last)
        last = &(*last)->next;
    *last = s;
    return s;
}

static void after(struct checker *c, struct node *n)
{
    struct schedule *s = add_schedule(c, n, SCHEDULE_AFTER);
    struct near near;
    near_init(&near, n->text);
    for (struct flow *f = c->p->flows; f; f = f->next) {
        if (f->name.len && text_equal(f->name, n->text))
            s->flow = f;
        near_try(&near, f->name);
    }
    if (s->flow == c->flow) {
        say(c, "E0373", n->name_span, "a flow cannot run after itself");
        s->flow = NULL;
        return;
    }
    if (s->flow)
        return;
    struct diag *m = say(c, "E0372", n->name_span, "there is no flow `%.*s`",
                         TEXT_ARG(n->text));
    if (!near_suggest(c, m, &near, n->name_span))
        diag_note(c->d, m, "flows of other files are brought with: use \"file.mlc\"");
}

/* ---------------------------------------------------------- read and write */
static void read_how(struct checker *c, struct node *n)
{
    static const char *const words[] = { "changes", "everything" };
    struct flow *f = c->flow;
    const struct node *from = KID(n, READ, from);
    if (text_is(n->text, "changes")) {
        f->reads_changes = true;
        if (f->source && f->source->changes == CHANGES_NONE) {
            struct diag *m = say(c, "E0374", n->span,
                                 "%.*s does not say what changed, so it is "
                                 "always read whole",
                                 TEXT_ARG(f->source->label));
            fix_replace(c, m, FIX_SURE, n->span, "read everything");
        }
    } else if (text_is(n->text, "everything")) {
        f->reads_everything = true;
        if (from)
            say(c, "E0374", from->span, "`read everything` has no start date");
    } else {
        unknown_word(c, "E0377", n->text, n->name_span, "read", words, 2);
    }
    if (from) {
        f->read_from_given = true;
        f->read_from = from->lit.days;
    }
}

static void recheck(struct checker *c, struct node *n)
{
    struct schedule *s = ARENA_NEW(c->arena, struct schedule);
    s->node = n;
    s->kind = SCHEDULE_INTERVAL;
    interval(c, KID(n, RECHECK, duration), &s->seconds);
    c->flow->recheck = s;
}

static void refuse_write(struct checker *c, struct node *n, const char *what,
                         const char *other)
{
    const struct object *o = c->flow->target;
    struct diag *m = say(c, "E0325", n->span, "%.*s cannot be %s",
                         TEXT_ARG(o->label), what);
    if (o->refusal.len)
        diag_note(c->d, m, "%.*s", TEXT_ARG(o->refusal));
    if (other)
        diag_note(c->d, m, "it can only be %s", other);
    c->flow->refused = true;
}

static void write_what(struct checker *c, struct node *n)
{
    static const char *const words[] = { "creates", "updates" };
    struct flow *f = c->flow;
    bool unsure = false;
    for (struct node *w = KID(n, WRITE, what); w; w = w->next) {
        if (text_is(w->text, "creates"))
            f->writes_creates = true;
        else if (text_is(w->text, "updates"))
            f->writes_updates = true;
        else
            unsure = true,
            unknown_word(c, "E0377", w->text, w->span, "write", words, 2);
    }
    if (unsure && f->target) {
        f->writes_creates = f->target->operations & OPERATION_CREATE;
        f->writes_updates = f->target->operations & OPERATION_UPDATE;
    }
    if (!f->target) {
        say(c, "E0377", n->span, "a flow to `log` writes nothing");
        return;
    }
    bool can_create = f->target->operations & OPERATION_CREATE;
    bool can_update = f->target->operations & OPERATION_UPDATE;
    if (f->writes_creates && !can_create)
        refuse_write(c, n, "created", can_update ? "updated" : NULL);
    else if (f->writes_updates && !can_update)
        refuse_write(c, n, "updated", can_create ? "created" : NULL);
}

/* ------------------------------------------------------------------ limits */
static void limit(struct checker *c, struct node *n)
{
    static const char *const words[] = { "created", "updated", "written",
                                         "held", "rejected", "skipped",
                                         "gone" };
    const struct node *amount = KID(n, LIMIT, amount);
    struct limit *l = ARENA_NEW(c->arena, struct limit);
    int kind = 0;
    int64_t whole;
    while (kind < LIMIT_KINDS && !text_is(n->text, words[kind]))
        kind++;
    if (kind == LIMIT_KINDS) {
        unknown_word(c, "E0375", n->text, n->name_span, "limit", words,
                     LIMIT_KINDS);
        return;
    }
    l->kind = (enum limit_kind)kind;
    l->node = n;
    l->amount = amount->lit.number;
    l->percent = amount->kind == NODE_PERCENT_LIT;
    bool money = amount->kind == NODE_MONEY_LIT;
    if (money != (l->kind == LIMIT_WRITTEN)) {
        struct diag *m = say(c, "E0375", n->span, "%s",
                             money ? "an amount of money limits what is written"
                                   : "`limit written` takes an amount of money");
        diag_note(c->d, m, money ? "write: limit written to %s"
                                 : "records are counted by: limit created to %s",
                  shown(c, amount->span));
        return;
    }
    struct decimal one = decimal_int(1);
    if (!money && (l->percent ? decimal_sign(l->amount) < 0 ||
                         decimal_compare(l->amount, one) > 0
                   : !decimal_to_int64(l->amount, &whole) || whole < 0)) {
        say(c, "E0375", amount->span, "%s",
            l->percent ? "a share is from 0% to 100%"
                       : "a number of records is a whole number from 0 on");
        return;
    }
    for (const struct limit *other = c->flow->limits; other; other = other->next)
        if (other->kind == l->kind && other->percent == l->percent) {
            struct diag *m = say(c, "E0376", n->span,
                                 "`limit %.*s` stands here twice",
                                 TEXT_ARG(n->text));
            diag_label(c->d, m, other->node->span, "first here");
            return;
        }
    l->next = c->flow->limits;
    c->flow->limits = l;
}

static void match_on(struct checker *c, struct node *n)
{
    struct flow *f = c->flow;
    size_t count = 0;
    f->match_node = n;
    if (!f->target) {
        say(c, "E0345", n->span, "a flow to `log` matches nothing");
        return;
    }
    for (struct node *p = KID(n, MATCH_ON, paths); p; p = p->next)
        count++;
    f->match = ARENA_ARRAY(c->arena, const struct field *, count ? count : 1);
    for (struct node *p = KID(n, MATCH_ON, paths); p; p = p->next) {
        const struct field *field = check_path(c, f->target, p);
        if (!field)
            continue;
        f->match[f->match_count++] = field;
        if (field->searchable || f->target->small)
            continue;
        struct diag *m = say(c, "E0345", p->span,
                             "%.*s cannot be looked up by `%.*s`",
                             TEXT_ARG(f->target->label), TEXT_ARG(p->text));
        if (f->target->match_default.len)
            fix_replace(c, m, FIX_CHOICE, p->span,
                        name_written(c->arena, f->target->match_default));
    }
}

static void owner(struct checker *c, struct node *n)
{
    struct text t = n->text;
    size_t at;
    c->flow->owner = t;
    if (!text_find(t, TEXT("@"), &at) || at == 0 || at + 1 >= t.len ||
        text_find(t, TEXT(" "), &at))
        say(c, "E0379", n->name_span,
            "\"%.*s\" is no mail address; the owner receives held records",
            TEXT_ARG(t));
}

static bool only_once(enum node_kind kind)
{
    switch ((int)kind) {
    case NODE_READ: case NODE_WRITE: case NODE_OWNER: case NODE_RECHECK:
    case NODE_MATCH_ON: case NODE_WHEN_GONE: case NODE_ON_CHANGE:
        return true;
    default: return false;
    }
}

static bool is_second(struct checker *c, struct node *first, struct node *n)
{
    if (!only_once(n->kind))
        return false;
    for (struct node *other = first; other != n; other = other->next)
        if (other->kind == n->kind) {
            struct diag *m = say(c, "E0376", n->span,
                                 "`%s` stands here twice", node_word(n->kind));
            diag_label(c->d, m, other->span, "first here");
            struct diag_fix *fix =
                diag_fix(c->d, m, FIX_CHOICE, "remove this one");
            diag_edit(c->d, fix, n->span, "%s", "");
            return true;
        }
    return false;
}

static void defaults(struct checker *c, bool read, bool wrote)
{
    struct flow *f = c->flow;
    if (!read && f->source) {
        f->reads_changes = f->source->changes != CHANGES_NONE;
        f->reads_everything = !f->reads_changes;
    }
    if (!wrote && f->target) {
        f->writes_creates = f->target->operations & OPERATION_CREATE;
        f->writes_updates = f->target->operations & OPERATION_UPDATE;
        if (!f->writes_creates && !f->writes_updates)
            refuse_write(c, KID(f->node, FLOW, target), "written", NULL);
    }
}

void check_header(struct checker *c, struct flow *flow, struct node *first)
{
    bool read = false, wrote = false;
    (void)flow;
    for (struct node *n = first; n; n = n->next) {
        if (is_second(c, first, n))
            continue;
        switch ((int)n->kind) {
        case NODE_EVERY:
            every(c, n, add_schedule(c, n, SCHEDULE_INTERVAL));
            break;
        case NODE_ON_CHANGE:
            add_schedule(c, n, SCHEDULE_CHANGE);
            c->flow->on_change = true;
            break;
        case NODE_AFTER: after(c, n); break;
        case NODE_OWNER: owner(c, n); break;
        case NODE_READ: read = true; read_how(c, n); break;
        case NODE_RECHECK: recheck(c, n); break;
        case NODE_WRITE: wrote = true; write_what(c, n); break;
        case NODE_LIMIT: limit(c, n); break;
        case NODE_MATCH_ON: match_on(c, n); break;
        case NODE_WHEN_GONE: c->flow->when_gone = n; break;
        default: break;
        }
    }
    defaults(c, read, wrote);
}
