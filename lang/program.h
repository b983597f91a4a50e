/* A project as the checker sees it: files, connections, objects, flows and
 * everything they declare, with every name resolved and every type known.
 * Made by program_load and program_check; read by the runtime's compiler, the
 * commands and the language server. */
#ifndef MLC_LANG_PROGRAM_H
#define MLC_LANG_PROGRAM_H

#include "base/embedded.h"
#include "lang/ast.h"
#include "lang/schema.h"

enum symbol_kind {
    SYMBOL_CONST,  /* file-level let */
    SYMBOL_DEFINE,
    SYMBOL_TABLE,
    SYMBOL_PARAM,
    SYMBOL_FLOW,
    SYMBOL_LET,
    SYMBOL_FIND,
    SYMBOL_SOURCE, /* the source record */
    SYMBOL_TARGET, /* `target`, the record being built */
    SYMBOL_EACH,   /* loop name */
    SYMBOL_GROUP,  /* `group` under `one per` */
};

struct symbol {
    enum symbol_kind kind;
    struct text name;
    struct node *decl;
    struct span span;
    const struct type *type;
    struct table *table;
    bool used;
    uint32_t slot; /* the runtime's compiler's */
};

struct table_row {
    struct node **keys; /* literals; NULL: the otherwise row */
    struct node **values;
    struct node *outcome; /* otherwise => hold "…" */
    uint32_t line;        /* in its CSV file or source */
    struct span span;
};

struct table {
    struct text name;
    struct text *key_names, *value_names;
    const struct type **key_types, **value_types;
    size_t key_count, value_count;
    struct table_row *rows;
    size_t row_count;
    struct table_row *otherwise;
    const char *path; /* CSV file, or NULL */
    struct node *decl;
};

struct setting_value {
    struct text name, value;
    struct span span;
    struct setting_value *next;
};

struct connection {
    struct text name;      /* "Exact" */
    struct text connector; /* "exact" */
    struct setting_value *settings;
    bool implied; /* not declared: the name is the connector's */
    struct span span;
};

struct schedule {
    const struct node *node; /* EVERY, ON_CHANGE or AFTER */
    struct schedule *next;
};

struct flow {
    struct text name, was, title;
    const struct tree *tree;
    struct node *node; /* NODE_FLOW */
    const struct connection *source_connection, *target_connection;
    const struct object *source, *target; /* target NULL: log */
    struct symbol *source_symbol, *target_symbol, *group_symbol;
    struct node *each, *where, *per;
    struct node *body;           /* statements in order */
    struct text owner;
    bool reads_changes, reads_everything, writes_creates, writes_updates;
    bool read_from_given, on_change, uses_clock; /* today(), now() */
    int32_t read_from; /* days */
    const struct field **match; /* of `match on`; paths as PATH nodes' fields */
    const struct node *match_node;
    size_t match_count;
    struct schedule *schedules;
    struct node *when_gone; /* or NULL */
    struct node *limits;    /* first LIMIT; walk body for more */
    char hash[65];          /* of the checked meaning: flow, defines, tables */
    struct flow *next;
};

struct test {
    struct text title;
    struct node *node;
    struct flow *flow; /* the flow whose objects it names */
    struct test *next;
};

struct program {
    struct arena arena;
    struct sources sources;
    struct diags diags;
    const char *root;        /* project folder, or the flow file's folder */
    bool has_project;        /* project.mlc was found */
    struct text timezone;    /* or empty */
    struct tree **trees;
    size_t tree_count;
    struct connection **connections;
    size_t connection_count;
    struct map objects;      /* "exact.costcenter", "Monday.receivables" */
    struct flow *flows, *last_flow;
    struct test *tests;
    struct map symbols;      /* file-level names of the file in hand */
};

struct load_options {
    const struct embedded_text *catalogs; /* connector_catalogs */
    const char **paths; /* files or folders; none: the current folder */
    size_t path_count;
    bool tests_too; /* check test blocks */
};

void program_init(struct program *p);
void program_fini(struct program *p);
/* Reads and parses the files, what they `use`, their project.mlc and tables;
 * then names, types and rules. What is wrong is in p->diags; -1 only when a
 * file cannot be read at all (also a message). */
int program_load(struct program *p, const struct load_options *options);
int program_check(struct program *p);
/* The one flow called `name`, or the only one if `name` is empty. */
struct flow *program_flow(const struct program *p, struct text name);
const struct object *program_object(const struct program *p,
                                    const struct connection *connection,
                                    struct text name);
const struct connection *program_connection(const struct program *p,
                                            struct text name);

#endif
