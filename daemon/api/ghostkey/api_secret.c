#include "api/ghostkey/handlers.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request.h"

/* Whether If-None-Match names this revision: the client has what it asks for. */
static bool is_unchanged(const struct call *call, const struct secret *secret) {
    return !expectation_holds(arguments_of(call)->expectations[0].also, secret);
}

static int answer_not_modified(struct call *call, const struct secret *secret) {
    call->answer.status = 304;
    call->answer.etag = secret->revision;
    return 0;
}

static int answer_secret(
        struct call *call, const struct secret *secret, instant now, bool with_value) {
    reply_secret(answer_json(call), secret, now, with_value);
    call->answer.etag = secret->revision;
    return 0;
}

int handle_get_secret(struct call *call) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    uint64_t version = arguments_of(call)->query.version;
    int error = version == 0 ? broker_get(call->broker, arguments_of(call)->name, &secret,
                                       &call->problem)
                             : broker_get_version(call->broker, arguments_of(call)->name, version,
                                       &secret, &call->problem);

    if (error != 0) {
        return error;
    }
    if (is_unchanged(call, &secret)) {
        return answer_not_modified(call, &secret);
    }
    return answer_secret(call, &secret, broker_now(call->broker), true);
}

struct versions {
    struct buffer *buffer;
    bool first;
};

static void on_version(void *userdata, const struct version *version) {
    struct versions *versions = userdata;

    reply_metadata_version(versions->buffer, version, versions->first);
    versions->first = false;
}

int handle_get_metadata(struct call *call) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct versions versions = {.buffer = &call->answer.body, .first = true};
    int error = broker_get(call->broker, arguments_of(call)->name, &secret, &call->problem);

    if (error != 0) {
        return error;
    }
    if (is_unchanged(call, &secret)) {
        return answer_not_modified(call, &secret);
    }
    reply_metadata_begin(answer_json(call), &secret, broker_now(call->broker));
    error = broker_versions(call->broker, &secret, on_version, &versions);
    reply_metadata_end(versions.buffer);
    call->answer.etag = secret.revision;
    return error;
}

int handle_put_secret(struct call *call) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition;
    int error = request_decode_put(call->request.body, broker_value_max_bytes(call->broker), &bytes,
            &definition, &call->problem);

    if (error != 0) {
        return error;
    }
    definition.name = arguments_of(call)->name;
    definition.expectation = arguments_of(call)->expectations;
    error = broker_put(call->broker, &definition, &secret, &call->problem);
    if (error != 0) {
        return error;
    }
    return answer_secret(call, &secret, broker_now(call->broker), false);
}

int handle_patch_secret(struct call *call) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition;
    int error = request_decode_patch(call->request.body, broker_value_max_bytes(call->broker),
            &bytes, &definition, &call->problem);

    if (error != 0) {
        return error;
    }
    definition.name = arguments_of(call)->name;
    definition.expectation = arguments_of(call)->expectations;
    error = broker_patch(call->broker, &definition, &secret, &call->problem);
    if (error != 0) {
        return error;
    }
    return answer_secret(call, &secret, broker_now(call->broker), false);
}

int handle_delete_secret(struct call *call) {
    int error = broker_delete(call->broker, arguments_of(call)->name,
            arguments_of(call)->expectations, &call->problem);
    struct buffer *body;

    if (error != 0) {
        return error;
    }
    body = answer_json(call);
    buffer_append_text(body, "{\"name\":");
    json_write_text(body, arguments_of(call)->name);
    buffer_append_text(body, ",\"deleted\":true}");
    return 0;
}

int handle_rotate_secret(struct call *call) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = request_decode_empty(call->request.body, &call->problem);

    if (error != 0) {
        return error;
    }
    error = broker_rotate(call->broker, arguments_of(call)->name, &secret, &call->problem);
    if (error != 0) {
        return error;
    }
    return answer_secret(call, &secret, broker_now(call->broker), true);
}
