/*
 * A secret's labels: at most 64 pairs of name and value, in byte order of the names, packed into
 * one run of bytes. Before each text stands its length: 1 byte, or if it is 255 or more, the byte
 * 255 and then 2 bytes, little-endian.
 */
#ifndef GHOSTKEYD_MODEL_LABELS_H
#define GHOSTKEYD_MODEL_LABELS_H

#include "common/buffer.h"
#include "ghostkey/protocol.h"

struct label {
    struct span name;
    struct span value; /* data NULL: remove the label (only in a patch) */
};

/* Walks packed labels: `while (labels_next(&rest, &label))`. rest starts as the packed bytes. */
bool labels_next(struct span *rest, struct label *ret_label);

/* Sorts labels by name, in place. */
void labels_sort(struct label *labels, size_t count);

/*
 * Applies sorted changes to packed labels and appends the result to buffer, packed. Returns the
 * number of labels after that. Labels past GK_LABELS_MAX are counted but not packed.
 */
size_t labels_patch(
        struct span packed, const struct label *changes, size_t count, struct buffer *buffer);

#endif
