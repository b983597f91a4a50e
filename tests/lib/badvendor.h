/* A vendor that answers other than it should, with a project around it: `mlc`
 * runs against a server of ours, records come from a file, and what arrived
 * there is counted. */
#ifndef MLC_TESTS_LIB_BADVENDOR_H
#define MLC_TESTS_LIB_BADVENDOR_H

#include "tests/lib/badserver.h"

struct bad_vendor {
    /* Answers a request beside sign-ins; `write` is the number of the write
     * it is, 0 of a read. False leaves it to the usual answer: no records. */
    bool (*act)(struct bad_request *r, int write);
    int writes;        /* that arrived */
    bool stubborn;     /* for `act` */
    int division;      /* the company of whoever signs in to Exact */
    char kept[30][40]; /* codes of the records there are */
    int kept_count;
};
extern struct bad_vendor vendor;

/* A temporary folder becomes home and working directory, the server starts. */
void vendor_start(void);
void vendor_stop(void);
/* A fresh project of `connections` and `flow`, with Src.row in rows.csv. */
void vendor_project(const char *connections, const char *flow,
                    const char *rows);
/* Rows become cost centers of Exact, flow `centers`; signed in. */
void vendor_exact(const char *rows);
extern const char vendor_exact_secrets[];
void vendor_file(const char *name, const char *text);
/* mlc WORDS… with the url of every connection of the project; its exit code.
 * What it said is in vendor_told. */
int vendor_mlc(const char *words, const char *input);
extern char *vendor_told;
/* A test: was `what` said? */
void vendor_says(const char *what, const char *name);

/* ---- answers */
bool vendor_is_write(const struct bad_request *r);
bool vendor_reply(struct bad_request *r, int status, const char *body);
/* Keeps the record that was sent, and says so as Exact does; `code`: the one
 * it claims it has made, NULL: the very one. */
bool vendor_keep(struct bad_request *r, const char *code);
/* Keeps it and says nothing; its number. */
int vendor_remember(struct bad_request *r);
/* What is kept, as Exact lists it; filters do not matter to these tests. */
bool vendor_list(struct bad_request *r);
/* As the real one. */
bool vendor_accept(struct bad_request *r, int write);

#endif
