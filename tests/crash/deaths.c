/*
 * Replays a recorded run of operations, and looks what a death at each call would leave. From the
 * recording of tests/support/recorder.c it makes every state of the file: before a call, after
 * half of it, and after it. It also makes states that a loss of power may leave, in which any
 * sector that was written since the last sync may be missing. Each state is checked as a start of
 * the daemon checks it, then read whole: it must be the state before the operation or the one
 * after it.
 *
 *   deaths NOTES MARKS [LOSSES [SEED]]
 *
 * MARKS has a number of eight bytes for each moment between two operations: the length of NOTES
 * then. Prints how many states were tried; exit status 1 if one of them was wrong.
 */
#include "common/cleanup.h"
#include "digest.h"
#include "sample_store.h"
#include <stdio.h>
#include <stdlib.h>

#define SECTOR_BYTES 512
#define WRONG_MAX 10 /* shown */

enum what { NOTE_WRITE, NOTE_THROUGH, NOTE_SYNC, NOTE_LENGTH };

struct note {
    uint64_t what;
    uint64_t offset;
    uint64_t len;
};

struct image {
    unsigned char *bytes;
    size_t len;
    size_t room;
};

struct deaths {
    unsigned int points;
    unsigned int losses;
    unsigned int before;
    unsigned int after;
    unsigned int wrong;
    size_t operation;
    uint64_t was; /* the digest of the state before the operation, and after it */
    uint64_t is;
};

static void *need(void *memory) {
    if (memory == NULL) {
        perror("deaths");
        exit(2);
    }
    return memory;
}

static void image_room(struct image *image, size_t len) {
    if (len > image->room) {
        image->bytes = need(realloc(image->bytes, len * 2));
        memset(image->bytes + image->room, 0, len * 2 - image->room);
        image->room = len * 2;
    }
}

static void image_write(struct image *image, size_t offset, const void *bytes, size_t len) {
    image_room(image, offset + len);
    memcpy(image->bytes + offset, bytes, len);
    image->len = offset + len > image->len ? offset + len : image->len;
}

/* Does what the note says; of a write only its first len bytes. */
static void image_apply(struct image *image, const struct note *note, size_t len) {
    if (note->what == NOTE_WRITE || note->what == NOTE_THROUGH) {
        image_write(image, note->offset, note + 1, len);
    } else if (note->what == NOTE_LENGTH) {
        image_room(image, note->offset);
        image->len = note->offset;
    }
}

static void image_copy(struct image *to, const struct image *from) {
    image_room(to, from->len);
    memcpy(to->bytes, from->bytes, from->len);
    to->len = from->len;
}

static void look(struct deaths *deaths, const struct image *image, size_t call, const char *how) {
    struct damage damage;
    uint64_t seen = digest_of(image->bytes, image->len, &damage);
    bool good = seen != 0 && (seen == deaths->was || seen == deaths->is);

    deaths->before += good && seen == deaths->was;
    deaths->after += good && seen != deaths->was;
    deaths->wrong += !good;
    if (!good && deaths->wrong <= WRONG_MAX) {
        printf("# operation %zu, %s call %zu: %s\n", deaths->operation, how, call,
                seen == 0 ? damage.what : "neither the state before it nor the one after it");
    }
}

static const struct note *next_note(const struct note *note) {
    return (const struct note *)((const char *)(note + 1) + note->len);
}

/* The process dies before, within and after each call of an operation. */
static void die_at_each_call(struct deaths *deaths, const struct image *start,
        const struct note *note, const struct note *end, struct image *image) {
    image_copy(image, start);
    look(deaths, image, 1, "before");
    for (size_t call = 1; note < end; note = next_note(note), call++) {
        size_t half = note->len / 2 / SECTOR_BYTES * SECTOR_BYTES;

        if (half > 0) {
            image_apply(image, note, half);
            look(deaths, image, call, "within");
        }
        image_apply(image, note, note->len);
        if (note->what == NOTE_SYNC) { /* the file is the same as before this call */
            deaths->points += 3;
            continue;
        }
        look(deaths, image, call, "after");
        deaths->points += 3; /* the state before the next call is the one after this call */
    }
}

/* Each sector that was written since the last sync is on the disk or not, by chance. */
static void lose(struct image *image, const struct note *note, const struct note *end,
        unsigned int *seed, unsigned int share) {
    for (; note < end; note = next_note(note)) {
        const char *bytes = (const char *)(note + 1);

        if (note->what == NOTE_LENGTH) {
            image_apply(image, note, 0);
        }
        if (note->what != NOTE_WRITE && note->what != NOTE_THROUGH) {
            continue;
        }
        for (size_t at = 0; at < note->len;) {
            size_t len = SECTOR_BYTES - (note->offset + at) % SECTOR_BYTES;

            len = len < note->len - at ? len : note->len - at;
            if (sample_random(seed, 100) < share) {
                image_write(image, note->offset + at, bytes + at, len);
            }
            at += len;
        }
    }
}

/* Power fails during an operation: all that was synced is there, and some of the rest. */
static void lose_power(struct deaths *deaths, struct image *synced, const struct note *note,
        const struct note *end, struct image *image, unsigned int losses, unsigned int *seed) {
    const struct note *since = note;
    size_t call = 1;

    for (; note < end; note = next_note(note), call++) {
        if (note->what != NOTE_SYNC && note->what != NOTE_THROUGH) {
            continue;
        }
        for (unsigned int i = 0; i < losses; i++) {
            image_copy(image, synced);
            lose(image, since, next_note(note), seed, 5 + sample_random(seed, 95));
            deaths->losses += 1;
            look(deaths, image, call, "power failed by");
        }
        if (note->what == NOTE_THROUGH && since != note) {
            image_apply(synced, note, note->len); /* syncs only itself, not the other writes */
            continue;
        }
        for (; since <= note; since = next_note(since)) {
            image_apply(synced, since, since->len);
        }
    }
    if (since < end && deaths->wrong++ < WRONG_MAX) {
        printf("# operation %zu was answered with something left unsynced\n", deaths->operation);
    }
}

static char *read_whole(const char *path, size_t *ret_len) {
    GK_AUTO_FCLOSE FILE *file = need(fopen(path, "rb"));
    char *bytes;

    (void)fseek(file, 0, SEEK_END);
    *ret_len = (size_t)ftell(file);
    rewind(file);
    bytes = need(malloc(*ret_len + 1));
    if (fread(bytes, 1, *ret_len, file) != *ret_len) {
        perror(path);
        exit(2);
    }
    return bytes;
}

int main(int argc, char **argv) {
    unsigned int losses = argc > 3 ? (unsigned int)atoi(argv[3]) : 1;
    unsigned int seed = argc > 4 ? (unsigned int)atoi(argv[4]) : 46;
    struct deaths deaths = {0};
    struct damage damage;
    struct image now = {0};
    struct image next = {0};
    struct image image = {0};
    size_t len;
    char *notes = read_whole(argc > 2 ? argv[1] : "", &len);
    uint64_t *marks = (uint64_t *)(void *)read_whole(argc > 2 ? argv[2] : "", &len);

    for (size_t at = 0; at < len / sizeof(*marks); at++) {
        const struct note *from = (const void *)(notes + (at > 0 ? marks[at - 1] : 0));
        const struct note *to = (const void *)(notes + marks[at]);

        for (const struct note *note = from; note < to; note = next_note(note)) {
            image_apply(&next, note, note->len);
        }
        deaths.operation = at - 1;
        deaths.was = deaths.is;
        deaths.is = digest_of(next.bytes, next.len, &damage);
        if (at > 0) { /* at the first mark the store was made */
            die_at_each_call(&deaths, &now, from, to, &image);
            lose_power(&deaths, &now, from, to, &image, losses, &seed);
        }
        image_copy(&now, &next);
    }
    printf("%u deaths %u losses %u before %u after %u wrong\n", deaths.points, deaths.losses,
            deaths.before, deaths.after, deaths.wrong);
    free(image.bytes);
    free(next.bytes);
    free(now.bytes);
    free(marks);
    free(notes);
    return deaths.wrong > 0 ? 1 : 0;
}
