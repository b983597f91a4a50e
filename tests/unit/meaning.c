/* What answers mean, from the wire to the queue: `mlc run` against systems
 * that answer other than they should. What counts is what arrived there, what
 * waits, and what a person is told. Numbers are those of the fault list. */
#include "config.h"

#include "base/text.h"
#include "runtime/clock.h"
#include "tests/lib/badvendor.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------ the answers */
static bool mix_up(struct bad_request *r, int n)
{
    if (!vendor_is_write(r))
        return vendor_list(r);
    return vendor_keep(r, n == 1 ? "OTHER" : NULL);
}

static void test_mixed_up(void)
{
    vendor_exact("k,n\nA1,One\nA2,Two\n");
    vendor.act = mix_up;
    is_int(vendor_mlc("run centers --json", ""), 0,
           "[71] an answer about another "
           "record");
    vendor_says("mixed up", "… is said");
    vendor_says("\"recovered\":1", "… taken for lost, and looked for");
    is_int(vendor.writes, 2, "… the record is found and not sent again");
    is_int(vendor_mlc("run centers --json", ""), 0, "… nor by the next run");
    is_int(vendor.writes, 2, "… which has nothing to do");
}

/* One record of three is closed to the user; then everything is. */
static bool forbid(struct bad_request *r, int n)
{
    if (!n)
        return vendor_list(r);
    if (n == 2 || vendor.stubborn)
        return vendor_reply(r, 403,
                            "{\"error\":{\"message\":{\"value\":\"Forbidden\""
                            "}}}");
    return vendor_keep(r, NULL);
}

static void test_forbidden(void)
{
    vendor_exact("k,n\nA1,One\nA2,Two\nA3,Three\n");
    vendor.act = forbid;
    is_int(vendor_mlc("run centers --json", ""), 1,
           "[83] one record is forbidden");
    ok(strstr(vendor_told, "\"created\":2") &&
           strstr(vendor_told, "\"held\":1"),
       "… it waits, the others go");
    vendor_exact("k,n\nA1,One\nA2,Two\nA3,Three\nA4,Four\nA5,Five\n");
    vendor.act = forbid;
    vendor.stubborn = true;
    int code = vendor_mlc("run centers --json", "");
    vendor.stubborn = false;
    is_int(code, 75, "[83] all are forbidden");
    is_int(vendor.writes, 2, "… the second says it is no accident");
    vendor_says("refuses every write", "… and a person is told");
    vendor_says("right to write", "… what to do");
}

/* Deleted at the target behind our back. */
static bool forget(struct bad_request *r, int n)
{
    if (vendor_is_write(r) && strcmp(r->method, "PUT") == 0)
        return vendor_reply(r, 404, "");
    return vendor_accept(r, n);
}

static void test_deleted(void)
{
    vendor_exact("k,n\nA1,One\n");
    vendor.act = forget;
    is_int(vendor_mlc("run centers", ""), 0, "a record is made");
    vendor_file("rows.csv", "k,n\nA1,Uno\n");
    vendor.writes = 0;
    is_int(vendor_mlc("run centers --json", ""), 1,
           "[84] deleted at the target");
    vendor_says("\"held\":1", "… it waits");
    is_int(vendor.writes, 1, "… and is not made again");
    is_int(vendor_mlc("run centers --json", ""), 1, "… nor by the next run");
    is_int(vendor.writes, 1, "… which sends nothing");
    vendor_mlc("held list", "");
    vendor_says("Exact does not have it", "… and says why");
}

/* ------------------------------------------------------- refused as it is */
static bool refuse_bad(struct bad_request *r, int n)
{
    if (vendor_is_write(r) && strstr(r->body, "bad"))
        return vendor_reply(r, 400,
                            "{\"error\":{\"message\":{\"value\":\"Invalid: "
                            "Description\"}}}");
    return vendor_accept(r, n);
}

static const char looking[] =
    "table Names (n text => name text) from \"names.csv\"\n"
    "flow centers \"Centers\"\nSrc.row as r -> Exact.costcenter {\n"
    "  read everything\n  write creates and updates\n  match on Code\n"
    "  let name = Names[r.n].name else hold \"no name\"\n"
    "  Code = left(r.k, 8)\n  Description = left(name, 60)\n}\n";

static void test_refused(void)
{
    static const struct {
        const char *file, *text, *name;
    } changes[] = {
        { "rows.csv", "k,n\nA1,y\n", "the record" },
        { "names.csv", "n,name\nx,bad X\ny,bad Z\n", "a table" },
        { "flow.mlc", NULL, "the flow" },
    };
    char flow[1000];
    vendor_exact("k,n\nA1,x\n");
    snprintf(flow, sizeof flow, "set language 1\n%s", looking);
    vendor_file("flow.mlc", flow);
    vendor_file("names.csv", "n,name\nx,bad X\ny,bad Y\n");
    vendor.act = refuse_bad;
    is_int(vendor_mlc("run centers --json", ""), 1, "[86] a value is refused");
    is_int(vendor.writes, 1, "… once");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        vendor.writes = 0;
        vendor_mlc("run centers --json", "");
        is_int(vendor.writes, 0, "[86] nothing has changed: nothing is sent");
        if (!changes[i].text)
            snprintf(strstr(flow, "= left(name"), 60,
                     "= left(\"{name}!\", 60)\n}\n");
        vendor_file(changes[i].file, changes[i].text ? changes[i].text : flow);
        vendor_mlc("run centers --json", "");
        is_int(vendor.writes, 1, "[86] %s has changed: it is tried",
               changes[i].name);
    }
    vendor_mlc("held list", "");
    vendor_says("Invalid: Description", "… and waits with the vendor's words");
}

static bool closed(struct bad_request *r, int n)
{
    if (vendor_is_write(r))
        return vendor_reply(r, 500,
                            "{\"error\":{\"message\":{\"value\":\"Periode is "
                            "afgesloten\"}}}");
    return vendor_accept(r, n);
}

static void test_closed_period(void)
{
    vendor_exact("k,n\nA1,One\n");
    vendor.act = closed;
    is_int(vendor_mlc("run centers --json", ""), 1, "[95] a closed period");
    for (int i = 0; i < 3; i++)
        vendor_mlc("run centers --json", "");
    is_int(vendor.writes, 1, "… is never tried again by itself");
    vendor_mlc("held list", "");
    vendor_says("afgesloten", "… and waits with the vendor's words");
    vendor_mlc("held list --json", "");
    vendor_says("\"owner\":\"controller@example.com\"",
                "… in the name of whoever "
                "can open it");
}

/* -------------------------------------------------- accepted, done later */
static bool accept_late(struct bad_request *r, int n)
{
    const char *queued = "{\"status\":\"queued\"}";
    if (n == 2) /* the job fails: nothing comes of it */
        return vendor_reply(r, 202, queued);
    if (n != 1)
        return vendor_accept(r, n);
    vendor_remember(r);
    return vendor_reply(r, 202, queued);
}

static void test_accepted(void)
{
    vendor_exact("k,n\nA1,One\nA2,Two\n");
    vendor.act = accept_late;
    vendor_mlc("run centers --json", "");
    vendor_says("\"recovered\":1", "[94] accepted for later is not done: it is "
                                   "looked for");
    vendor_mlc("run centers --json", "");
    is_int(vendor.writes, 3, "[94] a job that came to nothing is sent again");
    is_int(vendor.kept_count, 2, "… each record is there once");
    is_int(vendor_mlc("run centers --json", ""), 0, "… and then all is well");
}

/* ----------------------------------------------------- changed meanwhile */
static bool visma(struct bad_request *r, int n)
{
    (void)n;
    if (!vendor_is_write(r))
        return vendor_reply(r, 200,
                            strstr(r->path, "department")
                                ? "[{\"departmentId\":\"A1\",\"description\":"
                                  "\"by hand\"}]"
                                : "[]");
    if (strcmp(r->method, "POST") == 0) {
        bad_reply(r, 201,
                  "Location: http://x/v1/department/A1\r\n"
                  "ETag: \"v1\"\r\n",
                  "");
        return true;
    }
    if (strcasestr(r->head, "If-Match: \"v1\"")) {
        bad_reply(r, 412, "", "{\"message\":\"changed by another\"}");
        return true;
    }
    bad_reply(r, 204, "ETag: \"v2\"\r\n", "");
    return true;
}

static bool visma_empty(struct bad_request *r, int n)
{
    return vendor_is_write(r) ? visma(r, n) : vendor_reply(r, 200, "[]");
}

static void test_conflict(void)
{
    vendor_project(
        "connection Visma is visma { if_match = \"yes\"  settle = 0 }",
        "flow departments \"Departments\"\n"
        "Src.row as r -> Visma.department {\n"
        "  read everything\n  write creates and updates\n"
        "  match on departmentId\n"
        "  departmentId = r.k\n  description = r.n\n}\n",
        "k,n\nA1,One\n");
    vendor_mlc("auth set Visma", "client_id=a-client\nclient_secret=a-secret\n"
                                 "tenant_id=a-tenant\n");
    vendor.act = visma_empty;
    is_int(vendor_mlc("run departments", ""), 0, "a department is made");
    vendor_file("rows.csv", "k,n\nA1,Uno\n");
    vendor.act = visma;
    vendor.writes = 0;
    is_int(vendor_mlc("run departments --json", ""), 1,
           "[85] changed there meanwhile");
    is_int(vendor.writes, 1, "… it is not written over");
    is_int(vendor_mlc("run departments --json", ""), 1, "[85] the next run");
    is_int(vendor.writes, 1, "… does not try either");
    vendor_mlc("held list", "");
    vendor_says("changed by another", "… a person is told");
    is_int(vendor_mlc("held retry A1", ""), 0, "[85] who says so");
    is_int(vendor_mlc("run departments --json", ""), 0, "… writes over it");
    is_int(vendor.writes, 2, "… with one call");
}

/* ---------------------------------------------------------------- batches */
static const char things[] =
    "connection Monday is monday { settle = 0  timeout = 1 }\n"
    "object Monday.thing \"Things\" {\n  at \"123\"\n  key id\n"
    "  operations read, create, update\n  changes none\n"
    "  id text always read_only unique searchable from \"id\"\n"
    "  Name text(255) required searchable from \"name\"\n"
    "  Code text searchable encoding(\"column text\") from \"text_1\"\n}\n";

static struct {
    bool whole, forget, tired; /* what it does to the record called bad */
    int tired_times;
    int64_t tired_ms, waited_ms;
    size_t sizes[100], calls;
    int made;
} board;

static bool list_board(struct bad_request *r)
{
    return vendor_reply(r, 200,
                        "{\"data\":{\"boards\":[{\"items_page\":{\"cursor\":"
                        "null,\"items\":[]}}],\"items_page_by_column_values\""
                        ":{\"cursor\":null,\"items\":[]},\"items\":[]}}");
}

static size_t count_created(const char *body)
{
    size_t n = 0;
    for (const char *at = body; (at = strstr(at, ": create_item(")); at++)
        n++;
    return n;
}

/* Which of the names is the bad one; count when none is. */
static size_t bad_one(const char *body, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[40];
        snprintf(name, sizeof name, "\"n%zu\":\"bad", i);
        if (strstr(body, name))
            return i;
    }
    return count;
}

static bool answer_batch(struct bad_request *r, size_t count, size_t bad)
{
    char body[4000] = "{\"data\":{";
    bool first = true;
    for (size_t i = count; i-- > 0;) { /* in another order than asked */
        size_t at = strlen(body);
        if (i == bad && board.forget)
            continue;
        snprintf(body + at, sizeof body - at,
                 i == bad ? "%s\"m%zu\":null"
                          : "%s\"m%zu\":{\"id\":\"%d\",\"column_values\":[{"
                            "\"id\":\"text_1\"}]}",
                 first ? "" : ",", i, 1000 + board.made);
        board.made += i != bad;
        first = false;
    }
    size_t at = strlen(body);
    if (bad < count && !board.forget)
        snprintf(body + at, sizeof body - at,
                 "},\"errors\":[{\"message\":"
                 "\"that is no value\",\"path\":[\"m%zu\"],\"extensions\":{"
                 "\"code\":\"ColumnValueException\"}}]}",
                 bad);
    else
        snprintf(body + at, sizeof body - at, "}}");
    return vendor_reply(r, 200, body);
}

static bool monday(struct bad_request *r, int n)
{
    size_t count = count_created(r->body);
    (void)n;
    if (count == 0)
        return list_board(r);
    size_t bad = bad_one(r->body, count);
    if (board.tired_times-- > 0) {
        board.tired_ms = clock_steady_ms();
        return vendor_reply(r, 200,
                            "{\"errors\":[{\"message\":\"complexity\","
                            "\"extensions\":{\"code\":"
                            "\"COMPLEXITY_BUDGET_EXHAUSTED\","
                            "\"retry_in_seconds\":2}}]}");
    }
    board.waited_ms = clock_steady_ms() - board.tired_ms;
    if (board.calls < 100)
        board.sizes[board.calls++] = count;
    if (board.whole && bad < count)
        return vendor_reply(r, 200,
                            "{\"errors\":[{\"message\":\"no\",\"extensions\":"
                            "{\"code\":\"InvalidArgumentException\"}}]}");
    return answer_batch(r, count, bad);
}

static void board_project(int rows, int bad)
{
    char text[4000] = "k,n\n";
    for (int i = 0; i < rows; i++) {
        size_t at = strlen(text);
        snprintf(text + at, sizeof text - at, "K%d,%s %d\n", i,
                 i == bad ? "bad" : "good", i);
    }
    vendor_project(things,
                   "flow things \"Things\"\nSrc.row as r -> Monday.thing {\n"
                   "  read everything\n  write creates\n  match on Code\n"
                   "  Name = left(r.n, 200)\n  Code = r.k\n}\n",
                   text);
    vendor_mlc("auth set Monday", "token=a-token\n");
    memset(&board, 0, sizeof board);
    vendor.act = monday;
}

static void test_batches(void)
{
    board_project(100, 37);
    is_int(vendor_mlc("run things --json", ""), 1,
           "[92] one of a hundred is bad");
    ok(strstr(vendor_told, "\"created\":99") &&
           strstr(vendor_told, "\"held\":1"),
       "… ninety-nine land");
    is_int(board.made, 99, "… once each");
    ok(board.calls <= 5, "[89] partial data with errors: by record");

    for (int bad = 37; bad < 39; bad++) { /* wherever its half ends */
        board_project(100, bad);
        board.whole = true;
        is_int(vendor_mlc("run things --json", ""), 1,
               "[92] refused as a whole");
        ok(strstr(vendor_told, "\"created\":99") &&
               strstr(vendor_told, "\"held\":1"),
           "… halves are sent until it is found");
        is_int(board.made, 99, "… the others once each");
        ok(board.calls <= 20, "… in %zu calls", board.calls);
    }

    board_project(20, 7);
    board.forget = true;
    vendor_mlc("run things --json", "");
    ok(strstr(vendor_told, "\"created\":19") &&
           strstr(vendor_told, "\"waiting\":1"),
       "[93] an answer without one of twenty: that one is in doubt");
    is_int(board.made, 19, "… the others are done, in whatever order");

    board_project(3, 3);
    board.tired_times = 1;
    is_int(vendor_mlc("run things --json", ""), 0, "[89] complexity used up");
    vendor_says("\"created\":3", "… is waited for");
    ok(board.waited_ms >= 2000, "… as long as the body says (%lld ms)",
       (long long)board.waited_ms);
}

int main(void)
{
    vendor_start();
    test_mixed_up();
    test_forbidden();
    test_deleted();
    test_refused();
    test_closed_period();
    test_accepted();
    test_conflict();
    test_batches();
    vendor_stop();
    return tap_done();
}
