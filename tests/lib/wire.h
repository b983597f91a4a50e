/* What the wire tests of a driver start from: objects of a program, shapes of
 * some of their fields, and records to write. What is not there ends the test
 * with its name. */
#ifndef MLC_TESTS_LIB_WIRE_H
#define MLC_TESTS_LIB_WIRE_H

#include "lang/program.h"
#include "runtime/connector.h"
#include "runtime/record.h"

/* First of all: where objects are found and memory comes from, both borrowed
 * until the test ends. */
void wire_start(const struct program *p, struct arena *arena);

/* wire_start with a program of nothing but a connector's catalog, and the
 * connector. Ends the test when there is none. */
const struct connector *wire_catalog(struct program *p, struct arena *arena,
                                     const char *connector);

/* A project of its own, from its text, and the catalog beside it; instead of
 * wire_start. False: it does not check, and why is printed. */
bool wire_load(struct program *p, struct arena *arena, const char *text,
               const char *catalog);

const struct object *wire_object(const char *name);
/* A shape of the fields named, blanks between. */
struct shape *wire_shape(const struct object *o, const char *names);
/* A record whose every field is left alone, until wire_set. */
struct record *wire_record(const struct shape *s);
void wire_set(struct record *r, const char *name, struct value v);
void wire_set_text(struct record *r, const char *name, const char *text);
/* The new record in field `name`, which holds records. */
struct record *wire_set_record(struct record *r, const char *name);
/* What a driver is asked with, for the functions below; borrowed. */
void wire_driver(const struct connector *k, const struct connection_info *c);
struct read_spec wire_read(const char *object, const char *fields,
                           enum read_mode mode);
/* The call for a page; its path is the error's text when there is none. */
struct request wire_request(const struct read_spec *spec, struct text next);
const char *wire_path(const struct read_spec *spec, struct text next);
/* An option of a path's query, decoded; "" without it. */
const char *wire_option(const char *path, const char *name);
/* What the driver makes of an answer to the page asked with `asked`. */
struct page wire_answer(const struct read_spec *spec, struct text asked,
                        int status, const char *body, struct answer *a);
const char *wire_header(const struct request *r, const char *name);

/* What a setting is when nobody set it; TEXT_NONE when it has no default. */
struct text wire_default(const struct connector *k, const char *name);

#endif
