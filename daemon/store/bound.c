#include "store/bound.h"

#include "process/log.h"
#include "store/store_internal.h"

/* What deleting a name takes for a moment: its trace, its event, their entries of the undo list. */
#define DELETION_HEAP_BYTES 256
#define HEAP_GAPS_PART 8 /* between the records on the heap, a part of these */
#define NEAR_PART 8      /* of a limit */

/* What is on the heap and what deletions need there. */
static uint64_t heap_bytes(const struct store *store) {
    const struct memory *memory = &store->memory;
    uint64_t records = memory->heap_bytes;

    return records + records / HEAP_GAPS_PART + memory->found_capacity * sizeof(memory->found[0]) +
           memory->undo_capacity * sizeof(memory->undo[0]) +
           memory->counts[TABLE_SECRETS] * DELETION_HEAP_BYTES;
}

/* What the journal will take with this turn and with deletions. */
static uint64_t journal_bytes(const struct store *store) {
    return store->journal.fd < 0
                   ? 0
                   : store->journal.kept + store->turn_bytes + store->memory.dying_bytes;
}

/* And a journal that is written anew beside it, if both are in memory. */
static uint64_t journal_memory(const struct store *store) {
    const struct rewrite *rewrite = &store->rewrite;
    uint64_t anew = store->memory.live_bytes;

    if (store->journal.fd < 0 || (store->home == STORE_FILE && !store->is_on_tmpfs)) {
        return 0;
    }
    if (rewrite->to.fd >= 0 && rewrite->to.end > anew) {
        anew = rewrite->to.end;
    }
    return journal_bytes(store) + anew;
}

/* Which limit is passed if the store takes so many bytes more; NULL: none. */
static const char *passed_limit(
        const struct store *store, const struct limits *limits, size_t len) {
    uint64_t heap = heap_bytes(store) + len;

    if (heap + journal_memory(store) > limits->memory_bytes) {
        return "the limit of memory (of its cgroup, MemoryMax=, or of the machine) allows no more";
    }
    if (heap > limits->address_bytes) {
        return "the limit of addresses (ulimit -v, LimitAS=) allows no more";
    }
    if (journal_bytes(store) > limits->file_bytes) {
        return "the limit of a file's size (ulimit -f, LimitFSIZE=) allows no more";
    }
    return NULL;
}

int bound_refuse(struct store *store, const char *why) {
    if (!store->is_full) {
        log_warning("the store is full, and refuses what would make it larger: %s", why);
    }
    store->is_full = true;
    return GK_E_STORE_FULL;
}

int bound_check(struct store *store, size_t len) {
    const char *why = passed_limit(store, &store->limits, len);

    return why == NULL ? 0 : bound_refuse(store, why);
}

static uint64_t near(uint64_t limit) {
    return limit - limit / NEAR_PART;
}

bool bound_is_near(const struct store *store) {
    const struct limits limits = {near(store->limits.memory_bytes),
            near(store->limits.address_bytes), near(store->limits.file_bytes)};

    return store->is_full || passed_limit(store, &limits, 0) != NULL;
}
