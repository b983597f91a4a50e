/* What the parts of mlc doctor share. */
#ifndef MLC_CLI_DOCTOR_H
#define MLC_CLI_DOCTOR_H

#include "cli/signin.h"

enum grade { FINE, NOTE, WRONG };

struct doctor {
    struct signin *s;
    size_t counts[3];
    bool first;
};

/* One finding; `mend` is the command or the sentence that mends it, or NULL. */
void doctor_say(struct doctor *d, enum grade grade, const char *mend,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Are the objects that flows use still what catalogs and project say? Asks
 * the systems, reads only. */
void doctor_look_live(struct doctor *d);

#endif
