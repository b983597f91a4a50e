/* What the checker has learnt about values: that one is present, or how long
 * a text is at most. Learnt from conditions, `else hold`, `require` and the
 * sentence's `where`; forgotten when the scope ends. */
#include "config.h"

#include "lang/check.h"

bool known_path(struct arena *arena, const struct node *n,
                const struct symbol **root, struct text *path)
{
    if (n->kind == NODE_NAME && n->symbol) {
        *root = n->symbol;
        *path = (struct text){ "", 0 };
        return true;
    }
    if (n->kind != NODE_MEMBER || !known_path(arena, KID(n, MEMBER, record), root, path))
        return false;
    *path = text_of(path->len ? arena_printf(arena, "%.*s.%.*s",
                                             TEXT_ARG(*path), TEXT_ARG(n->text))
                              : text_cstr(arena, n->text));
    return true;
}

static void learn(struct checker *c, enum fact_kind kind,
                  const struct symbol *root, struct text path, int length)
{
    struct known *k = ARENA_NEW(c->arena, struct known);
    *k = (struct known){ kind, root, path, length, c->known };
    c->known = k;
}

void known_present(struct checker *c, const struct node *n)
{
    const struct symbol *root;
    struct text path;
    while (n && known_path(c->arena, n, &root, &path)) {
        learn(c, FACT_PRESENT, root, path, 0);
        n = n->kind == NODE_MEMBER ? KID(n, MEMBER, record) : NULL;
    }
}

static const struct known *known_find(const struct checker *c,
                                      enum fact_kind kind,
                                      const struct node *n)
{
    const struct symbol *root;
    struct text path;
    if (!c->known || !known_path(c->arena, n, &root, &path))
        return NULL;
    for (const struct known *k = c->known; k; k = k->next)
        if (k->kind == kind && k->root == root && text_equal(k->path, path))
            return k;
    return NULL;
}

bool known_is_present(const struct checker *c, const struct node *n)
{
    return known_find(c, FACT_PRESENT, n);
}

int known_length(const struct checker *c, const struct node *n)
{
    const struct known *k = known_find(c, FACT_LENGTH, n);
    return k ? k->length : LENGTH_UNLIMITED;
}

static bool is_never_missing(const struct node *n)
{
    return n && n->type && !n->type->optional && n->kind != NODE_MISSING_LIT;
}

/* length(x) <= 8, or < 9, or is 8 */
static void learn_length(struct checker *c, const struct node *compare)
{
    const struct node *call = KID(compare, COMPARE, left);
    const struct node *limit = KID(compare, COMPARE, right);
    int64_t most;
    const struct symbol *root;
    struct text path;
    if (call->kind != NODE_CALL || !text_is(call->text, "length") ||
        !limit || limit->kind != NODE_NUMBER_LIT ||
        !decimal_to_int64(limit->lit.number, &most))
        return;
    const struct node *arg = KID(call, CALL, args);
    if (compare->lit.op == OP_LESS)
        most--;
    if (arg && most >= 0 && most < INT32_MAX &&
        known_path(c->arena, arg, &root, &path))
        learn(c, FACT_LENGTH, root, path, (int)most);
}

static void from_compare(struct checker *c, const struct node *n, bool truth)
{
    const struct node *left = KID(n, COMPARE, left);
    const struct node *right = KID(n, COMPARE, right);
    enum compare_op op = n->lit.op;
    if (op == OP_IS_PRESENT || op == OP_IS_MISSING) {
        if ((op == OP_IS_PRESENT) == truth)
            known_present(c, left);
        return;
    }
    if (!truth && op == OP_IS_NOT && is_never_missing(right))
        known_present(c, left);
    if (!truth)
        return;
    if (op == OP_IS && is_never_missing(right))
        known_present(c, left);
    if (op == OP_IS && is_never_missing(left))
        known_present(c, right);
    if (op == OP_IS_ONE_OF)
        known_present(c, left);
    if (op == OP_LESS || op == OP_LESS_EQUAL || op == OP_IS)
        learn_length(c, n);
}

void known_from(struct checker *c, const struct node *n, bool truth)
{
    switch ((int)n->kind) {
    case NODE_NOT: known_from(c, KID(n, NOT, value), !truth); break;
    case NODE_AND:
        if (truth) {
            known_from(c, KID(n, AND, left), true);
            known_from(c, KID(n, AND, right), true);
        }
        break;
    case NODE_OR:
        if (!truth) {
            known_from(c, KID(n, OR, left), false);
            known_from(c, KID(n, OR, right), false);
        }
        break;
    case NODE_COMPARE: from_compare(c, n, truth); break;
    default: break;
    }
}
