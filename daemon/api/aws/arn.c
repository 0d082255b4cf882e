#include "api/aws/arn.h"

#include "api/aws/ask.h"
#include "api/aws/own.h"
#include "broker/derive.h"

int arn_id(struct broker *broker, const struct secret *secret, uint64_t born_after,
        char place[ARN_ID_CHARS]) {
    struct span kept = own_text(secret, OWN_ARN);
    BUFFER_AUTO struct buffer characters = BUFFER_NULL;
    char decimal[DECIMAL_MAX_BYTES];
    const struct span parts[] = {
            SPAN_LITERAL("aws-arn"), secret->name, {decimal, decimal_format(born_after, decimal)}};
    struct keystream *stream;
    int error;

    if (kept.len == ARN_ID_CHARS) {
        memcpy(place, kept.data, ARN_ID_CHARS);
        return 0;
    }
    stream = broker_derive(broker, parts, sizeof(parts) / sizeof(parts[0]));
    keystream_characters(stream, ALPHABET_ALNUM, ARN_ID_CHARS, &characters);
    error = keystream_finish(stream);
    keystream_stop(stream);
    if (error != 0) {
        return error;
    }
    error = buffer_finish(&characters);
    if (error != 0) {
        return error;
    }
    memcpy(place, characters.data, ARN_ID_CHARS);
    return 0;
}

int arn_append(struct buffer *buffer, struct broker *broker, struct span region, struct span path,
        const struct secret *secret, uint64_t born_after) {
    char id[ARN_ID_CHARS];
    int error = arn_id(broker, secret, born_after, id);

    if (error != 0) {
        return error;
    }
    buffer_append_literal(buffer, "arn:aws:secretsmanager:");
    buffer_append_span(buffer, region);
    buffer_append_literal(buffer, ":" AWS_ACCOUNT ":secret:");
    buffer_append_span(buffer, path);
    buffer_append_byte(buffer, '-');
    buffer_append(buffer, id, sizeof(id));
    return 0;
}
