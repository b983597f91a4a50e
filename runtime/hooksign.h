/* Signed webhooks of no vendor's own: the scheme called Standard Webhooks.
 * Headers webhook-id, webhook-timestamp (seconds) and webhook-signature, a
 * list of "v1," and base64 HMAC-SHA256 over "id.timestamp.body". mlc signs its
 * own notices so; whoever receives them checks with the same rules. */
#ifndef MLC_RUNTIME_HOOKSIGN_H
#define MLC_RUNTIME_HOOKSIGN_H

#include "runtime/connector.h"

#define HOOKSIGN_TOLERANCE_S 300
#define HOOKSIGN_TRIED 8         /* signatures of one header */
#define HOOKSIGN_HEADER_MAX ((size_t)8 << 10)

/* "v1,…" in `arena`. The secret is "whsec_" and base64, or any text; -1 when
 * it is neither, or `id` could be read in two ways. */
int hooksign_make(struct text secret, struct text id, int64_t timestamp_s,
                  struct text body, struct arena *arena, struct text *out);
/* 0 genuine; else the status to answer: 400 headers missing, doubled or too
 * long, 401 whatever is not genuine or not of now. Any of the `count` secrets
 * may have signed. */
int hooksign_check(const struct text *secrets, size_t count,
                   const struct header *headers, struct text body,
                   int64_t now_ms, struct arena *arena);

#endif
