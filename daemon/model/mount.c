#include "model/mount.h"

#include "common/name.h"

/* The first segments that GhostKey's own API has; a test compares them with its routes. The one
 * that is asked for most stands first. */
#define SEGMENT(text) \
    { (text), sizeof(text) - 1 }
static const struct span own_segments[] = {SEGMENT("secrets"), SEGMENT("apply"), SEGMENT("cleanup"),
        SEGMENT("clock"), SEGMENT("discard"), SEGMENT("dump"), SEGMENT("events"), SEGMENT("faults"),
        SEGMENT("metadata"), SEGMENT("openapi.json"), SEGMENT("page-code"), SEGMENT("page-token"),
        SEGMENT("promote"), SEGMENT("readers"), SEGMENT("requests"), SEGMENT("reset"),
        SEGMENT("restore"), SEGMENT("rotate"), SEGMENT("status"), SEGMENT("verify")};

bool mount_is_kept(struct span path) {
    struct span segment = span_take_until(&path, '/');

    for (size_t at = 0; at < sizeof(own_segments) / sizeof(own_segments[0]); at++) {
        if (span_equals(segment, own_segments[at])) {
            return true;
        }
    }
    return false;
}

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
    return mount_is_kept(path) ? "is a path of GhostKey's own API" : NULL;
}
