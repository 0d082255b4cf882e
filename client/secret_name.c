#include "secret_name.h"

#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "terminal/output.h"

bool secret_name_is_valid(const char *name) {
    return name_fault(span_of(name)) == NULL;
}

int secret_name_check(const char *name) {
    if (secret_name_is_valid(name)) {
        return GK_EXIT_DONE;
    }
    if (strlen(name) > GK_NAME_MAX_BYTES) {
        output_error("a text of %zu bytes is not a name: " SECRET_NAME_RULE, strlen(name),
                GK_NAME_MAX_BYTES);
        return GK_EXIT_USAGE;
    }
    output_error("'%s' is not a name: " SECRET_NAME_RULE, name, GK_NAME_MAX_BYTES);
    return GK_EXIT_USAGE;
}

int secret_name_check_all(char *const *names, size_t count) {
    int error = 0;

    for (size_t i = 0; i < count && error == 0; i++) {
        error = secret_name_check(names[i]);
    }
    return error;
}

void secret_name_append_url(struct buffer *url, const char *text) {
    static const char plain[] =
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~/";

    for (; *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL) {
            buffer_append_byte(url, *text);
        } else {
            buffer_printf(url, "%%%02X", (unsigned char)*text);
        }
    }
}
