/* mlc suggest: source and target fields whose names are alike are put
 * together, through nested records, and lists to lists. A guess is written so
 * that it checks: cut to the length, rounded to the scale, with what happens
 * when the value is missing. */
#include "config.h"

#include "lang/check.h"
#include "lang/suggest.h"

#include <string.h>

#define NAME_ROOM 200
#define DEPTH_MAX 3      /* of records in records of the target */
#define SOURCE_DEPTH 2   /* of the source */
#define SCORE_WORST 12   /* a guess past it is none */
#define SCORE_DEEPER 3   /* one record further away */
#define SCORE_OUTER 5    /* in a list: of the record around it */
#define SCORE_SYNONYM 5

struct root { /* a record that values may be taken from */
    struct text name;
    const struct object *object;
    int penalty;
};

struct suggest {
    const struct flow *flow;
    const struct lineage_row *rows;
    struct arena *arena;
    struct buf *out;
    struct root roots[3];
    size_t root_count;
    size_t guesses;
};

struct guess {
    int score;
    const char *path;
    const struct type *type;
    bool optional;
    const char *name; /* of the field, for the reason of a hold */
};

/* ------------------------------------------------------------------ names */
/* Letters and digits, small: DueDate, due_date and Due date are one. */
static struct text plain(struct text t, char room[NAME_ROOM])
{
    size_t len = 0;
    for (size_t i = 0; i < t.len && len < NAME_ROOM; i++) {
        char c = t.ptr[i];
        if (c >= 'A' && c <= 'Z')
            room[len++] = (char)(c + 32);
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                 (unsigned char)c >= 0x80)
            room[len++] = c;
    }
    return (struct text){ room, len };
}

/* Words of the trade for one thing, best first. */
static bool are_synonyms(struct text a, struct text b)
{
    static const char *const groups[] = {
        " name title description displayname fullname legalname subject ",
        " code number referencecode reference no externalid shortname ",
        " amount total value amountfc totalamount claimed ",
        " date day created invoicedate documentdate entrydate transactiondate ",
        " enddate until closedon validto ",
        " startdate from validfrom hiredate ",
        " email workemail mail emailaddress employeeemail accountemail ",
        " phone telephone phone1 mobile ",
        " postcode postalcode zip zipcode ziporpostalcode ",
        " city town locality ",
        " street addressline1 line1 streetaddress ",
        " lastname surname familyname ", " firstname givenname ",
        " comment note notes remark memo transactiondescription ",
        " currency currencycode currencyid ", " blocked archived inactive ",
    };
    char x[NAME_ROOM + 2], y[NAME_ROOM + 2];
    size_t at;
    if (!a.len || !b.len || a.len >= NAME_ROOM || b.len >= NAME_ROOM)
        return false;
    snprintf(x, sizeof x, " %.*s ", TEXT_ARG(a));
    snprintf(y, sizeof y, " %.*s ", TEXT_ARG(b));
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (text_find(text_of(groups[i]), text_of(x), &at) &&
            text_find(text_of(groups[i]), text_of(y), &at))
            return true;
    return false;
}

/* How far `from`, a field of the record `within`, is from what `to` of the
 * record `part` is called; SCORE_WORST or more: not alike. */
static int name_score(struct text to, struct text part, struct text from,
                      struct text within)
{
    char a[NAME_ROOM], b[NAME_ROOM], c[NAME_ROOM], d[NAME_ROOM];
    char joined[2 * NAME_ROOM], room[NAME_ROOM];
    struct text x = plain(to, a), y = plain(from, b);
    struct text w = plain(within, c), p = plain(part, d);
    int near = p.len && w.len && (text_equal(p, w)) ? -SCORE_DEEPER : 0;
    size_t limit = x.len / 7, distance; /* county is not country */
    if (!x.len || !y.len)
        return SCORE_WORST;
    if (text_equal(x, y))
        return near;
    snprintf(joined, sizeof joined, "%.*s%.*s", TEXT_ARG(w), TEXT_ARG(y));
    if (w.len && text_equal(x, plain(text_of(joined), room)))
        return -1; /* departmentName: department.name */
    distance = text_distance(x, y, limit);
    if (distance <= limit)
        return near + 2 + (int)distance;
    if (!are_synonyms(x, y))
        return SCORE_WORST;
    return near + SCORE_SYNONYM + (text_is(y, "created") ? 2 : 0);
}

/* ------------------------------------------------------------------ values */
static bool words_fit(const struct type *from, const struct type *to)
{
    for (size_t i = 0; i < from->value_count; i++)
        if (!type_value(to, from->values[i].word))
            return false;
    return from->value_count > 0;
}

static const char *as_text(struct arena *arena, const char *path,
                           const struct type *from, const struct type *to)
{
    int length = printed_length(from);
    const char *value = type_is_texty(from) && from->kind != TYPE_ID
                            ? path : arena_printf(arena, "text(%s)", path);
    if (from->kind == TYPE_RECORD || from->kind == TYPE_LIST ||
        from->kind == TYPE_DATETIME || from->kind == TYPE_YESNO)
        return NULL;
    if (to->length >= 0 && (length < 0 || length > to->length))
        value = arena_printf(arena, "left(%s, %d)", value, to->length);
    return value;
}

static const char *as_number(struct arena *arena, const char *path,
                             const struct type *from, const struct type *to)
{
    const char *value = path;
    if (from->kind == TYPE_MONEY && to->kind != TYPE_INTEGER)
        value = arena_printf(arena, "number(%s)", path);
    else if (!type_is_numeric(from))
        return NULL;
    if (to->kind == TYPE_INTEGER)
        return from->kind == TYPE_INTEGER ? value : NULL;
    if (to->scale >= 0 && from->scale > to->scale)
        value = arena_printf(arena, "round(%s, %d)", value, to->scale);
    return value;
}

/* The value at `path` as one of type `to`, or NULL. */
static const char *value_as(struct arena *arena, const char *path,
                            const struct type *from, const struct type *to)
{
    switch ((int)to->kind) {
    case TYPE_TEXT: return as_text(arena, path, from, to);
    case TYPE_NUMBER: case TYPE_INTEGER: case TYPE_PERCENT:
        return as_number(arena, path, from, to);
    case TYPE_ENUM:
        return from->kind == TYPE_ENUM && words_fit(from, to) ? path : NULL;
    case TYPE_DATE:
        return from->kind == TYPE_DATETIME
                   ? arena_printf(arena, "date(%s)", path)
                   : from->kind == TYPE_DATE ? path : NULL;
    case TYPE_ID:
        return from->kind == TYPE_ID && from->object == to->object ? path
                                                                   : NULL;
    case TYPE_MONEY:
        if (from->kind != TYPE_MONEY ||
            (from->currency[0] && to->currency[0] &&
             strcmp(from->currency, to->currency) != 0))
            return NULL;
        return to->scale >= 0 && from->scale > to->scale
                   ? arena_printf(arena, "round(%s, %d)", path, to->scale)
                   : path;
    case TYPE_YESNO: case TYPE_DATETIME: case TYPE_TIME: case TYPE_DURATION:
        return from->kind == to->kind ? path : NULL;
    default: return NULL;
    }
}

/* ----------------------------------------------------------------- guesses */
static void consider(struct suggest *s, struct guess *best,
                     const struct field *to, struct text part,
                     const struct field *from, struct text within,
                     const char *path, int penalty, bool optional)
{
    int score = name_score(to->name, part, from->name, within) + penalty;
    const char *value;
    if (score >= best->score || from->write_only)
        return;
    value = value_as(s->arena, path, from->type, to->type);
    if (value)
        *best = (struct guess){ score, value, from->type,
                                optional || from->type->optional,
                                text_cstr(s->arena, from->name) };
}

static void search(struct suggest *s, struct guess *best,
                   const struct field *to, struct text part,
                   const struct object *in, struct text within,
                   const char *path, int penalty, int depth, bool optional)
{
    for (size_t i = 0; i < in->field_count; i++) {
        const struct field *f = &in->fields[i];
        const char *here = arena_printf(s->arena, "%s.%s", path,
                                        name_written(s->arena, f->name));
        consider(s, best, to, part, f, within, here, penalty, optional);
        if (f->type->kind == TYPE_RECORD && depth < SOURCE_DEPTH)
            search(s, best, to, part, f->type->object, f->name, here,
                   penalty + SCORE_DEEPER, depth + 1,
                   optional || f->type->optional);
    }
}

static bool guess_field(struct suggest *s, const struct field *to,
                        struct text part, struct guess *best)
{
    *best = (struct guess){ .score = SCORE_WORST };
    for (size_t i = 0; i < s->root_count; i++)
        search(s, best, to, part, s->roots[i].object, TEXT_NONE,
               name_written(s->arena, s->roots[i].name), s->roots[i].penalty,
               1, false);
    return best->path != NULL;
}

/* ------------------------------------------------------------------ output */
static bool is_set(const struct suggest *s, const char *path)
{
    struct text p = text_of(path);
    for (const struct lineage_row *r = s->rows; r; r = r->next)
        if (text_equal(r->field, p) ||
            (text_starts(r->field, p) && r->field.ptr[p.len] == '.'))
            return true;
    return false;
}

static void comment(struct suggest *s, const struct field *f, const char *word)
{
    struct buf type;
    buf_init(&type, 4096);
    type_print(f->type, &type);
    buf_printf(s->out, "  // %s%s%s\n", word, f->required ? "required: " : "",
               buf_cstr(&type));
    buf_fini(&type);
}

/* What must be set and nothing is like. */
static void open_field(struct suggest *s, const struct field *f,
                       const char *path, const char *indent)
{
    const struct object *o = f->type->kind == TYPE_ID ? f->type->object : NULL;
    if (o && o->match_default.len)
        buf_printf(s->out, "%s// find %.*s in %.*s where %.*s.%.*s is ? else "
                   "hold \"?\"\n", indent, TEXT_ARG(o->name),
                   TEXT_ARG(o->label), TEXT_ARG(o->name),
                   TEXT_ARG(o->match_default));
    buf_printf(s->out, "%s// %s = ?", indent, path);
    comment(s, f, "");
}

static void plain_field(struct suggest *s, const struct field *f,
                        struct text part, const char *path, const char *indent)
{
    struct guess g;
    if (!guess_field(s, f, part, &g)) {
        if (f->required)
            open_field(s, f, path, indent);
        return;
    }
    s->guesses++;
    buf_printf(s->out, "%s%s = %s", indent, path, g.path);
    if (g.optional && f->required)
        buf_printf(s->out, " else hold \"%s is missing\"", g.name);
    comment(s, f, "guess; ");
}

static void fields(struct suggest *s, const struct object *o, struct text part,
                   const char *prefix, const char *full, const char *indent,
                   int depth);

/* ------------------------------------------------------------------- lists */
struct list_guess {
    const struct field *field;
    struct text root;
    int score;
};

static const struct object *records_of(const struct field *f)
{
    return f->type->kind == TYPE_LIST && f->type->item &&
                   f->type->item->kind == TYPE_RECORD
               ? f->type->item->object : NULL;
}

static bool says_line(struct text name)
{
    char room[NAME_ROOM];
    size_t at;
    return text_find(plain(name, room), TEXT("line"), &at);
}

/* The list that is called alike, or the only one there is: of the record, or
 * of the element in hand. */
static bool guess_list(const struct suggest *s, const struct field *to,
                       bool nested, struct list_guess *best)
{
    size_t lists = 0;
    *best = (struct list_guess){ .score = SCORE_WORST };
    for (size_t i = 0; i < (nested ? 1 : s->root_count); i++) {
        const struct root *r = &s->roots[i];
        for (size_t j = 0; j < r->object->field_count; j++) {
            const struct field *f = &r->object->fields[j];
            if (!records_of(f))
                continue;
            lists++;
            int score = name_score(to->name, TEXT_NONE, f->name, TEXT_NONE);
            if (score > SCORE_WORST - 1)
                score = SCORE_WORST - 1;
            if (score > SCORE_SYNONYM && says_line(to->name) &&
                says_line(f->name))
                score = SCORE_SYNONYM;
            if (score < best->score || (lists == 1 && !best->field))
                *best = (struct list_guess){ f, r->name, score };
        }
        if (best->field)
            break; /* of the nearest record that has lists */
    }
    return best->field && (lists == 1 || best->score < SCORE_WORST - 1);
}

static struct text element_name(struct suggest *s, struct text list)
{
    struct text name = text_ends(list, TEXT("s")) && list.len > 1
                           ? text_slice(list, 0, list.len - 1)
                           : TEXT("line");
    for (size_t i = 0; i < s->root_count; i++)
        if (text_equal(s->roots[i].name, name))
            name = TEXT("element");
    if (!text_equal(text_of(name_written(s->arena, name)), name))
        name = TEXT("line");
    return name;
}

static void add_lines(struct suggest *s, const struct field *f,
                      const char *path, const char *full, const char *indent,
                      int depth)
{
    struct root kept[3];
    size_t count = s->root_count;
    struct list_guess g;
    struct buf lines, *outer = s->out;
    memcpy(kept, s->roots, sizeof kept);
    if (!guess_list(s, f, depth > 1, &g)) {
        if (f->required) {
            buf_printf(s->out, "%s// add %s for each ? in ? { … }", indent,
                       path);
            comment(s, f, "");
        }
        return;
    }
    size_t guesses = s->guesses;
    struct text name = element_name(s, g.field->name);
    const char *list = arena_printf(s->arena, "%s.%s",
                                    name_written(s->arena, g.root),
                                    name_written(s->arena, g.field->name));
    if (s->root_count == sizeof s->roots / sizeof *s->roots)
        s->root_count--;
    memmove(s->roots + 1, s->roots, s->root_count * sizeof *s->roots);
    s->root_count++;
    for (size_t i = 1; i < s->root_count; i++)
        s->roots[i].penalty += SCORE_OUTER;
    s->roots[0] = (struct root){ name, records_of(g.field), 0 };
    buf_init(&lines, 0);
    s->out = &lines;
    fields(s, records_of(f), TEXT_NONE, "", full,
           arena_printf(s->arena, "%s  ", indent), depth + 1);
    s->out = outer;
    if (s->guesses > guesses || f->required) {
        buf_printf(s->out, "%sadd %s for each %.*s in %s {", indent, path,
                   TEXT_ARG(name),
                   g.field->type->optional
                       ? arena_printf(s->arena, "(%s else [])", list) : list);
        comment(s, f, "guess; ");
        buf_text(s->out, buf_view(&lines));
        buf_printf(s->out, "%s}\n", indent);
    }
    buf_fini(&lines);
    memcpy(s->roots, kept, sizeof kept);
    s->root_count = count;
}

/* The fields of a record of the target that is built at `prefix`. */
static void fields(struct suggest *s, const struct object *o, struct text part,
                   const char *prefix, const char *full, const char *indent,
                   int depth)
{
    for (size_t i = 0; i < o->field_count && depth <= DEPTH_MAX; i++) {
        const struct field *f = &o->fields[i];
        const char *path = arena_printf(s->arena, "%s%s", prefix,
                                        name_written(s->arena, f->name));
        const char *whole = arena_printf(s->arena, "%s%.*s", full,
                                         TEXT_ARG(f->name));
        if (f->read_only)
            continue;
        if (f->type->kind == TYPE_RECORD && !is_set(s, whole))
            fields(s, f->type->object, f->name,
                   arena_printf(s->arena, "%s.", path),
                   arena_printf(s->arena, "%s.", whole), indent, depth + 1);
        else if (is_set(s, whole))
            continue;
        else if (records_of(f))
            add_lines(s, f, path, arena_printf(s->arena, "%s.", whole), indent,
                      depth);
        else
            plain_field(s, f, part, path, indent);
    }
}

static bool says(const struct flow *f, enum node_kind kind)
{
    for (const struct node *n = f->body; n; n = n->next)
        if (n->kind == kind)
            return true;
    return false;
}

void suggest_body(const struct flow *f, const struct lineage_row *rows,
                  struct arena *arena, struct buf *out)
{
    struct suggest s = { .flow = f, .rows = rows, .arena = arena, .out = out };
    struct text match = f->target->match_default;
    if (f->each && f->each->type && f->each->type->kind == TYPE_RECORD)
        s.roots[s.root_count++] =
            (struct root){ f->each->text, f->each->type->object, 0 };
    s.roots[s.root_count] = (struct root){ f->source_symbol->name, f->source,
                                           s.root_count ? SCORE_OUTER : 0 };
    s.root_count++;
    buf_str(out, "{\n");
    if (!says(f, NODE_READ))
        buf_printf(out, "  read %s\n",
                   f->source->changes == CHANGES_NONE ? "everything"
                                                      : "changes");
    if (!says(f, NODE_WRITE) &&
        f->target->operations & (OPERATION_CREATE | OPERATION_UPDATE))
        buf_printf(out, "  write %s\n",
                   !(f->target->operations & OPERATION_CREATE) ? "updates"
                   : f->target->operations & OPERATION_UPDATE
                       ? "creates and updates"
                       : "creates");
    if (!f->match_count && match.len)
        buf_printf(out, "  match on %s\n",
                   name_written(arena, match));
    if (out->len > 2)
        buf_byte(out, '\n');
    fields(&s, f->target, TEXT_NONE, "", "", "  ", 1);
    buf_str(out, "}\n");
}
