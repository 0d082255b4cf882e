#include "digest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common/cleanup.h"
#include "sample_store.h"

#define FNV_START 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static void fill(int fd, struct span content) {
    if (fd < 0 || write(fd, content.data, content.len) != (ssize_t)content.len) {
        perror("a copy of a journal");
        exit(2);
    }
}

static void make_file(const char *path, struct span content) {
    GK_AUTO_CLOSE int fd = -1;

    (void)unlink(path);
    if (content.data != NULL) {
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        fill(fd, content);
    }
}

static int start_on_file(const struct start *start, const struct span contents[NAMES],
        struct state_home *home, struct problem *problem) {
    static const unsigned char key[SEAL_KEY_BYTES] = DEATHS_KEY;
    struct state_options options = {.path = start->path, .has_key = start->kind == KIND_SEALED};
    char beside[PATH_MAX];
    int none = -1;
    int error;

    if (contents[0].data == NULL) {
        return problem_set(problem, GK_E_INTERNAL, "the file is gone");
    }
    (void)snprintf(beside, sizeof(beside), "%s.rewrite", start->path);
    make_file(start->path, contents[0]);
    make_file(beside, contents[1]);
    memcpy(options.key, key, sizeof(key));
    error = state_open(&options, &none, 1, home, problem);
    if (error != 0) {
        return error;
    }
    error = state_publish(start->path, home, problem);
    if (error == 0 && access(beside, F_OK) == 0) {
        return problem_set(problem, GK_E_INTERNAL, "a file is left beside it");
    }
    return error;
}

static int start_on_memfds(
        const struct span contents[NAMES], struct state_home *home, struct problem *problem) {
    const struct state_options options = {0};
    int fds[NAMES];
    int error;

    for (size_t at = 0; at < NAMES; at++) {
        fds[at] = memfd_create("death", MFD_CLOEXEC);
        fill(fds[at], contents[at]);
    }
    error = state_open(&options, fds, NAMES, home, problem);
    for (size_t at = 0; at < NAMES; at++) {
        fds[at] = gk_close(fds[at]);
    }
    if (error == 0 && home->is_new) {
        return problem_set(problem, GK_E_INTERNAL, "all of it is gone");
    }
    return error != 0 ? error : state_publish(NULL, home, problem);
}

uint64_t digest_of(
        const struct start *start, const struct span contents[NAMES], struct problem *problem) {
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    uint64_t hash = FNV_START;
    int error;

    *problem = PROBLEM_NULL;
    error = start->kind == KIND_MEMFD ? start_on_memfds(contents, &home, problem)
                                      : start_on_file(start, contents, &home, problem);
    if (error == 0) {
        error = sample_dump(home.store, &text);
    }
    for (size_t at = 0; at < text.len; at++) {
        hash = (hash ^ (unsigned char)text.data[at]) * FNV_PRIME;
    }
    return error == 0 ? hash : 0;
}
