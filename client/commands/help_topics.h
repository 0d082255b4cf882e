/* The help texts that are about no single command: `ghostctl help TOPIC`. */
#ifndef GHOSTCTL_HELP_TOPICS_H
#define GHOSTCTL_HELP_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

/* The word that lists the topics. */
#define HELP_TOPICS "topics"

struct help_topic {
    const char *name;
    const char *summary;
    void (*print)(void);
};

/* The topic number `index`; NULL after the last. */
const struct help_topic *help_topic_at(size_t index);

/* Prints a topic, or the list of topics. False: there is no topic of that name. */
bool help_topic_print(const char *name);

/* The topic whose name is most like a mistyped one; NULL: none is like it. */
const char *help_topic_like(const char *name);

#endif
