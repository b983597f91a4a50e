/* Reads any bytes as rows: the first byte chooses JSON Lines, a JSON list or
 * CSV; what is read is written again and must then be read as the same. */
#include "config.h"

#include "runtime/rows.h"

#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIT(s) { (s), sizeof(s) - 1 }

static const struct type text_type = { .kind = TYPE_TEXT, .optional = true,
                                       .length = -1, .scale = -1 };
static const struct type number_type = { .kind = TYPE_NUMBER,
                                         .optional = true, .scale = -1 };
static const struct type money_type = { .kind = TYPE_MONEY, .optional = true,
                                        .scale = 2 };
static const struct type date_type = { .kind = TYPE_DATE, .optional = true };
static const struct type yesno_type = { .kind = TYPE_YESNO, .optional = true };
static struct field fields[] = {
    { .name = LIT("t"), .wire = LIT("t"), .type = &text_type },
    { .name = LIT("n"), .wire = LIT("n"), .type = &number_type },
    { .name = LIT("m"), .wire = LIT("m"), .type = &money_type,
      .float_noise = true, .currency_from = LIT("c") },
    { .name = LIT("c"), .wire = LIT("c"), .type = &text_type },
    { .name = LIT("d"), .wire = LIT("d"), .type = &date_type,
      .encoding = LIT("ms date") },
    { .name = LIT("y"), .wire = LIT("y"), .type = &yesno_type,
      .encoding = LIT("0/1") },
};
static struct object object = { .name = LIT("thing"), .fields = fields,
                                .field_count = 6 };

static int pipe_with(const uint8_t *data, size_t size)
{
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    /* no more than a pipe takes without a reader */
    if (write(ends[1], data, size) < 0)
        size = 0;
    close(ends[1]);
    return ends[0];
}

static void check_again(struct record_plan *plan, const struct record *record,
                        struct arena *arena)
{
    struct error err = { 0 };
    struct record *again;
    struct record_fault fault;
    struct buf first, second;
    buf_init(&first, 0);
    buf_init(&second, 0);
    if (record_encode(record, NULL, NULL, &first, &err) == 0) {
        if (record_parse(plan, buf_view(&first), arena, &again, &fault) !=
            RECORD_READ)
            __builtin_trap();
        record_encode(again, NULL, NULL, &second, &err);
        if (!text_equal(buf_view(&first), buf_view(&second)))
            __builtin_trap();
    }
    buf_fini(&first);
    buf_fini(&second);
}

static void read_all(struct rows *rows, struct record_plan *plan)
{
    struct arena arena;
    struct record *record;
    struct record_fault fault;
    enum record_status status;
    arena_init(&arena);
    do {
        arena_reset(&arena);
        status = rows_next(rows, &arena, &record, &fault);
        if (status == RECORD_READ)
            check_again(plan, record, &arena);
    } while (status == RECORD_READ || status == RECORD_BAD);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct error err = { 0 };
    struct rows rows;
    struct record_plan *plan;
    struct rows_options options = { ROWS_LINES, ',', '.', CHARSET_UTF8 };
    if (size < 1 || size > 32768)
        return 0;
    options.format = (enum rows_format)(data[0] % 3);
    options.charset = (enum rows_charset)(data[0] / 3 % 3);
    arena_init(&arena);
    if (!object.by_name.count)
        for (size_t i = 0; i < object.field_count; i++)
            map_put(&object.by_name, fields[i].name, &fields[i]);
    int fd = pipe_with(data + 1, size - 1);
    int saved = dup(STDIN_FILENO);
    if (fd >= 0 && saved >= 0 && dup2(fd, STDIN_FILENO) >= 0 &&
        record_plan_new(&arena, shape_of_object(&arena, &object), &plan,
                        &err) == 0) {
        if (rows_open(&rows, NULL, &options, plan, &arena, &err) == 0)
            read_all(&rows, plan);
        rows_close(&rows);
    }
    if (saved >= 0) {
        dup2(saved, STDIN_FILENO);
        close(saved);
    }
    if (fd >= 0)
        close(fd);
    arena_fini(&arena);
    return 0;
}
