/* Prints events as lines: those of chosen secrets; if wanted, only the newest of these. */
#ifndef GHOSTCTL_EVENT_VIEW_H
#define GHOSTCTL_EVENT_VIEW_H

#include "commands/name_choice.h"

struct event_view {
    const struct invocation *invocation;
    struct name_choice choice;
    size_t newest_count; /* event_view_end() prints this many events; 0: each is printed at once */
    bool is_limited;     /* left_count counts */
    size_t left_count;   /* how many more events may be printed */
    json_t *held;        /* the newest events so far; NULL: none yet */
    size_t dropped;      /* how many older events were dropped from `held` */
};

void event_view_deinit(struct event_view *view);

/* Prints one event or holds it, if it is about a chosen secret. An exit status, after a message. */
int event_view_take(struct event_view *view, json_t *event);

/* Prints the newest of the held events. */
int event_view_end(struct event_view *view);

/* Whether as many events were printed as were asked for. */
bool event_view_is_full(const struct event_view *view);

#endif
