#include "http/request_log.h"

#include "common/cleanup.h"
#include "http/api.h"
#include "process/log.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>

#define COMMAND_BYTES 16 /* of a program in /proc, with its NUL */
#define PEER_MAX_BYTES 100
#define NS_PER_US 1000

/* The name of the program of that process; "-": it is not known. */
static void find_command(pid_t pid, char command[COMMAND_BYTES]) {
    char path[32];
    GK_AUTO_CLOSE int fd = -1;
    ssize_t len;

    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    len = fd >= 0 ? read(fd, command, COMMAND_BYTES) : 0;
    if (len <= 1) {
        strcpy(command, "-");
        return;
    }
    command[len - 1] = '\0'; /* its newline */
}

/* "curl[4711]"; over TCP what the client says of itself. */
static void print_peer(const struct logged_request *request, char peer[PEER_MAX_BYTES]) {
    struct span agent = request->agent.len > 0 ? request->agent : SPAN_LITERAL("-");
    struct ucred credentials = {.pid = 0};
    socklen_t len = sizeof(credentials);
    char command[COMMAND_BYTES];

    if (request->unix_fd < 0) {
        (void)snprintf(peer, PEER_MAX_BYTES, "%.*s", SPAN_ARGS(agent)); /* a long one is cut */
        return;
    }
    /* if it fails, the pid stays 0 */
    (void)getsockopt(request->unix_fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len);
    find_command(credentials.pid, command);
    (void)snprintf(peer, PEER_MAX_BYTES, "%s[%d]", command, (int)credentials.pid);
}

void request_log(const struct logged_request *request) {
    const struct operation *operation = request->operation;
    char peer[PEER_MAX_BYTES];

    print_peer(request, peer);
    log_info("%s %s %s%s%s %d %" PRIu64 "us", peer, request->api,
            operation != NULL ? operation->method : "-", operation != NULL ? " " : "",
            operation != NULL ? operation->label : "", request->status,
            request->taken_ns / NS_PER_US);
}
