/*
 * Who may speak (contract, section 7).
 *
 * Over a Unix socket the peer is known once it is connected: it must be the daemon's own user, or
 * root. Over TCP nobody is known: each request must bear the token, and must be meant for this very
 * host (`Host`), from a page of this very host if it comes from one (`Origin`), so that no page in
 * a browser on this machine can use what the user may.
 */
#ifndef GHOSTKEYD_HTTP_ACCESS_H
#define GHOSTKEYD_HTTP_ACCESS_H

#include "http/token.h"
#include <stdint.h>
#include <sys/types.h>

struct api;
struct request;

struct access {
    uid_t uid;         /* the peer's; (uid_t)-1: not known */
    int refused;       /* GK_E_FORBIDDEN, or 0: it may speak */
    uint16_t tcp_port; /* that it came by; 0: a Unix socket */
    struct span host;  /* that port's `address:port`, as a URL has it */
};

/* Judges the peer of a connected Unix socket. */
struct access access_of_peer(int fd);

/*
 * Of a connection over TCP, whose requests are judged one by one. host is the address listened on,
 * with the port: `127.0.0.2:4478`, `[::1]:4478`.
 */
struct access access_of_tcp(uint16_t port, struct span host);

/* The judgement of a peer alone: 0 or GK_E_FORBIDDEN. */
int access_judge(uid_t peer, uid_t own);

/*
 * 0, GK_E_FORBIDDEN with why in *problem, or GK_E_UNAUTHORIZED, of which the API knows what it
 * wants.
 */
int access_judge_request(const struct access *access, const struct request *request,
        const struct api *api, const struct token *token, struct problem *problem);

#endif
