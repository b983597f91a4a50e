/* What answers mean, from the wire to the queue: `mlc run` against systems
 * that answer other than they should. Each case has a project of its own,
 * records in a file and a server that plays the vendor; what counts is what
 * arrived there, what waits, and what a person is told. Numbers are those of
 * the fault list. */
#include "config.h"

#include "base/text.h"
#include "runtime/clock.h"
#include "tests/lib/badserver.h"
#include "tests/lib/command.h"
#include "tests/lib/tap.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEEN_MAX 400

/* What arrived, beside sign-ins and look-ups of the company. */
struct seen {
    char method[8], path[200], body[1500];
};

static struct {
    pthread_mutex_t mutex;
    struct seen list[SEEN_MAX];
    size_t count;
    /* Answers a request; false leaves it to the vendor's usual answer. */
    bool (*act)(struct bad_request *r, int write_number);
    int writes;
    bool stubborn;
    int division; /* the company of whoever signs in to Exact */
} world = { .mutex = PTHREAD_MUTEX_INITIALIZER, .division = 100 };

static char kept[30][40]; /* codes of the records there are */
static int kept_count;
static struct badserver *server;
static char folder[64], out_path[96];
static char *told; /* output of the last command */

/* --------------------------------------------------------------- the server */
static bool is_write(const struct bad_request *r)
{
    return strcmp(r->method, "GET") != 0;
}

static int note(const struct bad_request *r)
{
    int number = 0;
    pthread_mutex_lock(&world.mutex);
    if (is_write(r))
        number = ++world.writes;
    if (world.count < SEEN_MAX) {
        struct seen *s = &world.list[world.count++];
        snprintf(s->method, sizeof s->method, "%.7s", r->method);
        snprintf(s->path, sizeof s->path, "%.199s", r->path);
        snprintf(s->body, sizeof s->body, "%.1499s", r->body);
    }
    pthread_mutex_unlock(&world.mutex);
    return number;
}

static bool reply(struct bad_request *r, int status, const char *body)
{
    bad_reply(r, status, "", body);
    return true;
}

static bool sign_in(struct bad_request *r)
{
    char body[300];
    if (strstr(r->path, "/oauth2/token") || strstr(r->path, "/connect/token"))
        return reply(r, 200, "{\"access_token\":\"access\",\"token_type\":"
                             "\"bearer\",\"expires_in\":\"600\","
                             "\"refresh_token\":\"refresh\"}");
    if (strstr(r->path, "/current/Me")) {
        snprintf(body, sizeof body, "{\"d\":{\"results\":[{\"CurrentDivision\""
                 ":%d,\"FullName\":\"A Person\"}]}}", world.division);
        return reply(r, 200, body);
    }
    if (strstr(r->path, "hrm/Divisions")) {
        snprintf(body, sizeof body, "{\"d\":{\"results\":[{\"Code\":%d,"
                 "\"Description\":\"Company %d\",\"Currency\":\"EUR\"}]}}",
                 world.division, world.division);
        return reply(r, 200, body);
    }
    return false;
}

static bool serve(struct bad_request *r)
{
    if (sign_in(r))
        return true;
    int number = note(r);
    if (world.act && world.act(r, number))
        return true;
    return reply(r, 200, "{\"d\":{\"results\":[]}}");
}

/* ------------------------------------------------------------- the project */
static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (!f)
        return;
    fputs(text, f);
    fclose(f);
}

static void slurp(void)
{
    FILE *f = fopen(out_path, "r");
    size_t len = f ? fread(told, 1, 65535, f) : 0;
    told[len] = 0;
    if (f)
        fclose(f);
}

/* mlc WORDS… with the url of every connection; its exit code. */
static int mlc(const char *words, const char *input)
{
    char copy[300], urls[5][64];
    const char *argv[24] = { getenv("MLC") ? getenv("MLC") : "./mlc" };
    static const char *const names[] = { "Exact", "Visma", "Monday", "Bill",
                                         "Expensify" };
    char *save = NULL;
    size_t n = 1;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *w = strtok_r(copy, " ", &save); w && n < 12;
         w = strtok_r(NULL, " ", &save))
        argv[n++] = w;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128], line[64];
        bool used = false;
        snprintf(path, sizeof path, "%s/project.mlc", folder);
        snprintf(line, sizeof line, "connection %s ", names[i]);
        FILE *f = fopen(path, "r");
        char text[4000] = "";
        if (f) {
            used = fread(text, 1, sizeof text - 1, f) > 0 &&
                   strstr(text, line);
            fclose(f);
        }
        if (!used)
            continue;
        snprintf(urls[i], sizeof urls[i], "%s.url=http://127.0.0.1:%d",
                 names[i], badserver_port(server));
        argv[n++] = "--set";
        argv[n++] = urls[i];
    }
    int code = command_tell(argv, input, out_path);
    slurp();
    return code;
}

static void clear_seen(void)
{
    pthread_mutex_lock(&world.mutex);
    world.count = 0;
    world.writes = 0;
    pthread_mutex_unlock(&world.mutex);
}

static int writes(void)
{
    return world.writes;
}

/* A fresh project: `connections` and `flow` as text, the records as a CSV. */
static void project(const char *connections, const char *flow,
                    const char *rows)
{
    char text[4000], state[80];
    snprintf(state, sizeof state, "%s/.mlc", folder);
    tap_remove_folder(state);
    snprintf(text, sizeof text,
             "set language 1\nset timezone \"UTC\"\n"
             "connection Src is files\n%s\n"
             "object Src.row \"Rows\" { at \"rows.csv\"  key k  k text "
             "required  n text required }\n", connections);
    write_file("project.mlc", text);
    snprintf(text, sizeof text, "set language 1\n%s\n", flow);
    write_file("flow.mlc", text);
    write_file("rows.csv", rows);
    world.act = NULL;
    kept_count = 0;
    clear_seen();
}

static const char centers[] =
    "flow centers \"Centers\"\nSrc.row as r -> Exact.costcenter {\n"
    "  read everything\n  write creates and updates\n  match on Code\n"
    "  owner \"controller@example.com\"\n  Code = left(r.k, 8)\n  Description = left(r.n, 60)\n}\n";

static void exact_project(const char *rows)
{
    project("connection Exact is exact { settle = 0  timeout = 1 }", centers,
            rows);
    mlc("auth set Exact", "client_id=a-client\nclient_secret=a-secret\n"
                          "refresh_token=a-refresh\n");
}

static void says(const char *what, const char *name)
{
    ok(strstr(told, what) != NULL, "%s", name);
    if (!strstr(told, what))
        tap_diag("%s", told);
}

/* ------------------------------------------------------------ the answers */
static bool post_row(struct bad_request *r, const char *id, const char *code)
{
    char body[300];
    snprintf(body, sizeof body, "{\"d\":{\"ID\":\"%s\",\"Code\":\"%s\"}}", id,
             code);
    return reply(r, 201, body);
}

/* The code that was sent. */
static const char *sent_code(const struct bad_request *r)
{
    static _Thread_local char code[40];
    const char *at = strstr(r->body, "\"Code\":\"");
    snprintf(code, sizeof code, "%.30s", at ? at + 8 : "");
    code[strcspn(code, "\"")] = 0;
    return code;
}

static const char *id_of(int i)
{
    static _Thread_local char id[64];
    snprintf(id, sizeof id, "00000000-0000-0000-0000-0000000000%02d", i);
    return id;
}

/* A list with what was kept; filters do not matter to these tests. */
static bool list_kept(struct bad_request *r)
{
    char body[2000] = "{\"d\":{\"results\":[";
    for (int i = 0; i < kept_count; i++) {
        size_t at = strlen(body);
        snprintf(body + at, sizeof body - at, "%s{\"ID\":\"%s\",\"Code\":"
                 "\"%s\",\"Description\":\"old\"}", i ? "," : "", id_of(i),
                 kept[i]);
    }
    snprintf(body + strlen(body), sizeof body - strlen(body), "]}}");
    return reply(r, 200, body);
}

static bool mix_up(struct bad_request *r, int n)
{
    if (!is_write(r))
        return list_kept(r);
    snprintf(kept[kept_count++], sizeof kept[0], "%s", sent_code(r));
    return post_row(r, id_of(kept_count - 1), n == 1 ? "OTHER" : sent_code(r));
}

static void test_mixed_up(void)
{
    exact_project("k,n\nA1,One\nA2,Two\n");
    kept_count = 0;
    world.act = mix_up;
    is_int(mlc("run centers --json", ""), 0, "[71] an answer about another "
           "record");
    says("mixed up", "… is said");
    says("\"recovered\":1", "… taken for lost, and looked for");
    is_int(writes(), 2, "… the record is found and not sent again");
    is_int(mlc("run centers --json", ""), 0, "… nor by the next run");
    is_int(writes(), 2, "… which has nothing to do");
}

/* One record of three is closed to the user; then everything is. */
static bool forbid(struct bad_request *r, int n)
{
    if (!is_write(r))
        return list_kept(r);
    if (n == 2 || world.stubborn)
        return reply(r, 403, "{\"error\":{\"message\":{\"value\":\"Forbidden\""
                             "}}}");
    snprintf(kept[kept_count++], sizeof kept[0], "%s", sent_code(r));
    return post_row(r, id_of(kept_count - 1), sent_code(r));
}

static void test_forbidden(void)
{
    exact_project("k,n\nA1,One\nA2,Two\nA3,Three\n");
    world.act = forbid;
    is_int(mlc("run centers --json", ""), 1, "[83] one record is forbidden");
    ok(strstr(told, "\"created\":2") && strstr(told, "\"held\":1"),
       "… it waits, the others go");
    exact_project("k,n\nA1,One\nA2,Two\nA3,Three\nA4,Four\nA5,Five\n");
    world.act = forbid;
    world.stubborn = true;
    int code = mlc("run centers --json", "");
    world.stubborn = false;
    is_int(code, 75, "[83] all are forbidden");
    is_int(writes(), 2, "… the second says it is no accident");
    says("refuses every write", "… and a person is told");
    says("right to write", "… what to do");
}

/* Deleted at the target behind our back. */
static bool forget(struct bad_request *r, int n)
{
    if (is_write(r) && strcmp(r->method, "PUT") == 0)
        return reply(r, 404, "");
    return forbid(r, n + 2);
}

static void test_deleted(void)
{
    exact_project("k,n\nA1,One\n");
    world.act = forget;
    is_int(mlc("run centers", ""), 0, "a record is made");
    write_file("rows.csv", "k,n\nA1,Uno\n");
    clear_seen();
    is_int(mlc("run centers --json", ""), 1, "[84] deleted at the target");
    says("\"held\":1", "… it waits");
    is_int(writes(), 1, "… and is not made again");
    is_int(mlc("run centers --json", ""), 1, "… nor by the next run");
    is_int(writes(), 1, "… which sends nothing");
    mlc("held list", "");
    says("Exact does not have it", "… and says why");
}

/* ------------------------------------------------------- refused as it is */
static bool refuse_bad(struct bad_request *r, int n)
{
    if (is_write(r) && strstr(r->body, "bad"))
        return reply(r, 400, "{\"error\":{\"message\":{\"value\":\"Invalid: "
                             "Description\"}}}");
    return forbid(r, n + 2);
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
    exact_project("k,n\nA1,x\n");
    snprintf(flow, sizeof flow, "set language 1\n%s", looking);
    write_file("flow.mlc", flow);
    write_file("names.csv", "n,name\nx,bad X\ny,bad Y\n");
    world.act = refuse_bad;
    is_int(mlc("run centers --json", ""), 1, "[86] a value is refused");
    is_int(writes(), 1, "… once");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        clear_seen();
        mlc("run centers --json", "");
        is_int(writes(), 0, "[86] nothing has changed: nothing is sent");
        if (!changes[i].text)
            snprintf(strstr(flow, "= left(name"), 60, "= left(\"{name}!\", 60)\n}\n");
        write_file(changes[i].file, changes[i].text ? changes[i].text : flow);
        mlc("run centers --json", "");
        is_int(writes(), 1, "[86] %s has changed: it is tried", changes[i].name);
    }
    mlc("held list", "");
    says("Invalid: Description", "… and waits with the vendor's words");
}

static bool closed(struct bad_request *r, int n)
{
    if (is_write(r))
        return reply(r, 500, "{\"error\":{\"message\":{\"value\":\"Periode is "
                             "afgesloten\"}}}");
    return forbid(r, n + 2);
}

static void test_closed_period(void)
{
    exact_project("k,n\nA1,One\n");
    world.act = closed;
    is_int(mlc("run centers --json", ""), 1, "[95] a closed period");
    for (int i = 0; i < 3; i++)
        mlc("run centers --json", "");
    is_int(writes(), 1, "… is never tried again by itself");
    mlc("held list", "");
    says("afgesloten", "… and waits with the vendor's words");
    mlc("held list --json", "");
    says("\"owner\":\"controller@example.com\"", "… in the name of whoever "
         "can open it");
}

/* -------------------------------------------------- accepted, done later */
static bool accept_late(struct bad_request *r, int n)
{
    if (!is_write(r))
        return list_kept(r);
    if (n == 2) { /* the job fails: nothing comes of it */
        reply(r, 202, "{\"status\":\"queued\"}");
        return true;
    }
    if (n == 1) {
        snprintf(kept[kept_count++], sizeof kept[0], "%s", sent_code(r));
        return reply(r, 202, "{\"status\":\"queued\"}");
    }
    snprintf(kept[kept_count++], sizeof kept[0], "%s", sent_code(r));
    return post_row(r, id_of(kept_count - 1), sent_code(r));
}

static void test_accepted(void)
{
    exact_project("k,n\nA1,One\nA2,Two\n");
    world.act = accept_late;
    mlc("run centers --json", "");
    says("\"recovered\":1", "[94] accepted for later is not done: it is "
         "looked for");
    mlc("run centers --json", "");
    is_int(writes(), 3, "[94] a job that came to nothing is sent again");
    is_int(kept_count, 2, "… each record is there once");
    is_int(mlc("run centers --json", ""), 0, "… and then all is well");
}

/* ----------------------------------------------------- changed meanwhile */
static bool visma(struct bad_request *r, int n)
{
    (void)n;
    if (!is_write(r))
        return reply(r, 200, strstr(r->path, "department")
                                 ? "[{\"departmentId\":\"A1\",\"description\":"
                                   "\"by hand\"}]"
                                 : "[]");
    if (strcmp(r->method, "POST") == 0) {
        bad_reply(r, 201, "Location: http://x/v1/department/A1\r\n"
                          "ETag: \"v1\"\r\n", "");
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
    return is_write(r) ? visma(r, n) : reply(r, 200, "[]");
}

static void test_conflict(void)
{
    project("connection Visma is visma { if_match = \"yes\"  settle = 0 }",
            "flow departments \"Departments\"\n"
            "Src.row as r -> Visma.department {\n"
            "  read everything\n  write creates and updates\n"
            "  match on departmentId\n"
            "  departmentId = r.k\n  description = r.n\n}\n",
            "k,n\nA1,One\n");
    mlc("auth set Visma", "client_id=a-client\nclient_secret=a-secret\n"
                          "tenant_id=a-tenant\n");
    world.act = visma_empty;
    is_int(mlc("run departments", ""), 0, "a department is made");
    write_file("rows.csv", "k,n\nA1,Uno\n");
    world.act = visma;
    clear_seen();
    is_int(mlc("run departments --json", ""), 1, "[85] changed there meanwhile");
    is_int(writes(), 1, "… it is not written over");
    is_int(mlc("run departments --json", ""), 1, "[85] the next run");
    is_int(writes(), 1, "… does not try either");
    mlc("held list", "");
    says("changed by another", "… a person is told");
    is_int(mlc("held retry A1", ""), 0, "[85] who says so");
    is_int(mlc("run departments --json", ""), 0, "… writes over it");
    is_int(writes(), 2, "… with one call");
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
    return reply(r, 200, "{\"data\":{\"boards\":[{\"items_page\":{\"cursor\":"
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
        snprintf(body + at, sizeof body - at, "},\"errors\":[{\"message\":"
                 "\"that is no value\",\"path\":[\"m%zu\"],\"extensions\":{"
                 "\"code\":\"ColumnValueException\"}}]}", bad);
    else
        snprintf(body + at, sizeof body - at, "}}");
    return reply(r, 200, body);
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
        return reply(r, 200, "{\"errors\":[{\"message\":\"complexity\","
                             "\"extensions\":{\"code\":"
                             "\"COMPLEXITY_BUDGET_EXHAUSTED\","
                             "\"retry_in_seconds\":2}}]}");
    }
    board.waited_ms = clock_steady_ms() - board.tired_ms;
    if (board.calls < 100)
        board.sizes[board.calls++] = count;
    if (board.whole && bad < count)
        return reply(r, 200, "{\"errors\":[{\"message\":\"no\",\"extensions\":"
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
    project(things, "flow things \"Things\"\nSrc.row as r -> Monday.thing {\n"
                    "  read everything\n  write creates\n  match on Code\n"
                    "  Name = left(r.n, 200)\n  Code = r.k\n}\n", text);
    mlc("auth set Monday", "token=a-token\n");
    memset(&board, 0, sizeof board);
    world.act = monday;
}

static void test_batches(void)
{
    board_project(100, 37);
    is_int(mlc("run things --json", ""), 1, "[92] one of a hundred is bad");
    ok(strstr(told, "\"created\":99") && strstr(told, "\"held\":1"),
       "… ninety-nine land");
    is_int(board.made, 99, "… once each");
    ok(board.calls <= 5, "[89] partial data with errors: by record");

    for (int bad = 36; bad < 39; bad++) { /* wherever its half ends */
        board_project(100, bad);
        board.whole = true;
        is_int(mlc("run things --json", ""), 1, "[92] refused as a whole");
        ok(strstr(told, "\"created\":99") && strstr(told, "\"held\":1"),
           "… halves are sent until it is found");
        is_int(board.made, 99, "… the others once each");
        ok(board.calls <= 20, "… in %zu calls", board.calls);
    }

    board_project(20, 7);
    board.forget = true;
    mlc("run things --json", "");
    ok(strstr(told, "\"created\":19") && strstr(told, "\"waiting\":1"),
       "[93] an answer without one of twenty: that one is in doubt");
    is_int(board.made, 19, "… the others are done, in whatever order");

    board_project(3, 3);
    board.tired_times = 1;
    is_int(mlc("run things --json", ""), 0, "[89] complexity used up");
    says("\"created\":3", "… is waited for");
    ok(board.waited_ms >= 2000, "… as long as the body says (%lld ms)",
       (long long)board.waited_ms);
}

/* ------------------------------------------------- errors inside a 200 */
static const char *inside;

static bool say_inside(struct bad_request *r, int n)
{
    (void)n;
    return reply(r, 200, inside);
}

static void test_inside(void)
{
    static const struct {
        const char *body;
        int code, most;
        const char *says;
        int fault;
    } rows[] = {
        { "{\"responseCode\":200,\"policyList\":[]}", 0, 1, "", 90 },
        { "{\"responseCode\":401,\"responseMessage\":\"Authentication error\"}",
          4, 1, "mlc auth set Expensify", 90 },
        { "{\"responseCode\":403,\"responseMessage\":\"Not allowed\"}", 75, 1,
          "Not allowed", 90 },
        { "{\"responseCode\":500,\"responseMessage\":\"Internal error\"}", 75,
          5, "Internal error", 90 },
        { "{\"responseMessage\":\"File not found\"}", 75, 1,
          "File not found", 90 },
        { "{\"responseCode\":200,\"policyList\":[", 75, 5, "too early",
          60 },
        { "{\"responseCode\":200}", 75, 5, "no list of records", 63 },
        { "", 75, 5, "nothing to read", 64 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        project("connection Expensify is expensify",
                "flow policies \"Policies\"\nExpensify.policy as p -> log {\n"
                "  read everything\n}\n", "k,n\n");
        mlc("auth set Expensify", "partner_user_id=aa-user\n"
                                  "partner_user_secret=a-secret\n");
        inside = rows[i].body;
        world.act = say_inside;
        clear_seen();
        is_int(mlc("run policies", ""), rows[i].code,
               "[%d] 200 and %.60s", rows[i].fault,
               *inside ? inside : "nothing");
        ok(writes() >= 1 && writes() <= rows[i].most, "… %d calls", writes());
        says(rows[i].says, "… says why");
    }
}

int main(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.30s/mlc-meaning-XXXXXX",
             tmp ? tmp : "/tmp");
    told = malloc(65536);
    if (!told || !mkdtemp(folder) || chdir(folder))
        return 99;
    snprintf(out_path, sizeof out_path, "%s/out", folder);
    setenv("HOME", folder, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("MLC_KEY_FILE");
    unsetenv("MLC_STATE");
    server = badserver_start(serve, NULL);
    test_mixed_up();
    test_forbidden();
    test_deleted();
    test_refused();
    test_closed_period();
    test_accepted();
    test_conflict();
    test_batches();
    test_inside();
    badserver_stop(server);
    (void)!chdir("/");
    tap_remove_folder(folder);
    free(told);
    return tap_done();
}
