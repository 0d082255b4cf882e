#include "model/labels.h"

#include <stdlib.h>

#define LONG_MARK 0xff /* a length of 2 bytes, little-endian, follows */

static size_t byte_at(struct span bytes, size_t at) {
    return (unsigned char)bytes.data[at];
}

static bool take_text(struct span *rest, struct span *ret_text) {
    size_t head = 1;
    size_t len;

    if (rest->len == 0) {
        return false;
    }
    len = byte_at(*rest, 0);
    if (len == LONG_MARK) {
        head = 3;
        if (rest->len < head) {
            return false;
        }
        len = byte_at(*rest, 1) | byte_at(*rest, 2) << 8;
    }
    if (len > rest->len - head) {
        return false;
    }
    *ret_text = (struct span){rest->data + head, len};
    rest->data += head + len;
    rest->len -= head + len;
    return true;
}

bool labels_next(struct span *rest, struct label *ret_label) {
    struct label label;

    if (!take_text(rest, &label.name) || !take_text(rest, &label.value)) {
        return false;
    }
    *ret_label = label;
    return true;
}

static int compare_labels(const void *a, const void *b) {
    return span_compare(((const struct label *)a)->name, ((const struct label *)b)->name);
}

static void pack_text(struct span text, struct buffer *buffer) {
    if (text.len < LONG_MARK) {
        buffer_append_byte(buffer, (char)text.len);
    } else {
        buffer_append_byte(buffer, (char)LONG_MARK);
        buffer_append_byte(buffer, (char)(text.len & 0xff));
        buffer_append_byte(buffer, (char)(text.len >> 8));
    }
    buffer_append_span(buffer, text);
}

static void pack_one(const struct label *label, struct buffer *buffer) {
    pack_text(label->name, buffer);
    pack_text(label->value, buffer);
}

void labels_sort(struct label *labels, size_t count) {
    if (count > 1) {
        qsort(labels, count, sizeof(*labels), compare_labels);
    }
}

size_t labels_patch(
        struct span packed, const struct label *changes, size_t count, struct buffer *buffer) {
    struct label kept;
    bool has_kept = labels_next(&packed, &kept);
    size_t at = 0;
    size_t total = 0;

    while (has_kept || at < count) {
        int order = !has_kept ? 1 : at == count ? -1 : span_compare(kept.name, changes[at].name);
        const struct label *taken = order < 0 ? &kept : &changes[at];

        if (taken->value.data != NULL && ++total <= GK_LABELS_MAX) {
            pack_one(taken, buffer);
        }
        if (order <= 0) {
            has_kept = labels_next(&packed, &kept);
        }
        if (order >= 0) {
            at++;
        }
    }
    return total;
}
