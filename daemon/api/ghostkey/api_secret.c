#include "api/ghostkey/handlers.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request.h"

/* Whether If-None-Match names this revision: the client has what it asks for. */
static bool is_unchanged(const struct exchange *exchange, const struct secret *secret) {
    return !expectation_holds(exchange->expectations[0].also, secret);
}

static int answer_not_modified(struct exchange *exchange, const struct secret *secret) {
    exchange->answer.status = 304;
    exchange->answer.etag = secret->revision;
    return 0;
}

static int answer_secret(
        struct exchange *exchange, const struct secret *secret, instant now, bool with_value) {
    reply_secret(answer_json(exchange), secret, now, with_value);
    exchange->answer.etag = secret->revision;
    return 0;
}

int handle_get_secret(struct exchange *exchange) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    uint64_t version = exchange->query.version;
    int error = version == 0
                        ? broker_get(exchange->broker, exchange->name, &secret, &exchange->problem)
                        : broker_get_version(exchange->broker, exchange->name, version, &secret,
                                  &exchange->problem);

    if (error != 0) {
        return error;
    }
    if (is_unchanged(exchange, &secret)) {
        return answer_not_modified(exchange, &secret);
    }
    return answer_secret(exchange, &secret, broker_now(exchange->broker), true);
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

int handle_get_metadata(struct exchange *exchange) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct versions versions = {.buffer = &exchange->answer.body, .first = true};
    int error = broker_get(exchange->broker, exchange->name, &secret, &exchange->problem);

    if (error != 0) {
        return error;
    }
    if (is_unchanged(exchange, &secret)) {
        return answer_not_modified(exchange, &secret);
    }
    reply_metadata_begin(answer_json(exchange), &secret, broker_now(exchange->broker));
    error = broker_versions(exchange->broker, &secret, on_version, &versions);
    reply_metadata_end(versions.buffer);
    exchange->answer.etag = secret.revision;
    return error;
}

int handle_put_secret(struct exchange *exchange) {
    DECODED_AUTO struct decoded decoded = DECODED_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition;
    int error = request_decode_put(exchange->body, broker_value_max_bytes(exchange->broker),
            &decoded, &definition, &exchange->problem);

    if (error != 0) {
        return error;
    }
    definition.name = exchange->name;
    definition.expectation = exchange->expectations;
    error = broker_put(exchange->broker, &definition, &secret, &exchange->problem);
    if (error != 0) {
        return error;
    }
    return answer_secret(exchange, &secret, broker_now(exchange->broker), false);
}

int handle_patch_secret(struct exchange *exchange) {
    DECODED_AUTO struct decoded decoded = DECODED_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition;
    int error = request_decode_patch(exchange->body, broker_value_max_bytes(exchange->broker),
            &decoded, &definition, &exchange->problem);

    if (error != 0) {
        return error;
    }
    definition.name = exchange->name;
    definition.expectation = exchange->expectations;
    error = broker_patch(exchange->broker, &definition, &secret, &exchange->problem);
    if (error != 0) {
        return error;
    }
    return answer_secret(exchange, &secret, broker_now(exchange->broker), false);
}

int handle_delete_secret(struct exchange *exchange) {
    int error = broker_delete(
            exchange->broker, exchange->name, exchange->expectations, &exchange->problem);
    struct buffer *body;

    if (error != 0) {
        return error;
    }
    body = answer_json(exchange);
    buffer_append_text(body, "{\"name\":");
    reply_text(body, exchange->name);
    buffer_append_text(body, ",\"deleted\":true}");
    return 0;
}

int handle_rotate_secret(struct exchange *exchange) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = request_decode_empty(exchange->body, &exchange->problem);

    if (error == 0) {
        error = broker_rotate(exchange->broker, exchange->name, &secret, &exchange->problem);
    }
    if (error != 0) {
        return error;
    }
    return answer_secret(exchange, &secret, broker_now(exchange->broker), true);
}
