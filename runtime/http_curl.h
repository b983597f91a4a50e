/* libcurl's functions, loaded on first use. For http's own files. */
#ifndef MLC_RUNTIME_HTTP_CURL_H
#define MLC_RUNTIME_HTTP_CURL_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/error.h"

#define CURL_FUNCTIONS(X)                                              \
    X(curl_global_init) X(curl_version) X(curl_easy_init)              \
    X(curl_easy_cleanup) X(curl_easy_perform) X(curl_easy_reset) X(curl_easy_setopt)        \
    X(curl_easy_getinfo) X(curl_easy_strerror) X(curl_slist_append)    \
    X(curl_slist_free_all) X(curl_multi_init) X(curl_multi_cleanup)    \
    X(curl_multi_setopt) X(curl_multi_add_handle)                      \
    X(curl_multi_remove_handle) X(curl_multi_perform)                  \
    X(curl_multi_poll) X(curl_multi_info_read)

/* The header's macros would spoil the names. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

struct curl_functions {
#define FIELD(name) __typeof__(&name) name;
    CURL_FUNCTIONS(FIELD)
#undef FIELD
};

/* NULL with `err` when the library is not there. */
const struct curl_functions *http_curl(struct error *err);

#endif
