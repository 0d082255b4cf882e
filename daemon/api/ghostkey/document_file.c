#include "api/ghostkey/document_file.h"

#include "process/log.h"

static int refuse(const char *path, const struct mistakes *mistakes, struct problem *problem) {
    struct span rest = buffer_span(&mistakes->lines);

    while (rest.data != NULL) {
        struct span line = span_take_until(&rest, '\n');

        log_error(0, "--apply: %s: %.*s", path, SPAN_ARGS(line));
    }
    return problem_set(problem, GK_E_INTERNAL,
            "--apply: the start is refused, and nothing was made, since %s has %zu mistake%s", path,
            mistakes->count, mistakes->count == 1 ? "" : "s");
}

/* Only a negative errno is returned. */
static int find_mistakes(struct span text, size_t value_max_bytes, struct document *document,
        struct mistakes *mistakes) {
    struct problem fault = PROBLEM_NULL;
    int error = document_read(text, document, &fault);

    if (error > 0) {
        mistakes_add(mistakes, NULL, SPAN_NULL, error, &fault);
        return mistakes_finish(mistakes);
    }
    return error != 0 ? error : document_check(document, value_max_bytes, mistakes);
}

int document_take_file(const char *path, struct span text, size_t value_max_bytes,
        struct document *ret_document, struct problem *problem) {
    MISTAKES_AUTO struct mistakes mistakes = MISTAKES_NULL;
    int error;

    if (path == NULL) {
        return 0;
    }
    error = find_mistakes(text, value_max_bytes, ret_document, &mistakes);
    if (error != 0) {
        return log_error(error, "--apply: cannot read %s", path);
    }
    return mistakes.count == 0 ? 0 : refuse(path, &mistakes, problem);
}
