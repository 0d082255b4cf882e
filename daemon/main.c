/* ghostkeyd: options -> state -> listeners -> serve, and one way out of each. */
#include "api/ghostkey/api.h"
#include "api/ghostkey/request.h"
#include "broker/broker.h"
#include "common/buffer.h"
#include "common/cleanup.h"
#include "common/erase.h"
#include "http/audit.h"
#include "http/server.h"
#include "http/token.h"
#include "process/log.h"
#include "process/machine.h"
#include "process/memory_lock.h"
#include "process/options.h"
#include "process/output.h"
#include "process/process_setup.h"
#include "process/service.h"
#include "store/state.h"
#include "store/store.h"

struct listeners {
    struct listener *items;
    size_t count;
};

static void listeners_deinit(struct listeners *listeners) {
    for (size_t at = 0; at < listeners->count; at++) {
        listener_deinit(&listeners->items[at]);
    }
    free(listeners->items);
}

/* All that a start sets up, in this order. */
struct parts {
    struct listeners listeners;
    struct listener tcp; /* of --tcp, until it is among them */
    bool needs_token;
    struct state_home home;
    struct token token;
    struct broker *broker;
    struct audit audit;
    struct server *server;
};

#define PARTS_NULL \
    ((struct parts){.tcp = LISTENER_NULL, .home = STATE_HOME_NULL, .audit = AUDIT_NULL})

static void parts_deinit(struct parts *parts) {
    parts->server = server_free(parts->server);
    audit_deinit(&parts->audit);
    parts->broker = broker_free(parts->broker);
    token_deinit(&parts->token);
    listener_deinit(&parts->tcp);
    listeners_deinit(&parts->listeners);
    state_home_deinit(&parts->home);
}

static int adopt_listeners(
        const struct service_passed *passed, struct listeners *listeners, struct problem *problem) {
    /* room for one of each kind that may be made, too */
    listeners->items = calloc(passed->socket_count + 2, sizeof(listeners->items[0]));
    if (listeners->items == NULL) {
        return log_error(ENOMEM, "cannot listen");
    }
    for (size_t at = 0; at < passed->socket_count; at++) {
        int result = listener_adopt(passed->sockets[at], &listeners->items[at], problem);

        if (result != 0) {
            return result;
        }
        listeners->count += 1;
    }
    return 0;
}

static int open_state(const struct options *options, struct service_passed *passed,
        struct state_home *ret_home, struct problem *problem) {
    struct state_options state = {
            .has_seed = options->has_seed,
            .seed = buffer_span(&options->seed),
            .has_clock = options->has_clock,
            .clock_kind = options->clock_kind,
            .clock_start = options->clock_start,
            .path = options->store_path,
            .has_key = options->has_key,
    };
    int result;

    memcpy(state.key, options->key, sizeof(state.key));
    result = state_open(&state, &passed->state, ret_home, problem);
    explicit_bzero(state.key, sizeof(state.key));
    return result;
}

/* Only requests over TCP bear a token, so only then its file is read or made. */
static bool needs_token(const struct options *options, const struct listeners *listeners) {
    bool needed = options->has_tcp;

    for (size_t at = 0; at < listeners->count; at++) {
        needed = needed || listeners->items[at].tcp_port != 0;
    }
    return needed;
}

/*
 * Looks at all that could refuse the start, before anything is made. A new state has no name in the
 * file system yet, and a TCP port is only taken: nobody can connect to it.
 */
static int check(const struct options *options, struct service_passed *passed, struct parts *parts,
        struct problem *problem) {
    int result = adopt_listeners(passed, &parts->listeners, problem);

    if (result != 0) {
        return result;
    }
    parts->needs_token = needs_token(options, &parts->listeners);
    result = audit_check(options->audit_path, problem);
    if (result == 0 && parts->needs_token) {
        result = token_check(options->token_path, problem);
    }
    if (result == 0 && parts->listeners.count == 0) {
        result = listener_check(options->socket_path, problem);
    }
    if (result == 0 && options->has_tcp) {
        result = listener_take_tcp(&options->tcp, &parts->tcp, problem);
    }
    if (result != 0) {
        return result;
    }
    memory_lock_begin(options->store_path != NULL);
    return open_state(options, passed, &parts->home, problem);
}

/* The Unix socket that is made because none was passed in, and TCP if it is asked for. */
static int make_listeners(
        const struct options *options, struct parts *parts, struct problem *problem) {
    struct listeners *listeners = &parts->listeners;
    int result;

    if (listeners->count == 0) {
        result = listener_make(options->socket_path, &listeners->items[0], problem);
        if (result != 0) {
            return result;
        }
        listeners->count = 1;
    }
    if (options->has_tcp) {
        result = listener_start_tcp(&parts->tcp, problem);
        if (result != 0) {
            return result;
        }
        listeners->items[listeners->count++] = parts->tcp;
        parts->tcp = LISTENER_NULL; /* handed over */
    }
    return 0;
}

/* Makes what others see: sockets and files. */
static int make(const struct options *options, struct parts *parts, struct problem *problem) {
    int result = make_listeners(options, parts, problem);

    if (result == 0 && parts->needs_token) {
        result = token_load(options->token_path, &parts->token, problem);
    }
    if (result == 0) {
        result = audit_init(&parts->audit, options->audit_path, &ghostkey_event_form, 0, problem);
    }
    if (result == 0) {
        result = state_publish(options->store_path, &parts->home, problem);
    }
    if (result != 0) {
        return result;
    }
    if (options->is_key_open) {
        /* not refused: "others" may be a group of one's own */
        log_warning("--store-key: others can read or write %s (chmod 600 mends that)",
                options->key_path);
    }
    if (store_home(parts->home.store) == STORE_MEMORY && service_keep(parts->home.fd)) {
        store_is_parked(parts->home.store);
    }
    return 0;
}

/* What fell due while no daemon ran happens here, once nothing else can refuse the start. */
static int begin(const struct options *options, struct parts *parts) {
    struct broker_options limits = {
            options->value_max_bytes, options->keep_versions, parts->home.is_new};
    int result = broker_new(parts->home.store, &limits, &parts->broker);

    if (result != 0) {
        return result;
    }
    parts->audit.seq = broker_first_event(parts->broker);
    request_setup();
    return server_new(parts->broker, &parts->audit, &parts->token, parts->listeners.items,
            parts->listeners.count, &parts->server);
}

/* Whoever started us may be waiting for these lines; if nobody reads them, nobody is. */
static void announce(const struct listeners *listeners) {
    BUFFER_AUTO struct buffer lines = BUFFER_NULL;
    struct output output;

    for (size_t at = 0; at < listeners->count; at++) {
        buffer_append_text(&lines, "listening on ");
        buffer_append_text(&lines, listeners->items[at].label);
        buffer_append_byte(&lines, '\n');
    }
    /* all at once: who has read one line may look for the others */
    output_init(&output, STDOUT_FILENO);
    (void)output_write(&output, buffer_span(&lines));
    output_deinit(&output, STDOUT_FILENO);
}

static int serve(
        const struct options *options, struct service_passed *passed, struct problem *problem) {
    GK_CLEANUP(parts_deinit) struct parts parts = PARTS_NULL;
    int result = check(options, passed, &parts, problem);

    if (result == 0) {
        result = make(options, &parts, problem);
    }
    if (result == 0) {
        result = begin(options, &parts);
    }
    if (result != 0) {
        return result;
    }
    memory_lock_end();
    announce(&parts.listeners);
    server_run(parts.server, options->idle_exit_s);
    broker_stop(parts.broker);
    return 0;
}

static int run(int argc, char **argv, struct service_passed *passed, struct problem *problem) {
    OPTIONS_AUTO struct options options = OPTIONS_NULL;
    int result = process_set_up(problem);

    if (result == 0) {
        result = options_parse(argc, argv, &options, problem);
    }
    if (result != 0) {
        return result;
    }
    switch (options.action) {
    case OPTIONS_HELP:
        options_print_help(stdout);
        return 0;
    case OPTIONS_VERSION:
        (void)printf("ghostkeyd %s\n", GHOSTKEY_VERSION);
        return 0;
    case OPTIONS_SERVE:
        result = machine_check(problem);
        return result != 0 ? result : serve(&options, passed, problem);
    }
    return 0;
}

static int exit_status(
        int result, const struct service_passed *passed, const struct problem *problem) {
    if (result == 0) {
        return GK_EXIT_DONE;
    }
    if (result > 0) {
        log_error(0, "%s", problem->detail);
    }
    if (passed->is_kept) {
        service_wait_refused(result > 0 ? problem->detail : "the log says why");
        return SERVICE_EXIT_REFUSED;
    }
    return result == GK_E_BAD_REQUEST ? GK_EXIT_USAGE : GK_EXIT_FAILED;
}

int main(int argc, char **argv) {
    SERVICE_PASSED_AUTO struct service_passed passed = SERVICE_PASSED_NULL;
    struct problem problem = PROBLEM_NULL;
    int result = process_open_standard_files();

    log_setup();
    erase_freed();
    if (result == 0) {
        result = service_take_passed(&passed);
    }
    if (result == 0) {
        result = run(argc, argv, &passed, &problem);
    }
    return exit_status(result, &passed, &problem);
}
