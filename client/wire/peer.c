#include "wire/peer.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/tcp_table.h"

#define CONNECT_TIMEOUT_S 10

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

static int check_tcp(const struct sockaddr_storage *address) {
    struct tcp_row row = tcp_table_find(address);

    return row.inode == 0 || is_trusted(row.uid) ? 0 : -EKEYREJECTED;
}

static int check(int fd, const struct sockaddr_storage *address) {
    if (geteuid() == 0) {
        return 0;
    }
    return address->ss_family == AF_UNIX ? check_unix(fd) : check_tcp(address);
}

int peer_connect(const struct sockaddr_storage *address, socklen_t address_length) {
    struct timeval timeout = {.tv_sec = CONNECT_TIMEOUT_S};
    GK_AUTO_CLOSE int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0) {
        return -errno;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)); /* else it may wait */
    if (connect(fd, (const struct sockaddr *)address, address_length) < 0) {
        return errno == EAGAIN || errno == EINPROGRESS ? -ETIMEDOUT : -errno;
    }
    error = check(fd, address);
    return error < 0 ? error : gk_steal_fd(&fd);
}
