#include "api/aws/scalar.h"

#include <stdlib.h>

int64_t scalar_characters(struct span text) {
    int64_t count = 0;

    for (size_t at = 0; at < text.len; at++) {
        count += (text.data[at] & 0xC0) != 0x80;
        count += (unsigned char)text.data[at] >= 0xF0;
    }
    return count;
}

bool scalar_integer(const struct json_reader_value *value, int64_t *ret_number) {
    char text[64];
    char *end;
    double number;

    if (value->kind != JSON_READER_NUMBER || value->raw.len >= sizeof(text)) {
        return false;
    }
    memcpy(text, value->raw.data, value->raw.len);
    text[value->raw.len] = '\0';
    number = strtod(text, &end);
    if (*end != '\0' || !(number >= -9007199254740992.0 && number <= 9007199254740992.0) ||
            number != (double)(int64_t)number) {
        return false;
    }
    *ret_number = (int64_t)number;
    return true;
}
