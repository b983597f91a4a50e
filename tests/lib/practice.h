/* The practice project of tests/data/practice in a folder of its own, for
 * tests that check flow files of a few lines. */
#ifndef MLC_TESTS_LIB_PRACTICE_H
#define MLC_TESTS_LIB_PRACTICE_H

#include "lang/program.h"

struct practice {
    char folder[256];
    struct arena arena;
};

/* A new temporary folder with project.mlc and objects.mlc. */
void practice_open(struct practice *t);
void practice_close(struct practice *t);
void practice_write(struct practice *t, const char *name, struct text text);
/* Checks flow.mlc of the folder (already written). The caller frees `p`. */
void practice_check(struct practice *t, struct program *p);
/* The messages as `mlc check` prints them, paths relative to the folder. */
void practice_print(struct practice *t, const struct program *p,
                    struct buf *out);
struct text practice_read(struct arena *arena, const char *path);
/* flow.mlc with every sure fix, or with choice number `choice` (from 0) of
 * the first message that offers one; false when there is none. */
bool practice_mend(struct practice *t, struct program *p, struct text *out);

/* Compares with the file, or writes it when MLC_UPDATE_GOLDEN is set. */
void practice_golden(const char *path, struct text got, const char *name);

#endif
