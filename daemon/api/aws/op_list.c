#include "api/aws/list.h"
#include "api/aws/operations.h"

#define SECRETS_DEFAULT 100

static int append_page(struct call *call, struct buffer *buffer, const struct page *page) {
    for (size_t at = 0; at < page->count; at++) {
        struct target target;
        int error = target_find_path(call, ask_of(call)->region, page_path(page, at), &target);

        if (error != 0) {
            return error;
        }
        buffer_append_text(buffer, at > 0 ? "," : "");
        error = append_description(call, buffer, &target, true);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

int aws_handle_list_secrets(struct call *call) {
    const struct arguments *arguments = arguments_of(call);
    GK_CLEANUP(page_deinit)
    struct page page = {
            .limit = (size_t)number_of(arguments, MEMBER_MAX_RESULTS, SECRETS_DEFAULT),
            .with_deleted = number_of(arguments, MEMBER_PLANNED_DELETION, 0) != 0,
    };
    struct buffer *buffer;
    int error = page_read(call, &page);

    if (error != 0) {
        return error;
    }
    buffer = answer_begin(call);
    buffer_append_literal(buffer, "{\"SecretList\":[");
    error = append_page(call, buffer, &page);
    buffer_append_literal(buffer, "]");
    append_next_token(buffer, &page);
    buffer_append_literal(buffer, "}");
    return error;
}
