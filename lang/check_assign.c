/* A value against the field it is set to: kind, presence, length, scale,
 * currency, words of an enum, ids. Each mismatch has its own message, since
 * each has its own way out. */
#include "config.h"

#include "lang/check.h"
#include "lang/pattern.h"

/* The part of `value` that makes the mismatch: an arm, a fallback, or all. */
static struct node *guilty(struct node *value, bool (*wrong)(struct node *,
                                                             const struct type *),
                           const struct type *want)
{
    struct node *found = NULL;
    if (value->kind == NODE_IF) {
        found = guilty(KID(value, IF, yes), wrong, want);
        if (!found && KID(value, IF, no))
            found = guilty(KID(value, IF, no), wrong, want);
    } else if (value->kind == NODE_CHOOSE) {
        for (struct node *a = KID(value, CHOOSE, arms); a && !found; a = a->next)
            if (KID(a, ARM, value))
                found = guilty(KID(a, ARM, value), wrong, want);
    } else if (value->kind == NODE_ELSE) {
        found = guilty(KID(value, ELSE, value), wrong, want);
        if (!found)
            found = guilty(KID(value, ELSE, fallback), wrong, want);
    } else if (value->kind != NODE_OUTCOME && wrong(value, want)) {
        found = value;
    }
    return found;
}

static bool word_is_wrong(struct node *n, const struct type *want)
{
    if (!n->type || !type_is_texty(n->type) || n->type->optional)
        if (!n->type || n->kind == NODE_MISSING_LIT)
            return false;
    if (!n->type->value_count)
        return true;
    for (size_t i = 0; i < n->type->value_count; i++)
        if (!type_value(want, n->type->values[i].word))
            return true;
    return false;
}

static bool length_is_wrong(struct node *n, const struct type *want)
{
    return n->type && n->kind != NODE_MISSING_LIT &&
           (n->type->length < 0 || n->type->length > want->length);
}

static bool scale_is_wrong(struct node *n, const struct type *want)
{
    return n->type && n->type->scale > want->scale;
}

/* ------------------------------------------------------------------ kinds */
static const char *table_row_word(struct checker *c, const struct node *n,
                                  const struct type *want, struct span *row)
{
    if (n->kind != NODE_MEMBER || KID(n, MEMBER, record)->kind != NODE_INDEX)
        return NULL;
    const struct symbol *s = KID(n, MEMBER, record)->symbol;
    if (!s || !s->table || !n->field)
        return NULL;
    for (size_t i = 0; i < s->table->row_count; i++) {
        const struct node *cell = s->table->rows[i].values[n->field->index];
        if (cell && cell->kind == NODE_TEXT_LIT &&
            !type_value(want, cell->text)) {
            *row = cell->span;
            return text_cstr(c->arena, cell->text);
        }
    }
    return NULL;
}

static void say_enum(struct checker *c, const struct target_place *p,
                     struct node *value)
{
    const struct type *want = p->field->type;
    struct node *bad = guilty(value, word_is_wrong, want);
    struct span row;
    if (!bad)
        return;
    if (bad->kind == NODE_TEXT_LIT && bad->type->value_count == 1) {
        check_word(c, want, bad->text, bad->span, "E0306", p->shown);
        return;
    }
    const char *word = table_row_word(c, bad, want, &row);
    if (word) {
        struct diag *m = say(c, "E0306", row, "\"%s\" is no value of `%s`", word,
                             p->shown);
        diag_label(c->d, m, bad->span, "which this row is used for");
        diag_note(c->d, m, "it is %s", type_words(c->arena, want));
        return;
    }
    struct diag *m = say(c, "E0306", bad->span,
                         "`%s` takes only certain words; this can be another "
                         "text",
                         p->shown);
    diag_note(c->d, m, "it is %s", type_words(c->arena, want));
    diag_note(c->d, m, "say which word is meant when: choose { when … => \"%.*s\" "
              "… otherwise => hold \"…\" }, or use a table",
              TEXT_ARG(want->values[0].word));
}

/* A field people know records by: not an id of any kind. */
static const struct field *searchable_name(const struct object *o)
{
    for (size_t i = 0; i < o->field_count; i++)
        if (o->fields[i].searchable && o->fields[i].type->kind == TYPE_TEXT)
            return &o->fields[i];
    return NULL;
}

static void say_id(struct checker *c, const struct target_place *p,
                   struct node *value, const struct type *got)
{
    const struct type *want = p->field->type;
    struct diag *m;
    if (got->kind == TYPE_ID && want->kind == TYPE_ID) {
        m = say(c, "E0341", value->span,
                "%s cannot be used as `%s`, which takes %s",
                type_words(c->arena, got), p->shown,
                type_words(c->arena, want));
    } else if (got->kind == TYPE_ID) {
        m = say(c, "E0341", value->span, "%s cannot be used as `%s`, which is %s",
                type_words(c->arena, got), p->shown,
                type_words(c->arena, want));
        if (value->kind == NODE_MEMBER && got->object &&
            got->object->match_default.len)
            fix_replace(c, m, FIX_CHOICE, value->span,
                        arena_printf(c->arena, "%s.%s",
                                     shown(c, KID(value, MEMBER, record)->span),
                                     name_written(c->arena,
                                                  got->object->match_default)));
        fix_wrap(c, m, FIX_CHOICE, value->span, "text(", ")");
        return;
    } else {
        m = say(c, "E0342", value->span,
                "`%s` takes %s; a text may be anything", p->shown,
                type_words(c->arena, want));
    }
    if (want->object && want->object->match_default.len)
        diag_note(c->d, m, "find the record and use its id: find x in %.*s "
                  "where x.%.*s is …",
                  TEXT_ARG(want->object->label),
                  TEXT_ARG(want->object->match_default));
    else if (want->object && searchable_name(want->object))
        diag_note(c->d, m, "find the record and use its id: find x in %.*s "
                  "where x.%.*s is …", TEXT_ARG(want->object->label),
                  TEXT_ARG(searchable_name(want->object)->name));
}

static void help_text(struct checker *c, struct diag *m, struct node *value,
                      const struct type *got)
{
    if (value->kind == NODE_NUMBER_LIT)
        fix_wrap(c, m, FIX_SURE, value->span, "\"", "\"");
    else if (got->kind == TYPE_YESNO)
        fix_wrap(c, m, FIX_CHOICE, value->span, "if ",
                 " then \"yes\" else \"no\"");
    else if (got->kind == TYPE_RECORD && got->object->field_count)
        diag_note(c->d, m, "say which of its fields is meant");
    else if (got->kind == TYPE_LIST && got->item && type_is_texty(got->item))
        fix_wrap(c, m, FIX_CHOICE, value->span, "join(", ", \", \")");
    else if (got->kind != TYPE_LIST && got->kind != TYPE_EMPTY_LIST)
        fix_wrap(c, m, got->optional ? FIX_CHOICE : FIX_SURE, value->span,
                 "text(", ")");
}

static bool is_plain_zero(const struct node *n)
{
    return n->kind == NODE_NUMBER_LIT && decimal_is_zero(n->lit.number);
}

static void say_kind(struct checker *c, const struct target_place *p,
                     struct node *value, const struct type *got)
{
    const struct type *want = p->field->type;
    const char *have = type_words(c->arena, got);
    struct diag *m;
    if (want->kind == TYPE_MONEY && type_is_numeric(got)) {
        m = say(c, "E0353", value->span,
                "`%s` is an amount of money; a plain number has no currency",
                p->shown);
        const char *currency = want->currency[0] ? want->currency : "EUR";
        if (value->kind == NODE_NUMBER_LIT)
            fix_wrap(c, m, want->currency[0] ? FIX_SURE : FIX_CHOICE,
                     value->span, "", arena_printf(c->arena, " %s", currency));
        else
            fix_wrap(c, m, FIX_CHOICE, value->span, "money(",
                     arena_printf(c->arena, ", \"%s\")", currency));
    } else if (type_is_numeric(want) && got->kind == TYPE_MONEY) {
        m = say(c, "E0352", value->span,
                "`%s` is a plain number; dropping the currency must be written",
                p->shown);
        fix_wrap(c, m, FIX_SURE, value->span, "number(", ")");
    } else if (want->kind == TYPE_DATE && got->kind == TYPE_DATETIME) {
        m = say(c, "E0360", value->span,
                "`%s` is a date; this is a date with a time", p->shown);
        fix_wrap(c, m, FIX_SURE, value->span, "date(", ")");
    } else if (want->kind == TYPE_DATE && type_is_texty(got)) {
        int32_t days;
        m = say(c, "E0362", value->span,
                "`%s` is a date; a text becomes one only by its pattern",
                p->shown);
        if (value->kind == NODE_TEXT_LIT && date_parse(value->text, &days))
            fix_replace(c, m, FIX_SURE, value->span,
                        text_cstr(c->arena, value->text));
        else
            fix_wrap(c, m, FIX_CHOICE, value->span, "date(",
                     ", \"yyyy-mm-dd\")");
    } else {
        m = say(c, "E0310", value->span, "`%s` is %s; this is %s", p->shown,
                type_words(c->arena, want), have);
        if (offer_columns(c, m, value->kind == NODE_ELSE
                                    ? KID(value, ELSE, value) : value))
            return;
        if (want->kind == TYPE_TEXT)
            help_text(c, m, value, got);
        else if (as_literal(c, value, want))
            fix_replace(c, m, FIX_SURE, value->span,
                        as_literal(c, value, want));
        else if (type_is_numeric(want) && type_is_texty(got))
            fix_wrap(c, m, FIX_CHOICE, value->span, "number(", ")");
        else if (want->kind == TYPE_YESNO && type_is_texty(got))
            fix_wrap(c, m, FIX_CHOICE, value->span, "", " is \"yes\"");
        else if (want->kind == TYPE_YESNO && type_is_numeric(got))
            fix_wrap(c, m, FIX_CHOICE, value->span, "", " is not 0");
        else if (want->kind == TYPE_LIST && want->item &&
                 want->item->kind == TYPE_RECORD)
            diag_note(c->d, m, "child records are added: add %s for each x in "
                      "list { … }", p->shown);
        else if (want->kind == TYPE_LIST)
            fix_wrap(c, m, FIX_CHOICE, value->span, "[", "]");
        else if (want->kind == TYPE_RECORD)
            diag_note(c->d, m, "set its parts one by one: %s.%.*s = …", p->shown,
                      TEXT_ARG(want->object->fields[0].name));
    }
}

enum fit { FIT_YES, FIT_SAID };

static enum fit texty_fit(struct checker *c, const struct target_place *p,
                          struct node *value, const struct type *got)
{
    const struct type *want = p->field->type;
    if (want->kind == TYPE_ENUM) {
        if (got->kind == TYPE_ID) {
            say_id(c, p, value, got);
            return FIT_SAID;
        }
        if (!guilty(value, word_is_wrong, want))
            return FIT_YES;
        say_enum(c, p, value);
        return FIT_SAID;
    }
    if (want->kind == TYPE_TEXT && got->kind != TYPE_ID)
        return FIT_YES;
    if (want->kind == TYPE_ID && got->kind == TYPE_ID &&
        want->object == got->object)
        return FIT_YES;
    say_id(c, p, value, got);
    return FIT_SAID;
}

static enum fit kind_fit(struct checker *c, const struct target_place *p,
                         struct node *value, const struct type *got)
{
    const struct type *want = p->field->type;
    if (type_is_texty(want) && type_is_texty(got))
        return texty_fit(c, p, value, got);
    if (type_is_numeric(want) && type_is_numeric(got))
        return FIT_YES;
    if (want->kind == TYPE_MONEY && is_plain_zero(value) && want->currency[0])
        return FIT_YES;
    if (want->kind == TYPE_LIST && got->kind == TYPE_EMPTY_LIST)
        return FIT_YES;
    if (want->kind == TYPE_LIST && got->kind == TYPE_LIST) {
        const struct type *x = want->item, *y = got->item;
        if (x->kind == TYPE_UNKNOWN || y->kind == TYPE_UNKNOWN ||
            (type_is_texty(x) && type_is_texty(y) &&
             (x->kind != TYPE_ID || x->object == y->object)) ||
            (x->kind == y->kind && x->object == y->object))
            return FIT_YES;
    } else if (want->kind == got->kind && want->object == got->object) {
        return FIT_YES;
    }
    say_kind(c, p, value, got);
    return FIT_SAID;
}

/* ---------------------------------------------------------------- details */
static void say_length(struct checker *c, const struct target_place *p,
                       struct node *value)
{
    const struct type *want = p->field->type;
    struct node *bad = guilty(value, length_is_wrong, want);
    if (!bad)
        return;
    const struct type *got = bad->type;
    struct diag *m;
    if (bad->kind == NODE_TEXT_LIT && !KID(bad, TEXT_LIT, parts))
        m = say(c, "E0305", bad->span,
                "`%s` takes at most %d characters; this has %d", p->shown,
                want->length, got->length);
    else
        m = say(c, "E0305", bad->span,
                "`%s` takes at most %d characters; this can be longer", p->shown,
                want->length);
    if (got->length < 0)
        diag_set_label(c->d, m, "text without a limit");
    else
        diag_set_label(c->d, m, "up to %d characters", got->length);
    fix_wrap(c, m, FIX_CHOICE, bad->span, "left(",
             arena_printf(c->arena, ", %d)", want->length));
    if (bad->kind == NODE_NAME || bad->kind == NODE_MEMBER)
        diag_note(c->d, m, "or hold what is too long: require length(%s) <= %d "
                  "else hold \"…\"", shown(c, bad->span), want->length);
}

/* A text that is known, against what the system says it accepts. */
static void say_pattern(struct checker *c, const struct target_place *p,
                        struct node *value, const struct type *got)
{
    struct text pattern = p->field->pattern;
    for (size_t i = 0; i < got->value_count; i++) {
        struct text word = got->values[i].word;
        if (!pattern_refuses(pattern, word))
            continue;
        struct diag *m = say(c, "E0363", value->span,
                             "`%s` does not accept \"%.*s\"", p->shown,
                             TEXT_ARG(word));
        diag_note(c->d, m, "the whole text must be as the pattern %.*s says",
                  TEXT_ARG(pattern));
        return;
    }
}

static void say_scale(struct checker *c, const struct target_place *p,
                      struct node *value)
{
    const struct type *want = p->field->type;
    struct node *bad = guilty(value, scale_is_wrong, want);
    if (!bad)
        return;
    struct diag *m = say(c, "E0355", bad->span,
                         "this has %d decimals; `%s` takes %s%.0d",
                         bad->type->scale, p->shown,
                         want->scale ? "" : "none", want->scale);
    if (bad->kind == NODE_MUL_OP)
        diag_set_label(c->d, m, "scale %d + scale %d", bad->kid[0]->type->scale,
                       bad->kid[1]->type->scale);
    fix_wrap(c, m, FIX_SURE, bad->span, "round(",
             arena_printf(c->arena, ", %d)", want->scale));
}

static void check_currency(struct checker *c, const struct target_place *p,
                           struct node *value, const struct type *got)
{
    const struct type *want = p->field->type;
    if (want->kind != TYPE_MONEY || got->kind != TYPE_MONEY ||
        !want->currency[0] || !got->currency[0] ||
        text_equal(text_of(want->currency), text_of(got->currency)))
        return;
    struct diag *m = say(c, "E0351", value->span,
                         "`%s` is in %s; this amount is in %s", p->shown,
                         want->currency, got->currency);
    diag_note(c->d, m, "convert it with a rate: convert(%s, \"%s\", rate)",
              shown(c, value->span), want->currency);
}

static bool ends_in(const struct node *n, enum verb verb)
{
    if (n->kind == NODE_ELSE)
        return ends_in(KID(n, ELSE, fallback), verb);
    if (n->kind == NODE_OUTCOME)
        return n->lit.verb == verb;
    if (n->kind == NODE_CHOOSE)
        for (const struct node *a = KID(n, CHOOSE, arms); a; a = a->next)
            if (KID(a, ARM, value) && ends_in(KID(a, ARM, value), verb))
                return true;
    return false;
}

static bool flow_creates(const struct checker *c)
{
    return !c->flow || c->flow->writes_creates;
}

static bool check_required(struct checker *c, const struct target_place *p,
                           struct node *value, const struct type *got)
{
    if (!p->field->required)
        return true;
    bool in_gone = c->frame && c->frame->in_gone;
    if (ends_in(value, VERB_CLEAR)) {
        struct diag *m = say(c, "E0332", value->span,
                             "%s requires `%s`, so it cannot be cleared",
                             p->owner, p->shown);
        diag_note(c->d, m, "hold the record instead: else hold \"…\"");
        return false;
    }
    if (in_gone || !flow_creates(c))
        return true;
    if (ends_in(value, VERB_LEAVE)) {
        struct diag *m = say(c, "E0312", value->span,
                             "%s requires `%s` of a new record, so it cannot be "
                             "left",
                             p->owner, p->shown);
        diag_note(c->d, m, "say what it is, or hold the record: else hold \"…\"");
        return false;
    }
    if (!got->optional)
        return true;
    struct diag *m = say(c, "E0312", value->span,
                         "`%s` may be missing, but %s requires `%s`",
                         missing_name(c, value), p->owner, p->shown);
    diag_set_label(c->d, m, "optional");
    offer_ways_out(c, m, value);
    return false;
}

void assign_check(struct checker *c, const struct target_place *p,
                  struct node *value, const struct type *got)
{
    const struct type *want = p->field->type;
    if (got->kind == TYPE_UNKNOWN || want->kind == TYPE_UNKNOWN)
        return;
    if (kind_fit(c, p, value, got) == FIT_SAID)
        return;
    if (!check_required(c, p, value, got))
        return;
    if (want->kind == TYPE_TEXT && want->length >= 0)
        say_length(c, p, value);
    if (type_is_texty(want) && type_is_texty(got) && p->field->pattern.len)
        say_pattern(c, p, value, got);
    if (want->scale >= 0 && (type_is_numeric(want) || want->kind == TYPE_MONEY))
        say_scale(c, p, value);
    check_currency(c, p, value, got);
}
