#include "api/ghostkey/handlers.h"
#include "api/ghostkey/openapi.h"
#include "api/ghostkey/reply.h"
#include "http/api.h"
#include "http/metrics.h"

/* Only a state that is kept has a journal. */
static void append_journal(struct buffer *body, const struct broker_status *status) {
    if (status->journal_bytes == 0) {
        return;
    }
    buffer_append_text(body, ",\"journal\":{\"bytes\":");
    buffer_append_decimal(body, status->journal_bytes);
    buffer_append_text(body, ",\"rewritten_at\":");
    reply_instant(body, status->rewritten_at == 0 ? INT64_MAX : status->rewritten_at);
    buffer_append_byte(body, '}');
}

static void append_text_or_null(struct buffer *body, struct span text) {
    if (text.data == NULL) {
        buffer_append_literal(body, "null");
    } else {
        json_write_text(body, text);
    }
}

/* What a client needs to know to use the other APIs. Over TCP nobody learns of the token's file. */
static void append_places(struct buffer *body, const struct api_context *context) {
    struct span mount = context->vault_mount;

    buffer_append_literal(body, ",\"tcp\":");
    append_text_or_null(body, context->tcp);
    buffer_append_literal(body, ",\"token_file\":");
    append_text_or_null(body, context->token_file);
    buffer_append_literal(body, ",\"vault_mount\":");
    json_write_text(body, (struct span){mount.data, mount.len - 1}); /* without its '/' */
    buffer_append_literal(body, ",\"aws_region\":");
    json_write_text(body, context->aws_region);
}

int handle_get_status(struct call *call) {
    struct buffer *body = answer_json(call);
    struct broker_status status = broker_status(call->broker);

    buffer_append_text(
            body, "{\"status\":\"ok\",\"version\":\"" GHOSTKEY_VERSION "\",\"state\":\"");
    buffer_append_text(body, status.home);
    buffer_append_text(body, "\",\"clock\":\"");
    buffer_append_text(body, clock_kind_text(broker_clock_kind(call->broker)));
    buffer_append_text(body, "\",\"secrets\":");
    buffer_append_decimal(body, status.secrets);
    buffer_append_text(body, ",\"last_event\":");
    buffer_append_decimal(body, status.last_event);
    buffer_append_text(body, ",\"faults\":");
    buffer_append_decimal(body, status.faults);
    append_journal(body, &status);
    if (!call->is_tcp) {
        append_places(body, call->context);
    }
    buffer_append_byte(body, '}');
    return 0;
}

int handle_get_openapi(struct call *call) {
    buffer_append(answer_json(call), openapi_document, openapi_document_len);
    return 0;
}

int handle_get_metrics(struct call *call) {
    struct broker_status status = broker_status(call->broker);

    call->answer.status = 200;
    call->answer.media = GK_MEDIA_METRICS;
    metrics_write(&call->answer.body, call->metrics, broker_counters(call->broker), &status);
    return 0;
}
