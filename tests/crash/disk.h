/*
 * The journals of a recorded run (tests/support/recorder.c) as they are at a moment: what the
 * process sees, and what a loss of power is sure to leave.
 */
#ifndef GHOSTKEY_TESTS_CRASH_DISK_H
#define GHOSTKEY_TESTS_CRASH_DISK_H

#include "digest.h"

#define FILES_MAX 16
#define NAMES_PENDING_MAX 64

enum what {
    NOTE_WRITE,
    NOTE_SYNC,
    NOTE_LENGTH,
    NOTE_CREATE,
    NOTE_RENAME,
    NOTE_UNLINK,
    NOTE_FOLDER,
    NOTE_MARK,
};

struct note {
    uint64_t what;
    uint64_t file;
    uint64_t offset;
    uint64_t len;
};

struct image {
    char *bytes;
    size_t len;
    size_t room;
};

struct file {
    bool is_used;
    uint64_t inode;
    struct image now;
    struct image synced;
    const struct note **pending; /* since the last sync */
    size_t pending_count;
    size_t pending_room;
};

struct disk {
    struct file files[FILES_MAX];
    struct file *names[NAMES];
    struct file *synced_names[NAMES];
    const struct note *pending[NAMES_PENDING_MAX]; /* changes of names since the folder's sync */
    size_t pending_count;
};

/* Ends the program if there is no memory. */
void *need(void *memory);

void image_room(struct image *image, size_t len);
void image_write(struct image *image, size_t offset, const void *bytes, size_t len);
void image_copy(struct image *to, const struct image *from);

/* Does what the note says; of a write only its first len bytes. */
void image_apply(struct image *image, const struct note *note, size_t len);

struct file *find_file(struct disk *disk, uint64_t inode);
void add_file(struct disk *disk, uint64_t inode);
void sync_file(struct file *file);
void sync_folder(struct disk *disk);

/* What a call does to names, which may be those that are synced. */
void apply_name(struct disk *disk, struct file *names[NAMES], const struct note *note);

/* What the call has done once it has returned. */
void disk_apply(struct disk *disk, const struct note *note);
void disk_deinit(struct disk *disk);

#endif
