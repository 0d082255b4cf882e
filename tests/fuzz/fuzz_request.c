/* The request decoder: the input as each kind of body. */
#include "fuzz.h"

#include "api/ghostkey/request.h"
#include "api/ghostkey/request_plain.h"

#define VALUE_MAX_BYTES 4096

static void expect(int error, const struct problem *problem) {
    MUST(error == 0 || error == GK_E_BAD_REQUEST || error == GK_E_TOO_LARGE);
    MUST(error == 0 || problem->detail[0] != '\0');
}

static void decode_definition(struct span body, bool is_patch) {
    DECODED_AUTO struct decoded decoded = DECODED_NULL;
    struct problem problem = PROBLEM_NULL;
    struct definition definition;
    int error =
            is_patch ? request_decode_patch(body, VALUE_MAX_BYTES, &decoded, &definition, &problem)
                     : request_decode_put(body, VALUE_MAX_BYTES, &decoded, &definition, &problem);

    expect(error, &problem);
    if (error != 0) {
        return;
    }
    MUST(definition.value.len <= VALUE_MAX_BYTES);
    MUST(definition.label_count <= (is_patch ? GK_LABEL_CHANGES_MAX : GK_LABELS_MAX));
    MUST(is_patch || definition.value_source != VALUE_KEPT);
    MUST(definition.binary || definition.value.len == 0 ||
            memchr(definition.value.data, 0, definition.value.len) == NULL);
}

static void give_back(char *text) {
    json_malloc_t take;
    json_free_t give;

    json_get_alloc_funcs(&take, &give);
    give(text);
}

/* The short reader and the library read the same members in the same order. */
static void compare_with_library(struct span body) {
    json_auto_t *plain = request_plain_load(body);
    json_auto_t *root = NULL;
    char *left;
    char *right;

    if (plain == NULL) {
        return;
    }
    root = json_loadb(body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
    MUST(root != NULL && json_equal(plain, root));
    left = json_dumps(plain, JSON_COMPACT);
    right = json_dumps(root, JSON_COMPACT);
    MUST(left != NULL && right != NULL && strcmp(left, right) == 0);
    give_back(left);
    give_back(right);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool is_set_up;
    struct problem problem = PROBLEM_NULL;
    struct span body = {(const char *)data, size};
    int64_t by_s = 1;
    instant now = 0;

    if (!is_set_up) {
        request_setup();
        is_set_up = true;
    }
    compare_with_library(body);
    decode_definition(body, false);
    decode_definition(body, true);
    expect(request_decode_empty(body, &problem), &problem);
    expect(request_decode_advance(body, &by_s, &problem), &problem);
    MUST(by_s > 0);
    expect(request_decode_set_clock(body, &now, &problem), &problem);
    return 0;
}
