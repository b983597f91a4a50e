/* mlc doctor: looks for what will go wrong, without calling anybody unless it
 * is told to, and says for each finding what mends it. */
#include "config.h"

#include "cli/doctor.h"
#include "runtime/clock.h"
#include "runtime/crypto.h"
#include "runtime/http.h"
#include "runtime/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define DISK_LEAST_MB 200
#define DAYS_WARN 7
#define MOMENT_MS 60000 /* a minute's limit used up is nothing to tell */

void doctor_say(struct doctor *d, enum grade grade, const char *mend,
                const char *format, ...)
{
    static const char *const marks[] = { "fine ", "note ", "wrong" };
    struct buf what, line;
    va_list args;
    buf_init(&what, 0);
    buf_init(&line, 0);
    va_start(args, format);
    buf_vprintf(&what, format, args);
    va_end(args);
    d->counts[grade]++;
    if (d->s->w.in->json) {
        buf_printf(&line, "%s{\"grade\":\"%.*s\",\"finding\":",
                   d->first ? "" : ",", grade == WRONG ? 5 : 4, marks[grade]);
        buf_json_string(&line, buf_view(&what));
        buf_str(&line, ",\"mend\":");
        buf_json_string(&line, text_of(mend ? mend : ""));
        buf_byte(&line, '}');
    } else {
        buf_printf(&line, "%s  ", marks[grade]);
        buf_printable(&line, buf_view(&what));
        if (mend)
            buf_printf(&line, "\n       %s", mend);
        buf_byte(&line, '\n');
    }
    fputs(buf_cstr(&line), stdout);
    d->first = false;
    buf_fini(&what);
    buf_fini(&line);
}

static void say_error(struct doctor *d, const struct error *err)
{
    doctor_say(d, WRONG, err->hint[0] ? err->hint : NULL, "%s", err->text);
}

/* --------------------------------------------------------------- the parts */
static void look_at_versions(struct doctor *d)
{
    struct error err = { 0 };
    const char *curl = http_library_version(&err);
    if (curl)
        doctor_say(d, FINE, NULL, "mlc " PACKAGE_VERSION ", %s", curl);
    else
        say_error(d, &err);
}

static void look_at_disk(struct doctor *d, const char *path)
{
    struct statvfs v;
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = 0;
    if (statvfs(slash ? folder : ".", &v))
        return;
    unsigned long long mb =
        (unsigned long long)v.f_bavail * v.f_frsize >> 20;
    if (mb < DISK_LEAST_MB)
        doctor_say(d, WRONG, "Make room: a run stops when its state cannot be kept.",
            "only %llu MB are free where the state lies", mb);
    else
        doctor_say(d, FINE, NULL, "%llu MB free where the state lies", mb);
}

static void look_at_state(struct doctor *d)
{
    struct work *w = &d->s->w;
    struct error err = { 0 };
    struct buf b;
    if (!w->store) {
        doctor_say(d, NOTE, NULL, "no state yet: %s is made by the first run",
            w->state_path);
        return;
    }
    buf_init(&b, 0);
    store_describe(w->store, &b);
    doctor_say(d, FINE, NULL, "state %s: %s", w->state_path, buf_cstr(&b));
    buf_fini(&b);
    if (store_verify(w->store, &err))
        doctor_say(d, WRONG, "Run: mlc state restore FILE, with the last backup.",
            "%s", err.text);
    error_clear(&err);
    if (store_probe_locks(w->store, &err))
        say_error(d, &err);
    look_at_disk(d, w->state_path);
}

static void look_at_key(struct doctor *d)
{
    struct key_status k;
    struct error err = { 0 };
    struct vault *v = NULL;
    if (!d->s->w.store)
        return;
    if (vault_open(d->s->w.store, &v, &err) || vault_check(v, &k, &err))
        say_error(d, &err);
    else if (!k.id[0])
        doctor_say(d, NOTE, NULL, "no secret is stored yet, so there is no key");
    else
        doctor_say(d, FINE, NULL, "key %s (%s: %s) opens all %zu stored values",
            k.id, k.source, k.path, k.secrets);
    d->s->vault = v;
}

static void look_at_sign_in(struct doctor *d, const struct signin_state *st)
{
    struct buf b;
    const char *mend = arena_printf(&d->s->w.arena, "Run: %s",
                                    signin_command(st, &d->s->w.arena));
    buf_init(&b, 0);
    signin_describe(st, d->s->w.now_ms, &b);
    bool dies = st->days_left >= 0 && st->days_left < DAYS_WARN;
    doctor_say(d, st->stopped ? WRONG : dies ? NOTE : FINE,
        st->stopped ? mend
        : dies      ? "Run a flow on it, or let mlc serve keep it alive."
                    : NULL,
        "%.*s: %s", TEXT_ARG(st->setup->info.name), buf_cstr(&b));
    buf_fini(&b);
}

/* The vendor has said when it will end [96]. */
static void look_at_sunset(struct doctor *d, const struct signin_state *st)
{
    const struct connection_info *info = &st->setup->info;
    struct text day = info->learnt(info, FACT_SUNSET);
    int64_t end = http_parse_date(day);
    if (end == 0)
        return;
    doctor_say(d, end - d->s->w.now_ms < SUNSET_WARN_MS ? WRONG : NOTE,
        "Update mlc before: its change log says which version speaks the next "
        "one.",
        "%.*s will stop answering as it does on %.*s", TEXT_ARG(info->name),
        TEXT_ARG(day));
}

static void look_at_connection(struct doctor *d, struct text name)
{
    struct signin_state st;
    struct error err = { 0 };
    if (signin_look(d->s, name, &st, &err)) {
        if (d->s->w.program.has_project)
            say_error(d, &err);
        return;
    }
    if (!st.setup->connector->hosts || !*st.setup->connector->hosts)
        return;
    if (!d->s->w.program.has_project && st.count == 0)
        return; /* nobody set it up, and nothing here uses it */
    look_at_sign_in(d, &st);
    look_at_sunset(d, &st);
    if (st.setup->url_explicit)
        doctor_say(d, NOTE, NULL, "%.*s goes to %.*s, not to its usual address",
            TEXT_ARG(name), TEXT_ARG(st.setup->info.url));
    if (st.setup->proxy.len)
        doctor_say(d, NOTE, NULL, "%.*s goes through a proxy", TEXT_ARG(name));
    struct text zone = st.setup->info.timezone;
    if (zone.len && !zone_exists(zone))
        doctor_say(d, WRONG, "Use a name such as Europe/Amsterdam; install tzdata.",
            "%.*s: there is no time zone %.*s", TEXT_ARG(name),
            TEXT_ARG(zone));
}

struct blocks {
    struct doctor *d;
};

static int look_at_block(void *ctx, struct text connection,
                         struct text endpoint, struct text window,
                         const struct budget *b)
{
    struct doctor *d = ((struct blocks *)ctx)->d;
    char when[32];
    int64_t until = b->blocked_until_ms;
    bool used_up = b->limit > 1 && b->used >= b->limit; /* 1: a slot */
    if (used_up && b->reset_ms > until)
        until = b->reset_ms;
    if (until <= d->s->w.now_ms + (used_up ? MOMENT_MS : 0))
        return 0;
    clock_print_instant(until, when);
    doctor_say(d, NOTE, "Nothing: it goes on by itself then.",
        "%.*s %.*s rests until %s (%.*s)", TEXT_ARG(connection),
        TEXT_ARG(endpoint), when, TEXT_ARG(window));
    return 0;
}

static void look_at_budgets(struct doctor *d)
{
    struct blocks blocks = { d };
    struct error err = { 0 };
    if (d->s->w.store &&
        store_budget_each(d->s->w.store, &d->s->w.arena, look_at_block,
                          &blocks, &err) < 0)
        say_error(d, &err);
}

static int look_at_run(void *ctx, const struct run_row *row)
{
    struct doctor *d = ((struct blocks *)ctx)->d;
    char age[32];
    if (row->outcome.len)
        return 0;
    clock_print_span(d->s->w.now_ms - row->started_ms, age);
    if (row->alive)
        doctor_say(d, FINE, NULL, "%.*s is running, for %s", TEXT_ARG(row->flow),
            age);
    else
        doctor_say(d, NOTE, "Nothing: the next run of it settles what is open.",
            "a run of %.*s did not end, %s ago", TEXT_ARG(row->flow), age);
    return 0;
}

static void look_at_runs(struct doctor *d)
{
    struct blocks blocks = { d };
    struct error err = { 0 };
    if (d->s->w.store &&
        store_run_each(d->s->w.store, TEXT_NONE, 20, &d->s->w.arena,
                       look_at_run, &blocks, &err) < 0)
        say_error(d, &err);
}

/* Set by accident, they would have sent everything elsewhere. */
static void look_at_environment(struct doctor *d)
{
    static const char *const names[] = { "http_proxy", "https_proxy",
                                         "HTTPS_PROXY", "all_proxy",
                                         "ALL_PROXY" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            doctor_say(d, NOTE, "To use a proxy, set `proxy` of the connection.",
                "%s is set; mlc does not use it", names[i]);
    }
    if (clock_now_ms() < INT64_C(1735689600000)) /* 2025 */
        doctor_say(d, WRONG, "Run: timedatectl set-ntp true",
            "this machine's clock is years behind");
}

static void look_at_project(struct doctor *d)
{
    const struct program *p = &d->s->w.program;
    struct stat st;
    if (p->diags.error_count && p->has_project)
        doctor_say(d, WRONG, "Run: mlc check", "the project has %zu errors",
            p->diags.error_count);
    if (p->has_project && p->root) {
        const char *path = arena_printf(&d->s->w.arena, "%s/project.mlc",
                                        p->root);
        if (stat(path, &st) == 0 && (st.st_mode & S_IWOTH))
            doctor_say(d, WRONG, arena_printf(&d->s->w.arena, "Run: chmod o-w %s",
                                       path),
                "anybody can change %s", path);
    }
}

int cmd_doctor(const struct invocation *in)
{
    struct signin s;
    struct doctor d = { .s = &s, .first = true };
    bool live = option_given(in, "live");
    int code = signin_open(&s, in, live ? SIGNIN_TRANSPORT
                                        : SIGNIN_STATE_READ);
    if (code == EXIT_FINE) {
        if (in->json)
            fputs("{\"version\":1,\"findings\":[", stdout);
        look_at_versions(&d);
        look_at_state(&d);
        look_at_key(&d);
        look_at_project(&d);
        for (size_t i = 0; i < s.name_count; i++)
            look_at_connection(&d, s.names[i]);
        look_at_budgets(&d);
        look_at_runs(&d);
        look_at_environment(&d);
        if (live)
            doctor_look_live(&d);
        if (in->json)
            printf("],\"fine\":%zu,\"notes\":%zu,\"wrong\":%zu}\n",
                   d.counts[FINE], d.counts[NOTE], d.counts[WRONG]);
        code = d.counts[WRONG] ? EXIT_FINDINGS : EXIT_FINE;
    }
    signin_close(&s);
    return code;
}
