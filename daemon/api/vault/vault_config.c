/* M/config: what holds for all secrets of a mount. */
#include "api/vault/vault.h"
#include "api/vault/vault_duration.h"
#include "api/vault/vault_fields.h"
#include "api/vault/vault_handlers.h"
#include "ghostkey/protocol.h"

int vault_read_config(struct call *call) {
    const struct vault_mount *mount = &vault_target_of(call)->mount;
    struct buffer *body = vault_begin(call, 200);

    buffer_append_literal(body, "{\"cas_required\":");
    vault_append_bool(body, mount->cas_required);
    buffer_append_literal(body, ",\"delete_version_after\":\"");
    vault_append_duration(body, mount->delete_version_after_s);
    buffer_append_literal(body, "\",\"max_versions\":");
    buffer_append_decimal(body, mount->max_versions);
    buffer_append_literal(body, "}");
    vault_end(call, NULL);
    return 0;
}

int vault_write_config(struct call *call) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct vault_field fields[] = {
            {.name = "max_versions"}, {.name = "cas_required"}, {.name = "delete_version_after"}};
    struct vault_mount mount = vault_target_of(call)->mount;
    int error = vault_fields_read(call, fields, sizeof(fields) / sizeof(fields[0]), &bytes);

    if (error != 0) {
        return error;
    }
    error = vault_field_count(
            &fields[0], GK_KEEP_VERSIONS_CEILING, &mount.max_versions, &call->problem);
    if (error != 0) {
        return error;
    }
    error = vault_field_bool(&fields[1], &mount.cas_required, &call->problem);
    if (error != 0) {
        return error;
    }
    error = vault_field_duration(&fields[2], &mount.delete_version_after_s, &call->problem);
    if (error != 0) {
        return error;
    }
    error = vault_mount_keep(call->context, &mount);
    return error != 0 ? error : vault_answer_nothing(call);
}
