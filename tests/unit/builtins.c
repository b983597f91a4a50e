/* The table of functions: every row is whole, every example holds. */
#include "config.h"

#include "tests/lib/expression.h"
#include "tests/lib/tap.h"
#include <string.h>

static void test_examples(struct trial *t)
{
    for (size_t i = 0; i < BUILTIN_COUNT; i++) {
        const struct builtin *b = builtin_get((enum builtin_id)i);
        for (size_t j = 0; j < 3; j++) {
            if (b->flags & BUILTIN_ENGINE)
                continue;
            is_text(trial_text(t, b->examples[j]), "yes", "%s",
                    b->examples[j]);
        }
    }
}

static void test_rows(void)
{
    for (size_t i = 0; i < BUILTIN_COUNT; i++) {
        const struct builtin *b = builtin_get((enum builtin_id)i);
        size_t doc = strlen(b->doc);
        bool good = doc > 10 && b->doc[doc - 1] == '.' && b->category[0] &&
                    b->param_count <= BUILTIN_PARAMS_MAX &&
                    builtin_find(b->name) == b;
        ok(good, "the row of %.*s is whole", TEXT_ARG(b->name));
    }
    ok(builtin_find(TEXT("nothing")) == NULL, "no such function");
}

int main(void)
{
    struct trial t;
    trial_init(&t);
    test_rows();
    test_examples(&t);
    trial_fini(&t);
    return tap_done();
}
