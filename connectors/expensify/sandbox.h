/* What the files of the Expensify sandbox share. */
#ifndef MLC_CONNECTORS_EXPENSIFY_SANDBOX_H
#define MLC_CONNECTORS_EXPENSIFY_SANDBOX_H

#include "runtime/sandbox_vendor.h"

#define DAY_MS INT64_C(86400000)
#define ADMIN "carla@tulip.example"

/* A job under way. */
struct job {
    struct world *world;
    struct sandbox_call *call;
    struct arena *arena;
    struct doc *description; /* requestJobDescription */
    struct doc *input;       /* its inputSettings, may be absent */
    struct doc *caller;      /* who the credentials belong to */
};

/* sandbox.c: answers. All but a file and a bare name are JSON. */
void expensify_job_refuse(struct job *j, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void expensify_job_answer(struct job *j,
                          struct doc *body); /* takes it; 200 inside */
/* Text of a member, whether it came as text or as number. */
const char *expensify_job_text(struct job *j, const struct doc *d,
                               const char *name);
/* Rows by key; NULL. */
struct doc *expensify_find_policy(struct world *w, const char *id);
struct doc *expensify_find_account(struct world *w, const char *email);
bool expensify_is_policy_admin(const struct job *j, const char *policy);
/* "a, b,c" holds it? An empty list holds nothing. */
bool expensify_list_has(struct text list, struct text word);

/* sandbox_export.c */
void expensify_export_serve(struct job *j);
void expensify_download_serve(struct job *j);
void expensify_reconciliation_serve(struct job *j);
/* Ends the jobs whose time has come: their files are there, and what was to
 * be done at their end is done. */
void expensify_exports_end(struct world *w, int64_t now_ms);

/* sandbox_read.c */
void expensify_get_serve(struct job *j);
/* sandbox_write.c */
void expensify_create_serve(struct job *j);
void expensify_update_serve(struct job *j);
/* sandbox_policy.c: updates of policies and people. */
void expensify_update_policy(struct job *j);
void expensify_update_employees(struct job *j);

/* sandbox_seed.c */
void expensify_seed(struct world *w);
const char *expensify_new_report_id(struct world *w, struct arena *arena);
const char *expensify_new_transaction_id(struct world *w, struct arena *arena);
/* A report row without expenses. */
struct doc *expensify_new_report(struct world *w, struct arena *arena,
                                 const char *id, const char *name,
                                 const char *policy, const char *email);

/* sandbox_template.c: FreeMarker, as much of it as export templates use.
 * false: `why` says what is wrong with the template, as the vendor would. */
bool expensify_template_render(struct text source, const struct doc *model,
                               bool grouped, struct buf *out, char why[512]);

#endif
