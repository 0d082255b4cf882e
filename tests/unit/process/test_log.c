#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "process/log.h"
#include "support/test.h"

/* stderr is a pipe during each test, and itself again afterwards. */
struct pipe_in_place {
    int kept;
    int reader;
};

static int set_up(void **state) {
    static struct pipe_in_place place;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return -1;
    }
    place.kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    place.reader = ends[0];
    if (dup2(ends[1], STDERR_FILENO) < 0) {
        return -1;
    }
    (void)gk_close(ends[1]);
    unsetenv("JOURNAL_STREAM");
    *state = &place;
    return 0;
}

static int tear_down(void **state) {
    struct pipe_in_place *place = *state;

    (void)dup2(place->kept, STDERR_FILENO);
    (void)gk_close(place->kept);
    place->reader = gk_close(place->reader);
    return 0;
}

static void assert_logged(void **state, const char *expected) {
    struct pipe_in_place *place = *state;
    char text[4096];
    ssize_t len = read(place->reader, text, sizeof(text) - 1);

    text[len > 0 ? len : 0] = '\0';
    assert_string_equal(text, expected);
}

static void point_at_journal(ino_t off_by) {
    struct stat stat;
    char stream[64];

    assert_int_equal(fstat(STDERR_FILENO, &stat), 0);
    snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)stat.st_dev,
            (uintmax_t)(stat.st_ino + off_by));
    setenv("JOURNAL_STREAM", stream, 1);
}

static void a_line_bears_the_name_of_the_program(void **state) {
    log_setup();
    log_info("served %d", 3);
    log_warning("odd");
    assert_logged(state, "ghostkeyd: served 3\nghostkeyd: odd\n");
}

static void an_error_bears_its_text_and_is_returned_negative(void **state) {
    log_setup();
    assert_int_equal(log_error(ENOSPC, "cannot keep it"), -ENOSPC);
    assert_int_equal(log_error(-ENOSPC, "cannot keep it"), -ENOSPC);
    assert_int_equal(log_error(0, "cannot keep it"), 0);
    assert_logged(state, "ghostkeyd: cannot keep it: No space left on device\n"
                         "ghostkeyd: cannot keep it: No space left on device\n"
                         "ghostkeyd: cannot keep it\n");
}

static void the_journal_gets_levels(void **state) {
    point_at_journal(0);
    log_setup();
    log_error(0, "a");
    log_warning("b");
    log_info("c");
    assert_logged(state, "<3>a\n<4>b\n<6>c\n");
}

static void a_journal_elsewhere_is_none(void **state) {
    point_at_journal(1);
    log_setup();
    log_info("c");
    assert_logged(state, "ghostkeyd: c\n");
    setenv("JOURNAL_STREAM", "nonsense", 1);
    log_setup();
    log_info("d");
    assert_logged(state, "ghostkeyd: d\n");
}

static void one_call_is_one_line(void **state) {
    char longest[5000];
    char text[4096] = {0};
    struct pipe_in_place *place = *state;

    log_setup();
    log_info("a\nb\tc\x7f\xc2\x9b\xc2\xa7");
    assert_logged(state, "ghostkeyd: a?b?c???\xc2\xa7\n");
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    log_error(EIO, "%s", longest);
    assert_true(read(place->reader, text, sizeof(text) - 1) > 1000);
    assert_string_equal(
            strchr(text, '\n') - strlen(": Input/output error"), ": Input/output error\n");
}

static void a_stderr_that_nobody_reads_loses_lines_and_keeps_errno(void **state) {
    struct pipe_in_place *place = *state;
    /* this end would wait for ever; what log.c does must not */
    int flags = fcntl(STDERR_FILENO, F_GETFL);

    assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, flags & ~O_NONBLOCK), 0);
    log_setup();
    errno = ENOENT;
    for (int line = 0; line < 10000; line++) {
        log_info("%d is one of the many lines that fill a pipe", line);
    }
    assert_int_equal(errno, ENOENT);
    place->reader = gk_close(place->reader);
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    assert_int_equal(log_error(EIO, "gone"), -EIO);
    assert_int_equal(errno, ENOENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    a_line_bears_the_name_of_the_program, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    an_error_bears_its_text_and_is_returned_negative, set_up, tear_down),
            cmocka_unit_test_setup_teardown(the_journal_gets_levels, set_up, tear_down),
            cmocka_unit_test_setup_teardown(a_journal_elsewhere_is_none, set_up, tear_down),
            cmocka_unit_test_setup_teardown(one_call_is_one_line, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    a_stderr_that_nobody_reads_loses_lines_and_keeps_errno, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
