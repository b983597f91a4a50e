/* The stage for two systems that are not there; see doubles.h. */
#include "config.h"

#include "tests/lib/doubles.h"

#include "base/embedded.h"
#include "runtime/clock.h"
#include "runtime/record.h"
#include "tests/lib/tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char project_head[] =
    "set language 1\n"
    "set timezone \"UTC\"\n"
    "connection Src is files\n"
    "connection Dst is files\n"
    "object Dst.thing \"Thing\" {\n"
    "  at \"things\"\n"
    "  key ID\n"
    "  operations read, create, update\n"
    "  changes none\n"
    "  ID text always read_only unique searchable\n"
    "  Code text required searchable filter(is)\n"
    "  Name text required\n"
    "}\n"
    "object Src.item \"Item\" {\n";

struct doubles doubles;

/* ------------------------------------------------------------------- ports */
int doubles_request(void *ctx, const struct write_spec *spec,
                    struct arena *arena, struct request *out,
                    struct error *err)
{
    struct buf b;
    int result = 0;
    (void)ctx;
    buf_init(&b, 0);
    for (size_t i = 0; i < spec->item_count && result == 0; i++)
        result = record_encode(spec->items[i].record, NULL, NULL, &b, err);
    *out = (struct request){ .method = "POST", .path = TEXT("/things"),
                             .body = buf_dup(arena, &b),
                             .content_type = "application/json",
                             .endpoint = "things", .writes = true };
    buf_fini(&b);
    return result;
}

static int prepare(void *ctx, struct error *err)
{
    (void)ctx;
    (void)err;
    return 0;
}

static void no_counts(void *ctx, struct call_count *out)
{
    (void)ctx;
    *out = (struct call_count){ 0 };
}

static int open_port(void *ctx, struct text connection, struct port *port,
                     struct error *err)
{
    const struct doubles *d = &doubles;
    bool source = text_is(connection, "Src");
    (void)ctx;
    (void)err;
    *port = (struct port){
        .name = connection,
        .batch_max = d->batch_max > 0 ? d->batch_max : 1,
        .settle_ms = d->settle_ms,
        .prepare = prepare,
        .read = source ? d->read_source : d->read_target,
        .request = d->request ? d->request : doubles_request,
        .write = d->write,
        .counts = no_counts,
        .booked = source ? d->booked : NULL,
    };
    return 0;
}

/* ----------------------------------------------------------------- project */
static void in_folder(const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", doubles.folder, name);
}

static void write_file(const char *name, const char *head, const char *text,
                       const char *tail)
{
    char path[128];
    in_folder(name, path);
    FILE *f = fopen(path, "w");
    if (f) {
        fprintf(f, "%s%s%s", head, text, tail);
        fclose(f);
    }
}

static bool check(void)
{
    struct program *p = &doubles.program;
    char path[128];
    const char *paths[1] = { path };
    struct load_options o = { .catalogs = connector_catalogs, .paths = paths,
                              .path_count = 1 };
    in_folder("flow.mlc", path);
    program_init(p);
    if (program_load(p, &o) == 0)
        program_check(p);
    if (p->diags.error_count > 0)
        diags_print(&p->diags, DIAG_BRIEF, false, NULL, stdout);
    doubles.flow = p->flows;
    return p->diags.error_count == 0 && p->flows;
}

bool doubles_load(const char *place, const char *item, const char *flow)
{
    if (!place)
        place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(doubles.folder, sizeof doubles.folder, "%.40s/mlc-doubles.XXXXXX",
             place);
    if (!mkdtemp(doubles.folder))
        return false;
    /* states come and go here: the witness in the user's folder would tell */
    setenv("XDG_STATE_HOME", "/dev/null", 1);
    write_file("project.mlc", project_head, item, "}\n");
    write_file("flow.mlc", "set language 1\n", flow, "");
    return check();
}

/* -------------------------------------------------------------------- state */
bool doubles_open(bool anew)
{
    struct error err = { 0 };
    char path[128];
    if (anew && doubles.store) {
        store_close(doubles.store);
        doubles.store = NULL;
    }
    in_folder("state.db", path);
    if (anew)
        unlink(path);
    in_folder("state.db.runs", path);
    unlink(path);
    in_folder("state.db", path);
    if (store_open(path, STORE_WRITE, &doubles.store, &err) == 0)
        return true;
    tap_diag("%s", err.text);
    return false;
}

int64_t doubles_state_bytes(void)
{
    struct stat st;
    char path[128];
    in_folder("state.db", path);
    return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

int doubles_run(enum run_mode mode, struct summary *sum, struct error *err)
{
    struct run_options o = { .program = &doubles.program,
                             .flow = doubles.flow, .store = doubles.store,
                             .ports = { NULL, open_port }, .mode = mode,
                             .now_ms = clock_now_ms() };
    summary_init(sum, doubles.flow->name);
    return run_flow(&o, sum, err);
}

void doubles_end(void)
{
    store_close(doubles.store);
    program_fini(&doubles.program);
    if (!tap_remove_folder(doubles.folder))
        tap_diag("cannot remove %s", doubles.folder);
}
