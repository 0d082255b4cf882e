/* How a browser's tab gets its token. The files of the page are in api/page/. */
#include "api/ghostkey/handlers.h"
#include "api/ghostkey/page_access.h"
#include "http/api.h"

/* {"member":"text"}. The text needs no escapes. */
static void answer_text(struct call *call, const char *member, struct span text) {
    struct buffer *body = answer_json(call);

    buffer_append_text(body, "{\"");
    buffer_append_text(body, member);
    buffer_append_text(body, "\":\"");
    buffer_append(body, text.data, text.len);
    buffer_append_text(body, "\"}");
    call->answer.cache = "no-store";
}

int handle_page_code(struct call *call) {
    struct span code;
    int error;

    if (call->is_tcp) {
        return problem_set(&call->problem, GK_E_FORBIDDEN,
                "a code for the page is given over the Unix socket only: 'ghostctl page' asks for "
                "one");
    }
    error = request_decode_empty(call->request.body, &call->problem);
    if (error != 0) {
        return error;
    }
    error = page_access_give_code(call->context->page, &code);
    if (error != 0) {
        return error;
    }
    answer_text(call, "code", code);
    return 0;
}

int handle_page_token(struct call *call) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct span code;
    struct span token;
    int error = request_decode_page_code(call->request.body, &bytes, &code, &call->problem);

    if (error != 0) {
        return error;
    }
    error = page_access_take_code(call->context->page, code, &token);
    if (error > 0) {
        return problem_set(&call->problem, error,
                "this code is not good, or no longer: each is good once and for %d seconds; "
                "'ghostctl page' gets a new one",
                PAGE_CODE_LIFE_S);
    }
    if (error != 0) {
        return error;
    }
    answer_text(call, "token", token);
    return 0;
}
