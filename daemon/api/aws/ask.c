#include "api/aws/ask.h"

#include "common/json_writer.h"

struct buffer *answer_begin(struct call *call) {
    call->answer.status = 200;
    call->answer.media = MEDIA_AWS_JSON;
    return &call->answer.body;
}

void append_time(struct buffer *buffer, instant at) {
    uint64_t ms = at < 0 ? 0 - (uint64_t)at : (uint64_t)at;

    if (at < 0) {
        buffer_append_byte(buffer, '-');
    }
    buffer_append_decimal(buffer, ms / 1000);
    if (ms % 1000 != 0) {
        buffer_printf(buffer, ".%03u", (unsigned int)(ms % 1000));
    }
}

void append_time_member(struct buffer *buffer, const char *name, instant at) {
    buffer_append_literal(buffer, ",\"");
    buffer_append_text(buffer, name);
    buffer_append_literal(buffer, "\":");
    append_time(buffer, at);
}

void append_text_member(struct buffer *buffer, const char *name, struct span text) {
    if (text.len == 0) {
        return;
    }
    buffer_append_literal(buffer, ",\"");
    buffer_append_text(buffer, name);
    buffer_append_literal(buffer, "\":");
    json_write_text(buffer, text);
}
