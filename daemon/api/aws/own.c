#include "api/aws/own.h"

#include "model/extra.h"

struct span own_text(const struct secret *secret, const char *name) {
    struct span rest = extra_of(secret->extra, OWNER_AWS);
    struct label entry;

    while (labels_next(&rest, &entry)) {
        if (span_is(entry.name, name)) {
            return entry.value;
        }
    }
    return SPAN_NULL;
}

int own_set(struct definition *definition, const struct secret *secret, const char *name,
        struct span text, struct buffer *buffer) {
    struct span extra = definition->has_extra ? definition->extra : secret->extra;
    const struct label change = {span_of(name), text};
    BUFFER_AUTO struct buffer entry = BUFFER_NULL;
    BUFFER_AUTO struct buffer whole = BUFFER_NULL;
    int error;

    if (text.len > OWN_TEXT_MAX_BYTES) {
        return GK_E_TOO_LARGE;
    }
    (void)labels_patch(extra_of(extra, OWNER_AWS), &change, 1, &entry);
    error = buffer_finish(&entry);
    if (error != 0) {
        return error;
    }
    extra_set(extra, OWNER_AWS, buffer_span(&entry), &whole);
    error = buffer_finish(&whole);
    if (error != 0) {
        return error;
    }
    buffer_clear(buffer);
    buffer_append_span(buffer, buffer_span(&whole));
    error = buffer_finish(buffer);
    if (error != 0) {
        return error;
    }
    definition->has_extra = true;
    definition->extra = buffer_span(buffer);
    return 0;
}

int own_set_given(struct definition *definition, const struct secret *secret, const char *name,
        struct span text, struct buffer *buffer) {
    return text.len > 0 ? own_set(definition, secret, name, text, buffer) : 0;
}
