#include "sandbox/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "common/base64.h"
#include "common/token_file.h"
#include "env/env_import.h"
#include "heap.h"
#include "sandbox/broker_process.h"
#include "sandbox/guardian.h"
#include "terminal/output.h"
#include "wire/broker_client.h"

#define BACKLOG 1024
#define TOKEN_RANDOM_BYTES 32
#define PATH_BYTES (sizeof(((struct guardian *)NULL)->folder) + 8) /* of a file in the folder */
#define TCP_BYTES 24                                               /* ADDRESS:PORT */
#define REGION "us-east-1"                                         /* ghostkeyd's own default */
#define ARGUMENTS_MAX 16

struct sandbox {
    struct sandbox_plan plan;
    struct guardian guardian;
    struct broker_process broker;
    int unix_fd;
    int tcp_fd; /* -1: no TCP */
    struct sockaddr_in tcp_address;
    bool refuses; /* the sockets do not listen */
    char socket_path[PATH_BYTES];
    char token_path[PATH_BYTES];
    char store_path[PATH_BYTES];
    char tcp[TCP_BYTES];
    struct token token;
    struct buffer variables;
    char **environment;
};

static int say_failed(const char *what) {
    output_error("cannot make a sandbox: %s: %s", what, strerror(errno));
    return GK_EXIT_FAILED;
}

/* COMMAND gets no file that ghostctl was started with but the standard streams. */
static void close_on_exec(void) {
    if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
        return;
    }
    /* a kernel before 5.11, or a container that does not let it */
    for (int fd = STDERR_FILENO + 1; fd < (int)sysconf(_SC_OPEN_MAX); fd++) {
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* EBADF: nothing is open */
    }
}

static int listen_unix(struct sandbox *sandbox) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memcpy(address.sun_path, sandbox->socket_path, sizeof(address.sun_path));
    (void)unlink(sandbox->socket_path); /* of the socket before sandbox_refuse() */
    sandbox->unix_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (sandbox->unix_fd < 0 || fchmod(sandbox->unix_fd, 0600) != 0 ||
            bind(sandbox->unix_fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
            listen(sandbox->unix_fd, BACKLOG) != 0) {
        return say_failed("its socket");
    }
    return GK_EXIT_DONE;
}

/*
 * SO_REUSEADDR is set only after bind(): before it, the kernel could give two sandboxes one port.
 * Connections inherit it, so sandbox_refuse() can bind the port again while old ones are ending.
 */
static int listen_tcp(struct sandbox *sandbox) {
    struct sockaddr_in *address = &sandbox->tcp_address;
    socklen_t len = sizeof(*address);
    const int yes = 1;

    *address = (struct sockaddr_in){.sin_family = AF_INET};
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sandbox->tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (sandbox->tcp_fd < 0 || bind(sandbox->tcp_fd, (struct sockaddr *)address, len) != 0 ||
            setsockopt(sandbox->tcp_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
            listen(sandbox->tcp_fd, BACKLOG) != 0 ||
            getsockname(sandbox->tcp_fd, (struct sockaddr *)address, &len) != 0) {
        return say_failed("its TCP port on 127.0.0.1 (--no-tcp does without it)");
    }
    (void)snprintf(sandbox->tcp, sizeof(sandbox->tcp), "127.0.0.1:%u", ntohs(address->sin_port));
    return GK_EXIT_DONE;
}

/* As ghostkeyd draws one: 256 random bits in base64url without padding. */
static int make_token(struct sandbox *sandbox) {
    struct token *token = &sandbox->token;
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    char random[TOKEN_RANDOM_BYTES];
    GK_AUTO_CLOSE int fd = open(sandbox->token_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 || getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return say_failed("its token");
    }
    base64_encode((struct span){random, sizeof(random)}, &text);
    explicit_bzero(random, sizeof(random));
    token->len = text.len - 1;
    for (size_t i = 0; i < token->len; i++) {
        char c = text.data[i];

        token->text[i] = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    token->text[token->len] = '\n';
    if (write(fd, token->text, token->len + 1) != (ssize_t)token->len + 1) {
        return say_failed("its token");
    }
    token->text[token->len] = '\0';
    return GK_EXIT_DONE;
}

static void find_environment(struct sandbox *sandbox) {
    const struct access_place place = {
            .socket = sandbox->socket_path,
            .tcp = sandbox->plan.has_tcp ? sandbox->tcp : NULL,
            .token = sandbox->token.text,
            .region = REGION,
    };

    access_append(&place, sandbox->plan.apis, &sandbox->variables);
    sandbox->environment =
            access_environment(&sandbox->variables, sandbox->plan.has_tcp, sandbox->plan.apis);
}

static void append_option(char **arguments, size_t *count, const char *option, const char *value) {
    if (value != NULL) {
        arguments[(*count)++] = (char *)option;
        arguments[(*count)++] = (char *)value;
    }
}

static int start_broker(struct sandbox *sandbox) {
    const struct sandbox_plan *plan = &sandbox->plan;
    const char *store =
            plan->store == NULL && plan->keeps_store ? sandbox->store_path : plan->store;
    /* a state that is kept has its seed and its kind of clock */
    bool is_new = store == NULL || access(store, F_OK) != 0;
    const int sockets[] = {sandbox->unix_fd, sandbox->tcp_fd};
    char *arguments[ARGUMENTS_MAX] = {(char *)"ghostkeyd", (char *)"--exit-with-parent"};
    size_t count = 2;

    append_option(arguments, &count, "--log", "warnings");
    append_option(arguments, &count, "--token-file", plan->has_tcp ? sandbox->token_path : NULL);
    append_option(
            arguments, &count, "--seed", plan->seed == NULL && is_new ? "sandbox" : plan->seed);
    append_option(
            arguments, &count, "--clock", plan->clock == NULL && is_new ? "virtual" : plan->clock);
    append_option(arguments, &count, "--store", store);
    append_option(arguments, &count, "--apply", plan->apply);
    return broker_process_start(
            &sandbox->guardian, arguments, sockets, plan->has_tcp ? 2 : 1, &sandbox->broker);
}

static int import(const struct sandbox *sandbox, struct env_parsed *parsed) {
    const struct env_import choice = {
            .shown = env_import_shown(sandbox->plan.import), .prefix = ""};
    GK_CLEANUP(target_deinit) struct target target = {0};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error = sandbox_target(sandbox, &target);

    if (error != 0) {
        return error;
    }
    error = broker_client_open(&target, &broker);
    if (error != 0) {
        return error;
    }
    return env_import_run(broker, &choice, parsed);
}

static int make_sockets(struct sandbox *sandbox) {
    int error;

    (void)snprintf(sandbox->socket_path, PATH_BYTES, "%s" GUARDIAN_SOCKET,
            sandbox->guardian.folder); /* they fit */
    (void)snprintf(sandbox->token_path, PATH_BYTES, "%s/token", sandbox->guardian.folder);
    (void)snprintf(sandbox->store_path, PATH_BYTES, "%s/store", sandbox->guardian.folder);
    error = listen_unix(sandbox);
    if (error != 0 || !sandbox->plan.has_tcp) {
        return error;
    }
    error = listen_tcp(sandbox);
    return error != 0 ? error : make_token(sandbox);
}

/* Whether the broker may refuse what was asked for. */
static bool can_be_refused(const struct sandbox_plan *plan) {
    return plan->seed != NULL || plan->clock != NULL || plan->apply != NULL ||
           plan->import != NULL || plan->store != NULL || plan->keeps_store;
}

static int start(struct sandbox *sandbox) {
    const char *file = sandbox->plan.import;
    ENV_PARSED_AUTO struct env_parsed parsed = {0};
    int error = guardian_start(&sandbox->guardian);

    if (error != 0) {
        return error;
    }
    /* ghostkeyd's own message does not show the path, which may be anything that was typed. */
    if (sandbox->plan.apply != NULL && access(sandbox->plan.apply, R_OK) != 0) {
        output_error("cannot read '%s': %s", sandbox->plan.apply, strerror(errno));
        return GK_EXIT_FAILED;
    }
    error = file != NULL ? env_import_read(file, &parsed) : 0;
    if (error != 0) {
        return error;
    }
    error = make_sockets(sandbox);
    if (error != 0) {
        return error;
    }
    find_environment(sandbox);
    error = start_broker(sandbox);
    if (error != 0) {
        return error;
    }
    if (!can_be_refused(&sandbox->plan)) {
        return GK_EXIT_DONE;
    }
    error = broker_process_await(&sandbox->broker);
    if (error != 0) {
        return error;
    }
    return file != NULL ? import(sandbox, &parsed) : GK_EXIT_DONE;
}

int sandbox_start(const struct sandbox_plan *plan, struct sandbox **ret_sandbox) {
    SANDBOX_AUTO struct sandbox *sandbox = heap_resize(NULL, 1, sizeof(*sandbox));
    int error;

    *sandbox = (struct sandbox){
            .plan = *plan,
            .guardian = GUARDIAN_NULL,
            .broker = BROKER_PROCESS_NULL,
            .unix_fd = -1,
            .tcp_fd = -1,
    };
    close_on_exec();
    error = start(sandbox);
    if (error != 0) {
        return error;
    }
    *ret_sandbox = gk_steal(&sandbox);
    return GK_EXIT_DONE;
}

struct sandbox *sandbox_end(struct sandbox *sandbox) {
    if (sandbox == NULL) {
        return NULL;
    }
    (void)gk_close(sandbox->unix_fd);
    (void)gk_close(sandbox->tcp_fd);
    guardian_end(&sandbox->guardian, sandbox->broker.pid);
    broker_process_deinit(&sandbox->broker);
    token_deinit(&sandbox->token);
    buffer_deinit(&sandbox->variables);
    free(sandbox->environment);
    free(sandbox);
    return NULL;
}

char *const *sandbox_environment(const struct sandbox *sandbox) {
    return sandbox->environment;
}

int sandbox_target(const struct sandbox *sandbox, struct target *ret_target) {
    return target_resolve(&(struct target_choice){.socket = sandbox->socket_path}, ret_target);
}

const char *sandbox_folder(const struct sandbox *sandbox) {
    return sandbox->guardian.folder;
}

enum broker_state sandbox_look(struct sandbox *sandbox) {
    return broker_process_look(&sandbox->broker);
}

void sandbox_get_fds(const struct sandbox *sandbox, int ret_fds[SANDBOX_FDS]) {
    ret_fds[0] = sandbox->broker.log_fd;
    ret_fds[1] = sandbox->broker.pidfd;
}

void sandbox_broker_end(struct sandbox *sandbox, int number) {
    broker_process_end(&sandbox->broker, number);
}

int sandbox_refuse(struct sandbox *sandbox) {
    struct sockaddr *address = (struct sockaddr *)&sandbox->tcp_address;

    sandbox->refuses = true;
    (void)shutdown(sandbox->unix_fd, SHUT_RDWR); /* also for a process that has it from ghostkeyd */
    sandbox->unix_fd = gk_close(sandbox->unix_fd);
    if (sandbox->tcp_fd < 0) {
        return GK_EXIT_DONE;
    }
    /* It stops listening, which gives a port back that the kernel had picked: it is bound again.
     * From then on the socket keeps the port, and bind() fails with EINVAL. */
    if (shutdown(sandbox->tcp_fd, SHUT_RDWR) != 0 ||
            (bind(sandbox->tcp_fd, address, sizeof(sandbox->tcp_address)) != 0 &&
                    errno != EINVAL)) {
        return say_failed("its TCP port");
    }
    return GK_EXIT_DONE;
}

static int start_again(struct sandbox *sandbox) {
    int error;

    if (sandbox->refuses) {
        error = listen_unix(sandbox);
        if (error != 0) {
            return error;
        }
        if (sandbox->tcp_fd >= 0 && listen(sandbox->tcp_fd, BACKLOG) != 0) {
            return say_failed("its TCP port");
        }
        sandbox->refuses = false;
    }
    broker_process_deinit(&sandbox->broker); /* of a start that failed */
    error = start_broker(sandbox);
    return error != 0 ? error : broker_process_await(&sandbox->broker);
}

int sandbox_broker_start(struct sandbox *sandbox) {
    int error = start_again(sandbox);

    if (error != 0 && !sandbox->refuses) {
        (void)sandbox_refuse(sandbox); /* if not, clients would wait for an answer */
    }
    return error;
}
