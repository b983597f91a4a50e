/* Channels for notices. There is no record here to read or write; the folder
 * holds what the other rooms ask a connector for: settings and secrets. The
 * sending is runtime/notices_send.c. */
#include "config.h"

#include "runtime/connector.h"

static const struct setting_def settings[] = {
    { "kind", "one of mail|slack|teams|webhook", NULL, true,
      "what kind of channel it is" },
    { "server", "text", NULL, false,
      "mail: smtp://host:587 or smtps://host" },
    { "from", "text", NULL, false, "mail: the sender's address" },
    { "to", "text", NULL, false, "mail: addresses, with commas between them" },
    { "stale", "number", "26", false,
      "hours without a good run after which a flow is stale" },
    { NULL, NULL, NULL, false, NULL },
};

static const struct secret_def secrets[] = {
    { "webhook_url", false, "the channel's address: it is a secret itself" },
    { "signing_secret", false, "webhook: signs what is sent; whsec_…" },
    { "user", false, "mail: name at the server" },
    { "password", false, "mail: password at the server" },
    { NULL, false, NULL },
};

static const struct auth_scheme auth[] = {
    { .name = "static", .kind = AUTH_STATIC, .secrets = secrets },
    { .name = NULL },
};

static const struct quota quotas[] = {
    { .window = NULL },
};

static const char *const hosts[] = { NULL };

const struct connector connector_notify = {
    .name = "notify",
    .title = "Notices",
    .settings = settings,
    .auth = auth,
    .quotas = quotas,
    .hosts = hosts,
    .timeout_ms = 20 * 1000,
    .batch_max = 1,
    .concurrency = 1,
};
