/* mlc suggest: a body for a flow, to be confirmed by a person. Fields with
 * names alike are put together; what the target demands and nothing fits
 * stays open. What the flow already sets is left out. */
#include "config.h"

#include "cli/command.h"

#include "cli/project.h"
#include "lang/lineage.h"

#include <string.h>

#define WORD_MAX 200

int cmd_suggest(const struct invocation *in);

struct guess {
    char path[2 * WORD_MAX];
    size_t distance; /* 0: the same name */
};

struct suggest {
    const struct flow *flow;
    struct lineage_row *rows;
    struct buf out;
};

/* Letters and digits, small: DueDate, due_date and Due date are one. */
static struct text plain(struct text t, char room[WORD_MAX])
{
    size_t len = 0;

    for (size_t i = 0; i < t.len && len < WORD_MAX; i++) {
        char c = t.ptr[i];

        if (c >= 'A' && c <= 'Z')
            room[len++] = (char)(c - 'A' + 'a');
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                 (unsigned char)c >= 0x80)
            room[len++] = c;
    }
    return (struct text){ room, len };
}

static bool is_plain_name(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
              (i && c >= '0' && c <= '9')))
            return false;
    }
    return t.len > 0;
}

static void name(struct buf *b, struct text t)
{
    bool tick = !is_plain_name(t);

    buf_str(b, tick ? "`" : "");
    buf_text(b, t);
    buf_str(b, tick ? "`" : "");
}

static bool fits(const struct type *from, const struct type *to)
{
    bool text_like = to->kind == TYPE_TEXT || to->kind == TYPE_ENUM;

    if (from->kind == to->kind)
        return true;
    return text_like && (from->kind == TYPE_TEXT || from->kind == TYPE_ENUM);
}

static void consider(struct guess *best, const struct field *to,
                     const struct field *from, struct text prefix)
{
    char a[WORD_MAX], b[WORD_MAX];
    struct text x = plain(to->name, a), y = plain(from->name, b);
    size_t limit = x.len / 4, d;
    struct buf path;

    if (!x.len || !fits(from->type, to->type))
        return;
    d = text_distance(x, y, limit);
    if (d > limit || d >= best->distance)
        return;
    buf_init(&path, sizeof best->path - 1);
    buf_text(&path, prefix);
    buf_byte(&path, '.');
    name(&path, from->name);
    if (!path.full) {
        best->distance = d;
        memcpy(best->path, buf_cstr(&path), path.len + 1);
    }
    buf_fini(&path);
}

/* The source's fields, and those of its records one step down. */
static struct guess look(const struct flow *f, const struct field *to)
{
    struct guess best = { .distance = SIZE_MAX };
    struct text root = f->source_symbol->name;

    for (size_t i = 0; i < f->source->field_count; i++) {
        const struct field *from = &f->source->fields[i];
        const struct object *inner =
            from->type->kind == TYPE_RECORD ? from->type->object : NULL;
        char prefix[WORD_MAX * 2];

        consider(&best, to, from, root);
        snprintf(prefix, sizeof prefix, "%.*s.%.*s", TEXT_ARG(root),
                 TEXT_ARG(from->name));
        for (size_t j = 0; inner && j < inner->field_count; j++)
            consider(&best, to, &inner->fields[j], text_of(prefix));
    }
    return best;
}

static bool is_set(const struct suggest *s, const struct field *field)
{
    for (const struct lineage_row *r = s->rows; r; r = r->next)
        if (text_equal(r->field, field->name) ||
            (r->field.len > field->name.len &&
             r->field.ptr[field->name.len] == '.' &&
             text_starts(r->field, field->name)))
            return true;
    return false;
}

static void one_field(struct suggest *s, const struct field *field)
{
    struct guess g;
    struct buf type;

    if (field->read_only || is_set(s, field))
        return;
    g = look(s->flow, field);
    if (g.distance == SIZE_MAX && !field->required)
        return;
    buf_str(&s->out, g.distance == SIZE_MAX ? "  // " : "  ");
    name(&s->out, field->name);
    buf_str(&s->out, " = ");
    buf_str(&s->out, g.distance == SIZE_MAX ? "?" : g.path);
    buf_init(&type, 1024);
    type_print(field->type, &type);
    buf_printf(&s->out, "  // %s%s%s\n",
               g.distance == SIZE_MAX ? "" : "guess; ",
               field->required ? "required: " : "", buf_cstr(&type));
    buf_fini(&type);
}

static bool says(const struct flow *f, enum node_kind kind)
{
    for (const struct node *n = f->body; n; n = n->next)
        if (n->kind == kind)
            return true;
    return false;
}

static void body(struct suggest *s)
{
    const struct flow *f = s->flow;
    struct text match = f->target->match_default;

    buf_str(&s->out, "{\n");
    if (!says(f, NODE_READ))
        buf_printf(&s->out, "  read %s\n",
                   f->source->changes == CHANGES_NONE ? "everything"
                                                      : "changes");
    if (!says(f, NODE_WRITE))
        buf_printf(&s->out, "  write creates%s\n",
                   f->target->operations & OPERATION_UPDATE ? " and updates"
                                                            : "");
    if (!f->match_count && match.len)
        buf_printf(&s->out, "  match on %.*s\n", TEXT_ARG(match));
    if (s->out.len > 2)
        buf_byte(&s->out, '\n');
    for (size_t i = 0; i < f->target->field_count; i++)
        one_field(s, &f->target->fields[i]);
    buf_str(&s->out, "}\n");
}

static int suggest(const struct invocation *in, struct program *p)
{
    struct error err = { 0 };
    struct suggest s = { .flow = program_flow(p, text_of(in->args[0])) };

    if (!s.flow || s.flow->broken || !s.flow->source) {
        if (s.flow)
            diags_print(&p->diags, DIAG_TEXT, in->colour_messages, NULL,
                        stderr);
        error_set(&err, ERROR_USAGE, "there is no flow %s to complete",
                  in->args[0]);
        return command_fail(in, &err);
    }
    if (!s.flow->target) {
        error_set(&err, ERROR_USAGE, "flow %s only logs: it has no fields "
                                     "that must be set", in->args[0]);
        return command_fail(in, &err);
    }
    s.rows = lineage_rows(s.flow, &p->arena);
    buf_init(&s.out, 0);
    body(&s);
    fwrite(s.out.ptr, 1, s.out.len, stdout);
    buf_fini(&s.out);
    return EXIT_FINE;
}

int cmd_suggest(const struct invocation *in)
{
    struct program p;
    struct load_options options = { 0 };
    int code;

    project_options(&options);
    program_init(&p);
    program_load(&p, &options);
    program_check(&p);
    code = suggest(in, &p);
    program_fini(&p);
    return code;
}
