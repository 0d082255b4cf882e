/*
 * Who may be answered (contract, section 7). Over a Unix socket the peer must be the daemon's own
 * user or root. Over TCP each request must name this host (`Host`); a request from a web page must
 * come from a page of this host (`Origin`), so that other pages in the user's browser get no
 * answer. The token of a request is judged by the API that answers it.
 */
#ifndef GHOSTKEYD_HTTP_ACCESS_H
#define GHOSTKEYD_HTTP_ACCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "common/span.h"
#include "model/problem.h"

struct api;
struct api_request;

struct access {
    uid_t uid;         /* of the peer; (uid_t)-1: not known */
    pid_t pid;         /* of the peer; 0: not known */
    int refused;       /* GK_E_FORBIDDEN, or 0: it may be answered */
    uint16_t tcp_port; /* of the listening socket; 0: a Unix socket */
    struct span host;  /* its `address:port`, as a URL has it */
};

/* The access of a connected Unix socket, by its peer. */
struct access access_of_peer(int fd);

/* The access of a TCP connection. host is the listening address: `127.0.0.2:4478`, `[::1]:4478`. */
struct access access_of_tcp(uint16_t port, struct span host);

/* Judges the uid of a peer: 0 or GK_E_FORBIDDEN. */
int access_judge(uid_t peer, uid_t own);

/*
 * Judges a request: 0, GK_E_FORBIDDEN with the reason in *problem, or GK_E_UNAUTHORIZED.
 * *ret_is_known: its client has shown that it may speak.
 */
int access_judge_request(const struct access *access, const struct api_request *request,
        const struct api *api, bool *ret_is_known, struct problem *problem);

#endif
