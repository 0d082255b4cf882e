/*
 * ghostctl page: opens the page of the daemon in the browser.
 *
 * The address holds a code, and other users can read the arguments of a process. So the browser
 * gets the name of a file that only its owner can read, and the file leads to the address. The
 * daemon's list of requests tells when a browser has fetched the page; then the file is removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "command.h"
#include "monotonic.h"
#include "terminal/output.h"
#include "terminal/signals.h"
#include "wire/broker_verbs.h"
#include "wire/request_feed.h"

#define OPENER "xdg-open"
#define CODE_LIFE_MS 60000

/* The file that leads the browser to the page. */
struct signpost {
    char path[PATH_MAX];
    int fd; /* -1: there is none */
};

#define SIGNPOST_AUTO GK_CLEANUP(signpost_deinit)

static void signpost_deinit(struct signpost *signpost) {
    if (signpost->fd >= 0) {
        (void)unlink(signpost->path); /* whoever removed it did no harm */
        signpost->fd = gk_close(signpost->fd);
    }
}

/* Makes the file in the first of these folders that can be written. The name ends in .html. */
static int signpost_make(struct signpost *signpost) {
    const char *const places[] = {getenv(GK_VAR_RUNTIME_DIR), getenv("TMPDIR"), "/tmp"};

    for (size_t at = 0; at < sizeof(places) / sizeof(places[0]); at++) {
        int len = places[at] == NULL ? 0
                                     : snprintf(signpost->path, sizeof(signpost->path),
                                               "%s/ghostkey-page-XXXXXX.html", places[at]);

        if (len > 0 && (size_t)len < sizeof(signpost->path)) {
            signpost->fd = mkostemps(signpost->path, (int)strlen(".html"), O_CLOEXEC);
        }
        if (signpost->fd >= 0) {
            return GK_EXIT_DONE;
        }
    }
    output_error("cannot make a file for the browser (%s); TMPDIR may name a folder that can be "
                 "written",
            strerror(errno));
    return GK_EXIT_FAILED;
}

static int signpost_write(const struct signpost *signpost, const char *address) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;

    buffer_printf(&text,
            "<!doctype html><meta charset=\"utf-8\"><title>GhostKey</title>"
            "<meta name=\"referrer\" content=\"no-referrer\">"
            "<meta http-equiv=\"refresh\" content=\"0;url=%s\">"
            "<p><a href=\"%s\">The page of GhostKey</a></p>\n",
            address, address);
    if (write(signpost->fd, text.data, text.len) != (ssize_t)text.len) {
        output_error("cannot write %s: %s", signpost->path, strerror(errno));
        return GK_EXIT_FAILED;
    }
    return GK_EXIT_DONE;
}

/* Whether a program could show the page: a desktop, or a browser that is named. */
static bool has_browser(void) {
    const char *const variables[] = {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"};

    for (size_t at = 0; at < sizeof(variables) / sizeof(variables[0]); at++) {
        const char *text = getenv(variables[at]);

        if (text != NULL && text[0] != '\0') {
            return true;
        }
    }
    return false;
}

/* The opener may become the browser, which outlives ghostctl and its terminal. 0 or an errno. */
static int spawn_opener(const char *path, pid_t *ret_pid) {
    GK_CLEANUP(posix_spawn_file_actions_destroy) posix_spawn_file_actions_t actions = {0};
    GK_CLEANUP(posix_spawnattr_destroy) posix_spawnattr_t attributes = {0};
    const char *const arguments[] = {OPENER, path, NULL};
    short flags = 0;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0) {
        return error;
    }
    error = signals_init_spawn(&attributes);
    if (error != 0) {
        return error;
    }
    (void)posix_spawnattr_getflags(&attributes, &flags);
    (void)posix_spawnattr_setflags(&attributes, (short)(flags | POSIX_SPAWN_SETSID));
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && error == 0; fd++) {
        error = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    }
    if (error != 0) {
        return error;
    }
    /* The type of execve() lacks a const for historical reasons; the strings are not written to. */
    return posix_spawnp(ret_pid, OPENER, &actions, &attributes, (char *const *)arguments, environ);
}

static bool is_of_page(const json_t *request) {
    const char *api = json_string_value(json_object_get(request, "api"));

    return api != NULL && strcmp(api, "page") == 0;
}

/* Whether a browser has fetched the page since the last call. An exit status. */
static int look_for_browser(struct request_feed *feed, int signal_fd, bool *ret_came) {
    json_auto_t *requests = NULL;
    const json_t *request;
    size_t index;
    int error = request_feed_take(feed, signal_fd, &requests);

    if (error != 0) {
        return error;
    }
    json_array_foreach(requests, index, request) {
        *ret_came = *ret_came || is_of_page(request);
    }
    return GK_EXIT_DONE;
}

/* Whether the opener has ended with an error. */
static bool has_failed(pid_t *opener) {
    int status = 0;

    if (*opener == 0 || waitpid(*opener, &status, WNOHANG) != *opener) {
        return false;
    }
    *opener = 0;
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* Waits until a browser has fetched the page. *ret_failed: the opener could not open it. */
static int await_browser(struct request_feed *feed, pid_t opener, int signal_fd, bool *ret_failed) {
    int64_t end_ms = monotonic_ms() + CODE_LIFE_MS;
    bool came = false;

    while (!came) {
        int signal = signals_read(signal_fd);
        int error;

        if (signal != 0) {
            return 128 + signal;
        }
        if (monotonic_ms() >= end_ms) {
            output_error("no browser has fetched the page for %d seconds, so its address is not "
                         "good any more",
                    CODE_LIFE_MS / 1000);
            return GK_EXIT_FAILED;
        }
        error = look_for_browser(feed, signal_fd, &came);
        if (error != 0) {
            return error;
        }
        if (!came && has_failed(&opener)) {
            *ret_failed = true;
            return GK_EXIT_DONE;
        }
    }
    return GK_EXIT_DONE;
}

/* Opens the address in the browser. *ret_opened is false if there is none. */
static int open_address(const struct target *target, const char *address, bool *ret_opened) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, 0};
    SIGNPOST_AUTO struct signpost signpost = {.fd = -1};
    REQUEST_FEED_AUTO struct request_feed feed = {.http = NULL};
    GK_AUTO_CLOSE int signal_fd = -1;
    bool failed = false;
    pid_t opener = 0;
    int error = request_feed_open(&feed, target);

    if (error != 0) {
        return error;
    }
    signal_fd = signals_open(numbers);
    if (signal_fd < 0) {
        return GK_EXIT_FAILED;
    }
    error = signpost_make(&signpost);
    if (error != 0) {
        return error;
    }
    error = signpost_write(&signpost, address);
    if (error != 0) {
        return error;
    }
    if (spawn_opener(signpost.path, &opener) != 0) {
        *ret_opened = false;
        return GK_EXIT_DONE;
    }
    signals_set_interrupt_fd(signal_fd);
    error = await_browser(&feed, opener, signal_fd, &failed);
    signals_set_interrupt_fd(-1);
    *ret_opened = !failed;
    return error;
}

/* The daemon's address of TCP, from its status. */
static int find_tcp(
        struct broker_client *broker, struct broker_answer *status, const char **ret_tcp) {
    int error = broker_status(broker, status);
    const char *state;

    if (error != 0) {
        return error;
    }
    *ret_tcp = json_string_value(json_object_get(status->document, "tcp"));
    if (*ret_tcp != NULL) {
        return GK_EXIT_DONE;
    }
    state = json_string_value(json_object_get(status->document, "state"));
    if (state != NULL && strcmp(state, "fdstore") == 0) { /* systemd keeps its state */
        output_error("the daemon has no TCP, which the page needs: stop it with 'systemctl --user "
                     "stop ghostkey.service', which forgets its secrets, and enable the socket "
                     "with 'systemctl --user enable --now ghostkey-tcp.socket'");
    } else {
        output_error("the daemon has no TCP, which the page needs: start ghostkeyd with '--tcp "
                     "127.0.0.1:0', or, if systemd starts it, enable ghostkey-tcp.socket");
    }
    return GK_EXIT_FAILED;
}

static int run(const struct invocation *invocation) {
    GK_CLEANUP(target_deinit) struct target target = {0};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer status = {0};
    BROKER_ANSWER_AUTO struct broker_answer given = {0};
    BUFFER_AUTO struct buffer address = BUFFER_NULL;
    const char *tcp = NULL;
    const char *code;
    bool opened = has_browser();
    int error = command_target(invocation, &target);

    if (error != 0) {
        return error;
    }
    if (!target.is_unix) {
        return command_usage(&cmd_page,
                "the daemon lets a browser in over its Unix socket only: leave out --url, and name "
                "the socket if it is not the default one");
    }
    error = broker_client_open(&target, &broker);
    if (error != 0) {
        return error;
    }
    error = find_tcp(broker, &status, &tcp);
    if (error != 0) {
        return error;
    }
    error = broker_page_code(broker, &given);
    if (error != 0) {
        return error;
    }
    code = json_string_value(json_object_get(given.document, "code"));
    if (code == NULL) {
        return broker_answer_misunderstood("no 'code'");
    }
    buffer_printf(&address, "http://%s/#%s", tcp, code);
    error = opened ? open_address(&target, buffer_string(&address), &opened) : GK_EXIT_DONE;
    if (error != 0 || opened) {
        return error;
    }
    output_text("%s\n", buffer_string(&address));
    output_note("open this address in a browser within 60 seconds; it is good once");
    return GK_EXIT_DONE;
}

const struct command cmd_page = {
        .name = "page",
        .args = "",
        .summary = "Open the daemon's page in the browser.",
        .help = "The page shows the secrets, what happened to them and what is due, and moves the\n"
                "clock. The daemon needs TCP for it. Without a desktop, or if no browser can be\n"
                "opened, the address is printed: it lets one browser in, within 60 seconds.",
        .example = "ghostctl page",
        .arguments_max = 0,
        .run = run,
};
