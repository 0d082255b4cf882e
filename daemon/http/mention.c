#include "http/mention.h"

void mentions_deinit(struct mentions *mentions) {
    buffer_deinit(&mentions->more);
    mentions->first.name = SPAN_NULL;
}

/* Behind the first one there is for each the mention, and then its name. */
static void add_further(struct mentions *mentions, const struct mention *mention) {
    size_t before = mentions->more.len;

    buffer_append(&mentions->more, mention, sizeof(*mention));
    buffer_append_span(&mentions->more, mention->name);
    if (mentions->more.broken) {
        buffer_truncate(&mentions->more, before);
    }
}

void mentions_add(struct mentions *mentions, struct span name, const struct version *version) {
    struct mention mention = {.name = name};

    if (version != NULL) {
        mention.version = version->number;
        mention.revision = version->revision;
    }
    if (mentions->first.name.data != NULL) {
        add_further(mentions, &mention);
        return;
    }
    memcpy(mentions->place, name.data, name.len);
    mention.name.data = mentions->place;
    mentions->first = mention;
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
    memcpy(ret_mention, further, sizeof(*ret_mention));
    ret_mention->name.data = further + sizeof(*ret_mention);
    *at += sizeof(*ret_mention) + ret_mention->name.len;
    return true;
}
