/* Listening HTTP on libmicrohttpd; see server.h. */
#include "config.h"
#include "runtime/server.h"

#include "base/dynlib.h"
#include "runtime/clock.h"
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* Every function of the library this file uses: X(name). */
#define SERVER_FUNCTIONS(X)                                                \
    X(add_response_header) X(create_response_from_buffer)                  \
    X(create_response_from_callback) X(destroy_response)                   \
    X(get_connection_info) X(get_connection_values) X(get_daemon_info)     \
    X(queue_response) X(start_daemon) X(stop_daemon)

/* libmicrohttpd, loaded when the first listener opens: it brings a whole TLS
 * library along, for which no other command should wait. */
static struct {
#define FIELD(name) __typeof__(&MHD_##name) name##_;
    SERVER_FUNCTIONS(FIELD)
#undef FIELD
} mhd;

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static int load(struct error *err)
{
    static const struct dynlib_symbol symbols[] = {
#define ROW(name) { "MHD_" #name, offsetof(__typeof__(mhd), name##_), false },
        SERVER_FUNCTIONS(ROW)
#undef ROW
        { NULL, 0, false },
    };
    static bool loaded;
    int result = 0;
    pthread_mutex_lock(&loading);
    if (!loaded)
        result = dynlib_load("libmicrohttpd.so.12", "libmicrohttpd12", symbols,
                             &mhd, err);
    loaded = result == 0;
    pthread_mutex_unlock(&loading);
    return result;
}

/* A connection as its deadline sees it. */
struct watched {
    struct watched *next, *previous;
    int fd;
    int64_t since_ms; /* when its present request began; 0 a handler has it */
};

struct server {
    struct MHD_Daemon *daemon;
    struct server_options options;
    int port;
    pthread_mutex_t lock; /* of the list */
    pthread_cond_t ending;
    pthread_t reaper;
    bool reaps, closing;
    atomic_int open; /* exchanges that go on */
    struct watched *watched;
};

/* One request from its first line to the end of its answer. */
struct exchange {
    struct arena arena;
    struct server_call call;
    struct buf body;
    struct server *server;
    struct header *last_header;
    size_t header_count;
    char client[INET6_ADDRSTRLEN];
    bool started;
    size_t sent;
};

/* -------------------------------------------------------------- helpers */
struct text server_header(const struct server_call *call, const char *name)
{
    for (const struct header *h = call->headers; h; h = h->next)
        if (text_equal_nocase(h->name, text_of(name)))
            return h->value;
    return TEXT_NONE;
}

void server_reply_header(struct server_call *call, const char *name,
                         struct text value)
{
    struct header *h = ARENA_NEW(call->arena, struct header);
    h->name = text_of(arena_strdup(call->arena, name));
    h->value = text_dup(call->arena, value);
    h->next = call->reply_headers;
    call->reply_headers = h;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

struct text server_unescape(struct arena *arena, struct text t, bool form)
{
    char *out = arena_alloc(arena, t.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];
        if (c == '%' && i + 2 < t.len && hex(t.ptr[i + 1]) >= 0 &&
            hex(t.ptr[i + 2]) >= 0) {
            out[n++] = (char)(hex(t.ptr[i + 1]) * 16 + hex(t.ptr[i + 2]));
            i += 2;
        } else {
            out[n++] = form && c == '+' ? ' ' : c;
        }
    }
    out[n] = '\0';
    return (struct text){ out, n };
}

struct text server_param(struct arena *arena, struct text query,
                         const char *name)
{
    while (query.len > 0) {
        size_t end = 0, eq = 0;
        if (!text_find(query, TEXT("&"), &end))
            end = query.len;
        struct text pair = text_slice(query, 0, end);
        if (!text_find(pair, TEXT("="), &eq))
            eq = pair.len;
        struct text key =
            server_unescape(arena, text_slice(pair, 0, eq), true);
        if (text_is(key, name))
            return eq < pair.len
                       ? server_unescape(
                             arena,
                             text_slice(pair, eq + 1, pair.len - eq - 1), true)
                       : TEXT("");
        query = end < query.len
                    ? text_slice(query, end + 1, query.len - end - 1)
                    : TEXT_NONE;
    }
    return TEXT_NONE;
}

static int connection_fd(const struct server_call *call)
{
    const union MHD_ConnectionInfo *info = mhd.get_connection_info_(
        (struct MHD_Connection *)call->connection,
        MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

void server_hang_up(struct server_call *call)
{
    int fd = connection_fd(call);
    if (fd >= 0)
        shutdown(fd, SHUT_RDWR);
    call->ending = SERVER_DROP;
}

/* -------------------------------------------------------------- answers */
static void pause_for(int ms)
{
    struct timespec t = { .tv_sec = ms / 1000,
                          .tv_nsec = (long)(ms % 1000) * 1000000L };
    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

#define DRIP_BYTES 16
#define ENDING_MS 500

/* Gives the body out in pieces for the endings that need it. */
static ssize_t next_piece(void *cls, uint64_t pos, char *out, size_t max)
{
    struct exchange *e = cls;
    const struct server_call *call = &e->call;
    size_t at = (size_t)pos, end = call->reply.len, len;
    if (call->ending == SERVER_CUT && call->cut_at < end)
        end = call->cut_at;
    if (at >= end)
        return call->ending == SERVER_CUT ? MHD_CONTENT_READER_END_WITH_ERROR
                                          : MHD_CONTENT_READER_END_OF_STREAM;
    len = end - at < max ? end - at : max;
    if (call->ending == SERVER_DRIP) {
        pause_for(call->pause_ms);
        len = len < DRIP_BYTES ? len : DRIP_BYTES;
    }
    memcpy(out, call->reply.ptr + at, len);
    return (ssize_t)len;
}

static struct MHD_Response *make_response(struct exchange *e)
{
    struct server_call *call = &e->call;
    if (call->ending == SERVER_SEND) {
        /* the body lives in the exchange's arena until the end */
        union {
            const char *from;
            void *to;
        } body = { .from = call->reply.ptr ? call->reply.ptr : "" };
        return mhd.create_response_from_buffer_(call->reply.len, body.to,
                                               MHD_RESPMEM_PERSISTENT);
    }
    return mhd.create_response_from_callback_(call->reply.len, 4096, next_piece,
                                             e, NULL);
}

static enum MHD_Result send_answer(struct exchange *e,
                                   struct MHD_Connection *connection)
{
    struct server_call *call = &e->call;
    if (call->ending == SERVER_DROP)
        return MHD_NO;
    struct MHD_Response *r = make_response(e);
    if (!r)
        return MHD_NO;
    if (call->content_type)
        mhd.add_response_header_(r, "Content-Type", call->content_type);
    for (const struct header *h = call->reply_headers; h; h = h->next)
        mhd.add_response_header_(r, text_cstr(call->arena, h->name),
                                text_cstr(call->arena, h->value));
    enum MHD_Result result =
        mhd.queue_response_(connection, (unsigned)call->status, r);
    mhd.destroy_response_(r);
    return result;
}

/* ------------------------------------------------------------- requests */
static enum MHD_Result add_header(void *cls, enum MHD_ValueKind kind,
                                  const char *name, const char *value)
{
    struct exchange *e = cls;
    (void)kind;
    if (++e->header_count > SERVER_HEADERS_MAX)
        return MHD_NO;
    struct header *h = ARENA_NEW(&e->arena, struct header);
    h->name = text_of(arena_strdup(&e->arena, name));
    h->value = text_of(arena_strdup(&e->arena, value ? value : ""));
    if (e->last_header)
        e->last_header->next = h;
    else
        e->call.headers = h;
    e->last_header = h;
    return MHD_YES;
}

static void note_client(struct exchange *e, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = mhd.get_connection_info_(
        connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    e->call.client = e->client;
    if (!info || !info->client_addr)
        return;
    const struct sockaddr *address = info->client_addr;
    const void *bytes =
        address->sa_family == AF_INET6
            ? (const void *)&((const struct sockaddr_in6 *)(const void *)
                                  address)->sin6_addr
            : (const void *)&((const struct sockaddr_in *)(const void *)
                                  address)->sin_addr;
    inet_ntop(address->sa_family, bytes, e->client, sizeof e->client);
}

/* The raw target, before libmicrohttpd decodes it; opens the exchange. */
static void *open_exchange(void *cls, const char *target,
                           struct MHD_Connection *connection)
{
    struct server *s = cls;
    struct exchange *e = mem_zalloc(sizeof *e);
    size_t at = 0;
    (void)connection;
    arena_init(&e->arena);
    e->server = s;
    s->open++;
    e->call.arena = &e->arena;
    buf_init(&e->body, s->options.body_max);
    struct text t = text_of(arena_strdup(&e->arena, target));
    e->call.target = e->call.path = t;
    if (text_find(t, TEXT("?"), &at)) {
        e->call.path = text_slice(t, 0, at);
        e->call.query = text_slice(t, at + 1, t.len - at - 1);
    }
    return e;
}

static bool promises_too_much(const struct exchange *e)
{
    struct text length = server_header(&e->call, "Content-Length");
    size_t value = 0;
    for (size_t i = 0; i < length.len; i++) {
        value = value * 10 + (size_t)(unsigned char)(length.ptr[i] - '0');
        if (value > e->server->options.body_max)
            return true;
    }
    return false;
}

static void refuse_early(struct exchange *e, int status, const char *why)
{
    e->call.status = status;
    e->call.reply = text_of(why);
    e->call.content_type = "text/plain";
}

static enum MHD_Result first_touch(struct exchange *e,
                                   struct MHD_Connection *connection,
                                   const char *method)
{
    e->started = true;
    e->call.method = arena_strdup(&e->arena, method);
    e->call.connection = connection;
    note_client(e, connection);
    mhd.get_connection_values_(connection, MHD_HEADER_KIND, add_header, e);
    if (e->header_count > SERVER_HEADERS_MAX)
        refuse_early(e, 431, "too many headers\n");
    else if (promises_too_much(e))
        refuse_early(e, 413, "the body is too large\n");
    else if (e->server->options.admit)
        e->server->options.admit(e->server->options.ctx, &e->call);
    if (e->call.status == 0)
        return MHD_YES;
    server_reply_header(&e->call, "Connection", TEXT("close"));
    return send_answer(e, connection);
}

/* --------------------------------------------------------- the deadline */
static struct watched *watched_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = mhd.get_connection_info_(
        connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void set_since(struct server *s, struct MHD_Connection *connection,
                      int64_t since_ms)
{
    struct watched *w = s->reaps ? watched_of(connection) : NULL;
    if (!w)
        return;
    pthread_mutex_lock(&s->lock);
    w->since_ms = since_ms;
    pthread_mutex_unlock(&s->lock);
}

static void watch(struct server *s, struct MHD_Connection *connection,
                  void **context)
{
    const union MHD_ConnectionInfo *info = mhd.get_connection_info_(
        connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct watched *w = mem_zalloc(sizeof *w);
    w->fd = info ? info->connect_fd : -1;
    w->since_ms = clock_steady_ms();
    pthread_mutex_lock(&s->lock);
    w->next = s->watched;
    if (w->next)
        w->next->previous = w;
    s->watched = w;
    pthread_mutex_unlock(&s->lock);
    *context = w;
}

static void unwatch(struct server *s, struct watched *w)
{
    pthread_mutex_lock(&s->lock);
    if (w->next)
        w->next->previous = w->previous;
    if (w->previous)
        w->previous->next = w->next;
    else
        s->watched = w->next;
    pthread_mutex_unlock(&s->lock);
    mem_free(w);
}

/* The library tells of a connection's end before it closes the socket, so
 * that a number in the list is still the connection's. */
static void on_connection(void *cls, struct MHD_Connection *connection,
                          void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct server *s = cls;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        watch(s, connection, context);
    else if (*context)
        unwatch(s, *context);
}

static void *reap(void *arg)
{
    struct server *s = arg;
    pthread_mutex_lock(&s->lock);
    while (!s->closing) {
        struct timespec until = clock_timespec_after(500);
        int64_t oldest = clock_steady_ms()
                         - (int64_t)s->options.deadline_s * 1000;
        for (struct watched *w = s->watched; w; w = w->next)
            if (w->since_ms > 0 && w->since_ms < oldest && w->fd >= 0)
                shutdown(w->fd, SHUT_RDWR);
        pthread_cond_timedwait(&s->ending, &s->lock, &until);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static int start_reaper(struct server *s, struct error *err)
{
    if (s->options.deadline_s == 0)
        return 0;
    if (pthread_create(&s->reaper, NULL, reap, s) != 0)
        return error_errno(err, ERROR_STORE, "cannot start a thread");
    s->reaps = true;
    return 0;
}

static void stop_reaper(struct server *s)
{
    if (!s->reaps)
        return;
    pthread_mutex_lock(&s->lock);
    s->closing = true;
    pthread_cond_signal(&s->ending);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->reaper, NULL);
}

static enum MHD_Result take_call(void *cls, struct MHD_Connection *connection,
                                 const char *url, const char *method,
                                 const char *version, const char *data,
                                 size_t *len, void **state)
{
    struct server *s = cls;
    struct exchange *e = *state;
    (void)url;
    (void)version;
    if (!e->started)
        return first_touch(e, connection, method);
    if (*len > 0) {
        buf_add(&e->body, data, *len);
        *len = 0;
        return e->body.full ? MHD_NO : MHD_YES;
    }
    e->call.body = buf_view(&e->body);
    e->call.status = 500;
    set_since(s, connection, 0);
    s->options.handler(s->options.ctx, &e->call);
    return send_answer(e, connection);
}

static void close_exchange(void *cls, struct MHD_Connection *connection,
                           void **state, enum MHD_RequestTerminationCode why)
{
    struct exchange *e = *state;
    (void)why;
    if (!e)
        return;
    e->server->open--;
    set_since(cls, connection, clock_steady_ms());
    buf_fini(&e->body);
    arena_fini(&e->arena);
    mem_free(e);
    *state = NULL;
}

/* ------------------------------------------------------------ life time */
union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static int parse_address(const struct server_options *o, union address *out,
                         struct error *err)
{
    const char *text = o->address ? o->address : "127.0.0.1";
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons((uint16_t)o->port);
        return 0;
    }
    if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons((uint16_t)o->port);
        return 0;
    }
    return error_set(err, ERROR_USAGE,
                     "cannot listen on '%s': it is no IP address", text);
}

static void quiet(void *cls, const char *format, va_list args)
{
    (void)cls;
    (void)format;
    (void)args;
}

int server_open(const struct server_options *options, struct server **out,
                struct error *err)
{
    union address address;
    struct server *s;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
                     MHD_USE_ERROR_LOG;
    *out = NULL;
    if (parse_address(options, &address, err) != 0 || load(err) != 0)
        return -1;
    if (address.any.sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    s = mem_zalloc(sizeof *s);
    s->options = *options;
    if (s->options.body_max == 0)
        s->options.body_max = SERVER_BODY_MAX;
    if (s->options.connections_max == 0)
        s->options.connections_max = SERVER_CONNECTIONS_MAX;
    if (s->options.timeout_s == 0)
        s->options.timeout_s = 30;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->ending, NULL);
    if (start_reaper(s, err)) {
        mem_free(s);
        return -1;
    }
    errno = 0;
    s->daemon = mhd.start_daemon_(
        flags, (uint16_t)options->port, NULL, NULL, take_call, s,
        MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL,
        MHD_OPTION_SOCK_ADDR, &address.any,
        MHD_OPTION_URI_LOG_CALLBACK, open_exchange, s,
        MHD_OPTION_NOTIFY_COMPLETED, close_exchange, s,
        MHD_OPTION_CONNECTION_LIMIT, s->options.connections_max,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, s->options.per_client_max,
        MHD_OPTION_CONNECTION_TIMEOUT, s->options.timeout_s,
        s->reaps ? MHD_OPTION_NOTIFY_CONNECTION : MHD_OPTION_END,
        on_connection, s, MHD_OPTION_END);
    if (!s->daemon) {
        int why = errno;
        stop_reaper(s);
        mem_free(s);
        errno = why;
        error_errno(err, ERROR_USAGE, "cannot listen on %s port %d",
                    options->address ? options->address : "127.0.0.1",
                    options->port);
        error_hint(err, "Choose another port, or 0 for any free one.");
        return -1;
    }
    s->port = mhd.get_daemon_info_(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    *out = s;
    return 0;
}

int server_port(const struct server *s) { return s->port; }

/* An answer that is on its way arrives, within reason. */
void server_close(struct server *s)
{
    if (!s)
        return;
    for (int ms = 0; s->open > 0 && ms < ENDING_MS; ms += 5)
        poll(NULL, 0, 5);
    mhd.stop_daemon_(s->daemon);
    stop_reaper(s);
    pthread_cond_destroy(&s->ending);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}
