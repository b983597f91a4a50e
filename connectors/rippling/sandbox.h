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
const struct rest_resource *rest_resource_of_table(const char *table);

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
bool list_has(const char *list, struct text word); /* "a,b,c" */

/* -------------------------------------------------------- lists, sandbox_list.c */
#define EXPAND_NAMES_MAX 10
#define TERMS_MAX 8

struct view {
    struct world *world;
    const struct doc *token;
    struct arena *arena;
    struct text expand[EXPAND_NAMES_MAX]; /* "manager", "manager.level" */
    size_t expand_count;
};

enum filter_op { FILTER_EQ, FILTER_GE, FILTER_GT };

struct filter_term_text {
    struct text field, value;
    enum filter_op op;
    bool quoted;
};

struct filter {
    struct filter_term_text terms[TERMS_MAX];
    size_t count;
};

struct listing {
    const struct doc **rows;
    size_t count;
    char field[64]; /* sorted by */
    bool descending;
};

struct doc *rest_render(const struct view *v, const char *table,
                        const struct doc *row, struct text above);
/* __meta of an answer about this table. */
struct doc *rest_meta(const struct view *v, const char *table);
/* These answer and say so when the call is wrong: false or -1. */
bool rest_read_expand(struct view *v, struct sandbox_call *call);
int list_page_size(struct world *w, struct sandbox_call *call);
void list_read_order(struct sandbox_call *call, const struct rest_resource *r,
                     struct listing *l);
void list_collect(struct world *w, struct sandbox_call *call,
                  const char *table, const struct filter *f,
                  struct listing *l);
int64_t list_start(struct world *w, struct sandbox_call *call,
                   const struct listing *l);
void list_answer(const struct view *v, struct sandbox_call *call,
                 const char *table, const struct listing *l, size_t start,
                 size_t limit);
void list_serve(const struct view *v, struct sandbox_call *call,
                const struct rest_resource *r);

/* ------------------------------------------------------- sandbox_objects.c */
const char *rest_natural(const struct doc *row);
void serve_records(const struct view *v, struct sandbox_call *call,
                   struct text object, struct text rest);
void serve_payroll_records(const struct view *v, struct sandbox_call *call,
                           struct text run);
void serve_reports(const struct view *v, struct sandbox_call *call,
                   struct text id);
void serve_sso_me(const struct view *v, struct sandbox_call *call);

#endif
