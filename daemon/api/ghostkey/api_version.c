#include "api/ghostkey/handlers.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request.h"

int handle_promote(struct call *call) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    uint64_t number;
    int error = request_decode_version(call->request.body, &number, &call->problem);

    if (error != 0) {
        return error;
    }
    error = broker_promote(call->broker, arguments_of(call)->name, number, &secret, &call->problem);
    if (error != 0) {
        return error;
    }
    return answer_secret(call, &secret, false);
}

int handle_restore(struct call *call) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    uint64_t number;
    int error = request_decode_version(call->request.body, &number, &call->problem);

    if (error != 0) {
        return error;
    }
    error = broker_restore(call->broker, arguments_of(call)->name, number, &secret, &call->problem);
    if (error != 0) {
        return error;
    }
    return answer_secret(call, &secret, false);
}

int handle_discard(struct call *call) {
    struct buffer *body;
    uint64_t discarded;
    uint64_t number;
    int error = request_decode_version(call->request.body, &number, &call->problem);

    if (error != 0) {
        return error;
    }
    error = broker_discard(
            call->broker, arguments_of(call)->name, number, &discarded, &call->problem);
    if (error != 0) {
        return error;
    }
    body = answer_json(call);
    buffer_append_text(body, "{\"name\":");
    json_write_text(body, arguments_of(call)->name);
    buffer_append_text(body, ",\"discarded\":");
    buffer_append_decimal(body, discarded);
    buffer_append_byte(body, '}');
    return 0;
}

static void reply_verification(
        struct buffer *body, struct span name, const struct verification *verification) {
    buffer_append_text(body, "{\"name\":");
    json_write_text(body, name);
    buffer_append_text(body, ",\"accepted\":");
    buffer_append_text(body, verification->is_accepted ? "true" : "false");
    buffer_append_text(body, ",\"version\":");
    if (verification->version == 0) {
        buffer_append_text(body, "null");
    } else {
        buffer_append_decimal(body, verification->version);
    }
    buffer_append_text(body, ",\"stage\":");
    if (verification->stage.data == NULL) {
        buffer_append_text(body, "null");
    } else {
        json_write_text(body, verification->stage);
    }
    buffer_append_text(body, ",\"expired\":");
    buffer_append_text(body, verification->is_expired ? "true}" : "false}");
}

int handle_verify(struct call *call) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct verification verification;
    struct span value;
    int error = request_decode_verify(call->request.body, broker_value_max_bytes(call->broker),
            &bytes, &value, &call->problem);

    if (error != 0) {
        return error;
    }
    error = broker_verify(
            call->broker, arguments_of(call)->name, value, &verification, &call->problem);
    if (error != 0) {
        return error;
    }
    reply_verification(answer_json(call), arguments_of(call)->name, &verification);
    return 0;
}
