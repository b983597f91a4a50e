/* A project in one piece: loaded again from it, it is the same, whatever became
 * of the disk; and whether the disk has changed since. */
#include "config.h"

#include "base/embedded.h"
#include "lang/program.h"
#include "tests/lib/tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (f) {
        fputs(text, f);
        fclose(f);
    }
}

static void remove_file(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    remove(path);
}

static const char flow[] =
    "set language 1\n"
    "use \"shared.mlc\"\n"
    "table Words (code text => word text) from \"words.csv\"\n"
    "flow units \"Items become cost units\"\n"
    "Exact.item -> Exact.costunit\n"
    "{\n"
    "  every 1 day\n"
    "  read changes\n"
    "  write creates and updates\n"
    "  match on Code\n"
    "  let word = Words[item.Code].word else \"other\"\n"
    "  Code = left(item.Code, 8)\n"
    "  Description = left(\"{prefix} {word}\", 60)\n"
    "}\n";

static void lay_out(void)
{
    write_file("project.mlc", "set language 1\nset timezone \"UTC\"\n"
                              "connection Exact is exact\n");
    write_file("shared.mlc", "set language 1\nlet prefix = \"a\"\n");
    write_file("words.csv", "code,word\nA,first\n");
    write_file("units.mlc", flow);
}

static void load(struct program *p, struct load_options *o)
{
    o->catalogs = connector_catalogs;
    program_init(p);
    if (program_load(p, o) == 0)
        program_check(p);
}

/* Changes the folder, asks, lays it out again. */
static void changes(struct program *p, const char *name, const char *text,
                    const char *what)
{
    ok(!program_changed(p), "nothing changed before: %s", what);
    if (text)
        write_file(name, text);
    else
        remove_file(name);
    ok(program_changed(p), "%s is seen", what);
    remove_file("new.mlc");
    lay_out();
    program_fini(p);
    static struct load_options o; /* as long as the program */
    load(p, &o);
}

int main(void)
{
    struct program p, again;
    struct load_options o = { 0 }, kept = { 0 };
    struct buf b;
    snprintf(folder, sizeof folder, "/tmp/mlc-kept.XXXXXX");
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return 99;
    lay_out();
    load(&p, &o);
    is_int((long long)p.diags.error_count, 0, "the project is sound");
    buf_init(&b, 0);
    program_pack(&p, &b);
    struct text pack = buf_view(&b);
    write_file("units.mlc", "rubbish {");
    remove_file("words.csv");
    remove_file("shared.mlc");
    remove_file("project.mlc");
    kept.pack = &pack;
    load(&again, &kept);
    is_int((long long)again.diags.error_count, 0, "from the piece it is sound too");
    ok(again.flows && p.flows && strcmp(again.flows->hash, p.flows->hash) == 0,
       "and means the same");
    ok(again.timezone.len == 3 && again.has_project
           && strcmp(again.root, p.root) == 0,
       "with its folder and settings");
    program_fini(&again);
    bool sound = false;
    for (size_t cut = 0; cut < pack.len; cut++) {
        struct text part = { pack.ptr, cut };
        struct load_options broken = { .pack = &part };
        load(&again, &broken);
        sound |= again.diags.error_count == 0 && again.flows
                 && strcmp(again.flows->hash, p.flows->hash) == 0
                 && again.module_count == p.module_count
                 && cut < pack.len / 2;
        program_fini(&again);
        cut += 40;
    }
    ok(!sound, "a piece that was cut off is not taken for a whole one");
    buf_fini(&b);
    lay_out();
    program_fini(&p);
    load(&p, &o);
    changes(&p, "units.mlc", "set language 1\n", "a changed flow");
    changes(&p, "words.csv", "code,word\nB,second\n", "a changed table");
    changes(&p, "shared.mlc", "set language 1\nlet prefix = \"bb\"\n",
            "a changed file that is used");
    changes(&p, "new.mlc", "set language 1\n", "a new file");
    changes(&p, "shared.mlc", NULL, "a file that is gone");
    remove_file("words.csv");
    program_fini(&p);
    struct load_options last = { 0 };
    load(&p, &last);
    ok(p.diags.error_count > 0 && !program_changed(&p),
       "a table that is not there is a mistake");
    write_file("words.csv", "code,word\nA,first\n");
    ok(program_changed(&p), "and when it comes that is seen");
    program_fini(&p);
    static const char *const names[] = { "project.mlc", "shared.mlc",
                                         "words.csv", "units.mlc" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        remove_file(names[i]);
    if (chdir("/") == 0)
        rmdir(folder);
    return tap_done();
}
