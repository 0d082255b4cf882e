/*
 * What each operation does, once path, method, name, query and expectations are known to be right:
 * decode the body, call the broker's verb, write the answer. Each returns 0, or an error that
 * becomes a problem document.
 */
#ifndef GHOSTKEYD_API_GHOSTKEY_HANDLERS_H
#define GHOSTKEYD_API_GHOSTKEY_HANDLERS_H

#include "api/ghostkey/request.h"
#include "broker/advance.h"
#include "broker/broker.h"
#include "broker/events.h"
#include "broker/secrets.h"
#include "broker/status.h"
#include "broker/versions.h"
#include "http/call.h"

/* The decoded head of a request. */
struct arguments {
    struct span name; /* of paths that have one */
    struct span id;   /* of a fault rule */
    struct query query;
    struct expectation expectations[2]; /* of If-Match and If-None-Match */
    char name_place[GK_NAME_MAX_BYTES];
    char id_place[GK_FAULT_ID_MAX_BYTES];
};

static inline const struct arguments *arguments_of(const struct call *call) {
    return call->decoded;
}

/* api_secret.c: one secret */
int handle_get_secret(struct call *call);
int handle_get_metadata(struct call *call);
int handle_put_secret(struct call *call);
int handle_patch_secret(struct call *call);
int handle_delete_secret(struct call *call);
int handle_rotate_secret(struct call *call);

/* api_version.c: the life of its versions */
int handle_promote(struct call *call);
int handle_discard(struct call *call);
int handle_restore(struct call *call);
int handle_verify(struct call *call);

/* 200 with the secret's document. api_secret.c */
int answer_secret(struct call *call, const struct secret *secret, bool with_value);

/* api_list.c: many */
int handle_list_secrets(struct call *call);
int handle_cleanup(struct call *call);
int handle_reset(struct call *call);

/* api_document.c */
int handle_apply(struct call *call);
int handle_dump(struct call *call);

/* api_clock.c */
int handle_get_clock(struct call *call);
int handle_set_clock(struct call *call);
int handle_advance_clock(struct call *call);

/* api_event.c */
int handle_list_events(struct call *call);

/* api_watch.c: who reads, and what is asked */
int handle_list_readers(struct call *call);
int handle_list_requests(struct call *call);

/* api_fault.c */
int handle_list_faults(struct call *call);
int handle_delete_faults(struct call *call);
int handle_get_fault(struct call *call);
int handle_put_fault(struct call *call);
int handle_delete_fault(struct call *call);

/* api_page.c */
int handle_page_code(struct call *call);
int handle_page_token(struct call *call);

/* api_status.c */
int handle_get_status(struct call *call);
int handle_get_openapi(struct call *call);
int handle_get_metrics(struct call *call);

/* Makes the answer a 200 in JSON and returns the buffer to write it to. */
static inline struct buffer *answer_json(struct call *call) {
    call->answer.status = 200;
    call->answer.media = GK_MEDIA_JSON;
    return &call->answer.body;
}

#endif
