/* Tables become rows found by a hash of their keys, and records of their
 * value columns. */
#include "config.h"

#include "runtime/compile.h"

#include <string.h>

/* A table's columns as the fields of an object of its own. */
static const struct object *columns_object(struct compiler *k,
                                           const struct table *table)
{
    struct object *object = ARENA_NEW(k->arena, struct object);
    object->name = table->name;
    object->record_only = true;
    object->field_count = table->value_count;
    object->fields = ARENA_ARRAY(k->arena, struct field, table->value_count);
    map_init(&object->by_name);
    for (size_t i = 0; i < table->value_count; i++) {
        struct field *field = &object->fields[i];
        field->name = table->value_names[i];
        field->wire = field->name;
        field->type = table->value_types ? table->value_types[i] : NULL;
        field->index = (uint32_t)i;
    }
    return object;
}

static const struct shape *columns_shape(struct compiler *k,
                                         const struct object *object)
{
    struct shape *shape = ARENA_NEW(k->arena, struct shape);
    shape->object = object;
    shape->count = object->field_count;
    shape->fields = ARENA_ARRAY(k->arena, struct shape_field, shape->count);
    for (size_t i = 0; i < shape->count; i++)
        shape->fields[i].field = &object->fields[i];
    return shape;
}

static struct record *row_record(struct compiler *k, struct ir_table *t,
                                 const struct table_row *row)
{
    struct record *r = record_new(k->arena, t->shape);
    for (size_t i = 0; i < t->shape->count && row->values; i++)
        if (row->values[i] &&
            !compile_constant(row->values[i], &r->slots[i]))
            compile_refuse(k, row->values[i], "a table holds only literals");
    return r;
}

static struct text row_key(struct compiler *k, const struct ir_table *t,
                           const struct table_row *row)
{
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < t->table->key_count; i++) {
        struct value v;
        if (!compile_constant(row->keys[i], &v))
            compile_refuse(k, row->keys[i], "a table holds only literals");
        if (i)
            buf_byte(&b, '\x1f');
        value_canonical(&v, &b);
    }
    struct text key = buf_dup(k->arena, &b);
    buf_fini(&b);
    return key;
}

static void insert_row(struct ir_table *t, uint32_t row)
{
    size_t mask = t->slot_count - 1;
    size_t at = t->rows[row].hash & mask;
    while (t->slots[at])
        at = (at + 1) & mask;
    t->slots[at] = row + 1;
}

static void compile_rows(struct compiler *k, struct ir_table *t)
{
    const struct table *table = t->table;
    t->slot_count = 16;
    while (t->slot_count < table->row_count * 2)
        t->slot_count *= 2;
    t->rows = ARENA_ARRAY(k->arena, struct ir_row, table->row_count);
    t->slots = ARENA_ARRAY(k->arena, uint32_t, t->slot_count);
    for (size_t i = 0; i < table->row_count; i++) {
        const struct table_row *row = &table->rows[i];
        if (!row->keys)
            continue;
        struct ir_row *r = &t->rows[t->row_count];
        r->key = row_key(k, t, row);
        r->hash = text_hash(r->key, (uint64_t)(uintptr_t)table);
        r->record = row_record(k, t, row);
        r->reach = compile_reach(k, "row", row->span);
        insert_row(t, (uint32_t)t->row_count++);
    }
}

static void compile_otherwise(struct compiler *k, struct ir_table *t)
{
    const struct table *table = t->table;
    const struct table_row *row = table->otherwise;
    for (size_t i = 0; !row && i < table->row_count; i++)
        if (!table->rows[i].keys)
            row = &table->rows[i];
    if (!row)
        return;
    t->otherwise_reach = compile_reach(k, "row", row->span);
    if (!row->outcome) {
        t->otherwise = row_record(k, t, row);
        return;
    }
    t->outcome = compile_outcome(k, row->outcome);
}

struct ir_table *compile_table(struct compiler *k, const struct table *table)
{
    for (struct ir_table *t = k->c->tables; t; t = t->next)
        if (t->table == table)
            return t;
    struct ir_table *t = ARENA_NEW(k->arena, struct ir_table);
    t->table = table;
    t->next = k->c->tables;
    k->c->tables = t;
    t->object = columns_object(k, table);
    t->shape = columns_shape(k, t->object);
    /* the otherwise message may name the keys, and sees nothing else */
    struct binding *saved = k->bindings;
    k->bindings = NULL;
    t->key_slot = k->c->slot_count;
    for (size_t i = 0; i < table->key_count; i++) {
        compile_bind(k, &table->key_names[i], NULL);
        k->bindings->name = table->key_names[i];
    }
    compile_rows(k, t);
    compile_otherwise(k, t);
    k->bindings = saved;
    return t;
}
