/* Flows in sentences. Expressions are already written to be read, so they
 * stand as they are, in the author's words; the sentences around them say
 * when, for what and what otherwise. */
#include "config.h"

#include "lang/aloud.h"
#include "lang/lineage.h"
#include <string.h>

struct aloud {
    const struct program *p;
    const struct flow *flow;
    struct arena *arena;
    struct buf *out;
};

/* The author's words on one line. */
static void words(struct aloud *a, struct span span)
{
    struct text t = span_text(&a->p->sources, span);
    bool blank = false;

    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];

        if (c == '/' && i + 1 < t.len && t.ptr[i + 1] == '/') {
            while (i < t.len && t.ptr[i] != '\n')
                i++;
            blank = true;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            blank = true;
        } else {
            if (blank)
                buf_byte(a->out, ' ');
            blank = false;
            if (c == '|')
                buf_byte(a->out, '\\'); /* in a table of Markdown */
            buf_byte(a->out, c);
        }
    }
}

static void code(struct aloud *a, const struct node *n)
{
    buf_str(a->out, "``");
    words(a, n->span);
    buf_str(a->out, "``");
}

static void say(struct aloud *a, const char *s)
{
    buf_str(a->out, s);
}

static void outcome(struct aloud *a, const struct node *n)
{
    static const char *const done[] = {
        "", "hold the record", "reject the record", "skip the record",
        "write it with a warning", "stop the flow",
        "leave the field as it is", "empty the field",
    };

    say(a, done[n->lit.verb]);
    if (KID(n, OUTCOME, message)) {
        say(a, ": ");
        words(a, KID(n, OUTCOME, message)->span);
    }
}

static void schedule(struct aloud *a, const struct node *n)
{
    if (n->kind == NODE_ON_CHANGE) {
        say(a, "When ");
        buf_text(a->out, a->flow->source_connection->name);
        say(a, " says that something changed");
    } else if (n->kind == NODE_AFTER) {
        say(a, "After ");
        buf_text(a->out, n->text);
    } else {
        say(a, "E");
        words(a, (struct span){ n->span.source, n->span.start + 1,
                                n->span.end });
    }
}

static void schedules(struct aloud *a)
{
    const struct schedule *s = a->flow->schedules;

    if (!s)
        say(a, "When somebody runs it");
    for (; s; s = s->next) {
        schedule(a, s->node);
        if (s->next)
            say(a, "; ");
    }
}

/* "Cost center" in a sentence; "G/L account" stays. */
static void in_sentence(struct aloud *a, struct text t)
{
    bool lower = t.len > 1 && t.ptr[0] >= 'A' && t.ptr[0] <= 'Z' &&
                 t.ptr[1] >= 'a' && t.ptr[1] <= 'z';

    if (lower) {
        buf_byte(a->out, (char)(t.ptr[0] - 'A' + 'a'));
        t = text_slice(t, 1, t.len - 1);
    }
    buf_text(a->out, t);
}

static bool starts_with_vowel(struct text t)
{
    return t.len && strchr("aeioAEIO", t.ptr[0]);
}

static void target(struct aloud *a)
{
    const struct flow *f = a->flow;
    struct text text;

    if (!f->target) {
        say(a, "record in the audit trail what would be written");
        return;
    }
    text = f->target->title.len ? f->target->title : f->target->name;
    say(a, f->writes_updates ? f->writes_creates ? "keep a" : "update the"
                             : "create a");
    say(a, f->writes_creates && starts_with_vowel(text) ? "n " : " ");
    in_sentence(a, text);
    say(a, " in ");
    buf_text(a->out, f->target_connection->name);
}

static void sentence(struct aloud *a)
{
    const struct flow *f = a->flow;

    schedules(a);
    say(a, ", for every ");
    buf_printf(a->out, "%.*s %.*s", TEXT_ARG(f->source_connection->name),
               TEXT_ARG(f->source->name));
    if (f->each) {
        say(a, ", ");
        words(a, f->each->span);
    }
    if (f->where) {
        say(a, " where ");
        code(a, f->where);
    }
    if (f->per) {
        say(a, ", one per ");
        code(a, f->per);
    }
    say(a, ": ");
    target(a);
    say(a, ".");
    if (f->match_node) {
        say(a, " An existing one is recognised by ");
        words(a, (struct span){ f->match_node->span.source,
                                KID(f->match_node, MATCH_ON, paths)->span.start,
                                f->match_node->span.end });
        say(a, ".");
    }
    say(a, "\n\n");
}

static void let(struct aloud *a, const struct node *n)
{
    const struct node *value = KID(n, LET, value);
    const struct node *fallback = NULL;

    if (value->kind == NODE_ELSE) {
        fallback = KID(value, ELSE, fallback);
        value = KID(value, ELSE, value);
    }
    buf_printf(a->out, "%.*s is ", TEXT_ARG(n->text));
    code(a, value);
    if (!fallback)
        return;
    say(a, "; when that is missing, ");
    if (fallback->kind == NODE_OUTCOME)
        outcome(a, fallback);
    else
        code(a, fallback);
}

static void find(struct aloud *a, const struct node *n)
{
    buf_printf(a->out, "Find %.*s in %.*s where ", TEXT_ARG(n->text),
               TEXT_ARG(KID(n, FIND, object)->text));
    code(a, KID(n, FIND, where));
    say(a, "; when there is none, ");
    if (KID(n, FIND, outcome))
        outcome(a, KID(n, FIND, outcome));
    else
        say(a, "it is missing");
}

static void assign(struct aloud *a, const struct node *n)
{
    const struct node *value = KID(n, ASSIGN, value);

    buf_printf(a->out, "Set %.*s to ", TEXT_ARG(n->text));
    if (value->kind == NODE_ELSE &&
        KID(value, ELSE, fallback)->kind == NODE_OUTCOME) {
        code(a, KID(value, ELSE, value));
        say(a, "; when that is missing, ");
        outcome(a, KID(value, ELSE, fallback));
    } else {
        code(a, value);
    }
    if (n->lit.flag)
        say(a, ", once: afterwards people own it");
}

static void item(struct aloud *a, int indent)
{
    buf_printf(a->out, "%*s- ", indent, "");
}

static void statements(struct aloud *a, const struct node *list, int indent);

static void add(struct aloud *a, const struct node *n, int indent)
{
    buf_printf(a->out, "Add to %.*s", TEXT_ARG(n->text));
    if (KID(n, ADD, each)) {
        say(a, " ");
        words(a, KID(n, ADD, each)->span);
    }
    say(a, ":\n");
    statements(a, KID(n, ADD, body), indent + 2);
}

static void gone(struct aloud *a, const struct node *n, int indent)
{
    say(a, "When the source record has gone");
    if (KID(n, WHEN_GONE, outcome)) {
        say(a, ", ");
        if (KID(n, WHEN_GONE, outcome)->lit.verb == VERB_LEAVE)
            say(a, "leave what was written as it is");
        else
            outcome(a, KID(n, WHEN_GONE, outcome));
        say(a, ".\n");
        return;
    }
    say(a, ":\n");
    statements(a, KID(n, WHEN_GONE, body), indent + 2);
}

static void verb_when(struct aloud *a, const struct node *n)
{
    static const char *const verbs[] = { "", "Hold", "Reject", "Skip", "Warn",
                                         "Stop", "", "" };

    say(a, verbs[n->lit.verb]);
    say(a, " when ");
    code(a, KID(n, VERB_WHEN, condition));
    say(a, ": ");
    words(a, KID(n, VERB_WHEN, message)->span);
}

/* One line of the list; false: the head of the page has said it. */
static bool statement(struct aloud *a, const struct node *n, int indent)
{
    switch ((int)n->kind) {
    case NODE_EVERY: case NODE_ON_CHANGE: case NODE_AFTER:
    case NODE_MATCH_ON: case NODE_WRITE:
        return false;
    default:
        break;
    }
    item(a, indent);
    switch ((int)n->kind) {
    case NODE_LET: let(a, n); break;
    case NODE_FIND: find(a, n); break;
    case NODE_ASSIGN: assign(a, n); break;
    case NODE_VERB_WHEN: verb_when(a, n); break;
    case NODE_OWNER:
        buf_printf(a->out, "What is held goes to %.*s", TEXT_ARG(n->text));
        break;
    case NODE_REQUIRE:
        say(a, "It must be true that ");
        code(a, KID(n, REQUIRE, condition));
        say(a, "; otherwise ");
        outcome(a, KID(n, REQUIRE, outcome));
        break;
    case NODE_LIMIT:
        say(a, "Nothing is written when more than ");
        words(a, KID(n, LIMIT, amount)->span);
        buf_printf(a->out, " would be %.*s", TEXT_ARG(n->text));
        break;
    case NODE_READ:
        say(a, text_is(n->text, "everything")
                   ? "Each run reads everything"
                   : "Each run reads what changed");
        if (KID(n, READ, from)) {
            say(a, " since ");
            words(a, KID(n, READ, from)->span);
        }
        break;
    case NODE_RECHECK:
        say(a, "Everything is read again every ");
        words(a, KID(n, RECHECK, duration)->span);
        break;
    case NODE_ADD: add(a, n, indent); return true;
    case NODE_WHEN_GONE: gone(a, n, indent); return true;
    default: words(a, n->span); break;
    }
    say(a, ".\n");
    return true;
}

static void statements(struct aloud *a, const struct node *list, int indent)
{
    for (const struct node *n = list; n; n = n->next)
        statement(a, n, indent);
}

static void lineage(struct aloud *a)
{
    const struct lineage_row *row = lineage_rows(a->flow, a->arena);

    if (!row)
        return;
    say(a, "\n| field | value | comes from |\n|---|---|---|\n");
    for (; row; row = row->next) {
        buf_printf(a->out, "| %.*s | ", TEXT_ARG(row->field));
        code(a, KID(row->node, ASSIGN, value));
        say(a, " | ");
        for (size_t i = 0; i < row->leaves.count; i++)
            buf_printf(a->out, "%s%.*s", i ? ", " : "",
                       TEXT_ARG(row->leaves.at[i]));
        say(a, row->leaves.more ? ", … |\n" : " |\n");
    }
}

void aloud_flow(const struct program *p, const struct flow *flow,
                struct arena *arena, struct buf *out)
{
    struct aloud a = { p, flow, arena, out };

    buf_printf(out, "## %.*s\n\n",
               TEXT_ARG(flow->title.len ? flow->title : flow->name));
    if (flow->title.len)
        buf_printf(out, "Flow %.*s. ", TEXT_ARG(flow->name));
    if (flow->node->doc.len)
        buf_printf(out, "%.*s\n\n", TEXT_ARG(flow->node->doc));
    sentence(&a);
    statements(&a, flow->body, 0);
    lineage(&a);
    say(&a, "\n");
}
