#include "prompt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "output.h"

static const int ending_signals[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};
#define ENDING_SIGNALS (sizeof(ending_signals) / sizeof(ending_signals[0]))

static volatile sig_atomic_t ended_by;

static void remember_signal(int number) {
    ended_by = number;
}

static void ask(const char *text) {
    (void)!write(STDERR_FILENO, text, strlen(text)); /* the read that follows works without it */
}

/*
 * One line, without its newline. -EINTR for a signal, -ENODATA for the end of the input. The ending
 * signals are blocked but in ppoll(), so that none can come just before a read() that then waits.
 */
static int read_line(const sigset_t *unblocked, struct buffer *line) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte;

    for (;;) {
        ssize_t length;

        if (ppoll(&input, 1, NULL, unblocked) < 0) {
            if (errno == EINTR && ended_by == 0) {
                continue;
            }
            return -errno;
        }
        length = read(STDIN_FILENO, &byte, 1);
        if (length <= 0) {
            return length < 0 ? -errno : -ENODATA;
        }
        if (byte == '\n') {
            return 0;
        }
        buffer_append_byte(line, byte);
    }
}

static int ask_lines(const char *what, const sigset_t *unblocked, struct buffer *first) {
    AUTO_BUFFER prompt = {0};
    AUTO_BUFFER second = {0};

    buffer_printf(&prompt, "value of %s: ", what);
    ask(prompt.data);
    if (read_line(unblocked, first) < 0) {
        ask("\n");
        output_error("no value was given; nothing was done");
        return GK_EXIT_FAILED;
    }
    ask("\nonce more: ");
    if (read_line(unblocked, &second) < 0 || second.length != first->length ||
            (first->length > 0 && memcmp(second.data, first->data, first->length) != 0)) {
        ask("\n");
        output_error("the two values differ; nothing was done");
        return GK_EXIT_FAILED;
    }
    ask("\n");
    return GK_EXIT_DONE;
}

/* Asks with the echo off, which is on again afterwards. */
static int ask_silently(const char *what, const sigset_t *unblocked, struct buffer *value) {
    struct termios old_mode;
    struct termios mode;
    int status;

    if (tcgetattr(STDIN_FILENO, &old_mode) < 0) {
        output_error("cannot read the terminal's settings: %s", strerror(errno));
        return GK_EXIT_FAILED;
    }
    mode = old_mode;
    mode.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &mode) < 0) {
        output_error("cannot silence the terminal: %s", strerror(errno));
        return GK_EXIT_FAILED;
    }
    status = ask_lines(what, unblocked, value);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old_mode); /* it took the same call before */
    return status;
}

int prompt_twice(const char *what, struct buffer *ret_value) {
    struct sigaction old_actions[ENDING_SIGNALS];
    struct sigaction action = {.sa_handler = remember_signal};
    AUTO_BUFFER value = {0};
    sigset_t ending;
    sigset_t before;
    int status;

    /* A signal must not leave the terminal silent: it is held until the echo is back. These calls
     * fail only for signals that cannot be caught. */
    ended_by = 0;
    (void)sigemptyset(&ending);
    for (size_t i = 0; i < ENDING_SIGNALS; i++) {
        (void)sigaddset(&ending, ending_signals[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &ending, &before);
    for (size_t i = 0; i < ENDING_SIGNALS; i++) {
        (void)sigaction(ending_signals[i], &action, &old_actions[i]);
    }
    status = ask_silently(what, &before, &value);
    for (size_t i = 0; i < ENDING_SIGNALS; i++) {
        (void)sigaction(ending_signals[i], &old_actions[i], NULL);
    }
    if (ended_by != 0) {
        (void)raise(ended_by);
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (status == GK_EXIT_DONE) {
        buffer_append(ret_value, value.data == NULL ? "" : value.data, value.length);
    }
    return status;
}
