#include "api/vault/vault_form.h"

#include <strings.h>

#include "common/json_reader.h"
#include "common/json_writer.h"
#include "http/request.h"
#include "http/request_text.h"

static bool begins_as_json(struct span body) {
    body = json_reader_trim_start(body);
    return body.len > 0 && (body.data[0] == '{' || body.data[0] == '[');
}

bool vault_is_form(const struct request *request) {
    const struct span form = SPAN_LITERAL("application/x-www-form-urlencoded");
    struct span parameters = request_header(request, "content-type");
    struct span type = span_trim(span_take_until(&parameters, ';'));

    return type.len == form.len && strncasecmp(type.data, form.data, form.len) == 0 &&
           !begins_as_json(request->body);
}

/* Appends the name or the value of a pair as a JSON text. */
static void append_text(struct span text, struct buffer *buffer) {
    BUFFER_AUTO struct buffer decoded = BUFFER_NULL;
    char *place;
    size_t len;

    buffer_append_span(&decoded, text);
    for (size_t at = 0; at < decoded.len; at++) {
        decoded.data[at] = decoded.data[at] == '+' ? ' ' : decoded.data[at];
    }
    place = buffer_reserve(&decoded, text.len + 1);
    if (place != NULL && percent_decode(buffer_span(&decoded), place, text.len, &len) == 0) {
        text = (struct span){place, len};
    }
    json_write_text(buffer, text);
}

void vault_form_append_json(struct span form, struct buffer *buffer) {
    char separator = '{';

    while (form.len > 0) {
        struct span value = span_take_until(&form, '&');
        struct span name = span_take_until(&value, '=');

        if (name.len == 0) {
            continue;
        }
        buffer_append_byte(buffer, separator);
        append_text(name, buffer);
        buffer_append_byte(buffer, ':');
        append_text(value, buffer);
        separator = ',';
    }
    buffer_append_text(buffer, separator == '{' ? "{}" : "}");
}
