/* What a flow asks its systems, request by request, without asking: the
 * engine's own reads and look-ups, as each connector words them. */
#include "config.h"

#include "runtime/run_internal.h"
#include "runtime/run_requests.h"

#include <string.h>

#define BODY_SHOWN 600

struct asking {
    const struct program *program;
    const struct connection_override *overrides;
    int64_t now_ms;
    struct arena arena;
    struct buf *out;
    struct asked *list;
    const char *why; /* what the next request is for */
};

struct asked { /* the port's other side */
    struct asking *all;
    struct connection_setup *setup;
    struct asked *next;
};

/* ---------------------------------------------------------------- printing */
/* Percent signs are for machines. */
static struct text readable(struct arena *arena, struct text path)
{
    char *out = arena_alloc(arena, path.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < path.len; i++) {
        unsigned value = 0;
        bool hex = path.ptr[i] == '%' && i + 2 < path.len;
        for (size_t k = 1; hex && k < 3; k++) {
            char c = path.ptr[i + k];
            unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                             : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                             : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                                                    : 16;
            hex = digit < 16;
            value = value * 16 + digit;
        }
        out[n++] = hex ? (char)value : path.ptr[i];
        i += hex ? 2 : 0;
    }
    return (struct text){ out, n };
}

static void tell(struct asked *a, const struct request *request)
{
    struct buf *out = a->all->out;
    struct arena *arena = &a->all->arena;
    buf_printf(out, "  %-9s %.*s %s ", "request", TEXT_ARG(a->setup->info.name),
               request->method ? request->method : "GET");
    buf_printable(out, readable(arena, request->path));
    buf_byte(out, '\n');
    if (request->body.len > 0 && !request->writes) {
        buf_printf(out, "  %-9s   ", "");
        buf_printable(out, utf8_left(request->body, BODY_SHOWN));
        buf_str(out, request->body.len > BODY_SHOWN ? " …\n" : "\n");
    }
    buf_printf(out, "  %-9s   %s\n", "", a->all->why);
}

static void tell_unknown(struct asking *all, struct text connection,
                         const struct error *err)
{
    buf_printf(all->out, "  %-9s %.*s: cannot be told before it is asked: %s\n"
               "  %-9s   %s\n", "request", TEXT_ARG(connection), err->text, "",
               all->why);
}

/* -------------------------------------------------------------------- ports */
/* What only the system can tell stands there by its name. */
static struct text unknown_fact(const struct connection_info *info,
                                const char *name)
{
    struct connection_setup *c = NULL;
    memcpy(&c, &(const void *){ info }, sizeof c);
    return text_of(arena_printf(c->arena, "{%s}", name));
}

static int prepare(void *ctx, struct error *err)
{
    (void)ctx;
    (void)err;
    return 0;
}

static int ask(void *ctx, const struct read_spec *spec, struct text next,
               struct arena *arena, struct page *page, struct answer *answer,
               struct error *err)
{
    struct asked *a = ctx;
    struct request request = { 0 };
    (void)page;
    (void)answer;
    if (connector_read_request(a->setup->connector, &a->setup->info, spec, next,
                               arena, &request, err))
        return -1;
    tell(a, &request);
    return 0;
}

static int write_request(void *ctx, const struct write_spec *spec,
                         struct arena *arena, struct request *out,
                         struct error *err)
{
    struct asked *a = ctx;
    return connector_write_request(a->setup->connector, &a->setup->info, spec,
                                   arena, out, err);
}

static void no_counts(void *ctx, struct call_count *out)
{
    (void)ctx;
    memset(out, 0, sizeof *out);
}

static int open_port(void *ctx, struct text connection, struct port *port,
                     struct error *err)
{
    struct asking *all = ctx;
    struct asked *a = ARENA_NEW(&all->arena, struct asked);
    if (connection_build(all->program, connection, all->overrides, NULL,
                         all->now_ms, &all->arena, &a->setup, err))
        return -1;
    a->all = all;
    a->next = all->list;
    all->list = a;
    a->setup->info.learnt = unknown_fact;
    *port = (struct port){
        .ctx = a,
        .name = a->setup->info.name,
        .batch_max = a->setup->connector->batch_max,
        .batch = a->setup->connector->batch,
        .key_lists = a->setup->connector->key_lists,
        .prepare = prepare,
        .read = ask,
        .request = write_request,
        .counts = no_counts,
    };
    return 0;
}

/* ----------------------------------------------------------------- requests */
static void ask_or_say(struct asking *all, struct run *r,
                       const struct port *port, const struct read_spec *spec)
{
    struct error err = { 0 };
    const struct asked *a = port->ctx;
    if (!a->setup->connector->hosts[0])
        return; /* files: there are no calls */
    if (port->read(port->ctx, spec, TEXT_NONE, &r->batch, NULL, NULL, &err))
        tell_unknown(all, port->name, &err);
}

static void ask_source(struct asking *all, struct run *r)
{
    struct read_spec spec;
    run_read_spec(r, &spec);
    all->why = spec.mode == READ_CHANGES
                   ? "the first time; then what changed since, page by page"
                   : "every run, page by page";
    ask_or_say(all, r, &r->source, &spec);
    if (spec.mode != READ_CHANGES && !spec.term_count && r->flow->where)
        buf_printf(all->out, "  %-9s   its `where` is decided here: the system "
                   "cannot leave records out by it\n", "");
}

struct look {
    struct asking *all;
    struct run *r;
};

static void ask_look_up(void *ctx, const struct port *port,
                        const struct read_spec *spec)
{
    struct look *l = ctx;
    l->all->why = spec->mode == READ_KEYS
                      ? "keys that are not known yet; each once a run"
                  : spec->mode == READ_CHANGES
                      ? "when a record needs it: whole the first time, then "
                        "what changed since"
                      : "when a record needs it: whole, once a run";
    ask_or_say(l->all, l->r, port, spec);
}

static void ask_write(struct asking *all, struct run *r, enum write_op op)
{
    struct error err = { 0 };
    struct request request = { .method = "POST" };
    struct record *record = record_sample(&r->batch,
                                          compiled_target_shape(r->compiled));
    struct write_item item = {
        .op = op,
        .record = record,
        .target_id = op == WRITE_UPDATE ? TEXT("{id}") : TEXT_NONE,
        .key = TEXT("{key}"),
    };
    struct write_spec spec = { r->flow->target, &item, 1 };
    const struct asked *a = r->target.ctx;
    if (!a->setup->connector->hosts[0]
        || r->target.request(r->target.ctx, &spec, &r->batch, &request, &err))
        return; /* some want real values */
    all->why = op == WRITE_CREATE ? "a record that is not there yet"
                                  : "a record whose fields changed; none when "
                                    "they did not";
    int most = port_batch(&r->target, r->flow->target, op, r->has_match);
    if (most > 1)
        all->why = arena_printf(&all->arena, "%s; up to %d in one call",
                                all->why, most);
    tell(r->target.ctx, &request);
}

static void ask_all(struct asking *all, struct run *r)
{
    struct look look = { all, r };
    ask_source(all, r);
    lookups_each_read(r->lookups, ask_look_up, &look);
    if (r->has_target && r->flow->writes_creates)
        ask_write(all, r, WRITE_CREATE);
    if (r->has_target && r->flow->writes_updates)
        ask_write(all, r, WRITE_UPDATE);
}

int run_requests(const struct program *program, const struct flow *flow,
                 const struct connection_override *overrides, int64_t now_ms,
                 struct buf *out, struct error *err)
{
    struct asking all = { .program = program, .overrides = overrides,
                          .now_ms = now_ms, .out = out };
    struct run_options options = { .program = program, .flow = flow,
                                   .mode = RUN_PLAN, .now_ms = now_ms,
                                   .ports = { &all, open_port } };
    struct run r = { .o = &options, .flow = flow };
    arena_init(&all.arena);
    arena_init(&r.keep);
    arena_init(&r.batch);
    int result = run_set_up(&r, err);
    if (result == 0)
        ask_all(&all, &r);
    run_tear_down(&r);
    for (struct asked *a = all.list; a; a = a->next)
        connection_fini(a->setup);
    arena_fini(&all.arena);
    return result;
}
