/*
 * Opening a state, new and old, in memory and as a sealed file, with the n-th allocation failing:
 * it opens or it does not, leaves no file half made, and opens the next time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "allocation.h"
#include "ghostkey/error.h"
#include "store/state.h"
#include "support/test.h"

#define FAILURES_MAX 20000

static char folder[] = "/tmp/ghostkey-alloc-XXXXXX";
static char file[64];

static struct state_options options_of(bool is_file) {
    struct state_options options = {
            .has_seed = true,
            .seed = SPAN_LITERAL("test"),
            .has_clock = true,
            .clock_kind = CLOCK_VIRTUAL,
            .clock_start = INSTANT_VIRTUAL_DEFAULT,
            .path = is_file ? file : NULL,
            .has_key = is_file,
    };

    memset(options.key, 'k', sizeof(options.key));
    return options;
}

static int open_and_close(const struct state_options *options, int *kept_fd) {
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;
    struct problem problem = PROBLEM_NULL;
    int result = state_open(options, kept_fd, 1, &home, &problem);

    if (result == 0) {
        result = state_publish(options->path, &home, &problem);
    }
    assert_true(result <= 0 || problem.detail[0] != '\0');
    return result;
}

/* Whether the n-th allocation came. */
static bool with_failure(bool is_file, bool is_there, size_t n) {
    struct state_options options = options_of(is_file);
    int kept = -1;
    bool came;
    int result;

    (void)unlink(file); /* left by the run before */
    if (is_there) {
        assert_int_equal(open_and_close(&options, &kept), 0);
    }
    allocation_fail_at(n);
    result = open_and_close(&options, &kept);
    came = allocation_stop();
    assert_true(came || result == 0);
    /* a key that cannot be tried for want of memory is taken for another one: refused all the same
     */
    assert_true(result <= 0 || result == GK_E_INTERNAL || result == GK_E_BAD_REQUEST);
    assert_int_equal(open_and_close(&options, &kept), 0);
    return came;
}

static void under_failures(bool is_file, bool is_there) {
    size_t n = 1;

    while (with_failure(is_file, is_there, n)) {
        assert_true(++n < FAILURES_MAX);
    }
    assert_true(n > 1);
}

static void a_new_state_in_memory_opens_or_not(void **state) {
    under_failures(false, false);
}

static void a_new_sealed_file_is_made_or_not(void **state) {
    under_failures(true, false);
}

static void a_sealed_file_that_is_there_opens_or_not(void **state) {
    under_failures(true, true);
}

static int make_folder(void **state) {
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(file, sizeof(file), "%s/store", folder); /* it fits */
    return 0;
}

static int remove_folder(void **state) {
    (void)unlink(file); /* the folder is not empty otherwise, which is looked at */
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_new_state_in_memory_opens_or_not),
            cmocka_unit_test(a_new_sealed_file_is_made_or_not),
            cmocka_unit_test(a_sealed_file_that_is_there_opens_or_not),
    };
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

    (void)dup2(quiet, STDERR_FILENO); /* each failure is logged */
    (void)close(quiet);
    return cmocka_run_group_tests_name("allocation_state", tests, make_folder, remove_folder);
}
