/* Every mistake of a document, so that its author can mend all of them at once. */
#ifndef GHOSTKEYD_API_GHOSTKEY_MISTAKES_H
#define GHOSTKEYD_API_GHOSTKEY_MISTAKES_H

#include "common/buffer.h"

struct problem;

#define MISTAKES_MAX_BYTES (8 * 1024 * 1024)

struct mistakes {
    struct buffer lines; /* one mistake a line, MISTAKES_MAX_BYTES at most */
    size_t count;
    size_t unlisted; /* those that had no room in lines */
};

#define MISTAKES_NULL ((struct mistakes){.lines = BUFFER_NULL})
#define MISTAKES_AUTO GK_CLEANUP(mistakes_deinit)

void mistakes_deinit(struct mistakes *mistakes);

/*
 * Adds what is wrong with the secret or the fault of that name; kind NULL: with the document
 * itself. The name is shown so that it stays on its line, and cut if it is too long for a name.
 */
void mistakes_add(struct mistakes *mistakes, const char *kind, struct span name, int outcome,
        const struct problem *problem);

/* After the last mistake: the number of those that are not listed is said at the end. -ENOMEM */
int mistakes_finish(struct mistakes *mistakes);

#endif
