#include "http/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/tcp_table.h"
#include "ghostkey/protocol.h"
#include "http/listener_place.h"
#include "process/option_values.h"

#define BACKLOG 1024
#define LINE_MAX_BYTES 512

/* The integer option of the socket, or -1. */
static int socket_option(int fd, int option) {
    int value = -1;
    socklen_t len = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

static bool is_on_loopback(int fd) {
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof(address);

    return getsockname(fd, (struct sockaddr *)&address, &len) == 0 && address_is_loopback(&address);
}

/* Why clients cannot be accepted on the fd, or NULL. */
static const char *socket_fault(int fd) {
    int family = socket_option(fd, SO_DOMAIN);

    if (family < 0) {
        return "is no socket";
    }
    if (family != AF_UNIX && family != AF_INET && family != AF_INET6) {
        return "is neither a Unix nor a TCP socket";
    }
    if (socket_option(fd, SO_TYPE) != SOCK_STREAM) {
        return "is no stream socket (ListenStream=)";
    }
    if (family != AF_UNIX && !is_on_loopback(fd)) {
        return "listens on a network; only loopback is served (ListenStream=127.0.0.1:PORT)";
    }
    return socket_option(fd, SO_ACCEPTCONN) == 1 ? NULL
                                                 : "does not listen (ListenStream=, Accept=no)";
}

static void label_socket(struct listener *listener) {
    struct sockaddr_un address = {0};
    socklen_t len = sizeof(address);
    size_t path_at = offsetof(struct sockaddr_un, sun_path);

    if (getsockname(listener->fd, (struct sockaddr *)&address, &len) != 0 || len <= path_at) {
        len = 0;
    }
    if (len == 0) {
        snprintf(listener->label, sizeof(listener->label), "unix:");
    } else if (address.sun_path[0] == '\0') { /* abstract: written as by ss and systemd */
        snprintf(listener->label, sizeof(listener->label), "unix:@%.*s", (int)(len - path_at - 1),
                address.sun_path + 1);
    } else {
        snprintf(listener->label, sizeof(listener->label), "unix:%.*s", (int)(len - path_at),
                address.sun_path);
    }
}

/* Sets the port and the label. False: it is no TCP socket. */
static bool label_tcp(struct listener *listener) {
    struct sockaddr_storage address = {0};
    bool is_ipv6;
    socklen_t len = sizeof(address);
    char host[INET6_ADDRSTRLEN];
    const void *ip;

    if (getsockname(listener->fd, (struct sockaddr *)&address, &len) != 0) {
        return false;
    }
    is_ipv6 = address.ss_family == AF_INET6;
    ip = is_ipv6 ? (const void *)&((const struct sockaddr_in6 *)&address)->sin6_addr
                 : (const void *)&((const struct sockaddr_in *)&address)->sin_addr;
    if (inet_ntop(address.ss_family, ip, host, sizeof(host)) == NULL) {
        return false;
    }
    listener->tcp_port = tcp_port(&address);
    (void)snprintf(listener->label, sizeof(listener->label), is_ipv6 ? "tcp:[%s]:%u" : "tcp:%s:%u",
            host, (unsigned int)listener->tcp_port);
    return true;
}

int listener_adopt(
        int fd, bool is_credential, struct listener *ret_listener, struct problem *problem) {
    struct listener listener = LISTENER_NULL;
    const char *fault = socket_fault(fd);

    if (fault == NULL && is_credential && socket_option(fd, SO_DOMAIN) != AF_UNIX) {
        fault = "is for credentials (FileDescriptorName=credential), but is no Unix socket";
    }
    if (fault != NULL) {
        (void)gk_close(fd);
        return problem_set(problem, GK_E_INTERNAL,
                "passed-in file descriptor %d %s; pass listening stream sockets", fd, fault);
    }
    listener.fd = fd;
    listener.is_credential = is_credential;
    if (socket_option(fd, SO_DOMAIN) == AF_UNIX || !label_tcp(&listener)) {
        label_socket(&listener);
    }
    *ret_listener = listener;
    return 0;
}

/* Binds and listens. Nothing has the socket's name. */
static int bind_at(const struct listener_place *place, struct listener *listener) {
    struct stat stat;

    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* the mode before bind(), so that the socket never has another one */
    if (listener->fd < 0 || fchmod(listener->fd, 0600) != 0 ||
            bind(listener->fd, (const struct sockaddr *)&place->address, sizeof(place->address)) !=
                    0) {
        return -errno;
    }
    if (fstatat(listener->directory_fd, place->name, &stat, AT_SYMLINK_NOFOLLOW) != 0) {
        return -errno;
    }
    listener->device = stat.st_dev;
    listener->inode = stat.st_ino;
    memcpy(listener->name, place->name, sizeof(listener->name));
    return listen(listener->fd, BACKLOG) == 0 ? 0 : -errno;
}

int listener_check(const char *path, struct problem *problem) {
    struct listener_place place = {0};
    int result = listener_place_find(path, &place, problem);

    return result == 0 ? listener_place_check(&place, problem) : result;
}

/* Replaces a stale socket. listener->directory_fd is open. */
static int make_at(
        const struct listener_place *place, struct listener *listener, struct problem *problem) {
    GK_AUTO_CLOSE int lock = listener_place_lock(listener->directory_fd);
    int result = listener_place_clear(place, listener->directory_fd, problem);

    (void)lock; /* held until the end */
    if (result != 0) {
        return result;
    }
    result = bind_at(place, listener);
    if (result != 0) {
        return problem_set(problem, GK_E_INTERNAL, "cannot make the socket %s: %s",
                place->address.sun_path, strerror(-result));
    }
    return 0;
}

int listener_make(const char *path, struct listener *ret_listener, struct problem *problem) {
    struct listener_place place = {0};
    struct listener listener = LISTENER_NULL;
    int result = listener_place_find(path, &place, problem);

    if (result != 0) {
        return result;
    }
    result = listener_place_open(&place, &listener.directory_fd, problem);
    if (result != 0) {
        return result;
    }
    result = make_at(&place, &listener, problem);
    if (result != 0) {
        listener_deinit(&listener);
        return result;
    }
    label_socket(&listener);
    *ret_listener = listener;
    return 0;
}

/* 1: the process has the socket open; 0: not. A negative errno: its files cannot be listed. */
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
 * The pid of the process that has the socket open, or 0. The files of a ghostkeyd cannot be listed
 * by its own user: if no other process has the socket, the user's only ghostkeyd must have it.
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
                "process %d listens on TCP port %u already; stop it, or give another --tcp", pid,
                tcp_port(address));
    }
    if (row.inode == 0) {
        return problem_set(problem, GK_E_INTERNAL,
                "TCP port %u is in use already; give another --tcp", tcp_port(address));
    }
    if (row.uid == geteuid()) {
        return problem_set(problem, GK_E_INTERNAL,
                "another process of yours listens on TCP port %u already; stop it, or give another "
                "--tcp",
                tcp_port(address));
    }
    return problem_set(problem, GK_E_INTERNAL,
            "a process of another user (uid %u) listens on TCP port %u already; give another --tcp",
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
    if (!label_tcp(&listener)) {
        return problem_set(problem, GK_E_INTERNAL, "cannot look at the TCP socket that was made");
    }
    fd = -1; /* handed over */
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

/* Whether the socket in the directory is still the one that was made here. */
static bool is_still_ours(const struct listener *listener) {
    struct stat stat;

    return listener->name[0] != '\0' &&
           fstatat(listener->directory_fd, listener->name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISSOCK(stat.st_mode) && stat.st_dev == listener->device &&
           stat.st_ino == listener->inode;
}

void listener_deinit(struct listener *listener) {
    if (listener->directory_fd >= 0) {
        /* keeps another daemon from replacing the socket between the check and the removal */
        GK_AUTO_CLOSE int lock = listener_place_lock(listener->directory_fd);

        (void)lock;
        if (is_still_ours(listener)) {
            (void)unlinkat(listener->directory_fd, listener->name,
                    0); /* if that fails, the next daemon replaces it */
        }
        listener->directory_fd = gk_close(listener->directory_fd);
    }
    listener->fd = gk_close(listener->fd);
}
