/* The files that options name. */
#include "process/new_file.h"
#include "process/options.h"

int option_files_check(const struct options *options, struct problem *problem) {
    const struct {
        const char *option;
        const char *path; /* NULL: not given */
    } files[] = {
            {"--store", options->store_path}, /* the daemon writes to these two, */
            {"--audit-log", options->audit_path},
            {"--token-file", options->token_path}, /* makes this one if it is missing, */
            {"--store-key", options->key_path},    /* and reads these */
            {"--seed-file", options->seed_path},
            {"--apply", options->apply_path},
            {"--socket", options->socket_path},
    };
    const size_t written = 2;
    const size_t count = sizeof(files) / sizeof(files[0]);

    for (size_t one = 0; one < written; one++) {
        for (size_t other = one + 1; other < count; other++) {
            if (files[one].path != NULL && files[other].path != NULL &&
                    new_file_is_same(files[one].path, files[other].path)) {
                return problem_set(problem, GK_E_BAD_REQUEST,
                        "%s: %s is the file of %s, too; give each option its own file",
                        files[one].option, files[one].path, files[other].option);
            }
        }
    }
    return 0;
}
