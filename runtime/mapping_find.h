/* Answers `find` from files: the object's file is read whole once and indexed
 * by the keys of each find. Shared by threads once it is open. */
#ifndef MLC_RUNTIME_MAPPING_FIND_H
#define MLC_RUNTIME_MAPPING_FIND_H

#include "runtime/eval.h"
#include "runtime/mapping.h"

struct file_finds;

/* Path of an object's file: the connection's `folder`, else the project. */
const char *mapping_path(struct arena *arena, const struct program *program,
                         const struct mapping_options *options,
                         const struct connection *connection,
                         const struct object *object);
int file_finds_open(struct arena *arena, const struct program *program,
                    const struct mapping_options *options,
                    const struct find_site *sites, size_t count,
                    struct file_finds **out, struct error *err);
void file_finds_answer(const struct file_finds *finds, struct arena *arena,
                       const struct find_site *site, const struct value *keys,
                       struct find_answer *out);

#endif
