/* The whole state as a document: applied, and dumped. */
#include "api/ghostkey/document.h"
#include "api/ghostkey/handlers.h"
#include "api/ghostkey/reply.h"
#include "api/ghostkey/request.h"

#define PIECE_BYTES (256 * 1024)

static void append_list(struct buffer *body, const char *name, const struct buffer *names) {
    buffer_append_text(body, name);
    buffer_append_span(body, buffer_span(names));
    buffer_append_literal(body, "]");
}

static void append_lists(struct buffer *body, const struct document_lists *lists) {
    append_list(body, "{\"made\":[", &lists->made);
    append_list(body, ",\"changed\":[", &lists->changed);
    append_list(body, ",\"deleted\":[", &lists->deleted);
}

static void answer_changes(struct call *call, const struct document_changes *changes) {
    struct buffer *body = answer_json(call);

    append_lists(body, &changes->secrets);
    buffer_append_literal(body, ",\"faults\":");
    append_lists(body, &changes->faults);
    buffer_append_literal(body, "}}");
}

/* 400 with all of them. The answer is written here, since a problem holds one sentence. */
static int answer_mistakes(struct call *call, const struct mistakes *mistakes) {
    call->answer.status = gk_outcome_status(GK_E_BAD_REQUEST);
    call->answer.media = GK_MEDIA_PROBLEM;
    reply_refusal(&call->answer.body, GK_E_BAD_REQUEST, buffer_span(&mistakes->lines));
    return 0;
}

int handle_apply(struct call *call) {
    const struct query *query = &arguments_of(call)->query;
    const struct document_options options = {query->prune, query->dry_run};
    DOCUMENT_AUTO struct document document = DOCUMENT_NULL;
    MISTAKES_AUTO struct mistakes mistakes = MISTAKES_NULL;
    DOCUMENT_CHANGES_AUTO struct document_changes changes = {0};
    int error = document_read(call->request.body, &document, &call->problem);

    if (error != 0) {
        return error;
    }
    error = document_apply(&document, call->broker, &options, &mistakes, &changes);
    if (error != 0) {
        return error;
    }
    if (mistakes.count > 0) {
        return answer_mistakes(call, &mistakes);
    }
    if (document_lists_finish(&changes.secrets) != 0 ||
            document_lists_finish(&changes.faults) != 0) {
        call->answer.body.broken = true; /* call.c takes the changes back */
    }
    answer_changes(call, &changes);
    return 0;
}

struct piece {
    struct buffer *body;
    bool values;
    bool is_first; /* the next definition is the first of the dump */
    size_t last_len;
    char last[GK_NAME_MAX_BYTES];
};

static bool on_secret(void *userdata, const struct secret *secret) {
    struct piece *piece = userdata;

    if (piece->body->len >= PIECE_BYTES) {
        return false;
    }
    if (!piece->is_first) {
        buffer_append_byte(piece->body, ',');
    }
    reply_definition(piece->body, secret, piece->values);
    piece->is_first = false;
    piece->last_len = secret->name.len;
    memcpy(piece->last, secret->name.data, secret->name.len);
    return true;
}

/* The end of the dump: all fault rules, without their counts. */
static int append_faults(struct call *call, struct buffer *body) {
    const struct fault *faults;
    size_t count;
    int error = broker_fault_list(call->broker, &faults, &count);

    if (error != 0) {
        return error;
    }
    buffer_append_literal(body, "},\"faults\":{");
    for (size_t at = 0; at < count; at++) {
        buffer_append_text(body, at > 0 ? "," : "");
        json_write_text(body, span_of(faults[at].rule.id));
        buffer_append_literal(body, ":{");
        reply_fault_rule(body, &faults[at].rule);
        buffer_append_literal(body, "}");
    }
    buffer_append_literal(body, "}}");
    return 0;
}

static int dump_more(struct call *call, bool values);

static int dump_more_names(struct call *call) {
    return dump_more(call, false);
}

static int dump_more_values(struct call *call) {
    return dump_more(call, true);
}

/* Appends the next piece of the dump: the secrets past answer.more_after, as they are now. */
static int dump_more(struct call *call, bool values) {
    struct answer *answer = &call->answer;
    struct piece piece = {
            .body = &answer->body, .values = values, .is_first = answer->more_after.len == 0};
    const struct listing listing = {.after = answer->more_after,
            .limit = SIZE_MAX,
            .expired = LISTED_INCLUDE,
            .deleted = LISTED_EXCLUDE};
    bool has_more = false;
    int error = broker_list(call->broker, &listing, on_secret, &piece, &has_more);

    if (error != 0) {
        return error;
    }
    answer->more = NULL;
    if (has_more) {
        answer->more = values ? dump_more_values : dump_more_names;
        answer->more_after = call_keep(call, (struct span){piece.last, piece.last_len});
        return 0;
    }
    return append_faults(call, piece.body);
}

int handle_dump(struct call *call) {
    buffer_append_literal(answer_json(call), "{\"secrets\":{");
    return dump_more(call, arguments_of(call)->query.values);
}
