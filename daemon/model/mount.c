#include "model/mount.h"

#include "common/name.h"

/* The first segments that GhostKey's own API has; a test compares them with its routes. */
static const char *const own_segments[] = {"apply", "cleanup", "clock", "discard", "dump", "events",
        "faults", "metadata", "openapi.json", "page-code", "page-token", "promote", "readers",
        "requests", "reset", "restore", "rotate", "secrets", "status", "verify"};

const char *mount_fault(struct span path) {
    struct span rest = path;
    struct span segment = span_take_until(&rest, '/');
    const char *fault = name_fault(path);

    if (fault != NULL) {
        return fault;
    }
    if (path.len > MOUNT_MAX_BYTES) {
        return "is longer than 128 bytes";
    }
    if (span_is(segment, "sys") || span_is(segment, "auth")) {
        return "is a path that Vault keeps for itself";
    }
    for (size_t at = 0; at < sizeof(own_segments) / sizeof(own_segments[0]); at++) {
        if (span_is(segment, own_segments[at])) {
            return "is a path of GhostKey's own API";
        }
    }
    return NULL;
}
