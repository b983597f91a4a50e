/* What sources do with their pages and cursors, one story each [99-118]: page
 * by page what a source is asked with and what it gives, run by run what must
 * stand in the target. The random histories of unit/engine.c find what nobody
 * thought of; these name what somebody met. */
#include "config.h"

#include "runtime/clock.h"
#include "runtime/record.h"
#include "tests/lib/doubles.h"
#include "tests/lib/tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THINGS 32
#define PIECES 8
#define TURNS 4
#define DAY_MS INT64_C(86400000)
#define START_MS INT64_C(1792490400000) /* 2026-10-20T10:00Z */

static const char item_text[] =
    "  at \"items\"\n"
    "  key id\n"
    "  operations read\n"
    "  changes time by changed\n"
    "  deletes seen\n"
    "  id text always unique searchable\n"
    "  code text always\n"
    "  name text always\n"
    "  changed datetime filter(greater_equal)\n";

static const char flow_text[] =
    "flow sync \"Items become things\"\n"
    "Src.item -> Dst.thing\n"
    "{\n"
    "  read changes\n"
    "  recheck every 1 day\n"
    "  write creates and updates\n"
    "  match on Code\n"
    "  Code = item.code\n"
    "  Name = item.name\n"
    "  when gone { Name = \"gone\" }\n"
    "  limit gone to 100%\n"
    "}\n";

/* ---------------------------------------------------------------- stories */
enum { DELETED = 1, PARTIAL = 2, EXPIRED = 4 };

/* One page: asked for with this cursor and this continuation. Rows are
 * "id/code=name@changed", separated by blanks; no "/code": the id; "@-": it
 * has none. */
struct piece {
    const char *cursor, *next;
    const char *rows;
    const char *gives_next, *gives_cursor;
    int flags;
    int total; /* 0: the source does not say */
};

struct turn {
    struct piece pieces[PIECES];
    const char *things; /* "code=name …" in the order they were made */
    int writes;
    const char *says;   /* in the error or a notice; NULL: nothing at all */
    bool next_day;      /* so that it is a complete read */
};

struct story {
    const char *name;
    const char *there; /* in the target before: "code=name …" */
    struct turn turns[TURNS];
};

#define T(clock) "2026-10-20T" clock

static const struct story stories[] = {
    { "[99] records of one instant on both sides of a run", NULL,
      { { { { "", "", "a=1@" T("09:00:00Z") " b=1@" T("09:00:00Z"), "",
              T("09:00:00Z"), 0, 0 } }, "a=1 b=1", 2, NULL, false },
        { { { T("09:00:00Z"), "", "a=1@" T("09:00:00Z") " b=1@"
              T("09:00:00Z") " c=1@" T("09:00:00Z"), "", T("09:00:00Z"), 0,
              0 } }, "a=1 b=1 c=1", 1, NULL, false } } },
    { "[100] a record that was committed late, with an older time", NULL,
      { { { { "", "", "a=1@" T("09:00:00Z"), "", T("09:00:00Z"), 0, 0 } },
          "a=1", 1, NULL, false },
        { { { T("09:00:00Z"), "", "z=1@" T("08:59:00Z"), "", T("08:59:00Z"),
              0, 0 } }, "a=1 z=1", 1, NULL, false },
        { { { T("09:00:00Z"), "", "", "", "", 0, 0 } }, "a=1 z=1", 0, NULL,
          false } } },
    { "[101] a cursor is kept to its last digit", NULL,
      { { { { "", "", "a=1@" T("09:00:00.1234567Z"), "",
              T("09:00:00.1234567Z"), 0, 0 } }, "a=1", 1, NULL, false },
        { { { T("09:00:00.1234567Z"), "", "", "", "", 0, 0 } }, "a=1", 0,
          NULL, false } } },
    { "[102] a list that moves while it is read, and leaves one out", NULL,
      { { { { "", "", "a=1@" T("09:00:00Z"), "p2", "", 0, 3 },
            { "", "p2", "c=1@" T("09:02:00Z"), "", T("09:02:00Z"), 0, 3 } },
          "a=1 c=1", 2, "gave 2", false },
        { { { "", "", "a=1@" T("09:00:00Z"), "p2", "", 0, 3 },
            { "", "p2", "b=1@" T("09:01:00Z") " c=1@" T("09:02:00Z"), "",
              T("09:02:00Z"), 0, 3 } }, "a=1 c=1 b=1", 1, NULL, false } } },
    { "[103] a record that changes while the pages go by", NULL,
      { { { { "", "", "a=1@" T("09:00:00Z"), "p2", "", 0, 0 },
            { "", "p2", "b=1@" T("09:01:00Z") " a=2@" T("09:02:00Z"), "",
              T("09:02:00Z"), 0, 0 } }, "b=1 a=2", 2, NULL, false } } },
    { "[104] pages that go round in a circle", NULL,
      { { { { "", "", "a=1@" T("09:00:00Z"), "p2", "", 0, 0 },
            { "", "p2", "b=1@" T("09:01:00Z"), "p3", "", 0, 0 },
            { "", "p3", "c=1@" T("09:02:00Z"), "p2", "", 0, 0 } },
          "", 0, "circle", false } } },
    { "[105] an empty page that is not the last", NULL,
      { { { { "", "", "a=1@" T("09:00:00Z"), "p2", "", 0, 0 },
            { "", "p2", "", "p3", "", 0, 0 },
            { "", "p3", "b=1@" T("09:01:00Z"), "", T("09:01:00Z"), 0, 0 } },
          "a=1 b=1", 2, NULL, false } } },
    { "[107] a cursor the source no longer knows", NULL,
      { { { { "", "", "a=1@" T("09:00:00Z"), "", T("09:00:00Z"), 0, 0 } },
          "a=1", 1, NULL, false },
        { { { T("09:00:00Z"), "", NULL, "", "", EXPIRED, 0 },
            { "", "", "a=1@" T("09:00:00Z") " b=1@" T("09:01:00Z"), "",
              T("09:01:00Z"), 0, 0 } }, "a=1 b=1", 1, "no longer knows",
          false } } },
    { "[109] a record changed in the year 2999", NULL,
      { { { { "", "", "a=1@" T("09:00:00Z"), "", T("09:00:00Z"), 0, 0 } },
          "a=1", 1, NULL, false },
        { { { T("09:00:00Z"), "", "b=1@2999-01-01T00:00:00Z", "",
              "2999-01-01T00:00:00Z", 0, 0 } }, "a=1 b=1", 1, "lies ahead",
          false },
        { { { T("09:00:00Z"), "", "c=1@" T("09:05:00Z"), "", T("09:05:00Z"),
              0, 0 } }, "a=1 b=1 c=1", 1, NULL, false } } },
    { "[110] a record without the time of its change", NULL,
      { { { { "", "", "a=1@- b=1@" T("09:00:00Z"), "", T("09:00:00Z"), 0,
              0 } }, "a=1 b=1", 2, NULL, false },
        { { { T("09:00:00Z"), "", "a=2@-", "", "", 0, 0 } }, "a=2 b=1", 1,
          NULL, false } } },
    { "[30] two records that would become the same one", NULL,
      { { { { "", "", "a/K=1@" T("09:00:00Z") " b/K=2@" T("09:01:00Z"), "",
              T("09:01:00Z"), 0, 0 } }, "K=1", 1, NULL, false } } },
    { "[112] what is missing from an incomplete list is not gone", NULL,
      { { { { "", "", "a=1@" T("09:00:00Z") " b=1@" T("09:00:00Z"), "",
              T("09:00:00Z"), 0, 0 } }, "a=1 b=1", 2, NULL, false },
        { { { "", "", "b=1@" T("09:00:00Z"), "", T("09:00:00Z"), PARTIAL,
              0 } }, "a=1 b=1", 0, NULL, true },
        { { { "", "", "b=1@" T("09:00:00Z"), "", T("09:00:00Z"), 0, 0 } },
          "a=gone b=1", 1, NULL, true } } },
    { "[112] what the source reports as deleted is", NULL,
      { { { { "", "", "a=1@" T("09:00:00Z") " b=1@" T("09:00:00Z"), "",
              T("09:00:00Z"), 0, 0 } }, "a=1 b=1", 2, NULL, false },
        { { { T("09:00:00Z"), "", "", "d", "", 0, 0 },
            { T("09:00:00Z"), "d", "a=@-", "", T("09:03:00Z"), DELETED, 0 } },
          "a=gone b=1", 1, NULL, false } } },
    { "[113] deleted and made again under the same key", NULL,
      { { { { "", "", "a/K=1@" T("09:00:00Z"), "", T("09:00:00Z"), 0, 0 } },
          "K=1", 1, NULL, false },
        { { { T("09:00:00Z"), "", "", "d", "", 0, 0 },
            { T("09:00:00Z"), "d", "a=@-", "", T("09:03:00Z"), DELETED, 0 } },
          "K=gone", 1, NULL, false },
        { { { T("09:03:00Z"), "", "a2/K=2@" T("09:04:00Z"), "",
              T("09:04:00Z"), 0, 0 } }, "K=2", 1, NULL, false } } },
    { "[114] two records of the source become one key", NULL,
      { { { { "", "", "a/K=1@" T("09:00:00Z") " b/L=1@" T("09:00:00Z"), "",
              T("09:00:00Z"), 0, 0 } }, "K=1 L=1", 2, NULL, false },
        { { { T("09:00:00Z"), "", "c/K=2@" T("09:01:00Z"), "",
              T("09:01:00Z"), 0, 0 } }, "K=1 L=1", 0, NULL, false } } },
    { "[115] a key in another form of Unicode", "e\xcc\x81t=old",
      { { { { "", "", "a/\xc3\xa9t=1@" T("09:00:00Z"), "", T("09:00:00Z"),
              0, 0 } }, "\xc3\xa9t=1", 1, NULL, false } } },
    { "[116] an empty state and a full target", "a=1 b=1",
      { { { { "", "", "a=1@" T("09:00:00Z") " b=2@" T("09:00:00Z"), "",
              T("09:00:00Z"), 0, 0 } }, "a=1 b=2", 1, NULL, false } } },
};

/* --------------------------------------------------------------- the world */
static struct {
    struct { char code[16], name[16]; } things[THINGS];
    size_t count, writes;
    const struct turn *turn;
    size_t asked;
    char wrong[256];
} world;

static void set_thing(size_t at, struct text code, struct text name)
{
    snprintf(world.things[at].code, 16, "%.*s", TEXT_ARG(code));
    snprintf(world.things[at].name, 16, "%.*s", TEXT_ARG(name));
}

/* Calls `each` with every word. */
static void each_word(const char *words,
                      void (*each)(void *ctx, struct text word), void *ctx)
{
    for (const char *p = words; p && *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        each(ctx, (struct text){ p, len });
        p += len;
    }
}

static struct text until(struct text *rest, char mark)
{
    const char *at = memchr(rest->ptr, mark, rest->len);
    size_t len = at ? (size_t)(at - rest->ptr) : rest->len;
    struct text head = { rest->ptr, len };
    size_t skip = at ? len + 1 : len;
    rest->ptr += skip;
    rest->len -= skip;
    return head;
}

static void put_row(void *ctx, struct text word)
{
    struct buf *b = ctx;
    struct text id = until(&word, '=');
    struct text code = id;
    if (memchr(id.ptr, '/', id.len)) {
        code = id;
        id = until(&code, '/');
    }
    struct text name = until(&word, '@');
    buf_str(b, b->len > 1 ? "," : "");
    buf_printf(b, "{\"id\":\"%.*s\",\"code\":\"%.*s\",\"name\":\"%.*s\"",
               TEXT_ARG(id), TEXT_ARG(code), TEXT_ARG(name));
    if (!text_is(word, "-"))
        buf_printf(b, ",\"changed\":\"%.*s\"", TEXT_ARG(word));
    buf_byte(b, '}');
}

static void put_thing(void *ctx, struct text word)
{
    (void)ctx;
    struct text code = until(&word, '=');
    set_thing(world.count++, code, word);
}

/* -------------------------------------------------------------- the ports */
static int read_source(void *ctx, const struct read_spec *spec,
                       struct text next, struct arena *arena,
                       struct page *page, struct answer *answer,
                       struct error *err)
{
    const struct piece *p = &world.turn->pieces[world.asked];
    struct buf b;
    (void)ctx;
    *answer = (struct answer){ .kind = ANSWER_DONE };
    if (world.asked >= PIECES || !p->cursor)
        return error_set(err, ERROR_GUARD, "asked once too often");
    world.asked++;
    if (!text_is(spec->cursor, p->cursor) || !text_is(next, p->next)) {
        snprintf(world.wrong, sizeof world.wrong, "asked with \"%.*s\" and "
                 "\"%.*s\", not \"%s\" and \"%s\"", TEXT_ARG(spec->cursor),
                 TEXT_ARG(next), p->cursor, p->next);
        return error_set(err, ERROR_GUARD, "%s", world.wrong);
    }
    if (p->flags & EXPIRED) {
        answer->kind = ANSWER_REFUSED;
        answer->refusal = REFUSAL_CURSOR;
        return 0;
    }
    buf_init(&b, 0);
    buf_byte(&b, '[');
    each_word(p->rows, put_row, &b);
    buf_byte(&b, ']');
    *page = (struct page){ .body = buf_dup(arena, &b), .rows = "",
                           .next = text_of(p->gives_next),
                           .next_cursor = text_of(p->gives_cursor),
                           .total = p->total ? p->total : -1,
                           .deletions = (p->flags & DELETED) != 0,
                           .complete = (p->flags & PARTIAL) == 0 };
    buf_fini(&b);
    return 0;
}

static int read_target(void *ctx, const struct read_spec *spec,
                       struct text next, struct arena *arena,
                       struct page *page, struct answer *answer,
                       struct error *err)
{
    struct buf b;
    (void)ctx;
    (void)spec;
    (void)next;
    (void)err;
    *answer = (struct answer){ .kind = ANSWER_DONE };
    buf_init(&b, 0);
    buf_byte(&b, '[');
    for (size_t i = 0; i < world.count; i++)
        buf_printf(&b, "%s{\"ID\":\"t%zu\",\"Code\":\"%s\",\"Name\":\"%s\"}",
                   i ? "," : "", i, world.things[i].code,
                   world.things[i].name);
    buf_byte(&b, ']');
    *page = (struct page){ .body = buf_dup(arena, &b), .rows = "",
                           .total = -1, .complete = true };
    buf_fini(&b);
    return 0;
}

static int write_target(void *ctx, struct write_call *call, struct error *err)
{
    const struct write_item *item = &call->spec->items[0];
    const struct value *code = record_get(item->record, TEXT("Code"));
    const struct value *name = record_get(item->record, TEXT("Name"));
    size_t at = world.count;
    (void)ctx;
    (void)err;
    if (item->op == WRITE_UPDATE)
        at = strtoul(text_cstr(call->arena, item->target_id) + 1, NULL, 10);
    else
        world.count++;
    world.writes++;
    if (code && code->tag == VALUE_TEXT)
        set_thing(at, value_as_text(code), value_as_text(name));
    else
        snprintf(world.things[at].name, 16, "%.*s",
                 TEXT_ARG(value_as_text(name)));
    *call->results = (struct write_result){ .answer = { .kind = ANSWER_DONE } };
    call->results->target_id = text_of(arena_printf(call->arena, "t%zu", at));
    return 0;
}

/* -------------------------------------------------------------- telling */
static void print_things(struct buf *b)
{
    for (size_t i = 0; i < world.count; i++)
        buf_printf(b, "%s%s=%s", i ? " " : "", world.things[i].code,
                   world.things[i].name);
}

/* All that the run said. */
static void print_words(const struct summary *sum, const struct error *err,
                        struct buf *b)
{
    buf_str(b, err->text);
    for (size_t i = 0; i < sum->notice_count; i++)
        buf_printf(b, "%s%.*s", b->len ? "; " : "",
                   TEXT_ARG(sum->notices[i]));
}

static void take_turn(const struct story *story, size_t number)
{
    const struct turn *turn = &story->turns[number];
    struct summary sum;
    struct error err = { 0 };
    struct buf things, words;
    clock_fake_advance(turn->next_day ? DAY_MS + 1 : 60000);
    world.turn = turn;
    world.asked = world.writes = 0;
    buf_init(&things, 0);
    buf_init(&words, 0);
    doubles_run(RUN_WRITE, &sum, &err);
    print_things(&things);
    print_words(&sum, &err, &words);
    is_text(buf_cstr(&things), turn->things, "%s: run %zu", story->name,
            number + 1);
    ok((int)world.writes == turn->writes && summary_adds_up(&sum),
       "… in %d writes (%zu)", turn->writes, world.writes);
    ok(turn->says ? strstr(buf_cstr(&words), turn->says) != NULL
                  : words.len == 0,
       "… and says %s: %s", turn->says ? turn->says : "nothing",
       buf_cstr(&words));
    summary_fini(&sum);
    buf_fini(&words);
    buf_fini(&things);
}

static void tell(const struct story *story)
{
    memset(&world, 0, sizeof world);
    clock_fake(START_MS);
    each_word(story->there, put_thing, NULL);
    if (!doubles_open(true)) {
        ok(false, "%s: a state", story->name);
        return;
    }
    for (size_t i = 0; i < TURNS && story->turns[i].things; i++)
        take_turn(story, i);
}

int main(void)
{
    doubles.read_source = read_source;
    doubles.read_target = read_target;
    doubles.write = write_target;
    ok(doubles_load(NULL, item_text, flow_text), "the flow checks");
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        tell(&stories[i]);
    doubles_end();
    return tap_done();
}
