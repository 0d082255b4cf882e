/* Sets and texts as the tests of the env file need them. */
#ifndef GHOSTKEY_TESTS_UNIT_CLIENT_ENV_MADE_H
#define GHOSTKEY_TESTS_UNIT_CLIENT_ENV_MADE_H

#include "env/env_format.h"

/* A sorted set of those entries; the caller releases it. */
static inline struct env_set set_of(struct env_entry *entries, size_t count) {
    struct env_set set = {0};

    env_set_add(&set, entries, count);
    env_set_sort(&set);
    return set;
}

static inline int take_into_buffer(void *userdata, const char *piece, size_t len) {
    buffer_append(userdata, piece, len);
    return 0;
}

/* The whole text of a set, if nothing is refused. */
static inline int write_set(const struct env_format_choice *choice, const struct env_set *set,
        struct buffer *ret_text, size_t *ret_skipped) {
    ENV_WRITING_AUTO struct env_writing writing = {0};
    int error = env_format_judge(choice, set, &writing);

    if (error == 0) {
        *ret_skipped = writing.skipped;
        error = env_format_write(&writing, take_into_buffer, ret_text);
    }
    return error;
}

/* A buffer's text, in two pieces. */
static inline int give_buffer(const void *source, env_text_take *take, void *userdata) {
    const struct buffer *buffer = source;
    size_t half = buffer->len / 2;
    int error = take(userdata, buffer_string(buffer), half);

    return error != 0 ? error : take(userdata, buffer_string(buffer) + half, buffer->len - half);
}

static inline struct env_text text_of(const struct buffer *buffer) {
    return (struct env_text){.len = buffer->len, .give = give_buffer, .source = buffer};
}

#endif
