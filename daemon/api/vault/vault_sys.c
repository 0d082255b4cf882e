/* sys/: what clients ask of the server itself, without a token. */
#include "api/vault/vault.h"
#include "api/vault/vault_handlers.h"
#include "api/vault/vault_query.h"
#include "http/request_text.h"

/* The Vault whose API this is; clients parse it. */
#define VERSION "1.15.6+ghostkey"
#define CLUSTER \
    "\"cluster_name\":\"vault-cluster-ghostkey\"," \
    "\"cluster_id\":\"67686f73-746b-4579-a001-000000000001\""

#define STATUS_MIN 200
#define STATUS_MAX 599

/* The status of an active server: 200, or what `activecode` says. */
static int health_status(struct call *call, int *ret_status) {
    char place[DECIMAL_MAX_BYTES];
    unsigned long long status;
    struct span text = vault_query(&call->request, "activecode", place, sizeof(place));

    if (text.data == NULL) {
        *ret_status = 200;
        return 0;
    }
    if (decimal_parse(text, &status) != 0 || status < STATUS_MIN || status > STATUS_MAX) {
        return problem_set(&call->problem, GK_E_BAD_REQUEST,
                "\"activecode\" must be a status from %d to %d", STATUS_MIN, STATUS_MAX);
    }
    *ret_status = (int)status;
    return 0;
}

int vault_sys_health(struct call *call) {
    struct buffer *body;
    int status = 0;
    int error = health_status(call, &status);

    if (error != 0) {
        return error;
    }
    body = vault_begin_bare(call, status);
    buffer_append_literal(body,
            "{\"initialized\":true,\"sealed\":false,\"standby\":false,"
            "\"performance_standby\":false,\"replication_performance_mode\":\"disabled\","
            "\"replication_dr_mode\":\"disabled\",\"server_time_utc\":");
    vault_append_unix_time(body, broker_now(call->broker));
    buffer_append_literal(body, ",\"version\":\"" VERSION "\",\"enterprise\":false," CLUSTER
                                ",\"echo_duration_ms\":0,\"clock_skew_ms\":0}");
    return 0;
}

int vault_sys_seal_status(struct call *call) {
    buffer_append_literal(vault_begin_bare(call, 200),
            "{\"type\":\"shamir\",\"initialized\":true,\"sealed\":false,\"t\":1,\"n\":1,"
            "\"progress\":0,\"nonce\":\"\",\"version\":\"" VERSION
            "\",\"build_date\":\"\",\"migration\":false," CLUSTER
            ",\"recovery_seal\":false,\"storage_type\":\"inmem\"}");
    return 0;
}

int vault_sys_init(struct call *call) {
    buffer_append_literal(vault_begin_bare(call, 200), "{\"initialized\":true}");
    return 0;
}

int vault_sys_leader(struct call *call) {
    buffer_append_literal(vault_begin_bare(call, 200),
            "{\"ha_enabled\":false,\"is_self\":false,\"active_time\":\"0001-01-01T00:00:00Z\","
            "\"leader_address\":\"\",\"leader_cluster_address\":\"\","
            "\"performance_standby\":false,\"performance_standby_last_remote_wal\":0}");
    return 0;
}
