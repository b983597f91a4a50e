/* The kit of the sandboxes: faults, ledger, log, clock, control, and the world
 * that is kept over restarts. */
#include "config.h"
#include "tests/lib/tap.h"
#include "tests/lib/web.h"

#include "runtime/json.h"
#include "runtime/sandbox.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOON 1795176000000 /* 2026-11-20T12:00:00Z */

static struct sandbox *box;
static int port;
static char bearer[200];
static char folder[] = "/tmp/mlc-sandbox-XXXXXX";
static char world[100], ledger[100], log_file[100];

static void stop(void)
{
    sandbox_stop(box);
    box = NULL;
}

static void start(const char *const *faults)
{
    static const char *const names[] = { "rippling", NULL };
    struct sandbox_options o = { .connectors = names,
                                 .start_ms = NOON,
                                 .faults = faults,
                                 .world_path = world,
                                 .ledger_path = ledger,
                                 .log_path = log_file };
    struct error err = { 0 };
    stop();
    if (sandbox_start(&o, &box, &err) != 0) {
        tap_diag("%s", err.text);
        exit(1);
    }
    const struct sandbox_endpoint *e = sandbox_endpoint_of(box, "rippling");
    port = web_port_of(e->url);
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s\r\n",
             e->secrets[0].value);
}

static const struct web_answer *get(const char *target)
{
    return web_call(port, "GET", target, bearer, NULL);
}

static int add_department(const char *name)
{
    char headers[300], body[100];
    snprintf(headers, sizeof headers, "%sContent-Type: application/json\r\n",
             bearer);
    snprintf(body, sizeof body, "{\"name\":\"%s\"}", name);
    return web_call(port, "POST", "/departments/", headers, body)->status;
}

static int departments(void)
{
    get("/departments/?limit=100");
    return web_count("results");
}

static void clear(void)
{
    stop();
    unlink(world);
    unlink(ledger);
    unlink(log_file);
}

static int lines_of(const char *path, const char *having)
{
    static char line[65536];
    FILE *f = fopen(path, "r");
    int count = 0;
    while (f && fgets(line, sizeof line, f))
        count += strstr(line, having) != NULL;
    if (f)
        fclose(f);
    return count;
}

/* ---------------------------------------------------------------- faults */
static void one_fault(const char *spec)
{
    const char *faults[] = { spec, NULL };
    clear();
    start(faults);
}

static void faults_before_and_after(void)
{
    one_fault("rippling:POST /departments:1:drop-before");
    is_int(add_department("A"), 0, "drop-before: no answer");
    is_int(departments(), 12, "drop-before: no effect");
    is_int(lines_of(ledger, "\"did\""), 0, "drop-before: nothing in the ledger");
    is_int(add_department("A"), 200, "drop-before: only the first");
    one_fault("rippling:POST /departments:drop-after");
    is_int(add_department("A"), 0, "drop-after: no answer");
    is_int(departments(), 13, "drop-after: the effect is there");
    is_int(lines_of(ledger, "\"did\":\"create\""), 1,
           "drop-after: and in the ledger");
    one_fault("rippling:POST /departments:500-after");
    is_int(add_department("A"), 500, "500-after: an error");
    is_int(departments(), 13, "500-after: and an effect");
    one_fault("rippling:POST /departments:late=1000");
    is_int(add_department("A"), 0, "late: no answer");
    is_int(departments(), 12, "late: no effect yet");
    for (int tries = 0; tries < 100 && departments() < 13; tries++)
        usleep(100000);
    is_int(departments(), 13, "late: the effect comes");
}

static void faults_of_answers(void)
{
    one_fault("rippling:GET /departments:cut");
    ok(!get("/departments/")->complete, "cut: the answer ends early");
    one_fault("rippling:GET /departments:cut=10");
    is_int((int)get("/departments/")->body_len, 10, "cut: where it was told to");
    one_fault("rippling:GET /departments:garble");
    get("/departments/");
    is_int(web_count("results"), -1, "garble: no JSON");
    one_fault("rippling:GET /departments:empty");
    is_int((int)get("/departments/")->body_len, 0, "empty: 200 and nothing");
    one_fault("rippling:GET /departments:html");
    is_int(get("/departments/")->status, 200, "html: a page with 200");
    ok(strstr(web_header("Content-Type"), "text/html") != NULL, "html: as such");
    one_fault("rippling:GET /departments:redirect=http://127.0.0.1:1/x");
    is_int(get("/departments/")->status, 302, "redirect");
    is_text(web_header("Location"), "http://127.0.0.1:1/x", "redirect: where");
    one_fault("rippling:GET /departments:503=7");
    is_int(get("/departments/")->status, 503, "503");
    is_text(web_header("Retry-After"), "7", "503: Retry-After");
    one_fault("rippling:GET /departments:401");
    is_int(get("/departments/")->status, 401, "401 once");
    is_int(get("/departments/")->status, 200, "and then no more");
    one_fault("rippling:GET /tracks:drip=1");
    ok(get("/tracks/")->complete, "drip: whole in the end");
}

static void which_calls(void)
{
    static const struct {
        const char *spec, *pattern; /* x: fault, .: none */
    } rows[] = {
        { "GET /tracks:1:500", "x....." },  { "GET /tracks:3:500", "..x..." },
        { "GET /tracks:2-4:500", ".xxx.." }, { "GET /tracks:4+:500", "...xxx" },
        { "GET /tracks:%2:500", ".x.x.x" }, { "GET /tracks:*:500", "xxxxxx" },
        { "* /tracks:1:500", "x....." },    { "POST /tracks:*:500", "......" },
        { "exact:GET /tracks:*:500", "......" },
        { "rippling:GET /tr*cks:*:500", "xxxxxx" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char got[7] = "";
        one_fault(rows[i].spec);
        for (int j = 0; j < 6; j++)
            got[j] = get("/tracks/")->status == 500 ? 'x' : '.';
        is_text(got, rows[i].pattern, "%s", rows[i].spec);
    }
}

static void wrong_specs(void)
{
    static const char *const specs[] = {
        "",
        "GET",
        "GET /x",
        "GET /x:1",
        "GET /x:1:sulk",
        "GET /x:1:late",
        "SHOUT /x:1:500",
        "GET :1:500",
        "GET /x:5-2:500",
    };
    one_fault(NULL);
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct error err = { 0 };
        ok(sandbox_add_fault(box, specs[i], &err) != 0 && err.hint[0],
           "no fault: '%s'", specs[i]);
    }
    struct error err = { 0 };
    ok(sandbox_set_switch(box, "rippling.money=gold", &err) != 0,
       "a value a switch does not take");
    ok(strstr(err.text, "number|text") != NULL, "says what it takes");
    ok(sandbox_set_switch(box, "rippling.colour=red", &err) != 0,
       "an unknown switch");
    ok(sandbox_set_switch(box, "money", &err) != 0, "no switch at all");
}

/* ---------------------------------------------------------------- the world */
static void world_is_kept(void)
{
    char id[60], target[120];
    clear();
    start(NULL);
    add_department("Kept");
    snprintf(id, sizeof id, "%s", web_json("id"));
    int all = departments();
    char old_bearer[200];
    snprintf(old_bearer, sizeof old_bearer, "%s", bearer);
    start(NULL);
    is_int(departments(), all, "the second start has what the first made");
    snprintf(target, sizeof target, "/departments/%s/", id);
    is_int(get(target)->status, 200, "under the same id");
    ok(strcmp(old_bearer, bearer) != 0, "a new start signs in anew");
    is_int(web_call(port, "GET", "/departments/", old_bearer, NULL)->status,
           200, "and the old key still works");
    add_department("Next");
    ok(strcmp(web_json("id"), id) != 0, "ids go on where they were");
}

static void half_a_line_is_no_harm(void)
{
    clear();
    start(NULL);
    add_department("Whole");
    stop();
    FILE *f = fopen(world, "a");
    fputs("{\"at\":1,\"v\":\"rippling\",\"t\":\"departments\",\"k\":\"x\",\"r",
          f);
    fclose(f);
    start(NULL);
    is_int(departments(), 13, "what a killed process left half is passed over");
    add_department("After");
    start(NULL);
    is_int(departments(), 14, "and what comes after it is not lost");
}

static void one_at_a_time(void)
{
    static const char *const names[] = { "rippling", NULL };
    struct sandbox_options o = { .connectors = names, .world_path = world };
    struct error err = { 0 };
    struct sandbox *second;
    clear();
    start(NULL);
    ok(sandbox_start(&o, &second, &err) != 0 && err.kind == ERROR_LOCKED,
       "a world has one sandbox at a time");
    o.world_path = NULL;
    err = (struct error){ 0 };
    is_int(sandbox_start(&o, &second, &err), 0, "without it there may be two");
    sandbox_stop(second);
}

static void a_journal_is_compacted(void)
{
    clear();
    start(NULL);
    for (int i = 0; i < 3; i++)
        add_department("Busy");
    char target[160];
    snprintf(target, sizeof target, "/_sandbox/touch?table=departments&key=%s",
             web_json("id"));
    for (int i = 0; i < 5200; i++)
        web_call(port, "POST", target, NULL, NULL);
    stop();
    int before = lines_of(world, "\"at\"");
    start(NULL);
    stop();
    int after = lines_of(world, "\"at\"");
    ok(after < before / 2, "%d lines became %d", before, after);
    start(NULL);
    is_int(departments(), 15, "and nothing was lost");
}

/* ---------------------------------------------------------- what it tells */
static void counts_log_and_ledger(void)
{
    clear();
    start(NULL);
    get("/workers/?limit=5");
    get("/workers/?limit=6");
    add_department("Told");
    web_call(port, "GET", "/_sandbox/counts", NULL, NULL);
    is_text(web_json("GET workers"), "2", "calls per endpoint");
    is_text(web_json("POST departments"), "1", "by method");
    is_text(web_json("all"), "3", "all of them");
    is_text(web_json("effects"), "1", "and effects");
    web_call(port, "GET", "/_sandbox/counts?reset=1", NULL, NULL);
    web_call(port, "GET", "/_sandbox/counts", NULL, NULL);
    is_text(web_json("all"), "0", "from the beginning");
    is_int(lines_of(log_file, "\"endpoint\":\"workers\""), 2, "the log");
    is_int(lines_of(log_file, "rpk_"), 0, "holds no key");
    is_int(lines_of(ledger, "\"natural\":\"Told\""), 1, "the ledger");
    is_int(lines_of(ledger, "\"hash\":\""), 1, "with the body's hash");
    web_call(port, "POST",
             "/_sandbox/change?table=departments&key=nobody", NULL, "{}");
    is_int(web_call(port, "GET", "/_sandbox/nonsense", NULL, NULL)->status, 404,
           "no such control call");
    web_call(port, "POST", "/_sandbox/reset", NULL, NULL);
    const struct sandbox_endpoint *e = sandbox_endpoint_of(box, "rippling");
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s\r\n",
             e->secrets[0].value);
    is_int(departments(), 12, "reset brings the seed back");
}

static void a_fast_clock(void)
{
    static const char *const names[] = { "rippling", NULL };
    struct sandbox_options o = { .connectors = names, .start_ms = NOON,
                                 .speed = 100000 };
    struct error err = { 0 };
    struct sandbox *fast;
    long long first, second;
    sandbox_start(&o, &fast, &err);
    int at = web_port_of(sandbox_endpoint_of(fast, "rippling")->url);
    web_call(at, "GET", "/_sandbox/clock", NULL, NULL);
    first = strtoll(web_json("now_ms"), NULL, 10);
    usleep(20000);
    web_call(at, "GET", "/_sandbox/clock?advance=3600", NULL, NULL);
    second = strtoll(web_json("now_ms"), NULL, 10);
    ok(second - first >= 2000 * 1000 + 3600 * 1000, "a clock that runs");
    sandbox_stop(fast);
}

static void two_connections(void)
{
    static const char *const only[] = { "exact", NULL };
    struct sandbox_options o = { .connectors = only };
    struct error err = { 0 };
    struct sandbox *s;
    sandbox_start(&o, &s, &err);
    const struct sandbox_fact *secrets = sandbox_sign_in(s, "exact")->secrets;
    char first[200] = "";
    for (int i = 0; secrets[i].name; i++)
        if (strcmp(secrets[i].name, "refresh_token") == 0)
            snprintf(first, sizeof first, "%s", secrets[i].value);
    secrets = sandbox_sign_in(s, "exact")->secrets;
    bool other = false;
    for (int i = 0; secrets[i].name; i++)
        if (strcmp(secrets[i].name, "refresh_token") == 0)
            other = strcmp(secrets[i].value, first) != 0;
    ok(*first && other, "each connection has a sign-in of its own");
    ok(sandbox_sign_in(s, "sap") == NULL, "an unknown one has none");
    sandbox_stop(s);
}

static void names(void)
{
    static const char *const wrong[] = { "rippling", "sap", NULL };
    struct sandbox_options o = { .connectors = wrong };
    struct error err = { 0 };
    struct sandbox *none;
    struct buf b;
    ok(sandbox_start(&o, &none, &err) != 0 && none == NULL,
       "a sandbox there is not");
    ok(strstr(err.text, "sap") != NULL, "named in the message");
    ok(sandbox_exists("exact") && !sandbox_exists("files"),
       "not every connector has one");
    buf_init(&b, 0);
    size_t count = 0;
    while (sandbox_describe(count, &b))
        count++;
    ok(count >= 2 && strstr(buf_cstr(&b), "rippling.money=number|text"),
       "switches can be listed");
    buf_fini(&b);
}

static void many_people(void)
{
    static const char *const only[] = { "rippling", NULL };
    struct sandbox_options o = { .connectors = only, .size = 1000 };
    struct error err = { 0 };
    struct sandbox *large;
    sandbox_start(&o, &large, &err);
    int at = web_port_of(sandbox_endpoint_of(large, "rippling")->url);
    web_call(at, "GET", "/_sandbox/tables", NULL, NULL);
    is_text(web_json("workers"), "1000", "so many employees as asked for");
    ok(strtol(web_json("departments"), NULL, 10) >= 60, "in 60 departments");
    sandbox_stop(large);
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    snprintf(world, sizeof world, "%s/world", folder);
    snprintf(ledger, sizeof ledger, "%s/ledger", folder);
    snprintf(log_file, sizeof log_file, "%s/log", folder);
    faults_before_and_after();
    faults_of_answers();
    which_calls();
    wrong_specs();
    world_is_kept();
    half_a_line_is_no_harm();
    one_at_a_time();
    a_journal_is_compacted();
    counts_log_and_ledger();
    a_fast_clock();
    two_connections();
    names();
    many_people();
    clear();
    rmdir(folder);
    return tap_done();
}
