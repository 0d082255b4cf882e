/* The memory is built anew from a journal. */
#include "store/store_internal.h"

#include "process/log.h"
#include "store/record.h"
#include <errno.h>

/* What reading a journal needs to know. */
struct loading {
    struct memory *memory;
    bool is_complete;
};

static int apply(struct memory *memory, const struct change *change) {
    if (!change_is_sound(change)) {
        return -EBADMSG;
    }
    switch (change->kind) {
    case CHANGE_PUT:
        return memory_put(memory, (enum table)change->table, change->key, change->record);
    case CHANGE_DELETE:
        return memory_delete(memory, (enum table)change->table, change->key);
    case CHANGE_CLEAR:
        return memory_is_changed(memory) ? -EBADMSG : memory_clear(memory);
    }
    return -EBADMSG;
}

/* Takes the next changes of a frame. -ENODATA: there are no more. */
static int apply_some(struct memory *memory, struct span *rest) {
    struct change changes[MEMORY_AHEAD];
    size_t count = 0;
    int error = 0;

    while (count < MEMORY_AHEAD && error == 0) {
        error = change_decode(rest, &changes[count]);
        count += error == 0;
    }
    memory_look_ahead(memory, changes, count);
    for (size_t at = 0; at < count; at++) {
        int failed = apply(memory, &changes[at]);

        if (failed != 0) {
            return failed;
        }
    }
    return error;
}

static int visit_frame(void *userdata, unsigned int flags, struct span changes) {
    struct loading *loading = userdata;
    int error;

    do {
        error = apply_some(loading->memory, &changes);
    } while (error == 0);
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
    if (!loading.is_complete || !has_all_events(&store->memory)) {
        store->journal.fd = -1; /* the caller's again */
        *ret_damage = (struct damage){"a part of it is missing", HEAD_BYTES};
        return loading.is_complete ? -EBADMSG : -ENOMSG;
    }
    if (torn > 0) {
        log_warning("the last change was only half written when ghostkeyd or the machine died, and "
                    "was never acknowledged: %llu bytes at the end of the store are cut off",
                (unsigned long long)torn);
    }
    return 0;
}
