/* How an API writes an event: in its streams, and as a line of the logs. */
#ifndef GHOSTKEYD_HTTP_EVENT_FORM_H
#define GHOSTKEYD_HTTP_EVENT_FORM_H

#include "common/buffer.h"
#include "model/event.h"

struct event_form {
    void (*write)(struct buffer *buffer, const struct event *event);
    struct span start; /* each text begins with this; the event's seq follows */
    char end;          /* each text ends with this byte, which occurs nowhere else in it */
};

#endif
