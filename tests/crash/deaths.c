/*
 * Replays a recorded run of operations, and looks what a death at each call would leave. From the
 * recording of tests/support/recorder.c it makes every state of the journals: before a call, after
 * half of it, and after it. It also makes states that a loss of power may leave, in which any
 * sector that was written since the last sync may be missing, and any change of a name since the
 * last sync of the folder. The daemon's own code starts on each state and reads it whole: it must
 * be the state before the operation or the one after it. Once the operation has been answered, it
 * must be the one after it.
 *
 *   deaths file|sealed|memfd NOTES PLACE [LOSSES [SEED]]
 *
 * NOTES begins with the journals as they are at first, and has a mark behind them and behind each
 * operation. PLACE is a path where a store may be made and destroyed. Prints how many states were
 * tried; exit status 1 if one of them was wrong.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "disk.h"
#include "sample_store.h"

#define SECTOR_BYTES 512
#define WRONG_MAX 10 /* shown */
#define NOTE_ALIGNMENT 8

struct deaths {
    struct start start;
    struct disk disk;
    struct image lost[NAMES];
    unsigned int losses_each;
    unsigned int seed;
    unsigned int points;
    unsigned int losses;
    unsigned int renames;
    unsigned int before;
    unsigned int after;
    unsigned int wrong;
    size_t operation;
    uint64_t *marks; /* the digest at each mark */
    size_t mark_count;
    uint64_t was; /* the digest of the state before the operation, and after it */
    uint64_t is;
};

static uint64_t digest_of_disk(
        const struct deaths *deaths, const struct disk *disk, struct problem *problem) {
    struct span contents[NAMES] = {SPAN_NULL, SPAN_NULL};

    for (size_t at = 0; at < NAMES; at++) {
        if (disk->names[at] != NULL) {
            contents[at] = (struct span){disk->names[at]->now.bytes, disk->names[at]->now.len};
        }
    }
    return digest_of(&deaths->start, contents, problem);
}

static void judge(struct deaths *deaths, uint64_t seen, const struct problem *problem, size_t call,
        const char *how) {
    bool good = seen != 0 && (seen == deaths->was || seen == deaths->is);

    deaths->before += good && seen == deaths->was;
    deaths->after += good && seen != deaths->was;
    deaths->wrong += !good;
    if (!good && deaths->wrong <= WRONG_MAX) {
        printf("# operation %zu, %s call %zu: %s\n", deaths->operation, how, call,
                seen == 0 ? problem->detail : "neither the state before it nor the one after it");
    }
}

static void look(struct deaths *deaths, size_t call, const char *how) {
    struct problem problem;
    uint64_t seen = digest_of_disk(deaths, &deaths->disk, &problem);

    judge(deaths, seen, &problem, call, how);
}

static const struct note *next_note(const struct note *note) {
    uint64_t len = (note->len + NOTE_ALIGNMENT - 1) / NOTE_ALIGNMENT * NOTE_ALIGNMENT;

    return (const struct note *)((const char *)(note + 1) + len);
}

/* Each sector that was written since the last sync is on the disk or not, by chance. */
static void lose_sectors(struct deaths *deaths, const struct file *file, struct image *image) {
    unsigned int share = 5 + sample_random(&deaths->seed, 95);

    image_copy(image, &file->synced);
    for (size_t which = 0; which < file->pending_count; which++) {
        const struct note *note = file->pending[which];
        const char *bytes = (const char *)(note + 1);

        if (note->what == NOTE_LENGTH && sample_random(&deaths->seed, 100) < share) {
            image_apply(image, note, 0);
        }
        for (size_t at = 0; at < note->len;) {
            size_t len = SECTOR_BYTES - (note->offset + at) % SECTOR_BYTES;

            len = len < note->len - at ? len : note->len - at;
            if (sample_random(&deaths->seed, 100) < share) {
                image_write(image, note->offset + at, bytes + at, len);
            }
            at += len;
        }
    }
}

/* Power fails: all that was synced is there, and some of the rest. */
static void lose_power(struct deaths *deaths, size_t call, const char *how) {
    struct disk *disk = &deaths->disk;
    struct span contents[NAMES] = {SPAN_NULL, SPAN_NULL};
    struct file *names[NAMES];
    struct problem problem;
    size_t kept = sample_random(&deaths->seed, (unsigned int)disk->pending_count + 1);
    uint64_t seen;

    memcpy(names, disk->synced_names, sizeof(names));
    for (size_t at = 0; at < kept; at++) {
        apply_name(disk, names, disk->pending[at]);
    }
    for (size_t at = 0; at < NAMES; at++) {
        if (names[at] != NULL) {
            lose_sectors(deaths, names[at], &deaths->lost[at]);
            image_room(&deaths->lost[at], 1); /* a file may be empty: it is there all the same */
            contents[at] = (struct span){deaths->lost[at].bytes, deaths->lost[at].len};
        }
    }
    deaths->losses += 1;
    seen = digest_of(&deaths->start, contents, &problem);
    judge(deaths, seen, &problem, call, how);
}

static void lose_power_often(struct deaths *deaths, size_t call, const char *how) {
    for (unsigned int at = 0; deaths->start.kind != KIND_MEMFD && at < deaths->losses_each; at++) {
        lose_power(deaths, call, how);
    }
}

/* The process dies within the call and after it; before a call is after the one before. */
static void die_at(struct deaths *deaths, const struct note *note, size_t call) {
    struct disk *disk = &deaths->disk;
    size_t half = note->what == NOTE_WRITE ? note->len / 2 / SECTOR_BYTES * SECTOR_BYTES : 0;

    deaths->points += 3;
    if (note->what == NOTE_SYNC || note->what == NOTE_FOLDER) {
        lose_power_often(deaths, call, "power failed by");
        disk_apply(disk, note); /* the files are the same as before this call */
        return;
    }
    if (half > 0) {
        image_apply(&find_file(disk, note->file)->now, note, half);
        look(deaths, call, "within");
    }
    disk_apply(disk, note);
    deaths->renames += note->what == NOTE_RENAME;
    look(deaths, call, "after");
}

/* The operation has been answered: nothing of it may be lost any more. */
static void end_operation(struct deaths *deaths, size_t call) {
    struct file *file = deaths->disk.synced_names[0];

    deaths->was = deaths->is;
    if (deaths->disk.pending_count > 0 || (file != NULL && file->pending_count > 0)) {
        lose_power_often(deaths, call, "power failed after");
    }
}

/* Notes up to the first mark make the journals as they were when the run began. */
static const struct note *prepare(
        struct deaths *deaths, const struct note *note, const struct note *end) {
    struct disk *disk = &deaths->disk;
    size_t name = 0;

    for (; note < end && note->what != NOTE_MARK; note = next_note(note)) {
        if (note->what == NOTE_CREATE) {
            add_file(disk, note->file);
            disk->names[name++] = find_file(disk, note->file);
            continue;
        }
        disk_apply(disk, note);
        sync_file(find_file(disk, note->file));
    }
    sync_folder(disk);
    return note;
}

/* What the state is behind each operation. */
static void find_digests(struct deaths *deaths, const struct note *notes, const struct note *end) {
    struct problem problem;

    for (const struct note *note = prepare(deaths, notes, end); note < end;
            note = next_note(note)) {
        disk_apply(&deaths->disk, note);
        if (note->what == NOTE_MARK) {
            deaths->marks = need(
                    reallocarray(deaths->marks, deaths->mark_count + 1, sizeof(deaths->marks[0])));
            deaths->marks[deaths->mark_count] = digest_of_disk(deaths, &deaths->disk, &problem);
            if (deaths->marks[deaths->mark_count++] == 0) {
                printf("# after operation %zu: %s\n", deaths->mark_count - 1, problem.detail);
                deaths->wrong += 1;
            }
        }
    }
}

static void replay(struct deaths *deaths, const struct note *notes, const struct note *end) {
    const struct note *note = next_note(prepare(deaths, notes, end));
    size_t call = 1;

    for (; note < end && deaths->operation + 1 < deaths->mark_count; note = next_note(note)) {
        deaths->was = deaths->marks[deaths->operation];
        deaths->is = deaths->marks[deaths->operation + 1];
        if (note->what == NOTE_MARK) {
            end_operation(deaths, call);
            deaths->operation += 1;
            call = 1;
            continue;
        }
        die_at(deaths, note, call++);
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

static enum kind kind_of(const char *text) {
    return strcmp(text, "memfd") == 0    ? KIND_MEMFD
           : strcmp(text, "sealed") == 0 ? KIND_SEALED
                                         : KIND_FILE;
}

int main(int argc, char **argv) {
    struct deaths deaths = {.losses_each = argc > 4 ? (unsigned int)atoi(argv[4]) : 1,
            .seed = argc > 5 ? (unsigned int)atoi(argv[5]) : 46};
    size_t len;
    char *notes;
    const struct note *end;

    if (argc < 4) {
        (void)fprintf(stderr, "deaths: file|sealed|memfd NOTES PLACE [LOSSES [SEED]]\n");
        return 2;
    }
    deaths.start = (struct start){kind_of(argv[1]), argv[3]};
    notes = read_whole(argv[2], &len);
    end = (const void *)(notes + len);
    find_digests(&deaths, (const void *)notes, end);
    disk_deinit(&deaths.disk);
    replay(&deaths, (const void *)notes, end);
    printf("%u deaths %u losses %u renames %u before %u after %u wrong\n", deaths.points,
            deaths.losses, deaths.renames, deaths.before, deaths.after, deaths.wrong);
    disk_deinit(&deaths.disk);
    for (size_t at = 0; at < NAMES; at++) {
        free(deaths.lost[at].bytes);
    }
    free(deaths.marks);
    free(notes);
    return deaths.wrong > 0 ? 1 : 0;
}
