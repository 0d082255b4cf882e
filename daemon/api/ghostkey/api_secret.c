#include "api/ghostkey/handlers.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request.h"
#include "common/json_writer.h"

/* Whether If-None-Match names this revision: the client has what it asks for. */
static bool is_unchanged(const struct call *call, const struct secret *secret) {
    return !expectation_holds(arguments_of(call)->expectations[0].also, secret);
}

static int answer_not_modified(struct call *call, const struct secret *secret) {
    call->answer.status = 304;
    call->answer.etag = secret->revision;
    return 0;
}

int answer_secret(struct call *call, const struct secret *secret, bool with_value) {
    reply_secret(answer_json(call), secret, broker_now(call->broker), with_value);
    call->answer.etag = secret->revision;
    if (with_value) {
        mentions_add(&call->told, secret->name, &secret->current);
    }
    return 0;
}

/* The secret, with the version that the query asks for. */
static int read_secret(struct call *call, struct secret *ret_secret) {
    const struct query *query = &arguments_of(call)->query;
    struct span name = arguments_of(call)->name;

    if (query->version != 0) {
        return broker_get_version(call->broker, name, query->version, ret_secret, &call->problem);
    }
    if (query->has_stage) {
        return broker_get_stage(call->broker, name, query->stage, ret_secret, &call->problem);
    }
    if (call->is_stale) {
        int error =
                broker_get_stage(call->broker, name, STAGE_PREVIOUS, ret_secret, &call->problem);

        if (error <= 0) {
            return error;
        }
        call->problem = PROBLEM_NULL; /* there is none that is live */
    }
    return broker_get(call->broker, name, ret_secret, &call->problem);
}

int handle_get_secret(struct call *call) {
    SECRET_AUTO struct secret secret;
    int error;

    secret.made = BUFFER_NULL; /* the rest is not looked at unless it was read */
    error = read_secret(call, &secret);
    if (error != 0) {
        return error;
    }
    if (is_unchanged(call, &secret)) {
        return answer_not_modified(call, &secret);
    }
    return answer_secret(call, &secret, true);
}

struct versions {
    struct call *call;
    const struct secret *secret;
    bool first;
    int error;
};

/* An id that a client gave may be any text. */
static int write_id(struct versions *versions, const struct version *version, struct buffer *body) {
    int error;

    if (version->id.len > 0) {
        json_write_text(body, version->id);
        return 0;
    }
    buffer_append_literal(body, "\"");
    error = broker_version_id(versions->call->broker, versions->secret->name, version, body);
    buffer_append_literal(body, "\"");
    return error;
}

static void on_version(void *userdata, const struct version *version) {
    struct versions *versions = userdata;
    struct buffer *body = &versions->call->answer.body;
    int error;

    reply_version_begin(body, version, versions->first);
    error = write_id(versions, version, body);
    versions->error = versions->error != 0 ? versions->error : error;
    reply_version_end(body, version, versions->secret);
    versions->first = false;
}

/* It has an ETag, but is never answered with 304. */
int handle_get_metadata(struct call *call) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct versions versions = {.call = call, .secret = &secret, .first = true};
    int error = broker_describe(call->broker, arguments_of(call)->name, &secret, &call->problem);

    if (error != 0) {
        return error;
    }
    reply_metadata_begin(answer_json(call), &secret, broker_now(call->broker));
    error = broker_versions(call->broker, &secret, on_version, &versions);
    reply_metadata_end(&call->answer.body);
    call->answer.etag = secret.revision;
    return error != 0 ? error : versions.error;
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
    return answer_secret(call, &secret, false);
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
    return answer_secret(call, &secret, false);
}

int handle_delete_secret(struct call *call) {
    instant gone_at;
    int error =
            broker_delete(call->broker, arguments_of(call)->name, arguments_of(call)->expectations,
                    arguments_of(call)->query.recover_s, &gone_at, &call->problem);
    struct buffer *body;

    if (error != 0) {
        return error;
    }
    body = answer_json(call);
    buffer_append_text(body, "{\"name\":");
    json_write_text(body, arguments_of(call)->name);
    buffer_append_text(body, ",\"deleted\":true");
    if (gone_at != INT64_MAX) {
        buffer_append_text(body, ",\"gone_at\":");
        reply_instant(body, gone_at);
    }
    buffer_append_byte(body, '}');
    return 0;
}

int handle_rotate_secret(struct call *call) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    bool is_pending;
    int error = request_decode_rotate(call->request.body, &is_pending, &call->problem);

    if (error != 0) {
        return error;
    }
    error = broker_rotate(
            call->broker, arguments_of(call)->name, is_pending, &secret, &call->problem);
    if (error != 0) {
        return error;
    }
    return answer_secret(call, &secret, true);
}
