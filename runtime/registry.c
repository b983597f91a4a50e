/* The connectors, from connectors/list.def: CONNECTOR(exact) is the object
 * `connector_exact` of connectors/exact/, SANDBOX(exact) its
 * `sandbox_exact`. */
#include "config.h"

#include "runtime/connector.h"
#include "runtime/sandbox_vendor.h"

#define CONNECTOR(name) extern const struct connector connector_##name;
#include "connectors/list.def"

static const struct connector *const all[] = {
#define CONNECTOR(name) &connector_##name,
#include "connectors/list.def"
};

const struct connector *connector_at(size_t index)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (index-- == 0)
            return all[i];
    return NULL;
}

const struct connector *connector_find(struct text name)
{
    const struct connector *c;
    for (size_t i = 0; (c = connector_at(i)); i++)
        if (text_is(name, c->name))
            return c;
    return NULL;
}

#define SANDBOX(name) extern const struct sandbox_vendor sandbox_##name;
#include "connectors/list.def"

static const struct sandbox_vendor *const sandboxes[] = {
#define SANDBOX(name) &sandbox_##name,
#include "connectors/list.def"
};

const struct sandbox_vendor *sandbox_vendor_at(size_t index)
{
    return index < sizeof sandboxes / sizeof *sandboxes ? sandboxes[index]
                                                        : NULL;
}
