/* Templates: an accepted one makes the same value twice, and no longer one than was allowed. */
#include "broker/strategy.h"
#include "fuzz.h"

#define VALUE_MAX_BYTES 8192

static void make(const struct policy *policy, struct keyring *keyring, struct buffer *value) {
    int error = strategy_make(policy, keyring, SPAN_LITERAL("a/b"), 1, 2, VALUE_MAX_BYTES, value);

    MUST(error == 0 || error == GK_E_TOO_LARGE);
    MUST(error == 0 ? value->len <= VALUE_MAX_BYTES : value->len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct keyring *keyring;
    BUFFER_AUTO struct buffer first = BUFFER_NULL;
    BUFFER_AUTO struct buffer second = BUFFER_NULL;
    struct problem problem = PROBLEM_NULL;
    struct policy policy;
    struct policy_change change = {
            .given = true,
            .strategy = SPAN_LITERAL("template"),
            .parameter_count = 1,
            .parameters = {{.name = "template",
                    .value = {.type = PARAMETER_TEXT, .text = {(const char *)data, size}}}},
    };

    if (keyring == NULL) {
        MUST(keyring_new(SPAN_LITERAL("test"), &keyring) == 0);
    }
    if (policy_resolve(&change, NULL, VALUE_MAX_BYTES, &policy, &problem) != 0) {
        MUST(problem.detail[0] != '\0');
        return 0;
    }
    make(&policy, keyring, &first);
    make(&policy, keyring, &second);
    MUST(span_equals(buffer_span(&first), buffer_span(&second)));
    return 0;
}
