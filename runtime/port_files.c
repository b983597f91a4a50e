/* Files as a source of `mlc run`. A file is read by its object's declaration
 * (runtime/rows.h) and given out in pages of wire JSON, as every other system
 * does; the continuation is the number of rows given out. A page is read from
 * where the one before ended; only a walk that begins again opens the file
 * anew. A bad row ends the reading: half a file is no file. */
#include "config.h"

#include "runtime/port_files.h"

#include "runtime/rows.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_ROWS 1000
#define PAGE_BYTES ((size_t)4 << 20)

struct port_files {
    const struct connection_info *info;
    struct text root;
    struct arena arena, row; /* of the open file; of one record */
    struct rows rows;
    struct record_plan *plan;
    struct record_writer *writer;
    const struct object *object;
    const struct shape *shape;
    uint64_t given; /* rows of the walk so far */
    bool open;
    struct port_files *next;
};

bool connector_is_files(const struct connector *connector)
{
    return !connector->hosts[0] && !connector->read_answer;
}

static void close_file(struct port_files *f)
{
    if (f->open)
        rows_close(&f->rows);
    f->open = false;
    arena_reset(&f->arena);
}

void port_files_close(struct port_files *f)
{
    for (; f; f = f->next) {
        close_file(f);
        arena_fini(&f->arena);
        arena_fini(&f->row);
    }
}

/* root/folder/path; what begins with a slash needs nothing before it. */
static const char *path_of(struct port_files *f, const struct object *object)
{
    struct text folder = f->info->setting(f->info, "folder");
    struct text parts[] = { f->root, folder, object->path };
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].len && parts[i].ptr[0] == '/')
            buf_reset(&b);
        if (b.len && parts[i].len)
            buf_byte(&b, '/');
        buf_text(&b, parts[i]);
    }
    struct text path = buf_dup(&f->arena, &b);
    buf_fini(&b);
    return text_cstr(&f->arena, path);
}

static int open_file(struct port_files *f, const struct read_spec *spec,
                     struct error *err)
{
    struct rows_options options;
    close_file(f);
    const char *path = path_of(f, spec->object);
    f->object = spec->object;
    f->shape = spec->shape;
    f->given = 0;
    if (rows_options_of(spec->object, path, &options, err)
        || record_plan_new(&f->arena, spec->shape, &f->plan, err)
        || record_writer_new(&f->arena, spec->shape, &f->writer, err))
        return -1;
    f->open = true;
    return rows_open(&f->rows, path, &options, f->plan, &f->arena, err);
}

/* Appends rows; 1 when there are more, 0 at the end, -1. */
static int put_rows(struct port_files *f, struct buf *body, struct error *err)
{
    struct record_fault fault;
    struct record *record;
    for (size_t n = 0; n < PAGE_ROWS && body->len < PAGE_BYTES; n++) {
        arena_reset(&f->row);
        enum record_status status =
            rows_next(&f->rows, &f->row, &record, &fault);
        if (status == RECORD_END)
            return 0;
        if (status != RECORD_READ)
            return error_set(err, ERROR_INPUT, "%s, row %" PRIu64 ": %.400s",
                             f->rows.in.name, f->rows.row, fault.text);
        if (n > 0)
            buf_byte(body, ',');
        if (record_writer_put(f->writer, record, body, err))
            return -1;
        f->given++;
    }
    return 1;
}

static int read_page(void *ctx, const struct read_spec *spec, struct text next,
                     struct arena *arena, struct page *page,
                     struct answer *answer, struct error *err)
{
    struct port_files *f = ctx;
    struct buf body;
    if (spec->mode == READ_KEYS || spec->mode == READ_ONE)
        return error_set(err, ERROR_USAGE, "%.*s: a file is read whole; it "
                         "cannot be asked for one record",
                         TEXT_ARG(f->info->name));
    if (next.len == 0 && open_file(f, spec, err))
        return -1;
    if (!f->open || f->object != spec->object)
        return error_set(err, ERROR_USAGE, "a file is read from its start");
    buf_init(&body, (size_t)256 << 20);
    buf_byte(&body, '[');
    int more = put_rows(f, &body, err);
    buf_byte(&body, ']');
    *page = (struct page){ .body = buf_dup(arena, &body), .rows = "",
                           .total = -1, .complete = more == 0 };
    buf_fini(&body);
    *answer = (struct answer){ .kind = ANSWER_DONE };
    if (more > 0)
        page->next = text_of(arena_printf(arena, "%" PRIu64, f->given));
    else
        close_file(f);
    return more < 0 ? -1 : 0;
}

static int prepare(void *ctx, struct error *err)
{
    (void)ctx;
    (void)err;
    return 0;
}

static int no_writing(void *ctx, const struct write_spec *spec,
                      struct arena *arena, struct request *out,
                      struct error *err)
{
    const struct port_files *f = ctx;
    (void)spec;
    (void)arena;
    (void)out;
    error_set(err, ERROR_USAGE, "%.*s: a run does not write files",
              TEXT_ARG(f->info->name));
    error_hint(err, "`mlc map FLOW --in FILE --out FILE` writes a file.");
    return -1;
}

static int no_sending(void *ctx, struct write_call *call, struct error *err)
{
    (void)call;
    return no_writing(ctx, NULL, NULL, NULL, err);
}

static void no_counts(void *ctx, struct call_count *out)
{
    (void)ctx;
    memset(out, 0, sizeof *out);
}

void port_files_open(struct port_files **list, struct arena *arena,
                     const struct connection_info *info, const char *root,
                     struct port *port)
{
    struct port_files *f = ARENA_NEW(arena, struct port_files);
    f->info = info;
    f->root = text_of(root ? root : ".");
    arena_init(&f->arena);
    arena_init(&f->row);
    f->next = *list;
    *list = f;
    *port = (struct port){
        .ctx = f,
        .name = info->name,
        .batch_max = 1,
        .whole = true,
        .prepare = prepare,
        .read = read_page,
        .request = no_writing,
        .write = no_sending,
        .counts = no_counts,
    };
}
