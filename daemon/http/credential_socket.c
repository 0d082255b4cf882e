#include "http/credential_socket.h"

#include "broker/peer.h"
#include "broker/secrets.h"
#include "common/cleanup.h"
#include "common/name.h"
#include "credential/credential.h"
#include "http/api.h"
#include "http/connection.h"
#include "http/fault.h"
#include "http/observe.h"
#include "http/request_log.h"
#include "http/turn.h"
#include "process/log.h"

static const char api_name[] = API_CREDENTIAL;

static const struct operation operation = {
        .label = "credential",
        .method = "read",
        .name = API_CREDENTIAL,
        .class = CLASS_READ,
};

/* More than systemd takes. */
static char too_much[CREDENTIAL_MAX_BYTES + 1];
static const h2o_iovec_t refusal = {too_much, sizeof(too_much)};

/* A reader, from when it came until its answer was sent. */
struct reading {
    struct connection *connection;
    struct turn *turn;
    struct sockaddr_un address; /* into which asked points */
    struct credential_asked asked;
    uint64_t came_ns;
    bool is_ours; /* systemd reads, for a unit of ours: what it asks is seen */
    struct mentions named;
    struct mentions told;
    struct buffer value;
    int status; /* that the list of requests has; 0: as if the connection were closed */
    struct fault_effect effect;
    char fault[GK_FAULT_ID_MAX_BYTES + 1]; /* the id of the rule that fired; empty: none */
    struct delayed delayed;
};

static void reading_free(struct reading *reading) {
    if (reading == NULL) {
        return;
    }
    buffer_deinit(&reading->value);
    mentions_deinit(&reading->named);
    mentions_deinit(&reading->told);
    free(reading);
}

/* Takes what the address asks for, and judges who asks. Not 0: a refusal, which was logged. */
static int take(struct reading *reading) {
    struct connection *connection = reading->connection;
    socklen_t len = sizeof(reading->address);

    if (getpeername(h2o_socket_get_fd(connection->sock), (struct sockaddr *)&reading->address,
                &len) != 0 ||
            !credential_parse(&reading->address, len, &reading->asked)) {
        connection->peer = peer_of_program(connection->access.pid);
        log_warning("a credential was refused: its reader is not systemd (LoadCredential=)");
        return GK_E_BAD_REQUEST;
    }
    if (connection->access.refused != 0) {
        connection->peer = peer_of_program(connection->access.pid);
        log_warning("credential %.*s of %.*s was refused: its reader is another user (uid %u)",
                SPAN_ARGS(reading->asked.credential), SPAN_ARGS(reading->asked.unit),
                (unsigned int)connection->access.uid);
        return connection->access.refused;
    }
    connection->peer = peer_of_name(reading->asked.unit);
    reading->is_ours = true;
    return 0;
}

/* Chooses the rule that fires. Not 0: a refusal. */
static int begin(struct reading *reading, struct problem *problem) {
    const struct fault_request request = {
            .number = api_operation_number(&operation),
            .api = api_name,
            .operation = operation.name,
            .class = operation_class_text(operation.class),
            .names = &reading->named.first.name,
            .name_count = reading->named.first.name.data != NULL,
    };
    const struct fault_rule *rule = NULL;
    int error = broker_has_faults(reading->turn->broker)
                        ? broker_fault_choose(reading->turn->broker, &request, &rule)
                        : 0;

    if (error != 0 || rule == NULL) {
        return error;
    }
    memcpy(reading->fault, rule->id, sizeof(reading->fault));
    reading->effect = rule->effect;
    if (rule->effect.delay_ms > 0 && metrics_waiting(&reading->turn->metrics) >= GK_STREAMS_MAX) {
        reading->effect.delay_ms = 0;
        return problem_set(problem, GK_E_BUSY, "%d answers wait already", GK_STREAMS_MAX);
    }
    switch (rule->effect.kind) {
    case FAULT_DROP_BEFORE:
    case FAULT_DROP_AFTER:
    case FAULT_ERROR:
    case FAULT_STATUS:
        return problem_set(problem, GK_E_FAULT, FAULT_SENTENCE, reading->fault);
    default:
        return 0;
    }
}

/* Appends the value. Not 0: a refusal. */
static int read_value(struct reading *reading, struct problem *problem) {
    struct broker *broker = reading->turn->broker;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    char place[CREDENTIAL_NAME_MAX_BYTES];
    struct problem why_none = PROBLEM_NULL;
    struct span name;
    int none = credential_find(broker, reading->asked.credential, place, &secret, &name, &why_none);
    int error;

    if (name_fault(name) == NULL) {
        mentions_add(&reading->named, name, NULL);
    }
    error = begin(reading, problem);
    if (error != 0) {
        return error;
    }
    if (none != 0) {
        *problem = why_none;
        return none;
    }
    error = credential_check(broker, &secret, problem);
    if (error != 0) {
        return error;
    }
    if (reading->effect.kind == FAULT_STALE) {
        error = credential_make_stale(broker, &secret);
        if (error != 0) {
            return error;
        }
    }
    mentions_add(&reading->told, name, &secret.current);
    buffer_append_span(&reading->value, secret.current.value);
    return buffer_finish(&reading->value);
}

/* The status of what was refused, or 0 as if the connection were closed. */
static int status_of(const struct reading *reading, int error) {
    if (error != GK_E_FAULT) {
        return gk_outcome_status(error);
    }
    return reading->effect.kind == FAULT_ERROR || reading->effect.kind == FAULT_STATUS
                   ? fault_status(&reading->effect)
                   : 0;
}

static int take_and_read(struct reading *reading, struct problem *problem) {
    int error = take(reading);

    return error != 0 ? error : read_value(reading, problem);
}

static void answer(struct reading *reading) {
    struct problem problem = PROBLEM_NULL;
    int error = take_and_read(reading, &problem);

    reading->status = error == 0 ? 200 : status_of(reading, error);
    if (error == 0) {
        return;
    }
    buffer_deinit(&reading->value);
    mentions_deinit(&reading->told);
    if (reading->is_ours) {
        log_warning("%.*s gets no credential %.*s, and does not start: %s",
                SPAN_ARGS(reading->asked.unit), SPAN_ARGS(reading->asked.credential),
                problem.detail[0] != '\0' ? problem.detail : "an internal error");
    }
}

static void on_sent(h2o_socket_t *sock, const char *error) {
    struct reading *reading = sock->data;

    h2o_socket_close(sock); /* which frees the connection */
    reading_free(reading);
}

static void see(const struct reading *reading) {
    struct turn *turn = reading->turn;
    const struct answered answered = {
            .peer = reading->connection->peer,
            .api = api_name,
            .operation = reading->is_ours ? &operation : NULL,
            .name = reading->named.first.name,
            .told = reading->status == 200 ? &reading->told : NULL,
            .fault = reading->fault[0] != '\0' ? span_of(reading->fault) : SPAN_NULL,
            .status = reading->status,
            .taken_ns = clock_ticks_ns() - reading->came_ns,
    };

    observe(turn->broker, &turn->requests, &answered);
    if (log_has(LOG_REQUESTS)) {
        request_log(&answered);
    }
}

static void send_bytes(struct connection *connection, h2o_iovec_t bytes) {
    connection_sending(connection);
    h2o_socket_write(connection->sock, &bytes, 1, on_sent);
}

static void send_answer(struct reading *reading) {
    h2o_iovec_t bytes = refusal;

    if (reading->status == 200) {
        bytes = h2o_iovec_init(reading->value.data, reading->value.len);
        if (reading->effect.kind == FAULT_TRUNCATE && reading->effect.number < bytes.len) {
            bytes.len = reading->effect.number;
        }
    }
    see(reading);
    send_bytes(reading->connection, bytes);
}

static void on_delayed(struct delays *delays, struct delayed *delayed, bool is_gone) {
    struct reading *reading = H2O_STRUCT_FROM_MEMBER(struct reading, delayed, delayed);

    if (is_gone) {
        reading->status = 0;
    }
    send_answer(reading); /* if the reader has gone, that ends at once */
}

void credential_socket_answer(struct connection *connection, struct turn *turn) {
    struct reading *reading = calloc(1, sizeof(*reading));

    connection->is_answering = true;
    connection->sock->data = reading;
    if (reading == NULL) {
        log_error(ENOMEM, "cannot send a credential");
        send_bytes(connection, refusal);
        return;
    }
    *reading =
            (struct reading){.connection = connection, .turn = turn, .came_ns = clock_ticks_ns()};
    turn_keep(turn);
    answer(reading);
    if (reading->effect.delay_ms == 0) {
        send_answer(reading);
        return;
    }
    reading->delayed.connection = connection;
    reading->delayed.on_due = on_delayed;
    delays_add(&turn->delays, &reading->delayed, reading->effect.delay_ms);
}
