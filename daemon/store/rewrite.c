#include "store/rewrite.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/param.h> /* MIN, MAX */

#include "common/cleanup.h"
#include "process/log.h"
#include "store/old_file.h"
#include "store/seal.h"

#define SLICE_MIN_BYTES ((uint64_t)256 << 10)
#define SLICE_MAX_BYTES ((uint64_t)1 << 20)
#define REWRITE_MIN_BYTES ((uint64_t)16 << 20)
#define REST_MAX_BYTES ((uint64_t)256 << 10)  /* so little can be synced while clients wait */
#define NEAR_DEAD_BYTES ((uint64_t)256 << 10) /* are worth it where room is short */
#define STEP_MS 1                             /* from one step to the next */

void rewrite_init(struct rewrite *rewrite, struct memory *memory, struct journal *journal) {
    *rewrite = (struct rewrite){
            .memory = memory, .journal = journal, .spare_fd = -1, .to = JOURNAL_NULL, .old_fd = -1};
}

void rewrite_deinit(struct rewrite *rewrite) {
    rewrite_discard(rewrite);
    rewrite->spare_fd = gk_close(rewrite->spare_fd);
    buffer_deinit(&rewrite->from);
    buffer_deinit(&rewrite->frame);
}

/* The first entry in that table whose key is `from` or comes after it, else that of a later one. */
static struct node *seek(struct memory *memory, unsigned int table, struct span from) {
    struct node *node = NULL;

    for (; node == NULL && table < TABLE_COUNT; table++, from = SPAN_NULL) {
        node = memory_seek(memory, (enum table)table, from);
    }
    return node;
}

static struct node *next_of(struct memory *memory, struct node *node) {
    struct node *next = memory_next(node);

    return next != NULL ? next : seek(memory, node->table + 1U, SPAN_NULL);
}

/* Copies keys until the frames of the slice have so many bytes. */
static int copy_slice(struct rewrite *rewrite, uint64_t bytes) {
    struct node *node = seek(rewrite->memory, rewrite->table, buffer_span(&rewrite->from));
    struct journal *to = &rewrite->to;
    struct buffer *frame = &rewrite->frame;
    uint64_t begun = to->end;
    int error;

    frame_begin(frame);
    for (; node != NULL && to->end - begun + frame->len < bytes;
            node = next_of(rewrite->memory, node)) {
        change_encode(frame,
                &(struct change){CHANGE_PUT, node->table, node_key(node), node_record(node)});
        if (frame->len >= FRAME_MAX_BYTES) {
            error = journal_write(to, frame, FRAME_ENDS_TURN);
            if (error != 0) {
                return error;
            }
            frame_begin(frame);
        }
    }
    rewrite->table = node == NULL ? TABLE_COUNT : (enum table)node->table;
    buffer_clear(&rewrite->from);
    buffer_append_span(&rewrite->from, node == NULL ? SPAN_NULL : node_key(node));
    error = buffer_finish(&rewrite->from);
    return error != 0 || frame->len == FRAME_EMPTY_BYTES
                   ? error
                   : journal_write(to, frame, FRAME_ENDS_TURN);
}

/* Copies all that is left, and marks the end. */
static int end_copy(struct rewrite *rewrite) {
    int error = copy_slice(rewrite, UINT64_MAX);

    if (error != 0) {
        return error;
    }
    frame_begin(&rewrite->frame);
    error = journal_write(&rewrite->to, &rewrite->frame, FRAME_ENDS_TURN | FRAME_ENDS_COPY);
    if (error != 0) {
        return error;
    }
    journal_keep(&rewrite->to);
    return journal_sync(&rewrite->to);
}

int rewrite_copy(struct memory *memory, struct journal *journal) {
    struct rewrite rewrite = {.memory = memory, .to = *journal};
    int error = end_copy(&rewrite);

    *journal = rewrite.to;
    buffer_deinit(&rewrite.from);
    buffer_deinit(&rewrite.frame);
    return error;
}

static bool is_file(const struct rewrite *rewrite) {
    return rewrite->journal->kind == JOURNAL_FILE;
}

static int open_place(struct rewrite *rewrite) {
    GK_AUTO_CLOSE int fd = -1;

    if (!is_file(rewrite)) {
        if (rewrite->spare_fd < 0) {
            return -ENOENT;
        }
        return ftruncate(rewrite->spare_fd, 0) == 0 ? gk_steal_fd(&rewrite->spare_fd) : -errno;
    }
    fd = open(rewrite->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return -errno;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        return gk_steal_fd(&fd);
    }
    (void)unlink(rewrite->path);
    return -EWOULDBLOCK;
}

/* What the new journal was in: the file is removed, the memfd is empty again. */
static void drop_place(struct rewrite *rewrite, int fd) {
    if (!is_file(rewrite)) {
        rewrite->spare_fd = fd;
        if (ftruncate(fd, 0) != 0) {
            log_error(errno, "the store cannot give back what its new journal took");
        }
        return;
    }
    (void)unlink(rewrite->path);
    (void)close(fd);
}

void rewrite_set_path(struct rewrite *rewrite, const char *path) {
    static const char no_id[STATE_ID_BYTES]; /* it was begun when power failed */
    struct journal_head head = {0};
    GK_AUTO_CLOSE int fd = -1;

    if (snprintf(rewrite->path, sizeof(rewrite->path), "%s.rewrite", path) >= PATH_MAX) {
        rewrite->path[0] = '\0'; /* names nothing: each rewrite fails, and says so */
        return;
    }
    fd = open(rewrite->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        return;
    }
    if (fd >= 0 && journal_peek(fd, &head) == 0 &&
            (memcmp(head.id, rewrite->journal->head.id, sizeof(no_id)) == 0 ||
                    memcmp(head.id, no_id, sizeof(no_id)) == 0) &&
            unlink(rewrite->path) == 0) {
        return;
    }
    log_warning("%s is not of this store, and is left; while it is there, the store cannot be "
                "written anew: move it away",
            rewrite->path);
}

/* What takes too long for the loop. */
static void *work(void *userdata) {
    struct rewrite *rewrite = userdata;
    int result = rewrite->phase == REWRITE_SYNCING ? fdatasync(rewrite->to.fd)
                 : is_file(rewrite)                ? old_file_close(rewrite->old_fd)
                                                   : ftruncate(rewrite->old_fd, 0);

    atomic_store(&rewrite->result, result == 0 ? 0 : -errno);
    return NULL;
}

static void start_thread(struct rewrite *rewrite, enum rewrite_phase phase) {
    sigset_t all;
    sigset_t before;

    rewrite->phase = phase;
    rewrite->synced = rewrite->to.end;
    atomic_store(&rewrite->result, 1);
    (void)sigfillset(&all); /* signals are the loop's */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    rewrite->has_thread = pthread_create(&rewrite->thread, NULL, work, rewrite) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!rewrite->has_thread) {
        (void)work(rewrite); /* then clients wait for it */
    }
}

static int wait_for_thread(struct rewrite *rewrite) {
    if (rewrite->has_thread) {
        (void)pthread_join(rewrite->thread, NULL);
        rewrite->has_thread = false;
    }
    return atomic_load(&rewrite->result);
}

static void end_clearing(struct rewrite *rewrite) {
    int error = wait_for_thread(rewrite);

    rewrite->phase = REWRITE_NONE;
    rewrite->spare_fd = is_file(rewrite) ? -1 : rewrite->old_fd;
    rewrite->old_fd = -1;
    if (error != 0) {
        log_error(error, "the store cannot give back what its old journal took");
    }
}

static void retry_later(struct rewrite *rewrite) {
    rewrite->retry_at = rewrite->journal->kept + rewrite->journal->kept / 4;
    rewrite->retry_live = rewrite->memory->live_bytes / 8 * 7;
}

static int fail(struct rewrite *rewrite, int error) {
    rewrite_discard(rewrite);
    retry_later(rewrite);
    return log_error(error, "the store cannot be written anew; it goes on as it is");
}

void rewrite_discard(struct rewrite *rewrite) {
    if (rewrite->phase == REWRITE_CLEARING) {
        end_clearing(rewrite);
    }
    if (rewrite->phase == REWRITE_NONE) {
        return;
    }
    (void)wait_for_thread(rewrite);
    drop_place(rewrite, gk_steal_fd(&rewrite->to.fd));
    journal_deinit(&rewrite->to);
    rewrite->phase = REWRITE_NONE;
    retry_later(rewrite);
}

static int begin(struct rewrite *rewrite) {
    struct journal *journal = rewrite->journal;
    struct journal_head head = journal->head;
    int error;
    int fd;

    if (is_file(rewrite) && (rewrite->is_room_short || rewrite->retry_at != 0)) {
        (void)journal_take_back(journal); /* what it has allocated ahead is for this */
    }
    fd = open_place(rewrite);
    if (fd < 0) {
        return fail(rewrite, fd);
    }
    head.generation += 1;
    head.made_at = rewrite->now;
    error = journal_make(&rewrite->to, fd, is_file(rewrite) ? JOURNAL_DRAFT : JOURNAL_MEMFD,
            journal->seal, &head);
    if (error != 0) {
        drop_place(rewrite, fd);
        return fail(rewrite, error);
    }
    rewrite->phase = REWRITE_COPYING;
    rewrite->is_wanted = false;
    rewrite->table = 0;
    buffer_clear(&rewrite->from);
    rewrite->appended = 0;
    error = is_file(rewrite) ? journal_sync(&rewrite->to) : 0;
    return error == 0 ? 0 : fail(rewrite, error); /* else a start may not know whose it is */
}

/* The new journal is ended, and takes the place of the old one. */
static int take_over(struct rewrite *rewrite) {
    struct journal *old = rewrite->journal;
    int error = end_copy(rewrite);

    if (error != 0) {
        return error;
    }
    if (is_file(rewrite)) {
        if (rename(rewrite->path, old->path) != 0) {
            return -errno;
        }
        rewrite->to.kind = JOURNAL_FILE;
        rewrite->to.path = old->path;
        rewrite->to.has_new_name = true; /* from here on it cannot be discarded any more */
        (void)journal_check(&rewrite->to);
    }
    rewrite->old_fd = gk_steal_fd(&old->fd);
    journal_deinit(old);
    *old = rewrite->to;
    rewrite->to = JOURNAL_NULL;
    rewrite->retry_at = 0;
    start_thread(rewrite, REWRITE_CLEARING);
    return 0;
}

int rewrite_at_once(struct rewrite *rewrite) {
    int error;

    rewrite_discard(rewrite);
    error = begin(rewrite);
    if (error != 0) {
        return error;
    }
    error = take_over(rewrite);
    if (error != 0) {
        return fail(rewrite, error);
    }
    end_clearing(rewrite);
    return 0;
}

void rewrite_follow(struct rewrite *rewrite, struct buffer *frame, unsigned int flags) {
    int error = rewrite->to.fd < 0 ? 0 : journal_write(&rewrite->to, frame, flags);

    rewrite->appended += frame->len;
    if (error != 0) {
        (void)fail(rewrite, error);
    }
}

static int copy_next(struct rewrite *rewrite) {
    uint64_t bytes = 2 * rewrite->appended;
    uint64_t from = rewrite->to.end;
    int error;

    bytes = MIN(MAX(bytes, SLICE_MIN_BYTES), SLICE_MAX_BYTES);
    error = copy_slice(rewrite, bytes);
    if (error != 0) {
        return error;
    }
    rewrite->appended = 0;
    if (is_file(rewrite)) { /* only so that the sync at the end has less to do */
        (void)sync_file_range(rewrite->to.fd, (off_t)from, (off_t)(rewrite->to.end - from),
                SYNC_FILE_RANGE_WRITE);
    }
    if (rewrite->table == TABLE_COUNT) {
        start_thread(rewrite, REWRITE_SYNCING);
    }
    return 0;
}

static int end_sync(struct rewrite *rewrite) {
    int error = wait_for_thread(rewrite);

    if (error != 0) {
        return error;
    }
    if (rewrite->to.end - rewrite->synced > REST_MAX_BYTES) {
        start_thread(rewrite, REWRITE_SYNCING); /* of what turns have appended meanwhile */
        return 0;
    }
    return take_over(rewrite);
}

bool rewrite_is_worthwhile(const struct rewrite *rewrite) {
    const struct journal *journal = rewrite->journal;
    uint64_t frame_bytes = FRAME_EMPTY_BYTES + (journal->seal != NULL ? SEAL_OVERHEAD_BYTES : 0);

    return journal->fd >= 0 && journal->kept > HEAD_BYTES + journal->kept_number * frame_bytes +
                                                       rewrite->memory->live_bytes;
}

bool rewrite_is_due(const struct rewrite *rewrite) {
    const struct journal *journal = rewrite->journal;
    uint64_t live = rewrite->memory->live_bytes;

    if (journal->fd < 0 || journal->is_torn ||
            (journal->kept < rewrite->retry_at && live > rewrite->retry_live)) {
        return false;
    }
    if (rewrite->is_wanted) {
        return true;
    }
    return rewrite->is_room_short ? journal->kept > live + live / 4 + NEAR_DEAD_BYTES
                                  : journal->kept >= REWRITE_MIN_BYTES && journal->kept / 2 > live;
}

int rewrite_step(struct rewrite *rewrite) {
    bool thread_runs = atomic_load(&rewrite->result) > 0;
    int error = 0;

    if (memory_is_changed(rewrite->memory)) {
        return STEP_MS; /* within a turn */
    }
    switch (rewrite->phase) {
    case REWRITE_NONE:
        return rewrite_is_due(rewrite) && begin(rewrite) == 0 ? STEP_MS : -1;
    case REWRITE_COPYING:
        error = copy_next(rewrite);
        break;
    case REWRITE_SYNCING:
        error = thread_runs ? 0 : end_sync(rewrite);
        break;
    case REWRITE_CLEARING:
        if (!thread_runs) {
            end_clearing(rewrite);
        }
        break;
    }
    if (error != 0) {
        (void)fail(rewrite, error);
    }
    return rewrite->phase == REWRITE_NONE ? -1 : STEP_MS;
}
