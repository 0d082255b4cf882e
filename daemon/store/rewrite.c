#include "store/rewrite.h"

#include "common/cleanup.h"
#include "process/log.h"
#include "process/new_file.h"
#include "store/bound.h"
#include "store/store_internal.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>

#define SLICE_MIN_BYTES ((uint64_t)256 << 10)
#define SLICE_MAX_BYTES ((uint64_t)1 << 20)
#define REWRITE_MIN_BYTES ((uint64_t)16 << 20)
#define NEAR_DEAD_BYTES ((uint64_t)256 << 10) /* are worth it where room is short */
#define FRAME_FLAGS_BYTES 1
#define SLICE_MS 1   /* from one slice to the next */
#define THREAD_MS 20 /* from one look at the thread to the next */

/* Copies keys until the frames of the slice have so many bytes. */
static int copy_slice(
        struct store *store, struct rewrite *rewrite, struct journal *to, uint64_t max) {
    struct buffer *payload = &store->payload;
    uint64_t begun = to->end;

    payload_begin(payload);
    while (rewrite->table < TABLE_COUNT && to->end - begun + payload->len < max) {
        struct span after = buffer_span(&rewrite->after);
        struct node *node = memory_seek(&store->memory, rewrite->table, after);
        int error;

        if (node != NULL && after.len > 0 && span_equals(node_key(node), after)) {
            node = memory_next(node);
        }
        buffer_clear(&rewrite->after);
        while (node != NULL && payload->len < FRAME_MAX_BYTES && payload->len < max) {
            struct node *next = memory_next(node);

            payload_add(payload, CHANGE_PUT, node->table, node_key(node), node_record(node));
            if (next == NULL || payload->len >= FRAME_MAX_BYTES || payload->len >= max) {
                buffer_append_span(&rewrite->after, node_key(node));
            }
            node = next;
        }
        if (node == NULL) {
            rewrite->table += 1;
            buffer_clear(&rewrite->after);
        }
        error = payload->len < FRAME_MAX_BYTES ? 0 : payload_write(to, payload, FRAME_ENDS_TURN);
        if (error != 0) {
            return error;
        }
    }
    rewrite->is_copied = rewrite->table == TABLE_COUNT;
    if (buffer_finish(&rewrite->after) != 0) {
        return -ENOMEM;
    }
    return payload->len > FRAME_FLAGS_BYTES ? payload_write(to, payload, FRAME_ENDS_TURN) : 0;
}

int rewrite_copy(struct store *store, struct journal *journal) {
    struct rewrite rewrite = {.to = JOURNAL_NULL};
    int error = copy_slice(store, &rewrite, journal, UINT64_MAX);

    buffer_deinit(&rewrite.after);
    if (error != 0) {
        return error;
    }
    error = payload_write(journal, &store->payload, FRAME_ENDS_TURN | FRAME_ENDS_COPY);
    if (error != 0) {
        return error;
    }
    journal_keep(journal);
    return journal_sync(journal);
}

bool rewrite_is_worthwhile(const struct store *store) {
    const struct journal *journal = &store->journal;
    uint64_t frame_bytes =
            FRAME_HEAD_BYTES + FRAME_FLAGS_BYTES + (store->seal != NULL ? SEAL_OVERHEAD_BYTES : 0);

    return journal->fd >= 0 && journal->kept > HEAD_BYTES + journal->kept_number * frame_bytes +
                                                       store->memory.live_bytes;
}

static int open_file(struct store *store, char path[PATH_MAX]) {
    GK_AUTO_CLOSE int fd = -1;

    if (snprintf(path, PATH_MAX, "%s%s", store->journal.path, REWRITE_SUFFIX) >= PATH_MAX) {
        return -ENAMETOOLONG;
    }
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return -errno;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int error = -errno;

        (void)unlink(path);
        return error;
    }
    return gk_steal_fd(&fd);
}

void rewrite_remove_leftover(struct store *store) {
    static const char no_id[STATE_ID_BYTES]; /* it was begun when power failed */
    struct journal_head head = {0};
    char path[PATH_MAX];
    GK_AUTO_CLOSE int fd = -1;

    if (snprintf(path, sizeof(path), "%s%s", store->journal.path, REWRITE_SUFFIX) >= PATH_MAX) {
        return;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        return;
    }
    if (fd >= 0 && journal_peek(fd, &head) == 0 &&
            (memcmp(head.id, store->journal.head.id, sizeof(no_id)) == 0 ||
                    memcmp(head.id, no_id, sizeof(no_id)) == 0) &&
            unlink(path) == 0) {
        return;
    }
    log_warning("%s is not of this store, and is left; while it is there, the store cannot be "
                "written anew: move it away",
            path);
}

static int open_spare(struct store *store) {
    if (store->spare_fd < 0) {
        return -ENOENT;
    }
    return ftruncate(store->spare_fd, 0) == 0 ? gk_steal_fd(&store->spare_fd) : -errno;
}

static void wait_for_thread(struct rewrite *rewrite) {
    if (rewrite->is_syncing) {
        (void)pthread_join(rewrite->thread, NULL);
        rewrite->is_syncing = false;
    }
}

static void keep_spare(struct store *store, int fd) {
    store->spare_fd = fd;
    if (ftruncate(fd, 0) != 0) {
        log_error(errno, "the store cannot give back the memory of its old journal");
    }
}

/* What the new journal was in: the file is removed, the memfd is empty again. */
static void drop_place(struct store *store, int fd) {
    char path[PATH_MAX];

    if (store->home != STORE_FILE) {
        keep_spare(store, fd);
        return;
    }
    if (store->journal.path != NULL) {
        (void)snprintf(path, sizeof(path), "%s%s", store->journal.path, REWRITE_SUFFIX);
        (void)unlink(path);
    }
    (void)close(fd);
}

static void reset(struct rewrite *rewrite) {
    buffer_deinit(&rewrite->after);
    *rewrite = (struct rewrite){
            .to = JOURNAL_NULL, .retry_at = rewrite->retry_at, .retry_live = rewrite->retry_live};
}

static void retry_later(struct store *store) {
    store->rewrite.retry_at = store->journal.kept + store->journal.kept / 4;
    store->rewrite.retry_live = store->memory.live_bytes / 2;
}

void rewrite_discard(struct store *store) {
    struct rewrite *rewrite = &store->rewrite;

    if (rewrite->to.fd < 0) {
        return;
    }
    wait_for_thread(rewrite);
    drop_place(store, gk_steal_fd(&rewrite->to.fd));
    journal_deinit(&rewrite->to);
    retry_later(store);
    reset(rewrite);
}

static int begin(struct store *store) {
    struct rewrite *rewrite = &store->rewrite;
    struct journal_head head = store->journal.head;
    char path[PATH_MAX];
    bool is_file = store->home == STORE_FILE;
    int fd = is_file ? open_file(store, path) : open_spare(store);
    int error = fd < 0 ? fd : 0;

    if (error == 0) {
        head.generation += 1;
        head.made_at = store->now;
        error = journal_make(
                &rewrite->to, fd, is_file ? JOURNAL_DRAFT : JOURNAL_MEMFD, store->seal, &head);
        if (error != 0) {
            drop_place(store, fd);
        }
    }
    if (error == 0 && is_file) {
        error = journal_sync(&rewrite->to); /* else a start may not know whose it is */
        if (error != 0) {
            rewrite_discard(store);
        }
    }
    if (error != 0) {
        retry_later(store);
        return log_error(error, "the store cannot be written anew; it goes on as it is");
    }
    rewrite->table = 0;
    rewrite->is_copied = false;
    return 0;
}

static int fail(struct store *store, int error) {
    rewrite_discard(store);
    return log_error(error, "the store cannot be written anew; it goes on as it is");
}

static void *sync_in_thread(void *userdata) {
    struct rewrite *rewrite = userdata;

    atomic_store(&rewrite->synced, fdatasync(rewrite->to.fd) == 0 ? 1 : -errno);
    return NULL;
}

static int start_sync(struct rewrite *rewrite) {
    sigset_t all;
    sigset_t before;
    int error;

    if (rewrite->to.kind == JOURNAL_MEMFD) {
        atomic_store(&rewrite->synced, 1);
        return 0;
    }
    (void)sigfillset(&all); /* signals are the loop's */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&rewrite->thread, NULL, sync_in_thread, rewrite);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    rewrite->is_syncing = error == 0;
    return -error;
}

/* The new journal takes the place of the old one. */
static int take_over(struct store *store) {
    struct rewrite *rewrite = &store->rewrite;
    struct journal *old = &store->journal;
    char path[PATH_MAX];
    int error;

    payload_begin(&store->payload);
    error = payload_write(&rewrite->to, &store->payload, FRAME_ENDS_TURN | FRAME_ENDS_COPY);
    if (error != 0) {
        return error;
    }
    journal_keep(&rewrite->to);
    if (store->home == STORE_FILE) {
        error = journal_sync(&rewrite->to);
        if (error != 0) {
            return error;
        }
        (void)snprintf(path, sizeof(path), "%s%s", old->path, REWRITE_SUFFIX);
        if (rename(path, old->path) != 0) {
            return -errno;
        }
        rewrite->to.kind = JOURNAL_FILE;
        rewrite->to.path = old->path;
        rewrite->to.has_new_name = true; /* from here on it cannot be discarded any more */
        (void)journal_check(&rewrite->to);
    } else {
        keep_spare(store, gk_steal_fd(&old->fd));
    }
    journal_deinit(old);
    *old = rewrite->to;
    rewrite->retry_at = 0;
    reset(rewrite);
    return 0;
}

int rewrite_at_once(struct store *store) {
    struct rewrite *rewrite = &store->rewrite;
    int error;

    rewrite_discard(store);
    error = begin(store);
    if (error != 0) {
        return error;
    }
    error = copy_slice(store, rewrite, &rewrite->to, UINT64_MAX);
    if (error == 0) {
        error = take_over(store);
    }
    return error == 0 ? 0 : fail(store, error);
}

void rewrite_follow(struct store *store, struct span payload) {
    struct rewrite *rewrite = &store->rewrite;
    int error = rewrite->to.fd < 0 ? 0 : journal_write(&rewrite->to, payload);

    rewrite->appended += payload.len;
    if (error != 0) {
        (void)fail(store, error);
    }
}

static uint64_t slice_bytes(const struct rewrite *rewrite) {
    uint64_t bytes = 2 * rewrite->appended;

    bytes = bytes < SLICE_MIN_BYTES ? SLICE_MIN_BYTES : bytes;
    return bytes < SLICE_MAX_BYTES ? bytes : SLICE_MAX_BYTES;
}

static int go_on(struct store *store, int *ret_ms) {
    struct rewrite *rewrite = &store->rewrite;
    uint64_t from = rewrite->to.end;
    int error;

    if (!rewrite->is_copied) {
        error = copy_slice(store, rewrite, &rewrite->to, slice_bytes(rewrite));
        if (error != 0) {
            return error;
        }
        rewrite->appended = 0;
        if (store->home == STORE_FILE) { /* only so that the sync at the end has less to do */
            (void)sync_file_range(rewrite->to.fd, (off_t)from, (off_t)(rewrite->to.end - from),
                    SYNC_FILE_RANGE_WRITE);
        }
        *ret_ms = rewrite->is_copied ? THREAD_MS : SLICE_MS;
        return rewrite->is_copied ? start_sync(rewrite) : 0;
    }
    error = atomic_load(&rewrite->synced);
    if (error == 0) {
        *ret_ms = THREAD_MS; /* it is not done */
        return 0;
    }
    wait_for_thread(rewrite);
    *ret_ms = -1;
    return error < 0 ? error : take_over(store);
}

bool rewrite_is_due(const struct store *store) {
    const struct journal *journal = &store->journal;
    uint64_t live = store->memory.live_bytes;

    if (journal->fd < 0 || journal->is_torn ||
            (journal->kept < store->rewrite.retry_at && live > store->rewrite.retry_live)) {
        return false;
    }
    return bound_is_near(store) ? journal->kept > live + live / 4 + NEAR_DEAD_BYTES
                                : journal->kept >= REWRITE_MIN_BYTES && journal->kept / 2 > live;
}

int rewrite_step(struct store *store) {
    int ms = SLICE_MS;
    int error;

    if (memory_is_changed(&store->memory)) {
        return ms; /* within a turn */
    }
    if (store->rewrite.to.fd < 0) {
        return rewrite_is_due(store) && begin(store) == 0 ? SLICE_MS : -1;
    }
    error = go_on(store, &ms);
    if (error != 0) {
        (void)fail(store, error);
        return -1;
    }
    return ms;
}
