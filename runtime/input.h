/* Reading a file or pipe in large pieces, with whatever row is in hand kept
 * whole in memory. Rows longer than the ceiling are refused. */
#ifndef MLC_RUNTIME_INPUT_H
#define MLC_RUNTIME_INPUT_H

#include "base/error.h"
#include "base/text.h"

#define INPUT_PIECE ((size_t)256 << 10)
#define INPUT_PAD 32 /* bytes behind the end that may be read */

struct input {
    int fd;
    bool own_fd, eof;
    char *buf;
    size_t cap, start, end; /* bytes [start, end) are unread */
    uint64_t offset;        /* of buf[0] in the file */
    const char *name;       /* for messages */
};

/* `path` NULL or "-": standard input. */
int input_open(struct input *in, const char *path, struct error *err);
void input_close(struct input *in);
/* Reads on: 1 there is more, 0 the file has ended, -1 error. What is unread
 * moves to the front; pointers into the buffer are stale. */
int input_fill(struct input *in, struct error *err);
/* Skips a byte order mark at the very start. */
int input_skip_bom(struct input *in, struct error *err);

/* Writing a file whole: a temporary name beside it, fsync, rename. */
struct output {
    int fd;
    bool to_file;
    char *path, *temporary;
    struct buf buf;
    uint64_t written;
};

#define OUTPUT_PIECE ((size_t)256 << 10)

int output_open(struct output *out, const char *path, struct error *err);
/* Call after each row: writes when a piece is full. */
static inline bool output_is_due(const struct output *out)
{
    return out->buf.len >= OUTPUT_PIECE;
}
int output_flush(struct output *out, struct error *err);
/* Keeps the file; without it output_close drops what was written. */
int output_commit(struct output *out, struct error *err);
void output_close(struct output *out);

#endif
