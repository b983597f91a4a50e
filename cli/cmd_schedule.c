/* mlc schedule: when the flows run next. */
#include "config.h"

#include "cli/work.h"

#include "base/date.h"
#include "runtime/json.h"
#include "runtime/jsonwrite.h"
#include "runtime/schedule.h"
#include "runtime/zone.h"
#include <stdlib.h>

#define SHOWN 10
#define SHOWN_MOST 10000

struct coming {
    const struct flow *flow;
    int64_t at_ms; /* the next one not shown yet; 0 no more */
    int64_t due_ms;
    char note[SCHEDULE_NOTE_MAX];
};

struct calendar {
    struct work *w;
    struct coming *list;
    size_t count;
    long most, shown;
    struct buf b;
    struct json_out json;
};

static struct text zone_name(const struct flow *f)
{
    return f->timezone.len > 0 ? f->timezone : TEXT("UTC");
}

/* "2026-11-20 06:00 Fri", the flow's own wall clock. */
static void print_local(const struct flow *f, int64_t ms, char out[40])
{
    static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri",
                                        "Sat", "Sun" };
    const struct zone *z = zone_find(zone_name(f));
    int64_t s = (z ? zone_to_local(z, ms * 1000) : ms * 1000) / 1000000;
    int32_t day = (int32_t)(s / 86400);
    struct civil c = date_to_civil(day);
    snprintf(out, 40, "%04d-%02d-%02d %02d:%02d %s", (int)c.year,
             (int)c.month, (int)c.day, (int)(s % 86400 / 3600),
             (int)(s % 3600 / 60), days[date_weekday(day) - 1]);
}

static void print_utc(int64_t ms, char out[32])
{
    struct civil c = date_to_civil((int32_t)(ms / 86400000));
    int64_t s = ms / 1000 % 86400;
    snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)c.year,
             (int)c.month, (int)c.day, (int)(s / 3600), (int)(s / 60 % 60),
             (int)(s % 60));
}

static void show(struct calendar *c, const struct coming *k, bool due)
{
    char local[40], utc[32];
    int64_t at = due ? k->due_ms : k->at_ms;
    print_local(k->flow, at, local);
    print_utc(at, utc);
    if (c->w->in->json) {
        json_begin_object(&c->json);
        json_put_string(&c->json, "flow", k->flow->name);
        json_put_string(&c->json, "at", text_of(utc));
        json_put_string(&c->json, "local", text_of(local));
        json_put_string(&c->json, "timezone", zone_name(k->flow));
        json_put_bool(&c->json, "due", due);
        json_put_string(&c->json, "note", due ? TEXT("")
                                              : text_of(k->note));
        json_end_object(&c->json);
        return;
    }
    buf_printf(&c->b, "%s  %-20.*s %.*s", due ? "due now             " : local,
               TEXT_ARG(zone_name(k->flow)), TEXT_ARG(k->flow->name));
    if (due)
        buf_printf(&c->b, "   since %s", local);
    else if (k->note[0])
        buf_printf(&c->b, "   (%s)", k->note);
    buf_byte(&c->b, '\n');
}

static int look(struct calendar *c, const struct flow *f, struct error *err)
{
    struct coming *k = &c->list[c->count++];
    struct flow_past past;
    int64_t end = 0, now = c->w->now_ms;
    *k = (struct coming){ .flow = f, .at_ms = schedule_next(f, now, k->note) };
    if (schedule_past(c->w->store, f, now, &past, err))
        return -1;
    if (c->w->store && schedule_predecessor(c->w->store, f, now, &end, err))
        return -1;
    int64_t at = schedule_due_ms(f, &past, end, now);
    if (at > 0 && at <= now)
        k->due_ms = at;
    if (k->due_ms > 0 && c->shown < c->most) {
        show(c, k, true);
        c->shown++;
    }
    return 0;
}

static struct coming *earliest(struct calendar *c)
{
    struct coming *first = NULL;
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i].at_ms > 0
            && (!first || c->list[i].at_ms < first->at_ms))
            first = &c->list[i];
    return first;
}

/* Flows no clock starts. */
static void show_others(struct calendar *c, const struct flow *f)
{
    if (c->w->in->json || schedule_has_clock(f))
        return;
    buf_printf(&c->b, "%.*s: ", TEXT_ARG(f->name));
    if (!f->schedules) {
        buf_str(&c->b, "only when a person runs it\n");
        return;
    }
    for (const struct schedule *s = f->schedules; s; s = s->next) {
        buf_str(&c->b, s == f->schedules ? "" : ", ");
        if (s->kind == SCHEDULE_AFTER)
            buf_printf(&c->b, "after %.*s", TEXT_ARG(s->node->text));
        else
            buf_printf(&c->b, "on change, when %.*s says so",
                       TEXT_ARG(f->source_connection->name));
    }
    buf_byte(&c->b, '\n');
}

static int print_calendar(struct calendar *c, struct error *err)
{
    int result = 0;
    struct coming *k;
    if (c->w->in->json)
        json_begin_array(&c->json);
    for (const struct flow *f = c->w->program.flows; f && result == 0;
         f = f->next)
        result = look(c, f, err);
    while (result == 0 && c->shown < c->most && (k = earliest(c))) {
        show(c, k, false);
        c->shown++;
        k->at_ms = schedule_next(k->flow, k->at_ms, k->note);
    }
    for (const struct flow *f = c->w->program.flows; f; f = f->next)
        show_others(c, f);
    if (c->w->in->json) {
        json_end_array(&c->json);
        buf_byte(&c->b, '\n');
    }
    return result;
}

static int calendar(struct work *w, long most)
{
    struct error err = { 0 };
    struct calendar c = { .w = w, .most = most };
    size_t flows = 1;
    for (const struct flow *f = w->program.flows; f; f = f->next)
        flows++;
    c.list = ARENA_ARRAY(&w->arena, struct coming, flows);
    buf_init(&c.b, 0);
    c.json = json_out(&c.b);
    int result = print_calendar(&c, &err);
    if (result == 0)
        fwrite(c.b.ptr, 1, c.b.len, stdout);
    buf_fini(&c.b);
    return result ? command_fail(w->in, &err) : EXIT_FINE;
}

int cmd_schedule(const struct invocation *in)
{
    struct work w;
    char *end = NULL;
    long most = in->arg_count > 0 ? strtol(in->args[0], &end, 10) : SHOWN;
    if (end && (*end || most < 1 || most > SHOWN_MOST))
        return usage_error(in, "how many: a number from 1 to %d", SHOWN_MOST);
    int code = work_open(&w, in, WORK_PROGRAM | WORK_STATE_READ);
    if (code == EXIT_FINE)
        code = calendar(&w, most);
    work_close(&w);
    return code;
}
