#include "http/turn.h"

#include "broker/fault_counts.h"
#include "broker/status.h"
#include "common/cleanup.h"
#include "http/api.h"
#include "process/log.h"
#include "process/service.h"

#define NEVER INT64_MAX

/*
 * A turn in memory ends once so many answers wait. Their clients can then work at the same time as
 * the daemon.
 */
#define WAITING_MAX 8

/*
 * A turn on disk does not wait for another round of the loop once so many answers wait for its
 * flush. If it never waited, it would have only half of the clients: the others send their next
 * request a moment later.
 */
#define GATHERED_MAX 64

static void set_alarm(struct turn *turn, instant at) {
    int error;

    if (at == turn->alarm_at) {
        return;
    }
    error = clock_alarm_set(h2o_socket_get_fd(turn->alarm), at);
    if (error != 0) {
        log_error(error, "cannot set the alarm for what is due next, which waits for a request");
        at = NEVER;
    }
    turn->alarm_at = at;
}

static void wait_for_due(struct turn *turn) {
    if (turn->alarm != NULL) {
        set_alarm(turn, broker_wake_at(turn->broker));
    }
}

/*
 * The turn could not be committed: answers this request again, in a transaction of its own. So one
 * request that is too large does not make the others fail.
 */
static void answer_again(struct turn *turn, struct call *call) {
    int error;

    broker_begin_turn(turn->broker);
    call_answer_again(call);
    error = broker_commit(turn->broker);
    if (error != 0) {
        call_refuse(call, error);
    }
    audit_keep(turn->audit, turn->broker, &turn->metrics);
}

static void fire_in_a_second(struct turn *turn, h2o_timeout_entry_t *entry) {
    if (!h2o_timeout_is_linked(entry)) {
        h2o_timeout_link(turn->context->loop, &turn->context->one_sec_timeout, entry);
    }
}

/* Goes on with the store's own work, in small parts between turns. */
static void work(struct turn *turn, bool is_quiet) {
    uint64_t begun_ns = clock_ticks_ns();
    int next_ms = broker_idle(turn->broker, is_quiet);
    uint64_t took_ns = clock_ticks_ns() - begun_ns;

    turn->busy_ns += took_ns;
    turn->opened_ns += took_ns; /* an open turn does not count it again */
    if (next_ms < 0 || h2o_timeout_is_linked(&turn->work)) {
        return;
    }
    h2o_timeout_link(turn->context->loop, &turn->work_wait, &turn->work);
    turn->work.registered_at += (uint64_t)next_ms;
}

static void on_work(h2o_timeout_entry_t *entry) {
    work(H2O_STRUCT_FROM_MEMBER(struct turn, work, entry), false);
}

static void on_delayed(struct delays *delays, struct delayed *delayed, bool is_gone) {
    struct call *call = H2O_STRUCT_FROM_MEMBER(struct call, delayed, delayed);

    call->is_closed |= is_gone;
    call_send(call, delays->metrics);
}

void turn_send(struct turn *turn, struct call *call) {
    if (call->effect.delay_ms > 0) {
        call->delayed.connection = call->connection;
        call->delayed.on_due = on_delayed;
        delays_add(&turn->delays, &call->delayed, call->effect.delay_ms);
    } else if (call->answer.more != NULL && !span_is(call->request.method, "HEAD")) {
        pieces_begin(&turn->pieces, call, &turn->metrics);
    } else {
        call_send(call, &turn->metrics);
    }
}

static void end_turn(struct turn *turn) {
    int error = broker_commit(turn->broker);
    struct call *call;

    audit_keep(turn->audit, turn->broker, &turn->metrics);
    turn->waiting_count = 0;
    turn->gathered_count = 0;
    while ((call = TAILQ_FIRST(&turn->waiting)) != NULL) {
        TAILQ_REMOVE(&turn->waiting, call, link);
        call->list = NULL;
        if (error != 0) {
            answer_again(turn, call);
        }
        turn_send(turn, call);
    }
    if (broker_fault_counts_wait(turn->broker)) {
        fire_in_a_second(turn, &turn->counts);
    }
    audit_publish(turn->audit, turn->broker, &turn->metrics);
    streams_publish(&turn->streams);
    pieces_go_on(&turn->pieces);
    if (!turn->changed) {
        return;
    }
    wait_for_due(turn);
    turn->changed = false;
    turn->is_busy = true;
    if (!h2o_timeout_is_linked(&turn->work)) {
        work(turn, false);
    }
    fire_in_a_second(turn, &turn->quiet);
    if (turn->is_status_wanted) {
        fire_in_a_second(turn, &turn->status);
    }
}

static void on_end(h2o_timeout_entry_t *entry) {
    struct turn *turn = H2O_STRUCT_FROM_MEMBER(struct turn, end, entry);

    if (broker_commit_waits(turn->broker) && turn->waiting_count > turn->gathered_count &&
            turn->waiting_count < GATHERED_MAX && turn->waiting_count < turn->connection_count) {
        turn->gathered_count = turn->waiting_count;
        turn->is_gathering = true;
        return;
    }
    end_turn(turn);
    turn->busy_ns += clock_ticks_ns() - turn->opened_ns;
}

/*
 * Ends the turn in this round of the loop or the next. Registered at the time 0, the timer fires
 * even if the machine's clock was set back.
 */
static void link_end(struct turn *turn) {
    h2o_timeout_link(turn->context->loop, &turn->context->zero_timeout, &turn->end);
    turn->end.registered_at = 0;
}

void turn_go_on(struct turn *turn, size_t connection_count) {
    turn->connection_count = connection_count;
    if (turn->is_gathering) {
        turn->is_gathering = false;
        link_end(turn);
    }
}

void turn_begin(struct turn *turn) {
    if (!h2o_timeout_is_linked(&turn->end) && !turn->is_gathering) {
        turn->opened_ns = clock_ticks_ns();
        link_end(turn);
    }
    broker_begin_turn(turn->broker);
    audit_keep(turn->audit, turn->broker, &turn->metrics); /* expiries can be read at once */
}

void turn_keep(struct turn *turn) {
    turn_begin(turn);
    if (broker_is_changing(turn->broker)) {
        end_turn(turn); /* what comes later ends by the timer */
    }
}

static void on_piece_wanted(struct pieces *pieces) {
    turn_begin(H2O_STRUCT_FROM_MEMBER(struct turn, pieces, pieces));
}

void turn_add(struct turn *turn, struct call *call) {
    turn->changed = true;
    call->list = &turn->waiting;
    TAILQ_INSERT_TAIL(&turn->waiting, call, link);
    turn->waiting_count += 1;
    if (turn->waiting_count >= WAITING_MAX && !broker_commit_waits(turn->broker)) {
        end_turn(turn); /* what comes later ends by the timer */
    }
}

/* Has the broker do what is due; the end of the turn sets the alarm anew. */
static void wake(struct turn *turn) {
    turn->changed = true;
    turn_begin(turn);
}

static void on_alarm(h2o_socket_t *alarm, const char *error) {
    struct turn *turn = alarm->data;

    turn->alarm_at = NEVER - 1; /* no real time, so that the alarm is set again */
    wake(turn);
}

static void on_status(h2o_timeout_entry_t *entry) {
    struct turn *turn = H2O_STRUCT_FROM_MEMBER(struct turn, status, entry);
    uint64_t secrets = broker_status(turn->broker).secrets;

    if (secrets != turn->status_secrets) {
        turn->status_secrets = secrets;
        service_status(secrets);
    }
}

/* A second after counts have changed. If they cannot be kept, it is tried again in a second. */
static void on_counts(h2o_timeout_entry_t *entry) {
    struct turn *turn = H2O_STRUCT_FROM_MEMBER(struct turn, counts, entry);

    turn_begin(turn);
    (void)broker_fault_keep_counts(turn->broker);
    turn->changed = true;
}

/* After at least a second without a commit. */
static void on_quiet(h2o_timeout_entry_t *entry) {
    struct turn *turn = H2O_STRUCT_FROM_MEMBER(struct turn, quiet, entry);

    if (turn->is_busy) {
        turn->is_busy = false;
        fire_in_a_second(turn, &turn->quiet);
        return;
    }
    work(turn, true);
}

static int set_up_alarm(struct turn *turn) {
    int fd;

    if (broker_clock_kind(turn->broker) != CLOCK_SYSTEM) {
        return 0;
    }
    fd = clock_alarm_new();
    if (fd < 0) {
        return log_error(fd, "cannot make an alarm for what falls due");
    }
    turn->alarm = h2o_evloop_socket_create(turn->context->loop, fd, H2O_SOCKET_FLAG_DONT_READ);
    turn->alarm->data = turn;
    h2o_socket_read_start(turn->alarm, on_alarm);
    wake(turn); /* does what is due already, and sets the alarm */
    return 0;
}

int turn_init(struct turn *turn, h2o_context_t *context, const struct api_context *api_context,
        struct audit *audit) {
    struct broker *broker = api_context->broker;

    turn->context = context;
    turn->broker = broker;
    turn->audit = audit;
    turn->api_context = api_context;
    turn->end.cb = on_end;
    turn->alarm_at = NEVER - 1; /* not set yet */
    turn->status.cb = on_status;
    turn->quiet.cb = on_quiet;
    turn->work.cb = on_work;
    turn->counts.cb = on_counts;
    turn->is_status_wanted = service_is_listening();
    turn->status_secrets = broker_status(broker).secrets;
    TAILQ_INIT(&turn->waiting);
    h2o_timeout_init(context->loop, &turn->work_wait, 0);
    fire_in_a_second(turn, &turn->quiet); /* an earlier daemon may have left work */
    delays_init(&turn->delays, context, &turn->metrics);
    pieces_init(&turn->pieces, on_piece_wanted);
    streams_init(&turn->streams, context, broker, audit->form, &turn->metrics);
    audit_begin(audit, broker);
    audit_keep(audit, broker, &turn->metrics);
    audit_publish(audit, broker, &turn->metrics); /* expiries before the start */
    return set_up_alarm(turn);
}

void turn_deinit(struct turn *turn) {
    if (turn->context == NULL) {
        return; /* turn_init() was not called */
    }
    streams_deinit(&turn->streams);
    request_ring_clear(&turn->requests);
    delays_deinit(&turn->delays);
    h2o_timeout_unlink(&turn->counts);
    h2o_timeout_unlink(&turn->end);
    h2o_timeout_unlink(&turn->status);
    h2o_timeout_unlink(&turn->quiet);
    h2o_timeout_unlink(&turn->work);
    h2o_timeout_dispose(turn->context->loop, &turn->work_wait);
    if (turn->alarm != NULL) {
        h2o_socket_close(turn->alarm);
        turn->alarm = NULL;
    }
}
