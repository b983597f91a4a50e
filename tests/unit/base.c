/* The small parts of base: arena, map, errors, embedded texts, the log. */
#include "config.h"

#include "base/arena.h"
#include "base/embedded.h"
#include "base/error.h"
#include "base/log.h"
#include "base/map.h"
#include "tests/lib/tap.h"
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_arena(void)
{
    struct arena a;
    arena_init(&a);
    int misaligned = 0;
    char *first = arena_alloc(&a, 1);
    for (size_t size = 0; size < 3000; size++) {
        char *p = arena_alloc(&a, size);
        misaligned += (uintptr_t)p % 16 != 0;
        memset(p, 0xAB, size);
    }
    is_int(misaligned, 0, "everything is aligned");
    char *big = arena_zalloc(&a, (size_t)5 << 20);
    ok(big[0] == 0 && big[((size_t)5 << 20) - 1] == 0, "a large zeroed piece");
    arena_reset(&a);
    ok(a.used == 0, "a reset gives all back");
    ok(arena_alloc(&a, 1) == (void *)first, "and begins with the first block");
    is_text(arena_printf(&a, "%s-%d", "x", 7), "x-7", "prints");
    char *wide = arena_printf(&a, "%1000d", 5);
    ok(strlen(wide) == 1000 && wide[999] == '5', "prints what is long");
    is_text(arena_strndup(&a, "abcdef", 3), "abc", "copies a part");
    const struct arena_block *kept = a.first;
    for (int i = 0; i < 100; i++) {
        arena_reset(&a);
        arena_alloc(&a, (size_t)3 << 20);
    }
    ok(a.first == kept, "blocks are kept over resets");
    arena_fini(&a);
    ok(a.first == NULL, "and freed at the end");
}

static void test_map(void)
{
    struct map m;
    struct arena a;
    arena_init(&a);
    map_init(&m);
    ok(map_get(&m, TEXT("x")) == NULL, "an empty map has nothing");
    static int values[5000];
    int wrong = 0;
    for (int i = 0; i < 5000; i++) {
        const char *key = arena_printf(&a, "key %d", i);
        wrong += map_put(&m, text_of(key), &values[i]) != NULL;
    }
    for (int i = 0; i < 5000; i++) {
        const char *key = arena_printf(&a, "key %d", i);
        wrong += map_get(&m, text_of(key)) != &values[i];
        wrong += !text_is(m.entries[i].key, key);
    }
    is_int(wrong, 0, "finds 5000 keys, and they stand in order");
    ok(!map_has(&m, TEXT("key 5000")), "and no other");
    ok(map_put(&m, TEXT("key 7"), NULL) == &values[7], "replacing gives the old");
    ok(map_has(&m, TEXT("key 7")) && !map_get(&m, TEXT("key 7")),
       "a key may hold nothing");
    ok(map_put(&m, TEXT(""), &values[0]) == NULL && map_has(&m, TEXT_NONE),
       "the empty text is a key");
    map_reset(&m);
    ok(m.count == 0 && !map_has(&m, TEXT("key 7")), "a reset empties");
    map_fini(&m);
    arena_fini(&a);
}

static void test_error(void)
{
    struct error e = { 0 };
    is_int(error_set(&e, ERROR_LOCKED, "the state is in use by %d", 12), -1,
           "setting returns -1");
    is_text(e.text, "the state is in use by 12", "the sentence");
    is_int(error_add(&e, "opening %s", "x.db"), -1, "adding returns -1");
    is_text(e.text, "opening x.db: the state is in use by 12", "context before");
    error_set(&e, ERROR_STORE, "could not close");
    is_text(e.text,
            "could not close, after: opening x.db: the state is in use by 12",
            "an earlier one is kept");
    error_hint(&e, "Wait for run %d.", 7);
    is_text(e.hint, "Wait for run 7.", "a hint");
    is_int(error_exit_code(&e), 2, "store: 2");
    error_clear(&e);
    is_int(error_exit_code(&e), 0, "cleared: 0");
    errno = ENOSPC;
    error_errno(&e, ERROR_TRANSIENT, "could not write");
    is_text(e.text, "could not write: No space left on device", "errno's words");
    is_int(error_exit_code(&e), 75, "transient: 75");
    is_int(errno, ENOSPC, "errno stays");
    is_int(error_set(NULL, ERROR_USAGE, "nobody listens"), -1, "NULL is fine");
    error_clear(&e);
    char longer[3000];
    memset(longer, 'a', sizeof longer);
    for (size_t i = 1; i + 1 < sizeof longer; i += 2)
        memcpy(longer + i, "\xC3\xA9", 2);
    longer[sizeof longer - 1] = '\0';
    error_set(&e, ERROR_USAGE, "%s", longer);
    ok(utf8_valid(text_of(e.text), NULL), "a cut never splits a character");
    error_add(&e, "reading");
    ok(utf8_valid(text_of(e.text), NULL), "nor with context before it");
}

static void test_embedded(void)
{
    static const struct embedded_text table[] = {
        { "a/one", "1", 1 }, { "a/two", "22", 2 }, { NULL, NULL, 0 }
    };
    const struct embedded_text *row = embedded_find(table, "a/two");
    ok(row && row->len == 2, "finds a row");
    ok(embedded_find(table, "a/three") == NULL, "and no other");
}

static void stamp(char out[32])
{
    memcpy(out, "2025-03-04T05:06:07Z", 21);
}

/* What `body` writes to standard error, and how it ended. */
static const char *stderr_of(void (*body)(void), int *status)
{
    static char out[4096];
    int ends[2];
    if (pipe(ends) != 0)
        return "no pipe";
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        body();
        _exit(0);
    }
    close(ends[1]);
    size_t len = 0;
    ssize_t got;
    while ((got = read(ends[0], out + len, sizeof out - 1 - len)) > 0)
        len += (size_t)got;
    close(ends[0]);
    out[len] = '\0';
    waitpid(child, status, 0);
    return out;
}

static void quiet(void)
{
    log_setup(LOG_QUIET, LOG_TEXT);
    log_info("not seen");
    log_warning("seen\n%s", "\033[2J");
}

static void verbose(void)
{
    log_setup(LOG_VERBOSE, LOG_TEXT);
    log_info("one");
    log_detail("two");
    log_debug("not seen");
}

static void json(void)
{
    log_setup(LOG_DEBUG, LOG_JSON);
    log_set_stamp(stamp);
    log_error("said \"%s\"", "no");
    log_debug("d");
}

static void bug(void)
{
    log_bug("count is %d", -1);
}

static void test_log(void)
{
    int status;
    is_text(stderr_of(quiet, &status), "warning: seen\\x0A\\x1B[2J\n",
            "[181, 182] quiet: warnings only, one line, escaped");
    is_text(stderr_of(verbose, &status), "one\ntwo\n", "verbose");
    is_text(stderr_of(json, &status),
            "{\"time\":\"2025-03-04T05:06:07Z\",\"level\":\"error\","
            "\"message\":\"said \\\"no\\\"\"}\n"
            "{\"time\":\"2025-03-04T05:06:07Z\",\"level\":\"debug\","
            "\"message\":\"d\"}\n",
            "JSON");
    is_text(stderr_of(bug, &status), "mlc has a bug: count is -1\n", "a bug");
    ok(WIFSIGNALED(status), "aborts");
}

int main(void)
{
    test_arena();
    test_map();
    test_error();
    test_embedded();
    test_log();
    return tap_done();
}
