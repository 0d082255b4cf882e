#include "wire/http_request.h"

#include <string.h>

static void append_header(struct buffer *head, const char *name, const char *value) {
    if (value != NULL) {
        buffer_append_text(head, name);
        buffer_append_text(head, value);
        buffer_append(head, "\r\n", 2);
    }
}

void http_request_write(const struct http_request *request, const char *host,
        const char *authorization, struct buffer *out) {
    buffer_append_text(out, request->method);
    buffer_append_byte(out, ' ');
    buffer_append_text(out, request->path);
    append_header(out, " HTTP/1.1\r\nHost: ", host);
    append_header(out, "Authorization: Bearer ", authorization);
    append_header(out, "If-Match: ", request->if_match);
    append_header(out, "If-None-Match: ", request->if_none_match);
    append_header(out, "Accept: ", request->accept);
    append_header(out, "Last-Event-ID: ", request->last_event_id);
    if (request->body != NULL) {
        append_header(out, "Content-Type: ", request->media);
    }
    if (request->body != NULL || strcmp(request->method, "POST") == 0) {
        buffer_printf(out, "Content-Length: %zu\r\n", request->body_len);
    }
    buffer_append(out, "\r\n", 2);
    buffer_append(out, request->body != NULL ? request->body : "", request->body_len);
}
