/*
 * The route table, and the way of a request through it: refusals in the contract's order, then the
 * handler. Adding a route is one line in api.c and one handler.
 */
#ifndef GHOSTKEYD_HTTP_API_H
#define GHOSTKEYD_HTTP_API_H

#include "http/exchange.h"

#define API_ROUTES_MAX 16
#define API_ROUTE_NONE (API_ROUTES_MAX - 1) /* a path that is none of ours */

/*
 * Decides on the exchange: its answer is complete afterwards (a refusal is an answer too). If
 * after_commit is set, or the turn has changed something, it goes out once the broker's turn is
 * committed. If that failed, the exchange may be answered anew.
 *
 * exchange->refused may hold an outcome beforehand: a peer's (403, 401), which stands before all
 * else, or a body's (413) or expectation's, which stands only if path, method, name and query are
 * right.
 */
void api_answer(struct exchange *exchange);

/* Makes an exchange that was answered as it was when it came, to be answered anew. */
void api_reset(struct exchange *exchange);

/* The path of route number route, "/v1/secrets/" for the ones with a name; NULL past the last. */
const char *api_route_path(size_t route);

/* Makes the answer the problem document of an outcome or negative errno, whatever it was. */
void api_refuse(struct exchange *exchange, int error);

#endif
