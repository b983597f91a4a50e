/* mlc.lock: a rename that is not told, a catalog that changed. */
#include "config.h"

#include "lang/lock.h"
#include "tests/lib/practice.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>

static const char flow_text[] =
    "flow %s\nShop.order -> Books.entry\n{\n  match on number\n"
    "  number = left(order.number, 10)\n  text = \"Order\"\n}\n";

static const struct diag *find_code(const struct program *p, const char *code)
{
    for (const struct diag *d = p->diags.first; d; d = d->next)
        if (strcmp(d->code, code) == 0)
            return d;
    return NULL;
}

static void write_flow(struct practice *t, const char *name)
{
    char text[512];
    snprintf(text, sizeof text, flow_text, name);
    practice_write(t, "flow.mlc", text_of(text));
}

static void renamed(void)
{
    struct practice t;
    struct program p;
    struct error err = { 0 };
    struct text fixed;
    practice_open(&t);
    write_flow(&t, "orders");
    practice_check(&t, &p);
    ok(p.diags.error_count == 0, "a first check has no error");
    ok(lock_write(&p, &err) == 0, "the lock is written");
    program_fini(&p);

    practice_check(&t, &p);
    ok(p.diags.error_count == 0, "the same flow again has no error");
    program_fini(&p);

    write_flow(&t, "sales");
    practice_check(&t, &p);
    ok(find_code(&p, "E0395") != NULL, "another name is a rename not told");
    ok(practice_mend(&t, &p, &fixed), "which has a fix");
    practice_write(&t, "flow.mlc", fixed);
    program_fini(&p);
    practice_check(&t, &p);
    ok(p.diags.error_count == 0, "`was` explains it");
    program_fini(&p);
    practice_close(&t);
}

static bool lock_says(struct practice *t, const char *words)
{
    char path[1024], text[4096];
    snprintf(path, sizeof path, "%s/mlc.lock", t->folder);
    FILE *f = fopen(path, "re");
    size_t len = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[len] = '\0';
    return strstr(text, words) != NULL;
}

/* What a run adds, and what it must leave. */
static void after_a_run(void)
{
    struct practice t;
    struct program p;
    struct error err = { 0 };
    practice_open(&t);
    write_flow(&t, "orders");
    practice_write(&t, "mlc.lock",
                   TEXT("version 1\ncatalog Shop 00\nflow other\n"));
    practice_check(&t, &p);
    ok(lock_add_flow(&p, p.flows, &err) == 0, "a run adds its flow");
    program_fini(&p);
    ok(lock_says(&t, "\nflow other\n"), "flows it did not run stay");
    ok(lock_says(&t, "\nflow orders Shop.order Books.entry\n"), "its own is there");
    ok(lock_says(&t, "\ncatalog Shop 00\n"),
       "a catalog that changed is still told by the next check");
    practice_write(&t, "mlc.lock", TEXT("version 1\nflow old\n"));
    write_flow(&t, "orders was old");
    practice_check(&t, &p);
    ok(lock_add_flow(&p, p.flows, &err) == 0 &&
           lock_says(&t, "\nflow orders Shop.order Books.entry\n") && !lock_says(&t, "flow old"),
       "a told rename takes the old line's place");
    program_fini(&p);
    practice_close(&t);
}

static void changed_catalog(void)
{
    struct practice t;
    struct program p;
    practice_open(&t);
    practice_write(&t, "flow.mlc",
                   TEXT("flow log_departments\nRippling.department -> log\n"
                        "{\n  seen = department.name\n}\n"));
    practice_write(&t, "mlc.lock",
                   TEXT("version 1\ncatalog rippling 00\n"
                        "flow log_departments\n"));
    practice_check(&t, &p);
    ok(find_code(&p, "W0417") != NULL, "a changed catalog is told");
    ok(p.diags.error_count == 0, "and is no error");
    program_fini(&p);
    practice_close(&t);
}

/* A flow that was taken out, and a new one that copies something else. */
static void removed(void)
{
    struct practice t;
    struct program p;
    practice_open(&t);
    write_flow(&t, "orders");
    practice_write(&t, "mlc.lock",
                   TEXT("version 1\nflow people Shop.customer Books.entry\n"));
    practice_check(&t, &p);
    ok(p.diags.error_count == 0, "a flow of something else is no rename");
    program_fini(&p);
    practice_write(&t, "mlc.lock",
                   TEXT("version 1\nflow sales Shop.order Books.entry\n"));
    practice_check(&t, &p);
    ok(find_code(&p, "E0395") != NULL, "one that copies the same may be");
    program_fini(&p);
    practice_close(&t);
}

static void strange(void)
{
    struct practice t;
    struct program p;
    practice_open(&t);
    write_flow(&t, "orders");
    practice_write(&t, "mlc.lock", TEXT("\0\xff\nflow\nflow \ncatalog x\n\n"));
    practice_check(&t, &p);
    ok(p.diags.error_count == 0, "a lock of nonsense changes nothing");
    program_fini(&p);
    practice_close(&t);
}

int main(void)
{
    renamed();
    after_a_run();
    removed();
    changed_catalog();
    strange();
    return tap_done();
}
