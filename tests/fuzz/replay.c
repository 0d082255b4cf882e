/*
 * Gives files to a fuzzer, each whole and cut off in several places; TAP. If the code under test
 * ends the process by a signal, so does this program.
 */
#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

#define CUTS 8
#define FILES_OPEN_MAX 8

static int count;

static void feed(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(
            size > 0 ? size : 1); /* a block of its own, so that a read past the end is seen */

    MUST(copy != NULL);
    memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size); /* always 0 */
    free(copy);
}

static int replay(const char *path, const struct stat *info, int type, struct FTW *place) {
    FILE *file;
    uint8_t *data;
    size_t size;

    if (type != FTW_F || info->st_size > 1 << 20) {
        return 0;
    }
    printf("# %s\n", path + place->base);
    (void)fflush(stdout); /* so that the output says which file ended the process */
    file = fopen(path, "rb");
    data = malloc((size_t)info->st_size + 1);
    MUST(file != NULL && data != NULL);
    size = fread(data, 1, (size_t)info->st_size, file);
    (void)fclose(file); /* only read */
    for (size_t cut = 1; cut <= CUTS; cut++) {
        feed(data, size * cut / CUTS);
    }
    free(data);
    printf("ok %d - %s\n", ++count, path + place->base);
    return 0;
}

int main(int argc, char **argv) {
    for (int at = 1; at < argc; at++) {
        MUST(nftw(argv[at], replay, FILES_OPEN_MAX, FTW_PHYS) == 0);
    }
    printf("1..%d\n", count);
    return count > 0 ? 0 : 1;
}
