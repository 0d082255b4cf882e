#include "secret_name.h"

#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "terminal/output.h"

#define ALNUM "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

bool secret_name_is_valid(const char *name) {
    size_t length = strlen(name);

    if (length == 0 || length > GK_NAME_MAX_BYTES) {
        return false;
    }
    for (const char *segment = name;; segment++) {
        size_t width = strspn(segment, ALNUM "._+=@-");

        if (width == 0 || (width <= 2 && strspn(segment, ".") == width)) {
            return false;
        }
        segment += width;
        if (*segment == '\0') {
            return true;
        }
        if (*segment != '/') {
            return false;
        }
    }
}

bool env_name_is_valid(const char *name) {
    size_t length = strlen(name);

    return length > 0 && length <= GK_ENV_MAX_BYTES && strchr("0123456789", name[0]) == NULL &&
           strspn(name, ALNUM "_") == length;
}

void env_name_default(const char *name, char *place) {
    if (name[0] >= '0' && name[0] <= '9') {
        *place++ = '_';
    }
    for (; *name != '\0'; name++) {
        bool lower = *name >= 'a' && *name <= 'z';
        bool plain = (*name >= '0' && *name <= '9') || (*name >= 'A' && *name <= 'Z');

        *place++ = lower ? (char)(*name - 'a' + 'A') : plain ? *name : '_';
    }
    *place = '\0';
}

bool env_name_is_of(const char *env, const char *name) {
    BUFFER_AUTO struct buffer by_default = BUFFER_NULL;

    if (env_name_is_valid(env)) {
        return true;
    }
    env_name_append_default(&by_default, name);
    return strcmp(env, buffer_string(&by_default)) == 0;
}

void env_name_append_default(struct buffer *env, const char *name) {
    char *place = buffer_reserve(env, strlen(name) + 1);

    env_name_default(name, place);
    buffer_commit(env, strlen(place));
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

void secret_name_append_url(struct buffer *url, const char *text) {
    static const char plain[] = ALNUM "-._~/";

    for (; *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL) {
            buffer_append_byte(url, *text);
        } else {
            buffer_printf(url, "%%%02X", (unsigned char)*text);
        }
    }
}
