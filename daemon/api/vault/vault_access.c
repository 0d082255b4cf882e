#include "api/vault/vault_access.h"

#include "api/vault/vault_token.h"
#include "http/request.h"
#include "http/token.h"

#define LOGIN "login"

/* Takes the text behind the last '/' off *rest, or all of it. */
static struct span take_last(struct span *rest) {
    struct span last = *rest;
    size_t at = rest->len;

    while (at > 0 && rest->data[at - 1] != '/') {
        at -= 1;
    }
    last = (struct span){rest->data + at, rest->len - at};
    rest->len = at == 0 ? 0 : at - 1;
    return last;
}

/* Whether a method can be mounted there: "approle", "team/jwt". */
static bool is_method(struct span path) {
    bool has_segments = path.len > 0 && path.data[path.len - 1] != '/';

    while (has_segments && path.len > 0) {
        has_segments = span_take_until(&path, '/').len > 0;
    }
    return has_segments;
}

bool vault_is_login(struct span path, struct vault_login *ret_login) {
    struct span rest = path;
    struct span user = take_last(&rest);

    if (user.len > 0 && span_is(take_last(&rest), LOGIN) && is_method(rest)) {
        *ret_login = (struct vault_login){.method = rest, .user = user}; /* perhaps "login", too */
        return true;
    }
    if (!span_is(take_last(&path), LOGIN) || !is_method(path)) {
        return false;
    }
    *ret_login = (struct vault_login){.method = path};
    return true;
}

struct span vault_token_of(const struct request *request) {
    struct span text = request_header(request, "x-vault-token");

    return text.len > 0 ? text : request_bearer(request);
}

struct span vault_tcp_secret(bool is_tcp, const struct api_context *context) {
    return is_tcp ? (struct span){context->token->text, context->token->len} : SPAN_NULL;
}

/* Whether the request needs no token: it asks how the server is, or logs in. */
static bool is_open(const struct request *request) {
    static const char *const paths[] = {
            "/v1/sys/health", "/v1/sys/seal-status", "/v1/sys/init", "/v1/sys/leader"};
    const struct span auth = SPAN_LITERAL("/v1/auth/");
    struct span path = request->path;
    struct vault_login login;

    for (size_t at = 0; at < sizeof(paths) / sizeof(paths[0]); at++) {
        if (span_is(path, paths[at])) {
            return true;
        }
    }
    if (!span_starts_with(path, auth)) {
        return false;
    }
    path = (struct span){path.data + auth.len, path.len - auth.len};
    return (span_is(request->method, "POST") || span_is(request->method, "PUT")) &&
           vault_is_login(path, &login);
}

enum speaker vault_may_speak(const struct api_request *request) {
    const struct api_context *context = request->context;
    struct span text = vault_token_of(request->request);
    struct vault_token token;

    if (is_open(request->request)) {
        return SPEAKER_ANYONE;
    }
    if (vault_token_is_derived(text)) {
        struct span secret = vault_tcp_secret(request->is_tcp, context);

        return vault_token_find(context->broker, text, secret, &token) == 0 ? SPEAKER_KNOWN
                                                                            : SPEAKER_REFUSED;
    }
    return !request->is_tcp || token_matches(context->token, text) ? SPEAKER_KNOWN
                                                                   : SPEAKER_REFUSED;
}
