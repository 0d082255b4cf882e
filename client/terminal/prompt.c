#include "terminal/prompt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "terminal/output.h"

/* A user needs longer than this to type on after Enter; the next line of a paste comes sooner. */
#define PASTE_GAP_MS 50
#define PASTE_END_MS 200

#define DELETE '\x7f'

/* The signals that end a program and can be caught, and those that stop and continue it. */
static const int watched_signals[] = {
        SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGALRM, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT};
#define WATCHED_SIGNALS (sizeof(watched_signals) / sizeof(watched_signals[0]))

static volatile sig_atomic_t ended_by;
static volatile sig_atomic_t is_to_stop;
static volatile sig_atomic_t has_continued;

static void remember_signal(int number) {
    if (number == SIGTSTP) {
        is_to_stop = 1;
    } else if (number == SIGCONT) {
        has_continued = 1;
    } else {
        ended_by = number;
    }
}

/* A question at the terminal. The watched signals are blocked except in ppoll(). */
struct dialogue {
    struct termios found;
    struct termios silent;
    sigset_t unblocked;
    bool asks_once;
    bool has_stopped;    /* by a key, which drops what was typed before it */
    bool is_next_quoted; /* the next character stands for itself (Ctrl-V) */
};

static void show(const char *text) {
    (void)!write(STDERR_FILENO, text, strlen(text)); /* the user can answer without the prompt */
}

/*
 * In the background this stops the process (SIGTTOU) until it is in the foreground. `when`:
 * TCSAFLUSH drops what was typed and not read yet, TCSADRAIN keeps it.
 */
static int set_mode(const struct termios *mode, int when) {
    int error;

    do {
        error = tcsetattr(STDIN_FILENO, when, mode);
    } while (error < 0 && errno == EINTR);
    return error < 0 ? -errno : 0;
}

/* Stops with the old settings of the terminal. When ghostctl continues, the line is asked for
 * again. */
static void stop(const struct dialogue *dialogue) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    struct sigaction own_action;
    sigset_t stopping;

    (void)set_mode(&dialogue->found, TCSAFLUSH);
    (void)sigemptyset(&stopping);
    (void)sigaddset(&stopping, SIGTSTP);
    (void)sigaddset(&stopping, SIGCONT);
    (void)sigaction(SIGTSTP, &action, &own_action);
    (void)raise(SIGTSTP);
    (void)sigprocmask(SIG_UNBLOCK, &stopping, NULL); /* stops and continues in this call */
    (void)sigprocmask(SIG_BLOCK, &stopping, NULL);
    (void)sigaction(SIGTSTP, &own_action, NULL);
    is_to_stop = 0;
    has_continued = 1;
}

/* Whether nobody has changed how the terminal was set for the question. */
static bool is_silent(const struct dialogue *dialogue) {
    struct termios mode;

    return tcgetattr(STDIN_FILENO, &mode) == 0 && mode.c_iflag == dialogue->silent.c_iflag &&
           mode.c_oflag == dialogue->silent.c_oflag && mode.c_lflag == dialogue->silent.c_lflag &&
           memcmp(mode.c_cc, dialogue->silent.c_cc, sizeof(mode.c_cc)) == 0;
}

/*
 * ghostctl was stopped, and has continued. -EAGAIN: another program may have turned the echo on
 * meanwhile, so the line is asked for again. What was typed early is kept as its beginning, unless
 * it may hold the rest of the old line. 0: the terminal is as it was, so nothing is lost; a shell
 * that continues a job sends SIGCONT also after the question has begun.
 */
static int take_continuation(const struct dialogue *dialogue, const struct buffer *line) {
    int when = line->len == 0 || dialogue->has_stopped ? TCSADRAIN : TCSAFLUSH;

    if (is_silent(dialogue)) {
        return 0;
    }
    return set_mode(&dialogue->silent, when) < 0 ? -EIO : -EAGAIN;
}

/*
 * 0: a byte can be read; -EAGAIN: ask for the line again; -EINTR: a signal ends ghostctl; -ENODATA:
 * the terminal has gone away.
 */
static int wait_for_byte(struct dialogue *dialogue, const struct buffer *line) {
    int error;

    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    if (ended_by != 0) {
        return -EINTR;
    }
    dialogue->has_stopped = is_to_stop != 0;
    if (dialogue->has_stopped) {
        stop(dialogue);
    }
    if (has_continued) {
        has_continued = 0;
        error = take_continuation(dialogue, line);
        if (error != 0) {
            return error;
        }
    }
    if (ppoll(&input, 1, NULL, &dialogue->unblocked) < 0) {
        return errno == EINTR ? wait_for_byte(dialogue, line) : -errno;
    }
    return input.revents & (POLLHUP | POLLERR) ? -ENODATA : 0;
}

/* Removes the last character, which may have several bytes of UTF-8. */
static void erase(struct buffer *line) {
    while (line->len > 0 && ((unsigned char)line->data[line->len - 1] & 0xC0) == 0x80) {
        line->len--;
    }
    line->len -= line->len > 0;
}

static void erase_word(struct buffer *line) {
    while (line->len > 0 && line->data[line->len - 1] == ' ') {
        line->len--;
    }
    while (line->len > 0 && line->data[line->len - 1] != ' ') {
        line->len--;
    }
}

static bool is_key(const struct dialogue *dialogue, char byte, int key) {
    cc_t known = dialogue->found.c_cc[key];

    return known != _POSIX_VDISABLE && (unsigned char)byte == known;
}

/* Does with the byte what the terminal does when it reads lines. True at the end of the line. */
static bool take_byte(struct dialogue *dialogue, char byte, struct buffer *line) {
    if (dialogue->is_next_quoted) {
        dialogue->is_next_quoted = false;
        buffer_append_byte(line, byte);
    } else if (byte == '\n' || byte == '\r' || is_key(dialogue, byte, VEOF)) {
        return true;
    } else if (byte == DELETE || byte == '\b' || is_key(dialogue, byte, VERASE)) {
        erase(line);
    } else if (is_key(dialogue, byte, VKILL)) {
        line->len = 0;
    } else if (is_key(dialogue, byte, VWERASE)) {
        erase_word(line);
    } else if (is_key(dialogue, byte, VLNEXT)) {
        dialogue->is_next_quoted = true;
    } else {
        buffer_append_byte(line, byte);
    }
    return false;
}

static bool has_more(int timeout_ms) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&input, 1, timeout_ms) > 0 && (input.revents & POLLIN) != 0;
}

/* Else the shell would take the rest of a paste for commands. */
static void discard_paste(void) {
    char bytes[256];

    while (has_more(PASTE_END_MS) && read(STDIN_FILENO, bytes, sizeof(bytes)) > 0) {
        explicit_bzero(bytes, sizeof(bytes));
    }
}

/*
 * One line, without its newline. -EINTR for a signal, -ENODATA for the end of the input, -EMSGSIZE
 * if more than one line came at once, -EFBIG if it is larger than any value.
 */
static int read_line(struct dialogue *dialogue, const char *prompt, struct buffer *line) {
    bool is_whole = false;
    char byte = '\0';

    show(prompt);
    while (!is_whole) {
        int error = wait_for_byte(dialogue, line);
        ssize_t len;

        if (error == -EAGAIN) {
            buffer_clear(line);
            dialogue->is_next_quoted = false;
            show(prompt);
            continue;
        }
        if (error < 0) {
            return error;
        }
        len = read(STDIN_FILENO, &byte, 1);
        if (len < 0) {
            return -errno;
        }
        if (len == 0) {
            continue; /* Ctrl-C and its like take what was typed away, then the signal comes */
        }
        is_whole = take_byte(dialogue, byte, line);
        if (line->len > GK_VALUE_MAX_BYTES_CEILING) {
            return -EFBIG;
        }
    }
    if (line->len == 0 && is_key(dialogue, byte, VEOF)) {
        return -ENODATA;
    }
    return has_more(PASTE_GAP_MS) ? -EMSGSIZE : 0;
}

static int refuse(int error) {
    show("\n");
    if (error == -EMSGSIZE || error == -EFBIG) {
        discard_paste();
        output_error(error == -EFBIG ? "that is larger than any value can be; nothing was done"
                                     : "more than one line came at once; nothing was done: give a "
                                       "value of several lines through standard input, as in 'put "
                                       "NAME < FILE', or as @FILE");
    } else {
        output_error("no value was given; nothing was done");
    }
    return GK_EXIT_FAILED;
}

static int ask_lines(struct dialogue *dialogue, const char *what, struct buffer *first) {
    BUFFER_AUTO struct buffer prompt = BUFFER_NULL;
    BUFFER_AUTO struct buffer second = BUFFER_NULL;
    int error;

    buffer_printf(&prompt, "value of %s: ", what);
    error = read_line(dialogue, buffer_string(&prompt), first);
    if (error < 0) {
        return refuse(error);
    }
    show("\n");
    if (dialogue->asks_once) {
        return GK_EXIT_DONE;
    }
    error = read_line(dialogue, "once more: ", &second);
    if (error < 0) {
        return refuse(error);
    }
    show("\n");
    if (second.len != first->len ||
            (first->len > 0 && memcmp(second.data, first->data, first->len) != 0)) {
        output_error("the two values differ; nothing was done");
        return GK_EXIT_FAILED;
    }
    return GK_EXIT_DONE;
}

/* Asks without echo; afterwards the terminal has its old settings. */
static int ask_silently(struct dialogue *dialogue, const char *what, struct buffer *value) {
    int status;
    int error;

    if (tcgetattr(STDIN_FILENO, &dialogue->found) < 0) {
        output_error("cannot read the terminal's settings: %s", strerror(errno));
        return GK_EXIT_FAILED;
    }
    dialogue->silent = dialogue->found;
    dialogue->silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
    dialogue->silent.c_lflag |= ISIG;
    dialogue->silent.c_cc[VMIN] = 0; /* read() never waits: signals are blocked there */
    dialogue->silent.c_cc[VTIME] = 0;
    error = set_mode(&dialogue->silent, TCSAFLUSH);
    if (error < 0) {
        output_error("cannot silence the terminal: %s", strerror(-error));
        return GK_EXIT_FAILED;
    }
    status = ask_lines(dialogue, what, value);
    (void)set_mode(&dialogue->found, TCSAFLUSH); /* fails only for a terminal that hung up */
    return status;
}

static int ask(const char *what, bool asks_once, struct buffer *ret_value) {
    struct sigaction old_actions[WATCHED_SIGNALS];
    struct sigaction action = {.sa_handler = remember_signal};
    struct dialogue dialogue = {.asks_once = asks_once};
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    sigset_t watched;
    int status;

    /* A signal must not leave the terminal without echo: it is handled once the echo is back. These
     * calls fail only for signals that cannot be caught. */
    ended_by = is_to_stop = has_continued = 0;
    (void)sigemptyset(&watched);
    for (size_t i = 0; i < WATCHED_SIGNALS; i++) {
        (void)sigaddset(&watched, watched_signals[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &watched, &dialogue.unblocked);
    for (size_t i = 0; i < WATCHED_SIGNALS; i++) {
        (void)sigaction(watched_signals[i], &action, &old_actions[i]);
        if (old_actions[i].sa_handler == SIG_IGN) { /* as by nohup */
            (void)sigaction(watched_signals[i], &old_actions[i], NULL);
        }
    }
    status = ask_silently(&dialogue, what, &value);
    for (size_t i = 0; i < WATCHED_SIGNALS; i++) {
        (void)sigaction(watched_signals[i], &old_actions[i], NULL);
    }
    if (ended_by != 0) {
        (void)raise(ended_by);
    }
    (void)sigprocmask(SIG_SETMASK, &dialogue.unblocked, NULL);
    if (status == GK_EXIT_DONE) {
        buffer_append(ret_value, buffer_string(&value), value.len);
    }
    return status;
}

int prompt_twice(const char *what, struct buffer *ret_value) {
    return ask(what, false, ret_value);
}

int prompt_once(const char *what, struct buffer *ret_value) {
    return ask(what, true, ret_value);
}

bool prompt_is_possible(void) {
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

int prompt_confirm(const char *question) {
    BUFFER_AUTO struct buffer line = BUFFER_NULL;
    char byte = '\0';

    show(question);
    show(" [y/N] ");
    while (byte != '\n' && read(STDIN_FILENO, &byte, 1) == 1) { /* the terminal ends it with \n */
        buffer_append_byte(&line, byte);
    }
    if (strcasecmp(buffer_string(&line), "y\n") == 0 ||
            strcasecmp(buffer_string(&line), "yes\n") == 0) {
        return GK_EXIT_DONE;
    }
    show(byte == '\n' ? "" : "\n");
    output_error("nothing was done");
    return GK_EXIT_FAILED;
}
