#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "process/program.h"
#include "support/test.h"

static int64_t boot_ms(void) {
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &now), 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A process that waits for a signal. */
static pid_t begin(void) {
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        (void)pause();
        _exit(0);
    }
    return pid;
}

static void kill_without_wait(pid_t pid) {
    siginfo_t info;

    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void a_program_is_known_by_its_name(void **state) {
    char name[PROGRAM_NAME_BYTES];

    assert_int_equal(prctl(PR_SET_NAME, "a) b (c", 0, 0, 0), 0);
    program_name(getpid(), name);
    assert_string_equal(name, "a) b (c");
    assert_int_equal(prctl(PR_SET_NAME, "fifteen-bytes-x", 0, 0, 0), 0);
    program_name(getpid(), name);
    assert_string_equal(name, "fifteen-bytes-x");
    assert_int_equal(prctl(PR_SET_NAME, "", 0, 0, 0), 0);
    program_name(getpid(), name);
    assert_string_equal(name, "-");
    assert_int_equal(prctl(PR_SET_NAME, "x) Z 1", 0, 0, 0), 0);
}

static void one_that_runs_has_not_ended(void **state) {
    pid_t pid = begin();

    assert_false(program_has_ended(pid, boot_ms()));
    assert_false(program_is_gone(pid));
    assert_false(program_has_ended(getpid(), boot_ms())); /* whose name looks like an ended one */
    kill_without_wait(pid);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void one_that_nobody_waited_for_has_ended(void **state) {
    pid_t pid = begin();
    int64_t seen = boot_ms();

    kill_without_wait(pid);
    assert_true(program_has_ended(pid, seen));
    assert_false(program_is_gone(pid));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(program_has_ended(pid, seen));
    assert_true(program_is_gone(pid));
}

static void the_next_one_with_its_pid_is_another(void **state) {
    assert_true(program_has_ended(getpid(), 0));
}

static void one_that_is_not_there_has_no_name(void **state) {
    char name[PROGRAM_NAME_BYTES];
    pid_t pid = begin();

    kill_without_wait(pid);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    program_name(pid, name);
    assert_string_equal(name, "-");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_program_is_known_by_its_name),
            cmocka_unit_test(one_that_runs_has_not_ended),
            cmocka_unit_test(one_that_nobody_waited_for_has_ended),
            cmocka_unit_test(the_next_one_with_its_pid_is_another),
            cmocka_unit_test(one_that_is_not_there_has_no_name),
    };

    return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
