/*
 * A text that is too long to be kept in memory: it is made again, in pieces, each time it is
 * needed.
 */
#ifndef GHOSTCTL_ENV_TEXT_H
#define GHOSTCTL_ENV_TEXT_H

#include <stddef.h>

/* Takes a piece. Any result but 0 ends env_text_give(), which returns it. */
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
