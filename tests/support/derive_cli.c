/*
 * Vectors in, values out, for the comparison with derive.py: each line of standard input is one
 * JSON object as in fixtures/derivation, each line of standard output the value as a JSON string,
 * `null` if there is none to be made, or {"refused":"..."} if the policy is not accepted.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "support/policy_json.h"

static json_t *answer(json_t *vector) {
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    struct problem problem = PROBLEM_NULL;
    int r = value_from_vector(vector, &value, &problem);

    if (r == GK_E_CANNOT_ROTATE) {
        return json_null();
    }
    if (r == GK_E_BAD_REQUEST) {
        return json_pack("{s:s}", "refused", problem.detail);
    }
    return r != 0 ? NULL : json_stringn(value.len > 0 ? value.data : "", value.len);
}

static int answer_line(const char *line, size_t len) {
    json_auto_t *vector = json_loadb(line, len, 0, NULL);
    json_auto_t *answered = vector == NULL ? NULL : answer(vector);

    if (answered == NULL || json_dumpf(answered, stdout, JSON_COMPACT | JSON_ENCODE_ANY) != 0) {
        return -1;
    }
    return putchar('\n') == EOF ? -1 : 0;
}

int main(void) {
    GK_AUTO_FREE char *line = NULL;
    size_t capacity = 0;
    ssize_t len;

    while ((len = getline(&line, &capacity, stdin)) > 0) {
        if (answer_line(line, (size_t)len) != 0) {
            (void)fprintf(stderr, "derive_cli: not a vector: %s", line);
            return EXIT_FAILURE;
        }
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
