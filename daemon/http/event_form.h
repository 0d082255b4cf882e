/* How an API writes an event: in its streams, in the audit file and on standard error. */
#ifndef GHOSTKEYD_HTTP_EVENT_FORM_H
#define GHOSTKEYD_HTTP_EVENT_FORM_H

#include "common/buffer.h"
#include "model/event.h"

struct event_form {
    void (*write)(struct buffer *buffer, const struct event *event); /* appends it, in one line */

    /* By these audit.c recognises a line of an earlier run, and one that a crash has cut. */
    struct span start; /* of each text; the event's seq follows */
    char end;          /* the last byte of each text, and nowhere else in it */
};

#endif
