#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "http/listener.h"
#include "support/test.h"

/* Each test has a directory of its own, and is in it. */
static char directory[] = "/tmp/ghostkey-listener-XXXXXX";
static struct problem problem;

static int set_up(void **state) {
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
    problem = PROBLEM_NULL;
    return mkdtemp(directory) == NULL || chdir(directory) != 0 ||
                           setenv("XDG_RUNTIME_DIR", directory, 1) != 0
                   ? -1
                   : 0;
}

static int tear_down(void **state) {
    static const char *const leftovers[] = {"s", "other", "made/s", "ghostkey/ghostkey.sock"};

    for (size_t at = 0; at < sizeof(leftovers) / sizeof(leftovers[0]); at++) {
        (void)unlink(leftovers[at]);
    }
    (void)rmdir("made");
    (void)rmdir("ghostkey");
    return chdir("/") == 0 && rmdir(directory) == 0 ? 0 : -1;
}

static struct sockaddr_un address_of(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return address;
}

/* A Unix socket as somebody else makes it; listening only if asked. */
static int foreign_socket(const char *path, int type, bool listening) {
    struct sockaddr_un address = address_of(path);
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_true(!listening || listen(fd, 1) == 0);
    return fd;
}

static bool can_connect(const char *path) {
    GK_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = address_of(path);

    return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

static void assert_refused(int result, int outcome, const char *what) {
    assert_int_equal(result, outcome);
    if (strstr(problem.detail, what) == NULL) {
        fail_msg("'%s' lacks '%s'", problem.detail, what);
    }
}

static void a_made_socket_is_for_oneself_and_goes_with_its_listener(void **state) {
    struct listener listener = LISTENER_NULL;
    struct stat stat;

    assert_int_equal(listener_make("s", &listener, &problem), 0);
    assert_string_equal(listener.label, "unix:s");
    assert_int_equal(lstat("s", &stat), 0);
    assert_int_equal(stat.st_mode, S_IFSOCK | 0600);
    assert_true(can_connect("s"));
    listener_deinit(&listener);
    assert_int_equal(lstat("s", &stat), -1);
}

static void the_default_place_is_below_the_runtime_directory(void **state) {
    struct listener listener = LISTENER_NULL;
    struct stat stat;

    assert_int_equal(listener_make(NULL, &listener, &problem), 0);
    assert_int_equal(lstat("ghostkey", &stat), 0);
    assert_int_equal(stat.st_mode, S_IFDIR | 0700);
    assert_true(can_connect("ghostkey/ghostkey.sock"));
    listener_deinit(&listener);
}

static void a_default_directory_that_others_can_enter_is_refused(void **state) {
    struct listener listener = LISTENER_NULL;

    assert_int_equal(mkdir("ghostkey", 0700), 0);
    assert_int_equal(chmod("ghostkey", 0750), 0);
    assert_refused(listener_make(NULL, &listener, &problem), GK_E_INTERNAL, "chmod 700");
    assert_int_equal(chmod("ghostkey", 0700), 0);
    assert_int_equal(listener_make(NULL, &listener, &problem), 0);
    listener_deinit(&listener);
}

static void without_a_runtime_directory_it_says_how_to_start(void **state) {
    struct listener listener = LISTENER_NULL;

    unsetenv("XDG_RUNTIME_DIR");
    assert_refused(listener_make(NULL, &listener, &problem), GK_E_BAD_REQUEST,
            "systemctl --user start ghostkey.socket");
    assert_non_null(strstr(problem.detail, "--socket PATH"));
}

static void a_named_directory_is_made_if_it_can_be(void **state) {
    struct listener listener = LISTENER_NULL;
    struct stat stat;

    assert_int_equal(listener_make("made/s", &listener, &problem), 0);
    assert_int_equal(lstat("made", &stat), 0);
    assert_int_equal(stat.st_mode, S_IFDIR | 0700);
    listener_deinit(&listener);
    assert_refused(listener_make("no/such/s", &listener, &problem), GK_E_INTERNAL, "no/such");
    assert_refused(listener_make("made/", &listener, &problem), GK_E_BAD_REQUEST, "directory");
    assert_int_equal(chmod("made", 0777), 0);
    assert_refused(listener_make("made/s", &listener, &problem), GK_E_INTERNAL, "everybody");
    assert_int_equal(chmod("made", 01777), 0); /* as /tmp is */
    assert_int_equal(listener_make("made/s", &listener, &problem), 0);
    listener_deinit(&listener);
}

static void a_path_too_long_is_said_with_its_limit(void **state) {
    struct listener listener = LISTENER_NULL;
    char path[200] = {0};

    memset(path, 'p', sizeof(path) - 1);
    assert_refused(listener_make(path, &listener, &problem), GK_E_BAD_REQUEST, "1 to 107 bytes");
}

static void a_socket_in_use_is_refused_with_its_holder(void **state) {
    struct listener first = LISTENER_NULL;
    struct listener second = LISTENER_NULL;
    char holder[32];

    assert_int_equal(listener_make("s", &first, &problem), 0);
    snprintf(holder, sizeof(holder), "process %d", (int)getpid());
    assert_refused(listener_make("s", &second, &problem), GK_E_INTERNAL, holder);
    assert_true(can_connect("s"));
    listener_deinit(&first);
}

static void a_socket_in_use_with_a_full_queue_is_refused_as_well(void **state) {
    struct listener listener = LISTENER_NULL;
    GK_AUTO_CLOSE int holder = foreign_socket("s", SOCK_STREAM, true);
    int waiting[8];
    struct sockaddr_un address = address_of("s");

    for (size_t at = 0; at < 8; at++) {
        waiting[at] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(waiting[at], (struct sockaddr *)&address, sizeof(address));
    }
    assert_refused(listener_make("s", &listener, &problem), GK_E_INTERNAL, "listens on s already");
    for (size_t at = 0; at < 8; at++) {
        (void)gk_close(waiting[at]);
    }
    assert_true(holder >= 0);
}

static void a_stale_socket_is_replaced(void **state) {
    struct listener listener = LISTENER_NULL;

    (void)gk_close(foreign_socket("s", SOCK_STREAM, true));
    assert_false(can_connect("s"));
    assert_int_equal(listener_make("s", &listener, &problem), 0);
    assert_true(can_connect("s"));
    listener_deinit(&listener);
}

static void what_is_no_socket_is_never_removed(void **state) {
    struct listener listener = LISTENER_NULL;
    struct stat stat;

    (void)gk_close(open("s", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_refused(listener_make("s", &listener, &problem), GK_E_INTERNAL, "no socket");
    assert_int_equal(lstat("s", &stat), 0);
    assert_true(S_ISREG(stat.st_mode));
    assert_int_equal(unlink("s"), 0);
    assert_int_equal(symlink("other", "s"), 0); /* nor is a link, wherever it leads */
    assert_refused(listener_make("s", &listener, &problem), GK_E_INTERNAL, "no socket");
    assert_int_equal(lstat("s", &stat), 0);
}

static void another_socket_in_its_place_is_not_removed(void **state) {
    struct listener listener = LISTENER_NULL;
    GK_AUTO_CLOSE int other = -1;
    struct stat stat;

    assert_int_equal(listener_make("s", &listener, &problem), 0);
    other = foreign_socket("other", SOCK_STREAM, true);
    assert_int_equal(rename("other", "s"), 0);
    listener_deinit(&listener);
    assert_int_equal(lstat("s", &stat), 0);
    assert_true(can_connect("s"));
    assert_true(other >= 0);
}

static void a_passed_in_socket_is_served_and_stays(void **state) {
    struct listener listener = LISTENER_NULL;
    struct stat stat;

    assert_int_equal(
            listener_adopt(foreign_socket("s", SOCK_STREAM, true), false, &listener, &problem), 0);
    assert_string_equal(listener.label, "unix:s");
    listener_deinit(&listener);
    assert_int_equal(lstat("s", &stat), 0);
}

static void an_abstract_socket_is_shown_with_an_at_sign(void **state) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct listener listener = LISTENER_NULL;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", directory);

    assert_int_equal(bind(fd, (struct sockaddr *)&address,
                             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)),
            0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(listener_adopt(fd, false, &listener, &problem), 0);
    assert_memory_equal(listener.label, "unix:@", 6);
    assert_string_equal(listener.label + 6, directory);
    listener_deinit(&listener);
}

static void what_cannot_be_served_is_refused_with_its_number(void **state) {
    int fds[] = {
            open("/dev/null", O_RDONLY | O_CLOEXEC),
            socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
            foreign_socket("s", SOCK_DGRAM, false),
            foreign_socket("other", SOCK_STREAM, false),
    };
    static const char *const faults[] = {"no socket", "network", "no stream", "does not listen"};

    for (size_t at = 0; at < sizeof(fds) / sizeof(fds[0]); at++) {
        struct listener listener = LISTENER_NULL;
        char number[32];

        snprintf(number, sizeof(number), "descriptor %d ", fds[at]);
        assert_refused(listener_adopt(fds[at], false, &listener, &problem), GK_E_INTERNAL, number);
        assert_non_null(strstr(problem.detail, faults[at]));
        assert_int_equal(listener.fd, -1);
        assert_int_equal(fcntl(fds[at], F_GETFD), -1); /* closed */
    }
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            IN_DIRECTORY(a_made_socket_is_for_oneself_and_goes_with_its_listener),
            IN_DIRECTORY(the_default_place_is_below_the_runtime_directory),
            IN_DIRECTORY(a_default_directory_that_others_can_enter_is_refused),
            IN_DIRECTORY(without_a_runtime_directory_it_says_how_to_start),
            IN_DIRECTORY(a_named_directory_is_made_if_it_can_be),
            IN_DIRECTORY(a_path_too_long_is_said_with_its_limit),
            IN_DIRECTORY(a_socket_in_use_is_refused_with_its_holder),
            IN_DIRECTORY(a_socket_in_use_with_a_full_queue_is_refused_as_well),
            IN_DIRECTORY(a_stale_socket_is_replaced),
            IN_DIRECTORY(what_is_no_socket_is_never_removed),
            IN_DIRECTORY(another_socket_in_its_place_is_not_removed),
            IN_DIRECTORY(a_passed_in_socket_is_served_and_stays),
            IN_DIRECTORY(an_abstract_socket_is_shown_with_an_at_sign),
            IN_DIRECTORY(what_cannot_be_served_is_refused_with_its_number),
    };

    return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
