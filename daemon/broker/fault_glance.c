#include "broker/fault_glance.h"

#include "common/pattern.h"

/* Odd, so that words that differ stay different. */
#define MULTIPLIER UINT64_C(0x9e3779b97f4a7c15)
#define FOLD_BITS 29

struct fault_end fault_end_of(const char *pattern) {
    size_t first = pattern_prefix_len(pattern);
    size_t last = pattern_suffix_len(pattern);
    bool is_last = last > first;

    return (struct fault_end){.len = (uint16_t)(is_last ? last : first), .is_last = is_last};
}

static uint64_t add_word(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * MULTIPLIER;
    return hash ^ hash >> FOLD_BITS;
}

uint64_t fault_end_hash(struct fault_end end, struct span text) {
    const char *at = end.is_last ? text.data + text.len - end.len : text.data;
    size_t left = end.len;
    uint64_t hash = end.len;
    uint64_t word;

    for (; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        hash = add_word(hash, word);
    }
    if (left > 0) {
        word = 0;
        memcpy(&word, at, left);
        hash = add_word(hash, word);
    }
    return hash | 1;
}

void fault_glance_at(struct span name, const struct fault_end *ends, size_t count,
        struct fault_glance *ret_glance) {
    ret_glance->is_known = true;
    for (size_t at = 0; at < count; at++) {
        ret_glance->hashes[at] = ends[at].len <= name.len ? fault_end_hash(ends[at], name) : 0;
    }
}
