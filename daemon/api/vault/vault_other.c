/*
 * Requests below a mount that KV version 2 does not serve: most are those of a client of version 1,
 * whose paths lack `data/`. The others are for `data/`, `metadata/` … without a path behind it.
 */
#include "api/vault/vault.h"
#include "api/vault/vault_handlers.h"
#include "api/vault/vault_query.h"

static const char *command_of(const struct request *request) {
    static const struct {
        const char *method;
        const char *command;
    } commands[] = {{"POST", "put"}, {"PUT", "put"}, {"PATCH", "patch"}, {"DELETE", "delete"}};

    if (vault_list_wish(request) == LIST_WANTED) {
        return "list";
    }
    for (size_t at = 0; at < sizeof(commands) / sizeof(commands[0]); at++) {
        if (span_is(request->method, commands[at].method)) {
            return commands[at].command;
        }
    }
    return "get";
}

int vault_other(struct call *call) {
    BUFFER_AUTO struct buffer warning = BUFFER_NULL;

    if (call->operation->handle != vault_other) {
        buffer_append_literal(&warning,
                "Non-listing operations on the root of a K/V v2 mount are not supported.");
    } else {
        buffer_append_literal(&warning,
                "Invalid path for a versioned K/V secrets engine. See the API docs for the "
                "appropriate API endpoints to use. If using the Vault CLI, use 'vault kv ");
        buffer_append_text(&warning, command_of(&call->request));
        buffer_append_literal(&warning, "' for this operation.");
    }
    buffer_append_literal(vault_begin(call, 404), "null");
    vault_end(call, buffer_string(&warning));
    return buffer_finish(&warning);
}
