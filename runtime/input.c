/* Large pieces in, whole files out. */
#include "config.h"

#include "runtime/input.h"
#include "runtime/jsonread.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int input_open(struct input *in, const char *path, struct error *err)
{
    memset(in, 0, sizeof *in);
    in->name = path && strcmp(path, "-") != 0 ? path : "standard input";
    in->fd = STDIN_FILENO;
    if (path && strcmp(path, "-") != 0) {
        in->fd = open(path, O_RDONLY | O_CLOEXEC);
        in->own_fd = true;
        if (in->fd < 0)
            return error_errno(err, ERROR_USAGE, "cannot read %s", path);
    }
    in->cap = INPUT_PIECE;
    in->buf = mem_alloc(in->cap + INPUT_PAD);
    memset(in->buf, 0, in->cap + INPUT_PAD);
    return 0;
}

void input_close(struct input *in)
{
    if (in->own_fd && in->fd >= 0)
        close(in->fd);
    mem_free(in->buf);
    memset(in, 0, sizeof *in);
    in->fd = -1;
}

static int make_room(struct input *in, struct error *err)
{
    size_t unread = in->end - in->start;
    if (in->start) {
        memmove(in->buf, in->buf + in->start, unread);
        in->offset += in->start;
        in->start = 0;
        in->end = unread;
    }
    if (in->end < in->cap / 2)
        return 0;
    if (in->cap >= JSON_RECORD_MAX)
        return error_set(err, ERROR_INPUT,
                         "%s: a row of more than %zu bytes, from byte %llu on",
                         in->name, JSON_RECORD_MAX / 2,
                         (unsigned long long)in->offset);
    in->cap *= 2;
    in->buf = mem_realloc(in->buf, in->cap + INPUT_PAD);
    return 0;
}

int input_fill(struct input *in, struct error *err)
{
    ssize_t got;
    if (in->eof)
        return 0;
    if (make_room(in, err) != 0)
        return -1;
    do
        got = read(in->fd, in->buf + in->end, in->cap - in->end);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_errno(err, ERROR_INPUT, "reading %s", in->name);
    in->end += (size_t)got;
    in->eof = got == 0;
    memset(in->buf + in->end, 0, INPUT_PAD);
    return got > 0;
}

int input_skip_bom(struct input *in, struct error *err)
{
    while (in->end - in->start < 3 && !in->eof)
        if (input_fill(in, err) < 0)
            return -1;
    if (in->end - in->start >= 3 &&
        memcmp(in->buf + in->start, "\xef\xbb\xbf", 3) == 0)
        in->start += 3;
    return 0;
}

/* ------------------------------------------------------------- output */
static int open_temporary(struct output *out, struct error *err)
{
    struct buf name;
    buf_init(&name, 8192);
    buf_printf(&name, "%s.%ld.part", out->path, (long)getpid());
    out->temporary = mem_strdup(buf_cstr(&name));
    buf_fini(&name);
    out->fd = open(out->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                   0666);
    if (out->fd < 0)
        return error_errno(err, ERROR_USAGE, "cannot write %s", out->path);
    return 0;
}

/* Pipes and devices (/dev/null) are written as they are. */
static bool is_plain_target(const char *path)
{
    struct stat st;
    return stat(path, &st) != 0 || S_ISREG(st.st_mode);
}

int output_open(struct output *out, const char *path, struct error *err)
{
    memset(out, 0, sizeof *out);
    buf_init(&out->buf, (size_t)1 << 30);
    out->fd = STDOUT_FILENO;
    if (!path || strcmp(path, "-") == 0)
        return 0;
    out->path = mem_strdup(path);
    if (is_plain_target(path)) {
        out->to_file = true;
        return open_temporary(out, err);
    }
    out->fd = open(path, O_WRONLY | O_CLOEXEC);
    if (out->fd < 0)
        return error_errno(err, ERROR_USAGE, "cannot write %s", path);
    return 0;
}

int output_flush(struct output *out, struct error *err)
{
    size_t done = 0;
    if (out->buf.full)
        return error_set(err, ERROR_INPUT, "a row of the output is too large");
    while (done < out->buf.len) {
        ssize_t n = write(out->fd, out->buf.ptr + done, out->buf.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, ERROR_STORE, "writing %s",
                               out->path ? out->path : "standard output");
        done += (size_t)n;
    }
    out->written += done;
    buf_reset(&out->buf);
    return 0;
}

static void sync_folder(const char *path)
{
    char *copy = mem_strdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    mem_free(copy);
}

int output_commit(struct output *out, struct error *err)
{
    if (output_flush(out, err) != 0)
        return -1;
    if (!out->to_file)
        return 0;
    if (fsync(out->fd) != 0 || close(out->fd) != 0) {
        out->fd = -1;
        return error_errno(err, ERROR_STORE, "writing %s", out->path);
    }
    out->fd = -1;
    if (rename(out->temporary, out->path) != 0)
        return error_errno(err, ERROR_STORE, "renaming to %s", out->path);
    mem_free(out->temporary);
    out->temporary = NULL;
    sync_folder(out->path);
    return 0;
}

void output_close(struct output *out)
{
    if (out->fd > STDERR_FILENO)
        close(out->fd);
    if (out->temporary)
        unlink(out->temporary);
    mem_free(out->temporary);
    mem_free(out->path);
    buf_fini(&out->buf);
    memset(out, 0, sizeof *out);
    out->fd = -1;
}
