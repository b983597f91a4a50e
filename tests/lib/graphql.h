/* The vendor's published schema, when somebody has it at hand: fetch it with
 *   curl -o FILE 'https://api.monday.com/v2/get_schema?format=sdl&version=…'
 * and run the tests with MLC_MONDAY_SCHEMA=FILE. */
#ifndef MLC_TESTS_LIB_GRAPHQL_H
#define MLC_TESTS_LIB_GRAPHQL_H

#include "connectors/monday/sandbox_graphql.h"

/* NULL: MLC_MONDAY_SCHEMA is not set. One that cannot be read ends the test. */
struct sdl *graphql_vendor_schema(struct arena *arena);

#endif
