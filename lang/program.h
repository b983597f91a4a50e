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
    bool existence;  /* a find whose `else` is the point of it */
    bool uses_clock; /* a define that asks today() or now() */
    uint8_t state; /* a define: not yet, now being, or already checked */
    struct module *module; /* file it is declared in; file-level ones only */
    struct symbol *next_declared; /* the checker's, of one flow */
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
    const struct object *object; /* value columns as the fields of a record;
                                    field.index is the column */
    const struct object *whole;  /* keys, then values: a row given in a test */
    const struct type *asked[8]; /* words it is asked for: enums */
    size_t asked_count;
    bool asked_freely; /* with keys that can be anything */
    bool broken;   /* rows could not be read: nothing is known of them */
};

struct setting_value {
    struct text name, value;
    struct span span;
    struct setting_value *next;
};

struct used_module { /* one `use` line */
    struct node *node;
    struct module *module; /* NULL: could not be read */
    struct used_module *next;
};

/* One .mlc file. Names a file declares or imports are seen in it alone. */
struct module {
    struct tree tree;
    const char *path;      /* as shown */
    const char *real;      /* resolved */
    struct map names;      /* text -> struct symbol */
    struct map prefixes;   /* `use … as hr`: text -> struct module */
    struct text timezone;  /* of the file, else the project's; may be empty */
    bool asked;            /* named by the caller, or used by one that is */
    bool is_project;       /* project.mlc */
    uint8_t use_state;     /* for cycles */
    struct used_module *uses;
    struct module *next;
};

/* A file that was read, or looked for, while the project was loaded. */
struct loaded_file {
    const char *path;  /* as it was asked for */
    const char *real;  /* resolved; NULL: it was not there */
    struct text text;  /* NULL: it was resolved, not read */
    int64_t size, changed_ns;
    uint64_t inode;
    struct loaded_file *next;
};

struct connection {
    struct text name;      /* "Exact" */
    struct text connector; /* "exact" */
    struct setting_value *settings;
    bool broken;  /* its connector is unknown, which was told */
    bool implied; /* not declared: the name is the connector's */
    struct span span;
};

enum schedule_kind {
    SCHEDULE_INTERVAL, /* every `seconds` */
    SCHEDULE_DAY,      /* every day at `time` */
    SCHEDULE_WEEKDAY,  /* Monday to Friday at `time` */
    SCHEDULE_WEEK,     /* every `day` (1 Monday … 7) at `time` */
    SCHEDULE_MONTH,    /* day `day` of the month, 0 the last, at `time` */
    SCHEDULE_CHANGE,   /* on change */
    SCHEDULE_AFTER,    /* after `flow` */
};

struct schedule {
    const struct node *node; /* EVERY, ON_CHANGE or AFTER */
    enum schedule_kind kind;
    int64_t seconds;         /* SCHEDULE_INTERVAL; also of `recheck` */
    int32_t day, time;
    struct flow *flow;       /* SCHEDULE_AFTER */
    struct schedule *next;
};

enum limit_kind { LIMIT_CREATED, LIMIT_UPDATED, LIMIT_WRITTEN, LIMIT_HELD,
                  LIMIT_REJECTED, LIMIT_SKIPPED, LIMIT_GONE, LIMIT_KINDS };

struct limit {
    enum limit_kind kind;
    bool percent;          /* `amount` is a share: 10% is 0.10 */
    struct decimal amount;
    const struct node *node;
    struct limit *next;
};

/* A source field that a flow with `one per` uses outside an aggregate: it
 * must agree within the group. */
struct group_field {
    const struct node *node;
    bool decided; /* by the key: it cannot differ */
    struct group_field *next;
};

struct flow {
    struct text name, was, title;
    const struct tree *tree;
    struct module *module;
    struct text timezone; /* may be empty */
    struct node *node; /* NODE_FLOW */
    const struct connection *source_connection, *target_connection;
    const struct object *source, *target; /* target NULL: log */
    const struct object *logged; /* log only: a record of the fields it sets */
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
    struct schedule *recheck; /* or NULL */
    struct node *when_gone; /* or NULL */
    struct limit *limits;
    char hash[65];          /* of the checked meaning: flow, defines, tables */
    struct group_field *group_fields; /* with `one per` */
    struct set_field *sets; /* the checker's: every field it sets, backwards */
    bool broken;            /* its sentence could not be resolved */
    bool refused;           /* its target cannot be written so */
    struct flow *next;
};

struct test {
    struct text title;
    struct node *node;
    struct flow *flow; /* the flow whose objects it names; NULL: none fits */
    struct module *module;
    struct test *next;
};

struct program {
    struct arena arena;
    struct sources sources;
    struct diags diags;
    const char *root;        /* project folder, or the flow file's folder */
    bool has_project;        /* project.mlc was found */
    struct text timezone;    /* or empty */
    struct tree **trees;     /* of the user's files, in loading order */
    size_t tree_count;
    struct module *modules, *last_module;
    size_t module_count;
    struct loaded_file *files, *last_file;
    struct connection **connections;
    size_t connection_count;
    struct map objects;      /* "exact.costcenter", "Monday.receivables" */
    struct map catalogs;     /* connector -> struct tree, read when used */
    struct object *all_objects; /* nested records too */
    struct map unknown;      /* connections and objects told to be unknown */
    const struct load_options *options; /* borrowed until program_check ends */
    struct flow *flows, *last_flow;
    struct test *tests, *last_test;
};

/* What a connector's settings may be; the rows of its setting_def, so that
 * this room needs to know no connector. */
struct setting_rule {
    const char *connector;
    const char *name, *type; /* text, number, yes/no, url, one of a|b */
    bool required;
    const char *help;
};

/* What check guarantees when it found no error (diags.error_count is 0):
 *
 *  - every expression node has `type`, never NULL and never TYPE_UNKNOWN;
 *    `type->optional` tells whether it can be missing at that place, after
 *    narrowing; MISSING_LIT has an optional text type;
 *  - NAME has `symbol`; MEMBER has `field` (of a table row: a field of
 *    table->object); CALL has either `builtin` or `symbol` (a define); INDEX
 *    has `symbol` (the table) and a record type; a COMPREHENSION's EACH, a
 *    LET, FIND, ADD's EACH and each PARAM have `symbol`;
 *  - ASSIGN, ADD and PATH have `field`: the last one of their path; a path of
 *    several parts was resolved part by part from the target (or from the
 *    object of the surrounding ADD); in a log-only flow the field belongs to
 *    flow->logged; ADD's `type` is the list's type;
 *  - FIND's `where` is a conjunction (AND) of COMPARE with OP_IS whose left
 *    side is a MEMBER of the found record, or yes/no fields of it written as
 *    comparisons; the other side never speaks of the found record; its symbol
 *    is optional exactly when there is no `else`;
 *  - what is set to an enum can only be one of its words; a text whose values
 *    are known (a literal, the arms of a choose, a column of a table) carries
 *    them in its type;
 *  - the number literal 0 may stand for an amount of any currency: compared,
 *    added, or as `amount else 0`, whose type is then the amount's;
 *  - a name brought by `use … as hr` was a MEMBER and is a NAME afterwards;
 *  - a list of the record being built (target.Lines) is never optional;
 *  - source and target of a flow are set (target NULL: log), and everything in
 *    struct flow; `match` fields are set by the flow on every path to a write;
 *  - `/` stands directly inside a rounding call, or divides by a literal that
 *    leaves a finite decimal;
 *  - tables have at most one row per key, in types of their columns;
 *  - defines are not recursive. */

struct load_options {
    const struct embedded_text *catalogs; /* connector_catalogs */
    const char **paths; /* files or folders; none: the current folder */
    size_t path_count;
    bool tests_too; /* check test blocks */
    const struct setting_rule *settings; /* ended by connector NULL; may be
                                            NULL: settings are not checked */
    const char *const *connectors; /* known names, NULL-ended; may be NULL:
                                      those with a catalog */
    /* One text in place of files, for editors and tests: shown as `path`. */
    const struct text *text;
    /* What program_pack made, in place of the disk; must live as long as the
     * program. */
    const struct text *pack;
};

void program_init(struct program *p);
void program_fini(struct program *p);
/* Reads and parses the files, what they `use`, their project.mlc and tables;
 * then names, types and rules. What is wrong is in p->diags; -1 only when a
 * file cannot be read at all (also a message). */
int program_load(struct program *p, const struct load_options *options);
int program_check(struct program *p);
/* Has one of the files it was made of changed on the disk, come or gone? */
bool program_changed(const struct program *p);
/* All those files in one piece. */
void program_pack(const struct program *p, struct buf *out);
/* The one flow called `name`, or the only one if `name` is empty. */
struct flow *program_flow(const struct program *p, struct text name);
const struct object *program_object(const struct program *p,
                                    const struct connection *connection,
                                    struct text name);
const struct connection *program_connection(const struct program *p,
                                            struct text name);

#endif
