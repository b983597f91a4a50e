/* The flow files while mlc serve runs. They are looked at every few seconds;
 * what changed is taken over between runs, once it checks clean. Until then
 * the last good ones stay at work: every run gets them in one piece, whatever
 * became of the disk. */
#include "config.h"

#include "cli/serve.h"

#include "base/log.h"
#include "cli/project.h"
#include "runtime/clock.h"
#include "runtime/run.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOOK_EVERY_MS 2000
#define SETTLE_MS 1000  /* somebody may be writing one after the other */
#define DOUBT_MS 3000   /* broken may be half written: once more */
#define PACK_MAX ((size_t)1 << 30)
#define TOLD_MAX 5      /* messages of broken files in the log */

/* ----------------------------------------------------------------- editions */
static void edition_close(struct edition *e)
{
    if (!e)
        return;
    if (e->fd >= 0)
        close(e->fd);
    program_fini(&e->program);
    mem_free(e);
}

static int pack(struct edition *e, struct error *err)
{
    struct buf b;
    int result = 0;
    buf_init(&b, PACK_MAX);
    program_pack(&e->program, &b);
    e->fd = memfd_create("mlc-flows", MFD_CLOEXEC);
    if (e->fd < 0)
        result = error_errno(err, ERROR_STORE, "cannot keep the flow files");
    for (size_t at = 0; at < b.len && result == 0;) {
        ssize_t n = write(e->fd, b.ptr + at, b.len - at);
        if (n > 0)
            at += (size_t)n;
        else if (n == 0 || errno != EINTR)
            result = error_errno(err, ERROR_STORE,
                                 "cannot keep the flow files");
    }
    buf_fini(&b);
    return result;
}

/* Never NULL; whether it may be used is told by its messages. */
static struct edition *edition_read(void)
{
    struct edition *e = mem_zalloc(sizeof *e);
    e->fd = -1;
    project_options(&e->load);
    program_init(&e->program);
    if (program_load(&e->program, &e->load) == 0)
        program_check(&e->program);
    return e;
}

const struct edition *edition_take(struct serve *s)
{
    pthread_mutex_lock(&s->editions_lock);
    struct edition *e = s->edition;
    e->readers++;
    pthread_mutex_unlock(&s->editions_lock);
    return e;
}

void edition_give(struct serve *s, const struct edition *e)
{
    pthread_mutex_lock(&s->editions_lock);
    for (struct edition *o = s->edition; o; o = o->older)
        if (o == e)
            o->readers--;
    pthread_mutex_unlock(&s->editions_lock);
}

/* Those that nobody looks at any more. */
static void drop_old(struct serve *s)
{
    pthread_mutex_lock(&s->editions_lock);
    for (struct edition **at = &s->edition->older; *at;) {
        struct edition *e = *at;
        if (e->readers > 0 || notices_use(s->notices, &e->program)) {
            at = &e->older;
            continue;
        }
        *at = e->older;
        edition_close(e);
    }
    pthread_mutex_unlock(&s->editions_lock);
}

/* ------------------------------------------------------------------ workers */
static void worker_init(struct worker *k, const char *name)
{
    *k = (struct worker){ .out = -1, .err = -1 };
    k->name = mem_zalloc(strlen(name) + 1);
    memcpy(k->name, name, strlen(name));
    buf_init(&k->said, SERVE_OUTPUT_MAX);
    buf_init(&k->told, SERVE_OUTPUT_MAX);
}

static void worker_fini(struct worker *k)
{
    buf_fini(&k->said);
    buf_fini(&k->told);
    mem_free(k->name);
}

static struct worker *worker_named(struct worker *list, size_t count,
                                   struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].name && text_is(name, list[i].name))
            return &list[i];
    return NULL;
}

/* What runs goes on under the new flow of its name, or without one. */
static size_t take_workers(struct serve *s, const struct flow **order,
                           size_t count, struct worker *list)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < count; i++) {
        struct worker *old = worker_named(s->workers, s->flow_count,
                                          order[i]->name);
        if (old) {
            list[i] = *old;
            old->name = NULL;
        } else {
            worker_init(&list[i], text_cstr(&arena, order[i]->name));
        }
        list[i].flow = order[i];
    }
    for (size_t i = 0; i < s->flow_count; i++) {
        struct worker *old = &s->workers[i];
        if (old->name && old->pid > 0) {
            list[count] = *old;
            list[count++].flow = NULL;
        } else if (old->name) {
            worker_fini(old);
        }
    }
    for (size_t i = 0; i < count; i++)
        list[i].number = i;
    arena_fini(&arena);
    return count;
}

static int list_flows(struct serve *s, struct edition *e, struct error *err)
{
    size_t count = 0;
    for (const struct flow *f = e->program.flows; f; f = f->next)
        count++;
    const struct flow **order =
        mem_zalloc((count + 1) * sizeof *order);
    count = 0;
    for (const struct flow *f = e->program.flows; f; f = f->next)
        order[count++] = f;
    if (run_order(order, count, err)) {
        mem_free(order);
        return -1;
    }
    struct worker *list =
        mem_zalloc((count + s->flow_count + 1) * sizeof *list);
    pthread_mutex_lock(&s->web_lock); /* the figures are made of them */
    s->flow_count = take_workers(s, order, count, list);
    mem_free(s->workers);
    s->workers = list;
    e->older = s->edition;
    pthread_mutex_lock(&s->editions_lock);
    s->edition = e;
    pthread_mutex_unlock(&s->editions_lock);
    pthread_mutex_unlock(&s->web_lock);
    mem_free(order);
    return 0;
}

/* -------------------------------------------------------------- taking over */
/* A sandbox is started for what was declared then; a connection that came
 * later would lead to the real system. */
static bool needs_restart(const struct serve *s, const struct edition *e)
{
    const struct program *p = &e->program;
    for (size_t i = 0; s->w->sandbox && i < p->connection_count; i++) {
        const struct connection *c = p->connections[i];
        const struct connection *old =
            program_connection(&s->w->program, c->name);
        if (!old || !text_equal(old->connector, c->connector))
            return true;
    }
    return false;
}

static void tell_mistake(const struct diags *d, const struct diag *m)
{
    const struct source *source = sources_get(d->sources, m->span.source);
    if (!source) {
        log_error("[%s] %s", m->code, m->headline);
        return;
    }
    log_error("%s:%u: [%s] %s", source->path,
              (unsigned)sources_place(d->sources, m->span.source,
                                      m->span.start).line,
              m->code, m->headline);
}

static void tell_broken(struct serve *s, const struct edition *e,
                        const char *why)
{
    const struct diags *d = &e->program.diags;
    int count = 0;
    if (atomic_exchange(&s->figures.files_broken, true) && !why)
        log_error("the changed flow files have errors too");
    else
        log_error("the flow files changed and cannot be used%s%s; the last "
                  "good ones stay at work", why ? ": " : "", why ? why : "");
    for (const struct diag *m = d->first; m && count < TOLD_MAX; m = m->next)
        if (m->level == DIAG_ERROR && ++count)
            tell_mistake(d, m);
    if (d->error_count > TOLD_MAX)
        log_error("and %zu more: mlc check", d->error_count - TOLD_MAX);
    notices_files(s->notices, true);
}

static int adopt(struct serve *s, struct edition *e, struct error *err)
{
    if (pack(e, err) || list_flows(s, e, err))
        return -1;
    hooks_adopt(s->hooks, &e->program);
    notices_adopt(s->notices, &e->program);
    pending_forget(s);
    return 0;
}

/* Every part works with the new files when this returns. */
static void take_over(struct serve *s, struct edition *e)
{
    struct error err = { 0 };
    const char *why = needs_restart(s, e)
                          ? "a connection is new, and sandboxes are made at "
                            "the start" : NULL;
    if (e->program.diags.error_count > 0 || why || adopt(s, e, &err)) {
        tell_broken(s, e, why ? why : err.kind != ERROR_NONE ? err.text
                                                             : NULL);
        edition_close(s->refused);
        s->refused = e;
        return;
    }
    edition_close(s->refused);
    s->refused = NULL;
    atomic_store(&s->figures.files_broken, false);
    atomic_fetch_add(&s->figures.files_taken, 1);
    notices_files(s->notices, false);
    care_again(s);
    size_t count = 0;
    for (const struct flow *f = e->program.flows; f; f = f->next)
        count++;
    log_info("the flow files changed: %zu flow%s from now on", count,
             count == 1 ? "" : "s");
}

/* ---------------------------------------------------------------- the looks */
static void read_again(struct serve *s, bool asked)
{
    int64_t now = clock_steady_ms();
    struct edition *e = edition_read();
    bool moving = program_changed(&e->program);
    if (!asked && (moving || (e->program.diags.error_count > 0
                              && !s->files_doubted))) {
        s->files_doubted = !moving;
        s->files_look_ms = now + (moving ? SETTLE_MS : DOUBT_MS);
        edition_close(e);
        return;
    }
    s->files_doubted = s->files_changed = false;
    take_over(s, e);
}

/* Back to what is at work already? */
static bool is_back(const struct serve *s)
{
    return s->refused && !program_changed(&s->edition->program);
}

void files_look(struct serve *s, bool asked)
{
    int64_t now = clock_steady_ms();
    drop_old(s);
    if (!asked && now < s->files_look_ms)
        return;
    s->files_look_ms = now + LOOK_EVERY_MS;
    const struct edition *last = s->refused ? s->refused : s->edition;
    bool changed = program_changed(&last->program) || is_back(s);
    if (!changed) {
        s->files_changed = s->files_doubted = false;
        if (asked)
            log_info("the flow files did not change");
        return;
    }
    if (asked || s->files_changed) {
        read_again(s, asked);
    } else {
        s->files_changed = true;
        s->files_look_ms = now + SETTLE_MS;
    }
}

int files_open(struct serve *s, struct error *err)
{
    struct edition *e = edition_read();
    if (e->program.diags.error_count > 0)
        error_set(err, ERROR_USAGE, "the flow files changed while mlc serve "
                  "started");
    else if (pack(e, err) == 0 && list_flows(s, e, err) == 0)
        return 0;
    edition_close(e);
    return -1;
}

void files_close(struct serve *s)
{
    for (size_t i = 0; i < s->flow_count; i++)
        worker_fini(&s->workers[i]);
    mem_free(s->workers);
    edition_close(s->refused);
    while (s->edition) {
        struct edition *e = s->edition;
        s->edition = e->older;
        edition_close(e);
    }
}
