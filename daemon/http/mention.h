/*
 * The secrets of which a request or its answer speaks. It is nearly always one, which takes no
 * allocation. What there is no memory for is left out.
 */
#ifndef GHOSTKEYD_HTTP_MENTION_H
#define GHOSTKEYD_HTTP_MENTION_H

#include "common/buffer.h"
#include "ghostkey/protocol.h"
#include "model/version.h"

struct mention {
    struct span name;
    uint64_t version;  /* whose value the answer tells; 0: the request names the secret */
    uint64_t revision; /* of that version */
};

/* The spans in it point into it, so it stays where it is. */
struct mentions {
    struct mention first; /* name.data NULL: there is none */
    struct buffer more;
    char place[GK_NAME_MAX_BYTES];
};

/* Names none, and leaves place as it is. */
static inline void mentions_init(struct mentions *mentions) {
    mentions->first.name = SPAN_NULL;
    mentions->more = BUFFER_NULL;
}

void mentions_deinit(struct mentions *mentions);

/* Copies the name of a secret. version: whose value the answer tells; NULL: a request names it. */
void mentions_add(struct mentions *mentions, struct span name, const struct version *version);

/*
 * Goes through them: *at is 0 at first. *ret_mention is valid until one is added. False: that was
 * the last one.
 */
bool mentions_next(const struct mentions *mentions, size_t *at, struct mention *ret_mention);

#endif
