/* What the files of the Exact Online sandbox share. */
#ifndef MLC_CONNECTORS_EXACT_SANDBOX_H
#define MLC_CONNECTORS_EXACT_SANDBOX_H

#include "runtime/sandbox_vendor.h"

#define DIVISION_MAIN "123456"   /* Tulip Robotics B.V. */
#define DIVISION_SECOND "123457" /* its Belgian sister */
#define DIVISION_DOLLAR "234567" /* its American sister, in USD */
#define DIVISION_CLOSED "654321" /* exists, may not be entered */

#define PAGE_REGULAR 60
#define PAGE_BULK 1000
#define DAY_MS INT64_C(86400000)

/* ------------------------------------------------ entities, sandbox_data.c */
struct exact_field {
    struct text name;
    char type;             /* g s d i b l o t x c, as in sandbox_entities.def */
    size_t max_len;        /* of s; 0 unknown */
    struct text refers, refers_field; /* "CostCenters", "Code" */
    bool mandatory, read_only, create_only, filter;
};

struct exact_entity {
    const char *name, *path, *key, *verbs, *sync_path, *bulk_path;
    int deleted_type;
    bool mandatory_filter;
    const char *topic, *scope, *lines_field, *lines, *parent_field;
    struct exact_field *fields;
    size_t field_count;
};

const struct exact_entity *exact_entity_named(struct text name);
const struct exact_entity *exact_entity_at(size_t index);
const struct exact_field *exact_field_of(const struct exact_entity *e,
                                         struct text name);

/* One call, once it is known who asks and about which company. */
struct exact_call {
    struct world *world;
    struct sandbox_call *call;
    struct arena *arena;
    struct doc *token;
    const char *division;
    const struct exact_entity *entity;
    enum exact_kind { KIND_REGULAR, KIND_BULK, KIND_SYNC } kind;
    bool all_divisions; /* also those the user cannot enter */
};

/* Rows of one entity in one company. */
struct table *exact_table(struct world *w, const char *division,
                          const char *entity);
/* A new row with what the server sets itself: key, company, times, version. */
struct doc *exact_new_row(struct world *w, struct arena *arena,
                          const char *division, const struct exact_entity *e,
                          const char *key);
/* Puts it under its key, with a new version and time of change. */
void exact_put(struct world *w, const char *division,
               const struct exact_entity *e, struct doc *row);
/* Removes it and notes the deletion where sync will show it. */
void exact_remove(struct world *w, const char *division,
                  const struct exact_entity *e, const char *key);
struct doc *exact_find(struct world *w, const char *division,
                       const char *entity, const char *field,
                       struct text value);
/* Wall clock of the server, as ms that look like UTC. */
int64_t exact_local_ms(int64_t utc_ms);
int64_t exact_offset_s(int64_t utc_ms);
int64_t exact_next_version(struct world *w, const char *division);

/* ------------------------------------------------ answers, sandbox_rows.c */
struct exact_select {
    struct text names[160]; /* "Code", "Lines/GLAccount" */
    size_t count;
    struct text expand[8];
    size_t expand_count;
};

/* Rendered value of one field, new; `inner` of collections. */
struct doc *exact_render(struct exact_call *c, const struct exact_entity *e,
                         const struct doc *row,
                         const struct exact_select *select);
/* The text a filter sees: padded as it would be shown. */
const char *exact_padded(struct arena *arena, const struct exact_entity *e,
                         const struct exact_field *f, struct text value);
void exact_answer_rows(struct exact_call *c, struct doc *rows,
                       const char *next, int64_t total);
void exact_answer_row(struct exact_call *c, int status, struct doc *row);
/* {"d":…} of anything else. */
void exact_answer(struct sandbox_call *call, int status, struct doc *d);
bool exact_wants_json(struct sandbox_call *call);

/* ------------------------------------------------ refusals, sandbox_texts.c */
enum exact_text {
    TEXT_MANDATORY,
    TEXT_INVALID,
    TEXT_UNKNOWN,
    TEXT_EXISTS,
    TEXT_PERIOD_CLOSED,
    TEXT_UNBALANCED,
    TEXT_IN_USE,
};
/* An error in the vendor's shape. */
void exact_refuse(struct sandbox_call *call, int status, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));
/* A business error: 500 and the user's language; `term` is a field's name. */
void exact_business(struct sandbox_call *call, enum exact_text what,
                    const char *term);

/* --------------------------------------------------- reading, sandbox_query.c */
void exact_list(struct exact_call *c);
void exact_count(struct exact_call *c);
bool exact_read_select(struct exact_call *c, struct exact_select *out);
/* Lists the lines of one parent. */
void exact_list_children(struct exact_call *c, const char *parent_field,
                         const char *parent);

struct exact_filter; /* parsed */
/* NULL after a refusal, which has been answered. */
struct exact_filter *exact_filter_parse(struct exact_call *c, struct text t);
bool exact_filter_holds(struct exact_call *c, const struct exact_filter *f,
                        const struct doc *row);

/* --------------------------------------------------- writing, sandbox_write.c */
void exact_create(struct exact_call *c);
void exact_update(struct exact_call *c, const char *key);
void exact_delete(struct exact_call *c, const char *key);
/* Rules of bookings, sandbox_book.c: false after a refusal. */
bool exact_booking_is_right(struct exact_call *c, struct doc *header,
                            const struct doc *lines);
bool exact_line_is_right(struct exact_call *c, const struct exact_entity *e,
                         const struct doc *line);
void exact_book(struct exact_call *c, const struct doc *header);
void exact_unbook(struct exact_call *c, const struct doc *header);

/* ---------------------------------------------------- webhooks, sandbox_hooks.c */
/* Calls the callback as the vendor does before it takes a subscription. */
bool exact_hook_answers(struct exact_call *c, const struct doc *row);
void exact_hook_event(struct world *w, const char *division,
                      const struct exact_entity *e, const char *key,
                      const char *action);

void exact_seed(struct world *w);
const char *exact_client_id(struct arena *arena);
const char *exact_user_id(struct arena *arena);

#endif
