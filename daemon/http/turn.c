#include "http/turn.h"

#include "api/ghostkey/api.h"
#include "common/cleanup.h"
#include "process/log.h"
#include "process/service.h"

#define NEVER INT64_MAX

/*
 * So many answers go out together where a commit waits for nothing: their clients go on while the
 * next ones are worked on. All at the end would leave one side idle while the other works.
 */
#define WAITING_MAX 8

/*
 * So many wait for one flush. While the answers to the last turn go out, the first of their clients
 * ask again already: without a look at who else has come, each turn would be for half of them.
 */
#define GATHERED_MAX 64

static void set_alarm(struct turn *turn, instant at) {
    int error;

    if (at == turn->alarm_at) {
        return;
    }
    error = clock_alarm_set(h2o_socket_get_fd(turn->alarm), at);
    if (error != 0) {
        log_error(error, "cannot set the alarm for what is due next; it waits for a request");
        at = NEVER;
    }
    turn->alarm_at = at;
}

static void wait_for_due(struct turn *turn) {
    instant due = NEVER;

    if (turn->alarm == NULL) {
        return;
    }
    if (broker_wake_at(turn->broker, &due) != 0) {
        due = NEVER; /* the broker has said why */
    }
    set_alarm(turn, due);
}

/*
 * The turn could not be committed, so nothing of it happened. Each of its requests is done over in
 * a transaction of its own: one that is too much does not take the others with it, and one that was
 * refused is told why.
 */
static void do_over(struct turn *turn, struct exchange *exchange) {
    int error;

    api_reset(exchange);
    broker_begin_turn(turn->broker);
    api_answer(exchange);
    error = broker_commit(turn->broker);
    if (error != 0) {
        api_refuse(exchange, error);
    }
    audit_keep(turn->audit, turn->broker, &turn->metrics);
}

static void end_turn(struct turn *turn) {
    int error = broker_commit(turn->broker);

    audit_keep(turn->audit, turn->broker, &turn->metrics);
    turn->waiting_count = 0;
    turn->gathered_count = 0;
    while (!h2o_linklist_is_empty(&turn->waiting)) {
        struct delivery *delivery =
                H2O_STRUCT_FROM_MEMBER(struct delivery, link, turn->waiting.next);

        h2o_linklist_unlink(&delivery->link);
        if (error != 0) {
            do_over(turn, &delivery->exchange);
        }
        delivery_send(delivery, &turn->metrics);
    }
    audit_publish(turn->audit, turn->broker, &turn->metrics);
    feed_publish(&turn->feed);
    if (!turn->changed) {
        (void)broker_commit(turn->broker); /* nothing was written since: it ends those looks */
        return;
    }
    turn->changed = false;
    wait_for_due(turn);
    (void)broker_commit(turn->broker); /* nothing was written since: it ends that look */
    turn->is_busy = true;
    if (!h2o_timeout_is_linked(&turn->settle)) {
        h2o_timeout_link(turn->context->loop, &turn->context->one_sec_timeout, &turn->settle);
    }
    if (service_is_listening() && !h2o_timeout_is_linked(&turn->status)) {
        h2o_timeout_link(turn->context->loop, &turn->context->one_sec_timeout, &turn->status);
    }
}

static void on_end(h2o_timeout_entry_t *entry) {
    struct turn *turn = H2O_STRUCT_FROM_MEMBER(struct turn, end, entry);

    if (broker_commit_waits(turn->broker) && turn->waiting_count > turn->gathered_count &&
            turn->waiting_count < GATHERED_MAX) {
        turn->gathered_count = turn->waiting_count;
        turn->is_gathering = true;
        return;
    }
    end_turn(turn);
    turn->busy_ns += clock_ticks_ns() - turn->opened_ns;
}

/*
 * At the end of this round, or of the next. Not before a time of the machine's clock, by which h2o
 * would go: that may be set back meanwhile.
 */
static void link_end(struct turn *turn) {
    h2o_timeout_link(turn->context->loop, &turn->context->zero_timeout, &turn->end);
    turn->end.registered_at = 0;
}

void turn_go_on(struct turn *turn) {
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
    audit_keep(turn->audit, turn->broker, &turn->metrics); /* what fired may be read at once */
}

void turn_add(struct turn *turn, struct delivery *delivery) {
    turn->changed = true;
    h2o_linklist_insert(&turn->waiting, &delivery->link);
    turn->waiting_count += 1;
    if (turn->waiting_count >= WAITING_MAX && !broker_commit_waits(turn->broker)) {
        end_turn(turn); /* the end that is linked finds what comes after */
    }
}

/* Does what is due; at the turn's end the alarm is set anew. */
static void wake(struct turn *turn) {
    turn->changed = true;
    turn_begin(turn);
}

static void on_alarm(h2o_socket_t *alarm, const char *error) {
    struct turn *turn = alarm->data;

    turn->alarm_at = NEVER - 1; /* it has to be set again to fall silent, whatever to */
    wake(turn);
}

static void on_status(h2o_timeout_entry_t *entry) {
    struct turn *turn = H2O_STRUCT_FROM_MEMBER(struct turn, status, entry);
    struct broker_status status;

    if (broker_status(turn->broker, &status) == 0 && status.secrets != turn->told) {
        turn->told = status.secrets;
        service_status(status.secrets);
    }
}

/* A second without a change. */
static void on_settle(h2o_timeout_entry_t *entry) {
    struct turn *turn = H2O_STRUCT_FROM_MEMBER(struct turn, settle, entry);

    if (turn->is_busy) {
        turn->is_busy = false;
        h2o_timeout_link(turn->context->loop, &turn->context->one_sec_timeout, &turn->settle);
    } else {
        uint64_t begun_ns = clock_ticks_ns();

        (void)broker_settle(turn->broker);
        turn->busy_ns += clock_ticks_ns() - begun_ns;
    }
}

int turn_init(
        struct turn *turn, h2o_context_t *context, struct broker *broker, struct audit *audit) {
    struct broker_status status;
    int error = broker_status(broker, &status);

    if (error != 0) {
        return error;
    }
    *turn = (struct turn){
            .context = context,
            .broker = broker,
            .audit = audit,
            .end = {.cb = on_end},
            .alarm_at = NEVER - 1, /* not set yet */
            .status = {.cb = on_status},
            .settle = {.cb = on_settle},
            .told = status.secrets,
    };
    h2o_linklist_init_anchor(&turn->waiting);
    /* what a daemon before this one may have left */
    h2o_timeout_link(context->loop, &context->one_sec_timeout, &turn->settle);
    feed_init(&turn->feed, context, broker, &turn->metrics);
    audit_begin(audit, broker);
    audit_keep(audit, broker, &turn->metrics);
    audit_publish(audit, broker, &turn->metrics); /* what fired at the start */
    if (broker_clock_kind(broker) == CLOCK_SYSTEM) {
        int fd = clock_alarm_new();

        if (fd < 0) {
            return log_error(fd, "cannot make an alarm for what falls due");
        }
        turn->alarm = h2o_evloop_socket_create(context->loop, fd, H2O_SOCKET_FLAG_DONT_READ);
        turn->alarm->data = turn;
        h2o_socket_read_start(turn->alarm, on_alarm);
        wake(turn); /* what is due already, and the first alarm */
    }
    return 0;
}

void turn_deinit(struct turn *turn) {
    if (turn->context == NULL) {
        return; /* it never came to be */
    }
    feed_deinit(&turn->feed);
    h2o_timeout_unlink(&turn->end);
    h2o_timeout_unlink(&turn->status);
    h2o_timeout_unlink(&turn->settle);
    if (turn->alarm != NULL) {
        h2o_socket_close(turn->alarm);
        turn->alarm = NULL;
    }
}
