#include "store/bound.h"

#include "ghostkey/error.h"
#include "process/log.h"

/* What deleting a name takes for a moment: tombstone, event, their entries of the undo list. */
#define DELETION_HEAP_BYTES 256
#define DELETION_SPARE_BYTES 4096 /* heads of frames, the clock */
#define HEAP_GAPS_PART 8          /* between the records on the heap, a part of these */
#define NEAR_PART 8               /* of a limit */

void bound_init(struct bound *bound, const struct memory *memory, const struct journal *journal,
        const struct rewrite *rewrite) {
    *bound = (struct bound){
            .memory = memory, .journal = journal, .rewrite = rewrite, .limits = LIMITS_NONE};
}

/* What is on the heap and what deletions need there. */
static uint64_t heap_bytes(const struct bound *bound) {
    const struct memory *memory = bound->memory;
    uint64_t records = memory->heap_bytes;

    return records + records / HEAP_GAPS_PART + memory->found_capacity * sizeof(void *) +
           memory->undo_capacity * sizeof(memory->undo[0]) +
           memory->counts[TABLE_SECRETS] * DELETION_HEAP_BYTES;
}

uint64_t bound_deletion_bytes(const struct bound *bound) {
    const struct memory *memory = bound->memory;
    uint64_t deletions = memory->deletion_bytes + DELETION_SPARE_BYTES;

    /* what stays of each name is a part of what deletes it */
    return bound->journal->kind == JOURNAL_FILE ? 2 * deletions + memory->lasting_bytes : deletions;
}

uint64_t bound_growth_bytes(const struct bound *bound) {
    uint64_t live = bound->memory->live_bytes;

    return bound->turn_bytes + bound_deletion_bytes(bound) +
           (bound->journal->kept / 2 > live ? live : 0);
}

/* What the journal will take with this turn and with deletions. */
static uint64_t journal_bytes(const struct bound *bound) {
    return bound->journal->fd < 0
                   ? 0
                   : bound->journal->kept + bound->turn_bytes + bound_deletion_bytes(bound);
}

/* And a journal that is written anew beside it, if both are in memory. */
static uint64_t journal_memory(const struct bound *bound) {
    const struct journal *journal = bound->journal;
    const struct journal *anew = &bound->rewrite->to;
    uint64_t anew_bytes = bound->memory->live_bytes;
    uint64_t ahead_bytes = bound->is_file_in_memory ? 2 * JOURNAL_STEP_BYTES : 0;

    if (journal->fd < 0 || (journal->kind == JOURNAL_FILE && !bound->is_file_in_memory)) {
        return 0;
    }
    if (anew->fd >= 0 && anew->end > anew_bytes) {
        anew_bytes = anew->end;
    }
    return journal_bytes(bound) + anew_bytes + ahead_bytes;
}

/* Which limit is passed if the store takes so many bytes more; NULL: none. */
static const char *passed_limit(
        const struct bound *bound, const struct limits *limits, size_t len) {
    uint64_t heap = heap_bytes(bound) + len;

    if (heap + journal_memory(bound) > limits->memory_bytes) {
        return "the limit of memory (of its cgroup, MemoryMax=, or of the machine) allows no more";
    }
    if (heap > limits->address_bytes) {
        return "the limit of addresses (ulimit -v, LimitAS=) allows no more";
    }
    if (journal_bytes(bound) > limits->file_bytes) {
        return "the limit of a file's size (ulimit -f, LimitFSIZE=) allows no more";
    }
    return NULL;
}

int bound_refuse(struct bound *bound, const char *why) {
    if (!bound->is_full) {
        log_warning("the store is full, and refuses what would make it larger: %s", why);
    }
    bound->is_full = true;
    return GK_E_STORE_FULL;
}

const char *bound_check(const struct bound *bound, size_t len) {
    return passed_limit(bound, &bound->limits, len);
}

static uint64_t near(uint64_t limit) {
    return limit - limit / NEAR_PART;
}

bool bound_is_near(const struct bound *bound) {
    const struct limits limits = {near(bound->limits.memory_bytes),
            near(bound->limits.address_bytes), near(bound->limits.file_bytes)};

    return bound->is_full || passed_limit(bound, &limits, 0) != NULL;
}
