#include "http/listeners.h"

#include "common/buffer.h"
#include "process/log.h"
#include "process/output.h"
#include "process/service.h"

void listeners_deinit(struct listeners *listeners) {
    for (size_t at = 0; at < listeners->count; at++) {
        listener_deinit(&listeners->items[at]);
    }
    free(listeners->items);
}

int listeners_adopt(
        const struct service_passed *passed, struct listeners *listeners, struct problem *problem) {
    listeners->items = calloc(passed->socket_count + 2, sizeof(listeners->items[0]));
    if (listeners->items == NULL) {
        return log_error(ENOMEM, "cannot listen");
    }
    for (size_t at = 0; at < passed->socket_count; at++) {
        int error = listener_adopt(passed->sockets[at].fd, passed->sockets[at].is_credential,
                &listeners->items[at], problem);

        if (error != 0) {
            return error;
        }
        listeners->count += 1;
    }
    return 0;
}

struct span listeners_tcp_address(const struct listeners *listeners) {
    for (size_t at = 0; at < listeners->count; at++) {
        if (listeners->items[at].tcp_port != 0) {
            return span_of(listeners->items[at].label + strlen("tcp:"));
        }
    }
    return SPAN_NULL;
}

void listeners_announce(const struct listeners *listeners) {
    BUFFER_AUTO struct buffer lines = BUFFER_NULL;
    struct output output;

    for (size_t at = 0; at < listeners->count; at++) {
        buffer_append_text(&lines, "listening on ");
        buffer_append_text(&lines, listeners->items[at].label);
        buffer_append_byte(&lines, '\n');
    }
    /* in one write: who has read the first line can read the others at once */
    output_init(&output, STDOUT_FILENO);
    (void)output_write(&output, buffer_span(&lines));
    output_deinit(&output, STDOUT_FILENO);
}

bool listeners_serve_http(const struct listeners *listeners) {
    for (size_t at = 0; at < listeners->count; at++) {
        if (!listeners->items[at].is_credential) {
            return true;
        }
    }
    return false;
}
