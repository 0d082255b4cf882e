/* A key that ends ghostctl, pressed when a byte is there to be read and before it is read: the
 * terminal then takes the byte away. */
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include "support/test.h"
#include "terminal/prompt.h"

#define DEADLINE_S 20
#define ASKED "value of pw: "

static int keyboard = -1;   /* the user's end of the terminal */
static const char *pressed; /* before the next read(); NULL: nothing */

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);

ssize_t __wrap_read(int fd, void *bytes, size_t size) {
    int waiting = 1;

    if (fd == STDIN_FILENO && pressed != NULL) {
        if (write(keyboard, pressed, strlen(pressed)) < 0) {
            _exit(2);
        }
        pressed = NULL;
        while (waiting > 0 && ioctl(fd, FIONREAD, &waiting) == 0) {
        }
    }
    return __real_read(fd, bytes, size);
}

static void ask(int terminal, const char *key) {
    struct buffer value = BUFFER_NULL;

    if (login_tty(terminal) != 0) {
        _exit(3);
    }
    /* a shell's background job, as the tests may be, is started with these ignored */
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGQUIT, SIG_DFL);
    pressed = key;
    _exit(prompt_once("pw", &value));
}

/* The status of a child that asks, and in which the key is pressed. */
static int status_after(const char *key) {
    char shown[sizeof(ASKED)] = "";
    size_t len = 0;
    int terminal = -1;
    int status = -1;
    pid_t child;

    assert_int_equal(openpty(&keyboard, &terminal, NULL, NULL, NULL), 0);
    child = fork();
    if (child == 0) {
        ask(terminal, key);
    }
    (void)close(terminal);
    while (len < strlen(ASKED)) {
        ssize_t more = __real_read(keyboard, shown + len, strlen(ASKED) - len);

        assert_true(more > 0);
        len += (size_t)more;
    }
    assert_int_equal(write(keyboard, "x", 1), 1);
    for (int tries = 0; waitpid(child, &status, WNOHANG) == 0; tries++) {
        if (tries == DEADLINE_S * 100) {
            (void)kill(child, SIGKILL);
        }
        (void)usleep(10 * 1000);
    }
    (void)close(keyboard);
    return status;
}

static void a_key_that_ends_it_ends_it_at_once(void **state) {
    static const struct {
        const char *key;
        int signal;
    } keys[] = {{"\x03", SIGINT}, {"\x1c", SIGQUIT}};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        int status = status_after(keys[i].key);

        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), keys[i].signal);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_key_that_ends_it_ends_it_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
