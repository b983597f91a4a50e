/* What the files of the monday.com sandbox share. Boards hold their columns
 * and groups; an item holds its cells by column, each as the JSON that its
 * type stores. */
#ifndef MLC_CONNECTORS_MONDAY_SANDBOX_H
#define MLC_CONNECTORS_MONDAY_SANDBOX_H

#include "connectors/monday/sandbox_graphql.h"
#include "runtime/sandbox_vendor.h"

/* One GraphQL call under way. */
struct mq {
    struct world *world;
    struct sandbox_call *call;
    struct arena *arena;
    const struct sdl *sdl;
    struct gq_document *document;
    const struct gq_operation *op;
    const struct doc *variables;
    const struct doc *token;   /* who calls */
    struct doc *errors;        /* list, NULL while empty */
    const struct gq_selection *root; /* field being run */
    int64_t cost, before;      /* complexity */
};

/* An error of the root field; `data` (or NULL) is error_data, taken. */
void mq_error(struct mq *q, const char *code, int status, struct doc *data,
              const char *format, ...) __attribute__((format(printf, 5, 6)));
struct doc *mq_data(const char *name, const char *value);

struct doc *board_row(struct mq *q, struct text id);
struct doc *item_row(struct mq *q, struct text id);
struct doc *board_column(const struct doc *board, struct text id);
bool item_is_active(const struct doc *item);
const char *print_utc(struct arena *arena, int64_t ms);

/* ------------------------------------------------------ cells, sandbox_cells.c */
/* Stores `value` as one mutation gives it (`simple`: a plain string) into the
 * item's cells. False after an error. */
bool cell_write(struct mq *q, struct doc *board, struct doc *cells,
                struct text column, const struct doc *value, bool labels,
                bool simple);
/* The cell as ColumnValue of its concrete type ("_type"); a new reference. */
struct doc *cell_read(struct mq *q, const struct doc *item,
                      const struct doc *column);
/* 1 when it is one of the values asked for, 0 when not, -1: the column type
 * cannot be searched. */
int cell_matches(struct mq *q, const struct doc *item,
                 const struct doc *column, const struct doc *values);

/* ------------------------------------------------------ items, sandbox_items.c */
/* A root field of a mutation: a new reference, or NULL after an error. */
struct doc *run_mutation(struct mq *q, struct text field,
                         const struct doc *args);
void monday_event(struct world *w, const struct doc *item, const char *event,
                  const struct doc *more);

/* ------------------------------------------------------ reading, sandbox_read.c */
struct doc *run_query(struct mq *q, struct text field, const struct doc *args);
struct doc *members_of_board(struct mq *q, const struct doc *board,
                             struct text field, const struct doc *args);
/* {"_items":[…],"cursor":…} */
struct doc *page_of_board(struct mq *q, const struct doc *board,
                          struct text group, const struct doc *args);

/* ----------------------------------------------------- running, sandbox_run.c */
/* Parses, proves and runs the body; answers. */
void monday_graphql(struct world *w, struct sandbox_call *call,
                    const struct doc *token, struct text query,
                    const struct doc *variables, struct text operation,
                    const char *served);
/* What the root fields of a call cost, before it is run. */
int64_t monday_cost(struct mq *q);
/* Takes it from the minute's budget; false after answering 429. */
bool monday_charge(struct mq *q);

void monday_seed(struct world *w);
/* A new board with columns as "id:type:title[:label|label]" words. */
struct doc *make_board(struct world *w, const char *name,
                       const char *const *columns, bool sub);
const char *monday_id(struct world *w, struct arena *arena);
/* Was a control call's wish to be refused so, and is it this call's turn? */
bool monday_takes_refusal(struct world *w, const char *what);
/* {"errors":[{message, extensions}]} with this HTTP status. */
void monday_refuse(struct sandbox_call *call, int http, const char *code,
                   int64_t retry_s, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
