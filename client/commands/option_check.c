#include "commands/option_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "common/name.h"

int64_t number_read(const char *text) {
    long long number;

    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0') {
        return NUMBER_NONE;
    }
    errno = 0;
    number = strtoll(text, NULL, 10);
    return errno != 0 ? NUMBER_NONE : number;
}

static bool is_prefix(const char *text) {
    return name_has_only_name_bytes(span_of(text));
}

static bool is_version(const char *text) {
    return number_read(text) >= 1;
}

static bool is_path(const char *text) {
    return text[0] != '\0';
}

static const struct check {
    const char *option;
    bool (*is_right)(const char *text);
    const char *fault;
} checks[] = {
        {"prefix", is_prefix,
                "is not how names begin: at most 255 of A-Z a-z 0-9 . _ + = @ ! % - and '/'"},
        {"version", is_version, "is no version: versions are numbered from 1"},
        {"socket", is_path, "is empty: it takes the path of a socket"},
        {"token-file", is_path, "is empty: it takes the path of a file"},
};

static const struct check *find_check(const struct option_given *given) {
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (given->value != NULL && strcmp(checks[i].option, given->spec->name) == 0) {
            return &checks[i];
        }
    }
    return NULL;
}

int option_check(const struct invocation *invocation) {
    for (size_t i = 0; i < invocation->options->given_count; i++) {
        const struct option_given *given = &invocation->options->given[i];
        const struct check *check = find_check(given);

        if (check != NULL && !check->is_right(given->value)) {
            return command_usage(
                    invocation->command, "'--%s %s' %s", check->option, given->value, check->fault);
        }
    }
    return GK_EXIT_DONE;
}
