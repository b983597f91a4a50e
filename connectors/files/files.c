/* Files of a folder. There is no protocol: the runtime reads and writes the
 * rows itself (runtime/rows.h); this folder holds what the other rooms ask a
 * connector for. */
#include "config.h"

#include "runtime/connector.h"

static const struct setting_def settings[] = {
    { "folder", "text", NULL, false,
      "where the files are, from the project's folder on" },
    { NULL, NULL, NULL, false, NULL },
};

static const struct auth_scheme auth[] = {
    { .name = "none", .kind = AUTH_NONE },
    { .name = NULL },
};

static const struct quota quotas[] = {
    { .window = NULL },
};

static const char *const hosts[] = { NULL };

const struct connector connector_files = {
    .name = "files",
    .title = "Files",
    .settings = settings,
    .auth = auth,
    .quotas = quotas,
    .hosts = hosts,
    .timeout_ms = 60 * 1000,
    .batch_max = 1,
    .concurrency = 1,
};
