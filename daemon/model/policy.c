#include "model/policy.h"

#include <assert.h>

#define LIST_LENGTH_BYTES 4

bool list_next(struct span *rest, struct span *ret_text) {
    const unsigned char *bytes = (const unsigned char *)rest->data;
    size_t len;

    if (rest->len < LIST_LENGTH_BYTES) {
        return false;
    }
    len = bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;
    if (len > rest->len - LIST_LENGTH_BYTES) {
        return false;
    }
    *ret_text = (struct span){rest->data + LIST_LENGTH_BYTES, len};
    rest->data += LIST_LENGTH_BYTES + len;
    rest->len -= LIST_LENGTH_BYTES + len;
    return true;
}

struct span list_at(const struct parameter *list, uint32_t at) {
    struct span rest = list->text;
    struct span text = SPAN_NULL;

    assert(list->type == PARAMETER_LIST && at < list->count);
    for (uint32_t i = 0; i <= at && list_next(&rest, &text); i++) {
    }
    return text;
}

void list_put_length(char place[LIST_LENGTH_BYTES], uint32_t len) {
    for (int i = 0; i < LIST_LENGTH_BYTES; i++) {
        place[i] = (char)(len >> (8 * i) & 0xff);
    }
}
