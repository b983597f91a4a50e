/* What http's own files share. */
#ifndef MLC_RUNTIME_HTTP_INTERNAL_H
#define MLC_RUNTIME_HTTP_INTERNAL_H

#include "runtime/http.h"

enum address_class {
    ADDRESS_PUBLIC,
    ADDRESS_LOOPBACK,
    ADDRESS_PRIVATE, /* private, link-local, reserved, multicast */
};

enum address_class http_class_v4(uint32_t host_order);
enum address_class http_class_v6(const unsigned char bytes[16]);
/* http_allowed, and whether the host is this machine. */
bool http_check_reach(const struct http_reach *reach, struct text url,
                      bool *loopback, char why[256]);

#endif
