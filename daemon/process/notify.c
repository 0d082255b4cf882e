#include "process/notify.h"

#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/cleanup.h"

#define NOTIFY_VARIABLE "NOTIFY_SOCKET"

bool notify_is_wanted(void) {
    return getenv(NOTIFY_VARIABLE) != NULL;
}

/* The variable holds a path, or '@' and the name of an abstract socket. Returns the length of the
 * address, or 0 if there is none. */
static socklen_t find_address(struct sockaddr_un *address) {
    const char *name = getenv(NOTIFY_VARIABLE);
    size_t len = name != NULL ? strlen(name) : 0;

    if (len < 2 || len >= sizeof(address->sun_path) || (name[0] != '/' && name[0] != '@')) {
        return 0;
    }
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, name, len);
    if (name[0] == '@') {
        address->sun_path[0] = '\0';
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    }
    return sizeof(*address);
}

bool notify_send(const char *text, int fd, int wait_ms) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct sockaddr_un address;
    struct iovec data = {(void *)text, strlen(text)};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    socklen_t len = find_address(&address);
    GK_AUTO_CLOSE int sock = -1;

    if (len == 0) {
        return false;
    }
    sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* poll() says whether the queue has room, but only of a connected socket */
    if (sock < 0 || connect(sock, (const struct sockaddr *)&address, len) != 0) {
        return false;
    }
    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control);
        control.header = (struct cmsghdr){
                .cmsg_len = CMSG_LEN(sizeof(int)),
                .cmsg_level = SOL_SOCKET,
                .cmsg_type = SCM_RIGHTS,
        };
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    }
    if (wait_ms > 0) {
        (void)poll(&(struct pollfd){sock, POLLOUT, 0}, 1, wait_ms);
    }
    return sendmsg(sock, &message, MSG_NOSIGNAL) >= 0;
}

bool notify_barrier(int wait_ms) {
    int ends[2];
    struct pollfd waiting;
    bool is_sent;
    bool is_read;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    is_sent = notify_send("BARRIER=1", ends[1], wait_ms);
    ends[1] = gk_close(ends[1]);
    waiting = (struct pollfd){.fd = ends[0]}; /* POLLHUP: the service manager has closed its copy */
    is_read = is_sent && poll(&waiting, 1, wait_ms) > 0;
    (void)gk_close(ends[0]);
    return is_read;
}
