/*
 * The check of a store's file. The input changes a sound file: each change has an offset in 4
 * bytes, a length in one byte, and the bytes. The first 4 bytes say where the file is cut. The
 * check ends, and LMDB can read everything in a file that the check accepts.
 */
#include "fuzz.h"

#include "../crash/sample_store.h"
#include "common/cleanup.h"
#include "store/check.h"
#include <sys/mman.h>
#include <sys/stat.h>

static char *sound;
static size_t sound_len;

static void make_sound(void) {
    const struct sample_size size = {.secrets = 40, .rounds = 2, .value_max_bytes = 9000};
    GK_AUTO_CLOSE int fd = sample_make(&size, NULL);
    struct stat info;

    MUST(fd >= 0 && fstat(fd, &info) == 0);
    sound_len = (size_t)info.st_size;
    sound = malloc(sound_len);
    MUST(sound != NULL && pread(fd, sound, sound_len, 0) == (ssize_t)sound_len);
    MUST(check_fault(sound, sound_len) == NULL);
}

static uint32_t take_number(const uint8_t **data, size_t *size) {
    uint32_t number = 0;

    if (*size >= sizeof(number)) {
        memcpy(&number, *data, sizeof(number));
        *data += sizeof(number);
        *size -= sizeof(number);
    }
    return number;
}

static void change(char *file, size_t len, const uint8_t *data, size_t size) {
    while (size > 5 && len > 0) {
        size_t at = take_number(&data, &size) % len;
        size_t count = *data++;

        size--;
        count = count < size ? count : size;
        count = count < len - at ? count : len - at;
        memcpy(file + at, data, count);
        data += count;
        size -= count;
    }
}

static void read_all(const char *file, size_t len) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    GK_AUTO_CLOSE int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct store *store;

    MUST(fd >= 0 && pwrite(fd, file, len, 0) == (ssize_t)len);
    if (store_open(fd, &(struct store_options){.home = STORE_FILE}, &store) == 0) {
        (void)sample_dump(store, &text); /* a damaged record is named */
        (void)store_free(store);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *file;
    size_t len;

    if (sound == NULL) {
        make_sound();
    }
    len = sound_len - take_number(&data, &size) % (sound_len + 1);
    file = malloc(len > 0 ? len : 1);
    MUST(file != NULL);
    memcpy(file, sound, len);
    change(file, len, data, size);
    if (check_fault(file, len) == NULL) {
        read_all(file, len);
    }
    free(file);
    return 0;
}
