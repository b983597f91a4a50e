/* What is in the monday.com sandbox at first: a finance workspace with three
 * boards that a flow fills, each with a subitems board; columns of people's
 * own among them. */
#include "config.h"
#include "connectors/monday/sandbox.h"

#include <stdio.h>
#include <string.h>

struct words {
    const char *p;
};

static const char *next_word(struct arena *arena, struct words *w, char end)
{
    const char *from = w->p;
    while (*w->p && *w->p != end)
        w->p++;
    const char *word = arena_strndup(arena, from, (size_t)(w->p - from));
    if (*w->p)
        w->p++;
    return word;
}

/* "id:type:title:label|label" */
static struct doc *make_column(struct arena *arena, const char *text)
{
    struct words w = { text };
    struct doc *d = doc_object();
    struct doc *settings = doc_object();
    struct doc *labels = doc_list();
    doc_set_string(d, "id", next_word(arena, &w, ':'));
    doc_set_string(d, "type", next_word(arena, &w, ':'));
    doc_set_string(d, "title", next_word(arena, &w, ':'));
    for (int64_t i = 0; *w.p; i++) {
        struct doc *label = doc_object();
        doc_set_int(label, "id", i);
        doc_set_string(label, "label", next_word(arena, &w, '|'));
        doc_set_int(label, "index", i);
        doc_add(labels, label);
    }
    doc_set(settings, "labels", labels);
    doc_set(d, "settings", settings);
    doc_set_yesno(d, "archived", false);
    doc_set_string(d, "revision", "1");
    return d;
}

static void add_group(struct doc *board, const char *id, const char *title)
{
    struct doc *g = doc_object();
    doc_set_string(g, "id", id);
    doc_set_string(g, "title", title);
    doc_set_string(g, "color", "#579bfc");
    doc_set_string(g, "position", "65536");
    doc_set_yesno(g, "archived", false);
    doc_set_yesno(g, "deleted", false);
    doc_add(doc_get(board, "groups"), g);
}

static struct doc *board_of(struct world *w, const char *id, const char *name,
                            const char *const *columns, bool sub)
{
    struct arena arena;
    struct doc *d = doc_object();
    struct doc *list = doc_list();
    arena_init(&arena);
    const char *now = print_utc(&arena, world_now_ms(w));
    doc_set_string(d, "id", id);
    doc_set_string(d, "name", name);
    doc_set_string(d, "state", "active");
    doc_set_string(d, "board_kind", "public");
    doc_set_string(d, "type", sub ? "sub_items_board" : "board");
    doc_set_string(d, "permissions", "everyone");
    doc_set_string(d, "hierarchy_type", "classic");
    doc_set_int(d, "items_limit", 10000);
    doc_set_string(d, "workspace_id", "7100001");
    doc_set_string(d, "url", arena_printf(&arena,
                                          "https://example.monday.com/boards/"
                                          "%s", id));
    doc_set_string(d, "created_at", now);
    doc_set_string(d, "updated_at", now);
    doc_add(list, make_column(&arena, "name:name:Name"));
    for (size_t i = 0; columns[i]; i++)
        doc_add(list, make_column(&arena, columns[i]));
    doc_set(d, "columns", list);
    doc_set(d, "groups", doc_list());
    add_group(d, sub ? "subitems" : "topics", sub ? "Subitems" : "New");
    if (!sub)
        add_group(d, "group_done", "Done");
    table_put(world_table(w, "boards"), id, d);
    arena_fini(&arena);
    return d;
}

struct doc *make_board(struct world *w, const char *name,
                       const char *const *columns, bool sub)
{
    struct arena arena;
    arena_init(&arena);
    struct doc *d = board_of(w, monday_id(w, &arena), name, columns, sub);
    arena_fini(&arena);
    return d;
}

/* ------------------------------------------------------------- what is there */
static const char *const purchase_columns[] = {
    "text_no:text:Order no.", "text_supplier:text:Supplier",
    "date_order:date:Date", "date_receipt:date:Expected",
    "numeric_amount:numbers:Amount", "text_currency:text:Currency",
    "text_account:text:Account name", "text_gl:text:G/L account",
    "text_center:text:Cost center",
    "color_state:status:State:Open|Partial|Complete|Cancelled",
    "color_flag:status:Flag:OK|No G/L account|No cost center|Removed in Exact",
    "person_owner:people:Owner", "long_text_notes:long_text:Notes",
    "subtasks_lines:subtasks:Subitems", NULL
};

static const char *const receivable_columns[] = {
    "text_no:text:Invoice no.", "text_customer:text:Customer",
    "date_invoice:date:Date", "date_due:date:Due date",
    "numeric_amount:numbers:Amount", "numeric_open:numbers:Outstanding",
    "text_currency:text:Currency", "text_account:text:Account name",
    "text_gl:text:G/L account", "text_center:text:Cost center",
    "boolean_overdue:checkbox:Overdue",
    "color_flag:status:Flag:On track|Paid|Remind|Collection|No cost center|"
    "Removed in Exact",
    "person_owner:people:Owner", "long_text_notes:long_text:Notes",
    "subtasks_lines:subtasks:Subitems", NULL
};

static const char *const order_columns[] = {
    "text_no:text:Order no.", "text_customer:text:Customer",
    "date_order:date:Date", "date_delivery:date:Delivery",
    "numeric_amount:numbers:Amount", "text_currency:text:Currency",
    "text_account:text:Account name", "text_gl:text:G/L account",
    "text_center:text:Cost center",
    "color_state:status:State:Open|Partial|Complete|Cancelled",
    "color_flag:status:Flag:OK|No G/L account|No cost center|Removed in Exact",
    "person_owner:people:Owner", "subtasks_lines:subtasks:Subitems", NULL
};

static const char *const line_columns[] = {
    "text_item:text:Item", "numeric_quantity:numbers:Quantity",
    "numeric_amount:numbers:Amount", "text_gl:text:G/L account",
    "text_center:text:Cost center", NULL
};

/* One column of each kind. */
static const char *const all_columns[] = {
    "text_a:text:Text", "long_text_a:long_text:Long text",
    "numeric_a:numbers:Number", "color_a:status:Status:Working|Done|2023",
    "dropdown_a:dropdown:Dropdown:Red|Green|Blue", "date_a:date:Date",
    "person_a:people:People", "link_a:link:Link", "email_a:email:E-mail",
    "phone_a:phone:Phone", "boolean_a:checkbox:Check",
    "timerange_a:timeline:Timeline", "board_relation_a:board_relation:Linked",
    "hour_a:hour:Hour", "week_a:week:Week", "location_a:location:Place",
    "world_clock_a:world_clock:Clock", "dependent_on_a:dependency:Waits for",
    "country_a:country:Country", "rating_a:rating:Rating", "tag_a:tags:Tags",
    "lookup_a:mirror:Mirror", "formula_a:formula:Formula",
    "subtasks_a:subtasks:Subitems", "pulse_id_a:item_id:Item ID",
    "pulse_log_a:creation_log:Created", "pulse_updated_a:last_updated:Updated",
    NULL
};

static void board_with_lines(struct world *w, const char *id, const char *sub,
                             const char *name, const char *const *columns)
{
    struct doc *board = board_of(w, id, name, columns, false);
    board_of(w, sub, "Subitems", line_columns, true);
    doc_set_string(board, "sub_board", sub);
    table_touch(world_table(w, "boards"), id);
}

static void add_user(struct world *w, const char *id, const char *name,
                     const char *email)
{
    struct doc *d = doc_object();
    struct doc *account = doc_object();
    doc_set_string(account, "id", "17714");
    doc_set_string(account, "name", "Tulip Robotics");
    doc_set_string(account, "slug", "example");
    doc_set_string(d, "id", id);
    doc_set_string(d, "name", name);
    doc_set_string(d, "email", email);
    doc_set_string(d, "status", "ACTIVE");
    doc_set_string(d, "kind", "member");
    doc_set_string(d, "title", "");
    doc_set_string(d, "time_zone_identifier", "Europe/Amsterdam");
    doc_set_string(d, "url", "https://example.monday.com/users/1");
    doc_set_string(d, "created_at", "2025-01-06T08:00:00Z");
    doc_set(d, "account", account);
    table_put(world_table(w, "users"), id, d);
}

static void add_workspace(struct world *w)
{
    struct doc *d = doc_object();
    doc_set_string(d, "id", "7100001");
    doc_set_string(d, "name", "Finance");
    doc_set_string(d, "kind", "open");
    doc_set_string(d, "state", "active");
    doc_set_string(d, "description", "");
    doc_set_string(d, "created_at", "2025-01-06T08:00:00Z");
    table_put(world_table(w, "workspaces"), "7100001", d);
}

static void add_items(struct world *w, const char *board, int count)
{
    struct arena arena;
    arena_init(&arena);
    for (int i = 0; i < count; i++) {
        struct doc *d = doc_object();
        const char *now = print_utc(&arena, world_now_ms(w));
        const char *id = monday_id(w, &arena);
        doc_set_string(d, "id", id);
        doc_set_string(d, "name", arena_printf(&arena, "Item %d", i + 1));
        doc_set_string(d, "state", "active");
        doc_set_string(d, "board", board);
        doc_set_string(d, "group", "topics");
        doc_set_string(d, "creator_id", "99000002");
        doc_set_string(d, "created_at", now);
        doc_set_string(d, "updated_at", now);
        doc_set(d, "cells", doc_object());
        table_put(world_table(w, "items"), id, d);
    }
    arena_fini(&arena);
}

void monday_seed(struct world *w)
{
    add_user(w, "99000001", "Integration", "integration@tulip.example");
    add_user(w, "99000002", "Carla Bakker", "carla@tulip.example");
    add_workspace(w);
    board_with_lines(w, "18390000101", "18390000102", "Purchase orders",
                     purchase_columns);
    board_with_lines(w, "18390000201", "18390000202", "Receivables",
                     receivable_columns);
    board_with_lines(w, "18390000301", "18390000302", "Sales orders",
                     order_columns);
    board_with_lines(w, "18390000401", "18390000402", "Everything",
                     all_columns);
    if (world_size(w) > 0)
        add_items(w, "18390000401", world_size(w));
}
