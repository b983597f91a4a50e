/* Counting a run and telling of it. */
#include "config.h"

#include "runtime/summary.h"

#include "runtime/clock.h"
#include "runtime/jsonwrite.h"
#include <string.h>

void summary_init(struct summary *s, struct text flow)
{
    memset(s, 0, sizeof *s);
    arena_init(&s->arena);
    s->flow = text_dup(&s->arena, flow);
    s->outcome = "done";
}

void summary_fini(struct summary *s)
{
    arena_fini(&s->arena);
}

bool summary_adds_up(const struct summary *s)
{
    return s->read
           == s->created + s->updated + s->unchanged + s->skipped + s->held
                  + s->rejected + s->waiting;
}

/* ------------------------------------------------------------------ money */
static struct money_sum *find_sum(struct summary *s, bool target,
                                  struct text field, uint16_t currency)
{
    for (size_t i = 0; i < s->sum_count; i++) {
        struct money_sum *m = &s->sums[i];
        if (m->target == target && m->currency == currency
            && text_equal(m->field, field))
            return m;
    }
    if (s->sum_count == SUMMARY_SUMS_MAX)
        return NULL;
    struct money_sum *m = &s->sums[s->sum_count++];
    *m = (struct money_sum){ target, text_dup(&s->arena, field), currency,
                             decimal_int(0), decimal_int(0), false };
    return m;
}

static void add_amount(struct summary *s, bool target, struct text field,
                       const struct value *v)
{
    struct money_sum *m = find_sum(s, target, field, v->currency);
    if (!m)
        return;
    struct decimal amount = value_as_decimal(v);
    struct decimal *part = decimal_sign(amount) < 0 ? &m->minus : &m->plus;
    if (decimal_add(*part, amount, part) != DECIMAL_OK)
        m->overflow = true;
}

bool money_total(const struct money_sum *m, struct decimal *sum)
{
    return !m->overflow && decimal_add(m->plus, m->minus, sum) == DECIMAL_OK;
}

/* Lines that add up to zero tell nothing as one sum: debit and credit do. */
static const char *side_of(const struct shape_field *list,
                           const struct object *holder,
                           const struct value *v)
{
    if (!holder || !holder->balanced ||
        !text_equal(holder->balance_list, list->field->name))
        return "";
    return decimal_sign(value_as_decimal(v)) < 0 ? " credit" : " debit";
}

static void add_list(struct summary *s, bool target,
                     const struct object *holder,
                     const struct shape_field *list, const struct value *v)
{
    char path[256];
    for (size_t i = 0; i < v->list->count; i++) {
        const struct value *item = &v->list->items[i];
        if (item->tag != VALUE_RECORD)
            continue;
        const struct shape *shape = item->record->shape;
        for (size_t f = 0; f < shape->count; f++)
            if (item->record->slots[f].tag == VALUE_MONEY) {
                int n = snprintf(path, sizeof path, "%.*s.%.*s%s",
                                 TEXT_ARG(list->field->name),
                                 TEXT_ARG(shape->fields[f].field->name),
                                 side_of(list, holder,
                                         &item->record->slots[f]));
                add_amount(s, target, (struct text){ path, (size_t)n },
                           &item->record->slots[f]);
            }
    }
}

void summary_add_money(struct summary *s, bool target,
                       const struct record *record)
{
    for (size_t f = 0; f < record->shape->count; f++) {
        const struct value *v = &record->slots[f];
        if (v->tag == VALUE_MONEY)
            add_amount(s, target, record->shape->fields[f].field->name, v);
        else if (v->tag == VALUE_LIST)
            add_list(s, target, record->shape->object,
                     &record->shape->fields[f], v);
    }
}

/* ------------------------------------------------------------- small things */
void summary_notice(struct summary *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text t = text_of(arena_vprintf(&s->arena, format, args));
    va_end(args);
    for (size_t i = 0; i < s->notice_count; i++)
        if (text_equal(s->notices[i], t))
            return;
    if (s->notice_count < SUMMARY_NOTICES_MAX)
        s->notices[s->notice_count++] = t;
}

void summary_add_calls(struct summary *s, const struct port *port,
                       const struct call_count *before)
{
    struct call_count now = { 0 };
    port->counts(port->ctx, &now);
    for (size_t i = 0; i < s->call_count; i++)
        if (text_equal(s->calls[i].name, port->name))
            return; /* both sides on one connection: counted once */
    if (s->call_count == SUMMARY_PORTS_MAX)
        return;
    s->calls[s->call_count++] =
        (struct port_calls){ text_dup(&s->arena, port->name),
                             now.calls - before->calls,
                             now.retries - before->retries };
}

/* ----------------------------------------------------------------- telling */
static void sums_json(const struct summary *s, bool target,
                      struct json_out *w)
{
    json_begin_array(w);
    for (size_t i = 0; i < s->sum_count; i++) {
        const struct money_sum *m = &s->sums[i];
        char currency[4];
        struct decimal sum;
        if (m->target != target)
            continue;
        currency_unpack(m->currency, currency);
        json_begin_object(w);
        json_put_string(w, "field", m->field);
        json_put_string(w, "currency", text_of(currency));
        json_key(w, "sum");
        if (money_total(m, &sum))
            json_number(w, sum);
        else
            json_null(w);
        json_end_object(w);
    }
    json_end_array(w);
}

static void more_json(const struct summary *s, struct json_out *w)
{
    json_put_int(w, "records", s->records);
    json_put_int(w, "adopted", s->adopted);
    json_put_int(w, "gone", s->gone);
    json_put_int(w, "recovered", s->recovered);
    json_put_int(w, "uncertain", s->uncertain);
    json_put_int(w, "logged", s->logged);
    json_put_int(w, "warnings", s->warnings);
    json_put_int(w, "drift", s->drift);
    json_put_int(w, "told", s->told);
    json_put_int(w, "pages", s->pages);
    json_key(w, "sums");
    json_begin_object(w);
    json_key(w, "source");
    sums_json(s, false, w);
    json_key(w, "target");
    sums_json(s, true, w);
    json_end_object(w);
    json_key(w, "notices");
    json_begin_array(w);
    for (size_t i = 0; i < s->notice_count; i++)
        json_string(w, s->notices[i]);
    json_end_array(w);
    if (s->stopped.len > 0)
        json_put_string(w, "stopped", s->stopped);
    json_put_int(w, "took_ms", s->took_ms);
}

void summary_json(const struct summary *s, struct buf *out)
{
    struct json_out w = json_out(out);
    json_begin_object(&w);
    json_put_string(&w, "flow", s->flow);
    json_put_string(&w, "outcome", text_of(s->outcome));
    json_put_int(&w, "read", s->read);
    json_put_int(&w, "created", s->created);
    json_put_int(&w, "updated", s->updated);
    json_put_int(&w, "unchanged", s->unchanged);
    json_put_int(&w, "skipped", s->skipped);
    json_put_int(&w, "held", s->held);
    json_put_int(&w, "rejected", s->rejected);
    json_put_int(&w, "waiting", s->waiting);
    json_key(&w, "calls");
    json_begin_object(&w);
    for (size_t i = 0; i < s->call_count; i++) {
        json_key_text(&w, s->calls[i].name);
        json_int(&w, (int64_t)s->calls[i].calls);
    }
    json_end_object(&w);
    json_put_int(&w, "run", s->run);
    more_json(s, &w);
    json_end_object(&w);
}

static void count_text(struct buf *out, int64_t n, const char *word)
{
    if (n != 0)
        buf_printf(out, ", %lld %s", (long long)n, word);
}

static void amount_text(struct buf *out, struct decimal amount)
{
    char digits[DECIMAL_TEXT_MAX];
    decimal_print(amount, digits);
    buf_str(out, digits);
}

/* Of a sum of both signs the parts are told, so that it can be held against
 * debit and credit. */
static void sum_text(const struct money_sum *m, struct buf *out)
{
    char currency[4];
    struct decimal sum;
    bool told = money_total(m, &sum);
    buf_printf(out, "  %s  %.*s: ", m->target ? "target" : "source",
               TEXT_ARG(m->field));
    if (told)
        amount_text(out, sum);
    else
        buf_str(out, "too large");
    currency_unpack(m->currency, currency);
    if (m->currency)
        buf_printf(out, " %s", currency);
    if (told && decimal_sign(m->plus) && decimal_sign(m->minus)) {
        buf_str(out, " (");
        amount_text(out, m->plus);
        buf_str(out, " and ");
        amount_text(out, m->minus);
        buf_byte(out, ')');
    }
    buf_byte(out, '\n');
}

void summary_text(const struct summary *s, struct buf *out)
{
    buf_printable(out, s->flow);
    if (s->run > 0)
        buf_printf(out, "  run %lld", (long long)s->run);
    buf_printf(out, "  %s\n", s->outcome);
    buf_printf(out, "  read %lld: created %lld, updated %lld, unchanged %lld, "
               "skipped %lld, held %lld, rejected %lld, waiting %lld\n",
               (long long)s->read, (long long)s->created,
               (long long)s->updated, (long long)s->unchanged,
               (long long)s->skipped, (long long)s->held,
               (long long)s->rejected, (long long)s->waiting);
    struct buf more;
    buf_init(&more, 4096);
    if (s->records != s->read)
        count_text(&more, s->records, "source records");
    count_text(&more, s->gone, "gone");
    count_text(&more, s->adopted, "recognised");
    count_text(&more, s->recovered, "recovered");
    count_text(&more, s->uncertain, "uncertain");
    count_text(&more, s->logged, "logged");
    count_text(&more, s->warnings, "with warnings");
    count_text(&more, s->told, "told to be booked");
    if (more.len > 2)
        buf_printf(out, "  %s\n", buf_cstr(&more) + 2);
    buf_reset(&more);
    for (size_t i = 0; i < s->call_count; i++)
        buf_printf(&more, ", %.*s %zu", TEXT_ARG(s->calls[i].name),
                   s->calls[i].calls);
    if (more.len > 2)
        buf_printf(out, "  calls: %s\n", buf_cstr(&more) + 2);
    buf_fini(&more);
    for (size_t i = 0; i < s->sum_count; i++)
        sum_text(&s->sums[i], out);
    for (size_t i = 0; i < s->notice_count; i++) {
        buf_str(out, "  note: ");
        buf_printable(out, s->notices[i]);
        buf_byte(out, '\n');
    }
}
