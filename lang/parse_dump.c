/* Words for kinds, verbs and operators, and the dump of a tree that tests
 * compare. */
#include "config.h"

#include "lang/ast.h"
#include "lang/parse.h"

const char *node_word(enum node_kind kind)
{
    static const char *const words[] = {
#define NODE(kind, word, a, b, c, d, e, f) word,
#include "lang/nodes.def"
#undef NODE
    };

    return kind < NODE_KIND_COUNT ? words[kind] : "?";
}

const char *verb_word(enum verb verb)
{
    static const char *const words[] = { "",     "hold", "reject", "skip",
                                         "warn", "stop", "leave",  "clear" };

    return words[verb];
}

const char *compare_word(enum compare_op op)
{
    static const char *const words[] = {
        "is",         "is not",    "is missing", "is present", "is one of",
        "is not one of", "<",      "<=",         ">",          ">=",
        "between",    "contains",  "starts with", "ends with", "matches",
    };

    return words[op];
}

static const char *const kind_names[] = {
#define NODE(kind, word, a, b, c, d, e, f) #kind,
#include "lang/nodes.def"
#undef NODE
};

static const char *const kid_names[][NODE_KIDS] = {
#define NODE(kind, word, a, b, c, d, e, f) { #a, #b, #c, #d, #e, #f },
#include "lang/nodes.def"
#undef NODE
};

static void dump_literal(const struct node *n, struct buf *out)
{
    char digits[DECIMAL_TEXT_MAX];

    if (n->kind == NODE_NUMBER_LIT || n->kind == NODE_PERCENT_LIT ||
        n->kind == NODE_MONEY_LIT || n->kind == NODE_DURATION_LIT) {
        decimal_print(n->lit.number, digits);
        buf_printf(out, " %s", digits);
    }
    if (n->lit.currency[0])
        buf_printf(out, " %s", n->lit.currency);
    if (n->lit.word.len)
        buf_printf(out, " word=%.*s", TEXT_ARG(n->lit.word));
    if (n->kind == NODE_DATE_LIT)
        buf_printf(out, " day=%d", n->lit.days);
    if (n->kind == NODE_TIME_LIT)
        buf_printf(out, " seconds=%d", n->lit.seconds);
    if (n->lit.verb != VERB_NONE)
        buf_printf(out, " %s", verb_word(n->lit.verb));
    if (n->kind == NODE_COMPARE)
        buf_printf(out, " %s", compare_word(n->lit.op));
    if (n->lit.flag)
        buf_str(out, " yes");
}

static void dump_one(const struct node *n, const char *kid, int depth,
                     struct buf *out)
{
    for (int i = 0; i < depth; i++)
        buf_put(out, "  ", 2);
    if (kid) {
        buf_str(out, kid);
        buf_put(out, ": ", 2);
    }
    buf_str(out, kind_names[n->kind]);
    if (n->text.len) {
        buf_byte(out, ' ');
        buf_json_string(out, n->text);
    }
    dump_literal(n, out);
    if (n->doc.len) {
        buf_str(out, " doc=");
        buf_json_string(out, n->doc);
    }
    buf_byte(out, '\n');
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *k = n->kid[i]; k; k = k->next)
            dump_one(k, kid_names[n->kind][i], depth + 1, out);
}

void dump_tree(const struct node *node, int depth, struct buf *out)
{
    if (node)
        dump_one(node, NULL, depth, out);
}
