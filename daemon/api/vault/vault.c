/* The operations of Vault's API, and how a request finds its own. */
#include "api/vault/vault.h"

#include <strings.h>

#include "api/vault/api.h"
#include "api/vault/vault_access.h"
#include "api/vault/vault_handlers.h"
#include "api/vault/vault_query.h"
#include "common/utf8.h"
#include "http/fault.h"
#include "http/request_text.h"
#include "model/mount.h"

#define ROOT "/v1/"
#define MOUNT "{mount}/" /* a label that begins so, behind ROOT, is one of a mount's */
#define PATH "{path}"    /* a label that ends so has any path in its place */
#define DATA ROOT MOUNT "data/" PATH
#define METADATA ROOT MOUNT "metadata/" PATH
#define DELETE ROOT MOUNT "delete/" PATH
#define UNDELETE ROOT MOUNT "undelete/" PATH
#define DESTROY ROOT MOUNT "destroy/" PATH
#define SUBKEYS ROOT MOUNT "subkeys/" PATH
#define OTHER ROOT MOUNT PATH
#define SYS ROOT "sys/"
#define TOKEN ROOT "auth/token/"

/*
 * A request gets the first row that is its path's and its method's. HEAD is routed as GET. A row of
 * {path} also takes an empty path.
 */
static const struct operation operations[] = {
        {DATA, "GET", vault_data_read, VAULT_KEY | VAULT_VERSION, false, "kv-read", CLASS_READ},
        {DATA, "POST", vault_data_write, VAULT_KEY, true, "kv-write", CLASS_WRITE},
        {DATA, "PUT", vault_data_write, VAULT_KEY, true, "kv-write", CLASS_WRITE},
        {DATA, "PATCH", vault_data_patch, VAULT_KEY, true, "kv-patch", CLASS_WRITE},
        {DATA, "DELETE", vault_data_delete, VAULT_KEY, true, "kv-delete", CLASS_DELETE},
        {METADATA, "GET", vault_metadata_read, VAULT_KEY, false, "kv-metadata", CLASS_READ},
        {METADATA, "LIST", vault_metadata_list, 0, false, "kv-list", CLASS_LIST},
        {METADATA, "POST", vault_metadata_write, VAULT_KEY, true, "kv-metadata-write", CLASS_WRITE},
        {METADATA, "PUT", vault_metadata_write, VAULT_KEY, true, "kv-metadata-write", CLASS_WRITE},
        {METADATA, "PATCH", vault_metadata_patch, VAULT_KEY, true, "kv-metadata-write",
                CLASS_WRITE},
        {METADATA, "DELETE", vault_metadata_delete, VAULT_KEY, true, "kv-metadata-delete",
                CLASS_DELETE},
        {DELETE, "POST", vault_versions_delete, VAULT_KEY, true, "kv-delete", CLASS_DELETE},
        {DELETE, "PUT", vault_versions_delete, VAULT_KEY, true, "kv-delete", CLASS_DELETE},
        {UNDELETE, "POST", vault_versions_undelete, VAULT_KEY, true, "kv-undelete", CLASS_WRITE},
        {UNDELETE, "PUT", vault_versions_undelete, VAULT_KEY, true, "kv-undelete", CLASS_WRITE},
        {DESTROY, "POST", vault_versions_destroy, VAULT_KEY, true, "kv-destroy", CLASS_DELETE},
        {DESTROY, "PUT", vault_versions_destroy, VAULT_KEY, true, "kv-destroy", CLASS_DELETE},
        {SUBKEYS, "GET", vault_subkeys_read, VAULT_KEY | VAULT_VERSION, false, "kv-subkeys",
                CLASS_READ},
        {ROOT MOUNT "config", "GET", vault_read_config, 0, false, "sys", CLASS_NONE},
        {ROOT MOUNT "config", "POST", vault_write_config, 0, true, "sys", CLASS_NONE},
        {ROOT MOUNT "config", "PUT", vault_write_config, 0, true, "sys", CLASS_NONE},
        {OTHER, "GET", vault_other, 0, false, NULL, CLASS_NONE},
        {OTHER, "LIST", vault_other, 0, false, NULL, CLASS_NONE},
        {OTHER, "POST", vault_other, 0, false, NULL, CLASS_NONE},
        {OTHER, "PUT", vault_other, 0, false, NULL, CLASS_NONE},
        {OTHER, "PATCH", vault_other, 0, false, NULL, CLASS_NONE},
        {OTHER, "DELETE", vault_other, 0, false, NULL, CLASS_NONE},
        {SYS "health", "GET", vault_sys_health, VAULT_BARE_405, false, "sys", CLASS_NONE},
        {SYS "seal-status", "GET", vault_sys_seal_status, VAULT_BARE_405, false, "sys", CLASS_NONE},
        {SYS "init", "GET", vault_sys_init, VAULT_BARE_405, false, "sys", CLASS_NONE},
        {SYS "leader", "GET", vault_sys_leader, VAULT_BARE_405, false, "sys", CLASS_NONE},
        {SYS "mounts", "GET", vault_sys_mounts, 0, false, "sys", CLASS_NONE},
        {SYS "mounts/" PATH, "GET", vault_sys_read_mount, 0, false, "sys", CLASS_NONE},
        {SYS "mounts/" PATH, "POST", vault_sys_write_mount, 0, true, "sys", CLASS_NONE},
        {SYS "mounts/" PATH, "PUT", vault_sys_write_mount, 0, true, "sys", CLASS_NONE},
        {SYS "mounts/" PATH, "DELETE", vault_sys_unmount, 0, true, "sys", CLASS_NONE},
        {SYS "internal/ui/mounts", "GET", vault_sys_ui_mounts, 0, false, "sys", CLASS_NONE},
        {SYS "internal/ui/mounts/" PATH, "GET", vault_sys_ui_mount, 0, false, "sys", CLASS_NONE},
        {SYS "auth", "GET", vault_sys_auth, 0, false, "sys", CLASS_NONE},
        {TOKEN "lookup-self", "GET", vault_lookup_self, 0, false, "token", CLASS_NONE},
        {TOKEN "lookup-self", "POST", vault_lookup_self, 0, false, "token", CLASS_NONE},
        {TOKEN "lookup-self", "PUT", vault_lookup_self, 0, false, "token", CLASS_NONE},
        {TOKEN "renew-self", "POST", vault_renew_self, 0, true, "token", CLASS_NONE},
        {TOKEN "renew-self", "PUT", vault_renew_self, 0, true, "token", CLASS_NONE},
        {TOKEN "revoke-self", "POST", vault_revoke_self, 0, true, "token", CLASS_NONE},
        {TOKEN "revoke-self", "PUT", vault_revoke_self, 0, true, "token", CLASS_NONE},
        {TOKEN "create", "POST", vault_token_create, 0, true, "token", CLASS_NONE},
        {TOKEN "create", "PUT", vault_token_create, 0, true, "token", CLASS_NONE},
        {TOKEN "create-orphan", "POST", vault_token_create, 0, true, "token", CLASS_NONE},
        {TOKEN "create-orphan", "PUT", vault_token_create, 0, true, "token", CLASS_NONE},
        {TOKEN "lookup", "GET", vault_lookup, 0, false, "token", CLASS_NONE},
        {TOKEN "lookup", "POST", vault_lookup, 0, false, "token", CLASS_NONE},
        {TOKEN "lookup", "PUT", vault_lookup, 0, false, "token", CLASS_NONE},
        {TOKEN "renew", "POST", vault_renew, 0, true, "token", CLASS_NONE},
        {TOKEN "renew", "PUT", vault_renew, 0, true, "token", CLASS_NONE},
        {TOKEN "revoke", "POST", vault_revoke, 0, true, "token", CLASS_NONE},
        {TOKEN "revoke", "PUT", vault_revoke, 0, true, "token", CLASS_NONE},
        {TOKEN "lookup-accessor", "POST", vault_lookup_accessor, 0, false, "token", CLASS_NONE},
        {TOKEN "lookup-accessor", "PUT", vault_lookup_accessor, 0, false, "token", CLASS_NONE},
        {TOKEN "renew-accessor", "POST", vault_renew_accessor, 0, true, "token", CLASS_NONE},
        {TOKEN "renew-accessor", "PUT", vault_renew_accessor, 0, true, "token", CLASS_NONE},
        {TOKEN "revoke-accessor", "POST", vault_revoke_accessor, 0, true, "token", CLASS_NONE},
        {TOKEN "revoke-accessor", "PUT", vault_revoke_accessor, 0, true, "token", CLASS_NONE},
        {TOKEN "accessors", "LIST", vault_list_accessors, 0, false, "token", CLASS_NONE},
        {TOKEN "accessors/", "LIST", vault_list_accessors, 0, false, "token", CLASS_NONE},
        {ROOT "auth/" PATH, "POST", vault_login, 0, true, "login", CLASS_LOGIN},
        {ROOT "auth/" PATH, "PUT", vault_login, 0, true, "login", CLASS_LOGIN},
};

#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

static struct span method_of(const struct request *request) {
    if (vault_list_wish(request) == LIST_WANTED) {
        return SPAN_LITERAL("LIST");
    }
    return span_is(request->method, "HEAD") ? SPAN_LITERAL("GET") : request->method;
}

static struct span behind(struct span text, size_t len) {
    return (struct span){text.data + len, text.len - len};
}

/* Whether the path is the label's. Sets target->path if the label ends in one. */
static bool is_at(struct span path, const char *label, struct vault_target *target) {
    struct span fixed = span_of(label + sizeof(ROOT) - 1);
    bool has_path = fixed.data[fixed.len - 1] == '}';

    if (span_starts_with(fixed, SPAN_LITERAL(MOUNT))) {
        if (target->mount.path.data == NULL) {
            return false;
        }
        fixed = behind(fixed, sizeof(MOUNT) - 1);
        path = path.len < target->mount.path.len ? SPAN_LITERAL("")
                                                 : behind(path, target->mount.path.len);
    }
    if (!has_path) {
        return span_equals(path, fixed);
    }
    fixed.len -= sizeof(PATH) - 1;
    if (fixed.len > 0 && path.len == fixed.len - 1 &&
            memcmp(path.data, fixed.data, path.len) == 0) {
        target->path = SPAN_LITERAL(""); /* "secret/metadata" is "secret/metadata/" */
        return true;
    }
    if (!span_starts_with(path, fixed)) {
        return false;
    }
    target->path = behind(path, fixed.len);
    return true;
}

/* Decodes the path, what stands behind ROOT. GK_E_NO_ROUTE, GK_E_BAD_REQUEST */
static int decode_path(struct call *call, struct vault_target *target, struct span *ret_path) {
    struct span path = call->request.path;
    size_t len;

    if (!span_starts_with(path, SPAN_LITERAL(ROOT))) {
        return problem_set(&call->problem, GK_E_NO_ROUTE,
                "no handler for route \"%s\". route entry not found.", shown_ascii(path).text);
    }
    switch (percent_decode(
            behind(path, sizeof(ROOT) - 1), target->place, sizeof(target->place), &len)) {
    case 0:
        break;
    case 1:
        return problem_set(&call->problem, GK_E_BAD_REQUEST, "the path is longer than %d bytes",
                VAULT_PATH_MAX_BYTES);
    default:
        return problem_set(&call->problem, GK_E_BAD_REQUEST,
                "the path has a '%%' that is not followed by two hexadecimal digits");
    }
    *ret_path = (struct span){target->place, len};
    if (!utf8_is_valid(*ret_path)) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST, "the path is not UTF-8");
    }
    return 0;
}

/* 405, with the methods that the operation's path has. */
static int refuse_method(struct call *call) {
    const struct operation *operation = call->operation;
    char *allow = call->answer.allow;

    for (size_t at = 0; at < OPERATION_COUNT; at++) {
        if (strcmp(operations[at].label, operation->label) == 0) {
            strcat(allow, allow[0] == '\0' ? "" : ", "); /* all methods fit */
            strcat(allow, strcmp(operations[at].method, "GET") == 0 ? "GET, HEAD"
                                                                    : operations[at].method);
        }
    }
    return operation->parameters & VAULT_BARE_405
                   ? GK_E_METHOD
                   : problem_set(&call->problem, GK_E_METHOD, "unsupported operation");
}

/* Fills in the target, and sets call->operation. GK_E_NO_ROUTE, GK_E_METHOD, GK_E_BAD_REQUEST */
static int find_target(struct call *call, struct vault_target *target) {
    struct span method = method_of(&call->request);
    struct vault_login login;
    struct span path;
    int error = decode_path(call, target, &path);

    if (error != 0) {
        return error;
    }
    target->mount = (struct vault_mount){.path = SPAN_NULL};
    target->path = SPAN_NULL;
    (void)vault_mount_find(call->context, path, &target->mount);
    for (size_t at = 0; at < OPERATION_COUNT; at++) {
        const struct operation *operation = &operations[at];

        if (call->operation != NULL && strcmp(operation->label, call->operation->label) != 0) {
            break; /* the rows of a label stand together */
        }
        if (!is_at(path, operation->label, target) ||
                (operation->handle == vault_login && !vault_is_login(target->path, &login))) {
            continue;
        }
        call->operation = operation;
        if (span_is(method, operation->method)) {
            return 0;
        }
    }
    if (call->operation != NULL) {
        return refuse_method(call);
    }
    return problem_set(&call->problem, GK_E_NO_ROUTE,
            "no handler for route \"%s\". route entry not found.", shown_utf8(path).text);
}

/* No path that is written below a mount ends in '/'. */
static int check_end(struct call *call, const struct vault_target *target) {
    const struct span path = target->path;

    if (target->mount.path.data == NULL || path.len == 0 || path.data[path.len - 1] != '/' ||
            (!span_is(call->request.method, "POST") && !span_is(call->request.method, "PUT") &&
                    !span_is(call->request.method, "PATCH"))) {
        return 0;
    }
    return problem_set(&call->problem, GK_E_BAD_REQUEST, "cannot write to a path ending in '/'");
}

static int route(struct call *call) {
    struct vault_target target;

    call->operation = NULL;
    return find_target(call, &target);
}

/* Finds the name of the key's secret, and the version that is asked for. GK_E_BAD_REQUEST */
static int decode_key(struct call *call, struct vault_target *target) {
    const char *fault =
            vault_mount_name(&target->mount, target->path, target->name_place, &target->name);

    if (fault != NULL) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST, "the path \"%s\" %s",
                shown_utf8(target->path).text, fault);
    }
    mentions_add(&call->named, target->name, NULL);
    return call->operation->parameters & VAULT_VERSION
                   ? vault_query_number(call, "version", &target->version)
                   : 0;
}

static int serve_target(struct call *call, struct vault_target *target) {
    int error = check_end(call, target);

    if (error != 0) {
        return error;
    }
    target->version = 0;
    if (call->operation->parameters & VAULT_KEY && target->path.len > 0) {
        error = decode_key(call, target);
    }
    if (error != 0) {
        return error;
    }
    call->reads_current = call->operation->handle == vault_data_read && target->version == 0;
    error = call_begin(call);
    if (error != 0) {
        return error;
    }
    call->decoded = target;
    call->after_commit = call->operation->changes;
    error = call->operation->handle(call);
    call->decoded = NULL;
    return error;
}

/* Whether it is one of the requests that need no token, in whose query Vault looks at nothing. */
static bool is_bare(const struct call *call) {
    return call->operation->parameters & VAULT_BARE_405;
}

/* GK_E_BAD_REQUEST: the answer is to be wrapped, which the client would then wait for in vain. */
static int check_wrapping(struct call *call) {
    struct span ttl = request_header(&call->request, "x-vault-wrap-ttl");

    if (ttl.len == 0 || span_is(ttl, "0") || span_is(ttl, "0s") || is_bare(call)) {
        return 0;
    }
    return problem_set(&call->problem, GK_E_BAD_REQUEST,
            "GhostKey does not wrap responses: send the request without X-Vault-Wrap-TTL");
}

static int serve(struct call *call) {
    struct vault_target target;
    int error;

    call->operation = NULL;
    error = find_target(call, &target);
    if (error != 0) {
        return error;
    }
    error = check_wrapping(call);
    if (error != 0) {
        return error;
    }
    vault_echo_namespace(call);
    if (vault_list_wish(&call->request) == LIST_MALFORMED && !is_bare(call)) {
        return vault_answer_malformed_list(call);
    }
    return serve_target(call, &target);
}

/* Whether the path begins with a part that is always Vault's, or with a mount. */
static bool is_own_path(struct span path, const struct api_context *context) {
    char place[VAULT_PATH_MAX_BYTES];
    size_t len;

    if (!span_starts_with(path, SPAN_LITERAL(ROOT))) {
        return false;
    }
    path = behind(path, sizeof(ROOT) - 1);
    if (mount_is_kept(path)) {
        return false; /* most requests are for GhostKey's own API */
    }
    if (percent_decode(path, place, sizeof(place), &len) == 0) {
        path = (struct span){place, len};
    }
    return span_starts_with(path, SPAN_LITERAL("sys/")) ||
           span_starts_with(path, SPAN_LITERAL("auth/")) || vault_mount_has(context, path);
}

static bool claims(const struct api_request *asked) {
    return is_own_path(asked->request->path, asked->context);
}

const struct api vault_api = {
        .name = "vault",
        .operations = operations,
        .operation_count = OPERATION_COUNT,
        .headers = {"x-vault-token", "x-vault-request"},
        .claims = claims,
        .may_speak = vault_may_speak,
        .route = route,
        .serve = serve,
        .refuse = vault_refuse,
        .keeps = vault_keeps,
};
