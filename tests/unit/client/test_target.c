#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "common/buffer.h"
#include "support/test.h"
#include "wire/target.h"

#define AUTO_TARGET GK_CLEANUP(target_deinit) struct target

static int forget_environment(void **state) {
    (void)unsetenv(GK_VAR_SOCKET);
    (void)unsetenv(TARGET_VAR_URL);
    (void)unsetenv(TARGET_VAR_TOKEN_FILE);
    (void)unsetenv(GK_VAR_RUNTIME_DIR);
    return 0;
}

static const char *path_of(const struct target *target) {
    return ((const struct sockaddr_un *)&target->address)->sun_path;
}

static void the_default_is_below_the_runtime_directory(void **state) {
    AUTO_TARGET target = {0};

    assert_int_equal(setenv(GK_VAR_RUNTIME_DIR, "/run/user/1", 1), 0);
    assert_int_equal(target_resolve(&(struct target_choice){0}, &target), GK_EXIT_DONE);
    assert_true(target.is_unix);
    assert_string_equal(path_of(&target), "/run/user/1/ghostkey/ghostkey.sock");
    assert_string_equal(target.shown, path_of(&target));
    assert_string_equal(target.host, "localhost");
    assert_null(target.token);
}

static void without_any_option_no_daemon_is_found(void **state) {
    AUTO_TARGET target = {0};

    assert_int_equal(target_resolve(&(struct target_choice){0}, &target), GK_EXIT_UNREACHABLE);
}

static void an_option_wins_over_every_variable(void **state) {
    AUTO_TARGET by_option = {0};
    AUTO_TARGET by_variable = {0};

    assert_int_equal(setenv(GK_VAR_SOCKET, "/from/variable", 1), 0);
    assert_int_equal(setenv(TARGET_VAR_URL, "http://localhost:1", 1), 0);
    assert_int_equal(
            target_resolve(&(struct target_choice){.url = "http://[::1]:2"}, &by_option), 0);
    assert_false(by_option.is_unix);
    assert_int_equal(target_resolve(&(struct target_choice){0}, &by_variable), 0);
    assert_string_equal(path_of(&by_variable), "/from/variable");
}

static void loopback_urls_become_addresses(void **state) {
    static const struct {
        const char *url;
        const char *host;
        in_port_t port;
        int family;
    } rows[] = {
            {"http://127.0.0.1:8080", "127.0.0.1:8080", 8080, AF_INET},
            {"http://localhost:80/", "localhost:80", 80, AF_INET},
            {"http://localhost", "localhost", 80, AF_INET},
            {"http://[::1]:65535", "[::1]:65535", 65535, AF_INET6},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_TARGET target = {0};
        const struct sockaddr_in *address = (const struct sockaddr_in *)&target.address;

        assert_int_equal(target_resolve(&(struct target_choice){.url = rows[i].url}, &target), 0);
        assert_string_equal(target.host, rows[i].host);
        assert_int_equal(target.address.ss_family, rows[i].family);
        assert_int_equal(ntohs(address->sin_port), rows[i].port); /* sin6_port is there too */
    }
}

static void what_is_no_loopback_url_is_refused(void **state) {
    static const char *const bad[] = {"", "localhost:80", "https://localhost:1", "http://",
            "http://example.org:80", "http://10.0.0.1:80", "http://0.0.0.0:80", "http://[::2]:80",
            "http://[::1", "http://localhost:", "http://localhost:x", "http://localhost:65536",
            "http://localhost:80x", "http://localhost:80/v1", "http://127.0.0.1:80\r\nX: y"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        AUTO_TARGET target = {0};

        assert_int_equal(
                target_resolve(&(struct target_choice){.url = bad[i]}, &target), GK_EXIT_USAGE);
    }
}

static void two_places_or_a_path_too_long_are_refused(void **state) {
    AUTO_TARGET target = {0};
    char path[120];

    memset(path, 'a', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(
            target_resolve(&(struct target_choice){.socket = path}, &target), GK_EXIT_USAGE);
    assert_int_equal(
            target_resolve(&(struct target_choice){.socket = "/s", .url = "http://[::1]"}, &target),
            GK_EXIT_USAGE);
}

static void write_token(char *path, const char *text) {
    GK_AUTO_CLOSE int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void a_token_is_the_one_line_of_its_file(void **state) {
    char path[] = "/tmp/ghostctl-token-XXXXXX";
    AUTO_TARGET target = {0};

    write_token(path, "abc_DEF-123\n");
    assert_int_equal(chmod(path, 0644), 0); /* that others cannot read it is the daemon's rule */
    assert_int_equal(
            target_resolve(
                    &(struct target_choice){.url = "http://[::1]:1", .token_file = path}, &target),
            GK_EXIT_DONE);
    assert_string_equal(target.token, "abc_DEF-123");
    assert_int_equal(unlink(path), 0);
}

static void a_token_that_could_end_its_header_is_refused(void **state) {
    static const char *const bad[] = {"", "\n", "a b\n", "a\rX: y\n", "\xc3\xa4\n", "abc\ndef\n"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char path[] = "/tmp/ghostctl-token-XXXXXX";
        AUTO_TARGET target = {0};

        write_token(path, bad[i]);
        assert_int_equal(
                target_resolve(&(struct target_choice){.url = "http://[::1]:1", .token_file = path},
                        &target),
                GK_EXIT_FAILED);
        assert_int_equal(unlink(path), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup(the_default_is_below_the_runtime_directory, forget_environment),
            cmocka_unit_test_setup(without_any_option_no_daemon_is_found, forget_environment),
            cmocka_unit_test_setup(an_option_wins_over_every_variable, forget_environment),
            cmocka_unit_test_setup(loopback_urls_become_addresses, forget_environment),
            cmocka_unit_test_setup(what_is_no_loopback_url_is_refused, forget_environment),
            cmocka_unit_test_setup(two_places_or_a_path_too_long_are_refused, forget_environment),
            cmocka_unit_test_setup(a_token_is_the_one_line_of_its_file, forget_environment),
            cmocka_unit_test_setup(
                    a_token_that_could_end_its_header_is_refused, forget_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
