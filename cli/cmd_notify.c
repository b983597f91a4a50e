/* mlc notify: are the people who must hear of failures reached? */
#include "config.h"

#include "cli/work.h"

#include "runtime/jsonwrite.h"
#include "runtime/notices.h"
#include <stdio.h>

struct telling {
    const struct invocation *in;
    struct buf b;
    struct json_out json;
};

static void told(void *ctx, struct text channel, const char *why)
{
    struct telling *t = ctx;
    if (!t->in->json) {
        buf_printf(&t->b, "%.*s: ", TEXT_ARG(channel));
        if (why)
            buf_printable(&t->b, text_of(why));
        else
            buf_str(&t->b, "taken");
        buf_byte(&t->b, '\n');
        return;
    }
    json_begin_object(&t->json);
    json_put_string(&t->json, "channel", channel);
    json_put_bool(&t->json, "taken", why == NULL);
    json_put_string(&t->json, "why", text_of(why ? why : ""));
    json_end_object(&t->json);
}

static int test(struct work *w)
{
    struct notices_options o = { w->state_path, &w->program, w->overrides,
                                 &work_stop };
    struct telling t = { .in = w->in };
    struct notices *n = NULL;
    struct error err = { 0 };
    int failed = notices_open(&o, &n, &err);
    buf_init(&t.b, 0);
    t.json = json_out(&t.b);
    if (w->in->json)
        json_begin_array(&t.json);
    if (failed == 0)
        failed = notices_test(n, text_of(w->in->arg_count > 0 ? w->in->args[0]
                                                              : ""),
                              told, &t, &err);
    notices_close(n);
    if (w->in->json) {
        json_end_array(&t.json);
        buf_byte(&t.b, '\n');
    }
    if (failed >= 0 && t.b.len > 0)
        fwrite(t.b.ptr, 1, t.b.len, stdout);
    buf_fini(&t.b);
    return failed < 0   ? command_fail(w->in, &err)
           : failed > 0 ? EXIT_FINDINGS
                        : EXIT_FINE;
}

int cmd_notify(const struct invocation *in)
{
    struct work w;
    int code = work_open(&w, in, WORK_CONNECTIONS | WORK_STATE);
    if (code == EXIT_FINE)
        code = test(&w);
    work_close(&w);
    return code;
}
