/* What the files of the Visma.net sandbox share. */
#ifndef MLC_CONNECTORS_VISMA_SANDBOX_H
#define MLC_CONNECTORS_VISMA_SANDBOX_H

#include "runtime/sandbox_vendor.h"

#define TENANT_MAIN "7d1e4c60-1c5e-4a53-9a55-3f1f7b8a0c01"   /* a company */
#define TENANT_SECOND "7d1e4c60-1c5e-4a53-9a55-3f1f7b8a0c02" /* another */
#define TENANT_CUSTOMER "7d1e4c60-1c5e-4a53-9a55-3f1f7b8a0cff"
#define DAY_MS INT64_C(86400000)
#define SEGMENT_SEPARATOR '-'
#define CLIENT_ID "isv_sandbox"
#define CLIENT_SECRET "sandbox-client-secret"
#define WEBHOOK_KEY "sandbox-webhook-key"

/* ------------------------------------------------ entities, sandbox_data.c */
struct visma_entity {
    const char *name, *path, *key, *verbs, *paging, *filters, *expansions;
    const char *fields; /* as in sandbox_entities.def */
};

struct visma_field { /* of what may be written; texts lie in the entity's */
    struct text path; /* "contact.firstName", "lines[].account" */
    char form;        /* w b o O a */
    char type;        /* s i d y t e g, 0 none */
    size_t max_len;   /* of s; 0 unknown */
    struct text words;   /* of e: "Insert|Update|Delete" */
    struct text read_as; /* relative to the object it is in; or empty */
    struct text refers;  /* entity, or empty */
    bool needed, create_only;
};

const struct visma_entity *visma_entity_named(struct text name);
const struct visma_entity *visma_entity_at(size_t index);
/* Reads the field at `*at` of an entity's fields and moves on; false at the
 * end. */
bool visma_next_field(const char **at, struct visma_field *out);
bool visma_field_at(const struct visma_entity *e, struct text path,
                    struct visma_field *out);

/* One call, once it is known who asks. */
struct visma_call {
    struct world *world;
    struct sandbox_call *call;
    struct arena *arena;
    const char *tenant;
    const struct visma_entity *entity;
    bool creating;
};

/* Rows of one entity in one company, in the shape they are read in; members
 * that begin with _ are the sandbox's own. */
struct table *visma_table(struct world *w, const char *tenant,
                          const char *entity);
struct doc *visma_row(struct world *w, const char *tenant, const char *entity,
                      struct text key);
/* Puts a row under its key with a new time of change and row version. */
void visma_put(struct world *w, const char *tenant,
               const struct visma_entity *e, struct doc *row);
const char *visma_version(struct arena *arena, const struct doc *row);
/* Wall clock as the vendor prints it. */
const char *visma_time(struct world *w, struct arena *arena, int64_t ms);
/* The five forms a time may be asked for in, as ms; false for all else. */
bool visma_parse_time(struct text t, int64_t *ms);
/* Sets the member at "a.b", making objects on the way. */
void visma_set(struct doc *row, struct text path, struct doc *value);
struct doc *visma_get(const struct doc *row, struct text path);

/* An error as the vendor words it. */
void visma_refuse(struct sandbox_call *call, int status, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

/* ------------------------------------------------- sign-in, sandbox_token.c */
void visma_serve_token(struct world *w, struct sandbox_call *call);
/* The company the token is for; NULL after a refusal. `right` is read, create,
 * update or delete. */
const char *visma_caller(struct world *w, struct sandbox_call *call,
                         const char *right);
bool visma_token_control(struct world *w, struct sandbox_call *call,
                         struct text verb);

/* --------------------------------------------------- reading, sandbox_list.c */
void visma_list(struct visma_call *c);
void visma_read_one(struct visma_call *c, const struct doc *row);
void visma_serve_dimension(struct visma_call *c, const struct text *parts,
                           size_t count);

/* --------------------------------------------------- writing, sandbox_write.c */
void visma_create(struct visma_call *c);
void visma_update(struct visma_call *c, struct doc *row);

/* ----------------------------------------------------- rules, sandbox_rules.c */
/* Number of the subaccount that `segments` names; NULL after a refusal. */
const char *visma_subaccount(struct visma_call *c, const struct doc *segments);
/* Checks and completes a row before it is put; false after a refusal. `sent`
 * is the body it came from. */
bool visma_complete(struct visma_call *c, struct doc *row,
                    const struct doc *sent);
void visma_action(struct visma_call *c, struct doc *row, struct text verb);
void visma_delete(struct visma_call *c, struct doc *row);
void visma_put_segment(struct visma_call *c, struct text dimension,
                       struct text segment);
bool visma_rules_control(struct world *w, struct sandbox_call *call,
                         struct text verb);

/* -------------------------------------------- background, sandbox_background.c */
/* Turns the answer that has just been made into a 202, when that was asked. */
void visma_to_background(struct visma_call *c);
void visma_serve_background(struct visma_call *c, const struct text *parts,
                            size_t count);
void visma_event(struct world *w, const char *tenant, const char *entity,
                 const char *key, const char *action);

void visma_seed(struct world *w);

#endif
