#include "http/access.h"

#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ghostkey/error.h"
#include "http/api.h"
#include "http/request.h"

#define HTTP_PORT 80
#define HOST_MAX_BYTES 32

int access_judge(uid_t peer, uid_t own) {
    return peer != (uid_t)-1 && (peer == own || peer == 0) ? 0 : GK_E_FORBIDDEN;
}

struct access access_of_peer(int fd) {
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t len = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || len != sizeof(peer)) {
        peer = (struct ucred){.uid = (uid_t)-1};
    }
    return (struct access){
            .uid = peer.uid, .pid = peer.pid, .refused = access_judge(peer.uid, geteuid())};
}

struct access access_of_tcp(uint16_t port, struct span host) {
    return (struct access){.uid = (uid_t)-1, .tcp_port = port, .host = host};
}

static bool equals_ignoring_case(struct span a, struct span b) {
    return a.len == b.len && strncasecmp(a.data, b.data, a.len) == 0;
}

/* `:80` may be left out, so both sides are compared without it. */
static struct span without_http_port(struct span host, uint16_t port) {
    const struct span suffix = SPAN_LITERAL(":80");

    if (port == HTTP_PORT && host.len > suffix.len &&
            memcmp(host.data + host.len - suffix.len, suffix.data, suffix.len) == 0) {
        host.len -= suffix.len;
    }
    return host;
}

static bool is_own_host(struct span host, const struct access *access) {
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    uint16_t port = access->tcp_port;

    host = without_http_port(host, port);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char with_port[HOST_MAX_BYTES];

        (void)snprintf(with_port, sizeof(with_port), "%s:%u", names[i], (unsigned int)port);
        if (equals_ignoring_case(host, without_http_port(span_of(with_port), port))) {
            return true;
        }
    }
    return equals_ignoring_case(host, without_http_port(access->host, port));
}

/* Whether the origin is `http://` and the host. */
static bool is_origin_of(struct span origin, struct span host, uint16_t port) {
    const struct span scheme = SPAN_LITERAL("http://");

    if (origin.len <= scheme.len || strncasecmp(origin.data, scheme.data, scheme.len) != 0) {
        return false;
    }
    origin.data += scheme.len;
    origin.len -= scheme.len;
    return equals_ignoring_case(without_http_port(origin, port), without_http_port(host, port));
}

static int refuse_host(const struct access *access, struct problem *problem) {
    unsigned int port = access->tcp_port;

    return problem_set(problem, GK_E_FORBIDDEN,
            "'Host' must be localhost:%u, 127.0.0.1:%u, [::1]:%u or the address listened on, %.*s",
            port, port, port, SPAN_ARGS(access->host));
}

/* Whether the request comes from no web page, or from a page of the host it was sent to. */
static bool is_from_own_page(const struct access *access, const struct request *request) {
    switch (request_header_count(request, "origin")) {
    case 0:
        return true;
    case 1:
        return is_origin_of(request_header(request, "origin"), request->host, access->tcp_port);
    default:
        return false;
    }
}

/* Judges where a request over TCP is sent to, and from which page. */
static int judge_places(
        const struct access *access, const struct request *request, struct problem *problem) {
    if (!is_own_host(request->host, access) ||
            (request->target_host.data != NULL && !is_own_host(request->target_host, access))) {
        return refuse_host(access, problem);
    }
    if (!is_from_own_page(access, request)) {
        return problem_set(
                problem, GK_E_FORBIDDEN, "'Origin' must be the host that the request is sent to");
    }
    return 0;
}

int access_judge_request(const struct access *access, const struct api_request *request,
        const struct api *api, bool *ret_is_known, struct problem *problem) {
    enum speaker speaker;
    int error;

    if (access->refused != 0) {
        return access->refused;
    }
    error = request->is_tcp ? judge_places(access, request->request, problem) : 0;
    if (error != 0) {
        return error;
    }
    speaker = api->may_speak(request);
    if (speaker == SPEAKER_REFUSED) {
        return GK_E_UNAUTHORIZED;
    }
    *ret_is_known = speaker == SPEAKER_KNOWN;
    return 0;
}
