/* What the files of the Rippling sandbox share. */
#ifndef MLC_CONNECTORS_RIPPLING_SANDBOX_H
#define MLC_CONNECTORS_RIPPLING_SANDBOX_H

#include "runtime/sandbox_vendor.h"

#define DAY_MS INT64_C(86400000)

/* A list of the REST API. */
struct rest_relation {
    const char *name, *id_field; /* "department", "department_id" */
    const char *table;           /* "departments" */
    bool many;                   /* id_field is a list of ids */
};

struct rest_resource {
    const char *path;  /* "work-locations" */
    const char *table; /* "work_locations" */
    const char *operations; /* of "rcud" */
    const char *entitlement;
    const char *scope;      /* "work-locations" */
    const char *filterable; /* "name,worker_id" */
    const char *dates;      /* filterable ones that hold dates or times */
    const char *required, *writable;
    const char *since; /* first version of the description that writes it */
    const struct rest_relation *relations; /* ended by name NULL */
};

const struct rest_resource *rest_resource_of(struct text path);

/* Who calls: the token's row, NULL after a refusal has been answered. */
struct doc *rippling_caller(struct world *w, struct sandbox_call *call);
bool caller_has_scope(const struct doc *token, const char *scope);

void rest_serve(struct world *w, struct sandbox_call *call, struct doc *token);
void v1_serve(struct world *w, struct sandbox_call *call, struct doc *token,
              struct text path);
void rippling_seed(struct world *w);

/* {"detail": …}, or a list of one text, or a page, by the switch. */
void rippling_refuse(struct sandbox_call *call, int status,
                     const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void rippling_not_found(struct sandbox_call *call);

/* Moves updated_at and puts the row again. */
void row_changed(struct world *w, const char *table, const char *key);
/* Tells the app about an employee, later and perhaps twice. */
void rippling_event(struct world *w, const char *event, const char *id);
/* Offset or position of the next page as an opaque text and back. */
bool list_has(const char *list, struct text word); /* "a,b,c" */

#endif
