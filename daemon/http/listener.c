#include "http/listener.h"

#include "common/cleanup.h"
#include "ghostkey/protocol.h"
#include "http/listener_place.h"
#include "http/listener_tcp.h"
#include "process/option_values.h"
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#define BACKLOG 1024

/* One integer socket option, or -1. */
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

/* What keeps an inherited fd from being served, or NULL. */
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
    } else if (address.sun_path[0] == '\0') { /* an abstract one, shown as ss and systemd do */
        snprintf(listener->label, sizeof(listener->label), "unix:@%.*s", (int)(len - path_at - 1),
                address.sun_path + 1);
    } else {
        snprintf(listener->label, sizeof(listener->label), "unix:%.*s", (int)(len - path_at),
                address.sun_path);
    }
}

int listener_adopt(int fd, struct listener *ret_listener, struct problem *problem) {
    struct listener listener = LISTENER_NULL;
    const char *fault = socket_fault(fd);

    if (fault != NULL) {
        (void)gk_close(fd);
        return problem_set(problem, GK_E_INTERNAL,
                "passed-in file descriptor %d %s; pass listening stream sockets", fd, fault);
    }
    listener.fd = fd;
    if (socket_option(fd, SO_DOMAIN) == AF_UNIX || !listener_label_tcp(&listener)) {
        label_socket(&listener);
    }
    *ret_listener = listener;
    return 0;
}

/* Binds and listens at the place, which is locked and free. */
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

/* Makes the socket in the place's directory, which is open. */
static int make_at(
        const struct listener_place *place, struct listener *listener, struct problem *problem) {
    GK_AUTO_CLOSE int lock = listener_place_lock(listener->directory_fd);
    int result = listener_place_clear(place, listener->directory_fd, problem);

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

/* Whether what bears the name now is what was made here. */
static bool is_still_ours(const struct listener *listener) {
    struct stat stat;

    return listener->name[0] != '\0' &&
           fstatat(listener->directory_fd, listener->name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISSOCK(stat.st_mode) && stat.st_dev == listener->device &&
           stat.st_ino == listener->inode;
}

void listener_deinit(struct listener *listener) {
    if (listener->directory_fd >= 0) {
        /* a daemon that replaces the socket does so under this lock, not between these calls */
        GK_AUTO_CLOSE int lock = listener_place_lock(listener->directory_fd);

        if (is_still_ours(listener)) {
            (void)unlinkat(listener->directory_fd, listener->name, 0); /* it is stale otherwise */
        }
        listener->directory_fd = gk_close(listener->directory_fd);
    }
    listener->fd = gk_close(listener->fd);
}
