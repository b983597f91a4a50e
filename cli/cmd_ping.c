/* mlc ping: reaches the systems and says who answers, how fast, as whom, and
 * what is left of the limits. Writes nothing. */
#include "config.h"

#include "cli/signin.h"
#include "lang/check.h"
#include "runtime/clock.h"

#include <stdio.h>
#include <string.h>

#define PATIENCE_MS 20000 /* for one system */
#define SKEW_MS 30000 /* a clock further off makes tokens and signatures fail */

struct ping {
    struct signin *s;
    struct signin_state state;
    struct channel *channel;
    struct call_figures call;
    struct fact *facts;
    struct budget_view *budgets;
    size_t budget_count;
    struct error error;
};

/* A small object of the catalog: for systems that have nothing else to ask. */
static const struct object *small_object(const struct program *p,
                                         const char *connector)
{
    const struct object *any = NULL;
    for (size_t i = 0; i < p->objects.count; i++) {
        const struct object *o = p->objects.entries[i].value;
        if (!text_is(o->app, connector) || o->record_only ||
            !(o->operations & OPERATION_READ))
            continue;
        if (o->small)
            return o;
        any = any ? any : o;
    }
    return any;
}

static int read_something(struct ping *p)
{
    struct work *w = &p->s->w;
    const char *connector = channel_connector(p->channel)->name;
    w->program.options = &w->load; /* where the catalogs are */
    schema_catalog(&w->program, text_of(connector));
    const struct object *o = small_object(&w->program, connector);
    struct page page;
    struct answer answer;
    if (!o)
        return 0;
    struct shape_field key = { object_field(o, o->key_count ? o->keys[0]
                                                            : TEXT_NONE),
                               NULL };
    struct shape shape = { o, &key, key.field ? 1 : 0 };
    struct read_spec spec = { .object = o, .mode = READ_ALL, .page_size = 1,
                              .shape = &shape };
    if (transport_read(p->channel, &spec, TEXT_NONE, &w->arena, &page,
                       &answer, &p->error))
        return -1;
    if (answer.kind == ANSWER_DONE)
        return 0;
    return error_set(&p->error, ERROR_VENDOR, "%.*s.%.*s cannot be read: %.*s",
                     TEXT_ARG(channel_info(p->channel)->name),
                     TEXT_ARG(o->name), TEXT_ARG(answer.reason));
}

static int reach(struct ping *p, struct text name)
{
    struct work *w = &p->s->w;
    if (signin_look(p->s, name, &p->state, &p->error) ||
        transport_connect(w->transport, name, &p->channel, &p->error))
        return -1;
    const struct connector *k = channel_connector(p->channel);
    int result = k->discover_request
                     ? channel_probe(p->channel, &w->arena, &p->facts,
                                     &p->error)
                     : read_something(p);
    p->call = *channel_last_call(p->channel);
    if (result == 0)
        result = signin_look(p->s, name, &p->state, &p->error);
    if (result == 0)
        result = channel_budgets(p->channel, &w->arena, &p->budgets,
                                 &p->budget_count, &p->error);
    return result;
}

static int64_t skew_ms(const struct ping *p)
{
    return p->call.date_ms ? p->call.received_ms - p->call.date_ms : 0;
}

/* ------------------------------------------------------------------ output */
static void print_facts(const struct ping *p, struct buf *b)
{
    for (const struct fact *f = p->facts; f; f = f->next) {
        const struct connection_info *info = channel_info(p->channel);
        struct text pinned = info->learnt(info, text_cstr(&p->s->w.arena,
                                                          f->name));
        buf_printf(b, "  %-10.*s ", TEXT_ARG(f->name));
        buf_printable(b, f->value);
        if (!text_equal(pinned, f->value)) {
            buf_str(b, "; flows stay on ");
            buf_printable(b, pinned);
        }
        buf_byte(b, '\n');
    }
}

static void print_call(const struct ping *p, struct buf *b)
{
    const struct call_figures *c = &p->call;
    if (c->total_us == 0)
        return;
    buf_printf(b, "  answer     %lld ms from %s, HTTP/%d",
               (long long)c->total_us / 1000, c->address,
               c->http_version / 10);
    if (c->http_version % 10)
        buf_printf(b, ".%d", c->http_version % 10);
    buf_printf(b, " (name %lld, connection %lld, TLS %lld ms)\n",
               (long long)c->name_us / 1000,
               (long long)(c->connect_us - c->name_us) / 1000,
               (long long)(c->tls_us > c->connect_us
                               ? c->tls_us - c->connect_us
                               : 0) / 1000);
    if (c->date_ms && (skew_ms(p) > SKEW_MS || skew_ms(p) < -SKEW_MS))
        buf_printf(b, "  clock      %lld s off; set this machine's clock: "
                   "timedatectl set-ntp true\n",
                   (long long)skew_ms(p) / 1000);
}

static void print_text(const struct ping *p, struct text name, bool good)
{
    struct buf b;
    buf_init(&b, 0);
    buf_printf(&b, "%.*s: %s\n", TEXT_ARG(name), good ? "fine" : "failed");
    if (p->state.setup) {
        buf_printf(&b, "  address    ");
        buf_printable(&b, p->state.setup->info.url);
        buf_str(&b, "\n  sign-in    ");
        signin_describe(&p->state, p->s->w.now_ms, &b);
        buf_byte(&b, '\n');
    }
    print_call(p, &b);
    print_facts(p, &b);
    for (size_t i = 0; i < p->budget_count; i++)
        buf_printf(&b, "  left       %lld of %lld calls this %s\n",
                   (long long)(p->budgets[i].limit - p->budgets[i].used),
                   (long long)p->budgets[i].limit, p->budgets[i].window);
    fputs(buf_cstr(&b), stdout);
    fflush(stdout);
    buf_fini(&b);
}

static void print_json(const struct ping *p, struct text name, bool good)
{
    struct buf b;
    buf_init(&b, 0);
    buf_str(&b, "{\"connection\":");
    buf_json_string(&b, name);
    buf_printf(&b, ",\"fine\":%s,\"ms\":%lld,\"clock_skew_ms\":%lld,"
               "\"facts\":{", good ? "true" : "false",
               (long long)p->call.total_us / 1000, (long long)skew_ms(p));
    for (const struct fact *f = p->facts; f; f = f->next) {
        buf_json_string(&b, f->name);
        buf_byte(&b, ':');
        buf_json_string(&b, f->value);
        buf_str(&b, f->next ? "," : "");
    }
    buf_str(&b, "},\"budgets\":[");
    for (size_t i = 0; i < p->budget_count; i++)
        buf_printf(&b, "%s{\"window\":\"%s\",\"used\":%lld,\"limit\":%lld}",
                   i ? "," : "", p->budgets[i].window,
                   (long long)p->budgets[i].used,
                   (long long)p->budgets[i].limit);
    buf_str(&b, "],\"error\":");
    buf_json_string(&b, text_of(p->error.text));
    buf_str(&b, ",\"hint\":");
    buf_json_string(&b, text_of(p->error.hint));
    buf_byte(&b, '}');
    fputs(buf_cstr(&b), stdout);
    buf_fini(&b);
}

static int ping(struct signin *s, struct text name, bool first)
{
    struct ping p = { .s = s };
    transport_set_deadline(s->w.transport, clock_now_ms() + PATIENCE_MS);
    bool good = reach(&p, name) == 0;
    if (s->w.in->json) {
        fputs(first ? "" : ",", stdout);
        print_json(&p, name, good);
        return good ? EXIT_FINE : error_exit_code(&p.error);
    }
    print_text(&p, name, good);
    return good ? EXIT_FINE : command_fail(s->w.in, &p.error);
}

/* Without names: what speaks HTTP, and without a project only the systems that
 * somebody has set up. */
static bool is_meant(struct signin *s, struct text name)
{
    struct signin_state st;
    struct error ignored = { 0 };
    bool project = s->w.program.connection_count > 0;
    if (signin_look(s, name, &st, &ignored))
        return project; /* to be told what is wrong with it */
    return st.setup->connector->hosts && (project || st.count > 0);
}

int cmd_ping(const struct invocation *in)
{
    struct signin s;
    int code = signin_open(&s, in, SIGNIN_VAULT | SIGNIN_TRANSPORT);
    bool first = true;
    if (code != EXIT_FINE) {
        signin_close(&s);
        return code;
    }
    if (in->json)
        fputs("{\"version\":1,\"connections\":[", stdout);
    for (int i = 0; i < in->arg_count; i++, first = false) {
        int one = ping(&s, text_of(in->args[i]), first);
        code = code == EXIT_FINE ? one : code;
    }
    for (size_t i = 0; in->arg_count == 0 && i < s.name_count; i++) {
        if (!is_meant(&s, s.names[i]))
            continue;
        int one = ping(&s, s.names[i], first);
        code = code == EXIT_FINE ? one : code;
        first = false;
    }
    if (in->json)
        puts("]}");
    signin_close(&s);
    return code;
}
