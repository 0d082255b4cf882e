/* Events as lines: those of chosen secrets, and on demand only the newest of them. */
#ifndef GHOSTCTL_EVENT_VIEW_H
#define GHOSTCTL_EVENT_VIEW_H

#include "commands/name_choice.h"

struct event_view {
    const struct invocation *invocation;
    struct name_choice choice;
    size_t newest;   /* so many events are held back, and printed by event_view_end(); 0: none is */
    size_t left;     /* so many more may be printed; 0 only if `is_limited` */
    bool is_limited; /* `left` counts */
    json_t *held;    /* the newest events so far; NULL: none yet */
    size_t dropped;  /* older ones that are not printed */
};

void event_view_deinit(struct event_view *view);

/* Prints or holds one event, if it is of a chosen secret. An exit status, after a message. */
int event_view_take(struct event_view *view, json_t *event);

/* Prints the events that were held back. */
int event_view_end(struct event_view *view);

/* Whether as many events were printed as were asked for. */
bool event_view_is_full(const struct event_view *view);

#endif
