#include "model/extra.h"

#include "model/policy.h"

static bool extra_next(struct span *rest, enum owner *ret_owner, struct span *ret_entry) {
    if (rest->len == 0) {
        return false;
    }
    *ret_owner = (enum owner)rest->data[0];
    *rest = (struct span){rest->data + 1, rest->len - 1};
    return list_next(rest, ret_entry);
}

struct span extra_of(struct span extra, enum owner owner) {
    struct span entry;
    enum owner found;

    while (extra_next(&extra, &found, &entry)) {
        if (found == owner) {
            return entry;
        }
    }
    return SPAN_NULL;
}

static void put_entry(struct buffer *buffer, enum owner owner, struct span entry) {
    char length[4];

    if (entry.data == NULL) {
        return;
    }
    list_put_length(length, (uint32_t)entry.len);
    buffer_append_byte(buffer, (char)owner);
    buffer_append(buffer, length, sizeof(length));
    buffer_append_span(buffer, entry);
}

void extra_set(struct span extra, enum owner owner, struct span entry, struct buffer *buffer) {
    for (enum owner one = OWNER_NONE + 1; one < OWNER_COUNT; one++) {
        put_entry(buffer, one, one == owner ? entry : extra_of(extra, one));
    }
}
