/* Building queries and forms: percent-encoding and its undoing. Pure. */
#ifndef MLC_RUNTIME_URI_H
#define MLC_RUNTIME_URI_H

#include "base/text.h"

/* Adds `value` with everything but A-Z a-z 0-9 - . _ ~ as %XX. */
void uri_encode(struct buf *b, struct text value);
/* Adds `name=value`, with `&` or `?` before it when `b` needs one: a buffer
 * that holds a path takes `?` first, one that holds a form nothing. */
void uri_query(struct buf *b, const char *name, struct text value);
void uri_form(struct buf *b, const char *name, struct text value);
/* Value of `name` in a query or form, decoded into `arena`; TEXT_NONE when
 * absent or broken. `+` is a blank. */
struct text uri_form_value(struct arena *arena, struct text form,
                           const char *name);
/* "https://host:port/path" split; false when it is no http(s) URL. */
bool uri_split(struct text url, struct text *origin, struct text *path);
/* A next link of `url`'s own server as a path to append to `url`, whose own
 * path prefix is taken off. An absolute link must name that server, or one of
 * `hosts` (NULL-ended, may be NULL): the vendor's own names, which a proxy or
 * a stand-in may leave in its answers. Nothing is ever asked of them because
 * of a link. TEXT_NONE when it leads elsewhere. */
struct text uri_relative(struct text url, const char *const *hosts,
                         struct text link);

#endif
