/* mlc schema pull: the form of an object that only the live system knows, as
 * the declaration a project keeps. */
#include "config.h"

#include "cli/schema.h"

#include <stdio.h>
#include <string.h>

struct pulling {
    const struct connector *connector;
    const struct connection_info *info;
    struct text object, id;
    struct arena *arena;
    struct buf *form;
    bool known;
};

static void take_answer(void *ctx, const struct response *response,
                        struct answer *answer)
{
    struct pulling *p = ctx;
    buf_reset(p->form);
    p->known = p->connector->pull_answer(p->info, p->object, p->id, response,
                                         p->arena, p->form, answer) == 0;
}

bool schema_is_told(const struct channel *channel)
{
    return channel_connector(channel)->pull_request != NULL;
}

int schema_pull(struct work *w, struct channel *channel, struct text object,
                struct text id, struct buf *form, struct error *err)
{
    struct pulling p = {
        .connector = channel_connector(channel),
        .info = channel_info(channel),
        .object = object, .id = id, .arena = &w->arena, .form = form,
    };
    struct request request;
    struct exchange x = { .request = &request, .arena = &w->arena,
                          .classify = take_answer, .ctx = &p };
    if (!schema_is_told(channel))
        return error_set(err, ERROR_USAGE, "%s has no objects of its users' "
                         "own: its catalog knows them all",
                         p.connector->title);
    if (channel_prepare(channel, err)
        || p.connector->pull_request(p.info, object, id, &w->arena, &request,
                                     err)
        || transport_send(channel, &x, err))
        return -1;
    if (x.answer.kind == ANSWER_DONE && p.known)
        return 0;
    return error_set(err, ERROR_VENDOR, "%.*s: %.*s", TEXT_ARG(p.info->name),
                     TEXT_ARG(x.answer.reason));
}

static int show_form(const struct invocation *in, const struct buf *form)
{
    struct buf b;
    if (!in->json) {
        fwrite(form->ptr, 1, form->len, stdout);
        return EXIT_FINE;
    }
    buf_init(&b, 0);
    buf_str(&b, "{\"version\":1,\"form\":");
    buf_json_string(&b, buf_view(form));
    buf_str(&b, "}\n");
    fwrite(b.ptr, 1, b.len, stdout);
    buf_fini(&b);
    return EXIT_FINE;
}

int cmd_schema(const struct invocation *in)
{
    struct work w;
    struct error err = { 0 };
    struct channel *channel = NULL;
    struct buf form;
    struct text name = text_of(in->args[0]);
    size_t dot;
    if (!text_find(name, TEXT("."), &dot) || dot == 0 || dot + 1 == name.len)
        return usage_error(in, "it wants CONNECTION.NAME, as Monday.board");
    struct text object = text_slice(name, dot + 1, name.len - dot - 1);
    int code = work_open(&w, in, WORK_CONNECTIONS | WORK_STATE | WORK_SYSTEMS |
                                     WORK_DRY);
    if (code == EXIT_FINE) {
        buf_init(&form, (size_t)4 << 20);
        code = transport_connect(w.transport, text_slice(name, 0, dot),
                                 &channel, &err)
                       || schema_pull(&w, channel, object,
                                      text_of(in->args[1]), &form, &err)
                   ? command_fail(in, &err)
                   : show_form(in, &form);
        buf_fini(&form);
    }
    work_close(&w);
    return code;
}
