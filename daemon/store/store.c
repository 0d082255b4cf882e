/*
 * The store: its life, its turns and its journal. What is in the tables is in store_tables.c.
 *
 * - A turn changes the memory at once. The memory's undo list has the old record of each key that
 *   was changed; it is what takes the turn back, and what the frame of the turn is made from: each
 *   key is in it once, with what stands under it at the end.
 * - The frame is written, and with --store synced, before the turn counts as kept. If that fails,
 *   the file is cut back and the turn is undone. If the cut fails as well, it is tried again before
 *   the next turn, and until then there are only reads: nobody knows what a restart would find.
 * - At a start the frames are applied in order, each turn as a whole.
 * - One file can be written and read by all later versions: the head has a format, each record a
 *   layout, tables and changes have numbers.
 */
#include "store/store_internal.h"

#include "common/cleanup.h"
#include "process/file_watch.h"
#include "process/log.h"
#include "store/bound.h"
#include "store/record.h"
#include <errno.h>
#include <linux/magic.h>
#include <malloc.h>
#include <sys/vfs.h>

#define REWRITE_LATER_BYTES \
    ((uint64_t)16 << 20) /* a longer journal is not written anew at a stop */
#define REWRITE_BRIEF_BYTES \
    ((uint64_t)8 << 20) /* so much can be written anew while clients wait \
                         */
#define TRIM_BYTES ((uint64_t)8 << 20)
#define DYING_SPARE_BYTES 4096 /* beside the deletions: heads of frames, the clock */

enum store_home store_home(const struct store *store) {
    return store->home;
}

int store_fail(struct store *store, int error, const char *doing) {
    if (store->failed == 0) {
        store->failed = error > 0 ? error : log_error(error, "the store cannot %s", doing);
    }
    return error;
}

/* Whether a turn can be written. What keeps it from that is logged once. */
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
    store->rewrite.to = JOURNAL_NULL;
    store->spare_fd = -1;
    store->held_after = UINT64_MAX;
    store->limits = LIMITS_NONE;
    memory_init(&store->memory);
    *ret_store = gk_steal(&store);
    return 0;
}

struct store *store_free(struct store *store) {
    if (store == NULL) {
        return NULL;
    }
    store_abort(store);
    rewrite_discard(store);
    store->spare_fd = gk_close(store->spare_fd);
    journal_deinit(&store->journal);
    memory_deinit(&store->memory);
    buffer_deinit(&store->scratch);
    buffer_deinit(&store->payload);
    free(store);
    return NULL;
}

/* What reading a journal needs to know. */
struct loading {
    struct memory *memory;
    bool is_complete;
};

static int apply(struct memory *memory, const struct change *change) {
    if (!change_is_sound(change)) {
        return -EBADMSG;
    }
    return change->kind == CHANGE_PUT
                   ? memory_put(memory, (enum table)change->table, change->key, change->record)
                   : memory_delete(memory, (enum table)change->table, change->key);
}

static int visit_frame(void *userdata, unsigned int flags, struct span changes) {
    struct loading *loading = userdata;
    struct change change;
    int error = change_decode(&changes, &change);

    while (error == 0) {
        error = apply(loading->memory, &change);
        if (error != 0) {
            return error;
        }
        error = change_decode(&changes, &change);
    }
    if (error != -ENODATA) {
        return error;
    }
    if ((flags & FRAME_ENDS_TURN) != 0) {
        memory_keep(loading->memory);
    }
    loading->is_complete = loading->is_complete || (flags & FRAME_ENDS_COPY) != 0;
    return 0;
}

/* Events are numbered without gaps. */
static bool has_all_events(struct memory *memory) {
    struct node *node = memory_seek(memory, TABLE_EVENTS, SPAN_NULL);
    uint64_t seq = node == NULL ? 0 : event_key_seq(node_key(node));

    for (; node != NULL; node = memory_next(node)) {
        if (event_key_seq(node_key(node)) != seq++) {
            return false;
        }
    }
    return true;
}

int store_load(struct store *store, int fd, struct damage *ret_damage) {
    struct loading loading = {.memory = &store->memory};
    uint64_t torn = 0;
    int error = journal_load(&store->journal, fd,
            store->home == STORE_FILE ? JOURNAL_FILE : JOURNAL_MEMFD, store->seal, visit_frame,
            &loading, &torn, ret_damage);

    memory_undo(&store->memory); /* a turn that is not whole */
    if (error != 0) {
        return error;
    }
    if (!loading.is_complete) {
        store->journal.fd = -1; /* the caller's again */
        *ret_damage = (struct damage){"a part of it is missing", HEAD_BYTES};
        return -ENOMSG;
    }
    if (!has_all_events(&store->memory)) {
        *ret_damage = (struct damage){"a part of it is missing", HEAD_BYTES};
        store->journal.fd = -1; /* the caller's again */
        return -EBADMSG;
    }
    if (torn > 0) {
        log_warning("the last change was only half written when ghostkeyd or the machine died, and "
                    "was never acknowledged: %llu bytes at the end of the store are cut off",
                (unsigned long long)torn);
    }
    return 0;
}

/* Has the disk keep room for the deletion of all there is. If it has none, it is asked again when
 * the state grows. */
static void keep_room(struct store *store) {
    if (store->journal.fd >= 0 && !store->journal.is_torn) {
        (void)journal_reserve(&store->journal, store->memory.dying_bytes + DYING_SPARE_BYTES);
    }
}

void store_set_spare(struct store *store, int fd) {
    store->spare_fd = fd;
}

int store_begin(struct store *store, const char *path) {
    int error = store->journal.fd < 0 ? 0 : journal_resume(&store->journal);
    struct statfs status;

    store->journal.path = path;
    if (error != 0 || path == NULL) {
        return error;
    }
    store->is_on_tmpfs = fstatfs(store->journal.fd, &status) == 0 &&
                         (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
    rewrite_remove_leftover(store);
    keep_room(store); /* else a store on a full disk could not be emptied */
    return 0;
}

void store_set_limits(struct store *store, const struct limits *limits) {
    store->limits = *limits;
}

void store_close(struct store *store) {
    int error = check_journal(store);

    if (error != 0 || store->journal.fd < 0) {
        return; /* logged */
    }
    rewrite_discard(store);
    if (store->journal.kept < REWRITE_LATER_BYTES && rewrite_is_worthwhile(store)) {
        (void)rewrite_at_once(store); /* else it is closed as it is */
    }
    error = journal_close(&store->journal);
    if (error != 0) {
        log_error(error, "the store cannot be marked as closed; nothing is lost");
    }
}

void payload_begin(struct buffer *payload) {
    buffer_clear(payload);
    buffer_append_byte(payload, '\0'); /* the flags */
}

void payload_add(struct buffer *payload, enum change_kind kind, uint8_t table, struct span key,
        struct span record) {
    change_encode(payload, &(struct change){kind, table, key, record});
}

int payload_write(struct journal *journal, struct buffer *payload, unsigned int flags) {
    int error = buffer_finish(payload);

    if (error != 0) {
        return error;
    }
    payload->data[0] = (char)flags;
    error = journal_write(journal, buffer_span(payload));
    payload_begin(payload);
    return error;
}

/* Writes a frame of the turn. */
static int write_frame(struct store *store, unsigned int flags) {
    struct buffer *payload = &store->payload;
    int error = buffer_finish(payload);

    if (error != 0) {
        return error;
    }
    payload->data[0] = (char)flags;
    error = journal_write(&store->journal, buffer_span(payload));
    if (error != 0) {
        return error;
    }
    rewrite_follow(store, buffer_span(payload));
    payload_begin(payload);
    return 0;
}

static int write_turn(struct store *store) {
    struct memory *memory = &store->memory;
    struct buffer *payload = &store->payload;

    payload_begin(payload);
    for (size_t at = 0; at < memory->undo_count; at++) {
        const struct node *node = memory->undo[at].node;
        int error;

        if (node->record != NULL) {
            payload_add(payload, CHANGE_PUT, node->table, node_key(node), node_record(node));
        } else if (memory->undo[at].before != NULL) {
            payload_add(payload, CHANGE_DELETE, node->table, node_key(node), SPAN_NULL);
        }
        error = payload->len < FRAME_MAX_BYTES ? 0 : write_frame(store, 0);
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
    head.made_at = store->now;
    error = journal_make(
            &journal, fd, home == STORE_FILE ? JOURNAL_FILE : JOURNAL_MEMFD, store->seal, &head);
    if (error != 0) {
        return log_error(error, "cannot make the store");
    }
    error = rewrite_copy(store, &journal);
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

    if (is_quiet && store->heap_peak - heap_bytes >= TRIM_BYTES &&
            store->heap_peak / 4 * 3 > heap_bytes) {
        (void)malloc_trim(0);
        store->heap_peak = heap_bytes;
    }
    return rewrite_step(store);
}

void store_look(struct store *store, int watch_fd) {
    if (store->journal.path != NULL) {
        file_watch_renew(watch_fd, store->journal.path);
        (void)check_journal(store);
    }
}

void store_set_now(struct store *store, instant now) {
    store->now = now;
}

struct store_journal store_journal(const struct store *store) {
    return (struct store_journal){store->journal.kept, store->journal.head.made_at};
}

int store_write(struct store *store) {
    int error = store->is_open ? 0 : check_journal(store);

    if (error != 0) {
        return error;
    }
    store->is_open = true;
    return store->failed;
}

bool store_is_writing(const struct store *store) {
    return store->is_open;
}

bool store_is_changing(const struct store *store) {
    return store->failed != 0 || memory_is_changed(&store->memory);
}

static void end_turn(struct store *store) {
    if (store->memory.heap_bytes > store->heap_peak) {
        store->heap_peak = store->memory.heap_bytes;
    }
    store->is_open = false;
    store->is_growing = false;
    store->turn_bytes = 0;
    store->failed = 0;
}

void store_abort(struct store *store) {
    memory_undo(&store->memory);
    end_turn(store);
}

/* Has the turn stand in the journal. */
static int journal_turn(struct store *store) {
    struct journal *journal = &store->journal;
    int error = check_journal(store);

    if (error != 0 || journal->fd < 0) {
        return error;
    }
    if (store->is_growing) {
        error = journal_reserve(journal, store->memory.dying_bytes + DYING_SPARE_BYTES);
    }
    if (error == 0) {
        error = write_turn(store);
    }
    if (error == 0) {
        journal_keep(journal);
        return 0;
    }
    (void)journal_take_back(journal); /* else it is tried before the next turn */
    rewrite_discard(store);           /* it may have a frame of the turn, and takes room */
    if (error == -ENOSPC || error == -EDQUOT || error == -EFBIG) {
        return bound_refuse(store, strerror(-error));
    }
    return log_error(error, "the store cannot write what has changed");
}

/* The store is full: if that makes room, its journal is written anew before the turn is tried
 * again. A large one is written anew between the turns that come. */
static void make_room(struct store *store) {
    if (store->memory.live_bytes < REWRITE_BRIEF_BYTES && rewrite_is_due(store)) {
        (void)rewrite_at_once(store);
    }
    keep_room(store);
}

int store_commit(struct store *store) {
    int error = store->failed;

    if (!store->is_open) {
        return 0;
    }
    if (error == 0 && memory_is_changed(&store->memory)) {
        error = journal_turn(store);
    }
    if (error != 0) {
        store_abort(store);
        if (error == GK_E_STORE_FULL) {
            make_room(store);
        }
        return error;
    }
    if (store->is_growing && store->is_full) {
        store->is_full = false;
        log_info("the store has room again");
    }
    end_turn(store);
    memory_keep(&store->memory);
    return 0;
}

void store_void(struct store *store, int error) {
    if (store->is_open && store->failed == 0) {
        store->failed = error;
    }
}
