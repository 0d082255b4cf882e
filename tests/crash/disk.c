#include "disk.h"

#include <stdio.h>
#include <stdlib.h>

void *need(void *memory) {
    if (memory == NULL) {
        perror("deaths");
        exit(2);
    }
    return memory;
}

void image_room(struct image *image, size_t len) {
    if (len > image->room) {
        image->bytes = need(realloc(image->bytes, len * 2));
        memset(image->bytes + image->room, 0, len * 2 - image->room);
        image->room = len * 2;
    }
}

static void image_set_len(struct image *image, size_t len) {
    image_room(image, len);
    if (len < image->len) {
        memset(image->bytes + len, 0, image->len - len);
    }
    image->len = len;
}

void image_write(struct image *image, size_t offset, const void *bytes, size_t len) {
    if (offset + len > image->len) {
        image_set_len(image, offset + len);
    }
    if (len > 0) {
        memcpy(image->bytes + offset, bytes, len);
    }
}

void image_copy(struct image *to, const struct image *from) {
    image_set_len(to, 0);
    image_write(to, 0, from->bytes, from->len);
}

void image_apply(struct image *image, const struct note *note, size_t len) {
    if (note->what == NOTE_WRITE) {
        image_write(image, note->offset, note + 1, len);
    } else {
        image_set_len(image, note->offset);
    }
}

struct file *find_file(struct disk *disk, uint64_t inode) {
    for (size_t at = 0; at < FILES_MAX; at++) {
        if (disk->files[at].is_used && disk->files[at].inode == inode) {
            return &disk->files[at];
        }
    }
    (void)fprintf(stderr, "deaths: a call for a file that was not made\n");
    exit(2);
}

void add_file(struct disk *disk, uint64_t inode) {
    struct file *place = NULL;

    for (size_t at = 0; at < FILES_MAX; at++) {
        if (disk->files[at].inode == inode) {
            disk->files[at].inode = 0; /* it was given to another file */
        }
        place = disk->files[at].is_used ? place : &disk->files[at];
    }
    need(place);
    place->is_used = true;
    place->inode = inode;
    place->pending_count = 0;
    image_set_len(&place->now, 0);
    image_set_len(&place->synced, 0);
}

static void add_pending(struct file *file, const struct note *note) {
    if (file->pending_count == file->pending_room) {
        file->pending_room = file->pending_room * 2 + 16;
        file->pending =
                need(reallocarray((void *)file->pending, file->pending_room, sizeof(void *)));
    }
    file->pending[file->pending_count++] = note;
}

void sync_file(struct file *file) {
    for (size_t at = 0; at < file->pending_count; at++) {
        image_apply(&file->synced, file->pending[at], file->pending[at]->len);
    }
    file->pending_count = 0;
}

void apply_name(struct disk *disk, struct file *names[NAMES], const struct note *note) {
    if (note->what == NOTE_RENAME) {
        names[0] = names[1];
    }
    names[1] = NULL;
    if (note->what == NOTE_CREATE) {
        names[1] = find_file(disk, note->file);
    }
}

static void change_name(struct disk *disk, const struct note *note) {
    if (note->what == NOTE_CREATE) {
        add_file(disk, note->file);
    }
    apply_name(disk, disk->names, note);
    if (disk->pending_count == NAMES_PENDING_MAX) {
        need(NULL);
    }
    disk->pending[disk->pending_count++] = note;
}

void sync_folder(struct disk *disk) {
    memcpy(disk->synced_names, disk->names, sizeof(disk->names));
    disk->pending_count = 0;
    for (size_t at = 0; at < FILES_MAX; at++) {
        struct file *file = &disk->files[at];

        file->is_used = file == disk->names[0] || file == disk->names[1];
    }
}

void disk_apply(struct disk *disk, const struct note *note) {
    switch ((enum what)note->what) {
    case NOTE_WRITE:
    case NOTE_LENGTH:
        image_apply(&find_file(disk, note->file)->now, note, note->len);
        add_pending(find_file(disk, note->file), note);
        break;
    case NOTE_SYNC:
        sync_file(find_file(disk, note->file));
        break;
    case NOTE_CREATE:
    case NOTE_RENAME:
    case NOTE_UNLINK:
        change_name(disk, note);
        break;
    case NOTE_FOLDER:
        sync_folder(disk);
        break;
    case NOTE_MARK:
        break;
    }
}

void disk_deinit(struct disk *disk) {
    for (size_t at = 0; at < FILES_MAX; at++) {
        free(disk->files[at].now.bytes);
        free(disk->files[at].synced.bytes);
        free((void *)disk->files[at].pending);
    }
    *disk = (struct disk){0};
}
