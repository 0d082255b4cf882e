#include "http/listener_tcp.h"

#include "ghostkey/cleanup.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#define BACKLOG 1024
#define LINE_MAX_BYTES 512

bool listener_label_tcp(struct listener *listener) {
    struct sockaddr_storage address = {0};
    const struct sockaddr_in *four = (const struct sockaddr_in *)&address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address;
    socklen_t len = sizeof(address);
    char host[INET6_ADDRSTRLEN];

    if (getsockname(listener->fd, (struct sockaddr *)&address, &len) != 0) {
        return false;
    }
    if (address.ss_family == AF_INET &&
            inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host)) != NULL) {
        listener->tcp_port = ntohs(four->sin_port);
        (void)snprintf(listener->label, sizeof(listener->label), "tcp:%s:%u", host,
                (unsigned int)listener->tcp_port);
        return true;
    }
    if (address.ss_family == AF_INET6 &&
            inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host)) != NULL) {
        listener->tcp_port = ntohs(six->sin6_port);
        (void)snprintf(listener->label, sizeof(listener->label), "tcp:[%s]:%u", host,
                (unsigned int)listener->tcp_port);
        return true;
    }
    return false;
}

static unsigned int port_of(const struct sockaddr_storage *address) {
    return ntohs(address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
                                                : ((const struct sockaddr_in *)address)->sin_port);
}

/* The inode of the socket that listens on the port (proc(5), /proc/net/tcp); 0: none is found. */
static uint64_t inode_of_port(const struct sockaddr_storage *address) {
    bool is_six = address->ss_family == AF_INET6;
    unsigned int wanted = port_of(address);
    GK_AUTO_FCLOSE FILE *table = fopen(is_six ? "/proc/net/tcp6" : "/proc/net/tcp", "re");
    char line[LINE_MAX_BYTES];

    while (table != NULL && fgets(line, sizeof(line), table) != NULL) {
        unsigned int port;
        unsigned int state;
        uint64_t inode;

        if (sscanf(line, "%*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %*u %*u %" SCNu64, &port,
                    &state, &inode) == 3 &&
                port == wanted && state == 0x0a) { /* TCP_LISTEN */
            return inode;
        }
    }
    return 0;
}

static bool holds_inode(const char *pid, uint64_t inode) {
    char path[LINE_MAX_BYTES];
    char wanted[LINE_MAX_BYTES];
    GK_AUTO_CLOSEDIR DIR *fds = NULL;
    struct dirent *entry;

    (void)snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    (void)snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", inode);
    fds = opendir(path);
    while (fds != NULL && (entry = readdir(fds)) != NULL) {
        char target[LINE_MAX_BYTES];
        ssize_t len = readlinkat(dirfd(fds), entry->d_name, target, sizeof(target) - 1);

        if (len > 0) {
            target[len] = '\0';
            if (strcmp(target, wanted) == 0) {
                return true;
            }
        }
    }
    return false;
}

static int refuse_held(const struct sockaddr_storage *address, struct problem *problem) {
    uint64_t inode = inode_of_port(address);
    GK_AUTO_CLOSEDIR DIR *processes = opendir("/proc");
    struct dirent *entry;

    while (inode != 0 && processes != NULL && (entry = readdir(processes)) != NULL) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
                holds_inode(entry->d_name, inode)) {
            return problem_set(problem, GK_E_INTERNAL,
                    "process %s listens on TCP port %u already; stop it, or say another --tcp",
                    entry->d_name, port_of(address));
        }
    }
    return problem_set(problem, GK_E_INTERNAL,
            "another user's process listens on TCP port %u already; say another --tcp",
            port_of(address));
}

int listener_make_tcp(const struct sockaddr_storage *address, struct listener *ret_listener,
        struct problem *problem) {
    struct listener listener = LISTENER_NULL;
    GK_AUTO_CLOSE int fd = -1;
    socklen_t len = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                   : sizeof(struct sockaddr_in);
    int on = 1;

    fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) {
        return problem_set(problem, GK_E_INTERNAL, "cannot make a TCP socket: %s", strerror(errno));
    }
    if (bind(fd, (const struct sockaddr *)address, len) != 0 || listen(fd, BACKLOG) != 0) {
        return errno == EADDRINUSE
                       ? refuse_held(address, problem)
                       : problem_set(problem, GK_E_INTERNAL, "cannot listen on TCP port %u: %s",
                                 port_of(address), strerror(errno));
    }
    listener.fd = fd;
    if (!listener_label_tcp(&listener)) {
        return problem_set(problem, GK_E_INTERNAL, "cannot look at the TCP socket that was made");
    }
    fd = -1; /* consumed */
    *ret_listener = listener;
    return 0;
}
