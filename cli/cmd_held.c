/* mlc held: the records that wait, why, and what a person does about them. */
#include "config.h"

#include "cli/runner.h"

#include "runtime/clock.h"
#include "runtime/holds.h"
#include "runtime/jsonwrite.h"
#include <stdio.h>
#include <string.h>

#define GROUPS_MAX 200

struct group { /* records held for the same thing */
    struct text flow, sentence, example;
    size_t count;
    int64_t since_ms;
};

struct listing {
    struct work *w;
    struct text flow;
    struct hold_row *rows;
    size_t count, cap;
    bool rejects;
};

static int collect(void *ctx, const struct hold_row *row)
{
    struct listing *l = ctx;
    if (text_is(row->kind, "reject") && !l->rejects)
        return 0;
    if (l->count == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->rows = mem_realloc(l->rows, l->cap * sizeof *l->rows);
    }
    l->rows[l->count++] = *row;
    return 0;
}

static int collect_all(struct listing *l, struct error *err)
{
    if (!l->w->store)
        return 0;
    return store_hold_each(l->w->store, l->flow, &l->w->arena, collect, l,
                           err);
}

/* -------------------------------------------------------------------- list */
static void row_json(const struct hold_row *h, bool whole, struct buf *out)
{
    struct json_out w = json_out(out);
    json_begin_object(&w);
    json_put_int(&w, "id", h->id);
    json_put_string(&w, "flow", h->flow);
    json_put_string(&w, "source", h->source);
    json_put_string(&w, "key", h->source_key);
    json_put_string(&w, "kind", h->kind);
    json_put_string(&w, "message", h->message);
    json_put_int(&w, "line", h->line);
    json_put_string(&w, "owner", h->owner);
    json_put_int(&w, "first_seen_ms", h->first_seen_ms);
    json_put_int(&w, "tries", h->tries);
    json_put_bool(&w, "retry", h->retry);
    json_key(&w, "reasons");
    json_raw(&w, h->reasons.len > 0 ? h->reasons : TEXT("[]"));
    if (whole && h->record.len > 0) {
        json_key(&w, "record");
        json_raw(&w, h->record);
    }
    json_end_object(&w);
}

static void list_json(const struct listing *l)
{
    struct buf b;
    buf_init(&b, 0);
    buf_byte(&b, '[');
    for (size_t i = 0; i < l->count; i++) {
        if (i > 0)
            buf_byte(&b, ',');
        row_json(&l->rows[i], false, &b);
    }
    buf_str(&b, "]\n");
    fwrite(b.ptr, 1, b.len, stdout);
    buf_fini(&b);
}

static struct group *group_of(struct group *list, size_t *count,
                              const struct hold_row *h)
{
    for (size_t i = 0; i < *count; i++)
        if (text_equal(list[i].flow, h->flow)
            && text_equal(list[i].sentence, h->group))
            return &list[i];
    if (*count == GROUPS_MAX)
        return NULL;
    list[*count] = (struct group){ h->flow, h->group, h->message, 0,
                                   h->first_seen_ms };
    return &list[(*count)++];
}

static void list_text(const struct listing *l, bool each)
{
    struct group *groups = mem_zalloc(GROUPS_MAX * sizeof *groups);
    size_t count = 0;
    struct buf b;
    char age[32];
    buf_init(&b, 0);
    for (size_t i = 0; i < l->count; i++) {
        struct group *g = group_of(groups, &count, &l->rows[i]);
        if (!g)
            continue;
        g->count++;
        if (l->rows[i].first_seen_ms < g->since_ms)
            g->since_ms = l->rows[i].first_seen_ms;
    }
    for (size_t i = 0; i < count; i++) {
        const struct group *g = &groups[i];
        runner_age(g->since_ms, l->w->now_ms, age);
        buf_printf(&b, "%.*s  %zu × ", TEXT_ARG(g->flow), g->count);
        buf_printable(&b, g->count == 1 ? g->example : g->sentence);
        buf_printf(&b, "   (oldest %s)\n", age);
        for (size_t k = 0; each && k < l->count; k++) {
            const struct hold_row *h = &l->rows[k];
            if (!text_equal(h->group, g->sentence)
                || !text_equal(h->flow, g->flow))
                continue;
            buf_str(&b, "    ");
            buf_printable(&b, h->source_key);
            if (g->count > 1) {
                buf_str(&b, "  ");
                buf_printable(&b, h->message);
            }
            buf_str(&b, h->retry ? "  (again at the next run)\n" : "\n");
        }
    }
    if (l->count == 0)
        buf_str(&b, "nothing waits\n");
    fwrite(b.ptr, 1, b.len, stdout);
    buf_fini(&b);
    mem_free(groups);
}

static int list(struct work *w)
{
    struct error err = { 0 };
    struct listing l = { .w = w };
    if (w->in->arg_count > 0)
        l.flow = text_of(w->in->args[0]);
    int code = EXIT_FINE;
    if (collect_all(&l, &err))
        code = command_fail(w->in, &err);
    else if (w->in->json)
        list_json(&l);
    else
        list_text(&l, true);
    mem_free(l.rows);
    return code;
}

/* -------------------------------------------------------------------- show */
static const char *comes_back(const struct hold_row *h)
{
    if (text_is(h->kind, "uncertain"))
        return "An answer was lost. Look in the target system: `mlc held "
               "retry` sends it again, `mlc held drop` lets it be.";
    if (text_is(h->kind, "refused") || text_is(h->kind, "conflict"))
        return "Goes again when the record, the flow or a table changes, or "
               "with `mlc held retry`.";
    if (text_is(h->kind, "reject"))
        return "Closed until the record changes.";
    return "Comes back by itself when the record, the flow or a table "
           "changes, or when what is missing appears.";
}

static void show_text(const struct hold_row *h)
{
    struct buf b;
    char when[32];
    buf_init(&b, 0);
    clock_print_instant(h->first_seen_ms, when);
    buf_printf(&b, "%.*s  flow %.*s, %.*s ", TEXT_ARG(h->kind),
               TEXT_ARG(h->flow), TEXT_ARG(h->source));
    buf_printable(&b, h->source_key);
    buf_byte(&b, '\n');
    reasons_text(h->reasons, "  ", &b);
    buf_printf(&b, "  %s\n  Waiting since %s", comes_back(h), when);
    if (h->owner.len > 0)
        buf_printf(&b, ", owner %.*s", TEXT_ARG(h->owner));
    buf_printf(&b, ", tried %lld times.\n", (long long)h->tries);
    fwrite(b.ptr, 1, b.len, stdout);
    buf_fini(&b);
}

static bool is_named(const struct hold_row *h, const char *key)
{
    char id[32];
    snprintf(id, sizeof id, "#%lld", (long long)h->id);
    return text_is(h->source_key, key) || strcmp(id, key) == 0;
}

static int nothing_named(struct work *w, const char *key)
{
    struct error err = { 0 };
    error_set(&err, ERROR_USAGE, "nothing is held under %s", key);
    error_hint(&err, "`mlc held list` shows what waits and its keys.");
    return command_fail(w->in, &err);
}

static int show(struct work *w)
{
    struct error err = { 0 };
    struct listing l = { .w = w, .rejects = true };
    size_t shown = 0;
    struct buf b;
    if (w->in->arg_count == 0)
        return usage_error(w->in, "say which record: mlc held show KEY");
    if (collect_all(&l, &err)) {
        mem_free(l.rows);
        return command_fail(w->in, &err);
    }
    buf_init(&b, 0);
    for (size_t i = 0; i < l.count; i++) {
        if (!is_named(&l.rows[i], w->in->args[0]))
            continue;
        if (w->in->json) {
            buf_byte(&b, shown > 0 ? ',' : '[');
            row_json(&l.rows[i], true, &b);
        } else {
            show_text(&l.rows[i]);
        }
        shown++;
    }
    if (w->in->json && shown > 0) {
        buf_str(&b, "]\n");
        fwrite(b.ptr, 1, b.len, stdout);
    }
    buf_fini(&b);
    mem_free(l.rows);
    return shown > 0 ? EXIT_FINE : nothing_named(w, w->in->args[0]);
}

/* ------------------------------------------------------------ retry and drop */
static int audit(struct work *w, const struct hold_row *h, const char *action,
                 const char *why, struct error *err)
{
    struct audit_row row = {
        .at_ms = w->now_ms,
        .flow = h->flow,
        .flow_hash = h->flow_hash,
        .action = text_of(action),
        .source = h->source,
        .source_key = h->source_key,
        .before = h->reasons,
        .result = text_of(why),
        .line = h->line,
    };
    return store_audit_add(w->store, &row, err);
}

static int close_doubt(struct work *w, const struct hold_row *h,
                       const char *why, struct error *err)
{
    struct intent_row intent;
    int got = store_intent_open(w->store, h->flow, h->source_key, &w->arena,
                                &intent, err);
    if (got)
        return got < 0 ? -1 : 0;
    return store_intent_state(w->store, intent.id, INTENT_CLOSED, TEXT_NONE,
                              text_of(why), w->now_ms, err);
}

static int change(struct work *w, const struct hold_row *h, const char *reason,
                  struct error *err)
{
    if (!reason)
        return store_hold_retry(w->store, h->id, err)
                       || audit(w, h, "retry", "a person asked for it", err)
                   ? -1 : 0;
    return close_doubt(w, h, reason, err)
                   || store_hold_close(w->store, h->flow, h->source_key,
                                       "dropped", text_of(reason), w->now_ms,
                                       err) < 0
                   || audit(w, h, "drop", reason, err)
               ? -1 : 0;
}

static int change_named(struct work *w, const struct listing *l,
                        const char *key, const char *reason, struct error *err)
{
    size_t done = 0;
    for (size_t i = 0; i < l->count; i++)
        if (is_named(&l->rows[i], key)) {
            if (STORE_TRANSACTION(w->store, err,
                                  change(w, &l->rows[i], reason, err)))
                return -1;
            done++;
        }
    if (done == 0)
        return 1;
    fprintf(stderr, "%s: %s\n", key, reason ? "dropped"
                                            : "again at the next run");
    return 0;
}

static int change_all(struct work *w, const char *reason)
{
    struct error err = { 0 };
    struct listing l = { .w = w, .rejects = true };
    int code = EXIT_FINE;
    if (w->in->arg_count == 0)
        return usage_error(w->in, "say which records: mlc held %s KEY...",
                           w->in->verb);
    if (collect_all(&l, &err))
        code = command_fail(w->in, &err);
    for (int i = 0; i < w->in->arg_count && code == EXIT_FINE; i++) {
        int got = change_named(w, &l, w->in->args[i], reason, &err);
        if (got < 0)
            code = command_fail(w->in, &err);
        else if (got == 1)
            code = nothing_named(w, w->in->args[i]);
    }
    mem_free(l.rows);
    return code;
}

int cmd_held(const struct invocation *in)
{
    struct work w;
    const char *reason = option_value(in, "reason");
    bool changes = strcmp(in->verb, "retry") == 0
                   || strcmp(in->verb, "drop") == 0;
    if (strcmp(in->verb, "drop") == 0 && (!reason || !*reason))
        return usage_error(in, "say why: --reason \"…\" goes into the audit "
                           "trail");
    int code = work_open(&w, in, changes ? WORK_STATE : WORK_STATE_READ);
    if (code == EXIT_FINE) {
        if (strcmp(in->verb, "list") == 0)
            code = list(&w);
        else if (strcmp(in->verb, "show") == 0)
            code = show(&w);
        else
            code = change_all(&w, strcmp(in->verb, "drop") == 0 ? reason
                                                                : NULL);
    }
    work_close(&w);
    return code;
}
