/*
 * The store: how it begins and ends, its turns, and its journal. store_load.c reads the journal,
 * store_tables.c has the tables.
 *
 * - A turn changes the memory at once. The memory's undo list has the old record of each changed
 *   key: an abort restores these. A commit writes each changed key once, with its record at the end
 *   of the turn, in one or more frames.
 * - The frames are written, and with --store synced, before the turn counts as kept. If that fails,
 *   the journal is cut back and the turn aborted. If the cut fails too, no turn is accepted until a
 *   cut succeeds; each turn tries it first. That is safe: the cut and its sync are on the disk
 *   before another turn is written, and a file system keeps the order of the two.
 * - At a start the frames are applied in order, each turn as a whole.
 * - Later versions can read and write the file: its head and its records have format numbers,
 *   tables and kinds of changes keep theirs.
 */
#include <errno.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "common/cleanup.h"
#include "process/file_watch.h"
#include "process/log.h"
#include "process/memory_lock.h"
#include "store/bound.h"
#include "store/store_internal.h"

#define REWRITE_AT_STOP_MAX_BYTES ((uint64_t)16 << 20) /* a longer journal stays as it is */
#define REWRITE_BRIEF_BYTES ((uint64_t)8 << 20)        /* so much while clients wait */
/* The heap is trimmed when so much, and a quarter, of its peak is free. */
#define TRIM_BYTES ((uint64_t)4 << 20)

enum store_home store_home(const struct store *store) {
    return store->home;
}

int store_fail(struct store *store, int error, const char *doing) {
    if (store->failed == 0) {
        store->failed = error > 0 ? error : log_error(error, "the store cannot %s", doing);
    }
    return error;
}

/* 0, or why no turn can be written; a change of that is logged. */
static int check_journal(struct store *store) {
    int outcome = store->journal.fd < 0 ? 0 : journal_check(&store->journal);

    if (outcome != store->trouble) {
        store->trouble = outcome;
        if (outcome == 0) {
            log_info("the store can be written again");
        } else {
            log_error(0, "%s", gk_outcome_sentence(outcome));
        }
    }
    return outcome;
}

static void store_freep(struct store **store) {
    *store = store_free(*store);
}

int store_new(enum store_home home, struct seal *seal, struct store **ret_store) {
    GK_CLEANUP(store_freep) struct store *store = calloc(1, sizeof(*store));

    if (store == NULL) {
        return -ENOMEM;
    }
    store->home = home;
    store->seal = seal;
    store->journal = JOURNAL_NULL;
    store->held_after = UINT64_MAX;
    memory_init(&store->memory);
    rewrite_init(&store->rewrite, &store->memory, &store->journal);
    bound_init(&store->bound, &store->memory, &store->journal, &store->rewrite);
    *ret_store = gk_steal(&store);
    return 0;
}

struct store *store_free(struct store *store) {
    if (store == NULL) {
        return NULL;
    }
    store_abort(store);
    rewrite_deinit(&store->rewrite);
    journal_deinit(&store->journal);
    memory_deinit(&store->memory);
    buffer_deinit(&store->scratch);
    buffer_deinit(&store->frame);
    free(store);
    return NULL;
}

/* Reserves disk space to delete everything. If there is none, a turn that grows tries again. */
static void keep_room(struct store *store) {
    store->room_in = store->journal.head.generation;
    if (store->journal.fd >= 0 && !store->journal.is_torn) {
        (void)journal_reserve(&store->journal, bound_deletion_bytes(&store->bound));
    }
}

void store_set_spare(struct store *store, int fd) {
    store->rewrite.spare_fd = fd;
}

/* With 32 bits f_type is an int, too small for RAMFS_MAGIC. */
static bool is_in_memory(uint32_t type) {
    return type == TMPFS_MAGIC || type == RAMFS_MAGIC;
}

int store_begin(struct store *store, const char *path) {
    int error = store->journal.fd < 0 ? 0 : journal_resume(&store->journal);
    struct statfs status;

    store->journal.path = path;
    if (error != 0 || path == NULL) {
        return error;
    }
    store->bound.is_file_in_memory =
            fstatfs(store->journal.fd, &status) == 0 && is_in_memory((uint32_t)status.f_type);
    rewrite_set_path(&store->rewrite, path);
    keep_room(store); /* else a store on a full disk could not be emptied */
    return 0;
}

void store_set_limits(struct store *store, const struct limits *limits) {
    store->bound.limits = *limits;
}

void store_close(struct store *store) {
    int error = check_journal(store);

    if (error != 0 || store->journal.fd < 0) {
        return; /* logged */
    }
    rewrite_discard(&store->rewrite);
    if (store->journal.kept < REWRITE_AT_STOP_MAX_BYTES && rewrite_is_worthwhile(&store->rewrite)) {
        (void)rewrite_at_once(&store->rewrite); /* if not, it is closed as it is */
    }
    error = journal_close(&store->journal);
    if (error != 0) {
        log_error(error, "the store cannot be marked as closed; nothing is lost");
    }
}

/* Writes the frame, and begins the next. */
static int write_frame(struct store *store, unsigned int flags) {
    int error = journal_write(&store->journal, &store->frame, flags);

    if (error != 0) {
        return error;
    }
    rewrite_follow(&store->rewrite, &store->frame, flags);
    frame_begin(&store->frame);
    return 0;
}

static int write_turn(struct store *store) {
    const struct memory *memory = &store->memory;
    int error = store->is_growing
                        ? journal_reserve(&store->journal, bound_growth_bytes(&store->bound))
                        : 0;

    if (error != 0) {
        return error;
    }
    frame_begin(&store->frame);
    if (memory->before != NULL) {
        change_encode(&store->frame, &(struct change){.kind = CHANGE_CLEAR});
    }
    for (size_t at = 0; at < memory->undo_count; at++) {
        const struct node *node = memory->undo[at].node;
        struct change change = {.kind = CHANGE_DELETE, node->table, node_key(node)};

        if (node->record != NULL) {
            change.kind = CHANGE_PUT;
            change.record = node_record(node);
        } else if (memory->undo[at].before == NULL) {
            continue; /* it came and went in this turn */
        }
        change_encode(&store->frame, &change);
        error = store->frame.len < FRAME_MAX_BYTES ? 0 : write_frame(store, 0);
        if (error != 0) {
            return error;
        }
    }
    return write_frame(store, FRAME_ENDS_TURN);
}

int store_keep_in(struct store *store, int fd, enum store_home home) {
    struct journal journal = JOURNAL_NULL;
    struct journal_head head = store->journal.head;
    int error;

    head.generation += 1;
    head.made_at = store->rewrite.now;
    error = journal_make(
            &journal, fd, home == STORE_FILE ? JOURNAL_FILE : JOURNAL_MEMFD, store->seal, &head);
    if (error != 0) {
        return log_error(error, "cannot make the store");
    }
    error = rewrite_copy(&store->memory, &journal);
    if (error != 0) {
        journal.fd = -1; /* the caller's */
        journal_deinit(&journal);
        return log_error(error, "cannot write the store");
    }
    journal_deinit(&store->journal);
    store->journal = journal;
    store->home = home;
    return 0;
}

int store_idle(struct store *store, bool is_quiet) {
    uint64_t heap_bytes = store->memory.heap_bytes;
    int next_ms;

    if (is_quiet && store->heap_peak - heap_bytes >= TRIM_BYTES &&
            store->heap_peak / 4 * 3 > heap_bytes) {
        memory_lock_trim();
        store->heap_peak = heap_bytes;
    }
    store->rewrite.is_room_short = bound_is_near(&store->bound);
    next_ms = rewrite_step(&store->rewrite);
    if (store->rewrite.to.fd < 0 &&
            (store->room_in != store->journal.head.generation || store->journal.allocated == 0)) {
        keep_room(store); /* in the new journal, or again after a failed rewrite */
    }
    return next_ms;
}

bool store_look(struct store *store, int watch_fd) {
    bool is_written = store->journal.kept != store->looked_at;

    if (store->journal.path == NULL) {
        return false;
    }
    store->looked_at = store->journal.kept;
    file_watch_renew(watch_fd, store->journal.path, is_written);
    (void)check_journal(store);
    return is_written;
}

void store_set_now(struct store *store, instant now) {
    store->rewrite.now = now;
}

struct store_journal store_journal(const struct store *store) {
    return (struct store_journal){store->journal.kept, store->journal.head.made_at};
}

int store_open_turn(struct store *store) {
    int error = store->is_turn_open ? 0 : check_journal(store);

    if (error != 0) {
        return error;
    }
    store->is_turn_open = true;
    return store->failed;
}

bool store_is_writing(const struct store *store) {
    return store->is_turn_open;
}

bool store_is_full(const struct store *store) {
    return store->bound.is_full;
}

bool store_is_changing(const struct store *store) {
    return store->failed != 0 || memory_is_changed(&store->memory);
}

static void end_turn(struct store *store) {
    if (store->memory.heap_bytes > store->heap_peak) {
        store->heap_peak = store->memory.heap_bytes;
    }
    store->is_turn_open = false;
    store->is_growing = false;
    store->bound.turn_bytes = 0;
    store->failed = 0;
}

int store_clear(struct store *store) {
    int error = memory_clear(&store->memory);

    if (error != 0) {
        return store_fail(store, error, "be cleared");
    }
    return 0;
}

void store_abort(struct store *store) {
    end_turn(store);
    memory_undo(&store->memory);
}

static bool is_out_of_space(int error) {
    return error == -ENOSPC || error == -EDQUOT || error == -EFBIG;
}

/* Writes the turn to the journal. After an outcome or a negative errno it is not there. */
static int try_turn(struct store *store) {
    struct journal *journal = &store->journal;
    int error = check_journal(store);
    bool was_rewriting;

    if (error != 0) {
        return error;
    }
    error = write_turn(store);
    if (error == 0) {
        journal_keep(journal);
        return 0;
    }
    (void)journal_take_back(journal); /* if not, the next turn tries it first */
    was_rewriting = store->rewrite.to.fd >= 0;
    rewrite_discard(&store->rewrite); /* the new journal may have a frame of the turn */
    if (was_rewriting && store->memory.live_bytes < REWRITE_BRIEF_BYTES) {
        store->rewrite.retry_at = 0; /* the rewrite did not fail: make_room() may retry it */
    }
    return error;
}

/* Within a turn: writes the journal anew without this turn's changes, if that frees space, so that
 * no turn is refused space that deletions left. A large journal is written anew between later
 * turns. */
static void make_room(struct store *store) {
    if (store->memory.before != NULL) {
        return; /* the turn clears the store: nothing to free */
    }
    memory_swap_turn(&store->memory);
    store->rewrite.is_room_short = true;
    if (store->memory.live_bytes < REWRITE_BRIEF_BYTES && rewrite_is_due(&store->rewrite)) {
        (void)rewrite_at_once(&store->rewrite);
    }
    memory_swap_turn(&store->memory);
}

int store_check_room(struct store *store, size_t len) {
    const char *why = bound_check(&store->bound, len);

    if (why != NULL) {
        make_room(store);
        why = bound_check(&store->bound, len);
    }
    return why == NULL ? 0 : bound_refuse(&store->bound, why);
}

static int journal_turn(struct store *store) {
    int error;

    if (store->failed != 0) {
        return store->failed;
    }
    if (store->journal.fd < 0 || !memory_is_changed(&store->memory)) {
        return 0;
    }
    error = try_turn(store);
    if (is_out_of_space(error) && !store->journal.is_torn) {
        make_room(store);
        error = try_turn(store);
    }
    if (error >= 0) {
        return error;
    }
    return is_out_of_space(error) ? bound_refuse(&store->bound, strerror(-error))
                                  : log_error(error, "the store cannot write what has changed");
}

int store_commit(struct store *store) {
    int error;

    if (!store->is_turn_open) {
        return 0;
    }
    error = journal_turn(store);
    if (error != 0) {
        store_abort(store);
        if (error == GK_E_STORE_FULL) {
            keep_room(store); /* the failed turn may have released it */
        }
        return error;
    }
    if (store->is_growing && store->bound.is_full) {
        store->bound.is_full = false;
        log_info("the store has room again");
    }
    if (store->memory.before != NULL) { /* the turn cleared the store */
        store->rewrite.is_wanted = true;
    }
    end_turn(store);
    memory_keep(&store->memory);
    return 0;
}

void store_void(struct store *store, int error) {
    if (store->is_turn_open && store->failed == 0) {
        store->failed = error;
    }
}
