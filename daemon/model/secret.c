#include "model/secret.h"

#include "common/name.h"

void secret_deinit(struct secret *secret) {
    buffer_deinit(&secret->made);
}

uint64_t secret_pending(const struct secret *secret) {
    return secret->pending == secret->current.number ? 0 : secret->pending;
}

void secret_tell(struct secret *secret, const struct version *version) {
    if (secret->current.number == 0) {
        secret->in_force_at = INT64_MAX;
    }
    secret->current = *version;
}

instant secret_expires_at(const struct secret *secret) {
    if (secret->ttl_s == 0 || secret->current.number == 0 || secret->in_force_at == INT64_MAX) {
        return INT64_MAX;
    }
    return secret->in_force_at + (instant)secret->ttl_s * 1000;
}

instant secret_due_at(const struct secret *secret) {
    if (secret->is_deleted) {
        return secret->gone_at;
    }
    return secret->armed ? secret_expires_at(secret) : INT64_MAX;
}

bool secret_is_expired(const struct secret *secret, instant now) {
    instant at = secret_expires_at(secret);

    return at != INT64_MAX && now >= at;
}

bool secret_has_value(const struct secret *secret) {
    return !secret->is_deleted && secret->current.number != 0 &&
           secret->current.state == VERSION_LIVE;
}

struct span secret_env(const struct secret *secret, char place[GK_NAME_MAX_BYTES + 1]) {
    switch (secret->env_source) {
    case ENV_NAMED:
        return secret->env;
    case ENV_OFF:
        return SPAN_NULL;
    case ENV_DEFAULT:
        break;
    }
    return (struct span){place, env_name_default(secret->name, place)};
}
