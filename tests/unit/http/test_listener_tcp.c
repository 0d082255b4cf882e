#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "http/listener.h"
#include "support/test.h"

static struct problem problem;

static void assert_refused(int result, int outcome, const char *what) {
    assert_int_equal(result, outcome);
    if (strstr(problem.detail, what) == NULL) {
        fail_msg("'%s' lacks '%s'", problem.detail, what);
    }
}

static struct sockaddr_storage loopback(int family, uint16_t port) {
    struct sockaddr_storage address = {.ss_family = (sa_family_t)family};

    if (family == AF_INET) {
        ((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ((struct sockaddr_in *)&address)->sin_port = htons(port);
    } else {
        ((struct sockaddr_in6 *)&address)->sin6_addr = in6addr_loopback;
        ((struct sockaddr_in6 *)&address)->sin6_port = htons(port);
    }
    return address;
}

static void a_tcp_port_is_picked_and_said(void **state) {
    struct sockaddr_storage address = loopback(AF_INET, 0);
    struct listener listener = LISTENER_NULL;
    char label[64];

    assert_int_equal(listener_take_tcp(&address, &listener, &problem), 0);
    assert_int_not_equal(listener.tcp_port, 0);
    snprintf(label, sizeof(label), "tcp:127.0.0.1:%u", (unsigned int)listener.tcp_port);
    assert_string_equal(listener.label, label);
    assert_int_equal(listener.directory_fd, -1); /* there is nothing to remove */
    listener_deinit(&listener);
    address = loopback(AF_INET6, 0);
    if (listener_take_tcp(&address, &listener, &problem) == 0) { /* else there is no IPv6 */
        assert_memory_equal(listener.label, "tcp:[::1]:", 10);
        listener_deinit(&listener);
    }
}

static void a_tcp_port_in_use_is_refused_with_its_holder(void **state) {
    struct sockaddr_storage address = loopback(AF_INET, 0);
    struct listener first = LISTENER_NULL;
    struct listener second = LISTENER_NULL;
    char holder[32];

    assert_int_equal(listener_take_tcp(&address, &first, &problem), 0);
    assert_int_equal(listener_start_tcp(&first, &problem), 0);
    address = loopback(AF_INET, first.tcp_port);
    snprintf(holder, sizeof(holder), "process %d", (int)getpid());
    assert_refused(listener_take_tcp(&address, &second, &problem), GK_E_INTERNAL, holder);
    assert_int_equal(second.fd, -1);
    listener_deinit(&first);
    assert_int_equal(listener_take_tcp(&address, &second, &problem), 0); /* free again at once */
    listener_deinit(&second);
}

/* A listening TCP socket as a service manager hands it over. */
static int foreign_tcp(in_addr_t where) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(where)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static void a_passed_in_tcp_socket_must_be_on_loopback(void **state) {
    struct listener listener = LISTENER_NULL;
    int everywhere = foreign_tcp(INADDR_ANY);

    assert_int_equal(listener_adopt(foreign_tcp(INADDR_LOOPBACK), false, &listener, &problem), 0);
    assert_memory_equal(listener.label, "tcp:127.0.0.1:", 14);
    assert_int_not_equal(listener.tcp_port, 0); /* so its requests need the token */
    listener_deinit(&listener);
    assert_refused(
            listener_adopt(everywhere, false, &listener, &problem), GK_E_INTERNAL, "only loopback");
    assert_int_equal(fcntl(everywhere, F_GETFD), -1); /* closed */
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_tcp_port_is_picked_and_said),
            cmocka_unit_test(a_tcp_port_in_use_is_refused_with_its_holder),
            cmocka_unit_test(a_passed_in_tcp_socket_must_be_on_loopback),
    };

    return cmocka_run_group_tests_name("listener_tcp", tests, NULL, NULL);
}
