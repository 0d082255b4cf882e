#include "common/suggest.h"

#include <stdint.h>
#include <string.h>

#define WORD_MAX_BYTES 40
#define DISTANCE_MAX 2

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t suggest_distance(const char *a, const char *b) {
    size_t rows[WORD_MAX_BYTES + 1][WORD_MAX_BYTES + 1];
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);

    if (a_len > WORD_MAX_BYTES || b_len > WORD_MAX_BYTES) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i <= a_len; i++) {
        for (size_t j = 0; j <= b_len; j++) {
            size_t cost;

            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            cost = a[i - 1] != b[j - 1];
            rows[i][j] =
                    least(rows[i - 1][j - 1] + cost, least(rows[i - 1][j], rows[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                rows[i][j] = least(rows[i][j], rows[i - 2][j - 2] + 1);
            }
        }
    }
    return rows[a_len][b_len];
}

const char *suggest_better(const char *typed, const char *best, const char *candidate) {
    size_t distance = suggest_distance(typed, candidate);

    /* Half of a word mistyped is another word. */
    if (distance > DISTANCE_MAX || distance * 2 > strlen(candidate)) {
        return best;
    }
    return best == NULL || distance < suggest_distance(typed, best) ? candidate : best;
}
