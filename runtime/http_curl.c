/* Loading libcurl. */
#include "config.h"

#include "runtime/http_curl.h"

#include "base/dynlib.h"
#include "runtime/http.h"

#include <pthread.h>

static struct curl_functions functions;
static struct error failure;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    static const struct dynlib_symbol symbols[] = {
#define ROW(name) { #name, offsetof(struct curl_functions, name), false },
        CURL_FUNCTIONS(ROW)
#undef ROW
        { NULL, 0, false },
    };
    if (dynlib_load("libcurl.so.4", "libcurl4", symbols, &functions,
                    &failure))
        return;
    if (functions.curl_global_init(CURL_GLOBAL_DEFAULT))
        error_set(&failure, ERROR_USAGE, "libcurl could not start");
}

const struct curl_functions *http_curl(struct error *err)
{
    pthread_once(&once, load);
    if (failure.kind == ERROR_NONE)
        return &functions;
    *err = failure;
    return NULL;
}

const char *http_library_version(struct error *err)
{
    const struct curl_functions *f = http_curl(err);
    return f ? f->curl_version() : NULL;
}
