/* What the parts of the monday.com connector share. */
#ifndef MLC_CONNECTORS_MONDAY_MONDAY_H
#define MLC_CONNECTORS_MONDAY_MONDAY_H

#include "runtime/connector.h"
#include "runtime/jsonwrite.h"

/* What a column is; decides how its cells are read and written. */
enum column_kind {
    COLUMN_ITEM, /* a property of the item itself: id, state, group … */
    COLUMN_NAME,
    COLUMN_TEXT,
    COLUMN_LONG_TEXT,
    COLUMN_NUMBERS,
    COLUMN_STATUS,
    COLUMN_DROPDOWN,
    COLUMN_DATE,
    COLUMN_CHECKBOX,
    COLUMN_PEOPLE,
    COLUMN_LINK,
    COLUMN_EMAIL,
    COLUMN_PHONE,
    COLUMN_TIMELINE,
    COLUMN_RELATION,
    COLUMN_COUNTRY,
    COLUMN_RATING,
    COLUMN_TAGS,
    COLUMN_HOUR,
    COLUMN_WEEK,
    COLUMN_LOCATION,
    COLUMN_CLOCK,
    COLUMN_SHOWN, /* mirror, formula and others that can only be read */
    COLUMN_SUBITEMS,
};

/* False: no type of column that mlc knows. */
bool monday_column_word(struct text word, enum column_kind *kind);
enum column_kind monday_column_kind(const struct field *field);
bool monday_is_digits(struct text t);
/* Elements of a list. */
size_t monday_count(struct text list);
/* Can items_page_by_column_values look for it? */
bool monday_is_searchable(enum column_kind kind);
/* The cell as the plain JSON a record reader takes; nothing when it is empty.
 * `cell` is an element of column_values. */
void monday_put_cell(struct json_out *w, const struct field *field,
                     struct text cell, struct arena *arena);
/* The value as the column's own JSON, or what clears it. -1 with `err` when
 * the column cannot take it. */
int monday_put_value(struct json_out *w, const struct field *field,
                     const struct value *value, struct error *err);

/* A GraphQL call: `query` and its variables (a JSON object). */
void monday_call(const struct connection_info *c, struct text query,
                 struct text variables, bool writes, const char *endpoint,
                 struct arena *arena, struct request *out);
/* Verdict on the whole answer. False: `data` is there, maybe with errors of
 * single fields (see monday_field_error). */
bool monday_classify(const struct connection_info *c,
                     const struct response *response, bool writes,
                     struct arena *arena, struct answer *out);
/* The error whose path begins with `alias`, as a verdict; false: none. */
bool monday_field_error(const struct connection_info *c,
                        const struct response *response, const char *alias,
                        bool writes, struct arena *arena, struct answer *out);
/* The error without a path, which is about whatever was not done. */
bool monday_stray_error(const struct connection_info *c,
                        const struct response *response, bool writes,
                        struct arena *arena, struct answer *out);
/* What a call cost and what is left, beside what it asks for. */
#define MONDAY_COST "complexity { query after reset_in_x_seconds } "
struct text monday_board_id(const struct object *object);
/* Mutations that go in one document. */
size_t monday_batch(const struct connection_info *c);

int monday_read_request(const struct connection_info *c,
                        const struct read_spec *spec, struct text next,
                        struct arena *arena, struct request *out,
                        struct error *err);
void monday_read_answer(const struct connection_info *c,
                        const struct read_spec *spec, struct text asked,
                        const struct response *response, struct arena *arena,
                        struct page *page, struct answer *out);
int monday_write_request(const struct connection_info *c,
                         const struct write_spec *spec, struct arena *arena,
                         struct request *out, struct error *err);
void monday_write_answer(const struct connection_info *c,
                         const struct write_spec *spec,
                         const struct response *response, struct arena *arena,
                         struct write_result *results);
int monday_hook_verify(const struct connection_info *c,
                       const struct credential *credential,
                       const struct hook_delivery *delivery,
                       struct arena *arena, struct hook_event *event);
int monday_hook_request(const struct connection_info *c,
                        const struct object *object, struct text callback,
                        struct text remove_id, struct arena *arena,
                        struct request *out, struct error *err);
void monday_hook_answer(const struct connection_info *c,
                        const struct response *response, struct arena *arena,
                        struct text *subscription_id, struct text *secret,
                        struct answer *out);
int monday_pull_request(const struct connection_info *c, struct text object,
                        struct text id, struct arena *arena,
                        struct request *out, struct error *err);
int monday_pull_answer(const struct connection_info *c, struct text object,
                       struct text id, const struct response *response,
                       struct arena *arena, struct buf *form,
                       struct answer *out);

#endif
