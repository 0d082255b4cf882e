#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "support/test.h"
#include "terminal/signals.h"

static bool is_readable(int fd) {
    struct pollfd look = {.fd = fd, .events = POLLIN};

    return poll(&look, 1, 0) == 1;
}

static void a_signal_is_read_and_does_not_interrupt(void **state) {
    static const int numbers[] = {SIGUSR1, SIGUSR2, 0};
    GK_AUTO_CLOSE int fd = signals_open(numbers);

    assert_true(fd >= 0);
    assert_int_equal(signals_read(fd), 0);
    assert_int_equal(raise(SIGUSR2), 0);
    assert_true(is_readable(fd));
    assert_int_equal(signals_read(fd), SIGUSR2);
    assert_int_equal(signals_read(fd), 0);
    signals_release();
}

static void an_ignored_signal_stays_ignored(void **state) {
    static const int numbers[] = {SIGUSR1, 0};
    GK_AUTO_CLOSE int fd = -1;

    assert_true(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
    fd = signals_open(numbers);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_false(is_readable(fd));
    signals_release();
    assert_true(signal(SIGUSR1, SIG_DFL) != SIG_ERR);
}

static void released_signals_do_what_they_did(void **state) {
    static const int numbers[] = {SIGUSR1, 0};
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        (void)signals_open(numbers);
        signals_release();
        (void)raise(SIGUSR1);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_signal_is_read_and_does_not_interrupt),
            cmocka_unit_test(an_ignored_signal_stays_ignored),
            cmocka_unit_test(released_signals_do_what_they_did),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
