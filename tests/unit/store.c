/* The state file: opened safely or not at all, written whole or not at all,
 * locked by the kernel, fenced by numbers, chained by hashes [6, 22-28, 41-55].
 * What a fault does to it is shown on files made wrong by hand, on a full
 * file system when the test may mount one, and on racing processes. */
#include "config.h"

#include "runtime/crypto.h"
#include "runtime/store.h"
#include "tests/lib/command.h"
#include "tests/lib/killat.h"
#include "tests/lib/tap.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[128];
static struct arena arena;

static const char *in_folder(const char *name)
{
    return arena_printf(&arena, "%s/%s", folder, name);
}

static struct store *open_at(const char *path, enum store_mode mode,
                             struct error *err)
{
    struct store *s = NULL;
    error_clear(err);
    store_open(path, mode, &s, err);
    return s;
}

static void refuses(const char *path, const char *words, const char *name)
{
    struct error err = { 0 };
    struct store *s = open_at(path, STORE_WRITE, &err);
    ok(!s && strstr(err.text, words), "%s: %s", name, err.text);
    store_close(s);
}

static void write_at(const char *path, long offset, const char *bytes,
                     size_t len)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || pwrite(fd, bytes, len, offset) != (ssize_t)len)
        tap_diag("cannot change %s", path);
    close(fd);
}

static const char *fresh(const char *name)
{
    struct error err = { 0 };
    const char *path = in_folder(name);
    struct store *s = open_at(path, STORE_WRITE, &err);
    if (!s)
        tap_diag("%s", err.text);
    store_close(s);
    return path;
}

/* ------------------------------------------------------------ opening [47-55] */
static mode_t mode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_mode & 0777 : 0;
}

static void test_opening(void)
{
    struct error err = { 0 };
    umask(0);
    const char *path = in_folder(".mlc/state.db");
    struct store *s = open_at(path, STORE_WRITE, &err);
    ok(s != NULL, "a new state %s", err.text);
    is_int(mode_of(path), 0600, "is for its owner alone, whatever the umask");
    is_int(mode_of(in_folder(".mlc")), 0700, "and so is its folder");
    store_close(s);
    umask(022);
    chmod(path, 0644);
    refuses(path, "read by others", "rights too wide [49]");
    chmod(path, 0600);
    chmod(in_folder(".mlc"), 0755);
    refuses(path, "entered by others", "a folder too open [49]");
    chmod(in_folder(".mlc"), 0700);
    const char *link = in_folder("link.db");
    if (symlink(path, link) != 0)
        tap_diag("no link");
    refuses(link, "link", "a link [49]");
    s = open_at(in_folder("none.db"), STORE_USE, &err);
    ok(!s && strstr(err.text, "no state file"), "one that is not there");
    ok(store_open(in_folder("none.db"), STORE_READ, &s, &err) == 1,
       "looking at one that is not there is no error");
}

static void test_damage(void)
{
    static const char junk[4096] = "not a state file at all, but long enough";
    const char *path = fresh("garbage.db");
    write_at(path, 0, junk, sizeof junk);
    refuses(path, "no state file", "a header of garbage [47]");
    path = fresh("page.db");
    write_at(path, 8192, junk, sizeof junk);
    refuses(path, "damaged", "a page of garbage [47]");
    path = fresh("short.db");
    if (truncate(path, 20000) != 0)
        tap_diag("cannot cut");
    refuses(path, "damaged", "a file cut off [47]");
    path = in_folder("other.db");
    if (command_run("sqlite3", path, "CREATE TABLE x (y)") != 0) {
        tap_skip("sqlite3 is not there");
        return;
    }
    chmod(path, 0600);
    refuses(path, "no state file of mlc", "another program's file [55]");
    path = fresh("newer.db");
    ok(command_run("sqlite3", path, "PRAGMA user_version=99") == 0,
       "a version of the future");
    refuses(path, "newer", "is refused [24, 199]");
    path = fresh("table.db");
    ok(command_run("sqlite3", path, "ALTER TABLE runs ADD COLUMN z TEXT")
           == 0, "a table changed by hand");
    refuses(path, "changed by another", "is refused [55]");
}

static void test_replaced(void)
{
    struct error err = { 0 };
    const char *path = fresh("replaced.db");
    const char *other = fresh("replacing.db");
    struct store *s = open_at(path, STORE_WRITE, &err);
    if (rename(other, path) != 0)
        tap_diag("cannot rename");
    int got = store_begin(s, &err);
    ok(got != 0 && strstr(err.text, "replaced"), "a file put in its place "
       "under it [50]: %s", err.text);
    ok(store_is_broken(s), "is not written any more");
    store_close(s);
}

/* ----------------------------------------------------- transactions [6, 45] */
static int audit_one(struct store *s, const char *key, struct error *err)
{
    struct audit_row row = { .at_ms = 1, .flow = TEXT("f"),
                             .action = TEXT("create"),
                             .source_key = text_of(key) };
    return store_audit_add(s, &row, err);
}

static void test_accepting(struct store *s)
{
    struct error err = { 0 };
    int64_t count = 0;
    int64_t broken = 0;
    char head[65];
    struct audit_row why = { .at_ms = 2, .result = TEXT("a mishap") };
    is_int(store_audit_accept(s, &why, &broken, &err), 0,
           "a person goes on with it");
    is_int(store_audit_verify(s, &count, head, &broken, &err), 0,
           "then it counts as whole");
    audit_one(s, "k", &err);
    is_int(store_audit_verify(s, &count, head, &broken, &err), 0,
           "with what comes after it");
    is_int(store_audit_accept(s, &why, &broken, &err), 1,
           "and there is nothing left to accept");
}

static void test_audit(void)
{
    struct error err = { 0 };
    const char *path = fresh("audit.db");
    struct store *s = open_at(path, STORE_WRITE, &err);
    int64_t count = 0;
    int64_t broken = 0;
    char head[65];
    for (int i = 0; i < 20; i++)
        audit_one(s, "k", &err);
    is_int(store_audit_verify(s, &count, head, &broken, &err), 0,
           "a trail of %lld rows is whole", (long long)count);
    store_begin(s, &err);
    audit_one(s, "undone", &err);
    store_rollback(s);
    store_audit_verify(s, &count, head, &broken, &err);
    is_int(count, 20, "what is undone leaves no row [52]");
    static const struct {
        const char *change;
        int64_t row;
    } tricks[] = {
        { "UPDATE audit SET source_key = 'x' WHERE number = 7", 7 },
        { "DELETE FROM audit WHERE number = 7", 7 },
        { "DELETE FROM audit WHERE number = 20", 20 },
    };
    store_close(s);
    for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
        const char *trial = arena_printf(&arena, "%s.t", path);
        command_run("cp", path, trial);
        if (command_run("sqlite3", trial, tricks[i].change) != 0) {
            tap_skip("sqlite3 is not there");
            return;
        }
        s = open_at(trial, STORE_WRITE, &err);
        int found = store_audit_verify(s, &count, head, &broken, &err);
        ok(found == 1 && broken == tricks[i].row, "%s shows at row %lld [51]",
           tricks[i].change, (long long)broken);
        test_accepting(s);
        store_close(s);
        command_run("sqlite3", trial,
                    "UPDATE audit SET result = 'y' WHERE number = 3");
        s = open_at(trial, STORE_WRITE, &err);
        found = store_audit_verify(s, &count, head, &broken, &err);
        ok(found == 1 && broken == 3, "what is changed after that shows, at row %lld",
           (long long)broken);
        store_close(s);
    }
}

/* What a run looks at: all of it once a day, else what came since. */
static void test_looking(void)
{
    static const int64_t day = INT64_C(86400000);
    struct error err = { 0 };
    const char *path = fresh("look.db");
    struct store *s = open_at(path, STORE_WRITE, &err);
    int64_t broken = 0;
    is_int(store_audit_look(s, 1000, &broken, &err), 0, "an empty trail");
    for (int i = 0; i < 9; i++)
        audit_one(s, "k", &err);
    is_int(store_audit_look(s, 2000, &broken, &err), 0, "a whole one");
    for (int i = 0; i < 3; i++)
        audit_one(s, "k", &err);
    is_int(store_audit_look(s, 3000, &broken, &err), 0, "and what came since");
    audit_one(s, "k", &err);
    store_close(s);
    if (command_run("sqlite3", path, "UPDATE audit SET flow = 'g' WHERE "
                    "number = 13") != 0) {
        tap_skip("sqlite3 is not there");
        return;
    }
    s = open_at(path, STORE_WRITE, &err);
    int found = store_audit_look(s, 4000, &broken, &err);
    ok(found == 1 && broken == 13,
       "a new row that was changed is seen at once, at row %lld [51]",
       (long long)broken);
    store_close(s);
    command_run("sqlite3", path, "UPDATE audit SET flow = 'f' WHERE number = "
                "13; UPDATE audit SET flow = 'g' WHERE number = 2");
    s = open_at(path, STORE_WRITE, &err);
    is_int(store_audit_look(s, 5000, &broken, &err), 0,
           "an old one is not looked at with every run");
    found = store_audit_look(s, 2000 + day, &broken, &err);
    ok(found == 1 && broken == 2,
       "but within a day, at row %lld [51]", (long long)broken);
    store_close(s);
    command_run("sqlite3", path, "DELETE FROM audit WHERE number > 11");
    s = open_at(path, STORE_WRITE, &err);
    is_int(store_audit_look(s, 6000, &broken, &err), 1,
           "the newest rows taken out are seen at once [51]");
    store_close(s);
}

/* ------------------------------------------------------------ fences [28] */
static void test_lease(void)
{
    struct error err = { 0 };
    const char *path = fresh("lease.db");
    struct store *a = open_at(path, STORE_WRITE, &err);
    struct store *b = open_at(path, STORE_WRITE, &err);
    struct lease one;
    struct lease two;
    is_int(store_lease_take(a, "token:Exact", 1000, 500, &one, &err), 0,
           "a lease is taken");
    is_int(store_lease_take(b, "token:Exact", 1200, 500, &two, &err), 1,
           "and held against others");
    is_int(store_lease_take(b, "token:Exact", 1600, 500, &two, &err), 0,
           "until it has run out");
    ok(two.fence > one.fence, "the fence grew");
    is_int(store_lease_check(a, &one, &err), -1, "the late holder is told off");
    is_int(err.kind, ERROR_LOCKED, "as locked");
    is_int(store_lease_renew(a, &one, 1700, 500, &err), 1,
           "and cannot come back");
    store_lease_release(a, &one);
    is_int(store_lease_check(b, &two, &err), 0, "nor take the lease away");
    store_close(a);
    store_close(b);
}

/* A lease with the kernel's lock beside it. */
static void test_place(void)
{
    struct error err = { 0 };
    const char *path = fresh("place.db");
    const char *name = "token:Exact";
    struct store *a = open_at(path, STORE_WRITE, &err);
    struct store *b = open_at(path, STORE_WRITE, &err);
    struct lease one, two;
    is_int(store_place_take(a, name, 1000, 500, &one, &err), 0, "a place");
    is_int(store_place_take(b, name, 1200, 500, &two, &err), 1,
           "is held against others");
    store_close(a);
    is_int(store_place_take(b, name, 1200, 500, &two, &err), 0,
           "… until its holder is no more");
    store_place_leave(b, &two);
    a = open_at(path, STORE_WRITE, &err);
    is_int(store_lock(a, name, &err), 0, "one has the lock and no lease yet,");
    is_int(store_place_take(b, name, 1300, 500, &two, &err), 0,
           "another comes between");
    store_unlock(a, name);
    is_int(store_place_take(a, name, 1400, 500, &one, &err), 1,
           "… and is left alone [136]");
    is_int(store_lease_check(b, &two, &err), 0, "… with its fence");
    is_int(store_place_take(a, name, 1900, 500, &one, &err), 0,
           "… until it has run out");
    store_place_leave(b, &two);
    is_int(store_place_take(b, name, 2000, 500, &two, &err), 1,
           "who comes late takes nothing away");
    store_place_leave(a, &one);
    is_int(store_place_take(b, name, 2000, 500, &two, &err), 0,
           "left, it is free");
    store_close(a);
    store_close(b);
}

/* Fifty at once: one has it, the others are told, nobody waits [25, 26]. */
static void test_race(void)
{
    const char *path = fresh("race.db");
    int from_children[2];
    int start[2];
    int won = 0;
    int told = 0;
    char byte;
    if (pipe(from_children) != 0 || pipe(start) != 0)
        return;
    for (int i = 0; i < 50; i++)
        if (fork() == 0) {
            struct error err = { 0 };
            close(start[1]);
            if (read(start[0], &byte, 1) < 0)
                _exit(1);
            struct store *s = open_at(path, STORE_WRITE, &err);
            int got = s ? store_lock(s, "flow:f", &err) : -1;
            byte = got == 0 ? 'w' : got == 1 ? 't' : 'e';
            if (write(from_children[1], &byte, 1) != 1)
                _exit(1);
            if (got == 0)
                pause(); /* holds it until it is killed */
            _exit(0);
        }
    close(start[0]);
    close(start[1]);
    for (int i = 0; i < 50; i++)
        if (read(from_children[0], &byte, 1) == 1) {
            won += byte == 'w';
            told += byte == 't';
        }
    is_int(won, 1, "of fifty one has the lock");
    is_int(told, 49, "and the others are told");
    struct error err = { 0 };
    struct store *s = open_at(path, STORE_WRITE, &err);
    ok(store_is_locked(s, "flow:f"), "it is seen from outside");
    char holder[128];
    store_lock_holder(s, "flow:f", holder);
    ok(strstr(holder, "process "), "and who has it: %s", holder);
    long pid = strtol(holder + 8, NULL, 10);
    if (pid > 1)
        kill((pid_t)pid, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    is_int(store_lock(s, "flow:f", &err), 0, "killed, it is free at once [27]");
    store_close(s);
    close(from_children[0]);
    close(from_children[1]);
}

/* ---------------------------------------------- copies and older states [22, 23] */
static void run_some(const char *path, int count)
{
    struct error err = { 0 };
    struct store *s = open_at(path, STORE_WRITE, &err);
    int64_t id;
    for (int i = 0; i < count; i++)
        store_run_start(s, TEXT("f"), TEXT("h"), "run", 1, &id, &err);
    store_close(s);
}

static void test_copies(void)
{
    struct error err = { 0 };
    const char *path = fresh("copied.db");
    const char *saved = in_folder("saved.db");
    bool cloned = false;
    bool old = false;
    run_some(path, 3);
    struct store *s = open_at(path, STORE_WRITE, &err);
    is_int(store_backup(s, saved, &err), 0, "a backup during use %s",
           err.text);
    ok(store_backup(s, saved, &err) != 0, "never over an old file [188]");
    store_rollback_check(s, &cloned, &old, &err);
    ok(!cloned && !old, "a state in use is itself");
    store_close(s);
    run_some(path, 2);
    s = open_at(saved, STORE_WRITE, &err);
    store_rollback_check(s, &cloned, &old, &err);
    ok(cloned, "a copy at another place is noticed [23]");
    ok(old, "and that it is older than the world [22]");
    is_int(store_rollback_accept(s, &err), 0, "a person adopts it");
    int64_t id = 0;
    store_run_start(s, TEXT("f"), TEXT("h"), "run", 1, &id, &err);
    ok(id > 5, "its runs go on where the world already is: %lld",
       (long long)id);
    store_rollback_check(s, &cloned, &old, &err);
    ok(!cloned && !old, "and it is the one that counts");
    store_close(s);
}

/* --------------------------------------------------------- a full disk [41, 42] */
static void fill(const char *path)
{
    char block[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    memset(block, 'x', sizeof block);
    while (fd >= 0 && write(fd, block, sizeof block) == sizeof block)
        ;
    close(fd);
}

static void test_full(void)
{
    struct error err = { 0 };
    const char *small = in_folder("small");
    mkdir(small, 0700);
    if (geteuid() != 0
        || mount("none", small, "tmpfs", 0, "size=3m,mode=700") != 0) {
        tap_skip("cannot mount a small file system");
        return;
    }
    const char *path = in_folder("small/state.db");
    struct store *s = open_at(path, STORE_WRITE, &err);
    is_int(store_reserve_keep(s, &err), 0, "room is kept aside %s", err.text);
    fill(in_folder("small/fill"));
    struct buf big;
    buf_init(&big, 0);
    for (int i = 0; i < 300000; i++)
        buf_byte(&big, 'a');
    struct intent_row intent = { .flow = TEXT("f"), .body = buf_view(&big) };
    int got = store_begin(s, &err) || store_intent_add(s, &intent, &err)
              || store_commit(s, &err);
    ok(got && strstr(err.text, "disk is full"), "no room for an intent is "
       "told [41]: %s", err.text);
    store_rollback(s);
    ok(store_is_full(s) && !store_is_broken(s), "and the state goes on");
    is_int(store_reserve_spend(s), 0, "the room kept aside is given free");
    error_clear(&err);
    got = store_begin(s, &err) || store_intent_add(s, &intent, &err)
          || store_commit(s, &err);
    ok(!got, "and the answer is booked [42] %s", err.text);
    is_int(store_verify(s, &err), 0, "the file is whole");
    store_close(s);
    buf_fini(&big);
    umount(small);
}

/* ----------------------------------------------------------- budgets and vault */
static void test_budget(void)
{
    struct error err = { 0 };
    struct store *s = open_at(fresh("budget.db"), STORE_WRITE, &err);
    int64_t until = 0;
    int taken = 0;
    for (int i = 0; i < 10; i++)
        taken += store_budget_take(s, TEXT("Exact"), TEXT(""), "minute", 1, 6,
                                   60000, 1000 + i, &until, &err) == 0;
    is_int(taken, 6, "six of ten calls fit");
    is_int(until, 60000, "and when there is room again is told");
    is_int(store_budget_take(s, TEXT("Exact"), TEXT(""), "minute", 1, 6, 60000,
                             60001, &until, &err), 0, "a new window");
    store_budget_block(s, TEXT("Exact"), TEXT("a"), "errors", 99000, &err);
    is_int(store_budget_take(s, TEXT("Exact"), TEXT("a"), "errors", 1, 8,
                             3600000, 98000, &until, &err), 1, "blocked");
    struct vault_blob blob;
    is_int(store_vault_put(s, TEXT("Exact"), TEXT("t"), TEXT("a\0b"), 0, 1,
                           &err), 0, "a secret");
    is_int(store_vault_put(s, TEXT("Exact"), TEXT("t"), TEXT("c"), 0, 1, &err),
           1, "is not overwritten by who has not seen it");
    is_int(store_vault_get(s, TEXT("Exact"), TEXT("t"), &arena, &blob, &err),
           0, "and comes back");
    is_bytes(blob.bytes.ptr, blob.bytes.len, "a\0b", 3, "byte for byte");
    store_close(s);
}

/* --------------------------------------------------------- links and holds */
static void test_links(void)
{
    struct error err = { 0 };
    struct store *s = open_at(fresh("links.db"), STORE_WRITE, &err);
    struct link_row row = { .source = TEXT("A.x"), .source_key = TEXT("1"),
                            .target = TEXT("B.y"), .target_id = TEXT("t1"),
                            .hash = TEXT("h"), .owned_ms = 5 };
    struct link_row got;
    struct text other;
    store_link_put(s, TEXT("f"), &row, &err);
    is_int(store_link_find(s, TEXT("f"), TEXT("A.x"), TEXT("1"), TEXT("B.y"),
                           &arena, &got, &err), 0, "a link is found");
    is_int(store_link_of_target(s, TEXT("B.y"), TEXT("t1"), TEXT(""), &arena,
                                &got, &err), 0, "from the other side too");
    store_link_other(s, TEXT("B.y"), TEXT("1"), &arena, &other, &err);
    ok(text_is(other, "t1"), "what 1 is linked to");
    store_link_other(s, TEXT("A.x"), TEXT("t1"), &arena, &other, &err);
    ok(text_is(other, "1"), "and what t1 is linked to");
    row.target_id = TEXT("t2"); /* deleted and made anew [113] */
    store_link_put(s, TEXT("f"), &row, &err);
    store_link_find(s, TEXT("f"), TEXT("A.x"), TEXT("1"), TEXT("B.y"), &arena,
                    &got, &err);
    ok(text_is(got.target_id, "t2"), "a new target takes the link over");
    is_int(store_link_of_target(s, TEXT("B.y"), TEXT("t1"), TEXT(""), &arena,
                                &got, &err), 1, "the old one is a tombstone");
    struct hold_row hold = { .flow = TEXT("f"), .source_key = TEXT("1"),
                             .first_seen_ms = 10, .last_seen_ms = 10 };
    struct hold_await await = { TEXT("B.z"), TEXT("Code"), TEXT("4711") };
    bool is_new = false;
    int64_t woken = 0;
    struct hold_row back;
    store_hold_put(s, &hold, &await, 1, &is_new, &err);
    ok(is_new, "a hold");
    hold.first_seen_ms = hold.last_seen_ms = 20;
    store_hold_put(s, &hold, &await, 1, &is_new, &err);
    store_hold_get(s, TEXT("f"), TEXT("1"), &arena, &back, &err);
    ok(!is_new && back.first_seen_ms == 10 && back.tries == 2, "again: since "
       "when is kept, tries are counted");
    struct store *again = open_at(store_path(s), STORE_READ, &err);
    ok(again != NULL, "a state with holds opens again %s", err.text);
    store_close(again);
    store_await_wake(s, TEXT("f"), &await, &woken, &err);
    store_hold_get(s, TEXT("f"), TEXT("1"), &arena, &back, &err);
    ok(woken == 1 && back.retry && !back.asked, "what it waits for wakes it");
    is_int(store_hold_close(s, TEXT("f"), TEXT("1"), "released", TEXT(""), 30,
                            &err), 0, "and it goes");
    store_close(s);
}

static void add_write(struct store *s, const char *key, int64_t at,
                      enum intent_state state)
{
    struct error err = { 0 };
    struct intent_row row = { .flow = TEXT("f"), .source = TEXT("A.x"),
                              .source_key = text_of(key),
                              .body = TEXT("{}"), .record = TEXT("{\"n\":1}"),
                              .prepared_ms = at, .state = state };
    store_intent_add(s, &row, &err);
    if (state != INTENT_PREPARED)
        store_intent_state(s, row.id, state, TEXT("t"), TEXT(""), at, &err);
}

static int64_t open_writes(struct store *s)
{
    struct error err = { 0 };
    int64_t count = -1;
    store_intent_count(s, TEXT("f"), &count, &err);
    return count;
}

/* Old and settled goes in pieces; what anything still needs stays [54]. */
static void test_prune(void)
{
    struct error err = { 0 };
    struct store *s = open_at(fresh("prune.db"), STORE_WRITE, &err);
    struct store_prune p = { .before_ms = 1000 };
    struct text record;
    int64_t links = 0;
    struct link_row link = { .source = TEXT("A.x"), .source_key = TEXT("1"),
                             .target = TEXT("B.y"), .target_id = TEXT("t1"),
                             .hash = TEXT("h"), .owned_ms = 5 };
    store_link_put(s, TEXT("f"), &link, &err);
    store_begin(s, &err);
    for (int i = 0; i < 4500; i++)
        add_write(s, "1", 10, INTENT_DONE);
    add_write(s, "2", 10, INTENT_PREPARED);
    add_write(s, "3", 10, INTENT_PARKED);
    add_write(s, "4", 10, INTENT_REFUSED);
    add_write(s, "5", 2000, INTENT_REFUSED);
    store_commit(s, &err);
    int steps = 1;
    while (steps < 100 && store_prune_some(s, &p, &err) == 0)
        steps++;
    ok(steps > 3 && steps < 100, "it goes in %d pieces", steps);
    is_int(p.gone[PRUNE_INTENTS], 4500, "old settled writes go");
    is_int(open_writes(s), 2, "what is open or uncertain stays");
    is_int(store_intent_record(s, TEXT("f"), TEXT("1"), &arena, &record, &err),
           0, "the last write of a key stays");
    ok(text_is(record, "{\"n\":1}"), "with its record");
    store_link_count(s, TEXT("A.x"), TEXT("B.y"), &links, &err);
    is_int(links, 1, "links stay");
    struct store_prune again = { .before_ms = 1000 };
    while (store_prune_some(s, &again, &err) == 0)
        ;
    is_int(again.gone[PRUNE_INTENTS], 0, "a second time finds nothing");
    store_close(s);
}

/* Killed at system calls (all of them with MLC_SWEEP) while tables are made: the next one makes
 * them, or finds them made; never a half [24]. */
static void test_making(const char *self)
{
    char program[512];
    char open_it[] = "--open";
    char path[256];
    int status = 0;
    long wrong = 0;
    snprintf(program, sizeof program, "%s", self);
    snprintf(path, sizeof path, "%s/made/state.db", folder);
    char *argv[] = { program, open_it, path, NULL };
    mkdir(in_folder("made"), 0700);
    long boundaries = killat_run(argv, 0, &status);
    ok(boundaries > 100 && WIFEXITED(status) && WEXITSTATUS(status) == 0,
       "a state is made in %ld boundaries", boundaries);
    long step = getenv("MLC_SWEEP") ? 1 : boundaries / 100 + 1;
    for (long at = boundaries / 4; at < boundaries; at += step) {
        struct error err = { 0 };
        tap_remove_folder(in_folder("made"));
        mkdir(in_folder("made"), 0700);
        killat_run(argv, at, &status);
        struct store *s = open_at(path, STORE_WRITE, &err);
        if (!s || store_verify(s, &err)) {
            tap_diag("killed at %ld: %s", at, err.text);
            wrong++;
        }
        store_close(s);
    }
    is_int(wrong, 0, "killed at any of them, the next one has it whole [24]");
}

/* A child that closes every file it has got takes no lock with it [40]. */
static void test_child(const char *self)
{
    struct error err = { 0 };
    const char *path = fresh("child.db");
    struct store *s = open_at(path, STORE_WRITE, &err);
    store_begin(s, &err);
    audit_one(s, "k", &err);
    pid_t pid = fork();
    if (pid == 0) {
        for (int fd = 3; fd < 64; fd++)
            close(fd);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    is_int(command_run(self, "--write", path), 1, "[40] another writer waits "
           "in vain though a child has closed the file");
    is_int(store_commit(s, &err), 0, "and what was begun is booked");
    is_int(command_run(self, "--write", path), 0, "then it is its turn");
    store_close(s);
}

/* 0 written, 1 somebody else is writing. */
static int only_write(const char *path)
{
    struct error err = { 0 };
    struct store *s = NULL;
    store_testing.busy_ms = 100;
    int result = store_open(path, STORE_WRITE, &s, &err);
    if (result == 0)
        result = store_setting_put(s, "one", TEXT("1"), &err);
    store_close(s);
    return result != 0;
}

static int only_open(const char *path)
{
    struct error err = { 0 };
    struct store *s = NULL;
    int result = store_open(path, STORE_WRITE, &s, &err);
    store_close(s);
    return result;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--open") == 0)
        return only_open(argv[2]);
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return only_write(argv[2]);
    arena_init(&arena);
    snprintf(folder, sizeof folder, "/tmp/mlc-store.XXXXXX");
    if (!mkdtemp(folder))
        return 99;
    setenv("XDG_STATE_HOME", folder, 1);
    test_opening();
    test_damage();
    test_replaced();
    test_audit();
    test_looking();
    test_lease();
    test_place();
    test_race();
    test_copies();
    test_full();
    test_budget();
    test_links();
    test_prune();
    test_child(argv[0]);
    test_making(argv[0]);
    if (!tap_remove_folder(folder))
        tap_diag("cannot remove %s", folder);
    arena_fini(&arena);
    return tap_done();
}
