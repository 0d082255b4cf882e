#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "http/listener.h"
#include "http/listener_place.h"
#include "support/test.h"

/* Each test has a directory of its own, and is in it. */
static char directory[] = "/tmp/ghostkey-place-XXXXXX";
static struct problem problem;

static int set_up(void **state) {
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
    problem = PROBLEM_NULL;
    return mkdtemp(directory) == NULL || chdir(directory) != 0 ? -1 : 0;
}

static int tear_down(void **state) {
    (void)unlink("s");
    (void)rmdir("made");
    return chdir("/") == 0 && rmdir(directory) == 0 ? 0 : -1;
}

/* A Unix socket that nobody listens on. */
static int stale_socket(void) {
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "s"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void assert_refused(int result, const char *what) {
    assert_int_equal(result, GK_E_INTERNAL);
    if (strstr(problem.detail, what) == NULL) {
        fail_msg("'%s' lacks '%s'", problem.detail, what);
    }
}

/* Whoever may read a directory may lock it, and never unlock it. */
static void a_directory_that_somebody_locked_is_used_all_the_same(void **state) {
    struct listener listener = LISTENER_NULL;
    GK_AUTO_CLOSE int other = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    GK_AUTO_CLOSE int stale = stale_socket();
    struct stat stat;

    assert_true(stale >= 0);
    assert_int_equal(flock(other, LOCK_EX), 0);
    assert_int_equal(listener_make("s", &listener, &problem), 0);
    listener_deinit(&listener);
    assert_int_equal(lstat("s", &stat), -1);
}

/* The lock's name is taken by somebody who keeps it. */
static void a_lock_that_cannot_be_had_is_done_without(void **state) {
    struct listener listener = LISTENER_NULL;
    GK_AUTO_CLOSE int directory_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    GK_AUTO_CLOSE int lock = listener_place_lock(directory_fd);
    struct stat stat;

    assert_true(lock >= 0);
    assert_int_equal(listener_place_lock(directory_fd), -1);
    assert_int_equal(listener_make("s", &listener, &problem), 0);
    listener_deinit(&listener);
    assert_int_equal(lstat("s", &stat), -1);
    lock = gk_close(lock);
    lock = listener_place_lock(directory_fd);
    assert_true(lock >= 0);
}

static void a_check_makes_and_removes_nothing(void **state) {
    GK_AUTO_CLOSE int stale = stale_socket();
    struct stat stat;

    assert_true(stale >= 0);
    assert_int_equal(listener_check("s", &problem), 0);
    assert_int_equal(lstat("s", &stat), 0);
    assert_int_equal(listener_check("made/s", &problem), 0);
    assert_int_equal(lstat("made", &stat), -1);
    assert_refused(listener_check("no/such/s", &problem), "no/such");
    assert_int_equal(mkdir("made", 0700), 0);
    assert_refused(listener_check("made", &problem), "is no socket");
}

int main(void) {
#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
            IN_DIRECTORY(a_directory_that_somebody_locked_is_used_all_the_same),
            IN_DIRECTORY(a_lock_that_cannot_be_had_is_done_without),
            IN_DIRECTORY(a_check_makes_and_removes_nothing),
    };

    return cmocka_run_group_tests_name("listener_place", tests, NULL, NULL);
}
