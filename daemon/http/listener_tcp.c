#include "http/listener_tcp.h"

#include "common/cleanup.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 1024
#define LINE_MAX_BYTES 512
#define ADDRESS_DIGITS 32 /* of an IPv6 address; an IPv4 one has 8 */
#define STATE_LISTEN 0x0a

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

/* A socket that listens, as the kernel's table has it (proc(5), /proc/net/tcp). */
struct tcp_row {
    uint64_t inode; /* 0: none is found */
    uid_t uid;
};

/* The address as the table shows it: words of the machine's own byte order. */
static void print_address(const void *address, size_t words, char text[ADDRESS_DIGITS + 1]) {
    for (size_t at = 0; at < words; at++) {
        uint32_t word;

        memcpy(&word, (const char *)address + at * sizeof(word), sizeof(word));
        (void)snprintf(text + 8 * at, ADDRESS_DIGITS + 1 - 8 * at, "%08" PRIX32, word);
    }
}

/* The socket in the table that listens on this port of this address, or of all addresses. */
static struct tcp_row find_row(const char *path, const char *host, unsigned int wanted) {
    GK_AUTO_FCLOSE FILE *table = fopen(path, "re");
    char line[LINE_MAX_BYTES];

    while (table != NULL && fgets(line, sizeof(line), table) != NULL) {
        char local[ADDRESS_DIGITS + 1];
        unsigned int port;
        unsigned int state;
        unsigned int uid;
        uint64_t inode;

        if (sscanf(line, "%*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %u %*u %" SCNu64, local,
                    &port, &state, &uid, &inode) == 5 &&
                port == wanted && state == STATE_LISTEN &&
                (strcmp(local, host) == 0 || strspn(local, "0") == strlen(local))) {
            return (struct tcp_row){inode, uid};
        }
    }
    return (struct tcp_row){0};
}

static struct tcp_row row_of_address(const struct sockaddr_storage *address) {
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    char host[ADDRESS_DIGITS + 1];
    struct tcp_row row;

    if (address->ss_family == AF_INET6) {
        print_address(&six->sin6_addr, 4, host);
        return find_row("/proc/net/tcp6", host, port_of(address));
    }
    print_address(&four->sin_addr, 1, host);
    row = find_row("/proc/net/tcp", host, port_of(address));
    /* an IPv6 socket that listens on all addresses has those of IPv4, too */
    return row.inode != 0 ? row : find_row("/proc/net/tcp6", host, port_of(address));
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
    struct tcp_row row = row_of_address(address);
    int pid = row.inode != 0 ? holder_of(&row) : 0;

    if (pid != 0) {
        return problem_set(problem, GK_E_INTERNAL,
                "process %d listens on TCP port %u already; stop it, or say another --tcp", pid,
                port_of(address));
    }
    if (row.inode == 0) {
        return problem_set(problem, GK_E_INTERNAL,
                "TCP port %u is in use already; say another --tcp", port_of(address));
    }
    if (row.uid == geteuid()) {
        return problem_set(problem, GK_E_INTERNAL,
                "another process of yours listens on TCP port %u already; stop it, or say another "
                "--tcp",
                port_of(address));
    }
    return problem_set(problem, GK_E_INTERNAL,
            "a process of another user (uid %u) listens on TCP port %u already; say another --tcp",
            (unsigned int)row.uid, port_of(address));
}

static int refuse_port(const struct sockaddr_storage *address, struct problem *problem) {
    return errno == EADDRINUSE
                   ? refuse_held(address, problem)
                   : problem_set(problem, GK_E_INTERNAL, "cannot listen on TCP port %u: %s",
                             port_of(address), strerror(errno));
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
