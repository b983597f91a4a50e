/* No secret leaves the program: whatever is written (log, error, audit, JSON,
 * recorded body) goes through here first. Values registered are replaced
 * wherever they stand, plain, percent-encoded, base64 or JSON-escaped; and
 * so are the values behind names that mean a secret (access_token, password,
 * Authorization …) even when nobody registered them. */
#ifndef MLC_RUNTIME_REDACT_H
#define MLC_RUNTIME_REDACT_H

#include "base/text.h"

#define REDACT_MASK "[secret]"
#define REDACT_SHORTEST 6 /* shorter values are only found by name */

/* Copies the value. */
void redact_add(struct text secret);
void redact_forget_all(void);
/* Appends `t` to `out` with secrets masked. */
void redact_text(struct text t, struct buf *out);
/* In place: for error sentences and log lines. */
void redact_chars(char *string, size_t size);
/* Does it hold a registered value? For guards and tests. */
bool redact_finds(struct text t);
/* Does the name of a field or header mean a secret? */
bool redact_is_secret_name(struct text name);

#endif
