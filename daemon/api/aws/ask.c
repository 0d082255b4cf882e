#include "api/aws/ask.h"

#include "common/json_writer.h"

struct buffer *answer_begin(struct call *call) {
    call->answer.status = 200;
    call->answer.media = MEDIA_AWS_JSON;
    return &call->answer.body;
}

void append_time(struct buffer *buffer, instant at) {
    int64_t ms = at % 1000;

    buffer_append_decimal(buffer, (uint64_t)(at / 1000));
    if (ms != 0) {
        buffer_printf(buffer, ".%03d", (int)ms);
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
