#include "model/labels.h"

#include <stdlib.h>

static bool take_short(struct span *rest, struct span *ret_text) {
    size_t len;

    if (rest->len == 0) {
        return false;
    }
    len = (unsigned char)rest->data[0];
    if (len > rest->len - 1) {
        return false;
    }
    *ret_text = (struct span){rest->data + 1, len};
    rest->data += 1 + len;
    rest->len -= 1 + len;
    return true;
}

bool labels_next(struct span *rest, struct label *ret_label) {
    struct label label;

    if (!take_short(rest, &label.name) || !take_short(rest, &label.value)) {
        return false;
    }
    *ret_label = label;
    return true;
}

static int compare_labels(const void *a, const void *b) {
    return span_compare(((const struct label *)a)->name, ((const struct label *)b)->name);
}

static void pack_one(const struct label *label, struct buffer *buffer) {
    buffer_append_byte(buffer, (char)label->name.len);
    buffer_append_span(buffer, label->name);
    buffer_append_byte(buffer, (char)label->value.len);
    buffer_append_span(buffer, label->value);
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
