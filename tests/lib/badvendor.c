/* The vendor of the tests of what answers mean. */
#include "config.h"

#include "tests/lib/badvendor.h"

#include "tests/lib/command.h"
#include "tests/lib/tap.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOLD_MAX 65536

struct bad_vendor vendor;
char *vendor_told;
const char vendor_exact_secrets[] =
    "client_id=a-client\nclient_secret=a-secret\nrefresh_token=a-refresh\n";

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct badserver *server;
static char folder[64], out_path[96];

/* --------------------------------------------------------------- the server */
bool vendor_is_write(const struct bad_request *r)
{
    return strcmp(r->method, "GET") != 0;
}

static int note(const struct bad_request *r)
{
    if (!vendor_is_write(r))
        return 0;
    pthread_mutex_lock(&mutex);
    int number = ++vendor.writes;
    pthread_mutex_unlock(&mutex);
    return number;
}

bool vendor_reply(struct bad_request *r, int status, const char *body)
{
    bad_reply(r, status, "", body);
    return true;
}

static bool sign_in(struct bad_request *r)
{
    char body[300];
    if (strstr(r->path, "/oauth2/token") || strstr(r->path, "/connect/token"))
        return vendor_reply(r, 200,
                            "{\"access_token\":\"access\",\"token_type\":"
                            "\"bearer\",\"expires_in\":\"600\","
                            "\"refresh_token\":\"refresh\"}");
    if (strstr(r->path, "/current/Me")) {
        snprintf(body, sizeof body,
                 "{\"d\":{\"results\":[{\"CurrentDivision\""
                 ":%d,\"FullName\":\"A Person\"}]}}",
                 vendor.division);
        return vendor_reply(r, 200, body);
    }
    if (strstr(r->path, "hrm/Divisions")) {
        snprintf(body, sizeof body,
                 "{\"d\":{\"results\":[{\"Code\":%d,"
                 "\"Description\":\"Company %d\",\"Currency\":\"EUR\"}]}}",
                 vendor.division, vendor.division);
        return vendor_reply(r, 200, body);
    }
    return false;
}

static bool serve(struct bad_request *r)
{
    if (sign_in(r))
        return true;
    int number = note(r);
    if (vendor.act && vendor.act(r, number))
        return true;
    return vendor_reply(r, 200, "{\"d\":{\"results\":[]}}");
}

/* ------------------------------------------------------------- the project */
void vendor_file(const char *name, const char *text)
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
    size_t len = f ? fread(vendor_told, 1, TOLD_MAX - 1, f) : 0;
    vendor_told[len] = 0;
    if (f)
        fclose(f);
}

int vendor_mlc(const char *words, const char *input)
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
            used = fread(text, 1, sizeof text - 1, f) > 0 && strstr(text, line);
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

void vendor_project(const char *connections, const char *flow, const char *rows)
{
    char text[4000], state[80];
    snprintf(state, sizeof state, "%s/.mlc", folder);
    tap_remove_folder(state);
    snprintf(text, sizeof text,
             "set language 1\nset timezone \"UTC\"\n"
             "connection Src is files\n%s\n"
             "object Src.row \"Rows\" { at \"rows.csv\"  key k  k text "
             "required  n text required }\n",
             connections);
    vendor_file("project.mlc", text);
    snprintf(text, sizeof text, "set language 1\n%s\n", flow);
    vendor_file("flow.mlc", text);
    vendor_file("rows.csv", rows);
    vendor.act = NULL;
    vendor.kept_count = vendor.writes = 0;
}

static const char centers[] =
    "flow centers \"Centers\"\nSrc.row as r -> Exact.costcenter {\n"
    "  read everything\n  write creates and updates\n  match on Code\n"
    "  owner \"controller@example.com\"\n  Code = left(r.k, 8)\n  Description "
    "= left(r.n, 60)\n}\n";

void vendor_exact(const char *rows)
{
    vendor_project("connection Exact is exact { settle = 0  timeout = 1 }",
                   centers, rows);
    vendor_mlc("auth set Exact", vendor_exact_secrets);
}

void vendor_says(const char *what, const char *name)
{
    ok(strstr(vendor_told, what) != NULL, "%s", name);
    if (!strstr(vendor_told, what))
        tap_diag("%s", vendor_told);
}

/* ------------------------------------------------------------ the answers */
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

int vendor_remember(struct bad_request *r)
{
    int n = vendor.kept_count++;
    snprintf(vendor.kept[n], sizeof vendor.kept[n], "%s", sent_code(r));
    return n;
}

bool vendor_keep(struct bad_request *r, const char *code)
{
    char body[300];
    int n = vendor_remember(r);
    snprintf(body, sizeof body, "{\"d\":{\"ID\":\"%s\",\"Code\":\"%s\"}}",
             id_of(n), code ? code : vendor.kept[n]);
    return vendor_reply(r, 201, body);
}

bool vendor_list(struct bad_request *r)
{
    char body[2000] = "{\"d\":{\"results\":[";
    for (int i = 0; i < vendor.kept_count; i++) {
        size_t at = strlen(body);
        snprintf(body + at, sizeof body - at,
                 "%s{\"ID\":\"%s\",\"Code\":"
                 "\"%s\",\"Description\":\"old\"}",
                 i ? "," : "", id_of(i), vendor.kept[i]);
    }
    snprintf(body + strlen(body), sizeof body - strlen(body), "]}}");
    return vendor_reply(r, 200, body);
}

bool vendor_accept(struct bad_request *r, int write)
{
    if (!write)
        return vendor_list(r);
    return strcmp(r->method, "PUT") == 0 ? vendor_reply(r, 204, "")
                                         : vendor_keep(r, NULL);
}

/* ------------------------------------------------------- start and end */
void vendor_start(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.30s/mlc-vendor-XXXXXX",
             tmp ? tmp : "/tmp");
    vendor_told = malloc(TOLD_MAX);
    if (!vendor_told || !mkdtemp(folder) || chdir(folder))
        exit(99);
    snprintf(out_path, sizeof out_path, "%s/out", folder);
    setenv("HOME", folder, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("MLC_KEY_FILE");
    unsetenv("MLC_STATE");
    vendor.division = 100;
    server = badserver_start(serve, NULL);
}

void vendor_stop(void)
{
    badserver_stop(server);
    if (chdir("/") == 0)
        tap_remove_folder(folder);
    free(vendor_told);
}
