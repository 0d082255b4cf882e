#include "credential/credential.h"

#include "broker/broker.h"
#include "broker/secrets.h"
#include "process/log.h"
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define HEX_MAX_DIGITS 16

bool credential_parse(
        const struct sockaddr_un *address, socklen_t len, struct credential_asked *ret_asked) {
    const struct span kind = SPAN_LITERAL("/unit/");
    size_t path_at = offsetof(struct sockaddr_un, sun_path);
    const char *text = address->sun_path + 1; /* behind the NUL of an abstract address */
    const char *slash;
    size_t digits = 0;
    size_t rest;

    if (len <= path_at + 1 || address->sun_path[0] != '\0') {
        return false;
    }
    rest = len - path_at - 1;
    while (digits < rest && digits < HEX_MAX_DIGITS && isxdigit((unsigned char)text[digits])) {
        digits += 1;
    }
    if (digits == 0 || rest - digits <= kind.len ||
            memcmp(text + digits, kind.data, kind.len) != 0) {
        return false;
    }
    text += digits + kind.len;
    rest -= digits + kind.len;
    slash = memrchr(text, '/', rest);
    if (slash == NULL || slash == text || slash + 1 == text + rest) {
        return false;
    }
    ret_asked->unit = (struct span){text, (size_t)(slash - text)};
    ret_asked->credential = (struct span){slash + 1, (size_t)(text + rest - slash - 1)};
    return true;
}

/* The secret of that name, with a value that has not expired. */
static int read_live(struct broker *broker, struct span name, struct secret *ret_secret,
        struct problem *problem) {
    int error = broker_get(broker, name, ret_secret, problem);

    if (error == 0 && secret_is_expired(ret_secret, broker_now(broker))) {
        return problem_set(problem, GK_E_NO_SECRET, "'%.*s' has expired: rotate it or put a value",
                SPAN_ARGS(name));
    }
    return error;
}

/* The same of that name, or if there is none with '/' for each '.'. */
static int read_secret(struct broker *broker, struct span credential, struct secret *ret_secret,
        struct problem *problem) {
    char name[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    struct span slashed = {name, credential.len};
    struct problem ignored = PROBLEM_NULL;
    int error = broker_describe(broker, credential, ret_secret, problem);

    if (error == 0) {
        return read_live(broker, credential, ret_secret, problem);
    }
    if (memchr(credential.data, '.', credential.len) == NULL) {
        return error;
    }
    for (size_t at = 0; at < credential.len; at++) {
        name[at] = credential.data[at] == '.' ? '/' : credential.data[at];
    }
    if (broker_describe(broker, slashed, ret_secret, &ignored) != 0) {
        return problem_set(problem, GK_E_NO_SECRET, "no secret named '%.*s', and none named '%.*s'",
                SPAN_ARGS(credential), SPAN_ARGS(slashed));
    }
    return read_live(broker, slashed, ret_secret, problem);
}

int credential_read(
        struct broker *broker, const struct credential_asked *asked, struct buffer *value) {
    struct problem problem = PROBLEM_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = read_secret(broker, asked->credential, &secret, &problem);

    if (error != 0) {
        log_warning("%.*s gets no credential %.*s, and does not start: %s", SPAN_ARGS(asked->unit),
                SPAN_ARGS(asked->credential),
                problem.detail[0] != '\0' ? problem.detail : "an internal error");
        return error;
    }
    buffer_append_span(value, secret.current.value);
    return buffer_finish(value) == 0 ? 0 : log_error(ENOMEM, "cannot send a credential");
}
