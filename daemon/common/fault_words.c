#include "common/fault_words.h"

#include "ghostkey/protocol.h"

const char *const fault_words_apis[] = {"ghostkey", "vault", "aws", "credential", NULL};
const char *const fault_words_operations[] = {"read", "write", "rotate", "delete", "list", "login",
        "get", "put", "patch", "metadata", "promote", "discard", "restore", "cleanup", "kv-read",
        "kv-write", "kv-patch", "kv-delete", "kv-metadata", "kv-list", "kv-metadata-write",
        "kv-metadata-delete", "kv-undelete", "kv-destroy", "kv-subkeys", "sys", "token",
        "GetSecretValue", "PutSecretValue", "CreateSecret", "DescribeSecret", "UpdateSecret",
        "DeleteSecret", "ListSecrets", "BatchGetSecretValue", "ListSecretVersionIds",
        "RestoreSecret", "RotateSecret", "CancelRotateSecret", "UpdateSecretVersionStage",
        "TagResource", "UntagResource", "GetRandomPassword", "GetResourcePolicy",
        "PutResourcePolicy", "DeleteResourcePolicy", "ValidateResourcePolicy",
        "ReplicateSecretToRegions", "RemoveRegionsFromReplication", "StopReplicationToReplica",
        "credential", NULL};
const char *const fault_words_errors[] = {
        "unavailable", "internal", "throttled", "forbidden", "sealed", "not_found", NULL};
const char *const fault_words_drops[] = {"before", "after", NULL};

bool fault_words_have(const char *const *words, const char *word) {
    while (*words != NULL && strcmp(*words, word) != 0) {
        words++;
    }
    return *words != NULL;
}

bool fault_id_is_valid(struct span id) {
    if (id.len == 0 || id.len > GK_FAULT_ID_MAX_BYTES || span_is(id, ".") || span_is(id, "..")) {
        return false;
    }
    for (size_t at = 0; at < id.len; at++) {
        char byte = id.data[at];
        char lower = (char)(byte | 0x20);

        if (!(lower >= 'a' && lower <= 'z') && !(byte >= '0' && byte <= '9') && byte != '.' &&
                byte != '_' && byte != '-') {
            return false;
        }
    }
    return true;
}
