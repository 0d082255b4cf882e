#include "credential/credential.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/secrets.h"
#include "broker/versions.h"

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

int credential_find(struct broker *broker, struct span credential,
        char place[CREDENTIAL_NAME_MAX_BYTES], struct secret *ret_secret, struct span *ret_name,
        struct problem *problem) {
    struct problem ignored = PROBLEM_NULL;
    struct span slashed = {place, credential.len};
    int error = broker_get(broker, credential, ret_secret, problem);

    *ret_name = credential;
    if (ret_secret->name.data != NULL || memchr(credential.data, '.', credential.len) == NULL) {
        return error; /* one that has no value, has no other in its place */
    }
    for (size_t at = 0; at < credential.len; at++) {
        place[at] = credential.data[at] == '.' ? '/' : credential.data[at];
    }
    error = broker_get(broker, slashed, ret_secret, &ignored);
    if (error != 0 && ret_secret->name.data == NULL) {
        return problem_set(problem, GK_E_NO_SECRET, "no secret named '%.*s', and none named '%.*s'",
                SPAN_ARGS(credential), SPAN_ARGS(slashed));
    }
    *ret_name = slashed;
    *problem = ignored;
    return error;
}

int credential_check(struct broker *broker, const struct secret *secret, struct problem *problem) {
    return secret_is_expired(secret, broker_now(broker))
                   ? problem_set(problem, GK_E_NO_SECRET,
                             "'%.*s' has expired: rotate it or put a value",
                             SPAN_ARGS(secret->name))
                   : 0;
}

int credential_make_stale(struct broker *broker, struct secret *secret) {
    struct problem ignored = PROBLEM_NULL;
    struct secret previous;
    int error = broker_get_stage(broker, secret->name, STAGE_PREVIOUS, &previous, &ignored);

    if (error != 0) {
        return error < 0 ? error : 0; /* without a previous version it stays */
    }
    *secret = previous;
    return 0;
}
