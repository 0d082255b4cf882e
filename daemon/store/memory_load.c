/* How a journal is read into memory: many changes at a time, none of which is taken back. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "store/memory_internal.h"

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

/* Where the walk by a key ended. */
struct walk {
    struct place place;
    struct node *beyond; /* the key is between that one and the place; NULL: at an end */
    struct node *next;   /* NULL: it has ended */
};

void memory_begin_loading(struct memory *memory) {
    memory->is_loading = true;
}

/* Events are deleted one after another, the oldest first. */
static bool is_deleted_event(const struct change *change) {
    return change->kind == CHANGE_DELETE && change->table == TABLE_EVENTS;
}

static struct walk begin_walk(struct memory *memory, const struct change *change) {
    bool needs_none = change->kind == CHANGE_CLEAR || is_deleted_event(change);
    struct node *last = needs_none ? NULL : memory->last[change->table];

    if (last == NULL || span_compare(change->key, node_key(last)) > 0) {
        return (struct walk){0};
    }
    return (struct walk){.next = RB_ROOT(&memory->tables[change->table])};
}

static void walk_on(struct walk *walk, struct span key) {
    struct node *node = walk->next;
    int order = span_compare(key, node_key(node));

    if (walk->place.above != NULL && (walk->place.order < 0) != (order < 0)) {
        walk->beyond = walk->place.above;
    }
    walk->place = (struct place){node, order};
    walk->next = order < 0 ? RB_LEFT(node, by_key) : order > 0 ? RB_RIGHT(node, by_key) : NULL;
    fetch_ahead(walk->next);
}

/* In a large table most of a walk is waiting for one entry after another, so all walk at once. */
static void look_up(struct memory *memory, const struct change *changes, size_t count,
        struct walk walks[MEMORY_AHEAD]) {
    bool is_done = false;

    for (size_t at = 0; at < count; at++) {
        walks[at] = begin_walk(memory, &changes[at]);
    }
    while (!is_done) {
        is_done = true;
        for (size_t at = 0; at < count; at++) {
            if (walks[at].next != NULL) {
                walk_on(&walks[at], changes[at].key);
                is_done = false;
            }
        }
    }
}

/* Whether the key still belongs where its walk ended: others came since. */
static bool is_place_valid(const struct walk *walk) {
    struct node *above = walk->place.above;

    if (above == NULL) {
        return false;
    }
    return walk->place.order < 0
                   ? RB_LEFT(above, by_key) == NULL && node_tree_RB_PREV(above) == walk->beyond
                   : RB_RIGHT(above, by_key) == NULL && node_tree_RB_NEXT(above) == walk->beyond;
}

/* As find_node(). */
static struct node *find_walked(struct memory *memory, const struct change *change,
        const struct walk *walk, struct place *ret_place) {
    struct node *oldest = memory->oldest_event;

    if (walk->place.above != NULL && walk->place.order == 0) {
        return walk->place.above;
    }
    if (is_deleted_event(change) && oldest != NULL && span_equals(node_key(oldest), change->key)) {
        return oldest;
    }
    if (is_place_valid(walk)) {
        *ret_place = walk->place;
        return NULL;
    }
    return find_node(memory, (enum table)change->table, change->key, ret_place);
}

static int put(struct memory *memory, const struct change *change, const struct walk *walk) {
    enum table table = (enum table)change->table;
    struct place place;
    struct node *node = find_walked(memory, change, walk, &place);
    struct block *block = block_new(memory, table, change->record);

    if (block == NULL) {
        return -ENOMEM;
    }
    if (node == NULL) {
        node = add_node(memory, table, change->key, &place);
    }
    if (node == NULL) {
        block_free(memory, table, block);
        return -ENOMEM;
    }
    block_free(memory, table, take_record(memory, node));
    give_record(memory, node, block);
    return 0;
}

static void delete (struct memory *memory, const struct change *change, struct walk *walk,
        struct walk *walks_end) {
    struct place place;
    struct node *node = find_walked(memory, change, walk, &place);

    if (node == NULL) {
        return;
    }
    for (walk += 1; walk < walks_end; walk++) {
        if (walk->place.above == node || walk->beyond == node) {
            *walk = (struct walk){0};
        }
    }
    if (is_deleted_event(change)) {
        memory->oldest_event = node_tree_RB_NEXT(node);
    }
    block_free(memory, (enum table)change->table, take_record(memory, node));
    remove_node(memory, node);
}

static void clear(struct memory *memory, struct walk *walk, struct walk *walks_end) {
    for (; walk < walks_end; walk++) {
        *walk = (struct walk){0};
    }
    memory_deinit(memory);
    memory_begin_loading(memory);
}

int memory_load(struct memory *memory, const struct change *changes, size_t count) {
    struct walk walks[MEMORY_AHEAD];
    int error;

    look_up(memory, changes, count, walks);
    for (size_t at = 0; at < count; at++) {
        switch (changes[at].kind) {
        case CHANGE_PUT:
            error = put(memory, &changes[at], &walks[at]);
            if (error != 0) {
                return error;
            }
            break;
        case CHANGE_DELETE:
            delete (memory, &changes[at], &walks[at], walks + count);
            break;
        case CHANGE_CLEAR:
            clear(memory, &walks[at], walks + count);
            break;
        }
    }
    return 0;
}

/* A secret that is due, to be sorted without a look at it. */
struct due {
    instant at;
    struct secret_node *secret;
};

struct due_list {
    struct due *dues;
    size_t count;
};

/* NULL: no memory is left. */
static struct due *room_for_dues(uint64_t count) {
    size_t len = (size_t)count * sizeof(struct due);
    struct due *dues;

    if (len < HUGE_PAGE_BYTES) {
        return malloc(len);
    }
    len = (len + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    dues = aligned_alloc(HUGE_PAGE_BYTES, len);
    if (dues != NULL) {
        (void)madvise(dues, len, MADV_HUGEPAGE);
    }
    return dues;
}

/* In order of names. Not deep, as free_tree(). */
static void collect_dues(struct memory *memory, struct node *node, struct due_list *list) {
    struct secret_node *secret;

    if (node == NULL) {
        return;
    }
    fetch_ahead(RB_LEFT(node, by_key));
    fetch_ahead(RB_RIGHT(node, by_key));
    collect_dues(memory, RB_LEFT(node, by_key), list);
    secret = secret_of(node);
    if (node->is_due && list->dues == NULL) {
        RB_INSERT(due_tree, &memory->due, secret);
    } else if (node->is_due) {
        list->dues[list->count++] = (struct due){secret->due, secret};
    }
    collect_dues(memory, RB_RIGHT(node, by_key), list);
}

static int compare_dues(const void *one, const void *other) {
    const struct due *a = one;
    const struct due *b = other;
    int order = compare_instants(a->at, b->at);

    return order != 0 ? order : compare_keys(&a->secret->node, &b->secret->node);
}

static bool is_sorted(const struct due_list *list) {
    for (size_t at = 1; at < list->count; at++) {
        if (list->dues[at - 1].at > list->dues[at].at) {
            return false;
        }
    }
    return true;
}

/* Each one behind the one before it, which needs no look-up. */
static void link_dues(struct memory *memory, const struct due_list *list) {
    struct secret_node *last = NULL;

    for (size_t at = 0; at < list->count; at++) {
        struct secret_node *secret = list->dues[at].secret;

        __builtin_prefetch(
                list->dues[at + MEMORY_AHEAD < list->count ? at + MEMORY_AHEAD : at].secret);
        RB_SET(secret, last, by_due);
        if (last == NULL) {
            RB_ROOT(&memory->due) = secret;
        } else {
            RB_RIGHT(last, by_due) = secret;
        }
        due_tree_RB_INSERT_COLOR(&memory->due, secret);
        last = secret;
    }
}

void memory_end_loading(struct memory *memory) {
    struct due_list list = {.dues = room_for_dues(memory->counts[TABLE_SECRETS])};

    memory->is_loading = false;
    collect_dues(memory, RB_ROOT(&memory->tables[TABLE_SECRETS]), &list);
    if (list.dues != NULL) {
        if (!is_sorted(&list)) {
            qsort(list.dues, list.count, sizeof(struct due), compare_dues);
        }
        link_dues(memory, &list);
    }
    free(list.dues);
}
