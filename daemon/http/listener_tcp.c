#include "http/listener_tcp.h"

#include "common/cleanup.h"
#include "common/tcp_table.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* Looks whether the process has the socket open. A negative errno: its files are not shown. */
static int holds_inode(const char *pid, uint64_t inode) {
    char path[LINE_MAX_BYTES];
    char wanted[LINE_MAX_BYTES];
    GK_AUTO_CLOSEDIR DIR *fds = NULL;
    struct dirent *entry;

    (void)snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    (void)snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", inode);
    fds = opendir(path);
    if (fds == NULL) {
        return -errno;
    }
    while ((entry = readdir(fds)) != NULL) {
        char target[LINE_MAX_BYTES];
        ssize_t len = readlinkat(dirfd(fds), entry->d_name, target, sizeof(target) - 1);

        if (len > 0) {
            target[len] = '\0';
            if (strcmp(target, wanted) == 0) {
                return 1;
            }
        }
    }
    return 0;
}

/* Whether the process is a ghostkeyd of this user. */
static bool is_own_daemon(const char *pid) {
    char path[LINE_MAX_BYTES];
    char line[LINE_MAX_BYTES];
    GK_AUTO_FCLOSE FILE *status = NULL;
    bool is_daemon = false;

    (void)snprintf(path, sizeof(path), "/proc/%s/status", pid);
    status = fopen(path, "re");
    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        unsigned int uid;

        is_daemon = is_daemon || strcmp(line, "Name:\tghostkeyd\n") == 0;
        if (sscanf(line, "Uid: %*u %u", &uid) == 1) {
            return is_daemon && uid == geteuid();
        }
    }
    return false;
}

/*
 * The process that has the socket open, or 0. A ghostkeyd does not show its files to its own user:
 * where nobody else has the socket, and there is one ghostkeyd of this user alone, it is that one.
 */
static int holder_of(const struct tcp_row *row) {
    GK_AUTO_CLOSEDIR DIR *processes = opendir("/proc");
    struct dirent *entry;
    int hidden = 0;
    int hidden_count = 0;

    while (processes != NULL && (entry = readdir(processes)) != NULL) {
        const char *pid = entry->d_name;
        int holds = pid[0] >= '1' && pid[0] <= '9' ? holds_inode(pid, row->inode) : 0;

        if (holds > 0) {
            return atoi(pid);
        }
        if (holds == -EACCES && is_own_daemon(pid)) {
            hidden = atoi(pid);
            hidden_count += 1;
        }
    }
    return hidden_count == 1 && row->uid == geteuid() ? hidden : 0;
}

static int refuse_held(const struct sockaddr_storage *address, struct problem *problem) {
    struct tcp_row row = tcp_table_find(address);
    int pid = row.inode != 0 ? holder_of(&row) : 0;

    if (pid != 0) {
        return problem_set(problem, GK_E_INTERNAL,
                "process %d listens on TCP port %u already; stop it, or say another --tcp", pid,
                tcp_port(address));
    }
    if (row.inode == 0) {
        return problem_set(problem, GK_E_INTERNAL,
                "TCP port %u is in use already; say another --tcp", tcp_port(address));
    }
    if (row.uid == geteuid()) {
        return problem_set(problem, GK_E_INTERNAL,
                "another process of yours listens on TCP port %u already; stop it, or say another "
                "--tcp",
                tcp_port(address));
    }
    return problem_set(problem, GK_E_INTERNAL,
            "a process of another user (uid %u) listens on TCP port %u already; say another --tcp",
            (unsigned int)row.uid, tcp_port(address));
}

static int refuse_port(const struct sockaddr_storage *address, struct problem *problem) {
    return errno == EADDRINUSE
                   ? refuse_held(address, problem)
                   : problem_set(problem, GK_E_INTERNAL, "cannot listen on TCP port %u: %s",
                             tcp_port(address), strerror(errno));
}

int listener_take_tcp(const struct sockaddr_storage *address, struct listener *ret_listener,
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
    if (bind(fd, (const struct sockaddr *)address, len) != 0) {
        return refuse_port(address, problem);
    }
    listener.fd = fd;
    if (!listener_label_tcp(&listener)) {
        return problem_set(problem, GK_E_INTERNAL, "cannot look at the TCP socket that was made");
    }
    fd = -1; /* consumed */
    *ret_listener = listener;
    return 0;
}

int listener_start_tcp(struct listener *listener, struct problem *problem) {
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof(address);

    if (listen(listener->fd, BACKLOG) == 0) {
        return 0;
    }
    (void)getsockname(listener->fd, (struct sockaddr *)&address, &len); /* it is bound */
    return refuse_port(&address, problem);
}
