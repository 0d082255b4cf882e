#include "api/ghostkey/mistakes.h"

#include "api/ghostkey/reply.h"
#include "http/request_text.h"

void mistakes_deinit(struct mistakes *mistakes) {
    buffer_deinit(&mistakes->lines);
}

void mistakes_add(struct mistakes *mistakes, const char *kind, struct span name, int outcome,
        const struct problem *problem) {
    struct buffer *lines = &mistakes->lines;
    char place[REPLY_SENTENCE_MAX_BYTES];

    mistakes->count += 1;
    if (lines->len > MISTAKES_MAX_BYTES) {
        mistakes->unlisted += 1;
        return;
    }
    buffer_append_text(lines, lines->len > 0 ? "\n" : "");
    if (kind != NULL) {
        buffer_append_text(lines, kind);
        buffer_append_text(lines, " '");
        buffer_append_text(lines, shown_utf8(name).text);
        buffer_append_text(lines, "': ");
    }
    buffer_append_span(lines, reply_sentence(outcome, problem, place));
}

int mistakes_finish(struct mistakes *mistakes) {
    if (mistakes->unlisted > 0) {
        buffer_append_text(&mistakes->lines, "\nand ");
        buffer_append_decimal(&mistakes->lines, mistakes->unlisted);
        buffer_append_text(&mistakes->lines, " more");
    }
    return buffer_finish(&mistakes->lines);
}
