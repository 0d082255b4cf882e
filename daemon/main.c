/* ghostkeyd: options -> state -> listeners -> serve, and one way out of each. */
#include "broker/broker.h"
#include "ghostkey/cleanup.h"
#include "ghostkey/erase.h"
#include "http/audit.h"
#include "http/server.h"
#include "http/token.h"
#include "library_pages.h"
#include "log.h"
#include "memory_lock.h"
#include "model/buffer.h"
#include "options.h"
#include "output.h"
#include "service.h"
#include "store/state.h"
#include "store/store.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

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

static void broker_freep(struct broker **broker) {
    *broker = broker_free(*broker);
}

static void server_freep(struct server **server) {
    *server = server_free(*server);
}

/* Were one of these closed, the state could get its number, and be printed into. */
static int open_standard_fds(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) {
            return log_error(errno, "cannot open /dev/null");
        }
    }
    return 0;
}

/* Values stay in this process: not in a core, not readable by others of the same user. */
static int set_up_process(void) {
    const struct rlimit none = {0, 0};
    sigset_t handled;

    (void)umask(077);
    erase_freed();
    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGINT);
    /* A write past a limit, or to a reader who is gone, fails where it is made; it kills nobody. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
            sigprocmask(SIG_BLOCK, &handled, NULL) != 0 || setrlimit(RLIMIT_CORE, &none) != 0 ||
            prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return log_error(errno, "cannot set up the process");
    }
    return 0;
}

static int adopt_listeners(
        const struct service_passed *passed, struct listeners *listeners, struct problem *problem) {
    int result = 0;

    /* and one of each kind that may be made */
    listeners->items = calloc(passed->socket_count + 2, sizeof(listeners->items[0]));
    if (listeners->items == NULL) {
        return log_error(ENOMEM, "cannot listen");
    }
    for (size_t at = 0; result == 0 && at < passed->socket_count; at++) {
        result = listener_adopt(passed->sockets[at], &listeners->items[at], problem);
        listeners->count += result == 0;
    }
    return result;
}

/* The Unix socket that is made because none was passed in, and TCP if it is asked for. */
static int make_listeners(
        const struct options *options, struct listeners *listeners, struct problem *problem) {
    int result = 0;

    if (listeners->count == 0) {
        result = listener_make(options->socket_path, &listeners->items[0], problem);
        listeners->count += result == 0;
    }
    if (result == 0 && options->has_tcp) {
        result = listener_make_tcp(&options->tcp, &listeners->items[listeners->count], problem);
        listeners->count += result == 0;
    }
    return result;
}

/* Only TCP needs one, so only then a file is read or made. */
static int take_token(const struct options *options, const struct listeners *listeners,
        struct token *ret_token, struct problem *problem) {
    bool needed = options->has_tcp;

    for (size_t at = 0; at < listeners->count; at++) {
        needed = needed || listeners->items[at].tcp_port != 0;
    }
    return needed ? token_load(options->token_path, ret_token, problem) : 0;
}

/* Whoever started us may be waiting for these lines; if nobody reads them, nobody is. */
static void announce(const struct listeners *listeners) {
    struct output output;

    output_init(&output, STDOUT_FILENO);
    for (size_t at = 0; at < listeners->count; at++) {
        BUFFER_AUTO struct buffer line = BUFFER_NULL;

        buffer_append_text(&line, "listening on ");
        buffer_append_text(&line, listeners->items[at].label);
        buffer_append_byte(&line, '\n');
        (void)output_write(&output, buffer_span(&line));
    }
    output_deinit(&output, STDOUT_FILENO);
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
    if (result == 0 && options->open_key_path != NULL) {
        /* not refused: "others" may be a group of one's own */
        log_warning("--store-key: others can read or write %s (chmod 600 mends that)",
                options->open_key_path);
    }
    if (result == 0 && store_home(ret_home->store) == STORE_MEMORY && service_keep(ret_home->fd)) {
        store_is_parked(ret_home->store);
    }
    return result;
}

static int serve(const struct options *options, struct problem *problem) {
    struct broker_options limits = {options->value_max_bytes, options->keep_versions, false};
    SERVICE_PASSED_AUTO struct service_passed passed = SERVICE_PASSED_NULL;
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;
    GK_CLEANUP(broker_freep) struct broker *broker = NULL;
    GK_CLEANUP(audit_deinit) struct audit audit = {.fd = -1};
    GK_CLEANUP(listeners_deinit) struct listeners listeners = {0};
    TOKEN_AUTO struct token token = TOKEN_NULL;
    GK_CLEANUP(server_freep) struct server *server = NULL;
    int result = service_take_passed(&passed);

    if (result == 0 && passed.socket_count == 0) {
        result = listener_check(options->socket_path, problem); /* before anything is written */
    }
    if (result == 0) {
        memory_lock_begin(options->store_path != NULL);
        result = open_state(options, &passed, &home, problem);
    }
    if (result == 0) {
        limits.state_is_new = home.is_new;
        result = broker_new(home.store, &limits, &broker);
    }
    if (result == 0) {
        result = adopt_listeners(&passed, &listeners, problem);
    }
    if (result == 0) {
        result = take_token(options, &listeners, &token, problem);
    }
    if (result == 0) {
        result = make_listeners(options, &listeners, problem);
    }
    if (result == 0) {
        result = audit_init(&audit, options->audit_path, broker_first_event(broker), problem);
    }
    if (result == 0) {
        result = server_new(broker, &audit, &token, listeners.items, listeners.count, &server);
    }
    if (result == 0) {
        memory_lock_end();
        announce(&listeners);
        library_pages_drop();
        server_run(server, options->idle_exit_s);
    }
    return result;
}

static int exit_status(int result, const struct problem *problem) {
    if (result > 0) {
        log_error(0, "%s", problem->detail);
    }
    return result == 0 ? GK_EXIT_DONE : result == GK_E_BAD_REQUEST ? GK_EXIT_USAGE : GK_EXIT_FAILED;
}

int main(int argc, char **argv) {
    OPTIONS_AUTO struct options options = OPTIONS_NULL;
    struct problem problem = PROBLEM_NULL;
    int result;

    result = open_standard_fds();
    log_setup();
    if (result == 0) {
        result = set_up_process();
    }
    if (result == 0) {
        result = options_parse(argc, argv, &options, &problem);
    }
    if (result == 0 && options.action == OPTIONS_HELP) {
        options_print_help(stdout);
    } else if (result == 0 && options.action == OPTIONS_VERSION) {
        (void)printf("ghostkeyd %s\n", GHOSTKEY_VERSION);
    } else if (result == 0) {
        result = serve(&options, &problem);
    }
    return exit_status(result, &problem);
}
