#include "commands/value_source.h"

#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "common/base64.h"
#include "common/utf8.h"
#include "terminal/input.h"
#include "terminal/prompt.h"

bool value_is_text(const struct buffer *value) {
    return value->len == 0 ||
           (memchr(value->data, '\0', value->len) == NULL && utf8_is_valid(buffer_span(value)));
}

/* All of standard input, which is no terminal. */
static int read_input(bool raw, struct buffer *value) {
    int error = input_read_all(STDIN_FILENO, "standard input", value);
    if (error != 0) {
        return error;
    }
    if (!raw && value->len > 0 && value->data[value->len - 1] == '\n' && value_is_text(value)) {
        buffer_truncate(value, value->len - 1);
    }
    return 0;
}

int value_source_read_input(const char *what, struct buffer *ret_value) {
    return isatty(STDIN_FILENO) == 1 ? prompt_once(what, ret_value) : read_input(false, ret_value);
}

int value_source_read(char *argument, const char *what, bool raw, struct buffer *ret_value) {
    if (argument == NULL || strcmp(argument, "-") == 0) {
        return isatty(STDIN_FILENO) == 1 ? prompt_twice(what, ret_value)
                                         : read_input(raw, ret_value);
    }
    if (argument[0] == '@') {
        /* The message does not repeat the path: it may be a value that begins with '@'. */
        return input_read_file(argument + 1,
                "the file behind '@' (a value that begins with '@' goes through standard input)",
                ret_value);
    }
    buffer_append_text(ret_value, argument);
    explicit_bzero(argument, strlen(argument));
    return GK_EXIT_DONE;
}

void value_set_member(json_t *object, const struct buffer *value) {
    BUFFER_AUTO struct buffer base64 = BUFFER_NULL;

    if (value_is_text(value)) {
        json_object_set_new(object, "value", json_stringn(buffer_string(value), value->len));
        return;
    }
    base64_encode(buffer_span(value), &base64);
    json_object_set_new(object, "value_base64", json_stringn(buffer_string(&base64), base64.len));
}
