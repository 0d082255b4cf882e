/* The memory is built anew from a journal. */
#include <errno.h>

#include "process/log.h"
#include "store/record.h"
#include "store/store_internal.h"

/* What reading a journal needs to know. */
struct loading {
    struct memory *memory;
    bool is_complete;
};

/* Decodes the next changes of a frame. -ENODATA: there are fewer. */
static int decode_some(struct span *rest, struct change changes[MEMORY_AHEAD], size_t *ret_count) {
    for (*ret_count = 0; *ret_count < MEMORY_AHEAD; *ret_count += 1) {
        int error = change_decode(rest, &changes[*ret_count]);

        if (error != 0) {
            return error;
        }
        if (!change_is_sound(&changes[*ret_count])) {
            return -EBADMSG;
        }
    }
    return 0;
}

/* Takes the next changes of a frame. -ENODATA: there are no more. */
static int load_some(struct memory *memory, struct span *rest) {
    struct change changes[MEMORY_AHEAD];
    size_t count;
    int end = decode_some(rest, changes, &count);
    int error;

    if (end != 0 && end != -ENODATA) {
        return end;
    }
    error = memory_load(memory, changes, count);
    return error != 0 ? error : end;
}

static int visit_frame(void *userdata, unsigned int flags, struct span changes) {
    struct loading *loading = userdata;
    int error;

    do {
        error = load_some(loading->memory, &changes);
    } while (error == 0);
    if (error != -ENODATA) {
        return error;
    }
    loading->is_complete = loading->is_complete || (flags & FRAME_ENDS_COPY) != 0;
    return 0;
}

static void begin(void *userdata) {
    struct loading *loading = userdata;

    memory_deinit(loading->memory);
    memory_begin_loading(loading->memory);
    *loading = (struct loading){.memory = loading->memory};
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
    const struct frame_reader reader = {begin, visit_frame, &loading};
    uint64_t torn = 0;
    int error = journal_load(&store->journal, fd,
            store->home == STORE_FILE ? JOURNAL_FILE : JOURNAL_MEMFD, store->seal, &reader, &torn,
            ret_damage);

    if (error != 0) {
        return error;
    }
    memory_end_loading(&store->memory);
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
