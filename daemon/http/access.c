#include "http/access.h"

#include "ghostkey/error.h"
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HTTP_PORT 80
#define HOST_MAX_BYTES 32

int access_judge(uid_t peer, uid_t own) {
    return peer != (uid_t)-1 && (peer == own || peer == 0) ? 0 : GK_E_FORBIDDEN;
}

struct access access_of_peer(int fd) {
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t len = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || len != sizeof(peer)) {
        peer.uid = (uid_t)-1;
    }
    return (struct access){peer.uid, access_judge(peer.uid, geteuid()), 0};
}

struct access access_of_tcp(uint16_t port) {
    return (struct access){(uid_t)-1, 0, port};
}

static bool equals_ignoring_case(struct span a, const char *b) {
    return a.len == strlen(b) && strncasecmp(a.data, b, a.len) == 0;
}

static bool is_own_host(struct span host, uint16_t port) {
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char with_port[HOST_MAX_BYTES];

        (void)snprintf(with_port, sizeof(with_port), "%s:%u", names[i], (unsigned int)port);
        if (equals_ignoring_case(host, with_port) ||
                (port == HTTP_PORT && equals_ignoring_case(host, names[i]))) {
            return true;
        }
    }
    return false;
}

/* The origin is `http://` and the host that the request was sent to, to the letter. */
static bool is_origin_of(struct span origin, struct span host) {
    const struct span scheme = SPAN_LITERAL("http://");

    return origin.len == scheme.len + host.len &&
           strncasecmp(origin.data, scheme.data, scheme.len) == 0 &&
           strncasecmp(origin.data + scheme.len, host.data, host.len) == 0;
}

int access_judge_request(const struct access *access, const struct access_claim *claim,
        const struct token *token, struct problem *problem) {
    if (access->tcp_port == 0 || access->refused != 0) {
        return access->refused;
    }
    if (!is_own_host(claim->host, access->tcp_port) ||
            (claim->target_host.data != NULL &&
                    !is_own_host(claim->target_host, access->tcp_port))) {
        return problem_set(problem, GK_E_FORBIDDEN,
                "'Host' must be localhost:%u, 127.0.0.1:%u or [::1]:%u",
                (unsigned int)access->tcp_port, (unsigned int)access->tcp_port,
                (unsigned int)access->tcp_port);
    }
    if (claim->origin.data != NULL && !is_origin_of(claim->origin, claim->host)) {
        return problem_set(
                problem, GK_E_FORBIDDEN, "'Origin' must be the host that the request is sent to");
    }
    if (!token_matches(token, claim->authorization)) {
        return problem_set(problem, GK_E_UNAUTHORIZED,
                "over TCP each request needs 'Authorization: Bearer TOKEN', with the token from "
                "the daemon's token file");
    }
    return 0;
}
