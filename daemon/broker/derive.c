#include "broker/derive.h"

#include "broker/broker_internal.h"

struct keystream *broker_derive(struct broker *broker, const struct span *parts, size_t count) {
    return keystream_start_parts(broker->keyring, parts, count);
}
