/*
 * A text too long to be held in memory: it is made again, piece by piece, whenever it is needed.
 */
#ifndef GHOSTCTL_ENV_TEXT_H
#define GHOSTCTL_ENV_TEXT_H

#include <stddef.h>

/* Takes a piece; other than 0 ends the giving. */
typedef int env_text_take(void *userdata, const char *piece, size_t len);

struct env_text {
    size_t len; /* of all pieces together */
    int (*give)(const void *source, env_text_take *take, void *userdata);
    const void *source;
};

static inline int env_text_give(const struct env_text *text, env_text_take *take, void *userdata) {
    return text->give(text->source, take, userdata);
}

#endif
