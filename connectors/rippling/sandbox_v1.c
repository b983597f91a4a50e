/* The older platform API of the Rippling sandbox. */
#include "config.h"
#include "connectors/rippling/sandbox.h"

void v1_serve(struct world *w, struct sandbox_call *call, struct doc *token,
              struct text path)
{
    (void)w;
    (void)token;
    (void)path;
    call_answer_text(call, 404, "text/html; charset=utf-8",
                     "<h1>Not Found!</h1>\n");
}
