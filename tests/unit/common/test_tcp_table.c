#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/tcp_table.h"
#include "support/test.h"

/* A socket on a free port of the address, and in *address the address with that port; -1: none. */
static int bind_to(const char *host, struct sockaddr_storage *address) {
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    bool is_six = strchr(host, ':') != NULL;
    socklen_t len = is_six ? sizeof(*six) : sizeof(*four);
    GK_AUTO_CLOSE int fd = -1;

    *address = (struct sockaddr_storage){.ss_family = is_six ? AF_INET6 : AF_INET};
    assert_int_equal(inet_pton(address->ss_family, host,
                             is_six ? (void *)&six->sin6_addr : (void *)&four->sin_addr),
            1);
    fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)address, len) != 0) {
        return -1; /* the machine has no IPv6 */
    }
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, &len), 0);
    return gk_steal_fd(&fd);
}

static void assert_found(int fd, const struct sockaddr_storage *address) {
    struct tcp_row row = tcp_table_find(address);
    struct stat stat;

    assert_int_equal(fstat(fd, &stat), 0);
    assert_int_equal(row.inode, stat.st_ino);
    assert_int_equal(row.uid, geteuid());
}

static void who_listens_is_found_by_address_and_port(void **state) {
    static const char *const hosts[] = {"127.0.0.1", "127.1.2.3", "::1"};

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct sockaddr_storage address;
        GK_AUTO_CLOSE int fd = bind_to(hosts[i], &address);

        if (fd < 0) {
            continue;
        }
        assert_int_not_equal(tcp_port(&address), 0);
        assert_int_equal(tcp_table_find(&address).inode, 0); /* it does not listen yet */
        assert_int_equal(listen(fd, 1), 0);
        assert_found(fd, &address);
        fd = gk_close(fd);
        assert_int_equal(tcp_table_find(&address).inode, 0);
    }
}

static void a_socket_on_all_addresses_is_found_by_each(void **state) {
    static const char *const hosts[] = {"0.0.0.0", "::"};

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct sockaddr_storage address;
        GK_AUTO_CLOSE int fd = bind_to(hosts[i], &address);
        struct sockaddr_storage loopback = {.ss_family = AF_INET};
        struct sockaddr_in *four = (struct sockaddr_in *)&loopback;

        if (fd < 0) {
            continue;
        }
        assert_int_equal(listen(fd, 1), 0);
        four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        four->sin_port = htons(tcp_port(&address));
        assert_found(fd, &loopback);
    }
}

/* A connection that was accepted keeps the port of the listener. */
static void a_connection_does_not_listen(void **state) {
    struct sockaddr_storage address;
    GK_AUTO_CLOSE int listener = bind_to("127.0.0.1", &address);
    GK_AUTO_CLOSE int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    GK_AUTO_CLOSE int accepted = -1;

    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(struct sockaddr_in)), 0);
    accepted = accept(listener, NULL, NULL);
    assert_true(accepted >= 0);
    listener = gk_close(listener);
    assert_int_equal(tcp_table_find(&address).inode, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(who_listens_is_found_by_address_and_port),
            cmocka_unit_test(a_socket_on_all_addresses_is_found_by_each),
            cmocka_unit_test(a_connection_does_not_listen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
