/*
 * What each route does, once path, method, name, query and preconditions are known to be right:
 * decode the body, call the broker's verb, write the answer. Each returns 0, or what is wrong,
 * which api.c turns into the problem document.
 */
#ifndef GHOSTKEYD_HTTP_HANDLERS_H
#define GHOSTKEYD_HTTP_HANDLERS_H

#include "http/exchange.h"

/* api_secret.c: one secret */
int handle_get_secret(struct exchange *exchange);
int handle_get_metadata(struct exchange *exchange);
int handle_put_secret(struct exchange *exchange);
int handle_patch_secret(struct exchange *exchange);
int handle_delete_secret(struct exchange *exchange);
int handle_rotate_secret(struct exchange *exchange);

/* api_list.c: many */
int handle_list_secrets(struct exchange *exchange);
int handle_cleanup(struct exchange *exchange);

/* api_clock.c */
int handle_get_clock(struct exchange *exchange);
int handle_set_clock(struct exchange *exchange);
int handle_advance_clock(struct exchange *exchange);

/* api_event.c */
int handle_list_events(struct exchange *exchange);

/* api_status.c */
int handle_get_status(struct exchange *exchange);
int handle_get_openapi(struct exchange *exchange);
int handle_get_metrics(struct exchange *exchange);

/* Makes the answer a 200 in JSON and returns the buffer to write it to. */
static inline struct buffer *answer_json(struct exchange *exchange) {
    exchange->answer.status = 200;
    exchange->answer.media = GK_MEDIA_JSON;
    return &exchange->answer.body;
}

#endif
