/* Programs by chance. They need not mean anything: they only have to be
 * sentences of the grammar. */
#include "config.h"

#include "tests/lib/program.h"

struct gen {
    uint64_t state;
    struct buf *out;
    int depth;
    bool tidy; /* no comments and line ends where they may stand */
};

static uint32_t roll(struct gen *g, uint32_t sides)
{
    g->state ^= g->state << 13;
    g->state ^= g->state >> 7;
    g->state ^= g->state << 17;
    return (uint32_t)((g->state >> 11) % sides);
}

static void put(struct gen *g, const char *s)
{
    buf_str(g->out, s);
}

static const char *pick(struct gen *g, const char *const *list)
{
    uint32_t count = 0;

    while (list[count])
        count++;
    return list[roll(g, count)];
}

static void comment(struct gen *g)
{
    static const char *const texts[] = {
        " // why", "//x", " // a \"b\" {c} é", "   // last, first ; # `", NULL,
    };

    put(g, pick(g, texts));
    put(g, roll(g, 4) ? "\n" : "  \r\n");
}

/* Blanks, where any may stand. */
static void gap(struct gen *g)
{
    static const char *const blanks[] = { " ", " ", " ", "  ", "\t", NULL };

    put(g, pick(g, blanks));
    if (g->tidy)
        return;
    switch (roll(g, 24)) {
    case 0: put(g, "\n"); break;
    case 1: put(g, "\r\n  "); break;
    case 2: put(g, "\n\n\n"); break;
    case 3: comment(g); break;
    case 4: comment(g); comment(g); break;
    default: break;
    }
}

static void word(struct gen *g, const char *s)
{
    gap(g);
    put(g, s);
}

static void line(struct gen *g)
{
    if (!roll(g, 5))
        comment(g);
    put(g, roll(g, 4) ? "\n" : "\n\n");
    if (!roll(g, 6)) {
        put(g, "  // a line\n");
        if (!roll(g, 2))
            put(g, "\n");
    }
}

static const char *const names[] = {
    "a", "employee", "Code", "x1", "_y", "Lines", "`Due date`", "`a.b`",
    "`is`", "department_number_two", "`é`", "text", "log", "to", "from", NULL,
};
static const char *const free_names[] = {
    "a", "Code", "if", "or", "is", "match", "where", "`Due date`", "yes",
    "find", "otherwise", "log", NULL,
};

static void name(struct gen *g)
{
    put(g, pick(g, names));
}

static void field(struct gen *g)
{
    put(g, pick(g, free_names));
    while (!roll(g, 5)) {
        put(g, ".");
        put(g, pick(g, free_names));
    }
    put(g, roll(g, 3) ? " =" : "=");
}

static void let_name(struct gen *g)
{
    static const char *const lets[] = { "total", "k9", "`a b`", "note", NULL };

    put(g, pick(g, lets));
    put(g, " =");
}

static void number(struct gen *g)
{
    static const char *const numbers[] = {
        "0", "1", "25", "1_000", "0.21", "12.50", "1_000_000.125", NULL,
    };

    put(g, pick(g, numbers));
}

static void plain(struct gen *g)
{
    static const char *const plains[] = {
        "2025-03-31", "06:00", "15 minutes", "1  day", "yes", "no", "21%",
        "5.5%", "10 EUR", "1_000.00   USD", "3 weeks", NULL,
    };

    if (roll(g, 2))
        number(g);
    else
        put(g, pick(g, plains));
}

static void plain_text(struct gen *g)
{
    static const char *const texts[] = {
        "\"\"", "\"x\"", "\"a \\\"b\\\" c\"", "\"\\\\ \\n \\t\"", "\"é — €\"",
        "\"// no comment\"", "\"\\u{20AC}\"", "\"a, b => c\"",
        "\"a text that is long enough to make some lines too long to fit\"",
        NULL,
    };

    put(g, pick(g, texts));
}

static void expr(struct gen *g);
static void value(struct gen *g);

static void text(struct gen *g)
{
    static const char *const holes[] = {
        "\"{a}\"", "\"a {b.c} d\"", "\"{a + 1}{b else c}\"",
        "\"{if a then b else c} {choose { when a => b otherwise => c }}\"",
        "\"{left(a.b, 60)} \\{x\\}\"", "\"{ a }\"", NULL,
    };

    if (roll(g, 2))
        plain_text(g);
    else
        put(g, pick(g, holes));
}

static void outcome(struct gen *g)
{
    static const char *const verbs[] = { "hold", "reject", "skip", "warn",
                                         "stop", NULL };

    switch (roll(g, 4)) {
    case 0: put(g, "leave"); return;
    case 1: put(g, "clear"); return;
    default: break;
    }
    put(g, pick(g, verbs));
    gap(g);
    text(g);
}

static void each(struct gen *g)
{
    word(g, roll(g, 6) ? "for each" : "for  each");
    gap(g);
    name(g);
    word(g, "in");
    gap(g);
    expr(g);
}

static void where(struct gen *g)
{
    word(g, "where");
    gap(g);
    expr(g);
}

static void arg(struct gen *g)
{
    if (roll(g, 5)) {
        value(g);
        return;
    }
    expr(g);
    each(g);
    if (roll(g, 2))
        where(g);
}

static void args(struct gen *g)
{
    uint32_t count = 1 + roll(g, 3);

    while (count--) {
        if (!roll(g, 6))
            gap(g);
        arg(g);
        if (count)
            put(g, roll(g, 3) ? ", " : ",");
    }
    if (!roll(g, 6))
        gap(g);
}

static void primary(struct gen *g)
{
    static const char *const calls[] = { "left(", "after(", "sum (", "f(",
                                         NULL };

    if (g->depth > 3) {
        name(g);
        return;
    }
    switch (roll(g, 9)) {
    case 0: plain(g); return;
    case 1: text(g); return;
    case 2: put(g, pick(g, calls)); args(g); put(g, ")"); return;
    case 3: put(g, "now()"); return;
    case 4: put(g, "("); gap(g); value(g); put(g, ")"); return;
    case 5: put(g, "[]"); return;
    case 6: put(g, "["); args(g); put(g, "]"); return;
    default: name(g); return;
    }
}

static void postfix(struct gen *g)
{
    primary(g);
    while (!roll(g, 3)) {
        if (roll(g, 4)) {
            put(g, roll(g, 8) ? "." : " . ");
            put(g, pick(g, free_names));
        } else {
            put(g, "[");
            args(g);
            put(g, "]");
        }
    }
}

static void unary(struct gen *g)
{
    while (!roll(g, 8))
        put(g, roll(g, 2) ? "-" : "try ");
    postfix(g);
}

static void chain(struct gen *g, const char *const *signs, uint32_t chance,
                  void part(struct gen *g))
{
    part(g);
    while (!roll(g, chance)) {
        word(g, pick(g, signs));
        gap(g);
        part(g);
    }
}

static void product(struct gen *g)
{
    static const char *const signs[] = { "*", "/", NULL };

    chain(g, signs, 8, unary);
}

static void sum(struct gen *g)
{
    static const char *const signs[] = { "+", "-", NULL };

    chain(g, signs, 6, product);
}

static void comparison(struct gen *g)
{
    static const char *const signs[] = {
        "is", "is not", "is  one of", "is not one of", "<", "<=", ">", ">=",
        "contains", "starts with", "ends  with", NULL,
    };

    sum(g);
    switch (roll(g, 8)) {
    case 0: word(g, "is missing"); return;
    case 1: word(g, "is  present"); return;
    case 2:
        word(g, "between");
        gap(g);
        sum(g);
        word(g, "and");
        gap(g);
        sum(g);
        return;
    case 3: word(g, "matches"); word(g, "\"[A-Z]{2}\\\\d+\\\"\""); return;
    case 4: case 5:
        word(g, pick(g, signs));
        gap(g);
        sum(g);
        return;
    default: return;
    }
}

static void negation(struct gen *g)
{
    while (!roll(g, 8))
        put(g, "not ");
    comparison(g);
}

static void conjunction(struct gen *g)
{
    static const char *const signs[] = { "and", NULL };

    chain(g, signs, 6, negation);
}

static void arm_value(struct gen *g)
{
    if (roll(g, 4))
        value(g);
    else
        outcome(g);
}

static void choose(struct gen *g)
{
    uint32_t count = roll(g, 3);

    put(g, "choose");
    word(g, "{");
    do {
        word(g, "when");
        gap(g);
        expr(g);
        word(g, "=>");
        gap(g);
        arm_value(g);
    } while (count--);
    if (roll(g, 2)) {
        word(g, "otherwise");
        word(g, "=>");
        gap(g);
        arm_value(g);
    }
    word(g, "}");
}

static void condition(struct gen *g)
{
    put(g, "if ");
    expr(g);
    word(g, "then");
    gap(g);
    expr(g);
    word(g, "else");
    gap(g);
    expr(g);
}

static void expr(struct gen *g)
{
    static const char *const signs[] = { "or", NULL };

    g->depth++;
    if (g->depth > 3)
        postfix(g);
    else if (!roll(g, 12))
        condition(g);
    else if (!roll(g, 12))
        choose(g);
    else
        chain(g, signs, 8, conjunction);
    g->depth--;
}

static void value(struct gen *g)
{
    expr(g);
    while (!roll(g, 6)) {
        word(g, "else");
        gap(g);
        if (roll(g, 2)) {
            outcome(g);
            return;
        }
        expr(g);
    }
}

/* ------------------------------------------------------------- statements */

static void object(struct gen *g)
{
    static const char *const objects[] = { "Exact.costcenter", "A.b",
                                           "Monday.`my board`", NULL };

    put(g, pick(g, objects));
}

static void path(struct gen *g)
{
    put(g, pick(g, names));
    while (!roll(g, 4)) {
        put(g, ".");
        put(g, pick(g, free_names));
    }
}

static void schedule(struct gen *g)
{
    static const char *const schedules[] = {
        "every 15 minutes", "every weekday at 06:00",
        "every month on 25 at 18:00", "every month on last at 18:00",
        "on change", "after other_flow", "owner \"ap@acme.example\"",
        "read changes", "read everything", "read changes from 2025-01-01",
        "recheck every 1 day", "write creates", "write creates and updates",
        "limit created to 200", "limit held to 10%", "limit gone to 5",
        "limit amount to 1_000  EUR", NULL,
    };

    put(g, pick(g, schedules));
}

static void body(struct gen *g, int depth);

static void find(struct gen *g)
{
    put(g, "find ");
    name(g);
    word(g, "in");
    gap(g);
    object(g);
    where(g);
    if (roll(g, 2)) {
        word(g, "else");
        gap(g);
        outcome(g);
    }
}

static void add(struct gen *g, int depth)
{
    put(g, "add ");
    path(g);
    if (roll(g, 2)) {
        each(g);
        if (roll(g, 2))
            where(g);
    }
    gap(g);
    body(g, depth + 1);
}

static void verb_when(struct gen *g)
{
    static const char *const verbs[] = { "hold", "reject", "skip", "warn",
                                         "stop", NULL };

    put(g, pick(g, verbs));
    word(g, "when");
    gap(g);
    expr(g);
    gap(g);
    text(g);
}

static void require(struct gen *g)
{
    put(g, "require ");
    expr(g);
    word(g, "else");
    gap(g);
    outcome(g);
}

static void match_on(struct gen *g)
{
    put(g, "match on ");
    path(g);
    while (!roll(g, 3)) {
        put(g, ", ");
        path(g);
    }
}

static void gone(struct gen *g, int depth)
{
    put(g, "when gone");
    gap(g);
    if (roll(g, 2))
        outcome(g);
    else
        body(g, depth + 1);
}

static void statement(struct gen *g, int depth)
{
    switch (roll(g, depth > 2 ? 9 : 11)) {
    case 0: case 1: schedule(g); break;
    case 2: put(g, "let "); let_name(g); gap(g); value(g); break;
    case 3: find(g); break;
    case 4: require(g); break;
    case 5: verb_when(g); break;
    case 6: match_on(g); break;
    case 9: add(g, depth); break;
    case 10: gone(g, depth); break;
    default:
        field(g);
        gap(g);
        value(g);
        if (!roll(g, 4))
            word(g, "once");
        break;
    }
}

static void body(struct gen *g, int depth)
{
    uint32_t count = roll(g, 5);

    put(g, "{");
    if (roll(g, 4))
        line(g);
    else
        put(g, " ");
    while (count--) {
        statement(g, depth);
        line(g);
    }
    put(g, "}");
}

/* ------------------------------------------------------------------ items */

static void type(struct gen *g)
{
    static const char *const types[] = { "text", "number", "yes/no", "date",
                                         "list(text)", "list(A.b)",
                                         "Rippling.employee", NULL };

    put(g, pick(g, types));
}

static void params(struct gen *g)
{
    do {
        name(g);
        put(g, " ");
        type(g);
    } while (!roll(g, 3) && (put(g, ", "), true));
}

static void cell(struct gen *g)
{
    switch (roll(g, 5)) {
    case 0: put(g, "missing"); break;
    case 1: put(g, "-"); number(g); break;
    case 2: put(g, "- 10 EUR"); break;
    case 3: plain(g); break;
    default: plain_text(g); break;
    }
}

static void cells(struct gen *g)
{
    cell(g);
    while (!roll(g, 3)) {
        put(g, ",");
        gap(g);
        cell(g);
    }
}

static void table(struct gen *g)
{
    put(g, "table ");
    name(g);
    put(g, "(");
    params(g);
    word(g, "=>");
    gap(g);
    params(g);
    put(g, ")");
    if (!roll(g, 3)) {
        put(g, " from \"tables/a.csv\"");
        return;
    }
    word(g, "{");
    line(g);
    for (uint32_t count = roll(g, 4); count--;) {
        if (roll(g, 5))
            cells(g);
        else
            put(g, "otherwise");
        word(g, "=>");
        gap(g);
        cells(g);
        line(g);
    }
    if (!roll(g, 3)) {
        put(g, "otherwise => ");
        outcome(g);
    }
    word(g, "}");
}

static void record_value(struct gen *g, int depth);

static void record(struct gen *g, int depth)
{
    uint32_t count = roll(g, 4);

    put(g, "{");
    while (count--) {
        gap(g);
        put(g, pick(g, free_names));
        put(g, roll(g, 4) ? ": " : ":");
        record_value(g, depth + 1);
        if (count || !roll(g, 4))
            put(g, ",");
    }
    gap(g);
    put(g, "}");
}

static void record_value(struct gen *g, int depth)
{
    uint32_t count = roll(g, 3);

    if (depth > 3 || roll(g, 4)) {
        cell(g);
    } else if (roll(g, 2)) {
        record(g, depth);
    } else {
        put(g, "[");
        while (count--) {
            gap(g);
            record_value(g, depth + 1);
            if (count || !roll(g, 4))
                put(g, ",");
        }
        put(g, "]");
    }
}

static void clause(struct gen *g)
{
    switch (roll(g, 7)) {
    case 0: put(g, "given "); object(g); gap(g); record(g, 0); break;
    case 1: put(g, "given "); name(g); gap(g); record(g, 0); break;
    case 2: put(g, "given today = 2025-03-31"); break;
    case 3: put(g, "expect "); object(g); gap(g); record(g, 0); break;
    case 4: put(g, "expect hold"); break;
    case 5: put(g, "expect reject "); plain_text(g); break;
    default: put(g, "expect nothing "); object(g); break;
    }
}

static void test(struct gen *g)
{
    put(g, "test ");
    plain_text(g);
    word(g, "{");
    line(g);
    for (uint32_t count = roll(g, 5); count--;) {
        clause(g);
        line(g);
    }
    put(g, "}");
}

static void fields(struct gen *g, int depth);

static void field_type(struct gen *g, int depth)
{
    static const char *const types[] = {
        "text", "text(60)", "number(2)", "money", "yes/no", "date", "integer",
        "one of \"A\", \"B\" as 12, \"C\" as \"c\" ends, \"D\" ends",
        "id of exact.account", "exact.address", NULL,
    };

    if (depth < 2 && !roll(g, 8)) {
        put(g, "record {\n");
        fields(g, depth + 1);
        put(g, "}");
        return;
    }
    if (!roll(g, 6))
        put(g, "list of ");
    put(g, pick(g, types));
}

static void fields(struct gen *g, int depth)
{
    static const char *const field_names[] = {
        "ID", "where", "if", "from", "Lines", "note", "`Due date`", "one",
        "by", "ends", "as", "is", NULL,
    };
    static const char *const flags[] = {
        " required", " always", " read_only", " searchable",
        " filter(is, one_of, greater_equal)", " default(\"yes\")",
        " pattern(\"[A-Z]{2}\")", " also(\"Other\")", " currency(Currency)",
        " from \"a.b\"", "  // note", " encoding(\"ms date\")", NULL,
    };

    for (uint32_t count = roll(g, 6); count--;) {
        const char *flag;
        bool from = false;

        if (!roll(g, 6))
            put(g, "  ### what it is\n");
        put(g, "  ");
        put(g, pick(g, field_names));
        put(g, " ");
        field_type(g, depth);
        while (roll(g, 3)) {
            flag = pick(g, flags);
            if (flag[1] == 'f' && flag[2] == 'r') {
                if (from)
                    continue;
                from = true;
            }
            put(g, flag);
            if (flag[1] == ' ')
                break;
        }
        put(g, "\n");
        if (!roll(g, 6))
            put(g, "\n");
    }
}

static void object_form(struct gen *g)
{
    static const char *const facts[] = {
        "at \"hrm/Costcenters\"", "also cost_center", "key ID", "key A, B",
        "operations read, create, update", "changes time by Modified",
        "changes none", "deletes seen", "small", "balanced Lines.AmountFC",
        "match Code", "refuse \"read-only: {why}\"", "fact bulk \"b\"",
        "fact page 60", NULL,
    };

    put(g, "object Monday.board ");
    if (roll(g, 2))
        put(g, "\"Board\" ");
    put(g, "{\n");
    for (uint32_t count = roll(g, 5); count--;) {
        put(g, "   ");
        put(g, pick(g, facts));
        put(g, roll(g, 4) ? "\n" : "   // fact\n");
    }
    fields(g, 0);
    put(g, "}");
}

static void sentence(struct gen *g)
{
    object(g);
    if (!roll(g, 4)) {
        word(g, "as");
        gap(g);
        name(g);
    }
    word(g, "->");
    gap(g);
    if (roll(g, 6))
        object(g);
    else
        put(g, "log");
    if (!roll(g, 3))
        each(g);
    if (roll(g, 2))
        where(g);
    if (!roll(g, 3)) {
        word(g, "one per");
        gap(g);
        expr(g);
    }
    if (!roll(g, 6))
        return;
    gap(g);
    body(g, 0);
}

static void flow(struct gen *g)
{
    if (roll(g, 4)) {
        put(g, "flow ");
        name(g);
        if (!roll(g, 3))
            put(g, " was old_name");
        if (roll(g, 2)) {
            gap(g);
            plain_text(g);
        }
        put(g, "\n");
    }
    sentence(g);
}

static void define(struct gen *g)
{
    put(g, "define ");
    name(g);
    put(g, "(");
    if (roll(g, 5))
        params(g);
    put(g, ")");
    word(g, "=");
    gap(g);
    value(g);
}

static void connection(struct gen *g)
{
    put(g, "connection Exact is exact");
    if (!roll(g, 3))
        return;
    word(g, "{");
    for (uint32_t count = roll(g, 4); count--;) {
        gap(g);
        put(g, "region = ");
        cell(g);
    }
    word(g, "}");
}

static void item(struct gen *g)
{
    if (!roll(g, 4))
        put(g, roll(g, 2) ? "### what it is for\n### in two lines\n"
                          : "// not a doc\n");
    switch (roll(g, 12)) {
    case 0: put(g, "use \"a.mlc\""); break;
    case 1: put(g, "use \"b.mlc\" as hr"); break;
    case 2: put(g, "set timezone \"Europe/Amsterdam\""); break;
    case 3: put(g, "let "); let_name(g); gap(g); value(g); break;
    case 4: define(g); break;
    case 5: table(g); break;
    case 6: connection(g); break;
    case 7: object_form(g); break;
    case 8: test(g); break;
    default: flow(g); break;
    }
    put(g, "\n");
    if (!roll(g, 3))
        put(g, "\n");
}

void program_random(uint64_t seed, struct buf *out)
{
    struct gen g = { .state = seed * 0x9E3779B97F4A7C15u + 0x1234567u,
                     .out = out };
    uint32_t count;

    if (!g.state)
        g.state = 1;
    g.tidy = !roll(&g, 4);
    if (!roll(&g, 3))
        put(&g, "\xEF\xBB\xBF// head\n\n");
    put(&g, roll(&g, 3) ? "set language 1\n" : "");
    for (count = 1 + roll(&g, 6); count--;)
        item(&g);
}
