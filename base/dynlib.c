/* Loading libraries by name. */
#include "config.h"

#include "base/dynlib.h"

#include <dlfcn.h>
#include <string.h>

int dynlib_load(const char *file, const char *package,
                const struct dynlib_symbol *symbols, void *functions,
                struct error *err)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        error_set(err, ERROR_USAGE, "%s cannot be loaded: %s", file,
                  dlerror());
        error_hint(err, "Install the package %s.", package);
        return -1;
    }
    for (const struct dynlib_symbol *s = symbols; s->name; s++) {
        void *address = dlsym(library, s->name);
        if (!address && !s->optional) {
            error_set(err, ERROR_USAGE, "%s is too old: it has no %s", file,
                      s->name);
            error_hint(err, "Upgrade the package %s.", package);
            return -1;
        }
        memcpy((char *)functions + s->offset, &address, sizeof address);
    }
    return 0;
}
