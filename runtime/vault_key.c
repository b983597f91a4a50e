/* Where the master key lies, who may read it, and how it is replaced. The
 * file has a line per generation, newest first: "mlc-key ID BASE64". */
#include "config.h"

#include "runtime/vault_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE_MAX 4096

static bool set_path(struct key_ring *ring, const char *source, bool writable,
                     const char *folder, const char *name)
{
    ring->source = source;
    ring->writable = writable;
    int n = snprintf(ring->path, sizeof ring->path, "%s%s", folder, name);
    return n > 0 && (size_t)n < sizeof ring->path;
}

static int choose_path(struct key_ring *ring, struct error *err)
{
    const char *file = getenv("MLC_KEY_FILE");
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    bool fits;
    if (file && *file) {
        fits = set_path(ring, "MLC_KEY_FILE", true, file, "");
    } else if (credentials && *credentials &&
               set_path(ring, "systemd credential", false, credentials,
                        "/mlc.key") &&
               access(ring->path, F_OK) == 0) {
        fits = true;
    } else if (config && *config) {
        fits = set_path(ring, "user", true, config, "/mlc/key");
    } else if (home && *home) {
        fits = set_path(ring, "user", true, home, "/.config/mlc/key");
    } else {
        error_set(err, ERROR_USAGE, "there is no place for the master key");
        error_hint(err, "Set MLC_KEY_FILE or HOME.");
        return -1;
    }
    if (!fits)
        return error_set(err, ERROR_USAGE, "the key file's path is too long");
    return 0;
}

static int parse_line(struct key_ring *ring, struct arena *arena,
                      struct text line, struct error *err)
{
    struct text head = TEXT("mlc-key "), bytes;
    struct master_key *key = &ring->keys[ring->count];
    char sum[2 * SHA256_LEN + 1];
    if (line.len == 0)
        return 0;
    if (ring->count == KEYS_MAX || !text_starts(line, head) ||
        line.len < head.len + 17 ||
        !crypto_unbase64(arena,
                         text_slice(line, head.len + 17,
                                    line.len - head.len - 17),
                         &bytes) ||
        bytes.len != SEAL_KEY_LEN)
        return error_set(err, ERROR_USAGE, "%s is not a key file of mlc",
                         ring->path);
    memcpy(key->bytes, bytes.ptr, SEAL_KEY_LEN);
    memcpy(key->id, line.ptr + head.len, 16);
    key->id[16] = 0;
    crypto_sha256_hex(bytes, sum);
    crypto_wipe((void *)(uintptr_t)bytes.ptr, bytes.len);
    if (memcmp(sum, key->id, 16) != 0)
        return error_set(err, ERROR_USAGE, "the key %s in %s is damaged",
                         key->id, ring->path);
    ring->count++;
    return 0;
}

static int parse(struct key_ring *ring, struct text t, struct error *err)
{
    struct arena arena;
    int result = 0;
    arena_init(&arena);
    while (t.len > 0 && result == 0) {
        size_t end = t.len;
        text_find(t, TEXT("\n"), &end);
        result = parse_line(ring, &arena, text_trim(text_slice(t, 0, end)),
                            err);
        t = end < t.len ? text_slice(t, end + 1, t.len - end - 1) : TEXT_NONE;
    }
    arena_fini(&arena);
    if (result == 0 && ring->count == 0)
        result = error_set(err, ERROR_USAGE, "the key file %s is empty",
                           ring->path);
    return result;
}

static int check_rights(const struct key_ring *ring, int fd, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st))
        return error_errno(err, ERROR_USAGE, "cannot read %s", ring->path);
    if (!S_ISREG(st.st_mode))
        return error_set(err, ERROR_USAGE, "%s is not a file", ring->path);
    if ((st.st_mode & 077) || (st.st_uid != geteuid() && st.st_uid != 0)) {
        error_set(err, ERROR_USAGE, "the key file %s can be read by others",
                  ring->path);
        error_hint(err, "Run: chmod 600 %s (and see that it is yours).",
                   ring->path);
        return -1;
    }
    return 0;
}

int key_ring_read(struct key_ring *ring, struct error *err)
{
    char text[KEY_FILE_MAX];
    memset(ring, 0, sizeof *ring);
    if (choose_path(ring, err))
        return -1;
    int fd = open(ring->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 1;
    if (fd < 0)
        return error_errno(err, ERROR_USAGE, "cannot read the key file %s",
                           ring->path);
    int result = check_rights(ring, fd, err);
    ssize_t len = result ? 0 : read(fd, text, sizeof text);
    if (len < 0)
        result = error_errno(err, ERROR_USAGE, "cannot read the key file %s",
                             ring->path);
    close(fd);
    if (result == 0)
        result = parse(ring, (struct text){ text, (size_t)len }, err);
    crypto_wipe(text, sizeof text);
    return result;
}

const struct master_key *key_ring_find(const struct key_ring *ring,
                                       const char *id)
{
    for (size_t i = 0; i < ring->count; i++)
        if (strcmp(ring->keys[i].id, id) == 0)
            return &ring->keys[i];
    return NULL;
}

void key_ring_print(const struct key_ring *ring, struct buf *out)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < ring->count; i++) {
        struct text bytes = { (const char *)ring->keys[i].bytes,
                              SEAL_KEY_LEN };
        struct text coded = crypto_base64(&arena, bytes);
        buf_printf(out, "mlc-key %s %s\n", ring->keys[i].id, coded.ptr);
        crypto_wipe((void *)(uintptr_t)coded.ptr, coded.len);
    }
    arena_fini(&arena);
}

/* ---------------------------------------------------------------- writing */
static int make_folder(const char *path, struct error *err)
{
    char folder[512];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *p = folder + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        if (mkdir(folder, 0700) && errno != EEXIST)
            return error_errno(err, ERROR_USAGE, "cannot make the folder %s",
                               folder);
        *p = '/';
    }
    return 0;
}

static int write_all(int fd, struct text t)
{
    while (t.len > 0) {
        ssize_t n = write(fd, t.ptr, t.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        t = text_slice(t, (size_t)n, t.len - (size_t)n);
    }
    return fsync(fd);
}

static void sync_folder(const char *path)
{
    char folder[512];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = 0;
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

/* `fresh`: nobody's key may be replaced; link() fails where rename() would
 * overwrite what another process has just made: 1. */
static int write_ring(const struct key_ring *ring, bool fresh,
                      struct error *err)
{
    char temporary[560];
    struct buf b;
    if (make_folder(ring->path, err))
        return -1;
    snprintf(temporary, sizeof temporary, "%s.%ld", ring->path,
             (long)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_errno(err, ERROR_USAGE, "cannot write %s", temporary);
    buf_init(&b, KEY_FILE_MAX);
    key_ring_print(ring, &b);
    int failed = write_all(fd, buf_view(&b));
    crypto_wipe(b.ptr, b.cap);
    buf_fini(&b);
    failed |= close(fd);
    if (!failed)
        failed = fresh ? link(temporary, ring->path)
                       : rename(temporary, ring->path);
    int saved = errno;
    if (failed || fresh)
        unlink(temporary);
    if (failed && fresh && saved == EEXIST)
        return 1;
    if (failed) {
        errno = saved;
        return error_errno(err, ERROR_USAGE, "cannot write the key file %s",
                           ring->path);
    }
    sync_folder(ring->path);
    return 0;
}

static void add_key(struct key_ring *ring)
{
    char sum[2 * SHA256_LEN + 1];
    struct master_key *key = &ring->keys[0];
    if (ring->count == KEYS_MAX)
        ring->count--;
    memmove(ring->keys + 1, ring->keys, ring->count * sizeof *ring->keys);
    ring->count++;
    crypto_random(key->bytes, sizeof key->bytes);
    crypto_sha256_hex((struct text){ (const char *)key->bytes, SEAL_KEY_LEN },
                      sum);
    memcpy(key->id, sum, 16);
    key->id[16] = 0;
}

int key_ring_renew(struct key_ring *ring, struct error *err)
{
    bool fresh = ring->count == 0;
    if (!ring->writable) {
        error_set(err, ERROR_USAGE, "the master key comes from a systemd "
                  "credential, which mlc cannot change");
        error_hint(err, "Replace the credential, with the old key as the "
                        "second line of the new file.");
        return -1;
    }
    add_key(ring);
    int result = write_ring(ring, fresh, err);
    /* another process was faster: its key it is */
    return result == 1 ? key_ring_read(ring, err) : result;
}
