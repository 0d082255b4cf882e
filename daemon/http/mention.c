#include "http/mention.h"

void mentions_deinit(struct mentions *mentions) {
    buffer_deinit(&mentions->more);
    mentions->first.name = SPAN_NULL;
}

/* Behind the first one there is for each: version, length of the name, the name. */
static void add_further(struct mentions *mentions, struct span name, uint64_t version) {
    size_t before = mentions->more.len;

    buffer_append(&mentions->more, &version, sizeof(version));
    buffer_append(&mentions->more, &name.len, sizeof(name.len));
    buffer_append_span(&mentions->more, name);
    if (mentions->more.broken) {
        buffer_truncate(&mentions->more, before);
    }
}

void mentions_add(struct mentions *mentions, struct span name, uint64_t version) {
    if (mentions->first.name.data != NULL) {
        add_further(mentions, name, version);
        return;
    }
    memcpy(mentions->place, name.data, name.len);
    mentions->first = (struct mention){{mentions->place, name.len}, version};
}

bool mentions_next(const struct mentions *mentions, size_t *at, struct mention *ret_mention) {
    const char *further;

    if (*at == 0) {
        *at = 1;
        *ret_mention = mentions->first;
        return mentions->first.name.data != NULL;
    }
    if (*at - 1 == mentions->more.len) {
        return false;
    }
    further = mentions->more.data + *at - 1;
    memcpy(&ret_mention->version, further, sizeof(ret_mention->version));
    further += sizeof(ret_mention->version);
    memcpy(&ret_mention->name.len, further, sizeof(ret_mention->name.len));
    ret_mention->name.data = further + sizeof(ret_mention->name.len);
    *at += sizeof(ret_mention->version) + sizeof(ret_mention->name.len) + ret_mention->name.len;
    return true;
}
