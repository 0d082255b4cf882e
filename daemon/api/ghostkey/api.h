/* GhostKey's own REST API (contract, section 3), as HTTP uses it. */
#ifndef GHOSTKEYD_API_GHOSTKEY_API_H
#define GHOSTKEYD_API_GHOSTKEY_API_H

#include "http/api.h"
#include "http/event_form.h"

extern const struct api ghostkey_api;

/* How events are written in the stream and in the logs. */
extern const struct event_form ghostkey_event_form;

#endif
