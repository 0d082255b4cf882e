#include "wire/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/cleanup.h"

#define CONNECT_TIMEOUT_S 10
#define LINE_MAX_BYTES 512
#define ADDRESS_DIGITS 32 /* of an IPv6 address; an IPv4 one has 8 */
#define STATE_LISTEN 0x0a

static bool is_trusted(uid_t uid) {
    return uid == 0 || uid == geteuid();
}

static int check_unix(int fd) {
    struct ucred peer = {.uid = 0};
    socklen_t len = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || is_trusted(peer.uid)
                   ? 0
                   : -EKEYREJECTED;
}

/* An address as the kernel's table shows it: words of the machine's own byte order. */
static void print_address(const struct sockaddr_storage *address, char text[ADDRESS_DIGITS + 1]) {
    bool is_six = address->ss_family == AF_INET6;
    uint32_t words[4] = {0};
    size_t count = is_six ? 4 : 1;

    memcpy(words,
            is_six ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                   : (const void *)&((const struct sockaddr_in *)address)->sin_addr,
            count * sizeof(words[0]));
    for (size_t at = 0; at < count; at++) {
        (void)snprintf(text + 8 * at, ADDRESS_DIGITS + 1 - 8 * at, "%08X", words[at]);
    }
}

/* The table has who listens (proc(5), /proc/net/tcp); an address of zeros is any. Nobody: 0. */
static int check_table(const char *path, const char *own, unsigned int wanted) {
    GK_AUTO_FCLOSE FILE *table = fopen(path, "re");
    char line[LINE_MAX_BYTES];

    while (table != NULL && fgets(line, sizeof(line), table) != NULL) {
        char local[ADDRESS_DIGITS + 1];
        unsigned int port;
        unsigned int state;
        unsigned int uid;

        if (sscanf(line, "%*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %u", local, &port,
                    &state, &uid) == 4 &&
                state == STATE_LISTEN && port == wanted &&
                (strcmp(local, own) == 0 || strspn(local, "0") == strlen(local))) {
            return is_trusted(uid) ? 0 : -EKEYREJECTED;
        }
    }
    return 0;
}

/* An IPv6 socket that listens on all addresses has those of IPv4, too. */
static int check_tcp(const struct sockaddr_storage *address) {
    bool is_six = address->ss_family == AF_INET6;
    unsigned int port = ntohs(is_six ? ((const struct sockaddr_in6 *)address)->sin6_port
                                     : ((const struct sockaddr_in *)address)->sin_port);
    char own[ADDRESS_DIGITS + 1];
    int rc;

    print_address(address, own);
    rc = is_six ? 0 : check_table("/proc/net/tcp", own, port);
    return rc != 0 ? rc : check_table("/proc/net/tcp6", own, port);
}

static int check(int fd, const struct sockaddr_storage *address) {
    if (geteuid() == 0) {
        return 0;
    }
    return address->ss_family == AF_UNIX ? check_unix(fd) : check_tcp(address);
}

/* A blocking connect() waits where the daemon's queue is full. */
int peer_connect(const struct sockaddr_storage *address, socklen_t address_length) {
    struct timeval timeout = {.tv_sec = CONNECT_TIMEOUT_S};
    GK_AUTO_CLOSE int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc;

    if (fd < 0) {
        return -errno;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)); /* else it may wait */
    if (connect(fd, (const struct sockaddr *)address, address_length) < 0) {
        return errno == EAGAIN || errno == EINPROGRESS ? -ETIMEDOUT : -errno;
    }
    rc = check(fd, address);
    return rc < 0 ? rc : gk_steal_fd(&fd);
}
