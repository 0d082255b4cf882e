#include "process/service_variables.h"

#include "common/cleanup.h"
#include "support/test.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#define NUMBER_BYTES 24

static void set(const char *variable, const char *value) {
    assert_int_equal(value != NULL ? setenv(variable, value, 1) : unsetenv(variable), 0);
}

static void set_number(const char *variable, uint64_t number) {
    char text[NUMBER_BYTES];

    (void)snprintf(text, sizeof(text), "%" PRIu64, number);
    set(variable, text);
}

/* Both descriptors that the tests pass are open. pid NULL: this process. */
static int take(const char *pid, const char *count, const char *given, char **ret_names) {
    set_number("LISTEN_PID", (uint64_t)getpid());
    if (pid != NULL) {
        set("LISTEN_PID", pid);
    }
    set("LISTEN_FDS", count);
    set("LISTEN_FDNAMES", given);
    for (int at = 0; at < 2; at++) {
        assert_int_equal(dup2(STDERR_FILENO, SERVICE_FD_FIRST + at), SERVICE_FD_FIRST + at);
    }
    return service_variables_take_fds(ret_names);
}

static void assert_taken(const char *pid, const char *count, const char *given, int wanted) {
    GK_AUTO_FREE char *names = NULL;

    assert_int_equal(take(pid, count, given, &names), wanted);
    assert_int_equal(names != NULL, wanted > 0 && given != NULL);
    assert_null(getenv("LISTEN_PID"));
    assert_null(getenv("LISTEN_FDS"));
    assert_null(getenv("LISTEN_FDNAMES"));
}

static void descriptors_are_taken(void **state) {
    assert_taken(NULL, "2", NULL, 2);
    assert_int_equal(fcntl(SERVICE_FD_FIRST, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fcntl(SERVICE_FD_FIRST + 1, F_GETFD), FD_CLOEXEC);
    assert_taken(NULL, "1", "state", 1);
    assert_taken(NULL, "2", "a:b", 2);
}

static void those_of_another_process_are_not(void **state) {
    assert_taken("1", "2", NULL, 0);
    assert_int_equal(fcntl(SERVICE_FD_FIRST, F_GETFD), 0);
    assert_taken(NULL, NULL, "state", 0);
}

static void what_cannot_be_read_is_an_error(void **state) {
    static const char *const numbers[] = {
            "", "0", "-", "-1", "2x", " 2", "2147483645", "18446744073709551618"};

    for (size_t at = 0; at < sizeof(numbers) / sizeof(numbers[0]); at++) {
        assert_taken(NULL, numbers[at], NULL, -EINVAL);
    }
    assert_taken("x", "1", NULL, -EINVAL);
    assert_taken(NULL, "2", "state", -EINVAL);
    assert_taken(NULL, "1", "state:state", -EINVAL);
    assert_taken(NULL, "1000000", NULL, -EBADF);
}

static void a_name_is_found_by_its_place(void **state) {
    static const char names[] = "socket:state::states";

    assert_true(service_variables_is_named(names, 0, "socket"));
    assert_true(service_variables_is_named(names, 1, "state"));
    assert_true(service_variables_is_named(names, 2, ""));
    assert_true(service_variables_is_named(names, 3, "states"));
    assert_false(service_variables_is_named(names, 0, "state"));
    assert_false(service_variables_is_named(names, 3, "state"));
    assert_false(service_variables_is_named(names, 4, "states"));
    assert_false(service_variables_is_named(NULL, 0, "state"));
}

static void assert_watchdog(const char *pid, const char *limit, uint64_t wanted_us) {
    uint64_t limit_us = 0;

    set("WATCHDOG_PID", pid);
    set("WATCHDOG_USEC", limit);
    assert_int_equal(service_variables_watchdog(&limit_us), wanted_us > 0);
    assert_int_equal(wanted_us > 0 ? limit_us : 0, wanted_us);
}

static void signs_of_life_are_wanted_or_not(void **state) {
    char own[NUMBER_BYTES];

    (void)snprintf(own, sizeof(own), "%d", (int)getpid());
    assert_watchdog(own, "40000", 40000);
    assert_watchdog(NULL, "40000", 40000);
    assert_watchdog("1", "40000", 0);
    assert_watchdog("x", "40000", 0);
    assert_watchdog(own, NULL, 0);
    assert_watchdog(own, "", 0);
    assert_watchdog(own, "0", 0);
    assert_watchdog(own, "1s", 0);
    assert_watchdog(own, "18446744073709551614", UINT64_MAX - 1);
    assert_watchdog(own, "18446744073709551615", 0); /* infinity */
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(descriptors_are_taken),
            cmocka_unit_test(those_of_another_process_are_not),
            cmocka_unit_test(what_cannot_be_read_is_an_error),
            cmocka_unit_test(a_name_is_found_by_its_place),
            cmocka_unit_test(signs_of_life_are_wanted_or_not),
    };

    return cmocka_run_group_tests_name("service_variables", tests, NULL, NULL);
}
