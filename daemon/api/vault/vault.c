/* The operations of Vault's API, and how a request finds its own. */
#include "api/vault/vault.h"

#include "api/vault/api.h"
#include "api/vault/vault_access.h"
#include "api/vault/vault_handlers.h"
#include "common/utf8.h"
#include "http/request_text.h"
#include <strings.h>

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
        {DATA, "GET", vault_data_read, 0, false},
        {DATA, "POST", vault_data_write, 0, true},
        {DATA, "PUT", vault_data_write, 0, true},
        {DATA, "PATCH", vault_data_patch, 0, true},
        {DATA, "DELETE", vault_data_delete, 0, true},
        {METADATA, "GET", vault_metadata_read, 0, false},
        {METADATA, "LIST", vault_metadata_list, 0, false},
        {METADATA, "POST", vault_metadata_write, 0, true},
        {METADATA, "PUT", vault_metadata_write, 0, true},
        {METADATA, "PATCH", vault_metadata_patch, 0, true},
        {METADATA, "DELETE", vault_metadata_delete, 0, true},
        {DELETE, "POST", vault_versions_delete, 0, true},
        {DELETE, "PUT", vault_versions_delete, 0, true},
        {UNDELETE, "POST", vault_versions_undelete, 0, true},
        {UNDELETE, "PUT", vault_versions_undelete, 0, true},
        {DESTROY, "POST", vault_versions_destroy, 0, true},
        {DESTROY, "PUT", vault_versions_destroy, 0, true},
        {SUBKEYS, "GET", vault_subkeys_read, 0, false},
        {ROOT MOUNT "config", "GET", vault_read_config, 0, false},
        {ROOT MOUNT "config", "POST", vault_write_config, 0, true},
        {ROOT MOUNT "config", "PUT", vault_write_config, 0, true},
        {OTHER, "GET", vault_other, 0, false},
        {OTHER, "LIST", vault_other, 0, false},
        {OTHER, "POST", vault_other, 0, false},
        {OTHER, "PUT", vault_other, 0, false},
        {OTHER, "PATCH", vault_other, 0, false},
        {OTHER, "DELETE", vault_other, 0, false},
        {SYS "health", "GET", vault_sys_health, VAULT_BARE_405, false},
        {SYS "seal-status", "GET", vault_sys_seal_status, VAULT_BARE_405, false},
        {SYS "init", "GET", vault_sys_init, VAULT_BARE_405, false},
        {SYS "leader", "GET", vault_sys_leader, VAULT_BARE_405, false},
        {SYS "mounts", "GET", vault_sys_mounts, 0, false},
        {SYS "mounts/" PATH, "GET", vault_sys_read_mount, 0, false},
        {SYS "mounts/" PATH, "POST", vault_sys_write_mount, 0, true},
        {SYS "mounts/" PATH, "PUT", vault_sys_write_mount, 0, true},
        {SYS "mounts/" PATH, "DELETE", vault_sys_unmount, 0, true},
        {SYS "internal/ui/mounts", "GET", vault_sys_ui_mounts, 0, false},
        {SYS "internal/ui/mounts/" PATH, "GET", vault_sys_ui_mount, 0, false},
        {SYS "auth", "GET", vault_sys_auth, 0, false},
        {TOKEN "lookup-self", "GET", vault_lookup_self, 0, false},
        {TOKEN "lookup-self", "POST", vault_lookup_self, 0, false},
        {TOKEN "lookup-self", "PUT", vault_lookup_self, 0, false},
        {TOKEN "renew-self", "POST", vault_renew_self, 0, true},
        {TOKEN "renew-self", "PUT", vault_renew_self, 0, true},
        {TOKEN "revoke-self", "POST", vault_revoke_self, 0, true},
        {TOKEN "revoke-self", "PUT", vault_revoke_self, 0, true},
        {TOKEN "create", "POST", vault_token_create, 0, true},
        {TOKEN "create", "PUT", vault_token_create, 0, true},
        {TOKEN "create-orphan", "POST", vault_token_create, 0, true},
        {TOKEN "create-orphan", "PUT", vault_token_create, 0, true},
        {TOKEN "lookup", "GET", vault_lookup, 0, false},
        {TOKEN "lookup", "POST", vault_lookup, 0, false},
        {TOKEN "lookup", "PUT", vault_lookup, 0, false},
        {TOKEN "renew", "POST", vault_renew, 0, true},
        {TOKEN "renew", "PUT", vault_renew, 0, true},
        {TOKEN "revoke", "POST", vault_revoke, 0, true},
        {TOKEN "revoke", "PUT", vault_revoke, 0, true},
        {TOKEN "lookup-accessor", "POST", vault_lookup_accessor, 0, false},
        {TOKEN "lookup-accessor", "PUT", vault_lookup_accessor, 0, false},
        {TOKEN "renew-accessor", "POST", vault_renew_accessor, 0, true},
        {TOKEN "renew-accessor", "PUT", vault_renew_accessor, 0, true},
        {TOKEN "revoke-accessor", "POST", vault_revoke_accessor, 0, true},
        {TOKEN "revoke-accessor", "PUT", vault_revoke_accessor, 0, true},
        {TOKEN "accessors", "LIST", vault_list_accessors, 0, false},
        {TOKEN "accessors/", "LIST", vault_list_accessors, 0, false},
        {ROOT "auth/" PATH, "POST", vault_login, 0, true},
        {ROOT "auth/" PATH, "PUT", vault_login, 0, true},
};

#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

struct span vault_query(
        const struct request *request, const char *name, char *place, size_t place_bytes) {
    struct span rest = request->query;

    while (rest.len > 0) {
        struct span value = span_take_until(&rest, '&');
        struct span found = span_take_until(&value, '=');
        size_t len;

        if (!span_is(found, name)) {
            continue;
        }
        if (percent_decode(value, place, place_bytes, &len) != 0) {
            return SPAN_NULL;
        }
        for (size_t at = 0; at < len; at++) {
            place[at] = place[at] == '+' ? ' ' : place[at];
        }
        return (struct span){place, len};
    }
    return SPAN_NULL;
}

bool vault_has_query(const struct request *request, const char *name) {
    struct span rest = request->query;

    while (rest.len > 0) {
        struct span value = span_take_until(&rest, '&');

        if (span_is(span_take_until(&value, '='), name)) {
            return true;
        }
    }
    return false;
}

bool vault_is_list(const struct request *request) {
    static const char *const truths[] = {"true", "1", "t", "T", "TRUE", "True"};
    char place[sizeof("false")];
    struct span list;

    if (span_is(request->method, "LIST")) {
        return true;
    }
    if (request->query.len == 0 ||
            (!span_is(request->method, "GET") && !span_is(request->method, "HEAD"))) {
        return false;
    }
    list = vault_query(request, "list", place, sizeof(place));
    for (size_t at = 0; at < sizeof(truths) / sizeof(truths[0]); at++) {
        if (span_is(list, truths[at])) {
            return true;
        }
    }
    return false;
}

static struct span method_of(const struct request *request) {
    if (vault_is_list(request)) {
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

static int serve(struct call *call) {
    struct vault_target target;
    int error;

    if (call->limit != 0) {
        return call->limit;
    }
    call->operation = NULL;
    error = find_target(call, &target);
    if (error != 0) {
        return error;
    }
    error = check_end(call, &target);
    if (error != 0) {
        return error;
    }
    vault_echo_namespace(call);
    call->decoded = &target;
    call->after_commit = call->operation->changes;
    error = call->operation->handle(call);
    call->decoded = NULL;
    return error;
}

/* Whether the path begins with a part that is always Vault's, or with a mount. */
static bool is_own_path(struct span path, const struct api_context *context) {
    char place[VAULT_PATH_MAX_BYTES];
    struct vault_mount mount;
    size_t len;

    if (!span_starts_with(path, SPAN_LITERAL(ROOT))) {
        return false;
    }
    path = behind(path, sizeof(ROOT) - 1);
    if (percent_decode(path, place, sizeof(place), &len) == 0) {
        path = (struct span){place, len};
    }
    return span_starts_with(path, SPAN_LITERAL("sys/")) ||
           span_starts_with(path, SPAN_LITERAL("auth/")) ||
           vault_mount_find(context, path, &mount) == 0;
}

static bool claims(const struct api_request *asked) {
    const struct request *request = asked->request;

    return is_own_path(request->path, asked->context) ||
           request_header(request, "x-vault-token").data != NULL ||
           request_header(request, "x-vault-request").data != NULL;
}

const struct api vault_api = {
        .name = "vault",
        .operations = operations,
        .operation_count = OPERATION_COUNT,
        .claims = claims,
        .may_speak = vault_may_speak,
        .route = route,
        .serve = serve,
        .refuse = vault_refuse,
        .keeps = vault_keeps,
};
