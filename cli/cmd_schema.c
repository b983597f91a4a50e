/* mlc schema pull: the form of an object that only the live system knows, as
 * the declaration a project keeps. */
#include "config.h"

#include "cli/command.h"

#include "cli/work.h"

#include <stdio.h>
#include <string.h>

struct pulling {
    const struct connector *connector;
    const struct connection_info *info;
    struct text object, id;
    struct arena *arena;
    struct buf form;
    bool known;
};

static void take_answer(void *ctx, const struct response *response,
                        struct answer *answer)
{
    struct pulling *p = ctx;
    buf_reset(&p->form);
    p->known = p->connector->pull_answer(p->info, p->object, p->id, response,
                                         p->arena, &p->form, answer) == 0;
}

static int pull(struct work *w, struct pulling *p, struct text connection,
                struct error *err)
{
    struct channel *channel = NULL;
    struct request request;
    struct exchange x = { .request = &request, .arena = &w->arena,
                          .classify = take_answer, .ctx = p };
    if (transport_connect(w->transport, connection, &channel, err))
        return -1;
    p->connector = channel_connector(channel);
    p->info = channel_info(channel);
    p->arena = &w->arena;
    if (!p->connector->pull_request)
        return error_set(err, ERROR_USAGE, "%s has no objects of its users' "
                         "own: its catalog knows them all",
                         p->connector->title);
    if (channel_prepare(channel, err)
        || p->connector->pull_request(p->info, p->object, p->id, &w->arena,
                                      &request, err)
        || transport_send(channel, &x, err))
        return -1;
    if (x.answer.kind == ANSWER_DONE && p->known)
        return 0;
    return error_set(err, ERROR_VENDOR, "%.*s: %.*s", TEXT_ARG(connection),
                     TEXT_ARG(x.answer.reason));
}

static int show_form(const struct invocation *in, struct pulling *p)
{
    struct buf b;
    if (!in->json) {
        fwrite(p->form.ptr, 1, p->form.len, stdout);
        return EXIT_FINE;
    }
    buf_init(&b, 0);
    buf_str(&b, "{\"version\":1,\"form\":");
    buf_json_string(&b, buf_view(&p->form));
    buf_str(&b, "}\n");
    fwrite(b.ptr, 1, b.len, stdout);
    buf_fini(&b);
    return EXIT_FINE;
}

int cmd_schema(const struct invocation *in)
{
    struct work w;
    struct error err = { 0 };
    struct pulling p = { .id = text_of(in->args[1]) };
    struct text name = text_of(in->args[0]);
    size_t dot;
    if (!text_find(name, TEXT("."), &dot) || dot == 0 || dot + 1 == name.len)
        return usage_error(in, "it wants CONNECTION.NAME, as Monday.board");
    int code = work_open(&w, in, WORK_CONNECTIONS | WORK_STATE | WORK_SYSTEMS |
                                     WORK_DRY);
    if (code == EXIT_FINE) {
        buf_init(&p.form, (size_t)4 << 20);
        p.object = text_slice(name, dot + 1, name.len - dot - 1);
        code = pull(&w, &p, text_slice(name, 0, dot), &err)
                   ? command_fail(in, &err)
                   : show_form(in, &p);
        buf_fini(&p.form);
    }
    work_close(&w);
    return code;
}
