/* ghostkeyd: reads the options, opens the state and the listeners, serves, and shuts down. */
#include "api/ghostkey/api.h"
#include "api/ghostkey/document_file.h"
#include "api/ghostkey/page_access.h"
#include "broker/broker.h"
#include "common/buffer.h"
#include "common/cleanup.h"
#include "common/erase.h"
#include "http/api.h"
#include "http/audit.h"
#include "http/listeners.h"
#include "http/server.h"
#include "http/token.h"
#include "process/limits.h"
#include "process/log.h"
#include "process/machine.h"
#include "process/memory_lock.h"
#include "process/options.h"
#include "process/parent.h"
#include "process/process_setup.h"
#include "process/service.h"
#include "store/state.h"
#include "store/store.h"

/* What a start sets up, in the order in which it does. parts_deinit() releases it. */
struct parts {
    struct listeners listeners;
    struct listener tcp; /* of --tcp: bound, and moved to listeners once it listens */
    bool needs_token;
    int parent_fd; /* -1: the parent is not watched */
    struct state_home home;
    struct token token;
    struct buffer token_file; /* its path */
    struct broker *broker;
    struct audit audit;
    struct buffer vault_mount; /* with its '/' */
    struct document document;  /* of --apply */
    struct page_access page;
    struct api_context api_context;
    struct server *server;
};

#define PARTS_NULL \
    ((struct parts){ \
            .tcp = LISTENER_NULL, .parent_fd = -1, .home = STATE_HOME_NULL, .audit = AUDIT_NULL})

static void parts_deinit(struct parts *parts) {
    parts->server = server_free(parts->server);
    buffer_deinit(&parts->vault_mount);
    buffer_deinit(&parts->token_file);
    audit_deinit(&parts->audit);
    parts->broker = broker_free(parts->broker);
    document_deinit(&parts->document);
    token_deinit(&parts->token);
    page_access_deinit(&parts->page);
    listener_deinit(&parts->tcp);
    listeners_deinit(&parts->listeners);
    parts->parent_fd = gk_close(parts->parent_fd);
    state_home_deinit(&parts->home);
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
    struct limits limits;
    int error;

    limits_read(&limits); /* before there is a state in memory */
    memcpy(state.key, options->key, sizeof(state.key));
    error = state_open(&state, passed->states, passed->state_count, ret_home, problem);
    explicit_bzero(state.key, sizeof(state.key));
    if (error != 0) {
        return error;
    }
    store_set_limits(ret_home->store, &limits);
    return 0;
}

/* Whether there is TCP. Only requests over TCP carry a token. */
static bool needs_token(const struct options *options, const struct listeners *listeners) {
    return options->has_tcp || listeners_tcp_address(listeners).data != NULL;
}

static int open_broker(const struct options *options, struct parts *parts) {
    bool has_document = options->apply_path != NULL;
    struct broker_options limits = {
            .value_max_bytes = options->value_max_bytes,
            .keep_versions = options->keep_versions,
            .state_is_new = parts->home.is_new,
            .keeps = api_keeps,
            .userdata = &parts->api_context,
            .begin = has_document ? document_begin : NULL,
            .begin_userdata = &parts->document,
    };
    int error;

    buffer_printf(&parts->vault_mount, "%s/", options->vault_mount);
    if (buffer_finish(&parts->vault_mount) != 0) {
        return -ENOMEM;
    }
    parts->api_context = (struct api_context){
            .token = &parts->token,
            .page = &parts->page,
            .vault_mount = buffer_span(&parts->vault_mount),
            .vault_token_ttl_s = options->vault_token_ttl_s,
            .aws_region = span_of(options->aws_region),
    };
    error = broker_new(parts->home.store, &limits, &parts->api_context.broker);
    if (error != 0) {
        return error;
    }
    parts->broker = parts->api_context.broker;
    return 0;
}

/*
 * Applies the document of --apply to a state that is new, before the file of the state has a name,
 * or the service manager keeps it: the next start finds all of it, or no state.
 */
static int begin_state(
        const struct options *options, struct parts *parts, struct problem *problem) {
    int error;

    if (!parts->home.is_new || options->apply_path == NULL) {
        return 0;
    }
    error = open_broker(options, parts);
    if (error != 0) {
        return error;
    }
    error = broker_begin_state(parts->broker);
    return error <= 0 ? error
                      : problem_set(problem, GK_E_INTERNAL, "--apply: %s could not be kept: %s",
                                options->apply_path, gk_outcome_sentence(error));
}

/*
 * Finds every reason to refuse the start, before other processes can see a change. The file of a
 * new state has no name yet, and the TCP port is bound but does not listen.
 */
static int check(const struct options *options, struct service_passed *passed, struct parts *parts,
        struct problem *problem) {
    int error = listeners_adopt(passed, &parts->listeners, problem);

    if (error != 0) {
        return error;
    }
    parts->needs_token = needs_token(options, &parts->listeners);
    error = audit_check(options->audit_path, problem);
    if (error != 0) {
        return error;
    }
    error = parts->needs_token ? token_check(options->token_path, problem) : 0;
    if (error != 0) {
        return error;
    }
    error = listeners_serve_http(&parts->listeners) ? 0
                                                    : listener_check(options->socket_path, problem);
    if (error != 0) {
        return error;
    }
    error = options->has_tcp ? listener_take_tcp(&options->tcp, &parts->tcp, problem) : 0;
    if (error != 0) {
        return error;
    }
    error = document_take_file(options->apply_path, buffer_span(&options->apply),
            options->value_max_bytes, &parts->document, problem);
    if (error != 0) {
        return error;
    }
    memory_lock_begin();
    error = open_state(options, passed, &parts->home, problem);
    return error != 0 ? error : begin_state(options, parts, problem);
}

/* Makes the Unix socket if no socket for HTTP was passed in, and listens on the port of --tcp. */
static int make_listeners(
        const struct options *options, struct parts *parts, struct problem *problem) {
    struct listeners *listeners = &parts->listeners;
    int error;

    if (!listeners_serve_http(listeners)) {
        error = listener_make(options->socket_path, &listeners->items[listeners->count], problem);
        if (error != 0) {
            return error;
        }
        listeners->count += 1;
    }
    if (options->has_tcp) {
        error = listener_start_tcp(&parts->tcp, problem);
        if (error != 0) {
            return error;
        }
        listeners->items[listeners->count++] = parts->tcp;
        parts->tcp = LISTENER_NULL; /* handed over */
    }
    return 0;
}

/* Reads or makes the token file if there is TCP. */
static int load_token(const struct options *options, struct parts *parts, struct problem *problem) {
    int error;

    if (!parts->needs_token) {
        return 0;
    }
    error = token_load(options->token_path, &parts->token, problem);
    return error != 0 ? error : token_path(options->token_path, &parts->token_file);
}

/* Makes the sockets and files that other processes can see. */
static int make(const struct options *options, struct parts *parts, struct problem *problem) {
    int error = make_listeners(options, parts, problem);

    if (error != 0) {
        return error;
    }
    error = load_token(options, parts, problem);
    if (error != 0) {
        return error;
    }
    error = audit_init(&parts->audit, options->audit_path, &ghostkey_event_form, 0, problem);
    if (error != 0) {
        return error;
    }
    error = state_publish(options->store_path, &parts->home, problem);
    if (error != 0) {
        return error;
    }
    if (options->is_key_exposed) {
        /* a warning only: "others" may be a group that nobody but the user is in */
        log_warning("--store-key: others can read or write %s (chmod 600 mends that)",
                options->key_path);
    }
    error = state_park(&parts->home, service_keep);
    if (error != 0) {
        return error;
    }
    service_confirm_kept();
    return 0;
}

/* Expires and rotates what fell due while no daemon ran. All checks have passed by now. */
static int begin(const struct options *options, struct parts *parts) {
    int error = parts->broker == NULL ? open_broker(options, parts) : 0;

    if (error != 0) {
        return error;
    }
    parts->api_context.token_file =
            parts->needs_token ? buffer_span(&parts->token_file) : SPAN_NULL;
    parts->api_context.tcp = listeners_tcp_address(&parts->listeners);
    parts->audit.log_seq = broker_first_event(parts->broker);
    return server_new(&parts->api_context, &parts->audit, parts->listeners.items,
            parts->listeners.count, &parts->server);
}

static int serve(
        const struct options *options, struct service_passed *passed, struct problem *problem) {
    GK_CLEANUP(parts_deinit) struct parts parts = PARTS_NULL;
    int error = 0;

    if (options->exits_with_parent) {
        error = parent_watch_new(&parts.parent_fd, problem);
        if (error != 0 || parts.parent_fd < 0) {
            return error; /* the parent has ended already */
        }
    }
    error = check(options, passed, &parts, problem);
    if (error != 0) {
        return error;
    }
    error = make(options, &parts, problem);
    if (error != 0) {
        return error;
    }
    error = begin(options, &parts);
    if (error != 0) {
        return error;
    }
    memory_lock_end();
    server_end_with(parts.server, gk_steal_fd(&parts.parent_fd));
    listeners_announce(&parts.listeners);
    server_run(parts.server, options->idle_exit_s);
    broker_stop(parts.broker);
    store_close(parts.home.store);
    return 0;
}

static int run(int argc, char **argv, struct service_passed *passed, struct problem *problem) {
    OPTIONS_AUTO struct options options = OPTIONS_NULL;
    int error = process_open_standard_files();

    if (error != 0) {
        return error;
    }
    log_setup();
    erase_freed();
    error = service_take_passed(passed);
    if (error != 0) {
        return error;
    }
    error = process_set_up(problem);
    if (error != 0) {
        return error;
    }
    error = options_parse(argc, argv, &options, problem);
    process_block_ending_signals(); /* also for the wait after a refusal (exit_status()) */
    if (error != 0) {
        return error;
    }
    switch (options.action) {
    case OPTIONS_HELP:
        options_print_help(stdout);
        return 0;
    case OPTIONS_VERSION:
        (void)printf("ghostkeyd %s\n", GHOSTKEY_VERSION);
        return 0;
    case OPTIONS_SERVE:
        log_set_what(options.log);
        error = machine_check(problem);
        return error != 0 ? error : serve(&options, passed, problem);
    }
    return 0;
}

static int exit_status(
        int error, const struct service_passed *passed, const struct problem *problem) {
    if (error == 0) {
        return GK_EXIT_DONE;
    }
    if (error > 0) {
        log_error(0, "%s", problem->detail);
    }
    if (passed->is_kept) {
        service_wait_refused(passed, error > 0 ? problem->detail : "the log says why");
        return SERVICE_EXIT_REFUSED;
    }
    return error == GK_E_BAD_REQUEST ? GK_EXIT_USAGE : GK_EXIT_FAILED;
}

int main(int argc, char **argv) {
    SERVICE_PASSED_AUTO struct service_passed passed = SERVICE_PASSED_NULL;
    struct problem problem = PROBLEM_NULL;
    int error = run(argc, argv, &passed, &problem);

    return exit_status(error, &passed, &problem);
}
