/* A server that speaks just enough HTTP/2 over TLS to misbehave in it: every
 * request gets what the test says, a frame at a time. Its certificate is made
 * at the start and can be changed while it runs. */
#ifndef MLC_TESTS_LIB_H2SERVER_H
#define MLC_TESTS_LIB_H2SERVER_H

enum h2_act {
    H2_ANSWER,      /* 200 and {} */
    H2_REFUSE,      /* RST_STREAM, REFUSED_STREAM: not looked at */
    H2_RESET,       /* RST_STREAM, INTERNAL_ERROR: who knows */
    H2_GOAWAY,      /* GOAWAY, no stream of ours was looked at; then the end */
    H2_GOAWAY_LATE, /* GOAWAY, this stream was taken on; then the end */
};

struct h2server;
/* `act` is asked for every request, with its number from 1. */
struct h2server *h2server_start(enum h2_act (*act)(int number));
int h2server_port(const struct h2server *s);
int h2server_requests(struct h2server *s);
int h2server_connections(struct h2server *s);
/* The certificate new connections get: that of `authority`, or one that
 * nobody knows. */
void h2server_trusted(struct h2server *s, int trusted);
/* File with the authority to trust; removed by h2server_stop. */
const char *h2server_authority(const struct h2server *s);
void h2server_stop(struct h2server *s);

#endif
