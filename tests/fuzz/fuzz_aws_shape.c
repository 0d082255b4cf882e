/*
 * Bodies in AWS's JSON 1.1, read with all members that there are: what is accepted lies in the body
 * or in the buffer of decoded texts, and what is refused has AWS's code and a sentence.
 */
#include "api/aws/refusal.h"
#include "api/aws/shape.h"
#include "fuzz.h"

#define VALUE_MAX_BYTES 256

static void check_text(struct span text) {
    MUST(text.data == NULL || text.len == 0 || memchr(text.data, '\0', text.len) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint64_t all = MEMBER_BIT(MEMBER_COUNT) - 1;
    static struct arguments arguments;
    struct problem problem = PROBLEM_NULL;
    int error;

    memset(&arguments, 0, ARGUMENTS_HEAD_BYTES);
    error = shape_decode((struct span){(const char *)data, size}, all, MEMBER_BIT(MEMBER_SECRET_ID),
            VALUE_MAX_BYTES, &arguments, &problem);
    MUST(error == 0 || error == GK_E_BAD_REQUEST);
    if (error != 0) {
        MUST(problem.detail[0] != '\0' && problem.parameter != NULL);
        buffer_deinit(&arguments.bytes);
        return 0;
    }
    MUST(is_given(&arguments, MEMBER_SECRET_ID));
    MUST(text_of(&arguments, MEMBER_SECRET_STRING).len <= VALUE_MAX_BYTES);
    MUST(text_of(&arguments, MEMBER_SECRET_BINARY).len <= VALUE_MAX_BYTES);
    for (size_t at = 0; at < MEMBER_COUNT; at++) {
        if (at != MEMBER_SECRET_BINARY) {
            check_text(arguments.of[at].text);
        }
    }
    for (size_t at = 0; at < arguments.element_count; at++) {
        check_text(arguments.elements[at].text);
    }
    buffer_deinit(&arguments.bytes);
    return 0;
}
